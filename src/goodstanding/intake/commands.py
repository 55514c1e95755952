"""Every write of intake: receiving a file, taking it in chunk by chunk, taking up what a crash interrupted.

Each chunk is one transaction: its entities and records with their events, its rejected rows, and the batch's
progress. A process that dies leaves whole chunks behind and nothing of the one it was in; whoever takes the batch
up again continues at ``next_row`` and comes to the same end.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction

from goodstanding.registry import entities, records
from goodstanding.registry.bulk import copy_rows, json_text
from goodstanding.registry.journal import NewEvent
from goodstanding.registry.models import Entity
from goodstanding.registry.records import Outcome

from . import inbox
from .build import RecordBuilder, Registered, Subject
from .build import entities as reported_entities
from .checks import Checker, Chunk
from .contract import Contract, load_contract
from .errors import FileError, IntakeError
from .link import Linked, NewSubject, kinds_of, link
from .models import Batch
from .personal import hide_person_cells
from .readers import Inspected, inspect, rows
from .reasons import Reason, is_quarantine, reason

log = logging.getLogger(__name__)

CHUNK = 10_000
_ATTEMPTS = 8
_LOCK_BATCH, _LOCK_FILE = 7_036_001, 7_036_002


def receive(
    *, path: Path, name: str, contract: str, authority_id: int, account_id: int | None, at: datetime
) -> Batch:
    """Receive a file. Its bytes are safe in the inbox before the batch is there.

    Args:
        path: where the file lies now.
        name: what the sender calls it.
        contract: id of the contract under which it is sent.
        authority_id: who sends it.
        account_id: the account that sends it, None for the operator's own programs.
        at: now.

    Returns:
        The batch, in state ``received``. A file that cannot be read fails when it is run.

    Raises:
        ContractNotFound: there is no such contract.
    """
    used = load_contract(contract)
    name = Path(name.replace("\\", "/")).name.replace("\x00", "")[:200] or "file"
    sha256, size = inbox.keep(path)
    with transaction.atomic():
        _lock_file(sha256)
        if not inbox.path_of(sha256).exists():  # another batch of the same bytes has just finished
            inbox.keep(path)
        return Batch.objects.create(
            contract=used.id,
            contract_version=used.version,
            authority_id=authority_id,
            account_id=account_id,
            name=name,
            sha256=sha256,
            size=size,
            received_at=at,
        )


def run(
    batch_id: int,
    *,
    progress: Callable[[int], None] | None = None,
    today: date,
    at_clock: Callable[[], datetime],
    chunk: int = CHUNK,
) -> Batch:
    """Take a received batch in, or what is left of it, to its end.

    Waits while another process takes the same batch in. A finished batch is returned as it is.

    Args:
        batch_id: the batch.
        progress: called with the number of rows taken so far, after each chunk.
        today: the day of intake, for future dates and for the law.
        at_clock: the clock, for the instants of events.
        chunk: rows a transaction.

    Returns:
        The batch, ``done`` or, where the file cannot be read, ``failed`` with its error.
    """
    with _alone_with(batch_id, wait=True):
        return _run(batch_id, progress=progress, today=today, at_clock=at_clock, chunk=chunk)


def resume_unfinished(*, today: date, at_clock: Callable[[], datetime]) -> int:
    """Take up every batch that nobody is at, and clear the inbox of what no batch needs. Returns how many."""
    unfinished = Batch.objects.filter(state__in=[Batch.State.RECEIVED, Batch.State.RUNNING])
    taken = 0
    for batch_id in list(unfinished.order_by("received_at", "pk").values_list("pk", flat=True)):
        with _alone_with(batch_id, wait=False) as alone:
            if alone:
                _run(batch_id, progress=None, today=today, at_clock=at_clock, chunk=CHUNK)
                taken += 1
    _clear_inbox()
    return taken


def _run(
    batch_id: int,
    *,
    progress: Callable[[int], None] | None,
    today: date,
    at_clock: Callable[[], datetime],
    chunk: int,
) -> Batch:
    batch = Batch.objects.select_related("authority").get(pk=batch_id)
    if batch.state in (Batch.State.DONE, Batch.State.FAILED):
        return batch
    try:
        contract = _contract_of(batch)
        found = inspect(inbox.path_of(batch.sha256), name=batch.name, contract=contract)
    except IntakeError as error:
        return _fail(batch, error, at=at_clock())
    batch.state, batch.rows, batch.encoding = Batch.State.RUNNING, found.rows, found.encoding
    batch.header = list(found.header)
    batch.save(update_fields=["state", "rows", "encoding", "header"])
    work = _Work.of(batch, contract, found, today=today)
    source = rows(found, contract=contract, skip=batch.next_row)
    while part := list(itertools.islice(source, chunk)):
        checked_rows = work.checker.check(part)
        _commit(work, checked_rows, at_clock=at_clock)
        if progress is not None:
            progress(work.batch.next_row)
    batch.state, batch.finished_at = Batch.State.DONE, at_clock()
    batch.save(update_fields=["state", "finished_at"])
    _discard(batch.sha256)
    log.info("batch %s: %d rows taken in", batch.public_id, batch.rows)
    return batch


def _contract_of(batch: Batch) -> Contract:
    contract = load_contract(batch.contract)
    if contract.version != batch.contract_version:
        raise FileError(
            code="file.contract_changed",
            en=f"the contract is now {contract.reference}; the file was sent under version {batch.contract_version}."
            " Send it again.",
            zh=f"契约现为{contract.reference}，文件按{batch.contract_version}版报送。请重新报送。",
            file=batch.name,
        )
    return contract


def _fail(batch: Batch, error: IntakeError, *, at: datetime) -> Batch:
    batch.state, batch.finished_at = Batch.State.FAILED, at
    plain = {
        "code": error.code,
        "en": error.en,
        "zh": error.zh,
        "file": batch.name,
        "row": None,
        "column": None,
    }
    batch.error = error.as_json() if isinstance(error, FileError) else plain
    batch.save(update_fields=["state", "finished_at", "error"])
    _discard(batch.sha256)
    return batch


@dataclass(slots=True)
class _Work:
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
    def of(cls, batch: Batch, contract: Contract, found: Inspected, *, today: date) -> _Work:
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
            repeated=_was_taken_in_before(batch),
        )


def _was_taken_in_before(batch: Batch) -> bool:
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


def _commit(work: _Work, checked: Chunk, *, at_clock: Callable[[], datetime]) -> None:
    """Commit one checked chunk. Another transaction may take a key first: then the chunk is decided again."""
    reasons = {at: list(found) for at, found in checked.reasons.items()}
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                counts = _write(work, checked, at=at_clock())
            break
        except (IntegrityError, OperationalError) as error:
            if attempt == _ATTEMPTS or connection.connection is None or connection.connection.closed:
                raise
            log.info("chunk decided again after %s", type(error).__name__)
            checked.reasons = {at: list(found) for at, found in reasons.items()}
            time.sleep(0.01 * attempt**2)
    batch = work.batch
    for name, count in counts.items():
        setattr(batch, name, getattr(batch, name) + count)
    batch.next_row += len(checked.numbers)


def _write(work: _Work, chunk: Chunk, *, at: datetime) -> dict[str, int]:
    counts = {"committed": 0, "unchanged": 0, "superseding": 0, "rejected": 0}
    by_row = {number: place for place, number in enumerate(chunk.numbers)}
    if work.builder is None:
        reported = reported_entities(chunk, contract=work.contract, authority=work.batch.authority)
        written = set(_reject(work, chunk, set()))
        given = [item for item in reported if item is not None]
        outcomes = entities.register(given, at=at, repeated=work.repeated)
        numbers = [item.row for item in given]
    else:
        later: list[NewEvent] = []
        made = _records(work, chunk, later, at=at)
        written = set(_reject(work, chunk, set()))
        outcomes = records.take_in(
            made, batch=work.batch.pk, today=work.today, at=at, first=later, repeated=work.repeated
        )
        numbers = [item.row for item in made]
    for number, outcome in zip(numbers, outcomes, strict=True):
        if outcome.disposition == "refused":
            chunk.refuse(by_row[number], _refusal(work, chunk, by_row[number], outcome))
        else:
            counts[outcome.disposition] += 1
    counts["rejected"] = len(written) + len(_reject(work, chunk, written))
    taken = sum(counts.values())
    if taken != len(chunk.numbers):
        raise RuntimeError(f"{len(chunk.numbers)} rows came to {taken} outcomes")
    updated = Batch.objects.filter(
        pk=work.batch.pk, state=Batch.State.RUNNING, next_row=work.batch.next_row
    ).update(
        next_row=work.batch.next_row + taken,
        **{name: getattr(work.batch, name) + count for name, count in counts.items()},
    )
    if updated != 1:
        raise RuntimeError(f"batch {work.batch.public_id} was changed by someone else")
    return counts


def _refusal(work: _Work, chunk: Chunk, at: int, outcome: Outcome) -> Reason:
    column = work.contract.clauses.subject.name if outcome.code.startswith("link.") else None
    value = chunk.texts[work.contract.places[column]][at] if column else None
    return reason(outcome.code, column=column, value=value)


def _records(
    work: _Work, chunk: Chunk, later: list[NewEvent], *, at: datetime
) -> list[records.ReportedRecord]:
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


def _reject(work: _Work, chunk: Chunk, written: set[int]) -> list[int]:
    """Write the rejected rows of a chunk that are not written yet. Returns their places."""
    places = sorted(place for place in chunk.reasons if place not in written)
    if not places:
        return places
    kinds = kinds_of(chunk, work.contract)

    def values(place: int) -> list[str]:
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


@contextmanager
def _alone_with(batch_id: int, *, wait: bool) -> Iterator[bool]:
    """Hold a batch for this database session; a process that dies lets go of it."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCK_BATCH, batch_id])
            alone = True
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_BATCH, batch_id])
            alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        if alone and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_BATCH, batch_id])


def _lock_file(sha256: str) -> None:
    """Whoever makes a batch of these bytes or removes them waits for the other, inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_FILE, sha256])


def _discard(sha256: str) -> None:
    with transaction.atomic():
        _lock_file(sha256)
        unfinished = Batch.objects.filter(
            sha256=sha256, state__in=[Batch.State.RECEIVED, Batch.State.RUNNING]
        )
        if not unfinished.exists():
            inbox.discard(sha256)


def _clear_inbox() -> None:
    """Remove what a crash left in the inbox: files of finished batches, and copies never finished."""
    folder = Path(settings.INTAKE_FOLDER)
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if time.time() - path.stat().st_mtime < 3600:
            continue
        if path.name.startswith("."):
            path.unlink(missing_ok=True)
        else:
            _discard(path.name)
