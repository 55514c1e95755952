"""A store in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from .errors import MirrorError
from .sql_store import TABLES, SqlStore

#: What the primary result codes mean that are not the statement's own fault.
_CODES: Final = {
    sqlite3.SQLITE_FULL: "store.full",
    sqlite3.SQLITE_IOERR: "store.full",
    sqlite3.SQLITE_BUSY: "store.busy",
    sqlite3.SQLITE_LOCKED: "store.busy",
    sqlite3.SQLITE_READONLY: "store.unwritable",
    sqlite3.SQLITE_CANTOPEN: "store.unwritable",
    sqlite3.SQLITE_PERM: "store.unwritable",
    sqlite3.SQLITE_CORRUPT: "store.damaged",
    sqlite3.SQLITE_NOTADB: "store.damaged",
}


class SqliteStore(SqlStore):
    """One file, readable by its owner only, in which what is dropped is overwritten."""

    def __init__(self, path: Path) -> None:
        """Open the file, made if need be.

        Raises:
            MirrorError: store.unwritable, store.full, store.damaged, store.busy.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        except OSError as error:
            raise MirrorError("store.unwritable", place=str(error)) from error
        with _told():
            super().__init__(sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False))
            # A dropped record's bytes are overwritten, not only unlinked; what was committed survives a power cut.
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(TABLES.format(bytes="BLOB", json="TEXT"))

    def _begin(self) -> None:
        self._execute("BEGIN IMMEDIATE")

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _named(self, error: BaseException) -> MirrorError | None:
        return _named(error)

    def _execute(self, statement: str, *values: Any) -> Any:
        with _told():
            return self._connection.execute(statement.replace("%s", "?"), values)

    def forget_traces(self, *, thoroughly: bool = False) -> None:
        """Fold the write-ahead log into the file, so that nothing of a dropped record is left in it."""
        with self._lock, _told():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if named := _named(error):
            raise named from error
        raise


def _named(error: BaseException) -> MirrorError | None:
    # The extended codes of SQLite carry the primary one in their lowest byte.
    primary = getattr(error, "sqlite_errorcode", None)
    code = _CODES.get(primary & 0xFF) if isinstance(primary, int) else None
    return None if code is None else MirrorError(code, place=str(error))
