"""The one way to append to the journal.

A writer takes its positions as the last step of its transaction: it raises the head by the number of its events
and holds the head's row lock until it commits. So positions are given out in the order of commits, a roll-back
gives them back, and a reader who sees position n sees all before it. What this costs: writers queue for the
time between their append and their commit; that is why ``append`` comes last in every command.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from goodstanding.proof import canonical, commitment

from .bulk import copy_rows

#: The kind of an event of which only the commitment is left.
LOST = "journal.lost"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to append: its kind, what it says (JSON without floats), and whom it is about."""

    kind: str
    content: dict[str, Any] = field(default_factory=dict)
    entity_id: int | None = None
    record_id: int | None = None


def append(events: Sequence[NewEvent], *, at: datetime) -> range:
    """Append events in their order as the last step of the current transaction.

    Args:
        events: what happened; may be empty.
        at: the instant of all of them, with a zone.

    Returns:
        The positions given, one for each event.

    Raises:
        RuntimeError: outside a transaction, where a position could be lost.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("journal.append() belongs inside the transaction of the change that it tells")
    if not events:
        return range(0)
    instant = at.astimezone(UTC).isoformat(timespec="microseconds")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_journalhead SET position = position + %s WHERE id = 1 RETURNING position",
            [len(events)],
        )
        last: int = cursor.fetchone()[0]
        positions = range(last - len(events) + 1, last + 1)
        salts = os.urandom(32 * len(events))
    copy_rows(
        "registry_event",
        "position, kind, at, entity_id, record_id, content, commitment",
        (
            _row(position, event, at=at, instant=instant, salt=salts[32 * number : 32 * number + 32])
            for number, (position, event) in enumerate(zip(positions, events, strict=True))
        ),
    )
    copy_rows(
        "registry_salt",
        "event_id, salt",
        ((position, salts[32 * number : 32 * number + 32]) for number, position in enumerate(positions)),
    )
    return positions


def _row(position: int, event: NewEvent, *, at: datetime, instant: str, salt: bytes) -> tuple[Any, ...]:
    content = canonical({**event.content, "position": position, "kind": event.kind, "at": instant})
    return (
        position,
        event.kind,
        at,
        event.entity_id,
        event.record_id,
        content.decode(),
        commitment(salt=salt, content=content),
    )


def append_lost(commitments: Sequence[bytes], *, at: datetime) -> None:
    """Append events of which only the commitments are left, after the database was put back to an earlier state.

    They say nothing and are about nobody, like events whose salts were destroyed; the log over them is the same.

    Args:
        commitments: 32 bytes each, of the positions that follow the last one.
        at: when they came back.
    """
    if not commitments:
        return
    instant = at.astimezone(UTC).isoformat(timespec="microseconds")
    first = hold() + 1
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_journalhead SET position = position + %s WHERE id = 1", [len(commitments)]
        )
    copy_rows(
        "registry_event",
        "position, kind, at, entity_id, record_id, content, commitment",
        (
            (
                position,
                LOST,
                at,
                None,
                None,
                canonical({"position": position, "kind": LOST, "at": instant}).decode(),
                commitment,
            )
            for position, commitment in enumerate(commitments, first)
        ),
    )


def head() -> int:
    """The last position that the current transaction sees."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT position FROM registry_journalhead WHERE id = 1")
        return int(cursor.fetchone()[0])


def hold() -> int:
    """Let every other writer wait until the current transaction ends. Returns the last position.

    For a writer whose commit lies outside this database and must come before or after every event. Keep it short.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT position FROM registry_journalhead WHERE id = 1 FOR UPDATE")
        return int(cursor.fetchone()[0])
