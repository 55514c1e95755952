"""The pipeline: files of one contract to files of the lake, in one run.

    run([File(path, name)], job=job, engine="duckdb", known=Path("known.parquet"), out=folder)

Read, check, standardise, link, classify by law, make key, content and digest; then deduplicate and supersede; then
write. The folder appears whole or not at all: everything is made in a folder beside it, which takes its name last.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from .duck import DuckRun
from .errors import refuse_others
from .job import Job
from .made import Progress
from .outcome import BulkOutcome
from .slices import File
from .sparks import SparkRun

#: Rows of a slice, and prepared rows that stay in memory.
ROWS = 1_000_000
IN_MEMORY = 2_000_000


def run(
    files: Sequence[File],
    *,
    job: Job,
    known: Path,
    held: Path | None,
    out: Path,
    engine: str = "duckdb",
    memory: str = "3GB",
    threads: int | None = None,
    rows: int = ROWS,
    in_memory: int = IN_MEMORY,
    progress: Progress | None = None,
) -> BulkOutcome:
    """Take files in.

    Args:
        files: files of one contract, in the order in which their rows count.
        job: contract, sender, days and keys.
        known: Parquet of the identifiers of the registry: scheme, value, entity, kind, name, former_names. They are
            valid, as the registry holds no others.
        held: Parquet of what is held already (`supersede.HELD`); None for nothing.
        out: the folder to be made.
        engine: ``duckdb``, or ``spark://HOST:PORT``.
        memory: what DuckDB may use before it goes to the disk.
        threads: DuckDB's threads; None for all cores.
        rows: rows of a slice.
        in_memory: prepared rows that DuckDB's run keeps in memory before it puts them on the disk.
        progress: called after each slice with the rows read so far, and 0, as nobody has counted them.

    Raises:
        FileError: a file cannot be read; nothing is left behind.
        NotInBulk: the contract's rows do more than report records.
    """
    refuse_others(job.contract)
    work = out.with_name(f".{out.name}.making")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        if engine == "duckdb":
            made = DuckRun(
                job,
                known=known,
                held=held,
                work=work,
                memory=memory,
                threads=threads,
                in_memory=in_memory,
                progress=progress,
            )
            outcome = made.run(files, rows=rows).moved(work, out)
        else:
            cluster = SparkRun(job, master=engine, known=known, held=held, work=work, progress=progress)
            outcome = cluster.run(files, rows=rows).moved(work, out)
        work.rename(out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return outcome
