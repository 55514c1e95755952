"""What is held beside a batch of mass facts: read before the batch is made, looked at again before it enters the lake.

Batches of one item are made at the same time, each beside the state that it found. What came after that state matters
only where it says something of a natural key under which the batch brings a row: then the batch is made again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
from django.conf import settings
from django.db import connection

from goodstanding.registry import journal

from . import lake
from .bulk import registry, supersede

#: What a row of the lake does to a key that comes again.
_STATES: Final = "CASE change WHEN 'annul' THEN 'withdrawn' WHEN 'redact' THEN 'redacted' ELSE 'held' END"
#: The versions of an item's records of which the journal told after a position; of removed ones the firewall knows.
_TOLD: Final = """
    WITH told AS (
        SELECT id, natural_key, content_digest, version FROM registry_record
        WHERE item_id = %(item)s AND state <> ALL(%(gone)s) AND id IN (
            SELECT record_id FROM registry_event WHERE position > %(position)s AND record_id IS NOT NULL)
    )
    SELECT natural_key, content_digest, version FROM told
    UNION ALL
    SELECT t.natural_key, v.content_digest, v.version FROM told t JOIN registry_recordversion v ON v.record_id = t.id
"""


@dataclass(frozen=True, slots=True)
class Beside:
    """The state that a batch was made beside: the lake's data files, and the journal's last position."""

    files: tuple[str, ...]
    position: int


@dataclass(frozen=True, slots=True)
class HeldOf:
    """What is held of one item by others than one batch. ``path`` is the Parquet file that `export` writes."""

    lake: lake.Lake
    item: str
    batch: str
    path: Path

    def export(self) -> Beside:
        """Write every version that the registry or the lake holds of the item, but for those of this very batch.

        What was removed from the registry is left out: the firewall answers for it, and notes who sent it.

        Returns:
            The state that was read. What comes later is found beside it by `changed_in_lake` and `told`.
        """
        position = journal.head()  # first, so that nothing falls between the position and the tables
        promoted = self.path.with_name("promoted.parquet")
        registry.export_held(promoted)
        files = tuple(str(file.path) for file in lake.plan(self.lake))
        with self._reader() as reader:
            parts = ["FROM read_parquet($promoted)"]
            given: dict[str, Any] = {"promoted": str(promoted), "path": str(self.path)}
            if files:
                parts.append(
                    f"SELECT natural_key, content_digest, version, {_STATES} AS state FROM read_parquet($files)"
                    " WHERE item = $item AND batch <> $batch"
                )
                given |= {"files": list(files), "item": self.item, "batch": self.batch}
            held = " UNION ALL ".join(f"({part})" for part in parts)
            gone = f"FROM read_parquet($promoted) WHERE state IN {supersede.GONE}"
            query = f"FROM ({held}) ANTI JOIN ({gone}) USING (natural_key)"
            reader.execute(f"COPY ({query}) TO $path (FORMAT parquet, COMPRESSION zstd)", given)
        return Beside(files, position)

    def changed_in_lake(self, beside: Beside, digests: Path) -> bool:
        """Whether the lake says anything new under a key of the batch.

        Args:
            beside: the state that the batch was made beside.
            digests: the batch's accepted rows (``BulkOutcome.digests_file``).
        """
        before = set(beside.files)
        new = [str(file.path) for file in lake.plan(self.lake) if str(file.path) not in before]
        if not new:
            return False
        with self._reader() as reader:
            rows = "SELECT * FROM read_parquet($new) WHERE item = $item AND batch <> $batch"
            return self._news(reader, rows, digests, new=new, item=self.item, batch=self.batch)

    def changed_in_registry(self, beside: Beside, digests: Path) -> bool:
        """Whether the registry says anything new under a key of the batch; as `changed_in_lake`."""
        given = {"item": self.item, "gone": list(supersede.GONE), "position": beside.position}
        with connection.cursor() as cursor:
            cursor.execute(_TOLD, given)
            keys, contents, versions = (
                zip(*cursor.fetchall(), strict=True) if cursor.rowcount else ((), (), ())
            )
        if not keys:
            return False
        table = pa.table(
            {
                "natural_key": pa.array(map(bytes, keys), pa.binary()),
                "content_digest": pa.array(map(bytes, contents), pa.binary()),
                "version": pa.array(versions, pa.int32()),
            }
        )
        with self._reader() as reader:
            reader.register("told", table)
            return self._news(reader, "FROM told", digests)

    def _news(self, reader: duckdb.DuckDBPyConnection, rows: str, digests: Path, **given: object) -> bool:
        """Whether any of these rows stands under a key of the batch and was not held when the batch was made.

        Rows are compared, not files: a compaction writes what was held before into new files.
        """
        found = reader.execute(
            f"SELECT 1 FROM (FROM ({rows}) SEMI JOIN read_parquet($digests) USING (natural_key))"
            " ANTI JOIN read_parquet($held) USING (natural_key, content_digest, version) LIMIT 1",
            {"digests": str(digests), "held": str(self.path), **given},
        ).fetchone()
        return found is not None

    def _reader(self) -> duckdb.DuckDBPyConnection:
        spill = str(self.path.with_name("spill"))
        return duckdb.connect(config={"memory_limit": settings.BULK_MEMORY, "temp_directory": spill})
