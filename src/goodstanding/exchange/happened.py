"""The events of the journal as the exchange reads them: with commitments, and salts where they still are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import connection

#: Events after which nobody may hold the record (a shielded one until it is published again).
REMOVALS: Final = (
    "record.restored",
    "record.shielded",
    "record.ended",
    "record.withdrawn",
    "record.redacted",
)
#: Events after which a record may be out of publication, by its new content.
REPLACEMENTS: Final = ("record.superseded", "record.corrected", "record.relisted")


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the journal as the feed reads it. ``salt`` is None where it was destroyed.

    On a page ``at`` is None and ``content`` empty where nobody is told of the event.
    """

    position: int
    kind: str
    at: datetime | None
    entity_id: int | None
    record_id: int | None
    content: dict[str, Any]
    commitment: bytes
    salt: bytes | None

    @property
    def publishes(self) -> bool:
        """Whether the record was published after this event."""
        return self.kind.startswith("record.") and self.content.get("state") == "published"


#: Events that are not of records come empty where only those of records are told: most events are such. (Joined, the
#: salts of all would be looked up, or read from end to end.)
_EVENTS: Final = """
    SELECT e.position, e.kind, CASE WHEN told.whole THEN e.at END, e.entity_id, e.record_id,
        CASE WHEN told.whole THEN e.content::text END, e.commitment,
        CASE WHEN told.whole THEN (SELECT salt FROM registry_salt WHERE event_id = e.position) END
    FROM registry_event e CROSS JOIN LATERAL (SELECT %s OR e.kind LIKE 'record.%%' AS whole) told
"""
_BETWEEN: Final = "WHERE e.position > %s AND e.position <= %s ORDER BY e.position"


def events_between(after: int, until: int) -> list[Happened]:
    """The events after one position up to and including another."""
    return _query(_BETWEEN, [after, until])


def told_between(after: int, until: int) -> list[Happened]:
    """The same; those that no subscriber is told, without instant, content and salt."""
    return _query(_BETWEEN, [after, until], whole=False)


def events_of(record_id: int) -> list[Happened]:
    """The events of a record, oldest first."""
    return _query("WHERE e.record_id = %s AND e.kind LIKE 'record.%%' ORDER BY e.position", [record_id])


def events_of_all(record_ids: Sequence[int]) -> list[Happened]:
    """The events of some records, in the order of the journal."""
    return _query(
        "WHERE e.record_id = ANY(%s) AND e.kind LIKE 'record.%%' ORDER BY e.position", [list(record_ids)]
    )


def last_events_of(record_ids: list[int], *, until: int) -> list[Happened]:
    """The last event of each of some records that says how it stands, where that is not after a position."""
    return _query(
        "WHERE e.position IN (SELECT max(l.position) FROM registry_event l WHERE l.record_id = ANY(%s)"
        " AND l.kind LIKE 'record.%%' AND l.content->>'state' IS NOT NULL GROUP BY l.record_id)"
        " AND e.position <= %s ORDER BY e.position",
        [record_ids, until],
    )


def changes_between(after: int, until: int) -> list[Happened]:
    """Events between two positions that may have been removals for somebody."""
    kinds = [*REMOVALS, *REPLACEMENTS]
    return _query(
        "WHERE e.position > %s AND e.position <= %s AND e.kind = ANY(%s) ORDER BY e.position",
        [after, until, kinds],
    )


def events_at(positions: Sequence[int]) -> list[Happened]:
    """The events of some positions, oldest first."""
    return _query("WHERE e.position = ANY(%s) ORDER BY e.position", [list(positions)])


def unanswered_removals(*, subscriber_id: int, after: int, until: int, limit: int) -> list[Happened]:
    """Events between two positions that may have been removals for a subscriber and have no receipt from it."""
    return _query(
        "WHERE e.position > %s AND e.position <= %s AND e.kind = ANY(%s)"
        " AND NOT EXISTS (SELECT 1 FROM exchange_receipt r WHERE r.subscriber_id = %s"
        " AND r.removal_position = e.position) ORDER BY e.position LIMIT %s",
        [after, until, [*REMOVALS, *REPLACEMENTS], subscriber_id, limit],
    )


def _query(condition: str, values: list[Any], *, whole: bool = True) -> list[Happened]:
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS + condition, [whole, *values])
        return [
            Happened(
                position,
                kind,
                at,
                entity_id,
                record_id,
                {} if content is None else orjson.loads(content),
                bytes(commitment),
                None if salt is None else bytes(salt),
            )
            for position, kind, at, entity_id, record_id, content, commitment, salt in cursor.fetchall()
        ]
