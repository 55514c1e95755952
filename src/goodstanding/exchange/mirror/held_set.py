"""The digest of the set that a store holds, kept beside its records, whoever writes them.

Triggers of the store note each record that is written, changed or deleted, by this program or by hand, and `fold`
brings what they noted into the digest, the sums of the buckets and the elements. It belongs inside the store's
transaction, and everything else here is read inside one.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any, Final

import orjson

from goodstanding import proof
from goodstanding.proof import ProofError
from goodstanding.proof.set_digest import (
    BUCKETS,
    SUM_BYTES,
    SetDigest,
    add_sums,
    bucket_of,
    pack_sums,
    set_element,
    sum_of,
    unpack_sums,
)

from .errors import MirrorError
from .store import Store

#: Records that are folded in with one set of statements.
_PORTION: Final = 500
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS element (record TEXT PRIMARY KEY, bucket BIGINT NOT NULL, element {bytes} NOT NULL)",
    "CREATE INDEX IF NOT EXISTS element_by_bucket ON element (bucket)",
    "CREATE TABLE IF NOT EXISTS bucket (number BIGINT PRIMARY KEY, sum {bytes} NOT NULL)",
    "CREATE TABLE IF NOT EXISTS touched (record TEXT PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS whole (id BIGINT PRIMARY KEY CHECK (id = 1), count BIGINT NOT NULL,"
    " digest {bytes} NOT NULL)",
)
# Without a conflict clause: that of the statement outside would take its place.
_TOUCH: Final = (
    "INSERT INTO touched SELECT {row}.id WHERE NOT EXISTS (SELECT 1 FROM touched WHERE record = {row}.id);"
)
_SQLITE: Final = (
    f"CREATE TRIGGER IF NOT EXISTS record_came AFTER INSERT ON record BEGIN {_TOUCH.format(row='NEW')} END",
    f"CREATE TRIGGER IF NOT EXISTS record_went AFTER DELETE ON record BEGIN {_TOUCH.format(row='OLD')} END",
    "CREATE TRIGGER IF NOT EXISTS record_changed AFTER UPDATE OF id, position, salt, event ON record"
    f" BEGIN {_TOUCH.format(row='OLD')} {_TOUCH.format(row='NEW')} END",
)
_POSTGRES: Final = (
    """CREATE OR REPLACE FUNCTION record_touched() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        IF TG_OP <> 'INSERT' THEN INSERT INTO touched VALUES (OLD.id) ON CONFLICT DO NOTHING; END IF;
        IF TG_OP <> 'DELETE' THEN INSERT INTO touched VALUES (NEW.id) ON CONFLICT DO NOTHING; END IF;
        RETURN NULL;
    END $$""",
    "CREATE OR REPLACE TRIGGER record_touched AFTER INSERT OR DELETE OR UPDATE OF id, position, salt, event ON record"
    " FOR EACH ROW EXECUTE FUNCTION record_touched()",
)
#: Whether the last of them is there.
_MADE_SQLITE: Final = "SELECT 1 FROM sqlite_master WHERE name = 'record_changed'"
_MADE_POSTGRES: Final = (
    "SELECT 1 FROM pg_trigger WHERE tgname = 'record_touched' AND tgrelid = to_regclass('record')"
)


class HeldSet:
    """The set that one store holds."""

    def __init__(self, store: Store) -> None:
        """Make tables and triggers if need be; what a store held before them is folded in with the first `fold`.

        Args:
            store: over a connection of sqlite3 or psycopg, which may become another one between transactions.
        """
        self._store = store
        self._is_sqlite = type(store.connection).__module__.startswith("sqlite3")
        # Made again, even for nothing, they would wait for a mirror that is in the middle of a long transaction.
        if not self._all(_MADE_SQLITE if self._is_sqlite else _MADE_POSTGRES):
            for statement in (*_TABLES, *(_SQLITE if self._is_sqlite else _POSTGRES)):
                self._run(statement.format(bytes="BLOB" if self._is_sqlite else "BYTEA"))
        if not self._all("SELECT 1 FROM whole"):
            self._run("INSERT INTO touched (record) SELECT id FROM record WHERE true ON CONFLICT DO NOTHING")
            empty = SetDigest().to_bytes()
            self._run("INSERT INTO whole (id, count, digest) VALUES (1, 0, %s) ON CONFLICT DO NOTHING", empty)

    def fold(self) -> int:
        """Bring in what was written since the last time. Returns how many records that were."""
        folded = 0
        while touched := [row[0] for row in self._all(f"SELECT record FROM touched LIMIT {_PORTION}")]:
            self._fold(touched)
            folded += len(touched)
        return folded

    def whole(self) -> tuple[int, bytes]:
        """How many records are held, and the fingerprint of their set."""
        ((count, digest),) = self._all("SELECT count, digest FROM whole")
        return int(count), SetDigest.from_bytes(bytes(digest)).fingerprint()

    def sums(self) -> bytes:
        """The sums of all buckets, 16 bytes each."""
        sums = [0] * BUCKETS
        for number, sum_ in self._all("SELECT number, sum FROM bucket"):
            (sums[number],) = unpack_sums(bytes(sum_))
        return pack_sums(sums)

    def elements(self, bucket: int) -> dict[bytes, str]:
        """The records of a bucket by their elements."""
        rows = self._all("SELECT element, record FROM element WHERE bucket = %s", bucket)
        return {bytes(element): record for element, record in rows}

    def event(self, record: str) -> tuple[int, bytes] | None:
        """Under which event a record is held: its position and its leaf's commitment; None where it is not held."""
        for position, salt, event in self._all(
            "SELECT position, salt, event FROM record WHERE id = %s", record
        ):
            return int(position), _commitment(bytes(salt), bytes(event))
        return None

    def _fold(self, touched: list[str]) -> None:
        some = ", ".join(["%s"] * len(touched))
        before = {
            record: (bucket, bytes(element))
            for record, bucket, element in self._all(
                f"SELECT record, bucket, element FROM element WHERE record IN ({some})", *touched
            )
        }
        after = {
            record: _element(record, position, bytes(salt), bytes(event))
            for record, position, salt, event in self._all(
                f"SELECT id, position, salt, event FROM record WHERE id IN ({some})", *touched
            )
        }
        gone = [before[record] for record in touched if record in before]
        self._run(f"DELETE FROM element WHERE record IN ({some})", *touched)
        if after:
            rows = ", ".join(["(%s, %s, %s)"] * len(after))
            values = [value for record, held in after.items() for value in (record, *held)]
            self._run(f"INSERT INTO element (record, bucket, element) VALUES {rows}", *values)
        self._change(gone, list(after.values()))
        self._run(f"DELETE FROM touched WHERE record IN ({some})", *touched)

    def _change(self, gone: Sequence[tuple[int, bytes]], come: Sequence[tuple[int, bytes]]) -> None:
        ((count, state),) = self._all("SELECT count, digest FROM whole")
        digest, changes = SetDigest.from_bytes(bytes(state)), dict[int, int]()
        for bucket, element in gone:
            digest.remove(element)
            changes[bucket] = add_sums(changes.get(bucket, 0), sum_of([], less=[element]))
        for bucket, element in come:
            digest.add(element)
            changes[bucket] = add_sums(changes.get(bucket, 0), sum_of([element]))
        self._run(
            "UPDATE whole SET count = %s, digest = %s", count + len(come) - len(gone), digest.to_bytes()
        )
        for bucket, change in changes.items():
            held = self._all("SELECT sum FROM bucket WHERE number = %s", bucket)
            sum_ = add_sums(unpack_sums(bytes(held[0][0]))[0] if held else 0, change)
            self._run(
                "INSERT INTO bucket (number, sum) VALUES (%s, %s)"
                " ON CONFLICT (number) DO UPDATE SET sum = excluded.sum",
                bucket,
                sum_.to_bytes(SUM_BYTES, "big"),
            )

    def _run(self, statement: str, *values: Any) -> Any:
        if self._is_sqlite:
            statement = statement.replace("%s", "?")
        return self._store.connection.execute(statement, values)

    def _all(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self._run(statement, *values).fetchall()
        return found


def _element(record: str, position: int, salt: bytes, event: bytes) -> tuple[int, bytes]:
    try:
        named = uuid.UUID(record)
    except ValueError:
        raise MirrorError("holding.unknown", place=record) from None
    commitment = _commitment(salt, event)
    return bucket_of(named), set_element(record=named, position=position, commitment=commitment)


def _commitment(salt: bytes, event: bytes) -> bytes:
    """The commitment of an event; of what is none, written by hand, its own digest, which no log has."""
    try:
        return proof.commitment(salt=salt, content=orjson.loads(event))
    except (ProofError, orjson.JSONDecodeError):
        return hashlib.sha256(salt + event).digest()
