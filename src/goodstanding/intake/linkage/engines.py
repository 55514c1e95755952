"""Where pairs are scored: DuckDB in this process, or Spark. Both take the same SQL."""

from __future__ import annotations

import logging
from typing import Any, Protocol

import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.intake.linkage.errors import LinkageError


class Engine(Protocol):
    """Holds tables, runs SQL that DuckDB and Spark read alike, and gives Splink its back end."""

    number_of_text: str
    """The engine's function that makes a number of 64 bits of a text, by which keys are joined."""

    def api(self) -> Any:
        """Splink's own access to the engine."""

    def put(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table known under a name."""

    def make(self, name: str, query: str) -> None:
        """Keep the result of a query under a name."""

    def fetch(self, query: str) -> pa.Table:
        """The result of a query."""

    def drop(self, *names: str) -> None:
        """Let tables go."""


class OnDuckDB:
    """DuckDB, a database in memory of its own unless a connection is given."""

    number_of_text = "hash"

    def __init__(self, connection: Any = None, *, threads: int | None = None) -> None:
        import duckdb

        self._connection = connection or duckdb.connect(config={"threads": threads} if threads else {})
        self._connection.execute("SET enable_progress_bar = false")

    def api(self) -> Any:
        """Splink's DuckDBAPI."""
        _quiet()
        try:
            from splink.backends.duckdb import DuckDBAPI
        except ImportError as error:
            raise LinkageError.extra_missing("splink") from error
        return DuckDBAPI(self._connection)

    def put(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table a table of the database."""
        self._connection.register("linkage_arriving", table)
        self.make(name, "SELECT * FROM linkage_arriving")
        self._connection.unregister("linkage_arriving")

    def make(self, name: str, query: str) -> None:
        """Keep the result of a query as a temporary table."""
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")

    def fetch(self, query: str) -> pa.Table:
        """The result of a query."""
        return self._connection.sql(query).to_arrow_table()

    def drop(self, *names: str) -> None:
        """Drop tables."""
        for name in names:
            self._connection.execute(f"DROP TABLE IF EXISTS {name}")


class OnSpark:
    """A Spark session, for instance that of `goodstanding.law.columns.spark`."""

    number_of_text = "xxhash64"

    def __init__(self, session: Any) -> None:
        self._session = session

    def api(self) -> Any:
        """Splink's SparkAPI, without its Java functions: nothing here needs them."""
        _quiet()
        try:
            from splink.backends.spark import SparkAPI
        except ImportError as error:
            raise LinkageError.extra_missing("splink") from error
        return SparkAPI(
            spark_session=self._session, register_udfs_automatically=False, break_lineage_method="persist"
        )

    def put(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table a view of the session."""
        self._session.createDataFrame(table).createOrReplaceTempView(name)

    def make(self, name: str, query: str) -> None:
        """Keep the result of a query in memory."""
        self._session.sql(query).persist().createOrReplaceTempView(name)

    def fetch(self, query: str) -> pa.Table:
        """The result of a query."""
        return self._session.sql(query).toArrow()

    def drop(self, *names: str) -> None:
        """Drop views, and let go what they held."""
        for name in names:
            if self._session.catalog.tableExists(name):
                self._session.table(name).unpersist()
                self._session.catalog.dropTempView(name)


def _quiet() -> None:
    logging.getLogger("splink").setLevel(logging.WARNING)
