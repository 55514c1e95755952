"""Where a mirror's store lies in a test: a SQLite file, or a schema in the test's own database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from goodstanding.exchange.mirror import Mirror
from goodstanding.exchange.models import Subscriber

from .stage import token_of


@dataclass(frozen=True)
class Place:
    """``place / "fresh"`` is another one of the same kind."""

    kind: str
    folder: Path
    database: str
    name: str = "mirror"

    def __truediv__(self, name: str) -> Place:
        return Place(self.kind, self.folder, self.database, name)

    @property
    def store(self) -> str:
        """The address of the store."""
        if self.kind == "sqlite":
            return str(self.folder / self.name / "mirror.sqlite3")
        return f"{self.database}?schema={self.name}"

    def shows(self, word: str) -> bool:
        """Whether a word is left: anywhere in the files of SQLite; in any row of any table of the schema."""
        if self.kind == "sqlite":
            return any(word.encode() in file.read_bytes() for file in (self.folder / self.name).iterdir())
        with psycopg.connect(self.database) as connection:
            found = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = %s", (self.name,)
            ).fetchall()
            assert found
            rows = [
                row
                for (table,) in found
                for row in connection.execute(
                    sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(self.name, table))
                )
            ]
        return any(word in text or word.encode().hex() in text for (text,) in rows)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, database: str) -> Iterator[Place]:
    yield Place(request.param, tmp_path, database)


def mirror_of(url: str, subscriber: Subscriber, key: bytes, place: Place, **more: Any) -> Mirror:
    """The subscriber's own mirror of the platform at ``url``."""
    return Mirror(url, token_of(subscriber), place.store, key, **more)
