"""Many small files of a bucket become few sorted ones; what the table says, now and earlier, stays the same."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, Transaction

from .catalog import Lake, path_of
from .commits import commit
from .errors import LakeUnavailable
from .plan import data_files, parquet_sql, planned, text
from .schema import COLUMNS_SQL, ORDER_SQL
from .write import copy, data_file, keep_on_disk

if TYPE_CHECKING:
    import duckdb

#: A file of two million rows is a few hundred megabytes: sorted in memory, its footer read in milliseconds.
ROWS_PER_FILE = 2_000_000


#: One commit replaces the files of as many buckets as this many rows fill.
ROWS_PER_COMMIT = 8_000_000


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did. `given_up`: files that another writer replaced meanwhile; run it again."""

    rows: int
    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int
    given_up: int


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Files of the table and those that were written to stand in their place."""

    removed: tuple[DataFile, ...]
    written: tuple[Path, ...]


def compact(
    lake: Lake,
    *,
    everything: bool = False,
    rows_per_file: int = ROWS_PER_FILE,
    memory: str = "2GB",
    progress: Callable[[int, int], None] | None = None,
) -> Compacted:
    """Rewrite the small files of each bucket as sorted ones.

    Files of at least half of `rows_per_file` rows stay as they are, so that the work grows with what is new. An entity
    is never split over the new files. Whoever reads or appends meanwhile loses nothing; earlier states keep their files
    until `expire`. Killed amid, some buckets are done.

    Args:
        lake: the lake.
        everything: rewrite large files too, so that one entity's rows lie in one place.
        rows_per_file: about how many rows a new file gets; it is sorted in memory or beside it on disk.
        memory: most memory that sorting takes, as DuckDB writes it.
        progress: called with the rows done and their number.

    Raises:
        LakeBusy, LakeUnavailable: as `append`. Buckets done before stay done.
    """
    small = _chosen(lake, everything=everything, rows_per_file=rows_per_file)
    total = sum(file.record_count for files in small.values() for file in files)
    done, counts = 0, [0, 0, 0, 0, 0, 0]
    pending: list[Rewrite] = []
    if progress:
        progress(done, total)
    with engine(memory=memory) as connection:
        for at, (bucket, files) in enumerate(small.items(), start=1):
            pending.append(_sorted(lake, connection, bucket, files, rows_per_file=rows_per_file))
            done += sum(file.record_count for file in files)
            waiting = sum(file.record_count for rewrite in pending for file in rewrite.removed)
            if waiting >= ROWS_PER_COMMIT or at == len(small):
                for rewrite, new in zip(
                    pending, replace(lake, what="compact", rewrites=pending), strict=True
                ):
                    part = _counted(rewrite, new)
                    counts = [total + more for total, more in zip(counts, part, strict=True)]
                pending.clear()
            if progress:
                progress(done, total)
    return Compacted(*counts)


def _chosen(lake: Lake, *, everything: bool, rows_per_file: int) -> dict[int, list[DataFile]]:
    """The files to rewrite, by bucket: those that are small, or all; a lone one only if it is to be cut."""
    files_of: dict[int, list[DataFile]] = {}
    for file in data_files(lake.table()):
        if everything or file.record_count < rows_per_file // 2:
            files_of.setdefault(planned(file).bucket, []).append(file)
    return {
        bucket: files
        for bucket, files in sorted(files_of.items())
        if len(files) > 1 or files[0].record_count >= 2 * rows_per_file
    }


def _counted(rewrite: Rewrite, new: list[DataFile] | None) -> tuple[int, int, int, int, int, int]:
    if new is None:
        return 0, 0, 0, 0, 0, len(rewrite.removed)
    rows = sum(file.record_count for file in new)
    before, after = (sum(file.file_size_in_bytes for file in files) for files in (rewrite.removed, new))
    return rows, len(rewrite.removed), len(new), before, after, 0


def _sorted(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    bucket: int,
    files: Sequence[DataFile],
    *,
    rows_per_file: int,
) -> Rewrite:
    """The rows of files of one bucket in new files, sorted."""
    rows = sum(file.record_count for file in files)
    source = parquet_sql([path_of(file.file_path) for file in files])
    folder = rewrite_folder(lake, bucket)
    paths: list[Path] = []
    written = 0
    for at, where in enumerate(_ranges(connection, source, parts=-(-rows // rows_per_file))):
        path = folder / f"{at:04}.parquet"
        query = f"SELECT {COLUMNS_SQL} FROM {source} WHERE {where} ORDER BY {ORDER_SQL}"
        written += copy(connection, query, path)
        paths.append(path)
    if written != rows:
        raise LakeUnavailable(f"{written} of {rows} rows of bucket {bucket} were read")
    return Rewrite(removed=tuple(files), written=tuple(paths))


def _ranges(connection: duckdb.DuckDBPyConnection, source: str, *, parts: int) -> list[str]:
    """Conditions that cut the entities into so many parts of about equal numbers of rows."""
    if parts == 1:
        return ["true"]
    shares = [part / parts for part in range(1, parts)]
    found = connection.execute(f"SELECT quantile_disc(entity, {shares}) FROM {source}").fetchone()
    assert found is not None
    cuts = [text(cut) for cut in dict.fromkeys(found[0])]
    inner = [f"entity >= {a} AND entity < {b}" for a, b in itertools.pairwise(cuts)]
    return [f"entity < {cuts[0]}", *inner, f"entity >= {cuts[-1]}"]


def replace(lake: Lake, *, what: str, rewrites: Sequence[Rewrite]) -> list[list[DataFile] | None]:
    """Put written files in the place of removed ones, in one commit. Rows that are appended meanwhile stay.

    Returns:
        For each rewrite the entries of its new files, or None when a file to be removed was gone from the table: that
        rewrite is left out and its written files are deleted.

    Raises:
        LakeBusy, LakeUnavailable.
    """
    with lake.files_in_use():
        table = lake.table()
        new = [[entry for path in r.written if (entry := data_file(table, path))] for r in rewrites]
        for rewrite in rewrites:
            for path in rewrite.written:
                keep_on_disk(path)

        def stage(table: Table, transaction: Transaction) -> list[list[DataFile] | None]:
            live = {file.file_path: file for file in data_files(table)}
            holds = [all(file.file_path in live for file in rewrite.removed) for rewrite in rewrites]
            if any(holds):
                summary = {"goodstanding.operation": what}
                producer = transaction.update_snapshot(snapshot_properties=summary).overwrite()
                for rewrite, entries, held in zip(rewrites, new, holds, strict=True):
                    if held:
                        for file in rewrite.removed:
                            producer.delete_data_file(live[file.file_path])
                        for file in entries:
                            producer.append_data_file(file)
                producer.commit()
            return [entries if held else None for entries, held in zip(new, holds, strict=True)]

        kept = commit(lake, what=what, stage=stage)
    for rewrite, entries in zip(rewrites, kept, strict=True):
        if entries is None:
            for path in rewrite.written:
                path.unlink()
    return kept


def rewrite_folder(lake: Lake, bucket: int) -> Path:
    """A fresh folder for rewritten files of a bucket."""
    folder = lake.folder / "data" / f"bucket-{bucket}" / secrets.token_hex(8)
    folder.mkdir(parents=True)
    return folder


@contextlib.contextmanager
def engine(*, memory: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of our own, which sorts beside memory in a folder that goes with it."""
    try:
        import duckdb
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "rewriting files of the lake needs the extra `columns`, which is not installed:"
            " pip install 'goodstanding[lake,columns]'",
            name=error.name,
        ) from error
    with (
        tempfile.TemporaryDirectory(prefix="goodstanding-lake-") as folder,
        duckdb.connect(config={"memory_limit": memory, "temp_directory": folder}) as connection,
    ):
        yield connection
