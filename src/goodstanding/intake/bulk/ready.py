"""Plain rows of a file made ready for the registry: what their records say, in the order of the file.

    with DuckDB:  DuckReady(job, known=known_under, work=folder).run(file, skip=0)

The same columns as for the lake, without its end: which row commits, changes nothing or supersedes, the registry
itself decides when it takes the records in. Rows that are not plain are left to the row code, which takes them in
between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from goodstanding.identity import standardise
from goodstanding.intake.quality import Counts

from .duck import CHUNK, DuckRun
from .job import PREPARED, Job
from .made import Progress
from .measured import Measuring, measured
from .plain import Columns
from .slices import File, Slice, slices

#: The entities under unified codes, as `registry.known_under` gives them.
Known = Callable[[Sequence[str]], pa.Table]
#: Rows of a slice.
ROWS: Final = 200_000
#: `PREPARED`, its texts written out, with the entity's id in the registry.
READY: Final = pa.schema(
    [f.with_type(pa.string()) if pa.types.is_dictionary(f.type) else f for f in PREPARED]
    + [pa.field("entity_id", pa.int64())]
)
#: The registry's identifiers as the columns join them, and the entity's id.
KNOWN: Final = pa.schema(
    [(name, pa.string()) for name in ("scheme", "value", "entity", "kind", "name")]
    + [("entity_id", pa.int64())]
)


@dataclass(frozen=True, slots=True)
class Ready:
    """What a run made: files of `READY` in the order of the rows, how many rows these are, and what quality counts of
    the whole file (None where only a part of it was gone through)."""

    files: tuple[Path, ...]
    plain: int
    counts: Counts | None


class DuckReady(DuckRun):
    """One run on DuckDB in this process. ``work`` is the folder for what is made."""

    def __init__(
        self, job: Job, *, known: Known, work: Path, memory: str, progress: Progress | None = None
    ) -> None:
        nobody = work / "nobody.parquet"
        pq.write_table(KNOWN.empty_table(), nobody)
        super().__init__(
            job,
            known=nobody,
            held=None,
            work=work,
            memory=memory,
            threads=None,
            in_memory=0,
            progress=progress,
        )
        self._known = known
        self._measure: str | None = None

    def ready(self, file: File, *, skip: int, rows: int = ROWS) -> Ready:
        """Make the plain rows of a file ready.

        Args:
            file: the file, looked at (``found``).
            skip: so many rows at its beginning were taken in before. Quality is measured of whole files only.
            rows: rows of a slice.
        """
        assert file.found is not None
        measuring = Measuring(self._job, file.found, self._work / "keys") if skip == 0 else None
        files, plain = [], 0
        for part in slices([file], contract=self._job.contract, layout=self._job.layout, rows=rows):
            if part.first + len(part.raw) <= skip:
                continue
            self._making.see(part)
            made = self._of(part)
            made = made.filter(pc.greater_equal(made["seq"], skip)) if part.first < skip else made
            plain += len(made)
            files.append(self._work / f"ready-{len(files):06d}.parquet")
            pq.write_table(made, files[-1], compression="lz4", use_dictionary=["pack", "issuer", "source"])
            if measuring is not None:
                self._count(part, made, measuring)
        self._engine.close()
        return Ready(tuple(files), plain, measuring.counts() if measuring is not None else None)

    def _of(self, part: Slice) -> pa.Table:
        """The plain rows of a slice, in their order."""
        code = next(at for at, place in enumerate(self._job.layout.places) if place.part == "subject_code")
        cells = pc.unique(part.raw[f"c{code}"]).to_pylist()
        known = self._known(sorted({standardise(cell) for cell in cells}))
        self._engine.show("known_of_slice", known)
        found = Columns(self._job).known(self._engine.table("known_of_slice"), self._engine.table("buckets"))
        self._engine.keep("k", found)
        made = pa.concat_tables([PREPARED.empty_table(), *self._in_columns(part)])
        made = made.take(pa.array(np.argsort(made["seq"].to_numpy(), kind="stable")))
        return with_ids(made, known)

    def _count(self, part: Slice, made: pa.Table, measuring: Measuring) -> None:
        engine = self._engine
        if self._measure is None:
            tables = {at: engine.table(f"t{at}") for at in self._job.layout.tables}
            self._measure = engine.compile(measured(self._job, engine.table("slice"), tables))
        engine.show("plain_seqs", made.select(["seq"]))
        found = engine.raw.execute(f"FROM ({self._measure}) SEMI JOIN plain_seqs USING (seq)")
        measuring.count_plain([found.to_arrow_table()])
        every = np.arange(part.first, part.first + len(part.raw))
        others = np.setdiff1d(every, made["seq"].to_numpy(), assume_unique=True).tolist()
        for at in range(0, len(others), CHUNK):
            measuring.count_others(part.rows(others[at : at + CHUNK]))


def with_ids(made: pa.Table, known: pa.Table) -> pa.Table:
    """`READY` out of `PREPARED` and the entities that were found."""
    places: Any = pc.index_in(made["entity"], known["entity"])
    return made.append_column("entity_id", known["entity_id"].take(places)).cast(READY)
