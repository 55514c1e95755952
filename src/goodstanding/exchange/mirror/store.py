"""The mirror's own store: one SQLite file, written one transaction a page."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from goodstanding.proof import Checkpoint, CompactRange

from .errors import MirrorError

_TABLES = """
CREATE TABLE IF NOT EXISTS state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    platform TEXT NOT NULL, origin TEXT NOT NULL, key TEXT NOT NULL, subscriber TEXT NOT NULL,
    tree BLOB NOT NULL, size INTEGER NOT NULL, root BLOB, confirmed INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS record (
    id TEXT PRIMARY KEY, position INTEGER NOT NULL, version INTEGER NOT NULL,
    document BLOB, publish_until TEXT, salt BLOB NOT NULL, event BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS record_ending ON record (publish_until) WHERE document IS NOT NULL;
CREATE TABLE IF NOT EXISTS receipt (
    position INTEGER PRIMARY KEY, record TEXT NOT NULL, signed BLOB NOT NULL, sent INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS receipt_to_send ON receipt (position) WHERE sent = 0;
"""


@dataclass(frozen=True, slots=True)
class State:
    """Whom the store follows and how far: the tree of all leaves so far and the last verified checkpoint."""

    platform: str
    origin: str
    key: str
    subscriber: str
    tree: CompactRange
    checkpoint: Checkpoint | None
    confirmed: int


@dataclass(frozen=True, slots=True)
class Holding:
    """A record that the mirror holds, with the event by which it came. The document is None after its last day."""

    record: str
    position: int
    version: int
    document: dict[str, Any] | None
    salt: bytes
    event: dict[str, Any]


class Store:
    """The records held, the cursor, and the receipts to send."""

    def __init__(self, path: Path) -> None:
        """Open the file, made if need be, readable by its owner only."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._sqlite = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        # A dropped record's bytes are overwritten, not only unlinked; what was committed survives a power cut.
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            self._sqlite.execute(f"PRAGMA {pragma}")
        self._sqlite.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._sqlite.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction that no other writer can enter.

        Raises:
            MirrorError: store.busy.
        """
        try:
            self._sqlite.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise MirrorError("store.busy", place=str(error)) from error
        try:
            yield
        except BaseException:
            self._sqlite.execute("ROLLBACK")
            raise
        self._sqlite.execute("COMMIT")

    def state(self) -> State | None:
        """Whom the store follows and how far; None in a new store."""
        row = self._sqlite.execute(
            "SELECT platform, origin, key, subscriber, tree, size, root, confirmed FROM state"
        ).fetchone()
        if row is None:
            return None
        platform, origin, key, subscriber, tree, size, root, confirmed = row
        checkpoint = None if root is None else Checkpoint(origin=origin, size=size, root=root)
        return State(platform, origin, key, subscriber, CompactRange.from_bytes(tree), checkpoint, confirmed)

    def keep(self, state: State) -> None:
        """Write the state, inside the caller's transaction."""
        self._sqlite.execute(
            "INSERT OR REPLACE INTO state (id, platform, origin, key, subscriber, tree, size, root, confirmed)"
            " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                state.platform,
                state.origin,
                state.key,
                state.subscriber,
                state.tree.to_bytes(),
                state.checkpoint.size if state.checkpoint else 0,
                state.checkpoint.root if state.checkpoint else None,
                state.confirmed,
            ),
        )

    def note_confirmed(self, position: int) -> None:
        """Remember that the platform knows the cursor."""
        self._sqlite.execute("UPDATE state SET confirmed = ?", (position,))

    def put(self, holding: Holding) -> bool:
        """Hold a record, or its newer version. Returns whether it was not held before."""
        assert holding.document is not None
        fresh = self.holding(holding.record) is None
        self._sqlite.execute(
            "INSERT OR REPLACE INTO record (id, position, version, document, publish_until, salt, event)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                holding.record,
                holding.position,
                holding.version,
                orjson.dumps(holding.document),
                holding.document["publish_until"],
                holding.salt,
                orjson.dumps(holding.event),
            ),
        )
        return fresh

    def drop(self, record: str) -> int:
        """Delete a record. Returns how many copies went: 0 or 1."""
        return self._sqlite.execute("DELETE FROM record WHERE id = ?", (record,)).rowcount

    def end(self, *, today: date) -> int:
        """Delete the documents of records whose last day has passed. Returns how many."""
        return self._sqlite.execute(
            "UPDATE record SET document = NULL WHERE document IS NOT NULL AND publish_until <= ?",
            (today.isoformat(),),
        ).rowcount

    def holding(self, record: str) -> Holding | None:
        """What is held of a record."""
        row = self._sqlite.execute(
            "SELECT id, position, version, document, salt, event FROM record WHERE id = ?", (record,)
        ).fetchone()
        return None if row is None else _holding(row)

    def holdings(self) -> Iterator[Holding]:
        """Everything that is held and may still be, in the order of the feed."""
        for row in self._sqlite.execute(
            "SELECT id, position, version, document, salt, event FROM record WHERE document IS NOT NULL"
            " ORDER BY position"
        ):
            yield _holding(row)

    def count(self) -> int:
        """How many records are held and may still be."""
        return int(
            self._sqlite.execute("SELECT count(*) FROM record WHERE document IS NOT NULL").fetchone()[0]
        )

    def owe(self, *, position: int, record: str, signed: bytes) -> None:
        """Remember a receipt to send."""
        self._sqlite.execute(
            "INSERT INTO receipt (position, record, signed, sent) VALUES (?, ?, ?, 0)",
            (position, record, signed),
        )

    def owed(self, limit: int = 1000) -> list[tuple[int, bytes]]:
        """Receipts that are not yet taken, oldest first."""
        return self._sqlite.execute(
            "SELECT position, signed FROM receipt WHERE sent = 0 ORDER BY position LIMIT ?", (limit,)
        ).fetchall()

    def note_sent(self, position: int) -> None:
        """Remember that the platform took a receipt."""
        self._sqlite.execute("UPDATE receipt SET sent = 1 WHERE position = ?", (position,))

    def forget_traces(self) -> None:
        """Fold the write-ahead log into the file, so that nothing of a dropped record is left in it."""
        self._sqlite.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _holding(row: tuple[Any, ...]) -> Holding:
    record, position, version, document, salt, event = row
    return Holding(
        record,
        position,
        version,
        None if document is None else orjson.loads(document),
        salt,
        orjson.loads(event),
    )
