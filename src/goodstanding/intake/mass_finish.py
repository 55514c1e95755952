"""What the registry is told of a batch of mass facts that lies in the lake, in one transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from django.conf import settings
from django.db import transaction

from goodstanding import proof
from goodstanding.registry import journal, lake_batches, source_findings
from goodstanding.registry.bulk import copy_rows
from goodstanding.registry.models import Record

from . import scoring
from .bulk.outcome import BulkOutcome
from .mass_made import Made
from .mass_work import Work
from .models import Batch


@transaction.atomic
def finish(work: Work, made: Made, *, snapshot: int | None) -> None:
    """Announce the batch, keep its rejected rows, note who sent removed ones, end it: all or nothing.

    Args:
        work: the batch.
        made: what was made of it, as it entered the lake.
        snapshot: the lake's snapshot that holds it, None where no row was accepted.
    """
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
