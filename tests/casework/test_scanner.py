"""The hook of the virus scanner, against a server that speaks clamd's protocol and against real commands."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from goodstanding.casework import commands, scanner
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.evidence import FILE_LIMIT
from goodstanding.casework.models import Application, EvidenceContent

from .stories import AT, PDF, REASONS, TODAY, Town, apply, proof, take

#: The test file of EICAR for antivirus programs, put together here so that none takes this file away.
EICAR = "".join(["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*"]).encode()
INFECTED = proof(name="说明.txt", content=EICAR)


class _Clamd(socketserver.BaseRequestHandler):
    """One session of clamd: INSTREAM, parts with their lengths, an empty part, a verdict."""

    def handle(self) -> None:
        link: socket.socket = self.request
        assert self._read(10) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack(">I", self._read(4))[0]:
            content += self._read(length)
            assert length <= 1 << 20
        self.server.seen.append(content)  # type: ignore[attr-defined]
        verdict = b"Win.Test.EICAR_HDB-1 FOUND" if EICAR in content else b"OK"
        link.sendall(self.server.says or b"stream: " + verdict + b"\0")  # type: ignore[attr-defined]

    def _read(self, number: int) -> bytes:
        content = b""
        while len(content) < number:
            part = self.request.recv(number - len(content))
            assert part, "the client went away in the middle"
            content += part
        return content


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    seen: list[bytes]
    says = b""


class _Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    seen: list[bytes]
    says = b""


@pytest.fixture(params=["tcp", "unix"])
def clamd(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[_Tcp | _Unix]:
    path = str(tmp_path / "clamd.sock")
    server = _Tcp(("127.0.0.1", 0), _Clamd) if request.param == "tcp" else _Unix(path, _Clamd)
    server.seen = []
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        where = f"tcp://127.0.0.1:{server.server_address[1]}" if request.param == "tcp" else f"unix:{path}"
        monkeypatch.setattr(settings, "SCANNER", where)
        yield server
        server.shutdown()
        thread.join()


def refused(*files: commands.NewEvidence) -> CaseworkError:
    with pytest.raises(CaseworkError) as error:
        scanner.scan(files)
    assert error.value.zh and error.value.remedy_zh and error.value.remedy_en
    return error.value


def test_clamd_sees_every_byte_and_names_what_it_found(clamd: _Tcp | _Unix) -> None:
    large = PDF.ljust(FILE_LIMIT, b" ")
    scanner.scan([proof(), proof(content=large)])
    assert clamd.seen == [PDF, large]
    error = refused(proof(), INFECTED)
    assert error.code == "evidence.infected" and error.place == "说明.txt"
    assert "Win.Test.EICAR_HDB-1" in error.en and "Win.Test.EICAR_HDB-1" in error.zh


@pytest.mark.parametrize(
    "says", [b"INSTREAM size limit exceeded. ERROR\0", b"\0", b"stream: OK but", b"x" * 9000]
)
def test_an_answer_that_is_no_verdict_lets_nothing_through(clamd: _Tcp | _Unix, says: bytes) -> None:
    clamd.says = says
    assert refused(proof()).code == "evidence.scanner"


def test_a_scanner_that_does_not_answer_lets_nothing_through(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    silent = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(scanner, "PATIENCE", 0.2)
    for where in (
        f"tcp://127.0.0.1:{port}",
        f"tcp://127.0.0.1:{silent.getsockname()[1]}",
        f"unix:{tmp_path / 'nobody'}",
        "no-such-command --at-all",
        "sleep 30",
        "sh -c 'exit 2'",
    ):
        monkeypatch.setattr(settings, "SCANNER", where)
        assert refused(proof()).code == "evidence.scanner", where
    silent.close()


def test_a_command_reads_the_file_and_says_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    look = "sh -c 'if grep -q EICAR; then echo looking; echo Eicar-Test; exit 1; fi'"
    monkeypatch.setattr(settings, "SCANNER", look)
    scanner.scan([proof()])
    assert "Eicar-Test" in refused(INFECTED).en
    monkeypatch.setattr(settings, "SCANNER", "sh -c 'cat > /dev/null; exit 1'")
    assert "malware" in refused(proof()).en


@pytest.mark.usefixtures("database")
def test_without_a_scanner_a_file_is_kept_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SCANNER", "")
    town = Town()
    kept = apply(town.firm, town.record(), evidence=[INFECTED]).evidence.get().kept
    assert kept is not None and bytes(kept.content) == EICAR


@pytest.mark.usefixtures("database")
def test_an_infected_file_leaves_nothing_behind(clamd: _Tcp | _Unix) -> None:
    town = Town()
    record = town.record()
    with pytest.raises(CaseworkError, match=r"evidence\.infected"):
        apply(town.firm, record, evidence=[proof(), INFECTED])
    assert not Application.objects.exists() and not EvidenceContent.objects.exists()
    case = apply(town.firm, record, evidence=[proof()]).cases.get()
    case = take("ask", town.market_officer, case)
    with pytest.raises(CaseworkError, match=r"evidence\.infected"):
        take("supply", town.firm, case, reasons=REASONS, evidence=[INFECTED])
    case.refresh_from_db()
    assert case.state == "supplement" and EvidenceContent.objects.count() == 1


@pytest.mark.usefixtures("database")
def test_the_scanner_is_asked_outside_of_the_transaction(
    clamd: _Tcp | _Unix, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town()
    record = town.record()
    inside: list[bool] = []
    ask = scanner._ask

    def looking(where: str, content: bytes) -> str:
        inside.append(connection.in_atomic_block)
        return ask(where, content)

    monkeypatch.setattr(scanner, "_ask", looking)
    case = apply(town.firm, record).cases.get()
    take("ask", town.market_officer, case)
    case.refresh_from_db()
    commands.move("supply", actor=town.firm, case=case, evidence=[proof()], at=AT, today=TODAY)
    assert inside == [False, False]
