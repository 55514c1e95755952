"""The table of reported records: its columns, its partition, its order, and how files of it are written.

One row is one reported state of one record. It is never changed; only a redaction (`redact.py`) rewrites it.
"""

from __future__ import annotations

from types import MappingProxyType

import pyarrow as pa  # type: ignore[import-untyped]
from pyiceberg.io.pyarrow import pyarrow_to_schema
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import SortField, SortOrder
from pyiceberg.transforms import IdentityTransform

from .errors import BucketsRefused

_INSTANT = pa.timestamp("us", tz="UTC")
_COLUMNS: tuple[tuple[str, pa.DataType, bool], ...] = (
    ("bucket", pa.int32(), False),
    ("entity", pa.string(), False),
    ("item", pa.string(), False),
    ("kind", pa.string(), False),
    ("natural_key", pa.binary(), False),
    ("content_digest", pa.binary(), False),
    ("content", pa.string(), False),
    ("document_no", pa.string(), False),
    ("issuer", pa.string(), False),
    ("source", pa.string(), False),
    ("contract", pa.string(), False),
    ("legal_basis", pa.string(), False),
    ("found_on", pa.date32(), False),
    ("measures", pa.list_(pa.field("element", pa.string(), metadata={"PARQUET:field_id": "28"})), False),
    ("amount_yuan", pa.decimal128(20, 2), True),
    ("pack", pa.string(), False),
    ("severity", pa.string(), True),
    ("published", pa.bool_(), False),
    ("publish_from", pa.date32(), True),
    ("restorable_from", pa.date32(), True),
    ("publish_until", pa.date32(), True),
    ("restorable", pa.bool_(), False),
    ("change", pa.string(), False),
    ("version", pa.int32(), False),
    ("batch", pa.string(), False),
    ("row", pa.int64(), False),
    ("known_from", _INSTANT, False),
)
#: Names, types and which columns may be null. The fields' ids stand in the metadata, as Parquet keeps them; they are
#: those that Iceberg gives: columns from 1, then what is inside of them.
SCHEMA = pa.schema(
    [
        pa.field(name, kind, nullable=null, metadata={"PARQUET:field_id": str(at)})
        for at, (name, kind, null) in enumerate(_COLUMNS, start=1)
    ]
)
NAMES: tuple[str, ...] = tuple(SCHEMA.names)
#: The order of the rows inside a file; later columns make it the same whoever sorts.
ORDER: tuple[str, ...] = ("entity", "natural_key", "version", "known_from", "batch", "row")
#: What a row can say of its record.
CHANGES = ("report", "correct", "annul", "redact")
#: Changes after which a record is not current.
GONE = ("annul", "redact")
TABLE = ("goodstanding", "records")
BUCKETS = "goodstanding.buckets"
#: An entity's rows are at home in one group of a file; smaller groups make lookups cheaper and footers longer.
ROWS_PER_GROUP = 16_384

#: Bounds stand in the manifests only for these columns: those of a content would outlive its redaction.
_BOUNDED = ("bucket", "entity", "natural_key", "version", "found_on", "batch", "known_from", "publish_until")
PROPERTIES = MappingProxyType(
    {
        "format-version": "2",
        "write.format.default": "parquet",
        "write.parquet.compression-codec": "zstd",
        "write.parquet.row-group-limit": str(ROWS_PER_GROUP),
        "write.metadata.metrics.default": "counts",
        **{f"write.metadata.metrics.column.{name}": "full" for name in _BOUNDED},
        # Each try looks again whether the batch is there already, so the library must not retry by itself.
        "commit.retry.num-retries": "0",
        "commit.manifest.min-count-to-merge": "32",
        "write.metadata.delete-after-commit.enabled": "true",
        "write.metadata.previous-versions-max": "50",
    }
)


def iceberg_schema() -> Schema:
    """The columns for Iceberg. All are optional there, since engines write no other; `append` counts the nulls."""
    return pyarrow_to_schema(pa.schema([field.with_nullable(True) for field in SCHEMA]))


def partition(schema: Schema) -> PartitionSpec:
    """By the bucket as it stands in the rows."""
    source = schema.find_field("bucket").field_id
    return PartitionSpec(PartitionField(source, 1000, IdentityTransform(), "bucket"))


def sort_order(schema: Schema) -> SortOrder:
    """By entity, record and version."""
    return SortOrder(*(SortField(schema.find_field(name).field_id) for name in ORDER[:3]))


def checked_buckets(buckets: int) -> int:
    """The number itself. Raises BucketsRefused unless it is a power of two up to 256."""
    if not 1 <= buckets <= 256 or buckets & (buckets - 1):
        raise BucketsRefused(
            asked=buckets,
            reason="the number of buckets is a power of two from 1 to 256.",
            reason_zh="分桶数须为 1 至 256 之间的 2 的幂。",
        )
    return buckets


def bucket_of(entity: str, *, buckets: int) -> int:
    """The bucket of an entity: the first two hexadecimal digits of its public id, modulo the number of buckets."""
    return int(entity[:2], 16) % buckets


def bucket_table(buckets: int) -> pa.Table:
    """`bucket_of` as a table to join with: ``prefix`` (two digits, lower case) and ``bucket``, 256 rows."""
    prefixes = [f"{number:02x}" for number in range(256)]
    numbers = pa.array([bucket_of(prefix, buckets=buckets) for prefix in prefixes], pa.int32())
    return pa.table({"prefix": prefixes, "bucket": numbers})


def _field_ids() -> str:
    written = []
    for field in SCHEMA:
        own = field.metadata[b"PARQUET:field_id"].decode()
        if pa.types.is_list(field.type):
            element = field.type.value_field.metadata[b"PARQUET:field_id"].decode()
            own = f"{{__duckdb_field_id: {own}, element: {element}}}"
        written.append(f'"{field.name}": {own}')
    return "{" + ", ".join(written) + "}"


#: How DuckDB writes a file of the table: the options of ``COPY ... TO``.
COPY_OPTIONS = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROWS_PER_GROUP}, FIELD_IDS {_field_ids()}"
#: The columns in their order, as SQL.
COLUMNS_SQL = ", ".join(NAMES)
#: The order of the rows, as SQL.
ORDER_SQL = ", ".join(ORDER)
