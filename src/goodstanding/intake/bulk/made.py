"""What a run makes on its way, whichever engine it runs on: rejected rows, new subjects, digests, counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from goodstanding.intake.link import Find
from goodstanding.intake.readers import Inspected

from .clock import Clock
from .facts import LawTable
from .job import REJECTED, Job
from .outcome import BulkOutcome, HowRead
from .rows import RowCode, Subjects
from .slices import Slice
from .tables import CellTables

#: Called with the rows read so far, and all of them where that is known, else 0.
Progress = Callable[[int, int], None]
#: Every accepted row in the order of its file: what the batch's Merkle tree is made of.
DIGESTS = pa.schema(
    [
        ("seq", pa.int64()),
        ("row", pa.int64()),
        ("natural_key", pa.binary()),
        ("version", pa.int32()),
        ("content_digest", pa.binary()),
        ("disposition", pa.string()),
    ]
)


class Making:
    """The files beside the accepted ones, and the counts. ``work`` is the folder that they are made in."""

    def __init__(self, job: Job, work: Path, progress: Progress | None) -> None:
        self._job, self._work, self._progress = job, work, progress
        self.clock = Clock()
        self.cells, self._law = CellTables(job), LawTable(job)
        self.thresholds = self._law.thresholds()
        self._subjects = Subjects(job.secret)
        self._rejected = pq.ParquetWriter(work / "rejected.parquet", REJECTED, compression="zstd")
        # Digests do not get smaller by compression.
        self._digests = pq.ParquetWriter(
            work / "digests.parquet", DIGESTS, compression="none", use_dictionary=["version", "disposition"]
        )
        self._counts = {"committed": 0, "unchanged": 0, "superseding": 0}
        self._rejected_rows = self._quarantined = 0
        self._filled = 0
        self._files: dict[int, Inspected] = {}
        self._optional = [f"c{at}" for at, column in enumerate(job.contract.columns) if not column.required]
        self.rows = self.plain = self.repeated = 0

    def see(self, part: Slice) -> None:
        """Count the rows of a slice and their filled cells, and note how its file was read."""
        self.rows += len(part.raw)
        self._filled += sum(pc.sum(pc.not_equal(part.raw[name], "")).as_py() or 0 for name in self._optional)
        self._files[part.file] = part.found
        if self._progress is not None:
            self._progress(self.rows, 0)

    def law_table(self, asked: pa.Table) -> pa.Table:
        """What the law says of these cases (columns l_measures, l_amount, l_found_on) and of all met before."""
        cases = sorted(zip(*(column.to_pylist() for column in asked.columns), strict=True))
        measures = self._job.record.measures
        values = self.cells.values(self._job.contract.places[measures]) if measures else {}
        return self._law.table(cases, values)

    def row_code(self, found: Inspected, *, file: int, find: Find) -> RowCode:
        """The row code for one file."""
        return RowCode(self._job, found, file=file, find=find, subjects=self._subjects)

    def reject(self, rejected: pa.Table) -> None:
        """Keep rejected rows."""
        if len(rejected):
            self._rejected.write_table(rejected)
            self._rejected_rows += len(rejected)
            self._quarantined += sum(rejected["quarantined"].to_pylist())

    def count(self, dispositions: Mapping[str, int]) -> None:
        """Count rows by what became of them."""
        for disposition, count in dispositions.items():
            self._counts[disposition] += count

    def digests(self, digests: pa.Table) -> None:
        """Keep the digests of accepted rows."""
        self._digests.write_table(digests)

    def outcome(self, accepted: Sequence[Path]) -> BulkOutcome:
        """Close the files and say what the run came to."""
        self._rejected.close()
        self._digests.close()
        pq.write_table(self._subjects.table(), self._work / "subjects.parquet")
        return BulkOutcome(
            rows=self.rows,
            **self._counts,
            rejected=self._rejected_rows,
            quarantined=self._quarantined,
            plain=self.plain,
            accepted_files=tuple(accepted),
            rejected_file=self._work / "rejected.parquet",
            subjects_file=self._work / "subjects.parquet",
            digests_file=self._work / "digests.parquet",
            read=tuple(_how(self._files[number]) for number in sorted(self._files)),
            filled=self._filled,
            repeated=self.repeated,
            seconds=self.clock.seconds,
            processor=self.clock.processor,
        )


def _how(found: Inspected) -> HowRead:
    return HowRead(
        header=found.header,
        form=found.format.format,
        encoding=found.encoding,
        compression=found.source.compression if found.source else "",
        encoding_found=found.text.as_json() if found.text else {},
    )
