"""Rows taken in per second and core in bulk: from a CSV file to files of the lake's table, on DuckDB and on Spark.

Method: entities and their identifiers are made, a CSV file of so many rows about them is written (one row in a
hundred a duplicate, a correction or refused), and the pipeline takes it in, each run in a process of its own whose
memory is read at its end. The clock and the processor are both read; rows per second and core is rows by processor
seconds, children's and the cluster's included, since the machine may be shared. A file and what was made of it are
deleted before the next, so the disk holds one size at a time.

Sizes: each size of GOODSTANDING_BULK_ROWS (1_000_000, by commas) for each of GOODSTANDING_BULK_CONTRACTS (by commas) on
DuckDB with GOODSTANDING_BULK_THREADS (2); with several sizes, what a row of the largest costs beside one of the first.

Engines: one file of GOODSTANDING_BULK_SPARK_ROWS (1_000_000; 0 leaves this out) of the first contract on DuckDB with
one and two threads and on a standalone Spark master here with one and two workers of one core and
GOODSTANDING_BULK_SPARK_MEMORY (2g) each; the rows that come out must be the same. Then the projection to 80.7 billion.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from .bulk_files import ENTITIES, entities, write
from .bulk_run import Figures, Run, measure
from .common import machine
from .projection import Measured, show
from .spark import standalone

SIZES = tuple(int(item) for item in os.environ.get("GOODSTANDING_BULK_ROWS", "1_000_000").split(","))
CONTRACTS = tuple(
    os.environ.get(
        "GOODSTANDING_BULK_CONTRACTS", "tax-payments,abnormal-list,double-publicity-penalties"
    ).split(",")
)
THREADS = int(os.environ.get("GOODSTANDING_BULK_THREADS", "2"))
SPARK_ROWS = int(os.environ.get("GOODSTANDING_BULK_SPARK_ROWS", "1_000_000"))
SPARK_MEMORY = os.environ.get("GOODSTANDING_BULK_SPARK_MEMORY", "2g")
#: Rows of the small file that goes before each measured one.
_FIRST = 10_000


def main() -> None:
    """Measure and print."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "goodstanding.site.settings")
    with tempfile.TemporaryDirectory(prefix="goodstanding-bench-") as name:
        folder = Path(name)
        os.environ["GOODSTANDING_HOME"] = str(folder / "home")
        import django

        django.setup()
        print(f"bulk intake, rows about {ENTITIES:,} entities:", machine())
        known, subjects = entities(folder)
        bench = _Bench(folder, known, subjects)
        for contract in CONTRACTS:
            _sizes(bench, contract)
        if SPARK_ROWS:
            _engines(bench, CONTRACTS[0])


class _Bench:
    """Files and runs in one folder."""

    def __init__(self, folder: Path, known: Path, subjects: Path) -> None:
        self.folder, self._known, self._subjects = folder, known, subjects

    def written(self, contract: str, rows: int) -> Path:
        """A file of so many rows; delete it when it is measured."""
        path = self.folder / f"{contract}-{rows}.csv"
        write(path, contract, rows=rows, subjects=self._subjects)
        return path

    def run(
        self, path: Path, contract: str, *, engine: str, threads: int, cluster: tuple[int, ...] = ()
    ) -> Figures:
        """Measure one run."""
        first = self.written(contract, _FIRST)
        out = self.folder / "made"
        try:
            return measure(
                Run(
                    file=str(path),
                    first=str(first),
                    contract=contract,
                    known=str(self._known),
                    out=str(out),
                    engine=engine,
                    threads=threads,
                    cluster=cluster,
                )
            )
        finally:
            first.unlink()
            shutil.rmtree(out, ignore_errors=True)


def _sizes(bench: _Bench, contract: str) -> None:
    """Each size on DuckDB, and the ratio of the last to the first."""
    all_micros = []
    for rows in SIZES:
        path = bench.written(contract, rows)
        size = path.stat().st_size
        figures = bench.run(path, contract, engine="duckdb", threads=THREADS)
        path.unlink()
        print(
            f"  {contract}: {figures.rows:,} rows ({size / figures.rows:.0f} bytes each),"
            f" {figures.plain / figures.rows:.2%} plain, {figures.counts}"
        )
        _print("    ", f"DuckDB, {THREADS} threads", figures)
        for step, seconds in sorted(figures.steps.items(), key=lambda item: -item[1]):
            print(f"      {step:<16} {seconds:7.2f} s of the processor, {seconds / rows * 1e6:5.2f} µs a row")
        all_micros.append(figures.micros)
    if len(SIZES) > 1:
        print(
            f"    a row of {SIZES[-1]:,} costs {all_micros[-1] / all_micros[0]:.2f} times one of {SIZES[0]:,}"
        )


def _engines(bench: _Bench, contract: str) -> None:
    """The same file on DuckDB and on Spark, each with one core and with two."""
    path = bench.written(contract, SPARK_ROWS)
    print(f"  {contract}, {SPARK_ROWS:,} rows, DuckDB beside Spark (cluster processes counted):")
    found: dict[str, Figures] = {}
    for threads in (1, 2):
        title = f"DuckDB, {threads} {'thread' if threads == 1 else 'threads'}"
        found[title] = bench.run(path, contract, engine="duckdb", threads=threads)
        _print("    ", title, found[title])
    settings = bench.folder / "spark-settings"
    settings.mkdir()
    # An executor takes its memory out of its worker's.
    (settings / "spark-defaults.conf").write_text(f"spark.executor.memory {SPARK_MEMORY}\n")
    os.environ |= {"SPARK_CONF_DIR": str(settings), "SPARK_LOCAL_IP": "127.0.0.1"}
    with standalone(bench.folder, workers=0) as cluster:
        for workers in (1, 2):
            cluster.add_worker(memory=SPARK_MEMORY)
            title = f"Spark, {workers} {'worker' if workers == 1 else 'workers'}"
            found[title] = bench.run(
                path, contract, engine=cluster.master, threads=workers, cluster=cluster.pids
            )
            _print("    ", title, found[title])
    path.unlink()
    same = {(str(item.counts), item.lake_rows, item.rows_digest) for item in found.values()}
    assert len(same) == 1, f"the engines differ: {same}"
    one, two = found["Spark, 1 worker"], found["Spark, 2 workers"]
    print(
        f"    all four made the same {two.lake_rows:,} rows; a second worker made Spark {one.wall / two.wall:.2f}"
        f" times as fast by the clock, a second thread DuckDB"
        f" {found['DuckDB, 1 thread'].wall / found['DuckDB, 2 threads'].wall:.2f} times"
    )
    show(
        [
            Measured(
                title,
                item.rows,
                item.processor,
                item.wall,
                item.lake_bytes,
                alone=item.here if item.cluster else 0.0,
                start=item.start,
            )
            for title, item in found.items()
        ]
    )


def _print(indent: str, title: str, figures: Figures) -> None:
    print(
        f"{indent}{title}: {figures.wall:.1f} s of the clock ({figures.rows / figures.wall:,.0f} rows/s),"
        f" {figures.processor:.1f} s of the processor ({figures.rows / figures.processor:,.0f} rows/s and core,"
        f" {figures.micros:.2f} µs a row), peak memory {figures.peak / 1024**3:.2f} GiB,"
        f" {figures.lake_bytes / figures.rows:.0f} bytes a row in the lake",
        flush=True,
    )


if __name__ == "__main__":
    main()
