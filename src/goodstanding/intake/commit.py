"""One portion of rows into the registry: the transaction that intake is made of.

``commit`` decides and writes a portion; where another transaction took a key first, it decides again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, OperationalError, connection, transaction

from goodstanding.registry import entities, removals
from goodstanding.registry.bulk import copy_rows, json_text
from goodstanding.registry.entities import Linked
from goodstanding.registry.journal import NewEvent
from goodstanding.registry.models import Entity
from goodstanding.registry.removals import ReportedRemoval
from goodstanding.registry.reported import Outcome, ReportedRecord

from . import changes, snapshot
from .build import RecordBuilder, Registered, Subject
from .build import entities as reported_entities
from .checks import Checker, Chunk
from .contract import Contract
from .link import NewSubject, kinds_of, link
from .models import Batch
from .personal import hide_person_cells
from .readers import Inspected, Row
from .reasons import Reason, is_quarantine, is_removed, reason
from .scoring import note_new

log = logging.getLogger(__name__)

_ATTEMPTS = 8


@dataclass(slots=True)
class Work:
    """What stays the same from chunk to chunk of one run."""

    batch: Batch
    contract: Contract
    found: Inspected
    checker: Checker
    builder: RecordBuilder | None
    today: date
    person_places: tuple[int, ...]
    conditional_place: int | None
    repeated: bool

    @classmethod
    def of(cls, batch: Batch, contract: Contract, found: Inspected, *, today: date) -> Work:
        places = dict(zip((column.name for column in contract.columns), found.places, strict=True))
        identifiers = [column.name for column in contract.columns if column.clauses.personal == "identifier"]
        number = contract.clauses.subject.person_number
        return cls(
            batch=batch,
            contract=contract,
            found=found,
            checker=Checker(contract, found, today=today),
            builder=RecordBuilder(contract, authority=batch.authority, today=today)
            if contract.clauses.record
            else None,
            today=today,
            person_places=tuple(place for name in identifiers if (place := places[name]) is not None),
            conditional_place=places[number] if number else None,
            repeated=was_taken_in_before(batch),
        )


def was_taken_in_before(batch: Batch) -> bool:
    """Whether the same authority's same bytes were taken in under the same contract, to the end."""
    return (
        Batch.objects.filter(
            contract=batch.contract,
            authority=batch.authority,
            sha256=batch.sha256,
            state=Batch.State.DONE,
        )
        .exclude(pk=batch.pk)
        .exists()
    )


@dataclass(frozen=True, slots=True)
class Portion:
    """Rows of a file that go into the registry in one transaction.

    ``plain`` are records that were made of some of them as columns, in their order (``plain_records``); the row code
    makes the records of all others.
    """

    rows: Sequence[Row]
    plain: Sequence[ReportedRecord] = ()

    def others(self) -> list[Row]:
        """The rows that are left to the row code."""
        made = {record.row for record in self.plain}
        return [row for row in self.rows if row.number not in made] if made else list(self.rows)


def commit(work: Work, portion: Portion, *, at_clock: Callable[[], datetime]) -> None:
    """Commit one portion. Another transaction may take a key first: then the portion is decided again."""
    checked = work.checker.check(portion.others())
    reasons = {at: list(found) for at, found in checked.reasons.items()}
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                counts = _write(work, portion, checked, at=at_clock())
            break
        except (IntegrityError, OperationalError) as error:
            if attempt == _ATTEMPTS or connection.connection is None or connection.connection.closed:
                raise
            log.info("portion decided again after %s", type(error).__name__)
            checked.reasons = {at: list(found) for at, found in reasons.items()}
            time.sleep(0.01 * attempt**2)
    batch = work.batch
    for name, count in counts.items():
        setattr(batch, name, getattr(batch, name) + count)
    batch.next_row += len(portion.rows)


def _write(work: Work, portion: Portion, chunk: Chunk, *, at: datetime) -> dict[str, int]:
    counts = {"committed": 0, "unchanged": 0, "superseding": 0, "rejected": 0}
    by_row = {number: place for place, number in enumerate(chunk.numbers)}
    made: list[ReportedRecord | ReportedRemoval] = []
    again: frozenset[bytes] = frozenset()
    if work.builder is None:
        reported = reported_entities(chunk, contract=work.contract, authority=work.batch.authority)
        written = set(_reject(work, chunk, set()))
        given = [item for item in reported if item is not None]
        outcomes = entities.register(given, at=at, repeated=work.repeated)
        numbers = [item.row for item in given]
    else:
        later: list[NewEvent] = []
        made = _changes(work, chunk, later, at=at)
        if portion.plain:
            made = sorted([*made, *portion.plain], key=lambda item: item.row)
        written = set(_reject(work, chunk, set()))
        if snapshot.is_snapshot(work.contract):
            again = snapshot.relisted(work.batch, [item.natural_key for item in made])
        outcomes = removals.take_in_changes(
            made,
            batch=work.batch.pk,
            today=work.today,
            at=at,
            first=later,
            repeated=work.repeated,
            sender_id=work.batch.authority_id,
            relisted=again,
        )
        numbers = [item.row for item in made]
    refused: dict[int, Outcome] = {}
    for number, outcome in zip(numbers, outcomes, strict=True):
        if outcome.disposition != "refused":
            counts[outcome.disposition] += 1
        elif number in by_row:
            chunk.refuse(by_row[number], _refusal(work, chunk, by_row[number], outcome))
        else:
            refused[number] = outcome
    if work.builder is not None:
        _tell(work, chunk, made, outcomes, again)
    counts["rejected"] = len(written) + len(_reject(work, chunk, written))
    counts["rejected"] += _reject_plain(work, portion, refused)
    taken = sum(counts.values())
    if taken != len(portion.rows):
        raise RuntimeError(f"{len(portion.rows)} rows came to {taken} outcomes")
    updated = Batch.objects.filter(
        pk=work.batch.pk, state=Batch.State.RUNNING, next_row=work.batch.next_row
    ).update(
        next_row=work.batch.next_row + taken,
        **{name: getattr(work.batch, name) + count for name, count in counts.items()},
    )
    if updated != 1:
        raise RuntimeError(f"batch {work.batch.public_id} was changed by someone else")
    return counts


def _tell(
    work: Work,
    chunk: Chunk,
    made: Sequence[ReportedRecord | ReportedRemoval],
    outcomes: Sequence[Outcome],
    again: frozenset[bytes],
) -> None:
    """Tell quality which records are new, and a full list what it held."""
    both = list(zip(made, outcomes, strict=True))
    days = [
        item.found_on
        for item, outcome in both
        if isinstance(item, ReportedRecord) and outcome.disposition == "committed"
    ]
    note_new(work.batch, days, contract=work.contract)
    if snapshot.is_snapshot(work.contract):
        # A row that takes a finding back names it, and does not list it.
        taken = [
            (item.row, item.natural_key, outcome)
            for item, outcome in both
            if isinstance(item, ReportedRecord)
        ]
        snapshot.note(work.batch, chunk, taken, again=again, contract=work.contract)


def _refusal(work: Work, chunk: Chunk, at: int, outcome: Outcome) -> Reason:
    column = work.contract.clauses.subject.name if outcome.code.startswith("link.") else None
    value = chunk.texts[work.contract.places[column]][at] if column else None
    return reason(outcome.code, column=column, value=value)


def _changes(
    work: Work, chunk: Chunk, later: list[NewEvent], *, at: datetime
) -> list[ReportedRecord | ReportedRemoval]:
    """What the rows of a chunk come to, in file order; rows that come to nothing have their reasons in the chunk."""
    assert work.builder is not None
    reporting, removing = changes.split(chunk, work.contract)
    made = changes.corrected(_records(work, reporting, later, at=at), reporting, work.contract)
    if removing is None:
        return [*made]
    taken_back = changes.removals(
        removing, contract=work.contract, sender=work.batch.authority, builder=work.builder
    )
    changes.join(chunk, (reporting, removing))
    return sorted([*made, *taken_back], key=lambda item: item.row)


def _records(work: Work, chunk: Chunk, later: list[NewEvent], *, at: datetime) -> list[ReportedRecord]:
    builder, contract = work.builder, work.contract
    assert builder is not None
    links = link(chunk, contract=contract, authority=work.batch.authority)
    windows, issuers, sources = builder.refuse_what_law_or_issuer_forbid(chunk)
    subjects: list[Subject | None] = [item if isinstance(item, Linked) else None for item in links]
    kinds = [
        item.kind if isinstance(item, Linked) else item.entity.kind if item is not None else "organisation"
        for item in links
    ]
    fresh = [
        (place, item.entity)
        for place, item in enumerate(links)
        if isinstance(item, NewSubject) and place not in chunk.reasons
    ]
    if fresh:
        outcomes = entities.register([entity for _, entity in fresh], at=at, later=later)
        public = dict(
            Entity.objects.filter(pk__in={outcome.record_id for outcome in outcomes}).values_list(
                "pk", "public_id"
            )
        )
        for (place, _), outcome in zip(fresh, outcomes, strict=True):
            if outcome.disposition == "refused":
                chunk.refuse(place, _refusal(work, chunk, place, outcome))
            else:
                assert outcome.record_id is not None
                subjects[place] = Registered(outcome.record_id, public[outcome.record_id])
    return builder.records(
        chunk, subjects=subjects, kinds=kinds, windows=windows, issuers=issuers, sources=sources
    )


def _reject_plain(work: Work, portion: Portion, refused: Mapping[int, Outcome]) -> int:
    """Write the plain rows that the registry refused, by their numbers. Returns how many."""
    if refused:
        chunk = work.checker.check([row for row in portion.rows if row.number in refused])
        for at, number in enumerate(chunk.numbers):
            chunk.refuse(at, _refusal(work, chunk, at, refused[number]))
        _reject(work, chunk, set())
    return len(refused)


def _reject(work: Work, chunk: Chunk, written: set[int]) -> list[int]:
    """Write the rejected rows of a chunk that are not written yet. Returns their places."""
    places = sorted(place for place in chunk.reasons if place not in written)
    if not places:
        return places
    kinds = kinds_of(chunk, work.contract)

    def values(place: int) -> list[str]:
        if is_removed(chunk.reasons[place]):
            return [""] * len(chunk.raw[place])
        hidden = work.person_places
        if kinds[place] == "natural_person" and work.conditional_place is not None:
            hidden = (*hidden, work.conditional_place)
        return hide_person_cells(chunk.raw[place], identifier_places=hidden)

    copy_rows(
        "intake_rejectedrow",
        'batch_id, "row", "values", reasons, quarantined',
        (
            (
                work.batch.pk,
                chunk.numbers[place],
                json_text(values(place)),
                json_text([item.as_json() for item in chunk.reasons[place]]),
                is_quarantine(chunk.reasons[place]),
            )
            for place in places
        ),
    )
    return places
