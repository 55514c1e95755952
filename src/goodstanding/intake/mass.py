"""Mass facts (海量信用信息): a batch that goes through the columns into the lake, announced by one event.

An item of the catalogue says where its records are held. Those of the lake come by the million and nobody acts on
them one by one, so the batch is the unit: the pipeline makes its files, the lake takes them in one commit, and one
transaction announces the batch with its Merkle root, keeps the rejected rows and ends the batch. Each step can be
done again after a crash at any point and changes nothing where it was done before.

Needs the extras ``columns`` and ``lake``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from goodstanding.registry import journal, locks

from . import holding, inbox, lake, scoring
from .bulk import registry
from .bulk.outcome import BulkOutcome
from .bulk.pipeline import run as run_columns
from .contract import Contract
from .mass_finish import finish
from .mass_firewall import screen
from .mass_made import Made, read_made, write_made
from .mass_work import Work
from .models import Batch
from .quality import Counts, Finding


def take_in(
    batch: Batch,
    *,
    contract: Contract,
    engine: str,
    today: date,
    at: datetime,
    progress: Callable[[int, int], None] | None = None,
) -> list[Finding]:
    """Take a batch of mass facts in, or what is left to do of it.

    Args:
        batch: a received batch, held by this process alone.
        contract: its contract, of an item that the lake holds.
        engine: ``duckdb``, or ``spark://HOST:PORT``.
        today: the day of intake.
        at: now.
        progress: called with the rows read so far, and all rows of the file where that is known, else 0.

    Returns:
        Why the batch must wait for the operator; nothing of it has entered then. Empty where it is done.

    Raises:
        FileError: the file cannot be read; nothing of it has entered.
    """
    folder = inbox.making_of(batch.public_id)
    work = Work(batch, contract, folder, engine, today, at, progress)
    lake_table = lake.open_lake()
    made = _made(work, lake_table)
    _note_how_it_was_read(batch, made.outcome)
    done = lake.appended(lake_table, str(batch.public_id))
    if done is not None:
        with locks.alone(locks.ITEM, contract.clauses.item):
            finish(work, made, snapshot=done.snapshot)
    elif grounds := _enter(work, made, lake_table):
        return grounds
    shutil.rmtree(folder, ignore_errors=True)
    return []


def _enter(work: Work, made: Made, lake_table: lake.Lake) -> list[Finding]:
    """Let what was made enter the lake and the registry. Returns why it must wait for the operator, if it must.

    Batches of one item are made at the same time and enter one after the other. One that finds under a row's key what
    came while it was made is made again before the next may enter, so each row is settled on what is there: of two
    batches with the same row one commits it, whichever enters first.
    """
    if grounds := _grounds(work, made):
        return grounds
    files = _laid(made, str(work.batch.public_id), lake_table)
    with locks.alone(locks.ITEM, work.contract.clauses.item):
        while True:
            try:
                snapshot = _append(work, made, files, lake_table)
            except _NotAsMade as found:
                made = found.made or _make(work, lake_table)
                if grounds := _grounds(work, made):
                    return grounds
                files = _laid(made, str(work.batch.public_id), lake_table)
            else:
                finish(work, made, snapshot=snapshot)
                return []


def _made(work: Work, lake_table: lake.Lake) -> Made:
    """What the pipeline made of the file and the firewall let through, or was made by an earlier try."""
    return read_made(work.said) if work.said.exists() else _make(work, lake_table)


def _make(work: Work, lake_table: lake.Lake) -> Made:
    shutil.rmtree(work.folder, ignore_errors=True)
    work.folder.mkdir(parents=True)
    known, held = work.folder / "known.parquet", work.held(lake_table)
    registry.export_known(known)
    job = work.job(buckets=lake_table.buckets)
    beside = held.export()
    outcome = run_columns(
        [work.file],
        job=job,
        known=known,
        held=held.path,
        out=work.made,
        engine=work.engine,
        memory=settings.BULK_MEMORY,
        progress=work.progress,
    )
    made = screen(Made(outcome, beside), job=job, file=work.file)
    write_made(made, work.said)
    return made


def _note_how_it_was_read(batch: Batch, outcome: BulkOutcome) -> None:
    how = outcome.read[0]
    batch.rows, batch.header, batch.form = outcome.rows, list(how.header), how.form
    batch.encoding, batch.compression, batch.encoding_found = (
        how.encoding,
        how.compression,
        how.encoding_found,
    )
    batch.state = Batch.State.RUNNING
    batch.save()


def _grounds(work: Work, made: Made) -> list[Finding]:
    """Why the batch must wait for the operator, by what was made of it; empty where it may enter."""
    if holding.is_released(work.batch):
        return []
    return scoring.keep_counts(work.batch, _counts(made.outcome, work.contract), contract=work.contract)


def _counts(outcome: BulkOutcome, contract: Contract) -> Counts:
    """What quality is measured by, as far as the pipeline counts it."""
    return Counts(
        rows=outcome.rows,
        faulty=outcome.rejected - outcome.quarantined,
        rejected=outcome.rejected,
        repeated=outcome.repeated,
        optional_cells=outcome.rows * sum(not column.required for column in contract.columns),
        optional_filled=outcome.filled,
    )


class _NotAsMade(Exception):
    """Nothing has entered: something came meanwhile. ``made`` is what is left, None where all must be made again."""

    def __init__(self, made: Made | None) -> None:
        super().__init__("the batch must be made again")
        self.made = made


def _append(work: Work, made: Made, files: Sequence[Path], lake_table: lake.Lake) -> int | None:
    """Make the batch's files part of the lake, if all of it still holds beside what is there by now.

    Returns:
        The snapshot, None where no row was accepted.

    Raises:
        _NotAsMade: something came meanwhile.
    """
    if not files:
        return None
    held, digests = work.held(lake_table), made.outcome.digests_file
    # The long looks first, while the journal still goes on: what is left for the last one is what came after this.
    position = journal.head()
    if held.changed_in_lake(made.beside, digests) or held.changed_in_registry(made.beside, digests):
        raise _NotAsMade(None)
    looked = replace(_screened(work, made, lake_table), beside=replace(made.beside, position=position))
    batch = str(work.batch.public_id)
    last_look = _last_look(work, looked, lake_table)
    return lake.append(lake_table, batch=batch, files=files, last_look=last_look).snapshot


@contextmanager
def _last_look(work: Work, made: Made, lake_table: lake.Lake) -> Iterator[None]:
    """Let nothing be removed or said anew in the registry between the last look and the lake's commit.

    The lake's commit is not of the registry's transaction, so neither can undo the other. But every removal and every
    new version tells the journal before it commits: while the journal is held, none can come between. All writers wait
    that long, so nothing is done here that can be done before: files lie on the disk, the item's other batches are
    kept out by its lock, and only what came in the last moments is asked for.
    """
    with transaction.atomic():
        journal.hold()
        _screened(work, made, lake_table)
        if work.held(lake_table).changed_in_registry(made.beside, made.outcome.digests_file):
            raise _NotAsMade(None)
        yield


def _screened(work: Work, made: Made, lake_table: lake.Lake) -> Made:
    """What was made, seen again by the firewall. Raises _NotAsMade where it stops further rows."""
    again = screen(made, job=work.job(buckets=lake_table.buckets), file=work.file)
    if again.stopped != made.stopped:
        write_made(again, work.said)
        raise _NotAsMade(again)
    return again


def _laid(made: Made, batch: str, lake_table: lake.Lake) -> list[Path]:
    """The accepted files in a new folder of the lake: under a second name, or copied from another file system.

    They are as of now, however long the batch has waited: the lake's cleaning takes old files for left ones.
    """
    if not made.outcome.accepted_files:
        return []
    folder = lake.new_folder(lake_table, batch)
    laid = []
    for path in made.outcome.accepted_files:
        place = folder / path.name
        try:
            place.hardlink_to(path)
        except OSError:
            shutil.copyfile(path, place)
        os.utime(place)
        laid.append(place)
    return laid
