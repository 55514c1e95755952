"""One measured run of the bulk pipeline, in a process of its own: its memory is that of this run alone.

Called by ``bench.bulk`` with a description of the run as JSON; answers with the figures as a line of JSON. A small
file goes first through the same engine, so that starting (Spark's session, the law's tables) is not measured; then once
more, to tell what a batch costs before its rows.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from .bulk_files import BUREAU
from .common import peak_of, processor_of

ON = date(2026, 6, 1)


@dataclass(frozen=True, slots=True)
class Run:
    """What is measured: a file under a contract, on an engine. ``cluster`` are the processes that work for it."""

    file: str
    first: str
    contract: str
    known: str
    out: str
    engine: str
    threads: int
    cluster: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run took: seconds of the clock, and of the processors here and in the cluster; memory in bytes.

    ``small_rows`` and ``small`` are rows and seconds of all processors of the small file. ``rows_digest`` is the same
    for the same accepted rows in whatever order.
    """

    rows: int
    plain: int
    counts: dict[str, int]
    rows_digest: str
    lake_rows: int
    lake_bytes: int
    wall: float
    here: float
    cluster: float
    peak: int
    small_rows: int
    small: float
    steps: dict[str, float]

    @property
    def processor(self) -> float:
        """Seconds of all processors."""
        return self.here + self.cluster

    @property
    def micros(self) -> float:
        """Microseconds of processor a row."""
        return self.processor / self.rows * 1e6

    @property
    def start(self) -> float:
        """Seconds of all processors that a batch takes before its rows, by the small file beside the large one."""
        further = (self.processor - self.small) / (self.rows - self.small_rows)
        return max(0.0, self.small - further * self.small_rows)


def measure(run: Run) -> Figures:
    """Measure a run in a new process. Raises subprocess.CalledProcessError when it fails."""
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "bench.bulk_run", json.dumps(asdict(run))],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Figures(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Measure what the first argument describes, and print the figures."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "goodstanding.site.settings")
    django.setup()
    run = Run(**json.loads(sys.argv[1]))
    out = Path(run.out)
    processes = [os.getpid(), *run.cluster]
    _take(run, Path(run.first), out)
    shutil.rmtree(out)
    small = processor_of(processes)
    small_rows = _take(run, Path(run.first), out).rows
    small = processor_of(processes) - small
    shutil.rmtree(out)
    here, cluster = processor_of([os.getpid()]), processor_of(run.cluster)
    wall = time.perf_counter()
    outcome = _take(run, Path(run.file), out)
    wall = time.perf_counter() - wall
    here, cluster = processor_of([os.getpid()]) - here, processor_of(run.cluster) - cluster
    peak = peak_of(processes)
    lake_rows, digest = _accepted(outcome)
    figures = Figures(
        rows=outcome.rows,
        plain=outcome.plain,
        counts=outcome.counts,
        rows_digest=digest,
        lake_rows=lake_rows,
        lake_bytes=sum(path.stat().st_size for path in outcome.accepted_files),
        wall=wall,
        here=here,
        cluster=cluster,
        peak=peak,
        small_rows=small_rows,
        small=small,
        steps=outcome.processor,
    )
    shutil.rmtree(out)
    print(json.dumps(asdict(figures)))


def _take(run: Run, file: Path, out: Path) -> Any:
    from goodstanding.intake.build import KnownAuthority
    from goodstanding.intake.bulk import pipeline
    from goodstanding.intake.bulk.job import Job, Sender
    from goodstanding.intake.bulk.slices import File
    from goodstanding.intake.contract import load_contract

    job = Job(
        contract=load_contract(run.contract),
        sender=Sender(1, BUREAU),
        authorities={BUREAU: KnownAuthority(1, "government")},
        today=ON,
        at=datetime(2026, 6, 1, 9, tzinfo=UTC),
        batch=str(uuid.uuid4()),
        buckets=16,
    )
    return pipeline.run(
        [File(file, file.name)],
        job=job,
        known=Path(run.known),
        held=None,
        out=out,
        engine=run.engine,
        threads=run.threads,
    )


def _accepted(outcome: Any) -> tuple[int, str]:
    import duckdb

    found = duckdb.execute(
        "SELECT count(*), bit_xor(hash(row, natural_key, version, content_digest, entity))::VARCHAR"
        " FROM read_parquet($files, hive_partitioning = false)",
        {"files": [str(path) for path in outcome.accepted_files]},
    ).fetchone()
    assert found is not None
    return int(found[0]), str(found[1])


if __name__ == "__main__":
    main()
