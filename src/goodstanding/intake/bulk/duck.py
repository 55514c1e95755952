"""A run on DuckDB in this process, slice by slice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.intake.lake import schema as lake

from . import supersede
from .engines import DuckDB
from .hashing import hasher
from .job import Job
from .lake_files import LakeFiles
from .made import DIGESTS, Making, Progress
from .outcome import BulkOutcome
from .plain import Columns
from .prepared import TOGETHER, Prepared
from .rows import RowCode, found_in
from .settling import DISPOSITIONS, Settled, settle
from .slices import File, Slice, slices, tidied, tidied_schema

#: Rows that the row code takes at a time.
CHUNK = 10_000


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
        in_memory: int,
        progress: Progress | None = None,
    ) -> None:
        self._job, self._work = job, work
        self._making = Making(job, work, progress)
        self._clock = self._making.clock
        self._engine = DuckDB(
            width=len(job.layout.places), folder=work / "temporary", memory=memory, threads=threads
        )
        self._raw = self._engine.raw
        self._prepared = Prepared(work / "parts", rows=in_memory, buckets=job.buckets)
        self._query: str | None = None
        self._many_known = False
        with self._clock.step("known"):
            self._put_known(known, held)

    def _put_known(self, known: Path, held: Path | None) -> None:
        raw, engine = self._raw, self._engine
        raw.execute(f"CREATE TEMP VIEW known AS FROM read_parquet('{_quoted(known)}')")
        if self._job.in_columns:
            engine.put("buckets", lake.bucket_table(self._job.buckets))
            engine.keep("k", Columns(self._job).known(engine.table("known"), engine.table("buckets")))
        if held is None:
            engine.put("held", supersede.HELD.empty_table())
        else:
            raw.execute(f"CREATE TEMP VIEW held AS FROM read_parquet('{_quoted(held)}')")
        engine.keep("last", supersede.last_versions(engine.table("held")))
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
        if self._job.in_columns:
            known = self._raw.execute("SELECT count(*) FROM k").fetchone()
            self._many_known = bool(known and known[0] > rows)
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
        with self._clock.step("count"):
            self._making.see(part)
        code = self._making.row_code(part.found, file=part.file, find=self._find)
        for rows in self._made(part, code):
            with self._clock.step("keep"):
                self._prepared.add(rows)
        with self._clock.step("keep"):
            keys = self._prepared.end_slice()
        if self._gone:
            self._refuse(keys, part, code)
        if self._prepared.full:
            with self._clock.step("spill"):
                self._prepared.spill()

    def _made(self, part: Slice, code: RowCode) -> Iterator[pa.Table]:
        """The rows of a slice prepared: those that are plain, and then the others."""
        plain = np.zeros(len(part.raw), np.bool_)
        if self._job.in_columns:
            for rows in self._in_columns(part):
                plain[rows["seq"].to_numpy() - part.first] = True
                yield rows
        others = np.flatnonzero(~plain) + part.first
        self._making.plain += len(plain) - len(others)
        for at in range(0, len(others), CHUNK):
            with self._clock.step("rows one by one"):
                seqs = others[at : at + CHUNK].tolist()
                found = code.take(part.rows(seqs), seqs)
                self._making.reject(found.rejected)
            yield found.records

    def _in_columns(self, part: Slice) -> Iterator[pa.Table]:
        """The plain rows of a slice, as the columns prepare them."""
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
        columns = Columns(job)
        tables = {at: engine.table(f"t{at}") for at in job.layout.tables}
        rows = engine.table("slice")
        with self._clock.step("law"):
            with engine.joins_as_written():
                asked = engine.arrow(columns.cases(rows, tables, self._making.thresholds))
            engine.put("law", self._making.law_table(asked))
        known = "k"
        if self._many_known:
            # Of a whole registry no hash table is made for every slice.
            known = "k_near"
            with self._clock.step("near"), engine.joins_as_written():
                engine.keep(known, columns.near(engine.table("k"), rows))
        with self._clock.step("columns"):
            if self._query is None:
                linked = columns.linked(rows, tables, engine.table(known))
                found = columns.unhashed(linked, engine.table("law"), self._making.thresholds)
                self._query = engine.compile(found.drop(*columns.stated))
        made = hasher(job.secret, columns.stated)
        with engine.joins_as_written():
            found = raw.execute(self._query).to_arrow_reader(TOGETHER)
            while True:
                with self._clock.step("columns"):
                    batch = next(found, None)
                if batch is None:
                    return
                with self._clock.step("digests"):
                    rows = made(pa.Table.from_batches([batch]))
                yield rows

    def _refuse(self, keys: pa.Table, part: Slice, code: RowCode) -> None:
        """Send back the rows of a slice that a tombstone refuses."""
        engine = self._engine
        engine.show("arrived", keys.select(["seq", "natural_key", "content_digest"]))
        found = supersede.refused(
            engine.table("arrived"), engine.table("last"), engine.table("held"), repeated=self._job.repeated
        )
        refused = engine.arrow(found.order_by("seq")).to_pylist()
        if refused:
            codes = [f"tombstone.{row['state']}" for row in refused]
            self._making.reject(code.refused(part.rows([row["seq"] for row in refused]), codes))

    def _settle(self) -> list[Path]:
        """Deduplicate, supersede and write."""
        with self._clock.step("supersede"):
            settled = settle(
                self._prepared, self._engine, rows=self._making.rows, repeated=self._job.repeated
            )
            self._making.count(settled.counts)
            self._making.repeated = settled.repeated
        with self._clock.step("digests"):
            for keys in self._prepared.narrow():
                self._making.digests(_digests(keys, settled))
        with self._clock.step("write"):
            files = LakeFiles(self._job, self._work)
            for rows in self._prepared.portions():
                files.write(rows, settled)
            return files.close()


def _digests(keys: pa.Table, settled: Settled) -> pa.Table:
    """The accepted ones of the rows, as the batch's tree wants them."""
    seq = keys["seq"].to_numpy()
    taken = settled.accepted(seq)
    if not taken.all():
        keys, seq = keys.filter(pa.array(taken)), seq[taken]
    what = pa.array(DISPOSITIONS).take(pa.array(settled.disposition[seq]))
    found = {
        **dict(zip(keys.column_names, keys.columns, strict=True)),
        "version": pa.array(settled.version[seq]),
        "disposition": what,
    }
    return pa.table([found[name] for name in DIGESTS.names], schema=DIGESTS)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
