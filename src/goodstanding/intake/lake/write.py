"""New rows: where an engine writes the files of a batch, and how they become part of the table, exactly once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
from pyiceberg.conversions import from_bytes
from pyiceberg.io.pyarrow import parquet_file_to_data_file
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, Transaction
from pyiceberg.types import StringType

from .catalog import Lake, answering
from .commits import commit
from .errors import FilesRefused
from .schema import COLUMNS_SQL, COPY_OPTIONS, ORDER_SQL, SCHEMA

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Appended:
    """A batch in the table. `repeated`: it was there before this call."""

    batch: str
    snapshot: int
    rows: int
    repeated: bool


def new_folder(lake: Lake, batch: str) -> Path:
    """A fresh folder for the files of one try of a batch; files of a try that dies are removed by `clean`.

    A try that is repeated needs a new folder: the files of the earlier one may be part of the table.
    """
    folder = lake.folder / "data" / batch / secrets.token_hex(8)
    folder.mkdir(parents=True)
    return folder


def write_batch(connection: duckdb.DuckDBPyConnection, *, table: str, folder: Path) -> list[Path]:
    """Write the rows of a DuckDB table as files of the lake: one for each bucket, sorted, with the fields' ids.

    Args:
        connection: the DuckDB connection.
        table: a table of the schema, by name (it is read once for each bucket, so not a costly query).
        folder: an existing folder (`new_folder`).
    """
    buckets = connection.execute(f"SELECT DISTINCT bucket FROM {table} ORDER BY bucket").fetchall()
    files = []
    for (bucket,) in buckets:
        path = folder / f"{bucket:03}.parquet"
        rows = f"SELECT {COLUMNS_SQL} FROM {table} WHERE bucket = {bucket} ORDER BY {ORDER_SQL}"
        copy(connection, rows, path)
        files.append(path)
    return files


def copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    """Write a query's rows, in its order, as one file of the lake. Returns the rows."""
    quoted = str(path).replace("'", "''")
    (rows,) = connection.execute(f"COPY ({query}) TO '{quoted}' ({COPY_OPTIONS})").fetchone()  # type: ignore[misc]
    return int(rows)


def appended(lake: Lake, batch: str) -> Appended | None:
    """The batch as it stands in the table, or None: to ask before the work of a batch is done again."""
    return _found(lake, lake.table(), batch)


def append(
    lake: Lake,
    *,
    batch: str,
    files: Iterable[Path],
    last_look: AbstractContextManager[object] | None = None,
) -> Appended:
    """Make Parquet files that an engine has written part of the table, in one commit, once for each batch.

    A second call for the batch, in whatever process, changes nothing, whatever files it names. A process that is
    killed leaves the table as it was or with the whole batch.

    Args:
        lake: the lake.
        batch: the batch's public id, as it stands in the column `batch`.
        files: files below the table's folder (`new_folder`), each with the columns of the schema (timestamps in
            microseconds, UTC) and rows of one bucket and this batch only, sorted by entity, natural_key, version.
        last_look: entered when the files are on the disk and only the commit is left, and left after it; what it
            raises on entering keeps the batch out.

    Raises:
        FilesRefused: a file is not of the table. Nothing is appended.
        LakeBusy: other commits were always faster.
        LakeUnavailable: the database or a file does not answer.
    """
    paths = sorted(Path(file).absolute() for file in files)

    def stage(table: Table, transaction: Transaction) -> Appended:
        there = _found(lake, table, batch)
        if there:
            return there
        summary = {"goodstanding.operation": "append", "goodstanding.batch": batch}
        producer = transaction.update_snapshot(snapshot_properties=summary).merge_append()
        for entry in entries:
            producer.append_data_file(entry)
        producer.commit()
        rows = sum(entry.record_count for entry in entries)
        return Appended(batch=batch, snapshot=producer.snapshot_id, rows=rows, repeated=False)

    with lake.files_in_use():
        table = lake.table()
        there = _found(lake, table, batch)
        if there:
            return there
        entries = [entry for path in paths if (entry := _entry(lake, table, path, batch)) is not None]
        for entry in entries:
            keep_on_disk(Path(entry.file_path.removeprefix("file://")))
        with last_look or nullcontext():
            return commit(lake, what="append", stage=stage)


def _found(lake: Lake, table: Table, batch: str) -> Appended | None:
    """Where the batch stands: in the summaries of the snapshots, or, once its snapshot expired, in the database."""
    for snapshot in table.metadata.snapshots:
        summary = snapshot.summary
        if summary is not None and summary["goodstanding.batch"] == batch:
            rows = int(summary["added-records"] or 0)
            return Appended(batch=batch, snapshot=snapshot.snapshot_id, rows=rows, repeated=True)
    # Read after the snapshots: `expire` writes here before it lets a snapshot go.
    with answering(), lake.connect() as connection:
        row = connection.execute(
            "SELECT snapshot_id, rows FROM lake.batch WHERE batch = %s", [batch]
        ).fetchone()
    return Appended(batch=batch, snapshot=row[0], rows=row[1], repeated=True) if row else None


def _entry(lake: Lake, table: Table, path: Path, batch: str) -> DataFile | None:
    """The manifest's entry of a new file, made from its footer; None for a file without rows."""
    if not path.is_relative_to(lake.folder):
        raise FilesRefused(
            path=str(path),
            reason=f"it is not below the table's folder {lake.folder}.",
            reason_zh=f"不在数据表文件夹 {lake.folder} 之内。",
        )
    entry = data_file(table, path)
    if entry is None:
        return None
    field = table.schema().find_field("batch").field_id
    bounds = [(side or {}).get(field) for side in (entry.lower_bounds, entry.upper_bounds)]
    batches = {None if bound is None else from_bytes(StringType(), bound) for bound in bounds}
    if batches != {batch}:
        named = ", ".join(sorted(str(name) for name in batches))
        raise FilesRefused(
            path=str(path),
            reason=f"its rows are of batch {named}, not of {batch}.",
            reason_zh=f"其行属于批次 {named}，而非 {batch}。",
        )
    return entry


def data_file(table: Table, path: Path) -> DataFile | None:
    """Iceberg's entry of a file of the schema, or None if it has no rows. Raises FilesRefused, LakeUnavailable."""
    try:
        with answering():
            entry = parquet_file_to_data_file(table.io, table.metadata, f"file://{path}")
    except (ValueError, pa.ArrowException) as error:
        # Of a table that compares all columns only those that differ are said.
        differing = [line for line in str(error).splitlines() if "❌" in line]
        said = " ".join(" ".join(differing or [str(error)]).split())
        raise FilesRefused(path=str(path), reason=f"{said}.", reason_zh=f"{said}。") from error
    if entry.record_count == 0:
        return None
    for field in SCHEMA:
        number = int(field.metadata[b"PARQUET:field_id"])
        counts = entry.null_value_counts or {}
        if not field.nullable and not pa.types.is_list(field.type) and counts.get(number, 1):
            raise FilesRefused(
                path=str(path),
                reason=f"column {field.name} has empty cells, or does not count them.",
                reason_zh=f"{field.name} 列有空值，或未统计空值。",
            )
    return entry


def keep_on_disk(path: Path) -> None:
    """Wait until a file and its name are on the disk: the database's commit must not outlive them."""
    for place, flags in ((path, os.O_RDONLY), (path.parent, os.O_RDONLY | os.O_DIRECTORY)):
        handle = os.open(place, flags)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
