"""A run on DuckDB in this process: slice by slice, then bucket by bucket where the rows do not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.intake.lake import schema as lake

from . import supersede
from .engines import DuckDB
from .job import PREPARED, Job
from .made import DIGESTS, Making, Progress
from .outcome import BulkOutcome
from .plain import Columns, duckdb_digest, known_table
from .rows import RowCode, found_in
from .slices import File, Slice, slices, tidied, tidied_schema

#: Rows that the row code takes at a time, and prepared rows that stay in memory.
CHUNK = 10_000
IN_MEMORY = 2_000_000


class DuckRun:
    """One run. ``work`` is the folder for what is made and for what does not fit into memory."""

    def __init__(
        self,
        job: Job,
        *,
        known: Path,
        held: Path | None,
        work: Path,
        memory: str,
        threads: int | None,
        progress: Progress | None = None,
    ) -> None:
        self._job, self._work = job, work
        self._making = Making(job, work, progress)
        self._clock = self._making.clock
        self._engine = DuckDB(
            secret=job.secret,
            width=len(job.layout.places),
            folder=work / "temporary",
            memory=memory,
            threads=threads,
        )
        self._raw = self._engine.raw
        self._waiting = 0
        self._spilled = False
        self._main: str | None = None
        with self._clock.step("known"):
            self._put_known(known, held)

    def _put_known(self, known: Path, held: Path | None) -> None:
        raw, engine = self._raw, self._engine
        raw.execute(f"CREATE TEMP VIEW known AS FROM read_parquet('{_quoted(known)}')")
        engine.put("buckets", lake.bucket_table(self._job.buckets))
        if self._job.in_columns:
            engine.keep("k", known_table(engine.table("known"), engine.table("buckets")))
        if held is None:
            engine.put("held", supersede.HELD.empty_table())
        else:
            raw.execute(f"CREATE TEMP VIEW held AS FROM read_parquet('{_quoted(held)}')")
        engine.keep("last", supersede.last_versions(engine.table("held")))
        engine.put("prepared", _WITH_PLAIN.empty_table())
        gone = ", ".join(f"'{state}'" for state in supersede.GONE)
        found = raw.execute(f"SELECT count(*) FROM last WHERE h_state IN ({gone})").fetchone()
        self._gone = bool(found and found[0])
        self._find = found_in(self._known_under)

    def _known_under(self, identifiers: Sequence[tuple[str, str]]) -> pa.Table:
        asked = pa.table({"scheme": [a for a, _ in identifiers], "value": [b for _, b in identifiers]})
        self._engine.show("asked", asked)
        return self._raw.execute(
            "SELECT known.* FROM known SEMI JOIN asked USING (scheme, value) ORDER BY entity"
        ).to_arrow_table()

    def run(self, files: Sequence[File], *, rows: int) -> BulkOutcome:
        """Take the files in."""
        source = slices(files, contract=self._job.contract, layout=self._job.layout, rows=rows)
        while True:
            with self._clock.step("read"):
                part = next(source, None)
            if part is None:
                break
            self._take(part)
        accepted = self._settle()
        self._engine.close()
        return self._making.outcome(accepted)

    def _take(self, part: Slice) -> None:
        count, first = len(part.raw), part.first
        self._making.see(part)
        others: Sequence[int] = range(first, first + count)
        if self._job.in_columns:
            others = self._in_columns(part)
        self._making.plain += count - len(others)
        code = self._making.row_code(part.found, file=part.file, find=self._find)
        with self._clock.step("rows one by one"):
            for at in range(0, len(others), CHUNK):
                seqs = list(others[at : at + CHUNK])
                made = code.take(part.rows(seqs), seqs)
                self._engine.show("made", made.records)
                self._raw.execute("INSERT INTO prepared SELECT *, true FROM made")
                self._making.reject(made.rejected)
        if self._gone:
            self._refuse(part, code)
        self._waiting += count
        if self._waiting > IN_MEMORY:
            self._spill()

    def _in_columns(self, part: Slice) -> list[int]:
        """Take the plain rows of a slice through the columns. Returns the seqs of the others."""
        job, engine, raw = self._job, self._engine, self._raw
        with self._clock.step("tidy"):
            table = pa.Table.from_batches(
                [tidied(batch, job.layout) for batch in part.raw.to_batches()], tidied_schema(job.layout)
            )
            engine.show("slice", table)
        with self._clock.step("distinct cells"):
            for at in job.layout.tables:
                cells = raw.execute(f"SELECT DISTINCT c{at} FROM slice ORDER BY 1").to_arrow_table()
                engine.put(f"t{at}", self._making.cells.table(at, cells.column(0).to_pylist()))
        columns = Columns(job, digest=duckdb_digest)
        tables = {at: engine.table(f"t{at}") for at in job.layout.tables}
        rows = engine.table("slice")
        with self._clock.step("law"):
            asked = engine.arrow(columns.cases(rows, tables, self._making.thresholds))
            engine.put("law", self._making.law_table(asked))
        with self._clock.step("columns"):
            if self._main is None:
                linked = columns.linked(rows, tables, engine.table("k"))
                engine.view("said", columns.said(linked, engine.table("law"), self._making.thresholds))
                self._main = engine.compile(columns.prepared(engine.table("said")))
            raw.execute(f"INSERT INTO prepared {self._main}")
            others = raw.execute("SELECT seq FROM prepared WHERE NOT plain ORDER BY seq").to_arrow_table()
            if len(others):
                raw.execute("DELETE FROM prepared WHERE NOT plain")
        found: list[int] = others.column(0).to_pylist()
        return found

    def _refuse(self, part: Slice, code: RowCode) -> None:
        """Send back the rows of a slice that a tombstone refuses."""
        engine = self._engine
        found = supersede.refused(
            engine.table("prepared"), engine.table("last"), engine.table("held"), repeated=self._job.repeated
        )
        found = found.filter(found.seq >= part.first).order_by("seq")
        rows = engine.arrow(found).to_pylist()
        if rows:
            codes = [f"tombstone.{row['state']}" for row in rows]
            self._making.reject(code.refused(part.rows([row["seq"] for row in rows]), codes))

    def _spill(self) -> None:
        """Write what is prepared to the disk, by bucket."""
        with self._clock.step("spill"):
            folder = self._work / "parts"
            self._raw.execute(
                f"COPY prepared TO '{_quoted(folder)}' (FORMAT parquet, COMPRESSION lz4, PARTITION_BY (bucket),"
                " WRITE_PARTITION_COLUMNS true, APPEND true, FILENAME_PATTERN 'part_{uuid}')"
            )
            self._engine.put("prepared", _WITH_PLAIN.empty_table())
            self._waiting, self._spilled = 0, True

    def _settle(self) -> list[Path]:
        """Deduplicate, supersede and write."""
        accepted: list[Path] = []
        if self._spilled and self._waiting:
            self._spill()
        for buckets in self._portions():
            with self._clock.step("supersede"):
                self._supersede()
                counted = self._raw.execute("SELECT disposition, count(*) FROM settled GROUP BY 1")
                self._making.count(dict(counted.fetchall()))
                again = self._raw.execute(
                    "SELECT count(*) - count(DISTINCT natural_key) FROM settled"
                ).fetchone()
                self._making.repeated += again[0] if again else 0
            with self._clock.step("sort"):
                self._sort()
            with self._clock.step("write"):
                accepted += [path for bucket in buckets if (path := self._write(bucket))]
                self._making.digests(self._raw.execute(_DIGESTS_SQL).to_arrow_table().cast(DIGESTS))
        return accepted

    def _portions(self) -> Iterator[list[int]]:
        """Make `prepared` the rows of some buckets after another; all at once where they are in memory."""
        if not self._spilled:
            yield [
                row[0]
                for row in self._raw.execute("SELECT DISTINCT bucket FROM prepared ORDER BY 1").fetchall()
            ]
            return
        for bucket in range(self._job.buckets):
            folder = self._work / "parts" / f"bucket={bucket}"
            if folder.is_dir():
                names = ", ".join(f'"{name}"' for name in PREPARED.names)
                self._raw.execute(
                    f"CREATE OR REPLACE TEMP TABLE prepared AS SELECT {names}"
                    f" FROM read_parquet('{_quoted(folder)}/*.parquet', hive_partitioning = false)"
                )
                yield [bucket]

    def _supersede(self) -> None:
        engine = self._engine
        narrow = engine.table("prepared").select("seq", "bucket", "natural_key", "content_digest")
        engine.keep(
            "settled",
            supersede.settled(
                narrow, engine.table("last"), engine.table("held"), repeated=self._job.repeated
            ),
        )

    def _sort(self) -> None:
        """Make `taken` the accepted rows as the lake holds them, in the order of its files."""
        job = self._job
        columns = ", ".join(
            _CONSTANTS.get(name, f'prepared."{name}"') + f' AS "{name}"' for name in lake.NAMES
        )
        self._raw.execute(
            f"CREATE OR REPLACE TEMP TABLE taken AS SELECT {columns} FROM prepared JOIN settled USING (seq)"
            f" WHERE disposition <> 'unchanged' ORDER BY bucket, {lake.ORDER_SQL}",
            {
                "item": job.contract.clauses.item,
                "kind": job.record.kind,
                "contract": job.contract.reference,
                "batch": job.batch,
                "at": job.at,
            },
        )

    def _write(self, bucket: int) -> Path | None:
        """One bucket's accepted rows as a file of the lake's table."""
        path = self._work / f"accepted-{bucket:03d}.parquet"
        rows = self._raw.execute(
            f"COPY (SELECT {lake.COLUMNS_SQL} FROM taken WHERE bucket = {bucket})"
            f" TO '{_quoted(path)}' ({lake.COPY_OPTIONS})"
        ).fetchone()
        if rows and rows[0]:
            return path
        path.unlink(missing_ok=True)
        return None


#: Prepared rows, and whether they are plain while a slice is on its way.
_WITH_PLAIN = PREPARED.append(pa.field("plain", pa.bool_()))
_DIGESTS_SQL = (
    "SELECT seq, prepared.row, prepared.natural_key, version, prepared.content_digest, disposition"
    " FROM prepared JOIN settled USING (seq) WHERE disposition <> 'unchanged' ORDER BY seq"
)
_CONSTANTS: dict[str, str] = {
    "item": "$item",
    "kind": "$kind",
    "contract": "$contract",
    "batch": "$batch",
    "change": "'report'",
    "version": "settled.version",
    "known_from": "$at::TIMESTAMPTZ",
}


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
