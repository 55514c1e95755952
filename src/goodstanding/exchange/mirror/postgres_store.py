"""A store in a schema of its own in a PostgreSQL database, beside whatever else the recipient keeps there."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from .errors import MirrorError
from .sql_store import TABLES, SqlStore

try:
    import psycopg
except ImportError as error:
    raise MirrorError("store.driver", place=str(error)) from error

SCHEMA: Final = "mirror"
#: What errors mean that are not the statement's own fault; the first that fits.
_CODES: Final[dict[type[Exception], str]] = {
    psycopg.errors.LockNotAvailable: "store.busy",
    psycopg.errors.DiskFull: "store.full",
    psycopg.errors.InsufficientPrivilege: "store.unwritable",
    psycopg.errors.ReadOnlySqlTransaction: "store.unwritable",
    psycopg.OperationalError: "store.unreachable",
}
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}", re.ASCII)


class PostgresStore(SqlStore):
    """One connection to one schema. What was committed survives a power cut of the server."""

    def __init__(self, url: str) -> None:
        """Connect; make the schema and its tables if need be.

        Raises:
            MirrorError: store.address, store.unreachable.
        """
        self._address, self.schema = _parted(url)
        super().__init__(self._connected())

    def _connected(self) -> psycopg.Connection[Any]:
        try:
            connection = psycopg.connect(
                self._address, autocommit=True, application_name="goodstanding mirror"
            )
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"mirror {self.schema}",))
                known = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (self.schema,))
                if known.fetchone() is None:
                    connection.execute(f'CREATE SCHEMA "{self.schema}"')
                connection.execute(f'SET search_path TO "{self.schema}"')
                # Its indexes made again, even for nothing, would wait for a mirror in a long transaction.
                if connection.execute("SELECT 1 FROM to_regclass('mark') made WHERE made IS NULL").fetchone():
                    connection.execute(TABLES.format(bytes="BYTEA", json="JSONB"))
            connection.execute("SET synchronous_commit TO on")
            connection.execute("SET lock_timeout TO '10s'")
        except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
            raise MirrorError("store.unreachable", place=str(error).strip()) from error
        return connection

    def _begin(self) -> None:
        self._execute("BEGIN")
        try:
            self._execute("LOCK TABLE state IN EXCLUSIVE MODE")
        except MirrorError:
            self._rollback()
            raise

    def _rollback(self) -> None:
        if not self._connection.closed:
            self._execute("ROLLBACK")

    def _named(self, error: BaseException) -> MirrorError | None:
        code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), None)
        return None if code is None else MirrorError(code, place=str(error).strip())

    def _execute(self, statement: str, *values: Any) -> Any:
        if self._connection.closed and not self._inside:
            self._connection = self._connected()
        try:
            return self._connection.execute(statement, values)
        except psycopg.Error as error:
            if named := self._named(error):
                raise named from error
            raise

    def forget_traces(self, *, thoroughly: bool = False) -> None:
        """Take dropped rows out of the tables; ``thoroughly`` writes the files anew without them.

        What the server wrote elsewhere (write-ahead log, replicas, backups) goes by the server's own rules.
        """
        with self._lock:
            self._execute(f"VACUUM ({'FULL' if thoroughly else 'TRUNCATE'}) record")


def _parted(url: str) -> tuple[str, str]:
    """The address as the driver wants it, and the schema that it names."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    schema = options.pop("schema", SCHEMA)
    if not _NAME.fullmatch(schema):
        raise MirrorError("store.address", place=f"schema {schema[:100]!r}")
    return urlunsplit(parts._replace(query=urlencode(options))), schema
