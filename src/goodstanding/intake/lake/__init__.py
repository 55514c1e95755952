"""Everything that was ever reported, as an Apache Iceberg table that grows and is never edited.

The registry holds what can still change; the lake holds each reported state of each record, in Parquet files that any
engine reads. What it promises:

- `append` takes a batch's files in once, however often it is asked and wherever it was killed;
- a reader sees a whole state of the table: before a commit or after it;
- `compact` never loses what is appended beside it, and `expire` alone ends a state that can be travelled to;
- what `redact` removes is in no current file, and on no disk once `expire` has run.

Needs the extra `lake`; `write_batch`, `compact` and `redact` need the extra `columns` (DuckDB) too.
"""
# The extra is looked for before anything that needs it.
# ruff: noqa: E402

try:
    import pyiceberg as _pyiceberg
    import sqlalchemy as _sqlalchemy
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "the lake needs the extra `lake`, which is not installed: pip install 'goodstanding[lake,columns]'",
        name=error.name,
    ) from error
del _pyiceberg, _sqlalchemy

from .catalog import Lake, open_lake
from .compact import Compacted, compact
from .errors import (
    BucketsRefused,
    DeletesByOthers,
    FilesRefused,
    LakeBusy,
    LakeError,
    LakeUnavailable,
    SnapshotGone,
)
from .expire import Cleaned, Expired, clean, expire
from .plan import PlannedFile, current_sql, duckdb_relation, files_sql, plan
from .read import Snapshot, current, history, snapshot_at, snapshots
from .redact import Redacted, redact
from .schema import COPY_OPTIONS, SCHEMA, bucket_of, bucket_table
from .write import Appended, append, appended, new_folder, write_batch

__all__ = [
    "COPY_OPTIONS",
    "SCHEMA",
    "Appended",
    "BucketsRefused",
    "Cleaned",
    "Compacted",
    "DeletesByOthers",
    "Expired",
    "FilesRefused",
    "Lake",
    "LakeBusy",
    "LakeError",
    "LakeUnavailable",
    "PlannedFile",
    "Redacted",
    "Snapshot",
    "SnapshotGone",
    "append",
    "appended",
    "bucket_of",
    "bucket_table",
    "clean",
    "compact",
    "current",
    "current_sql",
    "duckdb_relation",
    "expire",
    "files_sql",
    "history",
    "new_folder",
    "open_lake",
    "plan",
    "redact",
    "snapshot_at",
    "snapshots",
    "write_batch",
]
