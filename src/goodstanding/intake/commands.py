"""Every write of intake: receiving a file, taking it in chunk by chunk, taking up what a crash interrupted.

Each chunk is one transaction: its entities and records with their events, its rejected rows, and the batch's
progress. A process that dies leaves whole chunks behind and nothing of the one it was in; whoever takes the batch
up again continues at ``next_row`` and comes to the same end.
"""

from __future__ import annotations

import gc
import itertools
import logging
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from goodstanding.registry import locks
from goodstanding.registry.actor import Actor
from goodstanding.registry.catalogue import catalogue_on
from goodstanding.registry.models import Authority

from . import holding, inbox, scoring, snapshot
from .commit import Portion, Work, commit
from .contract import Contract, load_contract
from .contract_versions import require_active
from .engine import ROWS, engine, goes_to_the_lake, through_columns
from .errors import FileError, IntakeError, SourceNotAllowed
from .measuring import measure
from .models import Batch, Hold
from .readers import Inspected, inspect, rows

if TYPE_CHECKING:
    from .plain_records import PlainRecords

log = logging.getLogger(__name__)

CHUNK = 10_000
#: Told how many rows are taken so far, and of how many.
Progress = Callable[[int, int], None]
_UNFINISHED = (Batch.State.RECEIVED, Batch.State.RUNNING)


def receive(
    *,
    path: Path,
    name: str,
    contract: str,
    authority_id: int,
    account_id: int | None,
    at: datetime,
    encoding: str = "",
) -> Batch:
    """Receive a file. Its bytes are safe in the inbox before the batch is there.

    Args:
        path: where the file lies now.
        name: what the sender calls it.
        contract: id of the contract under which it is sent.
        authority_id: who sends it.
        account_id: the account that sends it, None for the operator's own programs.
        at: now.
        encoding: the encoding of a text file, where the sender states it; then no other is tried.

    Returns:
        The batch, in state ``received``. A file that cannot be read fails when it is run.

    Raises:
        ContractNotFound: there is no such contract. ContractRefused: the catalogue does not allow it today.
        ContractNotActive: its version waits for signatures. SourceNotAllowed: this sender may not provide it.
    """
    used = load_contract(contract, on=timezone.localdate(at))
    _require_source(used, authority_id, on=timezone.localdate(at))
    require_active(used, at=at)
    name = Path(name.replace("\\", "/")).name.replace("\x00", "")[:200] or "file"
    sha256, size = inbox.keep(path)
    with transaction.atomic():
        locks.until_committed(locks.FILE, sha256)
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
            stated_encoding=encoding,
            received_at=at,
        )


def _require_source(contract: Contract, authority_id: int, *, on: date) -> None:
    """Let only those kinds of source provide an item that the catalogue names."""
    item = catalogue_on(on).item(contract.clauses.item)
    source_kind = Authority.objects.values_list("source_kind", flat=True).get(pk=authority_id)
    if source_kind not in item.providers:
        raise SourceNotAllowed(item=item.id, source_kind=source_kind, providers=item.providers)


def run(
    batch_id: int,
    *,
    progress: Progress | None = None,
    today: date,
    at_clock: Callable[[], datetime],
    chunk: int = CHUNK,
) -> Batch:
    """Take a received batch in, or what is left of it, to its end.

    Waits while another process takes the same batch in. A finished batch is returned as it is.

    Args:
        batch_id: the batch.
        progress: called after each chunk with the number of rows taken so far, and of how many.
        today: the day of intake, for future dates and for the law.
        at_clock: the clock, for the instants of events.
        chunk: rows a transaction.

    Returns:
        The batch: ``done``; ``failed`` with its error where the file cannot be read; ``held`` where its quality is
        below the contract's thresholds, and then nothing of it has entered.
    """
    with locks.alone(locks.BATCH, batch_id), _fewer_collections():
        return _run(batch_id, progress=progress, today=today, at_clock=at_clock, chunk=chunk)


def decide_held(
    *, actor: Actor, public_id: uuid.UUID, decision: Hold.Decision, reason: str, at: datetime
) -> Batch:
    """Let a held batch in as it is, or send it back whole. A released batch is taken in by ``run`` or the worker.

    Args:
        actor: the operator.
        public_id: the batch.
        decision: released or refused.
        reason: why, 10 to 2,000 characters; the source reads it.
        at: now.

    Raises:
        IntakeError: not the operator, not held, no reason.
    """
    batch = holding.decide(actor=actor, public_id=public_id, decision=decision, reason=reason, at=at)
    if batch.state == Batch.State.REFUSED:
        _let_go(batch)
    return batch


def resume_unfinished(*, today: date, at_clock: Callable[[], datetime]) -> int:
    """Take up every batch that nobody is at, and clear the inbox of what no batch needs. Returns how many."""
    unfinished = Batch.objects.filter(state__in=_UNFINISHED)
    taken = 0
    for batch_id in list(unfinished.order_by("received_at", "pk").values_list("pk", flat=True)):
        with locks.alone(locks.BATCH, batch_id, wait=False) as alone:
            if alone:
                _run_or_park(batch_id, today=today, at_clock=at_clock)
                taken += 1
    _clear_inbox()
    return taken


def _run_or_park(batch_id: int, *, today: date, at_clock: Callable[[], datetime]) -> None:
    """Run a batch without its sender looking on. One that our own error breaks fails and says so, so that it is
    not tried for ever in front of all others; a database that is away is no fault of the batch."""
    try:
        _run(batch_id, progress=None, today=today, at_clock=at_clock, chunk=CHUNK)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        batch = Batch.objects.get(pk=batch_id)
        # Frames without the error's own words, which may quote the row that it stumbled over.
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.error("batch %s: %s at row %d\n%s", batch.public_id, type(error).__name__, batch.next_row, frames)
        broken = FileError(
            code="file.not_finished",
            en=f"an error of the platform ({type(error).__name__}) stopped this file after {batch.next_row} rows."
            " The operator has the details; send the file again afterwards, rows taken in stay unchanged.",
            zh=f"平台内部错误（{type(error).__name__}）使本文件在处理{batch.next_row}行后中止。运营方已有记录；"
            "请稍后重新报送，已入库的行不受影响。",
            file=batch.name,
        )
        _fail(batch, broken, at=at_clock())


def _run(
    batch_id: int,
    *,
    progress: Progress | None,
    today: date,
    at_clock: Callable[[], datetime],
    chunk: int,
) -> Batch:
    batch = Batch.objects.select_related("authority").get(pk=batch_id)
    if batch.state not in _UNFINISHED:
        return batch
    try:
        contract = _contract_of(batch, today=today)
        if engine() != ROWS and goes_to_the_lake(contract, on=today):
            return _run_in_columns(batch, contract=contract, progress=progress, today=today, at=at_clock())
        path, stated = inbox.path_of(batch.sha256), batch.stated_encoding or None
        found = inspect(path, name=batch.name, contract=contract, encoding=stated)
    except IntakeError as error:
        return _fail(batch, error, at=at_clock())
    _note_how_it_was_read(batch, found)
    with _plain_records(batch, contract=contract, found=found, today=today, at=at_clock()) as plain:
        if batch.next_row == 0:
            counts = measure(found, contract=contract, today=today) if plain is None else plain.counts
            grounds = scoring.keep_counts(batch, counts, contract=contract)
            grounds = [*grounds, *snapshot.too_short(batch, rows=found.rows, contract=contract)]
            if grounds and not holding.is_released(batch):
                return holding.hold(batch, grounds, at=at_clock())
        batch.state = Batch.State.RUNNING
        batch.save(update_fields=["state"])
        work = Work.of(batch, contract, found, today=today)
        source = rows(found, contract=contract, skip=batch.next_row)
        while part := list(itertools.islice(source, chunk)):
            made = plain.between(part[0].number, part[-1].number) if plain is not None else ()
            commit(work, Portion(part, made), at_clock=at_clock)
            if progress is not None:
                progress(batch.next_row, batch.rows)
    snapshot.settle(batch, contract=contract, today=today, at=at_clock())
    batch.state, batch.finished_at = Batch.State.DONE, at_clock()
    with transaction.atomic():
        batch.save(update_fields=["state", "finished_at"])
        scoring.finish(batch)
    _let_go(batch)
    log.info("batch %s: %d rows taken in", batch.public_id, batch.rows)
    return batch


def _plain_records(
    batch: Batch, *, contract: Contract, found: Inspected, today: date, at: datetime
) -> AbstractContextManager[PlainRecords | None]:
    """The records that the columns make of a batch's plain rows; None where all of it goes row by row."""
    if not through_columns(contract, rows=found.rows - batch.next_row):
        return nullcontext()
    from .plain_records import plain_records  # needs the extra ``bulk``

    return plain_records(batch, contract=contract, found=found, engine=engine(), today=today, at=at)


def _run_in_columns(
    batch: Batch, *, contract: Contract, progress: Progress | None, today: date, at: datetime
) -> Batch:
    """Take a batch of mass facts in through the columns, into the lake."""
    from . import mass  # needs the extra ``bulk``

    grounds = mass.take_in(batch, contract=contract, engine=engine(), today=today, at=at, progress=progress)
    if grounds:
        return holding.hold(batch, grounds, at=at)
    _let_go(batch)
    log.info("batch %s: %d rows taken into the lake", batch.public_id, batch.rows)
    return batch


def _note_how_it_was_read(batch: Batch, found: Inspected) -> None:
    batch.rows, batch.header = found.rows, list(found.header)
    batch.form, batch.encoding = found.format.format, found.encoding
    batch.compression = found.source.compression if found.source else ""
    batch.encoding_found = found.text.as_json() if found.text else {}
    batch.save(update_fields=["rows", "header", "form", "encoding", "compression", "encoding_found"])


def _contract_of(batch: Batch, *, today: date) -> Contract:
    contract = load_contract(batch.contract, on=today)
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
    with transaction.atomic():
        batch.save(update_fields=["state", "finished_at", "error"])
        scoring.note_failed(batch, batch.error["code"])
    _let_go(batch)
    return batch


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """Let the garbage collector look less often: a chunk makes many objects and no cycles (a seventh of the time)."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _let_go(batch: Batch) -> None:
    """Remove the file of a batch that has come to its end, and what was made of it."""
    _discard(batch.sha256)
    inbox.discard_made(batch.public_id)


def _discard(sha256: str) -> None:
    with transaction.atomic():
        locks.until_committed(locks.FILE, sha256)
        unfinished = Batch.objects.filter(sha256=sha256, state__in=[*_UNFINISHED, Batch.State.HELD])
        if not unfinished.exists():
            inbox.discard(sha256)


def _clear_inbox() -> None:
    """Remove what a crash left behind: files of finished batches, copies never finished, and what was made of them."""
    folder = Path(settings.INTAKE_FOLDER)
    for path in folder.iterdir() if folder.is_dir() else ():
        if time.time() - path.stat().st_mtime < 3600:
            continue
        if path.name.startswith("."):
            path.unlink(missing_ok=True)
        else:
            _discard(path.name)
    needed = Batch.objects.filter(state__in=[*_UNFINISHED, Batch.State.HELD])
    for batch in inbox.made() - set(needed.values_list("public_id", flat=True)):
        inbox.discard_made(batch)
