"""What a mirror keeps, and what it asks of the place where it is kept. SQLite and PostgreSQL give it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from goodstanding.proof import Checkpoint, CompactRange


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


@dataclass(frozen=True, slots=True)
class ToTell:
    """A record that is gone and was passed on: ``to`` has still to be told. ``position``: up to which this is known."""

    position: int
    record: str
    to: str


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """A signed receipt (JSON) for the removal of a record at a position, and whether the platform took it."""

    position: int
    record: str
    signed: bytes
    sent: bool


@dataclass(frozen=True, slots=True)
class KeptAgreement:
    """An agreement as the platform gave it, with the statement of deletion, once it was signed."""

    reference: str
    answer: dict[str, Any]
    statement: bytes | None


class Store(Protocol):
    """One subscriber's copy: the records held, the cursor, the receipts to send, and what is owed besides.

    What is written inside ``transaction`` is there whole or not at all after a crash, and survives a power cut. One
    store may be used by several threads: a transaction keeps the others out.
    """

    @property
    def connection(self) -> Any:
        """The DB-API connection below, for an adopter that writes in the mirror's own transaction."""

    def close(self) -> None:
        """Close it."""

    def transaction(self) -> AbstractContextManager[None]:
        """One transaction that no other writer can enter; inside another one it is part of that.

        Raises:
            MirrorError: store.busy.
        """

    def state(self) -> State | None:
        """Whom the store follows and how far; None in a new store."""

    def keep(self, state: State) -> None:
        """Write the state, inside the caller's transaction."""

    def note_confirmed(self, position: int) -> None:
        """Remember that the platform knows the cursor."""

    def put(self, holding: Holding) -> bool:
        """Hold a record, or its newer version. Returns whether it was not held before."""

    def drop(self, record: str) -> int:
        """Delete a record. Returns how many copies went: 0 or 1."""

    def end(self, *, today: date) -> list[str]:
        """Delete the documents of records whose last day has passed. Returns which."""

    def holding(self, record: str) -> Holding | None:
        """What is held of a record."""

    def holdings(self, *, ended: bool = False) -> Iterator[Holding]:
        """What is held and may still be, in the order of the feed; with ``ended`` also what no longer may."""

    def count(self) -> int:
        """How many records are held and may still be."""

    def owe(self, *, position: int, record: str, signed: bytes) -> None:
        """Remember a receipt to send."""

    def owed(self, limit: int = 1000) -> list[tuple[int, bytes]]:
        """Receipts that are not yet taken, oldest first; not those of which somebody has still to be told."""

    def answered(self, position: int) -> bool:
        """Whether there is a receipt for a removal, sent or not."""

    def note_sent(self, position: int) -> None:
        """Remember that the platform took a receipt."""

    def unsent(self) -> tuple[int, int]:
        """How many receipts are not yet taken: those to send, and those of which somebody has still to be told."""

    def receipts(self, record: str | None = None) -> list[KeptReceipt]:
        """All receipts, or those of a record, in the order of the feed."""

    def pass_on(self, *, record: str, to: str) -> None:
        """Remember that a record was passed on. The same again changes nothing."""

    def onward(self, record: str) -> tuple[str, ...]:
        """To whom a record was passed on, in the order of their names."""

    def passed_on(self) -> list[tuple[str, str]]:
        """Which records that are held were passed on, and to whom."""

    def recall(self, *, record: str, position: int) -> None:
        """A record is gone: whoever got it has to be told."""

    def to_tell(self) -> list[ToTell]:
        """Who has still to be told of what, the oldest first."""

    def note_told(self, *, record: str, to: str) -> int:
        """Remember that somebody was told. Returns how many debts that settled."""

    def agreements(self) -> list[KeptAgreement]:
        """The agreements known, by reference."""

    def keep_agreement(self, kept: KeptAgreement) -> None:
        """Write what is known of an agreement."""

    def note_seen(self, *, size: int, at: datetime) -> None:
        """Remember when the log was first applied up to a size that no witnessed checkpoint covers yet."""

    def note_witnessed(self, checkpoint: Checkpoint) -> None:
        """Remember the last witnessed checkpoint; what it covers is no longer waited for."""

    def witnessed(self) -> Checkpoint | None:
        """The last witnessed checkpoint."""

    def unwitnessed_since(self) -> datetime | None:
        """When the oldest part was applied that no witnessed checkpoint covers; None where all is covered."""

    def mark(self, name: str) -> str:
        """A short text kept under a name; empty where there is none."""

    def set_mark(self, name: str, text: str) -> None:
        """Keep a short text under a name."""

    def forget_traces(self, *, thoroughly: bool = False) -> None:
        """Leave as little as can be of what was dropped; ``thoroughly`` where everything was."""


def store_exists(address: str | Path) -> bool:
    """Whether there is a store's own file; of a database only opening it tells."""
    path = str(address).removeprefix("sqlite:///")
    return "://" in path or Path(path).exists()


def folder_beside(address: str | Path) -> Path:
    """Where the files that go with a store lie: the folder of its own file, or the present one for a database."""
    path = str(address).removeprefix("sqlite:///")
    return Path() if "://" in path else Path(path).parent


def open_store(address: str | Path) -> Store:
    """Open a store, made if need be.

    Args:
        address: a path or ``sqlite:///path`` for a SQLite file; ``postgresql://user@host/database?schema=name`` for
            a schema of its own (``mirror`` unless named) in a PostgreSQL database.

    Raises:
        MirrorError: store.address, store.driver, store.unreachable.
    """
    text = str(address)
    if text.startswith(("postgresql://", "postgres://")):
        from .postgres_store import PostgresStore

        return PostgresStore(text)
    from .errors import MirrorError
    from .sqlite_store import SqliteStore

    path = text.removeprefix("sqlite:///")
    if not path or "://" in path:
        raise MirrorError("store.address", place=text.partition("://")[0] or "empty")
    return SqliteStore(Path(path))
