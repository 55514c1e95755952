"""Which data files a scan needs, and the SQL to read them: no engine needs an Iceberg plug-in for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pyiceberg.expressions import AlwaysTrue, And, BooleanExpression, EqualTo, Reference
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from .catalog import Lake, answering, path_of
from .errors import DeletesByOthers, SnapshotGone
from .schema import COLUMNS_SQL, GONE, SCHEMA, bucket_of

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A data file of the table."""

    path: Path
    bucket: int
    rows: int
    bytes: int


def plan(
    lake: Lake,
    *,
    entity: str | None = None,
    bucket: int | None = None,
    batch: str | None = None,
    snapshot: int | None = None,
) -> tuple[PlannedFile, ...]:
    """The data files that can hold what is asked for, by partition and by the bounds that the manifests keep.

    Args:
        lake: the lake.
        entity: public id of one entity.
        bucket: one partition.
        batch: public id of one batch.
        snapshot: id of an earlier state; the newest where absent.

    Returns:
        The files, by path. They hold other rows too: filter again.

    Raises:
        SnapshotGone: there is no such state.
        DeletesByOthers: a file alone would show rows that another engine has deleted.
    """
    table = lake.table()
    if snapshot is not None and table.snapshot_by_id(snapshot) is None:
        raise SnapshotGone(snapshot)
    if entity is not None:
        bucket = bucket_of(entity, buckets=lake.buckets)
    wanted: BooleanExpression = AlwaysTrue()
    for column, value in (("bucket", bucket), ("entity", entity), ("batch", batch)):
        if value is not None:
            wanted = And(wanted, EqualTo(Reference(column), value))  # type: ignore[call-arg,arg-type]
    found = data_files(table, wanted=wanted, snapshot=snapshot)
    return tuple(planned(file) for file in found)


def data_files(
    table: Table, *, wanted: BooleanExpression | None = None, snapshot: int | None = None
) -> list[DataFile]:
    """Iceberg's entries of the live data files, by path. Raises DeletesByOthers."""
    with answering():
        tasks = list(table.scan(row_filter=wanted or AlwaysTrue(), snapshot_id=snapshot).plan_files())
    for task in tasks:
        if task.delete_files:
            raise DeletesByOthers(task.file.file_path)
    return sorted((task.file for task in tasks), key=lambda file: file.file_path)


def planned(file: DataFile) -> PlannedFile:
    """An entry of a manifest as engines need it."""
    return PlannedFile(
        path=path_of(file.file_path),
        bucket=file.partition[0],
        rows=file.record_count,
        bytes=file.file_size_in_bytes,
    )


def text(value: str) -> str:
    """A text as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def parquet_sql(paths: Sequence[Path]) -> str:
    """Files as DuckDB reads them; what a folder is called says nothing of the rows."""
    listed = ", ".join(text(str(path)) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false, filename = true)"


_DUCKDB = {"string": "VARCHAR", "binary": "BLOB", "bool": "BOOLEAN", "int32": "INTEGER", "int64": "BIGINT"}
_DUCKDB |= {
    "date32[day]": "DATE",
    "decimal128(20, 2)": "DECIMAL(20, 2)",
    "list<element: string>": "VARCHAR[]",
}
_DUCKDB |= {"timestamp[us, tz=UTC]": "TIMESTAMPTZ"}


def files_sql(files: Sequence[PlannedFile], *, known_by: datetime | None = None) -> str:
    """The files as a table expression of DuckDB, also when there are none.

    Args:
        files: what `plan` returned.
        known_by: leave out what became known at this instant or later (aware).
    """
    if not files:
        nulls = ", ".join(f'CAST(NULL AS {_DUCKDB[str(field.type)]}) AS "{field.name}"' for field in SCHEMA)
        return f"(SELECT {nulls} WHERE false)"
    before = f" WHERE known_from < TIMESTAMPTZ {text(known_by.isoformat(sep=' '))}" if known_by else ""
    return f"(SELECT {COLUMNS_SQL} FROM {parquet_sql([file.path for file in files])}{before})"


def current_sql(table: str) -> str:
    """The current state as a query of DuckDB or Spark: each record's highest version, unless annulled or redacted.

    Args:
        table: a table, view or table expression (`files_sql`) with the columns of the schema.
    """
    gone = ", ".join(text(change) for change in GONE)
    newest = "version DESC, known_from DESC, batch DESC, row DESC"
    return (
        f"SELECT {COLUMNS_SQL} FROM (SELECT *, row_number() OVER (PARTITION BY natural_key"
        f" ORDER BY {newest}) AS place FROM {table} AS reported) AS placed"
        f" WHERE place = 1 AND change NOT IN ({gone})"
    )


def duckdb_relation(
    connection: duckdb.DuckDBPyConnection, files: Sequence[PlannedFile]
) -> duckdb.DuckDBPyRelation:
    """The planned files as a relation of a DuckDB connection."""
    return connection.sql(f"SELECT * FROM {files_sql(files)}")
