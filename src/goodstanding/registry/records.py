"""Writing records: taking them in, restoring them, ending their publication. Each change with its event.

A record goes published -> ended | restored | withdrawn, or stays unpublished where the law does not publish it.
A restored or withdrawn record is a tombstone: the same finding reported again is refused and changes nothing.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import orjson
from django.db import connection

from goodstanding.proof import canonical

from .bulk import copy_rows, json_text, next_ids
from .journal import NewEvent, append
from .models import Record

Disposition = Literal["committed", "unchanged", "superseding", "refused"]


@dataclass(frozen=True, slots=True)
class ReportedRecord:
    """A checked, linked and classified row of an authority's file.

    ``item`` is its item of the catalogue. ``natural_key`` (32 bytes) says which finding it is, ``content_digest``
    (32 bytes) what is said of it.
    ``content`` is ``{"public": {...}, "personal": {...}}``: only the first part ever leaves the registry.
    ``publish_until`` is the first day on which the record is no longer published.
    """

    row: int
    kind: str
    item: str
    entity_id: int
    entity_public_id: uuid.UUID
    authority_id: int
    source_id: int
    contract: str
    document_no: str
    natural_key: bytes
    content_digest: bytes
    content: dict[str, Any]
    legal_basis: str
    found_on: date
    measures: tuple[str, ...]
    amount_yuan: Decimal | None
    pack: str
    severity: str | None
    published: bool
    publish_from: date | None
    restorable_from: date | None
    publish_until: date | None
    restorable: bool

    def state_on(self, today: date) -> str:
        """The state in which the record enters the registry on ``today``."""
        if not self.published:
            return Record.State.UNPUBLISHED
        if self.publish_until is not None and self.publish_until <= today:
            return Record.State.ENDED
        return Record.State.PUBLISHED


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one reported row. ``code`` says why it was refused."""

    disposition: Disposition
    record_id: int | None = None
    code: str = ""


@dataclass(slots=True)
class _Known:
    """What the registry holds under one natural key, brought up to date while a chunk is decided."""

    id: int
    public_id: uuid.UUID
    version: int
    digest: bytes
    state: str
    content: dict[str, Any] | None
    disputed: bool = False
    is_new: bool = False
    reported: ReportedRecord | None = None


_COLUMNS = (
    "id, public_id, kind, item_id, entity_id, authority_id, source_id, contract, document_no, natural_key,"
    " content_digest, content, legal_basis, found_on, measures, amount_yuan, pack, severity, publish_from,"
    " restorable_from, publish_until, restorable, state, disputed, version, batch, row"
)


def take_in(
    reported: Sequence[ReportedRecord],
    *,
    batch: int | None,
    today: date,
    at: datetime,
    first: Sequence[NewEvent] = (),
    repeated: bool = False,
) -> list[Outcome]:
    """Commit reported records with their events, inside the caller's transaction.

    Rows of one natural key are taken in their order: the first commits, an equal one is unchanged, a different
    one supersedes. Rows already in the registry are locked in key order, so two batches never deadlock.

    Args:
        reported: rows of one chunk, in file order.
        batch: the batch that they came in, if any.
        today: the day on which they are taken in.
        at: the instant for their events.
        first: events of the same transaction that go before them, such as those of ``entities.register``.
        repeated: the same file was taken in before; what a record has said in any version changes nothing again.

    Returns:
        One outcome for each row, in order.

    Raises:
        django.db.IntegrityError: another transaction committed one of the keys meanwhile; run the chunk again.
    """
    known = _lock_known(sorted({row.natural_key for row in reported}))
    said = _said_before([item.id for item in known.values()]) if repeated else frozenset()
    fresh_ids = iter(next_ids("registry_record", sum(row.natural_key not in known for row in reported)))
    outcomes: list[Outcome] = []
    events: list[NewEvent] = []
    replaced: list[tuple[int, int, dict[str, Any], bytes, int]] = []
    for row in reported:
        held = known.get(row.natural_key)
        if held is None:
            held = _Known(
                id=next(fresh_ids),
                public_id=uuid.uuid4(),
                version=1,
                digest=row.content_digest,
                state=row.state_on(today),
                content=row.content,
                is_new=True,
                reported=row,
            )
            known[row.natural_key] = held
            outcomes.append(Outcome("committed", held.id))
            events.append(_event("record.committed", row, held))
        elif held.digest == row.content_digest or (held.id, row.content_digest) in said:
            outcomes.append(Outcome("unchanged", held.id))
        elif held.state in (Record.State.RESTORED, Record.State.WITHDRAWN):
            outcomes.append(Outcome("refused", held.id, f"tombstone.{held.state}"))
        else:
            replaced.append((held.id, held.version, held.content or {}, held.digest, len(events)))
            held.version += 1
            held.digest, held.state, held.content = row.content_digest, row.state_on(today), row.content
            held.reported = row
            outcomes.append(Outcome("superseding", held.id))
            events.append(_event("record.superseded", row, held))
    if not events:
        append(first, at=at)
        return outcomes
    # Rows go in before the events so that the journal's lock is held for as short a time as possible.
    _insert([item for item in known.values() if item.is_new], batch=batch)
    _update([item for item in known.values() if item.reported and not item.is_new], batch=batch)
    positions = append([*first, *events], at=at)[len(first) :]
    _keep_versions([(*entry[:4], positions[entry[4]]) for entry in replaced])
    return outcomes


def _lock_known(keys: list[bytes]) -> dict[bytes, _Known]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT natural_key, id, public_id, version, content_digest, state, content::text, disputed"
            " FROM registry_record WHERE natural_key = ANY(%s) ORDER BY natural_key FOR NO KEY UPDATE",
            [keys],
        )
        rows = cursor.fetchall()
    return {
        bytes(key): _Known(pk, public_id, version, bytes(digest), state, orjson.loads(content), disputed)
        for key, pk, public_id, version, digest, state, content, disputed in rows
    }


def _said_before(record_ids: list[int]) -> frozenset[tuple[int, bytes]]:
    """Every (record, digest) that an earlier version of these records had."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT record_id, content_digest FROM registry_recordversion WHERE record_id = ANY(%s)",
            [record_ids],
        )
        return frozenset((record_id, bytes(digest)) for record_id, digest in cursor.fetchall())


def public_digest(content: dict[str, Any]) -> str:
    """SHA-256 (hex) of a record's public content in canonical form: what a subscriber can check it against."""
    return hashlib.sha256(canonical(content["public"])).hexdigest()


def _event(kind: str, row: ReportedRecord, held: _Known) -> NewEvent:
    content = {
        "record": str(held.public_id),
        "entity": str(row.entity_public_id),
        "record_kind": row.kind,
        "state": str(held.state),
        "disputed": held.disputed,
        "version": held.version,
        "digest": row.content_digest.hex(),
        "public_digest": public_digest(row.content),
        "publish_from": row.publish_from.isoformat() if row.publish_from else None,
        "publish_until": row.publish_until.isoformat() if row.publish_until else None,
    }
    return NewEvent(kind=kind, content=content, entity_id=row.entity_id, record_id=held.id)


def _values(item: _Known, batch: int | None) -> tuple[Any, ...]:
    row = item.reported
    assert row is not None
    return (
        item.id,
        item.public_id,
        row.kind,
        row.item,
        row.entity_id,
        row.authority_id,
        row.source_id,
        row.contract,
        row.document_no,
        row.natural_key,
        row.content_digest,
        json_text(row.content),
        row.legal_basis,
        row.found_on,
        list(row.measures),
        row.amount_yuan,
        row.pack,
        row.severity,
        row.publish_from,
        row.restorable_from,
        row.publish_until,
        row.restorable,
        str(item.state),
        False,
        item.version,
        batch,
        row.row,
    )


def _insert(items: list[_Known], *, batch: int | None) -> None:
    if items:
        # In key order, so that two batches with the same new keys wait for each other and never deadlock.
        items = sorted(items, key=_natural_key)
        copy_rows("registry_record", _COLUMNS, (_values(item, batch) for item in items))


def _natural_key(item: _Known) -> bytes:
    assert item.reported is not None
    return item.reported.natural_key


def _update(items: list[_Known], *, batch: int | None) -> None:
    if not items:
        return
    keep = {"id", "public_id", "natural_key", "disputed"}
    names = [name.strip() for name in _COLUMNS.split(",")]
    changes = ", ".join(f"{name} = given.{name}" for name in names if name not in keep)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE given ON COMMIT DROP AS SELECT " + _COLUMNS + " FROM registry_record LIMIT 0"
        )
        copy_rows("given", _COLUMNS, (_values(item, batch) for item in items))
        cursor.execute(f"UPDATE registry_record SET {changes} FROM given WHERE registry_record.id = given.id")
        cursor.execute("DROP TABLE given")


def _keep_versions(entries: list[tuple[int, int, dict[str, Any], bytes, int]]) -> None:
    if entries:
        copy_rows(
            "registry_recordversion",
            "record_id, version, content, content_digest, replaced_at_position",
            (
                (record_id, version, json_text(content), digest, position)
                for record_id, version, content, digest, position in entries
            ),
        )
