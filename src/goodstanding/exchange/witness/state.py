"""All that a witness keeps: one SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from goodstanding.proof import Checkpoint

#: Refused checkpoints without proof of a split that are kept of each log; the oldest go first.
UNPROVED_KEPT = 100

_TABLES = """
CREATE TABLE IF NOT EXISTS checkpoint (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS evidence (
    id INTEGER PRIMARY KEY, origin TEXT NOT NULL, at INTEGER NOT NULL, split INTEGER NOT NULL,
    held TEXT NOT NULL, shown TEXT NOT NULL, why TEXT NOT NULL, UNIQUE (origin, held, shown)
);
"""


@dataclass(frozen=True, slots=True)
class Held:
    """The last checkpoint that was cosigned for a log, and its note with the log's signature and the cosignature."""

    checkpoint: Checkpoint
    note: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two checkpoints that one log signed: the one that was cosigned (``held``) and one that was refused (``shown``).

    ``split`` is True where the two prove by themselves that the log shows two histories: two roots at one size. Else
    whoever sent ``shown`` did not show that it extends ``held``, which may be the sender's fault. ``at``: seconds since
    1970.
    """

    origin: str
    at: int
    split: bool
    held: str
    shown: str
    why: str


class State:
    """The witness's file. One writer at a time; what was committed survives a power cut."""

    def __init__(self, path: Path) -> None:
        """Open the file, made if need be, readable by its owner only."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._lock = threading.Lock()
        self._sqlite = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self._sqlite.execute(f"PRAGMA {pragma}")
        self._sqlite.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._sqlite.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Nobody else, of this process or another, reads or writes between what is done in the block."""
        with self._lock:
            self._sqlite.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._sqlite.execute("ROLLBACK")
                raise
            self._sqlite.execute("COMMIT")

    def held(self, origin: str) -> Held | None:
        """The last cosigned checkpoint of a log; None where there is none."""
        row = self._sqlite.execute(
            "SELECT size, root, note FROM checkpoint WHERE origin = ?", [origin]
        ).fetchone()
        return row and Held(Checkpoint(origin=origin, size=row[0], root=row[1]), row[2])

    def hold(self, checkpoint: Checkpoint, note: str) -> None:
        """Replace the last cosigned checkpoint of a log."""
        self._sqlite.execute(
            "INSERT INTO checkpoint VALUES (?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE"
            " SET size = excluded.size, root = excluded.root, note = excluded.note",
            [checkpoint.origin, checkpoint.size, checkpoint.root, note],
        )

    def keep(self, evidence: Evidence) -> None:
        """Keep evidence: for ever where it proves a split, else the latest only."""
        found = evidence
        self._sqlite.execute(
            "INSERT OR IGNORE INTO evidence (origin, at, split, held, shown, why) VALUES (?, ?, ?, ?, ?, ?)",
            [found.origin, found.at, found.split, found.held, found.shown, found.why],
        )
        self._sqlite.execute(
            "DELETE FROM evidence WHERE origin = ? AND NOT split AND id NOT IN"
            " (SELECT id FROM evidence WHERE origin = ? AND NOT split ORDER BY id DESC LIMIT ?)",
            [found.origin, found.origin, UNPROVED_KEPT],
        )

    def evidence(self) -> list[Evidence]:
        """All that is kept, oldest first."""
        rows = self._sqlite.execute("SELECT origin, at, split, held, shown, why FROM evidence ORDER BY id")
        return [
            Evidence(origin, at, bool(split), held, shown, why)
            for origin, at, split, held, shown, why in rows
        ]
