"""By which way each record came that did not come by the feed: read one by one, or in the files of an agreement.

What the feed brings needs no word here, as an agreement with the feed gives all that it covers. All else is held only
as long as the agreement lasts by whose way it came. It belongs inside the store's transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from .agreed import Agreed
from .store import Store

#: What was read one by one.
READ: Final = "api"
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS door (record TEXT NOT NULL, door TEXT NOT NULL, seen TEXT NOT NULL,"
    " PRIMARY KEY (record, door))",
    "CREATE INDEX IF NOT EXISTS door_seen ON door (door, seen)",
)
_MADE_SQLITE: Final = "SELECT 1 FROM sqlite_master WHERE name = 'door_seen'"
_MADE_POSTGRES: Final = "SELECT 1 FROM to_regclass('door_seen') made WHERE made IS NOT NULL"
_PAGE: Final = 1000


def files_of(reference: str) -> str:
    """The door of the files of an agreement."""
    return f"file {reference}"


def under(agreements: Sequence[Agreed], door: str) -> list[Agreed]:
    """Those by which records come through a door: the feed, what is read, or the files of an agreement."""
    return [
        one
        for one in agreements
        if (door == "feed" and one.opens("feed"))
        or (door == READ and one.opens("api"))
        or (door == files_of(one.reference) and one.opens("file"))
    ]


class Doors:
    """The ways by which what one store holds came, beside the feed."""

    def __init__(self, store: Store) -> None:
        """Make the table if need be.

        Args:
            store: over a connection of sqlite3 or psycopg, which may become another one between transactions.
        """
        self._store = store
        self._is_sqlite = type(store.connection).__module__.startswith("sqlite3")
        # Made again, even for nothing, it would wait for a mirror that is in the middle of a long transaction.
        if not self._run(_MADE_SQLITE if self._is_sqlite else _MADE_POSTGRES).fetchall():
            for statement in _TABLE:
                self._run(statement)

    def came(self, record: str, door: str, *, seen: str) -> None:
        """Note that a record came through a door, and when it was seen there last."""
        self._run(
            "INSERT INTO door (record, door, seen) VALUES (%s, %s, %s)"
            " ON CONFLICT (record, door) DO UPDATE SET seen = excluded.seen",
            record,
            door,
            seen,
        )

    def left(self, record: str, door: str | None = None) -> None:
        """Note that a record no longer comes through a door, or is gone."""
        named = [] if door is None else [door]
        self._run(f"DELETE FROM door WHERE record = %s{' AND door = %s' if named else ''}", record, *named)

    def of(self, record: str) -> list[tuple[str, str]]:
        """Through which doors a record came, and when it was seen there last."""
        rows = self._run("SELECT door, seen FROM door WHERE record = %s ORDER BY door", record).fetchall()
        return [(door, seen) for door, seen in rows]

    def unseen(self, door: str, *, seen: str) -> Iterator[str]:
        """The records that came through a door and were not seen there at an instant."""
        after = ""
        while rows := self._run(
            f"SELECT record FROM door WHERE door = %s AND seen <> %s AND record > %s ORDER BY record LIMIT {_PAGE}",
            door,
            seen,
            after,
        ).fetchall():
            yield from (record for (record,) in rows)
            after = rows[-1][0]

    def removed(self) -> dict[str, int]:
        """The records whose removal is known, with the position of the last one."""
        rows = self._run("SELECT record, max(position) FROM receipt GROUP BY record").fetchall()
        return {record: int(position) for record, position in rows}

    def removed_at(self, record: str) -> int:
        """The position of the last removal of a record that is known; 0 where none is."""
        ((position,),) = self._run("SELECT max(position) FROM receipt WHERE record = %s", record).fetchall()
        return int(position or 0)

    def _run(self, statement: str, *values: Any) -> Any:
        if self._is_sqlite:
            statement = statement.replace("%s", "?")
        return self._store.connection.execute(statement, values)
