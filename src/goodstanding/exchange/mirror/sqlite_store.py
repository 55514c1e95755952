"""A store in one SQLite file."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from .errors import MirrorError
from .sql_store import TABLES, SqlStore


class SqliteStore(SqlStore):
    """One file, readable by its owner only, in which what is dropped is overwritten."""

    def __init__(self, path: Path) -> None:
        """Open the file, made if need be."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        super().__init__(sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False))
        # A dropped record's bytes are overwritten, not only unlinked; what was committed survives a power cut.
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(TABLES.format(bytes="BLOB", json="TEXT"))

    def _begin(self) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise MirrorError("store.busy", place=str(error)) from error

    def _execute(self, statement: str, *values: Any) -> Any:
        return self._connection.execute(statement.replace("%s", "?"), values)

    def forget_traces(self, *, thoroughly: bool = False) -> None:
        """Fold the write-ahead log into the file, so that nothing of a dropped record is left in it."""
        with self._lock:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
