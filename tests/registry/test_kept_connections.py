"""Connections that are kept: reused, opened again when the other side has closed them, and to whom they say they go."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from goodstanding.registry import kept_connections, webhooks
from goodstanding.registry.kept_connections import Connections

NOW = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)


class Server(ThreadingHTTPServer):
    """Keeps connections open, counts them, and says in its answers which one was used."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.connections = 0
        self.closes = False
        self.came: list[tuple[int, str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1
        self.number = self.server.connections

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.number, self.headers["Host"], body.decode()))
        self.send_response(202)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
        self.close_connection = self.server.closes  # without having said so

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def connections() -> Iterator[Connections]:
    made = Connections()
    yield made
    made.close()


def post(connections: Connections, url: str, body: str = "x") -> int:
    return connections.post(url, body=body.encode(), headers={"x-of": "test"}, private=True)


def test_many_requests_go_over_one_connection(server: Server, connections: Connections) -> None:
    url = f"http://localhost:{server.server_port}/hook?a=%20b"
    assert [post(connections, url, str(n)) for n in range(20)] == [202] * 20
    assert server.connections == 1
    assert [body for _, _, body in server.came] == [str(n) for n in range(20)]
    assert {host for _, host, _ in server.came} == {f"localhost:{server.server_port}"}


def test_a_connection_that_the_other_side_closed_is_opened_again(
    server: Server, connections: Connections
) -> None:
    server.closes = True
    url = f"http://127.0.0.1:{server.server_port}/"
    for number in range(1, 4):
        assert post(connections, url) == 202
        time.sleep(0.05)
        assert (server.connections, len(server.came)) == (number, number)


def test_a_connection_is_not_kept_for_ever(
    server: Server, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://127.0.0.1:{server.server_port}/"
    post(connections, url)
    monkeypatch.setattr(kept_connections, "LIFE", 0.0)
    post(connections, url)
    assert server.connections == 2


def test_no_more_than_so_many_are_kept(server: Server) -> None:
    few = Connections(most=2)
    names = ["127.0.0.1", "localhost", "127.1"]
    for name in [*names, *reversed(names)]:
        post(few, f"http://{name}:{server.server_port}/")
    few.close()
    assert server.connections == 4, "of three the last two were kept"


def test_a_server_that_drips_is_cut_off(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_connections, "LONGEST", 0.2)
    stop = threading.Event()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def drip() -> None:
            one, _ = listener.accept()
            with one:
                one.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not stop.wait(0.02):
                    try:
                        one.sendall(b"a")
                    except OSError:
                        return

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        failed: list[BaseException] = []

        def ask() -> None:
            try:
                post(connections, f"http://127.0.0.1:{listener.getsockname()[1]}/")
            except Exception as error:
                failed.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        deadline = time.monotonic() + 20
        while asking.is_alive() and time.monotonic() < deadline:
            connections.cut_off()
            time.sleep(0.02)
        asking.join(1)
        stop.set()
        dripping.join()
    assert len(failed) == 1, failed


class Authority:
    """A certificate authority of a test's own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._sign(self.name, self.key.public_key(), authority=True)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _sign(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, **more: object) -> x509.Certificate:
        authority = bool(more.get("authority"))
        now = datetime.datetime.now(datetime.UTC)
        days = datetime.timedelta(days=2)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - days)
            .not_valid_after(now - days / 2 if more.get("expired") else now + days)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
        )
        if authority:
            usage = dict.fromkeys(
                (
                    "digital_signature",
                    "content_commitment",
                    "key_encipherment",
                    "data_encipherment",
                    "key_agreement",
                    "encipher_only",
                    "decipher_only",
                ),
                False,
            )
            builder = builder.add_extension(
                x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True
            )
        if names := more.get("names"):
            assert isinstance(names, list)
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def context(self, *names: x509.GeneralName, expired: bool = False) -> ssl.SSLContext:
        """What a server of these names serves with."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        certificate = self._sign(subject, key.public_key(), names=list(names), expired=expired)
        file = self.folder / "server.pem"
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


LOCALHOST = x509.DNSName("localhost")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "Authority of this test")


def over_tls(server: Server, context: ssl.SSLContext) -> str:
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign,misc]  # refusals are what is wanted
    return f"https://localhost:{server.server_port}/hook"


def test_a_good_certificate_is_accepted_and_its_connection_is_kept(
    server: Server, authority: Authority
) -> None:
    url = over_tls(server, authority.context(LOCALHOST))
    trusting = Connections(authorities=str(authority.file))
    assert [post(trusting, url) for _ in range(5)] == [202] * 5
    assert server.connections == 1
    trusting.close()


@pytest.mark.parametrize("fault", ["other name", "address only", "expired", "self-made", "nobody's"])
def test_a_wrong_certificate_is_refused_and_nothing_is_sent(
    server: Server, authority: Authority, tmp_path: Path, fault: str
) -> None:
    contexts = {
        "other name": lambda: authority.context(x509.DNSName("elsewhere.example")),
        "address only": lambda: authority.context(x509.IPAddress(ipaddress.ip_address("127.0.0.1"))),
        "expired": lambda: authority.context(LOCALHOST, expired=True),
        "self-made": lambda: Authority(tmp_path, "Somebody else").context(LOCALHOST),
        "nobody's": lambda: authority.context(LOCALHOST),
    }
    url = over_tls(server, contexts[fault]())
    trusting = Connections(authorities="" if fault == "nobody's" else str(authority.file))
    with pytest.raises(ssl.SSLCertVerificationError):
        post(trusting, url)
    assert server.came == []


def test_a_webhook_over_tls_says_what_is_wrong_with_a_certificate(
    server: Server, authority: Authority, private_allowed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = over_tls(server, authority.context(LOCALHOST))
    known = Connections(authorities=str(authority.file))
    monkeypatch.setattr(webhooks, "connections", lambda: known)
    webhooks.send(url, {"type": "x"}, identifier="1", at=NOW)
    assert len(server.came) == 1
    stranger = Connections()
    monkeypatch.setattr(webhooks, "connections", lambda: stranger)
    with pytest.raises(webhooks.NotDelivered, match="its certificate is not good"):
        webhooks.send(url, {"type": "x"}, identifier="1", at=NOW)
    assert len(server.came) == 1
    known.close()
