"""A run on Apache Spark: the same expressions, over rows that the driver stages as Parquet.

The driver reads the files and stages their raw cells in a folder that the workers can read; the workers tidy, check,
link, classify, deduplicate and write. The driver reads distinct cells and asks the law about distinct facts, and takes
the rows that are not plain through the row code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis.expr.types as ir  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from goodstanding.intake.lake import schema as lake
from goodstanding.intake.readers import Inspected, Row
from goodstanding.law import columns

from . import supersede
from .functions import concat_functions
from .hashing import pads
from .job import PREPARED, Job
from .layout import Layout
from .made import DIGESTS, Making, Progress
from .outcome import BulkOutcome
from .plain import Columns, hashed
from .rows import RowCode, found_in
from .slices import File, rows_of, slices, tidied, tidied_schema

#: Rows of a staged file, and rows that the row code takes at a time.
STAGED = 500_000
CHUNK = 10_000

_FUNCTIONS = (
    "gs_octets(x STRING) RETURNS BIGINT RETURN octet_length(x)",
    "gs_without_zeros(x STRING) RETURNS STRING RETURN trim(TRAILING '.' FROM trim(TRAILING '0' FROM x))",
    "gs_utf8(x STRING) RETURNS BINARY RETURN encode(x, 'UTF-8')",
    "gs_tail(x STRING) RETURNS BINARY RETURN unhex(concat('00', replace(x, '-', '')))",
    "gs_sha256(x BINARY) RETURNS BINARY RETURN unhex(sha2(x, 256))",
    "gs_end(a BINARY, b BINARY) RETURNS BINARY RETURN concat(a, b)",
    "gs_nul() RETURNS STRING RETURN decode(X'00', 'UTF-8')",
    "gs_public(x STRING, at BIGINT) RETURNS BINARY"
    " RETURN substring(encode(x, 'UTF-8'), CAST(at AS INT) + 1, octet_length(x) - CAST(at AS INT) - 1)",
)


@dataclass(slots=True)
class _Staged:
    """Where the raw rows of one file of the run lie: its seqs, and the rows that are not plain cells."""

    file: int
    found: Inspected
    first: int
    end: int
    special: dict[int, Row]


class SparkRun:
    """One run on a cluster. ``work`` must be a folder that driver and workers share."""

    def __init__(
        self,
        job: Job,
        *,
        master: str,
        known: Path,
        held: Path | None,
        work: Path,
        progress: Progress | None = None,
    ) -> None:
        self._job, self._work = job, work
        self._making = Making(job, work, progress)
        self._clock = self._making.clock
        with self._clock.step("session"):
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
            self._con = columns.spark(master=master)
            self._session = self._con._session
            cores = self._session.sparkContext.defaultParallelism
            self._session.conf.set("spark.sql.shuffle.partitions", str(max(4, 2 * cores)))
            # The lake's instants are microseconds in UTC; Spark's own form is one that Iceberg does not read.
            self._session.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
            for function in _FUNCTIONS:
                self._session.sql(f"CREATE OR REPLACE TEMPORARY FUNCTION {function}")
            for name, parameters, body in concat_functions(len(job.layout.places), types=" STRING"):
                self._session.sql(
                    f"CREATE OR REPLACE TEMPORARY FUNCTION {name}({parameters}) RETURNS STRING RETURN {body}"
                )
        with self._clock.step("known"):
            self._put_known(known, held)

    def _put_known(self, known: Path, held: Path | None) -> None:
        session = self._session
        session.read.parquet(str(known)).createOrReplaceTempView("known")
        self._put("buckets", lake.bucket_table(self._job.buckets))
        if self._job.in_columns:
            columns_of = Columns(self._job)
            self._keep("k", columns_of.known(self._con.table("known"), self._con.table("buckets")))
        if held is None:
            self._put("held", supersede.HELD.empty_table())
        else:
            session.read.parquet(str(held)).createOrReplaceTempView("held")
        self._keep("last", supersede.last_versions(self._con.table("held")))
        gone = self._con.table("last").filter(lambda t: t.h_state.isin(supersede.GONE))
        self._gone = len(self._arrow(gone.limit(1))) > 0
        self._reader = duckdb.connect(config={"memory_limit": "1GB"})
        self._reader.execute(f"CREATE VIEW known AS FROM read_parquet('{known}')")
        self._find = found_in(self._known_under)

    def _known_under(self, identifiers: Sequence[tuple[str, str]]) -> pa.Table:
        asked = pa.table({"scheme": [a for a, _ in identifiers], "value": [b for _, b in identifiers]})
        self._reader.register("asked", asked)
        return self._reader.execute(
            "SELECT known.* FROM known SEMI JOIN asked USING (scheme, value) ORDER BY entity"
        ).to_arrow_table()

    def _put(self, name: str, table: pa.Table) -> None:
        """A small table for every worker."""
        from pyspark.sql.functions import broadcast

        broadcast(self._session.createDataFrame(table)).createOrReplaceTempView(name)

    def _keep(self, name: str, table: ir.Table) -> None:
        self._session.sql(self._con.compile(table)).createOrReplaceTempView(name)

    def _arrow(self, table: ir.Table) -> pa.Table:
        return self._session.sql(self._con.compile(table)).toArrow()

    def run(self, files: Sequence[File], *, rows: int) -> BulkOutcome:
        """Take the files in."""
        with self._clock.step("read"):
            staged = self._stage(files, min(rows, STAGED))
        prepared = self._work / "prepared"
        prepared.mkdir()
        others: Sequence[int] = range(self._making.rows)
        if self._job.in_columns and self._making.rows:
            others = self._in_columns(prepared)
        self._making.plain = self._making.rows - len(others)
        self._rows_one_by_one(staged, others, prepared)
        self._session.read.parquet(str(prepared / "*")).createOrReplaceTempView("prepared")
        if self._gone:
            self._refuse(staged)
        accepted = self._settle()
        for name in ("rows", "k", "last", "known", "held", "prepared"):
            self._session.catalog.dropTempView(name)
        self._session.catalog.clearCache()
        return self._making.outcome(accepted)

    def _stage(self, files: Sequence[File], rows: int) -> list[_Staged]:
        folder, staged = self._work / "raw", dict[int, _Staged]()
        folder.mkdir()
        parts = slices(files, contract=self._job.contract, layout=self._job.layout, rows=rows)
        for number, part in enumerate(parts):
            pq.write_table(part.raw, folder / f"{number:06d}.parquet", compression="lz4")
            count = len(part.raw)
            item = staged.setdefault(part.file, _Staged(part.file, part.found, part.first, part.first, {}))
            item.end = part.first + count
            item.special |= part.special
            self._making.see(part)
        return list(staged.values())

    def _in_columns(self, prepared: Path) -> list[int]:
        job, session, con = self._job, self._session, self._con
        with self._clock.step("tidy"):
            raw = session.read.parquet(str(self._work / "raw"))
            tidy = raw.mapInArrow(_tidying(job.layout), _ddl(tidied_schema(job.layout)))
            tidy.write.parquet(str(self._work / "tidied"), compression="lz4")
            session.read.parquet(str(self._work / "tidied")).createOrReplaceTempView("rows")
        with self._clock.step("distinct cells"):
            for at in job.layout.tables:
                cells = session.sql(f"SELECT DISTINCT c{at} FROM rows").toArrow().column(0).to_pylist()
                self._put(f"t{at}", self._making.cells.table(at, sorted(cells)))
        columns_of = Columns(job)
        tables = {at: con.table(f"t{at}") for at in job.layout.tables}
        inner, outer = pads(job.secret)
        self._put("pads", pa.table({"ipad": [inner], "opad": [outer]}))
        rows = con.table("rows")
        with self._clock.step("law"):
            asked = self._arrow(columns_of.cases(rows, tables, self._making.thresholds))
            self._put("law", self._making.law_table(asked))
        with self._clock.step("columns"):
            linked = columns_of.linked(rows, tables, con.table("k"))
            self._keep("said", columns_of.unhashed(linked, con.table("law"), self._making.thresholds))
            said = con.table("said")
            found = hashed(said.cross_join(con.table("pads")))
            session.sql(con.compile(found)).write.parquet(str(prepared / "plain"), compression="lz4")
            session.read.parquet(str(prepared / "plain")).createOrReplaceTempView("ready")
            missing = "SELECT seq FROM rows ANTI JOIN ready USING (seq) ORDER BY seq"
            others = session.sql(missing).toArrow().column(0).to_pylist()
        return list(others)

    def _raw(self, staged: _Staged, seqs: Sequence[int]) -> list[Row]:
        self._reader.register("wanted", pa.table({"seq": pa.array(seqs, pa.int64())}))
        raw = self._reader.execute(
            f"SELECT raw.* FROM read_parquet('{self._work}/raw/*.parquet') raw"
            " SEMI JOIN wanted USING (seq) ORDER BY seq"
        ).to_arrow_table()
        return rows_of(raw, staged.found, staged.special)

    def _codes(self, staged: _Staged) -> RowCode:
        return self._making.row_code(staged.found, file=staged.file, find=self._find)

    def _rows_one_by_one(self, staged: Sequence[_Staged], others: Sequence[int], prepared: Path) -> None:
        with self._clock.step("rows one by one"):
            made = [PREPARED.empty_table()]
            for item in staged:
                mine = [seq for seq in others if item.first <= seq < item.end]
                code = self._codes(item)
                for at in range(0, len(mine), CHUNK):
                    seqs = mine[at : at + CHUNK]
                    found = code.take(self._raw(item, seqs), seqs)
                    made.append(found.records)
                    self._making.reject(found.rejected)
            pq.write_table(pa.concat_tables(made), prepared / "one-by-one.parquet")

    def _refuse(self, staged: Sequence[_Staged]) -> None:
        con = self._con
        found = supersede.refused(
            con.table("prepared"), con.table("last"), con.table("held"), repeated=self._job.repeated
        )
        states = {row["seq"]: row["state"] for row in self._arrow(found).to_pylist()}
        for item in staged:
            seqs = sorted(seq for seq in states if item.first <= seq < item.end)
            if seqs:
                codes = [f"tombstone.{states[seq]}" for seq in seqs]
                self._making.reject(self._codes(item).refused(self._raw(item, seqs), codes))

    def _settle(self) -> list[Path]:
        job, con, session = self._job, self._con, self._session
        with self._clock.step("supersede"):
            settled = supersede.settled(
                con.table("prepared").select("seq", "natural_key", "content_digest"),
                con.table("last"),
                con.table("held"),
                repeated=job.repeated,
            )
            session.sql(con.compile(settled)).write.parquet(str(self._work / "settled"))
            session.read.parquet(str(self._work / "settled")).createOrReplaceTempView("settled")
            counted = session.sql("SELECT disposition, count(*) AS n FROM settled GROUP BY 1").toArrow()
            self._making.count({row["disposition"]: row["n"] for row in counted.to_pylist()})
            again = "SELECT count(*) - count(DISTINCT natural_key) AS n FROM settled"
            self._making.repeated = session.sql(again).first()["n"]
        with self._clock.step("write"):
            self._write()
            digests = session.sql(
                "SELECT p.seq, p.row, p.natural_key, s.version, p.content_digest, s.disposition"
                " FROM prepared p JOIN settled s ON p.seq = s.seq WHERE s.disposition <> 'unchanged' ORDER BY p.seq"
            ).toArrow()
            self._making.digests(digests.cast(DIGESTS))
        return sorted((self._work / "accepted").glob("part=*/*.parquet"))

    def _write(self) -> None:
        """Accepted rows by bucket, sorted, with the ids of the lake's fields."""
        from pyspark.sql import functions as f

        constants = {
            "item": f.lit(self._job.contract.clauses.item),
            "kind": f.lit(self._job.record.kind),
            "contract": f.lit(self._job.contract.reference),
            "batch": f.lit(self._job.batch),
            "change": f.lit("report"),
            "known_from": f.lit(self._job.at),
        }
        both = self._session.sql(
            "SELECT p.*, s.version FROM prepared p JOIN settled s ON p.seq = s.seq WHERE s.disposition <> 'unchanged'"
        )
        columns_of = [
            constants.get(field.name, f.col(field.name)).alias(
                field.name, metadata={"parquet.field.id": int(field.metadata[b"PARQUET:field_id"])}
            )
            for field in lake.SCHEMA
        ]
        rows = both.select(*columns_of, f.col("bucket").alias("in_bucket"))
        sorted_rows = rows.repartition("in_bucket").sortWithinPartitions("in_bucket", *lake.ORDER)
        named = sorted_rows.withColumnRenamed("in_bucket", "part")
        named.write.partitionBy("part").parquet(str(self._work / "accepted"), compression="zstd")


def _tidying(layout: Layout) -> Any:
    """`tidied` for Spark's workers."""

    def tidy(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield tidied(batch, layout)

    return tidy


def _ddl(schema: pa.Schema) -> str:
    kinds = {pa.int64(): "BIGINT", pa.bool_(): "BOOLEAN", pa.string(): "STRING"}
    return ", ".join(f"`{field.name}` {kinds[field.type]}" for field in schema)
