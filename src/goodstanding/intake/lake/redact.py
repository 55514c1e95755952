"""Take what was said of records out of every file of the table. `expire` then takes it out of the earlier states."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
from pyiceberg.manifest import DataFile

from .catalog import Lake, path_of
from .commits import TRIES
from .compact import Rewrite, engine, replace, rewrite_folder
from .errors import LakeBusy
from .plan import data_files, parquet_sql, planned
from .schema import NAMES, ORDER_SQL
from .write import copy

if TYPE_CHECKING:
    import duckdb

#: What stands in a redacted row. Its keys, its days, who sent it and when it became known remain.
BLANK = {
    "content": """'{"public":{},"personal":{},"law":{}}'""",
    "content_digest": "repeat('\\x00'::BLOB, 32)",
    "document_no": "''",
    "legal_basis": "''",
    "measures": "[]::VARCHAR[]",
    "amount_yuan": "NULL::DECIMAL(20, 2)",
    "severity": "NULL::VARCHAR",
    "published": "false",
    "restorable": "false",
    "change": "'redact'",
}


@dataclass(frozen=True, slots=True)
class Redacted:
    """What a redaction did: rows that lost their content, files that were rewritten."""

    rows: int
    files: int


def redact(lake: Lake, natural_keys: Collection[bytes], *, memory: str = "2GB") -> Redacted:
    """Blank every state of these records in the table; running it again changes nothing.

    One commit, and another one when rows of these records were appended meanwhile. The blanked rows say `redact`, so
    the records are not current. Earlier states of the table hold the content until `expire`.

    Args:
        lake: the lake.
        natural_keys: the records' natural keys.
        memory: most memory that it takes, as DuckDB writes it.

    Raises:
        LakeBusy, LakeUnavailable: run it again; what was redacted stays so.
    """
    keys = pa.table({"natural_key": pa.array(sorted(natural_keys), pa.binary())})
    if not keys.num_rows:
        return Redacted(rows=0, files=0)
    done = Redacted(rows=0, files=0)
    looked: set[str] = set()
    written: dict[str, tuple[int, Path]] = {}  # by the file that they stand for
    with engine(memory=memory) as connection:
        connection.register("redacted_keys", keys)
        for _ in range(TRIES):
            live = {file.file_path: file for file in data_files(lake.table())}
            for file in _holding(connection, [file for path, file in live.items() if path not in looked]):
                written[file.file_path] = _rewrite(lake, connection, file)
            looked |= live.keys()
            if not written:
                return done
            rewrite = Rewrite(
                removed=tuple(live[path] for path in written),
                written=tuple(path for _, path in written.values()),
            )
            (made,) = replace(lake, what="redact", rewrites=[rewrite])
            if made is None:  # one of the files was compacted just now: look at all of them again
                looked -= written.keys()
            else:
                rows = sum(rows for rows, _ in written.values())
                done = Redacted(rows=done.rows + rows, files=done.files + len(written))
            written.clear()
    raise LakeBusy(what="redact", tries=TRIES, reason="other writers kept replacing the files")


def _holding(connection: duckdb.DuckDBPyConnection, files: list[DataFile]) -> list[DataFile]:
    """The files that hold content of the keys which is not blank yet."""
    # Keys first, and contents only where a key was found: contents are most of what the table weighs.
    for condition in ("true", f"content <> {BLANK['content']}"):
        if not files:
            return []
        by_path = {str(path_of(file.file_path)): file for file in files}
        found = connection.execute(
            f"SELECT DISTINCT filename FROM {parquet_sql([Path(path) for path in by_path])}"
            f" WHERE natural_key IN (FROM redacted_keys) AND {condition} ORDER BY filename"
        ).fetchall()
        files = [by_path[path] for (path,) in found]
    return files


def _rewrite(lake: Lake, connection: duckdb.DuckDBPyConnection, file: DataFile) -> tuple[int, Path]:
    """A file with the rows of the keys blanked; how many were."""
    source = parquet_sql([path_of(file.file_path)])
    marked = f"SELECT *, natural_key IN (FROM redacted_keys) AS gone FROM {source}"
    columns = ", ".join(
        f"CASE WHEN gone THEN {BLANK[name]} ELSE {name} END AS {name}" if name in BLANK else name
        for name in NAMES
    )
    path = rewrite_folder(lake, planned(file).bucket) / "0000.parquet"
    copy(connection, f"SELECT {columns} FROM ({marked}) ORDER BY {ORDER_SQL}", path)
    counted = connection.execute(f"SELECT count(*) FROM ({marked}) WHERE gone").fetchone()
    assert counted is not None
    return int(counted[0]), path
