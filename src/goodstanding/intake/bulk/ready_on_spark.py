"""Plain rows made ready for the registry on Apache Spark: the same expressions, the same files as `ready` makes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from goodstanding.identity import standardise

from .job import Job
from .made import Progress
from .measured import Measuring, measured
from .ready import KNOWN, Known, Ready
from .slices import File
from .sparks import CHUNK, STAGED, SparkRun


class SparkReady(SparkRun):
    """One run on a cluster. ``work`` must be a folder that driver and workers share."""

    def __init__(
        self, job: Job, *, master: str, known: Known, work: Path, progress: Progress | None = None
    ) -> None:
        nobody = work / "nobody.parquet"
        pq.write_table(KNOWN.empty_table(), nobody)
        super().__init__(job, master=master, known=nobody, held=None, work=work, progress=progress)
        self._known = known

    def ready(self, file: File, *, skip: int, rows: int = STAGED) -> Ready:
        """Make the plain rows of a file ready; see `ready.DuckReady.ready`."""
        assert file.found is not None
        staged = self._stage([file], rows)
        code = next(at for at, place in enumerate(self._job.layout.places) if place.part == "subject_code")
        raw = self._reader.execute(f"SELECT DISTINCT c{code} FROM read_parquet('{self._work}/raw/*.parquet')")
        known = self._known(sorted({standardise(cell) for (cell,) in raw.fetchall()}))
        pq.write_table(known, self._work / "known.parquet")
        self._put_known(self._work / "known.parquet", None)
        prepared = self._work / "prepared"
        prepared.mkdir()
        others = self._in_columns(prepared)
        counts = None
        if skip == 0:
            measuring = Measuring(self._job, file.found, self._work / "keys")
            measuring.count_plain(self._measured())
            for at in range(0, len(others), CHUNK):
                measuring.count_others(self._raw(staged[0], others[at : at + CHUNK]))
            counts = measuring.counts()
        self._session.sql(
            "SELECT r.*, k.entity_id FROM ready r JOIN (SELECT DISTINCT entity, entity_id FROM known) k"
            f" ON r.entity = k.entity WHERE r.seq >= {skip} ORDER BY r.seq"
        ).write.parquet(str(self._work / "ready"), compression="lz4")
        left = sum(seq >= skip for seq in others)
        plain = self._making.rows - skip - left
        for name in ("rows", "k", "last", "known", "held", "ready", "said"):
            self._session.catalog.dropTempView(name)
        self._session.catalog.clearCache()
        return Ready(tuple(sorted((self._work / "ready").glob("*.parquet"))), plain, counts)

    def _measured(self) -> Iterator[pa.Table]:
        """What quality counts of the plain rows, in parts."""
        tables = {at: self._con.table(f"t{at}") for at in self._job.layout.tables}
        self._keep("measured", measured(self._job, self._con.table("rows"), tables))
        folder = self._work / "measured"
        query = "SELECT m.* FROM measured m LEFT SEMI JOIN ready r ON m.seq = r.seq"
        self._session.sql(query).write.parquet(str(folder), compression="lz4")
        for path in sorted(folder.glob("*.parquet")):
            with pq.ParquetFile(path) as file:
                yield from (pa.Table.from_batches([part]) for part in file.iter_batches(CHUNK))
