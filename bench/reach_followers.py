"""Many subscribers in one process: they hear pushes, and each follows the feed with a mirror of its own.

Run with -m and the name of a JSON file: ``url``, ``port``, ``threads``, ``out`` and ``followers`` (token, key in hex,
store of each). A push to ``/n`` is for the n-th. Each push that comes is a line of ``out``: when (the machine's
monotonic clock), who, and which position. Prints ``ready`` once all have read the log to its end.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from goodstanding.exchange.mirror import Mirror, MirrorError

from .reach import Listener

_work: queue.SimpleQueue[int] = queue.SimpleQueue()
_waiting: set[int] = set()
_lock = threading.Lock()
_lines: queue.SimpleQueue[str] = queue.SimpleQueue()


class _Hook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        at = time.perf_counter()
        number = int(self.path[1:])
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response_only(204)
        self.end_headers()
        _lines.put(f"{at} {number} {said['data']['position']}\n")
        with _lock:
            if number not in _waiting:
                _waiting.add(number)
                _work.put(number)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _follow(mirrors: list[Mirror]) -> None:
    while True:
        number = _work.get()
        with _lock:
            _waiting.discard(number)
        try:
            mirrors[number].follow_once()
        except MirrorError as error:
            if not error.passing:
                raise


def _write(path: Path) -> None:
    with path.open("w") as out:
        while True:
            out.write(_lines.get())
            if _lines.empty():
                out.flush()


def main() -> None:
    """Load, listen, follow until killed."""
    plan = json.loads(Path(sys.argv[1]).read_text())
    mirrors = [
        Mirror(plan["url"], each["token"], Path(each["store"]), bytes.fromhex(each["key"]))
        for each in plan["followers"]
    ]
    for mirror in mirrors:
        mirror.follow_once()
    for _ in range(plan["threads"]):
        threading.Thread(target=_follow, args=(mirrors,), daemon=True).start()
    threading.Thread(target=_write, args=(Path(plan["out"]),), daemon=True).start()
    server = Listener(("127.0.0.1", plan["port"]), _Hook)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
