"""The nightly sweep: end the publications whose last day is over, tell of the records that became restorable.

What is due is found by date on an index and changed in portions, each one transaction with its events. Killed at
any point, it leaves whole portions and begins again where they end: a publication that was ended is no longer
published, nor does it lie beneath a shield, and the cursor over (restorable_from, id) moves in the transaction that
tells. A record that someone else holds locked is left for the next sweep; nothing waits for anything but the journal.

Readers do not wait for it: queries leave out by date what may no longer be published. Records that live in another
instance are left to the sweep of their home.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import orjson
from django.db import connection, transaction
from django.utils import timezone

from .commands import RegistryError
from .events import public_digest, record_content
from .journal import NewEvent, append

#: Records changed in one transaction: its length is what other writers of the journal wait for at most.
PORTION = 5_000
#: States in which a record can still be restored.
RESTORABLE_STATES = ["published", "unpublished", "shielded", "ended"]
_LAST_ID = 2**63 - 1

_ENDING = """
    SELECT count(*) FILTER (WHERE publish_until = %(on)s), count(*) FILTER (WHERE publish_until < %(on)s)
    FROM registry_record
    WHERE (state = 'published' OR beneath = 'published') AND publish_until <= %(on)s AND home = ''
"""
_BECOMING_RESTORABLE = """
    FROM registry_record WHERE restorable AND restorable_from IS NOT NULL AND home = ''
    AND (restorable_from, id) > (%(day)s, %(id)s) AND restorable_from <= %(on)s
"""
_TOLD = """
    r.id, r.entity_id, r.public_id, e.public_id, r.kind, r.state, r.disputed, r.version, r.content_digest,
    (r.content -> 'public')::text, r.publish_from, r.publish_until, r.restorable, r.restorable_from,
    r.beneath, r.statement ->> 'text'
"""
_END = f"""
    WITH due AS (
        SELECT id FROM registry_record
        WHERE (state = 'published' OR beneath = 'published') AND publish_until <= %(on)s
        AND (publish_until, id) > (%(day)s, %(id)s) AND home = ''
        ORDER BY publish_until, id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE registry_record r SET state = 'ended', beneath = NULL FROM due, registry_entity e
    WHERE r.id = due.id AND e.id = r.entity_id RETURNING {_TOLD}
"""
_HOLD = f"""
    SELECT {_TOLD} FROM registry_record r JOIN registry_entity e ON e.id = r.entity_id
    WHERE r.id = ANY(%(ids)s) FOR SHARE OF r SKIP LOCKED
"""


@dataclass(frozen=True, slots=True)
class Due:
    """What a sweep has to do on a day.

    ``ending``: publications of which it is the first day without. ``overdue``: those that should have ended before.
    ``restorable``: records whose earliest day of restoration came since the last sweep.
    """

    on: date
    ending: int
    overdue: int
    restorable: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.ending + self.overdue + self.restorable


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found and did. ``held_up``: records that others held locked; the next sweep takes them."""

    found: Due
    ended: int
    told: int
    held_up: int


@dataclass(frozen=True, slots=True)
class _Row:
    """A due record, as much of it as its event tells."""

    id: int
    entity_id: int
    public_id: uuid.UUID
    entity: uuid.UUID
    kind: str
    state: str
    disputed: bool
    version: int
    digest: bytes
    public: str
    publish_from: date | None
    publish_until: date | None
    restorable: bool
    restorable_from: date | None
    beneath: str | None
    statement: str | None

    def event(self, kind: str) -> NewEvent:
        content = record_content(
            record=self.public_id,
            entity=self.entity,
            record_kind=self.kind,
            state=self.state,
            disputed=self.disputed,
            version=self.version,
            content_digest=bytes(self.digest),
            public_digest=public_digest({"public": orjson.loads(self.public)}),
            publish_from=self.publish_from,
            publish_until=self.publish_until,
            beneath=self.beneath,
            statement=self.statement,
        )
        return NewEvent(kind, content, entity_id=self.entity_id, record_id=self.id)


def due(*, on: date) -> Due:
    """Find what a sweep has to do on a day. Changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT day, record_id FROM registry_sweepcursor")
        day, last = cursor.fetchone() or _before(on)
        cursor.execute(_ENDING, {"on": on})
        ending, overdue = cursor.fetchone()
        cursor.execute(
            f"SELECT count(*) {_BECOMING_RESTORABLE} AND state = ANY(%(states)s)",
            {"on": on, "day": day, "id": last, "states": RESTORABLE_STATES},
        )
        (restorable,) = cursor.fetchone()
    return Due(on, ending, overdue, restorable)


def sweep(
    *,
    on: date,
    at_clock: Callable[[], datetime],
    portion: int = PORTION,
    progress: Callable[[int], None] | None = None,
) -> Swept:
    """Do what is due on a day, in portions of one transaction each.

    A record is told of when its day comes, once for each day that its reports gave; one that came in on that day
    or later, restorable already, is not. The first sweep of an installation begins with its own day.

    Args:
        on: the day; a day that has not come is refused.
        at_clock: the instant for each portion's events.
        portion: the most records that one transaction changes.
        progress: called with the number of records looked at so far.

    Returns:
        What was found and done.

    Raises:
        RegistryError: sweep.day_ahead.
    """
    if on > timezone.localdate(at_clock()):
        raise RegistryError(
            "sweep.day_ahead",
            f"{on} has not come; publications do not end before their day",
            f"{on} 尚未到来，公示不得提前结束",
        )
    found = due(on=on)
    done = ended = told = 0
    after: tuple[date, int] | None = (date.min, 0)
    while after is not None:
        count, after = _end_portion(on=on, at=at_clock(), after=after, limit=portion)
        ended += count
        done += count
        if progress:
            progress(done)
    while portion_told := _tell_portion(on=on, at=at_clock(), limit=portion):
        told += portion_told.told
        done += portion_told.looked_at
        if progress:
            progress(done)
    left = due(on=on)
    return Swept(found, ended, told, left.total)


@transaction.atomic
def _end_portion(
    *, on: date, at: datetime, after: tuple[date, int], limit: int
) -> tuple[int, tuple[date, int] | None]:
    """End the next publications. Returns how many, and where to go on (None at the end)."""
    with connection.cursor() as cursor:
        cursor.execute(_END, {"on": on, "day": after[0], "id": after[1], "limit": limit})
        rows = [_Row(*row) for row in cursor.fetchall()]
    rows.sort(key=_ends)
    append([row.event("record.ended") for row in rows], at=at)
    return len(rows), _ends(rows[-1]) if rows else None


def _ends(row: _Row) -> tuple[date, int]:
    assert row.publish_until is not None
    return row.publish_until, row.id


@dataclass(frozen=True, slots=True)
class _Portion:
    """How far a portion came: records looked at, and how many of them were told of."""

    looked_at: int
    told: int

    def __bool__(self) -> bool:
        return self.looked_at > 0


@transaction.atomic
def _tell_portion(*, on: date, at: datetime, limit: int) -> _Portion:
    """Tell of the next records that became restorable and move the cursor past them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO registry_sweepcursor (id, day, record_id) VALUES (1, %s, %s) ON CONFLICT DO NOTHING",
            _before(on),
        )
        cursor.execute("SELECT day, record_id FROM registry_sweepcursor FOR UPDATE")
        day, last = cursor.fetchone()
        cursor.execute(
            f"SELECT restorable_from, id {_BECOMING_RESTORABLE} ORDER BY restorable_from, id LIMIT %(limit)s",
            {"on": on, "day": day, "id": last, "limit": limit},
        )
        found: list[tuple[date, int]] = cursor.fetchall()
        cursor.execute(_HOLD, {"ids": [pk for _, pk in found]})
        held = {row[0]: _Row(*row) for row in cursor.fetchall()}
        reached = next((number for number, (_, pk) in enumerate(found) if pk not in held), len(found))
        cursor.execute(
            "UPDATE registry_sweepcursor SET day = %(day)s, record_id = %(id)s"
            " WHERE (day, record_id) < (%(day)s, %(id)s)",
            _reached(found, reached, on=on, limit=limit),
        )
    rows = [row for day, pk in found[:reached] if _still_due(row := held[pk], day)]
    append([row.event("record.restorable") for row in rows], at=at)
    return _Portion(reached, len(rows))


def _reached(found: list[tuple[date, int]], reached: int, *, on: date, limit: int) -> dict[str, date | int]:
    """Where the cursor stands after a portion: behind the whole day, once nothing of it is left."""
    if reached == len(found) < limit:
        return {"day": on, "id": _LAST_ID}
    day, pk = found[reached - 1] if reached else (date.min, 0)
    return {"day": day, "id": pk}


def _still_due(row: _Row, day: date) -> bool:
    """Whether nothing happened to the record between its being found and its being held."""
    return row.restorable and row.restorable_from == day and row.state in RESTORABLE_STATES


def _before(on: date) -> tuple[date, int]:
    """The cursor that has everything up to the day before behind it."""
    return on - timedelta(days=1), _LAST_ID
