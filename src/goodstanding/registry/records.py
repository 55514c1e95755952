"""Writing records: taking them in, restoring them, ending their publication. Each change with its event.

A record goes published -> ended | restored | withdrawn | redacted, or stays unpublished where the law does not publish
it. Shielded (``decisions``), it stays so whatever is reported, until the shield is lifted or its publication is over. A
removed record leaves a tombstone: the same finding reported again is refused and changes nothing, and a finding that
looks like it waits for the operator (``tombstones``). What a source itself removes is in ``removals``.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import orjson
from django.db import IntegrityError, connection

from . import source_findings, tombstones
from .bulk import array_text, copy_rows, json_text, next_ids
from .events import public_digest, record_content
from .journal import NewEvent, append, head
from .models import Record, Tombstone
from .tombstones import Suspicion

Disposition = Literal["committed", "unchanged", "superseding", "refused"]


@dataclass(slots=True)
class ReportedRecord:
    """A checked, linked and classified row of an authority's file.

    ``item`` is its item of the catalogue. ``natural_key`` (32 bytes) says which finding it is, ``content_digest``
    (32 bytes) what is said of it.
    ``content`` is ``{"public": {...}, "personal": {...}}``: only the first part ever leaves the registry.
    ``publish_until`` is the first day on which the record is no longer published. ``change`` says whether the source
    reports the finding or corrects what it reported. Whoever has ``content`` as text, with its keys in order, and the
    digest of the public part may give them along. Nobody changes one that is made; it is not frozen since that would
    take five times as long for each row.
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
    change: Literal["report", "correct"] = "report"
    content_text: str | None = None
    public_digest: str | None = None

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
    beneath: str | None = None
    statement: str | None = None
    owners: tuple[int, ...] = ()
    is_new: bool = False
    reported: ReportedRecord | None = None


_COLUMNS = (
    "id, public_id, kind, item_id, entity_id, authority_id, source_id, contract, document_no, natural_key,"
    " content_digest, content, legal_basis, found_on, measures, amount_yuan, pack, severity, publish_from,"
    " restorable_from, publish_until, restorable, state, disputed, version, batch, row, beneath"
)


def take_in(
    reported: Sequence[ReportedRecord],
    *,
    batch: int | None,
    today: date,
    at: datetime,
    first: Sequence[NewEvent] = (),
    repeated: bool = False,
    sender_id: int | None = None,
    relisted: Collection[bytes] = (),
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
        sender_id: the authority that sends them; corrections of others' records are refused where it is given.
        relisted: natural keys that the source itself had taken off its list: they begin a new spell.

    Returns:
        One outcome for each row, in order.

    Raises:
        django.db.IntegrityError: another transaction committed one of the keys, or removed a record of one of the
            entities meanwhile; run the chunk again.
    """
    known = _lock_known(sorted({row.natural_key for row in reported}))
    seen = head()
    decided = _Chunk(
        known=known,
        said=_said_before([item.id for item in known.values()]) if repeated else frozenset(),
        own=_removed_by(known, sender_id) if repeated else frozenset(),
        suspected=_suspected(reported, known, sender_id, relisted=relisted),
        fresh_ids=iter(next_ids("registry_record", sum(row.natural_key not in known for row in reported))),
        relisted=set(relisted),
        sender_id=sender_id,
        today=today,
    )
    outcomes = [decided.take(row) for row in reported]
    if not decided.events and not decided.attempts:
        append(first, at=at)
        return outcomes
    # Rows go in before the events so that the journal's lock is held for as short a time as possible.
    tombstones.lift(decided.lifted)
    _insert([item for item in known.values() if item.is_new], batch=batch)
    _update([item for item in known.values() if item.reported and not item.is_new], batch=batch)
    noted = source_findings.note(decided.attempts, sender_id=sender_id, batch=batch, at=at)
    positions = append([*first, *decided.events, *noted], at=at)[len(first) :]
    keep_versions([(*entry[:4], positions[entry[4]]) for entry in decided.replaced])
    if tombstones.buried_since(seen, entities={row.entity_id for row in reported}):
        raise IntegrityError("a record of these entities was removed while the chunk was decided")
    return outcomes


@dataclass(slots=True)
class _Chunk:
    """What is known while the rows of a chunk are decided, and what they come to."""

    known: dict[bytes, _Known]
    said: frozenset[tuple[int, bytes]]
    own: frozenset[int]
    suspected: dict[int, Suspicion]
    fresh_ids: Iterator[int]
    relisted: set[bytes]
    sender_id: int | None
    today: date
    events: list[NewEvent] = field(default_factory=list)
    attempts: list[tuple[ReportedRecord, Suspicion]] = field(default_factory=list)
    replaced: list[tuple[int, int, dict[str, Any], bytes, int]] = field(default_factory=list)
    lifted: list[int] = field(default_factory=list)

    def take(self, row: ReportedRecord) -> Outcome:
        """Decide one row."""
        held = self.known.get(row.natural_key)
        suspicion = self.suspected.get(id(row))
        if held is None:
            if suspicion is not None:
                return self._stop(row, suspicion)
            return (
                Outcome("refused", None, "change.unknown") if row.change == "correct" else self._commit(row)
            )
        same = held.digest == row.content_digest or (held.id, row.content_digest) in self.said
        if not same and suspicion is not None and suspicion.kind == "corrected":
            return self._stop(row, suspicion)
        if row.natural_key in self.relisted and held.state in (Record.State.ENDED, Record.State.WITHDRAWN):
            return self._replace(row, held, "record.relisted")
        if held.state in tombstones.REMOVED:
            if same and held.id in self.own:  # the file that removed it, once more
                return Outcome("unchanged", held.id)
            return self._stop(row, Suspicion("same", held.id, held.state))
        if same:
            return Outcome("unchanged", held.id)
        if row.change == "correct" and self.sender_id not in (None, *held.owners):
            return Outcome("refused", held.id, "change.not_yours")
        if suspicion is not None:
            return self._stop(row, suspicion)
        return self._replace(
            row, held, "record.corrected" if row.change == "correct" else "record.superseded"
        )

    def _stop(self, row: ReportedRecord, suspicion: Suspicion) -> Outcome:
        self.attempts.append((row, suspicion))
        return Outcome("refused", suspicion.record_id, suspicion.code)

    def _commit(self, row: ReportedRecord) -> Outcome:
        held = _Known(
            id=next(self.fresh_ids),
            public_id=uuid.uuid4(),
            version=1,
            digest=row.content_digest,
            state=row.state_on(self.today),
            content=row.content,
            owners=(row.authority_id, row.source_id),
            is_new=True,
            reported=row,
        )
        self.known[row.natural_key] = held
        self.events.append(_event("record.committed", row, held))
        return Outcome("committed", held.id)

    def _replace(self, row: ReportedRecord, held: _Known, kind: str) -> Outcome:
        if held.state == Record.State.WITHDRAWN:
            self.lifted.append(held.id)
        self.relisted.discard(row.natural_key)
        self.replaced.append((held.id, held.version, held.content or {}, held.digest, len(self.events)))
        held.version += 1
        held.digest, held.content = row.content_digest, row.content
        state = row.state_on(self.today)
        if held.state == Record.State.SHIELDED and state != Record.State.ENDED:
            held.beneath = state
        else:
            held.state, held.beneath = state, None
        held.reported = row
        self.events.append(_event(kind, row, held))
        return Outcome("superseding", held.id)


def _suspected(
    reported: Sequence[ReportedRecord],
    known: dict[bytes, _Known],
    sender_id: int | None,
    *,
    relisted: Collection[bytes],
) -> dict[int, Suspicion]:
    """The rows that are or look like removed records under another key, or undo a correction, by their identity."""
    changing = [
        row
        for row in reported
        if (held := known.get(row.natural_key)) is None
        or row.natural_key in relisted
        or (held.digest != row.content_digest and held.state not in tombstones.REMOVED)
    ]
    found = zip(changing, tombstones.check(changing, sender_id=sender_id), strict=True)
    return {id(row): suspicion for row, suspicion in found if suspicion is not None}


def _removed_by(known: dict[bytes, _Known], sender_id: int | None) -> frozenset[int]:
    """The removed records among these that the sender's own change removed."""
    removed = [item.id for item in known.values() if item.state in tombstones.REMOVED]
    if not removed or sender_id is None:
        return frozenset()
    own = Tombstone.objects.filter(record_id__in=removed, removed_by_id=sender_id)
    return frozenset(own.values_list("record_id", flat=True))


def _lock_known(keys: list[bytes]) -> dict[bytes, _Known]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT natural_key, id, public_id, version, content_digest, state, content::text, disputed,"
            " beneath, statement ->> 'text', authority_id, source_id FROM registry_record WHERE natural_key = ANY(%s)"
            " ORDER BY natural_key FOR NO KEY UPDATE",
            [keys],
        )
        rows = cursor.fetchall()
    return {
        bytes(key): _Known(
            pk,
            public_id,
            version,
            bytes(digest),
            state,
            orjson.loads(content),
            disputed,
            beneath,
            statement,
            tuple(owners),
        )
        for key, pk, public_id, version, digest, state, content, disputed, beneath, statement, *owners in rows
    }


def _said_before(record_ids: list[int]) -> frozenset[tuple[int, bytes]]:
    """Every (record, digest) that an earlier version of these records had."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT record_id, content_digest FROM registry_recordversion WHERE record_id = ANY(%s)",
            [record_ids],
        )
        return frozenset((record_id, bytes(digest)) for record_id, digest in cursor.fetchall())


def _event(kind: str, row: ReportedRecord, held: _Known) -> NewEvent:
    content = record_content(
        record=held.public_id,
        entity=row.entity_public_id,
        record_kind=row.kind,
        state=held.state,
        disputed=held.disputed,
        version=held.version,
        content_digest=row.content_digest,
        public_digest=row.public_digest or public_digest(row.content),
        publish_from=row.publish_from,
        publish_until=row.publish_until,
        beneath=held.beneath,
        statement=held.statement,
    )
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
        row.content_text or json_text(row.content),
        row.legal_basis,
        row.found_on,
        array_text(row.measures),
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
        item.beneath,
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


def keep_versions(entries: Sequence[tuple[int, int, dict[str, Any], bytes, int]]) -> None:
    """Keep what records said until now: record, version, content, digest, and the position that replaces it."""
    if entries:
        copy_rows(
            "registry_recordversion",
            "record_id, version, content, content_digest, replaced_at_position",
            (
                (record_id, version, json_text(content), digest, position)
                for record_id, version, content, digest, position in entries
            ),
        )
