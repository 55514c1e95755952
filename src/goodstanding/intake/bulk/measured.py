"""What quality counts of a file's plain rows, by the same expressions on every engine.

`measuring.Meter` is the definition: filled cells of columns that may be empty, days that contradict each other, and
the key by which a row is known to have come before. A plain row has no reason, so it is never faulty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import duckdb
import ibis  # type: ignore[import-untyped]
import ibis.expr.types as ir  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from goodstanding.intake.checks import Checker
from goodstanding.intake.measuring import Meter, key_columns, ordered_days
from goodstanding.intake.quality import Counts
from goodstanding.intake.readers import Inspected, Row

from .functions import concat, nul
from .job import Job
from .plain import Columns

#: What is measured of a row: filled cells, whether its days contradict each other, its key as one text.
MEASURED: Final = pa.schema(
    [("seq", pa.int64()), ("filled", pa.int32()), ("against", pa.bool_()), ("key", pa.string())]
)


def measured(job: Job, rows: ir.Table, tables: dict[int, ir.Table]) -> ir.Table:
    """`MEASURED` of tidied rows.

    Args:
        job: the run.
        rows: `slices.tidied` rows.
        tables: the tables of distinct cells by place.
    """
    places, columns = job.contract.places, Columns(job)
    keys = [places[name] for name in key_columns(job.contract)]
    days = [(places[first], places[then]) for first, then in ordered_days(job.contract)]
    found = rows
    for at in sorted({*keys, *(at for pair in days for at in pair)} & set(tables)):
        found = found.inner_join(tables[at], found[f"c{at}"] == tables[at][f"t{at}_cell"])
    optional = [at for at, column in enumerate(job.contract.columns) if not column.required]
    filled: Any = ibis.literal(0, "int32")
    for at in optional:
        filled = filled + (found[f"c{at}"] != "").cast("int32")
    against: Any = ibis.literal(False)
    for first, then in days:
        against = against | (found[f"t{then}_value"] < found[f"t{first}_value"]).fill_null(False)
    pieces: list[Any] = []
    for at in keys:
        pieces += [columns.text(found, at), nul()]
    return found.select(
        seq=found.seq,
        filled=filled.cast("int32"),
        against=against,
        key=concat(*pieces) if pieces else ibis.literal(""),
    )


class Measuring:
    """Adds up what is counted of a file. ``folder`` takes the rows' keys, until they are counted."""

    def __init__(self, job: Job, found: Inspected, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._checker = Checker(job.contract, found, today=job.today)
        self._meter = Meter(job.contract, found.places)
        self._optional = sum(not column.required for column in job.contract.columns)
        self._counts = Counts()
        self._parts = 0

    def count_plain(self, parts: Iterable[pa.Table]) -> None:
        """Count plain rows: `MEASURED`, in parts."""
        for part in parts:
            self._counts += Counts(
                rows=len(part),
                optional_cells=len(part) * self._optional,
                optional_filled=sum(part["filled"].to_pylist()),
                out_of_order=sum(part["against"].to_pylist()),
            )
            self._keep(part.select(["key"]))

    def count_others(self, rows: Sequence[Row]) -> None:
        """Count rows that are not plain."""
        chunk = self._checker.check(rows)
        self._meter.count(chunk)
        keys = ["".join(f"{text}\0" for text in key) for key in self._meter.keys(chunk)]
        self._keep(pa.table({"key": pa.array(keys, pa.string())}))

    def _keep(self, keys: pa.Table) -> None:
        pq.write_table(keys, self._folder / f"{self._parts:06d}.parquet", compression="lz4")
        self._parts += 1

    def counts(self) -> Counts:
        """What was counted of the whole file."""
        found = self._counts + self._meter.counts
        if not self._meter.has_key:
            return found
        with duckdb.connect() as reader:
            again = reader.execute(
                "SELECT count(*) - count(DISTINCT hash(key)) FROM read_parquet($files)",
                {"files": str(self._folder / "*.parquet")},
            ).fetchone()
        return replace(found, repeated=again[0] if again else 0)
