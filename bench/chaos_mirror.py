"""A mirror behind bad weather, as a process of its own, and what whoever starts it knows of it.

Run with -m and the name of a JSON file, which has ``url``, ``token``, ``key`` (hex), ``store``, ``port``, ``share``,
``seed`` and ``told`` (a file). That ``share`` of the requests meets with an accident (``tests/exchange/weather.py``).
Pushes come to the port: one in a hundred is dropped, one in five counts twice, and they are taken up in any order. What
has happened is written to ``told`` after each round. SIGUSR1 clears the weather.

Each change that the mirror applies is held against the last one of its record, in the transaction that makes it: a
state that is older than one before it ends the process.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from tests.exchange.weather import Weather

from goodstanding.exchange.mirror import Changed, Mirror, MirrorError, open_store
from goodstanding.exchange.mirror.keeper import OnChange
from goodstanding.proof import commitment

#: Positions asked for at a time.
PAGE = 5_000
#: Seconds after which a mirror looks by itself, so that a lost push is not the end.
PATIENCE = 5.0
#: Seconds between two tries where something was lost on the way.
AGAIN = 0.2
#: What is refused where an old page comes late, as a forged one would be.
OLD = ("feed.gap", "log.shrunk", "log.split", "feed.root")
#: After a SIGKILL the database may hold the lock of the killed one for a while.
BUSY = "store.busy"
#: A request of a round of reconciliation that comes twice is refused the second time; the round is made again.
REFUSED = "platform.refused"
_AT_ONE_INSTANT = "ISOLATION LEVEL REPEATABLE READ"
_WATCHED = "CREATE TABLE IF NOT EXISTS watched (record TEXT PRIMARY KEY, position BIGINT NOT NULL)"
_WATCH = """
    INSERT INTO watched VALUES ({0}, {0}) ON CONFLICT (record) DO UPDATE SET position = excluded.position
    WHERE watched.position < excluded.position
"""


class Pushes:
    """Pushes as they come in, on their way to the mirror."""

    def __init__(self, port: int, *, chance: random.Random) -> None:
        self.weather = True
        self.counts: Counter[str] = Counter()
        self._chance = chance
        self._lock = threading.Lock()
        self._waiting: list[int] = []
        self._news = threading.Event()
        pushes = self

        class _Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if pushes.came(said["data"]["position"]):
                    self.send_response_only(204)
                    self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", port), _Hook)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def came(self, position: int) -> bool:
        """Take a push in. Whether it is answered: one that is dropped is not."""
        with self._lock:
            self.counts["pushes"] += 1
            if self.weather and self._chance.random() < 0.01:
                self.counts["pushes dropped"] += 1
                return False
            twice = self.weather and self._chance.random() < 0.2
            self.counts["pushes doubled"] += twice
            self._waiting += [position] * (1 + twice)
            self._news.set()
            return True

    def next(self, patience: float) -> None:
        """Take up one of those that are here, whichever, or wait so many seconds for the first."""
        self._news.wait(patience)
        with self._lock:
            if self._waiting:
                newest = max(self._waiting)
                late = self._waiting.pop(self._chance.randrange(len(self._waiting))) < newest
                self.counts["pushes after newer ones"] += late
            if not self._waiting:
                self._news.clear()


def _in_postgres(plan: dict[str, Any]) -> bool:
    return str(plan["store"]).startswith("postgresql")


@dataclass
class Follower:
    """A subscriber and its mirror's process. ``caught_up``: it is not waited for until it is."""

    number: int
    subscriber: int
    plan: dict[str, Any]
    file: Path
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    caught_up: bool = True
    told: list[Path] = field(default_factory=list)

    def start(self) -> None:
        """Start it, with weather of its own each time."""
        self.starts += 1
        told = self.file.with_suffix(f".{self.starts}.told")
        self.told.append(told)
        plan = self.plan | {"seed": self.plan["seed"] + self.starts, "told": str(told)}
        self.file.write_text(json.dumps(plan))
        self.process = subprocess.Popen([sys.executable, "-m", "bench.chaos_mirror", str(self.file)])

    def signal(self, number: int) -> None:
        """Send its process a signal."""
        assert self.process is not None and self.process.poll() is None, f"mirror {self.number} has ended"
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL."""
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def happened(self) -> Counter[str]:
        """What its processes have told of themselves."""
        found: Counter[str] = Counter()
        for told in self.told:
            if told.exists():
                found.update(json.loads(told.read_text()))
        return found

    def held(self) -> tuple[int, dict[str, tuple[int, bytes]]]:
        """How far its store is, and position and commitment of each record in it, at one instant."""
        store = open_store(self.plan["store"])
        try:
            # A reader's transaction: the mirror goes on meanwhile.
            store.connection.execute(f"BEGIN {_AT_ONE_INSTANT if _in_postgres(self.plan) else ''}")
            state = store.state()
            held = {
                each.record: (each.position, commitment(salt=each.salt, content=each.event))
                for each in store.holdings()
            }
        finally:
            store.close()
        return state.tree.size if state else 0, held


def watching(mark: str, counts: Counter[str]) -> OnChange:
    """What is told of each change: a record's position only grows. ``mark``: of a parameter in the store's SQL."""
    statement = _WATCH.format(mark)

    def watch(changed: Changed, connection: Any) -> None:
        if connection.execute(statement, (changed.record, changed.position)).rowcount != 1:
            raise AssertionError(
                f"{changed.what} at {changed.position} after a newer state of {changed.record}"
            )
        counts[changed.what] += 1

    return watch


def main() -> None:
    """Follow until killed."""
    plan = json.loads(Path(sys.argv[1]).read_text())
    chance = random.Random(plan["seed"])
    weather = Weather(random.Random(chance.random()), share=plan["share"])
    pushes = Pushes(plan["port"], chance=random.Random(chance.random()))

    def clear(*_: object) -> None:
        weather.share, pushes.weather = 0, False

    signal.signal(signal.SIGUSR1, clear)
    store = open_store(plan["store"])
    mark = "%s" if _in_postgres(plan) else "?"
    store.connection.execute(_WATCHED)
    counts = pushes.counts
    mirror = Mirror(
        plan["url"],
        plan["token"],
        store,
        bytes.fromhex(plan["key"]),
        page_size=PAGE,
        snapshot_from=None,  # it follows every position itself
        client=httpx.Client(transport=weather, timeout=60),
        on_change=watching(mark, counts),
    )
    told, reconciled = Path(plan["told"]), False
    while True:
        patience = PATIENCE
        try:
            if not reconciled:
                counts["positions gone back"] += mirror.reconcile().went_back
                reconciled = True
            mirror.follow_once()
        except MirrorError as error:
            refused = not reconciled and error.code == REFUSED
            if not error.passing and not refused and error.code not in (*OLD, BUSY):
                raise
            patience = AGAIN
            counts["pages refused" if error.code in OLD else "rounds broken off"] += 1
        fresh = told.with_suffix(".new")
        fresh.write_text(json.dumps(counts | weather.accidents))
        os.replace(fresh, told)
        pushes.next(patience)


if __name__ == "__main__":
    main()
