"""Records of a file's plain rows, made as columns and handed out in portions to whoever commits them.

    with plain_records(batch, contract=contract, found=found, ...) as plain:
        plain.counts
        plain.between(first, last)

What is made lies in a folder of the batch until the batch is taken in. A batch that was interrupted is made anew from
the row at which it stopped, since its rows are linked and classified as things stand when they are made.

Needs the extra ``bulk``.
"""

from __future__ import annotations

import shutil
import uuid
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import orjson
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from django.conf import settings

from goodstanding.registry.records import ReportedRecord

from .build import KnownAuthority
from .bulk import registry
from .bulk.job import Job, Sender
from .bulk.ready import DuckReady, Ready
from .bulk.ready_on_spark import SparkReady
from .bulk.slices import File
from .contract import Contract
from .models import Batch
from .quality import Counts
from .readers import Inspected

#: Rows that become records at a time.
_AT_ONCE = 10_000


class PlainRecords:
    """The records of the plain rows of a file, from the row on at which it was begun; each is handed out once."""

    def __init__(self, ready: Ready, job: Job) -> None:
        self.plain, self._counts = ready.plain, ready.counts
        self._pieces = _pieces(ready, job)
        self._held: deque[ReportedRecord] = deque()

    @property
    def counts(self) -> Counts:
        """What quality counts of the whole file."""
        assert self._counts is not None, "quality is measured before the first row is taken in"
        return self._counts

    def between(self, first: int, last: int) -> list[ReportedRecord]:
        """The records of the rows with these numbers, both included. Numbers may only rise from call to call."""
        held = self._held
        while not held or held[-1].row < last:
            piece = next(self._pieces, None)
            if piece is None:
                break
            held.extend(piece)
        while held and held[0].row < first:
            held.popleft()
        found = []
        while held and held[0].row <= last:
            found.append(held.popleft())
        return found


@contextmanager
def plain_records(
    batch: Batch, *, contract: Contract, found: Inspected, engine: str, today: date, at: datetime
) -> Iterator[PlainRecords]:
    """Make the plain rows of a batch that were not taken in yet.

    Args:
        batch: a batch held by this process alone.
        contract: its contract, of rows that can be plain (``engine.through_columns``).
        found: its file.
        engine: ``duckdb``, or ``spark://HOST:PORT``.
        today: the day of intake.
        at: now.
    """
    folder = Path(settings.INTAKE_FOLDER).parent / "making" / str(batch.public_id)
    job = Job(
        contract=contract,
        sender=Sender(batch.authority_id, batch.authority.code),
        authorities=registry.authorities(),
        today=today,
        at=at,
        batch=str(batch.public_id),
        buckets=1,
    )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        file = File(found.path, found.name, found)
        known = registry.known_under
        run: DuckReady | SparkReady
        if engine == "duckdb":
            run = DuckReady(job, known=known, work=folder, memory=settings.BULK_MEMORY)
        else:
            run = SparkReady(job, master=engine, known=known, work=folder)
        yield PlainRecords(run.ready(file, skip=batch.next_row), job)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pieces(ready: Ready, job: Job) -> Iterator[list[ReportedRecord]]:
    for path in ready.files:
        with pq.ParquetFile(path) as file:
            for part in file.iter_batches(_AT_ONCE):
                yield _records(part, job, job.authorities)


def _records(
    part: pa.RecordBatch, job: Job, authorities: Mapping[str, KnownAuthority]
) -> list[ReportedRecord]:
    """The records of some rows of `bulk.ready.READY`."""
    ids = {code: found.pk for code, found in authorities.items()}
    of = {name: part[name].to_pylist() for name in part.schema.names}
    kind, item, contract = job.record.kind, job.contract.clauses.item, job.contract.reference
    return [
        ReportedRecord(
            row=row,
            kind=kind,
            item=item,
            entity_id=entity_id,
            entity_public_id=uuid.UUID(entity),
            authority_id=ids[issuer],
            source_id=ids[source],
            contract=contract,
            document_no=document_no,
            natural_key=natural_key,
            content_digest=content_digest,
            content=orjson.loads(content),
            legal_basis=legal_basis,
            found_on=found_on,
            measures=tuple(measures),
            amount_yuan=amount_yuan,
            pack=pack,
            severity=severity,
            published=published,
            publish_from=publish_from,
            restorable_from=restorable_from,
            publish_until=publish_until,
            restorable=restorable,
        )
        for (
            row, entity_id, entity, issuer, source, document_no, natural_key, content_digest, content, legal_basis,
            found_on, measures, amount_yuan, pack, severity, published, publish_from, restorable_from,
            publish_until, restorable,
        ) in zip(*(of[name] for name in _ORDER), strict=True)
    ]  # fmt: skip


_ORDER = (
    "row", "entity_id", "entity", "issuer", "source", "document_no", "natural_key", "content_digest", "content",
    "legal_basis", "found_on", "measures", "amount_yuan", "pack", "severity", "published", "publish_from",
    "restorable_from", "publish_until", "restorable",
)  # fmt: skip
