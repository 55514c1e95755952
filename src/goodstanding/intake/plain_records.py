"""Records of a file's plain rows, made as columns and handed out in portions to whoever commits them.

    with plain_records(batch, contract=contract, found=found, ...) as plain:
        plain.counts
        plain.between(first, last)

What is made lies in a folder of the batch until the batch is taken in. A batch that was interrupted is made anew from
the row at which it stopped, since its rows are linked and classified as things stand when they are made.

Needs the extra ``bulk``.
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from typing import Any, Final

import orjson
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from django.conf import settings

from goodstanding.registry.reported import ReportedRecord

from . import inbox
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
    folder = inbox.making_of(batch.public_id)
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
                yield _records(part, job)


def _records(part: pa.RecordBatch, job: Job) -> list[ReportedRecord]:
    """The records of some rows of `bulk.ready.READY`."""
    ids = {code: found.pk for code, found in job.authorities.items()}
    made: dict[str, Callable[[Any], Any]] = {"entity": uuid.UUID, "issuer": ids.__getitem__}
    made |= {"source": made["issuer"]} | dict.fromkeys(_OF_FEW, lambda value: value)
    columns = [_of_few(part[name], made[name]) if name in made else part[name].to_pylist() for name in _ORDER]
    record = partial(
        ReportedRecord,
        kind=job.record.kind,
        item=job.contract.clauses.item,
        contract=job.contract.reference,
    )
    found = []
    for row in zip(*columns, map(tuple, part["measures"].to_pylist()), strict=True):
        content = row[8]
        # No cell of a plain row holds a quotation mark, so the last of these begins the public part.
        public = content[content.rindex(_PUBLIC) + len(_PUBLIC) : -1]
        found.append(
            record(
                row=row[0],
                entity_id=row[1],
                entity_public_id=row[2],
                authority_id=row[3],
                source_id=row[4],
                document_no=row[5],
                natural_key=row[6],
                content_digest=row[7],
                content=orjson.loads(content),
                legal_basis=row[9],
                found_on=row[10],
                measures=row[19],
                amount_yuan=row[11],
                pack=row[12],
                severity=row[13],
                published=row[14],
                publish_from=row[15],
                restorable_from=row[16],
                publish_until=row[17],
                restorable=row[18],
                content_text=content,
                public_digest=hashlib.sha256(public.encode()).hexdigest(),
            )
        )
    return found


_PUBLIC: Final = ',"public":'
_ORDER: Final = (
    "row", "entity_id", "entity", "issuer", "source", "document_no", "natural_key", "content_digest", "content",
    "legal_basis", "found_on", "amount_yuan", "pack", "severity", "published", "publish_from", "restorable_from",
    "publish_until", "restorable",
)  # fmt: skip
#: Columns with few distinct values, or with values that are dear to make.
_OF_FEW: Final = (
    "legal_basis",
    "found_on",
    "amount_yuan",
    "publish_from",
    "restorable_from",
    "publish_until",
)


def _of_few(column: pa.Array, make: Callable[[Any], Any]) -> list[Any]:
    """The values of a column, each distinct one made once; nulls stay None."""
    encoded = column.dictionary_encode()
    made = [make(value) for value in encoded.dictionary.to_pylist()]
    return [None if at is None else made[at] for at in encoded.indices.to_pylist()]
