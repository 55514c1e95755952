"""A recipient's public page on a web server of its own: it shows what it is told to, errs, hangs, leads away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


class Showcase(ThreadingHTTPServer):
    """Answers each path with ``pages`` (text, bytes, a status, or an address to go to), else with ``else_``.

    ``asked``: the paths in their order. ``most``: the most requests that it had at the same time.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, str | bytes | int] = {}
        self.else_: str | bytes | int = 404
        self.type = "text/html; charset=utf-8"
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.busy = self.most = 0
        self.lock = threading.Lock()
        #: Set to let go of those who ask for ``HANG``.
        self.let_go = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


#: A page that never comes, and one whose answer is cut short.
HANG = "hang"
SHORT = "short"


class _Handler(BaseHTTPRequestHandler):
    server: Showcase

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.busy += 1
            self.server.most = max(self.server.most, self.server.busy)
            self.server.asked.append(unquote(self.path))
            self.server.agents.add(self.headers["user-agent"])
        try:
            self._answer(self.server.pages.get(unquote(self.path), self.server.else_))
        finally:
            with self.server.lock:
                self.server.busy -= 1

    def _answer(self, page: str | bytes | int) -> None:
        if page == HANG:
            self.server.let_go.wait(30)
            return
        leads = isinstance(page, str) and page.startswith(("http://", "https://"))
        self.send_response(302 if leads else page if isinstance(page, int) else 200)
        if leads:
            self.send_header("location", str(page))
        body = page if isinstance(page, bytes) else str(page).encode()
        self.send_header("content-type", self.server.type)
        self.send_header("content-length", str(len(body) + (100 if page == SHORT else 0)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def showing() -> Iterator[Showcase]:
    """A server that is listening."""
    with Showcase() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.let_go.set()
        server.shutdown()
        thread.join()
