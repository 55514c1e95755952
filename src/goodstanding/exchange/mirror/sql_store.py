"""The statements of a store, in the SQL that SQLite and PostgreSQL share."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Final

import orjson

from goodstanding.proof import Checkpoint, CompactRange

from .errors import MirrorError
from .store import Holding, KeptAgreement, KeptReceipt, State, ToTell

#: ``{bytes}`` and ``{json}`` are the types of the dialect.
TABLES: Final = """
CREATE TABLE IF NOT EXISTS state (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    platform TEXT NOT NULL, origin TEXT NOT NULL, key TEXT NOT NULL, subscriber TEXT NOT NULL,
    tree {bytes} NOT NULL, size BIGINT NOT NULL, root {bytes}, confirmed BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS record (
    id TEXT PRIMARY KEY, position BIGINT NOT NULL, version BIGINT NOT NULL,
    document {json}, publish_until TEXT, salt {bytes} NOT NULL, event {bytes} NOT NULL
);
CREATE INDEX IF NOT EXISTS record_ending ON record (publish_until) WHERE document IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_order ON record (position);
CREATE TABLE IF NOT EXISTS receipt (
    position BIGINT PRIMARY KEY, record TEXT NOT NULL, signed {bytes} NOT NULL, sent BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS receipt_to_send ON receipt (position) WHERE sent = 0;
CREATE TABLE IF NOT EXISTS onward (record TEXT NOT NULL, holder TEXT NOT NULL, PRIMARY KEY (record, holder));
CREATE TABLE IF NOT EXISTS to_tell (
    position BIGINT NOT NULL, record TEXT NOT NULL, holder TEXT NOT NULL, PRIMARY KEY (position, record, holder)
);
CREATE TABLE IF NOT EXISTS agreement (reference TEXT PRIMARY KEY, answer TEXT NOT NULL, statement {bytes});
CREATE TABLE IF NOT EXISTS unwitnessed (size BIGINT PRIMARY KEY, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS witnessed (
    id BIGINT PRIMARY KEY CHECK (id = 1), origin TEXT NOT NULL, size BIGINT NOT NULL, root {bytes} NOT NULL
);
CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY, text TEXT NOT NULL);
"""
#: How the tables are laid out; a store of another layout is not read.
FORMAT: Final = "2"
_RECORD: Final = "SELECT id, position, version, document, salt, event FROM record"
#: Whether somebody has still to be told of what a receipt is for.
_WAITS: Final = "EXISTS (SELECT 1 FROM to_tell WHERE to_tell.position = receipt.position)"
_PAGE: Final = 1000


class SqlStore(ABC):
    """A store over one DB-API connection that commits by itself. ``Store`` says what each method does."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._lock = threading.RLock()
        self._inside = False

    @property
    def connection(self) -> Any:
        """The DB-API connection."""
        return self._connection

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            if self._inside:
                yield
                return
            self._begin()
            self._inside = True
            try:
                yield
            except BaseException as error:
                self._rollback()
                if named := self._named(error):
                    raise named from error
                raise
            else:
                self._execute("COMMIT")
            finally:
                self._inside = False

    @abstractmethod
    def _begin(self) -> None:
        """Begin a transaction that no other writer can enter; MirrorError store.busy where one is inside."""

    @abstractmethod
    def _rollback(self) -> None:
        """Undo the transaction, if the database has not done so by itself."""

    @abstractmethod
    def _named(self, error: BaseException) -> MirrorError | None:
        """What an error of the driver means, whoever ran the statement; None where it is not the store's."""

    @abstractmethod
    def _execute(self, statement: str, *values: Any) -> Any:
        """Run a statement whose parameters are written ``%s``. Its cursor."""

    def _run(self, statement: str, *values: Any) -> int:
        with self._lock:
            return int(self._execute(statement, *values).rowcount)

    def _all(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            found: list[tuple[Any, ...]] = self._execute(statement, *values).fetchall()
            return found

    def _one(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        found = self._all(statement, *values)
        return found[0] if found else None

    def state(self) -> State | None:
        row = self._one(
            "SELECT platform, origin, key, subscriber, tree, size, root, confirmed FROM state WHERE id = 1"
        )
        if row is None:
            return None
        if self.mark("format") != FORMAT:
            raise MirrorError("store.format", place=self.mark("format") or "1")
        platform, origin, key, subscriber, tree, size, root, confirmed = row
        checkpoint = None if root is None else Checkpoint(origin=origin, size=size, root=bytes(root))
        return State(
            platform, origin, key, subscriber, CompactRange.from_bytes(bytes(tree)), checkpoint, confirmed
        )

    def keep(self, state: State) -> None:
        self.set_mark("format", FORMAT)
        names = ("platform", "origin", "key", "subscriber", "tree", "size", "root", "confirmed")
        self._run(
            f"INSERT INTO state (id, {', '.join(names)}) VALUES (1, %s, %s, %s, %s, %s, %s, %s, %s)"
            f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names)}",
            state.platform,
            state.origin,
            state.key,
            state.subscriber,
            state.tree.to_bytes(),
            state.checkpoint.size if state.checkpoint else 0,
            state.checkpoint.root if state.checkpoint else None,
            state.confirmed,
        )

    def note_confirmed(self, position: int) -> None:
        self._run("UPDATE state SET confirmed = %s", position)

    def put(self, holding: Holding) -> bool:
        assert holding.document is not None
        held = "SELECT 1 FROM record WHERE id = %s AND document IS NOT NULL"
        fresh = self._one(held, holding.record) is None
        names = ("position", "version", "document", "publish_until", "salt", "event")
        self._run(
            f"INSERT INTO record (id, {', '.join(names)}) VALUES (%s, %s, %s, %s, %s, %s, %s)"
            f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names)}",
            holding.record,
            holding.position,
            holding.version,
            orjson.dumps(holding.document).decode(),
            holding.document["publish_until"],
            holding.salt,
            orjson.dumps(holding.event),
        )
        return fresh

    def drop(self, record: str) -> int:
        return self._run("DELETE FROM record WHERE id = %s", record)

    def end(self, *, today: date) -> list[str]:
        day = today.isoformat()
        over = "document IS NOT NULL AND publish_until <= %s"
        ended = [row[0] for row in self._all(f"SELECT id FROM record WHERE {over} ORDER BY position", day)]
        if ended:
            self._run(f"UPDATE record SET document = NULL WHERE {over}", day)
        return ended

    def holding(self, record: str) -> Holding | None:
        row = self._one(f"{_RECORD} WHERE id = %s", record)
        return None if row is None else _holding(row)

    def holdings(self, *, ended: bool = False) -> Iterator[Holding]:
        also = "" if ended else " AND document IS NOT NULL"
        after = 0
        while rows := self._all(
            f"{_RECORD} WHERE position > %s{also} ORDER BY position LIMIT {_PAGE}", after
        ):
            for row in rows:
                yield _holding(row)
            after = rows[-1][1]

    def count(self) -> int:
        row = self._one("SELECT count(*) FROM record WHERE document IS NOT NULL")
        return int(row[0]) if row else 0

    def owe(self, *, position: int, record: str, signed: bytes) -> None:
        self._run(
            "INSERT INTO receipt (position, record, signed, sent) VALUES (%s, %s, %s, 0) ON CONFLICT (position)"
            " DO UPDATE SET signed = excluded.signed, sent = 0",
            position,
            record,
            signed,
        )

    def owed(self, limit: int = 1000) -> list[tuple[int, bytes]]:
        rows = self._all(
            f"SELECT position, signed FROM receipt WHERE sent = 0 AND NOT {_WAITS} ORDER BY position LIMIT %s",
            limit,
        )
        return [(position, bytes(signed)) for position, signed in rows]

    def unsent(self) -> tuple[int, int]:
        counted = dict(self._all(f"SELECT {_WAITS}, count(*) FROM receipt WHERE sent = 0 GROUP BY 1"))
        return counted.get(False, 0), counted.get(True, 0)

    def receipts(self, record: str | None = None) -> list[KeptReceipt]:
        of = "WHERE record = %s" if record is not None else ""
        rows = self._all(
            f"SELECT position, record, signed, sent FROM receipt {of} ORDER BY position",
            *([] if record is None else [record]),
        )
        return [
            KeptReceipt(position, named, bytes(signed), bool(sent)) for position, named, signed, sent in rows
        ]

    def answered(self, position: int) -> bool:
        return self._one("SELECT 1 FROM receipt WHERE position = %s", position) is not None

    def note_sent(self, position: int) -> None:
        self._run("UPDATE receipt SET sent = 1 WHERE position = %s", position)

    def pass_on(self, *, record: str, to: str) -> None:
        self._run("INSERT INTO onward (record, holder) VALUES (%s, %s) ON CONFLICT DO NOTHING", record, to)

    def onward(self, record: str) -> tuple[str, ...]:
        rows = self._all("SELECT holder FROM onward WHERE record = %s ORDER BY holder", record)
        return tuple(row[0] for row in rows)

    def passed_on(self) -> list[tuple[str, str]]:
        return [
            (row[0], row[1]) for row in self._all("SELECT record, holder FROM onward ORDER BY record, holder")
        ]

    def recall(self, *, record: str, position: int) -> None:
        self._run(
            "INSERT INTO to_tell (position, record, holder) SELECT CAST(%s AS BIGINT), record, holder FROM onward"
            " WHERE record = %s ON CONFLICT DO NOTHING",
            position,
            record,
        )
        self._run("DELETE FROM onward WHERE record = %s", record)

    def to_tell(self) -> list[ToTell]:
        rows = self._all("SELECT position, record, holder FROM to_tell ORDER BY position, record, holder")
        return [ToTell(*row) for row in rows]

    def note_told(self, *, record: str, to: str) -> int:
        return self._run("DELETE FROM to_tell WHERE record = %s AND holder = %s", record, to)

    def agreements(self) -> list[KeptAgreement]:
        rows = self._all("SELECT reference, answer, statement FROM agreement ORDER BY reference")
        return [
            KeptAgreement(reference, orjson.loads(answer), None if statement is None else bytes(statement))
            for reference, answer, statement in rows
        ]

    def keep_agreement(self, kept: KeptAgreement) -> None:
        self._run(
            "INSERT INTO agreement (reference, answer, statement) VALUES (%s, %s, %s) ON CONFLICT (reference)"
            " DO UPDATE SET answer = excluded.answer, statement = excluded.statement",
            kept.reference,
            orjson.dumps(kept.answer).decode(),
            kept.statement,
        )

    def note_seen(self, *, size: int, at: datetime) -> None:
        self._run(
            "INSERT INTO unwitnessed (size, at) VALUES (%s, %s) ON CONFLICT DO NOTHING", size, at.isoformat()
        )

    def note_witnessed(self, checkpoint: Checkpoint) -> None:
        self._run(
            "INSERT INTO witnessed (id, origin, size, root) VALUES (1, %s, %s, %s) ON CONFLICT (id)"
            " DO UPDATE SET origin = excluded.origin, size = excluded.size, root = excluded.root",
            checkpoint.origin,
            checkpoint.size,
            checkpoint.root,
        )
        self._run("DELETE FROM unwitnessed WHERE size <= %s", checkpoint.size)

    def witnessed(self) -> Checkpoint | None:
        row = self._one("SELECT origin, size, root FROM witnessed")
        return None if row is None else Checkpoint(origin=row[0], size=row[1], root=bytes(row[2]))

    def unwitnessed_since(self) -> datetime | None:
        row = self._one("SELECT at FROM unwitnessed ORDER BY size LIMIT 1")
        return None if row is None else datetime.fromisoformat(row[0])

    def mark(self, name: str) -> str:
        row = self._one("SELECT text FROM mark WHERE name = %s", name)
        return "" if row is None else str(row[0])

    def set_mark(self, name: str, text: str) -> None:
        self._run(
            "INSERT INTO mark (name, text) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET text = excluded.text",
            name,
            text,
        )

    @abstractmethod
    def forget_traces(self, *, thoroughly: bool = False) -> None: ...


def _holding(row: tuple[Any, ...]) -> Holding:
    record, position, version, document, salt, event = row
    if isinstance(document, str):
        document = orjson.loads(document)
    return Holding(record, position, version, document, bytes(salt), orjson.loads(bytes(event)))
