"""Where the table is known: a catalog in the schema ``lake`` of the registry's database, files in a folder.

The catalog is Iceberg's SQL catalog (two tables) over the connection that Django's settings name. The password is
handed to the driver alone: it stands in no address, no property and no message.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connection as django_connection
from pyiceberg.catalog import MetastoreCatalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NamespaceAlreadyExistsError, NoSuchTableError, TableAlreadyExistsError
from pyiceberg.table import Table
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from goodstanding.registry import locks

from .errors import BucketsRefused, LakeUnavailable
from .schema import BUCKETS, PROPERTIES, TABLE, checked_buckets, iceberg_schema, partition, sort_order

Connect = Callable[[], "psycopg.Connection[Any]"]
#: Batches whose snapshot has expired; the others stand in the summaries of the snapshots (see `expire.py`).
_TABLES = """
CREATE SCHEMA IF NOT EXISTS lake;
CREATE TABLE IF NOT EXISTS lake.batch (
    batch text PRIMARY KEY,
    snapshot_id bigint NOT NULL,
    rows bigint NOT NULL,
    committed_at timestamptz NOT NULL
);
"""


class _Catalog(SqlCatalog):
    """The SQL catalog over given connections. They are not pooled: a process that forks shares none."""

    def __init__(self, *, connect: Connect, warehouse: str) -> None:
        MetastoreCatalog.__init__(self, "goodstanding", warehouse=warehouse)
        self.engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)
        self._init_catalog()


@dataclass(frozen=True, slots=True)
class Lake:
    """An open lake: hand it to the functions of this package. It holds no connection between calls."""

    catalog: SqlCatalog
    folder: Path
    buckets: int
    connect: Connect

    def table(self) -> Table:
        """The table in its state of now. Raises LakeUnavailable."""
        with answering():
            return self.catalog.load_table(TABLE)

    @contextlib.contextmanager
    def files_in_use(self, *, alone: bool = False) -> Iterator[None]:
        """Keep files from being removed while they are committed; `alone` waits for all others and removes.

        The lock is the database's and ends with the process.
        """
        how = "" if alone else "_shared"
        with answering(), self.connect() as connection:
            connection.execute(f"SELECT pg_advisory_lock{how}(%s)", [locks.LAKE_FILES])
            yield


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """Say in one sentence that the database or a file does not answer. Raises LakeUnavailable."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        said = getattr(error, "orig", None) or error
        raise LakeUnavailable(str(said).strip().splitlines()[0]) from error
    except FileNotFoundError as error:
        raise LakeUnavailable(str(error)) from error


def open_lake(*, folder: Path | None = None, buckets: int | None = None) -> Lake:
    """Open the lake of this installation, making catalog and table if need be; any number of processes may.

    Args:
        folder: where the files of a new table lie; the setting LAKE_FOLDER where absent.
        buckets: number of partitions of a new table, a power of two up to 256; 16 where absent.

    Raises:
        BucketsRefused: the table has another number of buckets, or it cannot have this one.
        LakeUnavailable: the database does not answer.
    """
    if buckets is not None:
        checked_buckets(buckets)
    folder = (folder or Path(settings.LAKE_FOLDER)).absolute()
    connect = _connect_as_django()
    with answering(), connect() as connection:
        connection.autocommit = True  # the catalog looks from a connection of its own
        # One at a time: CREATE ... IF NOT EXISTS of two processes can fail in PostgreSQL, and so can two that make
        # the same namespace.
        connection.execute("SELECT pg_advisory_lock(%s)", [locks.LAKE_TABLES])
        connection.execute(_TABLES)
        catalog = _Catalog(connect=connect, warehouse=f"file://{folder}")
        try:
            table = catalog.load_table(TABLE)
        except NoSuchTableError:
            table = _create(catalog, folder=folder, buckets=buckets or 16)
    found = int(table.properties[BUCKETS])
    if buckets is not None and buckets != found:
        raise BucketsRefused(
            asked=buckets,
            reason=f"the table has {found}; a table keeps its number for life.",
            reason_zh=f"现有表为 {found} 个；表的分桶数终身不变。",
        )
    return Lake(catalog=catalog, folder=path_of(table.location()), buckets=found, connect=connect)


def path_of(location: str) -> Path:
    """The file that a location of the catalog names."""
    parts = urlsplit(location)
    return Path(location[len("file://") :] if parts.scheme == "file" else location)


def _create(catalog: SqlCatalog, *, folder: Path, buckets: int) -> Table:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(NamespaceAlreadyExistsError):
        catalog.create_namespace(TABLE[0])
    schema = iceberg_schema()
    try:
        return catalog.create_table(
            TABLE,
            schema=schema,
            location=f"file://{folder / TABLE[1]}",
            partition_spec=partition(schema),
            sort_order=sort_order(schema),
            properties={
                **PROPERTIES,
                BUCKETS: str(buckets),
                "schema.name-mapping.default": schema.name_mapping.model_dump_json(),
            },
        )
    except TableAlreadyExistsError:  # another process was faster
        return catalog.load_table(TABLE)


def _connect_as_django() -> Connect:
    """A function that connects as Django does, with the schema ``lake`` first."""
    said = dict(django_connection.settings_dict)
    options: dict[str, Any] = dict(said["OPTIONS"])
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    options |= {theirs: said[ours] for ours, theirs in names.items() if said.get(ours)}
    options["options"] = f"{options.get('options', '')} -c search_path=lake".strip()

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(**options)

    return connect
