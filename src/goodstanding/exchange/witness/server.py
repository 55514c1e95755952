"""A witness over HTTP (C2SP tlog-witness): POST /add-checkpoint, GET /<origin hash>/checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from goodstanding.proof import MAX_REQUEST_BYTES, WitnessRefusal

from .service import Witness

#: Seconds that a client may take for its request.
PATIENCE = 20
TEXT = "text/plain; charset=utf-8"


class _Handler(BaseHTTPRequestHandler):
    """Answers requests; connections are kept open, as the protocol asks for."""

    protocol_version = "HTTP/1.1"
    server_version = "goodstanding-witness"
    sys_version = ""
    timeout = PATIENCE
    server: WitnessServer

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal() and len(length) < 10):
            self._answer(411, "a Content-Length is needed\n", close=True)
            return
        if int(length) > MAX_REQUEST_BYTES:
            self._answer(413, "the request is too long\n", close=True)
            return
        body = self.rfile.read(int(length))
        if self.path != "/add-checkpoint":
            self._answer(404, "not found\n")
            return
        try:
            line = self.server.witness.add_checkpoint(body, at=int(time.time()))
        except WitnessRefusal as refusal:
            self.server.told(f"{refusal.status} {refusal.cause}")
            if refusal.status == 409:
                self._answer(409, f"{refusal.held}\n", kind="text/x.tlog.size")
            else:
                self._answer(refusal.status, f"{refusal.cause}\n")
            return
        self._answer(200, line)

    def do_GET(self) -> None:
        origin, _, rest = self.path.removeprefix("/").partition("/")
        note = self.server.witness.latest(origin) if rest == "checkpoint" else None
        if note is None:
            self._answer(404, "not found\n")
        else:
            self._answer(200, note)

    def _answer(self, status: int, text: str, *, kind: str = TEXT, close: bool = False) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if close:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Refusals are told with their reason; nothing else is worth a line."""


class WitnessServer(ThreadingHTTPServer):
    """Serves a witness on a port of this machine."""

    daemon_threads = True

    def __init__(
        self, witness: Witness, *, host: str, port: int, told: Callable[[str], None] = lambda _: None
    ) -> None:
        """``port`` 0 takes a free one; ``told`` gets a line for each refusal."""
        self.witness, self.told = witness, told
        super().__init__((host, port), _Handler)

    @property
    def url(self) -> str:
        """Its address, the prefix of what it serves."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"
