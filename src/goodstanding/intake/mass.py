"""Mass facts (海量信用信息): a batch that goes through the columns into the lake, announced by one event.

An item of the catalogue says where its records are held. Those of the lake come by the million and nobody acts on
them one by one, so the batch is the unit: the pipeline makes its files, the lake takes them in one commit, and one
transaction announces the batch with its Merkle root, keeps the rejected rows and ends the batch. Each step can be
done again after a crash at any point and changes nothing where it was done before.

Needs the extras ``columns`` and ``lake``.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from django.conf import settings
from django.db import connection, transaction

from goodstanding import proof
from goodstanding.registry import journal, lake_batches, source_findings
from goodstanding.registry.bulk import copy_rows
from goodstanding.registry.models import Record

from . import holding, inbox, lake, scoring
from .bulk import registry, supersede
from .bulk.job import Job, Sender
from .bulk.outcome import BulkOutcome
from .bulk.pipeline import run as run_columns
from .bulk.slices import File
from .commit import was_taken_in_before
from .contract import Contract
from .mass_firewall import screen
from .mass_made import Made, read_made, write_made
from .models import Batch
from .quality import Counts, Finding

_LOCK_ITEM: Final = 7_036_003
#: What a row of the lake does to a key that comes again.
_STATES: Final = "CASE change WHEN 'annul' THEN 'withdrawn' WHEN 'redact' THEN 'redacted' ELSE 'held' END"


@dataclass(frozen=True, slots=True)
class Work:
    """One batch on its way into the lake. ``folder`` is where its files are made."""

    batch: Batch
    contract: Contract
    folder: Path
    engine: str
    today: date
    at: datetime
    progress: Callable[[int, int], None] | None

    @property
    def made(self) -> Path:
        """The folder that the pipeline makes, whole or not at all."""
        return self.folder / "made"

    @property
    def said(self) -> Path:
        """The file that says what was made."""
        return self.made / "outcome.json"

    @property
    def file(self) -> File:
        """The file as it was received."""
        return File(inbox.path_of(self.batch.sha256), self.batch.name)

    def job(self, *, buckets: int) -> Job:
        """What the pipeline is told."""
        return Job(
            contract=self.contract,
            sender=Sender(self.batch.authority_id, self.batch.authority.code),
            authorities=registry.authorities(),
            today=self.today,
            at=self.at,
            batch=str(self.batch.public_id),
            buckets=buckets,
            repeated=was_taken_in_before(self.batch),
        )


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
    folder = Path(settings.INTAKE_FOLDER).parent / "making" / str(batch.public_id)
    work = Work(batch, contract, folder, engine, today, at, progress)
    # Batches of one item go one after the other from what is held to their commit: two that hold the same row
    # would both be the first otherwise.
    with _alone_with_item(contract.clauses.item):
        lake_table = lake.open_lake()
        made = _made(work, lake_table)
        _note_how_it_was_read(batch, made.outcome)
        if not holding.is_released(batch) and not lake.appended(lake_table, str(batch.public_id)):
            grounds = scoring.keep_counts(batch, _counts(made.outcome, contract), contract=contract)
            if grounds:
                return grounds
        made, snapshot = _append(work, made, lake_table)
        _finish(work, made, snapshot=snapshot)
    shutil.rmtree(folder, ignore_errors=True)
    return []


def _made(work: Work, lake_table: lake.Lake) -> Made:
    """What the pipeline made of the file and the firewall let through, or was made by an earlier try."""
    if work.said.exists():
        return read_made(work.said)
    shutil.rmtree(work.folder, ignore_errors=True)
    work.folder.mkdir(parents=True)
    known, held = work.folder / "known.parquet", work.folder / "held.parquet"
    registry.export_known(known)
    _export_held(held, work=work, lake_table=lake_table)
    job = work.job(buckets=lake_table.buckets)
    outcome = run_columns(
        [work.file],
        job=job,
        known=known,
        held=held,
        out=work.made,
        engine=work.engine,
        memory=settings.BULK_MEMORY,
        progress=work.progress,
    )
    made = screen(Made(outcome), job=job, file=work.file)
    write_made(made, work.said)
    return made


def _export_held(path: Path, *, work: Work, lake_table: lake.Lake) -> None:
    """Write every version that the registry or the lake holds of the item, but for those of this very batch.

    What was removed from the registry is left out: the firewall answers for it, and notes who sent it.
    """
    promoted = path.with_name("promoted.parquet")
    registry.export_held(promoted)
    files = [str(file.path) for file in lake.plan(lake_table)]
    with duckdb.connect(config={"memory_limit": settings.BULK_MEMORY}) as reader:
        parts = ["FROM read_parquet($promoted)"]
        given: dict[str, Any] = {"promoted": str(promoted), "path": str(path)}
        if files:
            parts.append(
                f"SELECT natural_key, content_digest, version, {_STATES} AS state FROM read_parquet($files)"
                " WHERE item = $item AND batch <> $batch"
            )
            given |= {"files": files, "item": work.contract.clauses.item, "batch": str(work.batch.public_id)}
        held = " UNION ALL ".join(f"({part})" for part in parts)
        gone = f"FROM read_parquet($promoted) WHERE state IN {supersede.GONE}"
        query = f"FROM ({held}) ANTI JOIN ({gone}) USING (natural_key)"
        reader.execute(f"COPY ({query}) TO $path (FORMAT parquet, COMPRESSION zstd)", given)


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


def _append(work: Work, made: Made, lake_table: lake.Lake) -> tuple[Made, int | None]:
    """Make the batch's files part of the lake.

    Nothing is removed between the last look at the tombstones and the lake's commit: a removal tells the journal, and
    the journal waits.

    Returns:
        What was made, less what was removed meanwhile; and the snapshot, None where no row was accepted.
    """
    batch = str(work.batch.public_id)
    done = lake.appended(lake_table, batch)
    if done is not None:
        return made, done.snapshot
    files = _laid(made, batch, lake_table)
    with transaction.atomic():
        journal.hold()
        again = screen(made, job=work.job(buckets=lake_table.buckets), file=work.file)
        if again.stopped != made.stopped:
            write_made(again, work.said)
            files = _laid(again, batch, lake_table)
        return again, lake.append(lake_table, batch=batch, files=files).snapshot if files else None


def _laid(made: Made, batch: str, lake_table: lake.Lake) -> list[Path]:
    """The accepted files, copied into a new folder of the lake."""
    if not made.outcome.accepted_files:
        return []
    folder = lake.new_folder(lake_table, batch)
    return [Path(shutil.copy2(path, folder / path.name)) for path in made.outcome.accepted_files]


@transaction.atomic
def _finish(work: Work, made: Made, *, snapshot: int | None) -> None:
    """Announce the batch, keep its rejected rows, note who sent removed ones, end it: all or nothing."""
    batch, outcome = work.batch, made.outcome
    _keep_rejected(batch, outcome)
    days = _days(outcome)
    scoring.note_new(batch, days, contract=work.contract)
    for name, count in outcome.counts.items():
        setattr(batch, name, count)
    batch.rows = batch.next_row = outcome.rows
    batch.state, batch.finished_at = Batch.State.DONE, work.at
    batch.save()
    scoring.finish(batch)
    tree = proof.row_tree(_digests(outcome))
    stopped = [(item, item.suspicion) for item in made.stopped]
    _supersede_promoted(work, outcome)
    noted = source_findings.note(stopped, sender_id=batch.authority_id, batch=batch.pk, at=work.at)
    journal.append(noted, at=work.at)
    if snapshot is not None:
        lake_batches.announce(
            batch=batch.public_id,
            item=work.contract.clauses.item,
            source=batch.authority.code,
            contract=work.contract.reference,
            tree=tree,
            snapshot=snapshot,
            at=work.at,
        )


def _supersede_promoted(work: Work, outcome: BulkOutcome) -> None:
    """Tell the registry of new states of facts that were promoted: whoever acts on the record acts on the last one."""
    item = work.contract.clauses.item
    held = Record.objects.filter(item_id=item).values_list("natural_key", flat=True)
    keys = pa.table({"natural_key": pa.array([bytes(key) for key in held], pa.binary())})
    if not keys.num_rows or not outcome.accepted_files:
        return
    with duckdb.connect() as reader:
        reader.register("promoted", keys)
        rows = reader.execute(
            "SELECT * FROM read_parquet($files) SEMI JOIN promoted USING (natural_key) ORDER BY row",
            {"files": [str(path) for path in outcome.accepted_files]},
        ).to_arrow_table()
    if rows.num_rows:
        lake_batches.supersede_promoted(
            [lake_batches.LakeRow.of(row) for row in rows.to_pylist()],
            sender_id=work.batch.authority_id,
            today=work.today,
            at=work.at,
        )


def _keep_rejected(batch: Batch, outcome: BulkOutcome) -> None:
    columns = ["row", "values", "reasons", "quarantined"]
    for part in pq.ParquetFile(outcome.rejected_file).iter_batches(columns=columns):
        rows = zip(*(part[name].to_pylist() for name in columns), strict=True)
        copy_rows(
            "intake_rejectedrow",
            'batch_id, "row", "values", reasons, quarantined',
            ((batch.pk, row, json.dumps(values), reasons, apart) for row, values, reasons, apart in rows),
        )


def _days(outcome: BulkOutcome) -> Counter[date]:
    """How many new records were found on which day."""
    if not outcome.accepted_files:
        return Counter()
    with duckdb.connect() as reader:
        found = reader.execute(
            "SELECT found_on, count(*) FROM read_parquet($files) WHERE version = 1 GROUP BY 1",
            {"files": [str(path) for path in outcome.accepted_files]},
        ).fetchall()
    return Counter(dict(found))


def _digests(outcome: BulkOutcome) -> Iterator[bytes]:
    """The content digests of the accepted rows in row order, many in each piece."""
    with duckdb.connect(config={"memory_limit": settings.BULK_MEMORY}) as reader:
        reader.execute(
            "SELECT content_digest FROM read_parquet($file) ORDER BY seq", {"file": str(outcome.digests_file)}
        )
        while rows := reader.fetchmany(65_536):
            yield b"".join(row[0] for row in rows)


@contextmanager
def _alone_with_item(item: str) -> Iterator[None]:
    """Hold an item for this database session; a process that dies lets go of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [_LOCK_ITEM, item])
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [_LOCK_ITEM, item])
