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
from typing import Any

from django.db import IntegrityError

from . import source_findings, tombstones
from .bulk import next_ids
from .events import public_digest, record_content
from .journal import NewEvent, append, head
from .models import Record, Tombstone
from .record_rows import Known, insert, keep_versions, lock_known, said_before, update
from .reported import Outcome, ReportedRecord
from .tombstones import Suspicion


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
    known = lock_known(sorted({row.natural_key for row in reported}))
    seen = head()
    decided = _Chunk(
        known=known,
        said=said_before([item.id for item in known.values()]) if repeated else frozenset(),
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
    insert([item for item in known.values() if item.is_new], batch=batch)
    update([item for item in known.values() if item.reported and not item.is_new], batch=batch)
    noted = source_findings.note(decided.attempts, sender_id=sender_id, batch=batch, at=at)
    positions = append([*first, *decided.events, *noted], at=at)[len(first) :]
    keep_versions([(*entry[:4], positions[entry[4]]) for entry in decided.replaced])
    if tombstones.buried_since(seen, entities={row.entity_id for row in reported}):
        raise IntegrityError("a record of these entities was removed while the chunk was decided")
    return outcomes


@dataclass(slots=True)
class _Chunk:
    """What is known while the rows of a chunk are decided, and what they come to."""

    known: dict[bytes, Known]
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
        held = Known(
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

    def _replace(self, row: ReportedRecord, held: Known, kind: str) -> Outcome:
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
    known: dict[bytes, Known],
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


def _removed_by(known: dict[bytes, Known], sender_id: int | None) -> frozenset[int]:
    """The removed records among these that the sender's own change removed."""
    removed = [item.id for item in known.values() if item.state in tombstones.REMOVED]
    if not removed or sender_id is None:
        return frozenset()
    own = Tombstone.objects.filter(record_id__in=removed, removed_by_id=sender_id)
    return frozenset(own.values_list("record_id", flat=True))


def _event(kind: str, row: ReportedRecord, held: Known) -> NewEvent:
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
