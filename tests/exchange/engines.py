"""Real engines to anchor with: a time-stamp authority (``openssl ts``) and an EVM chain (py-evm), each behind HTTP."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

OPENSSL = shutil.which("openssl")
#: A key of the chain's test accounts: it has ether there and nowhere else.
OWNER_KEY = "0x" + "00" * 31 + "01"
OTHER_KEY = "0x" + "00" * 31 + "02"
_CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
ess_cert_id_alg = sha256
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[stamping]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
"""


@contextlib.contextmanager
def answering(answer: Callable[[bytes], tuple[int, str, bytes]]) -> Iterator[str]:
    """A server that answers each POST by a function of its body. Its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, kind, body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Authority:
    """A time-stamp authority with a root, an intermediate and a certificate of its own."""

    def __init__(self, folder: Path, *, name: str = "root") -> None:
        if OPENSSL is None:
            pytest.skip("openssl is not installed")
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))
        self._certificate("root", f"/CN=Test {name}", "authority", None)
        self._certificate("middle", "/CN=Test intermediate", "authority", "root")
        self._certificate("tsa", "/CN=Test time stamps", "stamping", "middle")
        #: Those by which its stamps are trusted: the root, and what is between.
        self.certificates = folder / "trusted.pem"
        self.certificates.write_bytes(
            (folder / "root.pem").read_bytes() + (folder / "middle.pem").read_bytes()
        )
        #: What is done with each answer before it is sent.
        self.changed: Callable[[bytes], bytes] = lambda answer: answer

    def answer(self, query: bytes) -> tuple[int, str, bytes]:
        """Stamp what a query asks for."""
        asked, made = self.folder / "query.tsq", self.folder / "answer.tsr"
        asked.write_bytes(query)
        config = str(self.folder / "tsa.cnf")
        self._run("ts", "-reply", "-config", config, "-queryfile", str(asked), "-out", str(made))
        return 200, "application/timestamp-reply", self.changed(made.read_bytes())

    def _certificate(self, name: str, subject: str, kind: str, issuer: str | None) -> None:
        files = {ending: str(self.folder / f"{name}.{ending}") for ending in ("key", "csr", "pem")}
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        self._run("req", "-new", *curve, "-subj", subject, "-keyout", files["key"], "-out", files["csr"])
        signed = ["-signkey", files["key"]]
        if issuer is not None:
            ca, key = (str(self.folder / f"{issuer}.{ending}") for ending in ("pem", "key"))
            signed = ["-CA", ca, "-CAkey", key, "-CAcreateserial"]
        extensions = ["-extfile", str(self.folder / "tsa.cnf"), "-extensions", kind, "-days", "30"]
        self._run("x509", "-req", "-in", files["csr"], *signed, *extensions, "-out", files["pem"])

    def _run(self, *arguments: str) -> None:
        assert OPENSSL is not None
        subprocess.run([OPENSSL, *arguments], check=True, capture_output=True, timeout=60)


@contextlib.contextmanager
def authority(folder: Path) -> Iterator[tuple[Authority, str]]:
    """A running time-stamp authority and its address."""
    made = Authority(folder)
    with answering(made.answer) as url:
        yield made, url


class ChainNode:
    """An EVM (py-evm) with its state in memory, answering JSON-RPC. Every transaction is a block."""

    def __init__(self) -> None:
        depth = sys.getrecursionlimit()
        web3 = pytest.importorskip("web3")
        self._failed = pytest.importorskip("eth_tester.exceptions").TransactionFailed
        provider = web3.EthereumTesterProvider()
        onion = pytest.importorskip("web3.datastructures").NamedElementOnion([])
        self._call = provider.request_func(web3.Web3(provider), onion)
        self.tester = provider.ethereum_tester
        # py-evm lets the whole process recurse ten times as deep; other tests count on the end of it.
        sys.setrecursionlimit(depth)
        self._lock = threading.Lock()
        #: Whether it answers.
        self.away = False

    def answer(self, body: bytes) -> tuple[int, str, bytes]:
        """One call of JSON-RPC."""
        if self.away:
            return 503, "text/plain", b"away"
        asked = json.loads(body)
        try:
            with self._lock:
                answer = dict(self._call(asked["method"], asked["params"]))
        except self._failed as error:
            answer = {"jsonrpc": "2.0", "error": {"code": 3, "message": str(error), "data": "0x"}}
        except Exception as error:  # what the engine refuses is an answer too
            answer = {"jsonrpc": "2.0", "error": {"code": -32000, "message": repr(error)}}
        answer["id"] = asked["id"]
        return 200, "application/json", json.dumps(_as_rpc(answer, top=True)).encode()


def _as_rpc(value: Any, *, top: bool = False) -> Any:
    """Numbers and bytes as JSON-RPC writes them."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return hex(value)
    if isinstance(value, Mapping):
        kept = ("id", "jsonrpc", "error") if top else ()
        return {name: item if name in kept else _as_rpc(item) for name, item in value.items()}
    return [_as_rpc(item) for item in value]


@contextlib.contextmanager
def chain_node() -> Iterator[tuple[ChainNode, str]]:
    """A running node of a chain and its address."""
    node = ChainNode()
    with answering(node.answer) as url:
        yield node, url
