"""Re-dating open clocks when the calendar has changed: a notice came, or an older one was amended.

Many clocks share a start and a length, so each distinct pair is counted once, by the law's own counting, and the
clocks that differ are moved in one statement. Each run that moves something is kept with every move; a second
run moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from goodstanding.law import WorkingCalendar, deadline
from goodstanding.registry import locks

from .clocks import date_clock
from .models import Clock, ClockMove, Redating

_TERMS = """
SELECT started_on, length, due_on, earliest_on, latest_on, calendar_version, count(*)
FROM casework_clock WHERE stopped_on IS NULL AND length IS NOT NULL AND unit = 'working_days' AND NOT adjusted
GROUP BY 1, 2, 3, 4, 5, 6
"""

_TABLE = """
CREATE TEMPORARY TABLE redated (
    started_on date, working_days int, due_from date, earliest_from date, latest_from date, version_from text,
    due_to date, earliest_to date, latest_to date
) ON COMMIT DROP
"""

_MOVE = """
WITH moved AS (
    UPDATE casework_clock clock SET due_on = due_to, earliest_on = earliest_to, latest_on = latest_to,
        calendar_version = %(version)s
    FROM redated
    WHERE clock.stopped_on IS NULL AND clock.unit = 'working_days' AND NOT clock.adjusted
        AND clock.started_on = redated.started_on AND clock.length = redated.working_days
        AND clock.calendar_version = version_from AND clock.earliest_on = earliest_from
        AND clock.due_on IS NOT DISTINCT FROM due_from AND clock.latest_on IS NOT DISTINCT FROM latest_from
    RETURNING clock.id, clock.case_id, due_from, earliest_from, latest_from, version_from,
        due_to, earliest_to, latest_to
)
INSERT INTO casework_clockmove (redating_id, clock_id, case_id, due_from, earliest_from, latest_from,
    version_from, due_to, earliest_to, latest_to)
SELECT %(redating)s, id, case_id, due_from, earliest_from, latest_from, version_from, due_to, earliest_to, latest_to
FROM moved
"""

_CASES = """
UPDATE casework_case SET due_on = given.due_on FROM (
    SELECT case_id, min(coalesce(clock.due_on, clock.earliest_on)) AS due_on
    FROM casework_clock clock WHERE stopped_on IS NULL
        AND case_id IN (SELECT case_id FROM casework_clockmove WHERE redating_id = %(redating)s)
    GROUP BY case_id
) given WHERE casework_case.id = given.case_id AND casework_case.due_on IS DISTINCT FROM given.due_on
"""


@dataclass(frozen=True, slots=True)
class Redated:
    """What a run did: how many open clocks it looked at, how many it moved, and the run that keeps the moves
    (None when nothing moved).
    """

    looked_at: int
    moved: int
    calendar_version: str
    run: int | None


@transaction.atomic
def redate_clocks(*, calendar: WorkingCalendar, at: datetime) -> Redated:
    """Date every open clock of working days by a calendar and keep which moved, from what to what.

    Args:
        calendar: the calendar as it is known now.
        at: the instant of this run.

    Returns:
        The counts. The moves are read with ``moves_of``.
    """
    locks.until_committed(locks.REDATING)
    with connection.cursor() as cursor:
        cursor.execute(_TERMS)
        terms = cursor.fetchall()
        own = _with_own_days()
        looked_at = sum(term[-1] for term in terms) + len(own)
        moving = list(_moving(terms, calendar))
        moved_alone = [move for clock in own if (move := _moved_alone(clock, calendar)) is not None]
        if not moving and not moved_alone:
            return Redated(looked_at, 0, calendar.version, None)
        run = Redating.objects.create(at=at, calendar_version=calendar.version, looked_at=looked_at)
        cursor.execute(_TABLE)
        cursor.executemany(f"INSERT INTO redated VALUES ({', '.join(['%s'] * 9)})", moving)
        cursor.execute("ANALYZE redated")
        cursor.execute(_MOVE, {"version": calendar.version, "redating": run.pk})
        moved = cursor.rowcount + len(moved_alone)
        for clock, alone in moved_alone:
            clock.save(update_fields=["due_on", "earliest_on", "latest_on", "calendar_version"])
            alone.redating = run
        ClockMove.objects.bulk_create(alone for _, alone in moved_alone)
        cursor.execute(_CASES, {"redating": run.pk})
    run.moved = moved
    run.save(update_fields=["moved"])
    return Redated(looked_at, moved, calendar.version, run.pk)


def _with_own_days() -> list[Clock]:
    """The open clocks that were extended or have stood still, locked: each is counted by itself."""
    own = Clock.objects.filter(stopped_on__isnull=True, length__isnull=False, adjusted=True)
    return list(own.select_for_update(of=("self",)).select_related("case__record").order_by("pk"))


def _moved_alone(clock: Clock, calendar: WorkingCalendar) -> tuple[Clock, ClockMove] | None:
    """A clock with days of its own, dated anew and not saved, with what moved; None where nothing did."""
    move = ClockMove(
        clock=clock,
        case_id=clock.case_id,
        due_from=clock.due_on,
        earliest_from=clock.earliest_on,
        latest_from=clock.latest_on,
        version_from=clock.calendar_version,
    )
    if not date_clock(clock, calendar=calendar):
        return None
    move.due_to, move.earliest_to, move.latest_to = clock.due_on, clock.earliest_on, clock.latest_on
    return clock, move


def _moving(terms: list[tuple[Any, ...]], calendar: WorkingCalendar) -> Iterator[tuple[Any, ...]]:
    """The terms whose dates differ by this calendar: as they were, and as they are."""
    for started_on, working_days, due_on, earliest_on, latest_on, version, _ in terms:
        found = deadline(started_on, working_days, calendar=calendar)
        dates = found.due_on, found.earliest_due_on, found.latest_due_on
        if dates != (due_on, earliest_on, latest_on):
            was = (started_on, working_days, due_on, earliest_on, latest_on, version)
            yield (*was, *dates)


@dataclass(frozen=True, slots=True)
class Move:
    """One clock that a run moved. due_from, due_to: None while only an interval was known."""

    case: str
    clock: str
    started_on: date
    due_from: date | None
    earliest_from: date
    latest_from: date | None
    due_to: date | None
    earliest_to: date
    latest_to: date | None
    version_from: str


def moves_of(run: int) -> Iterator[Move]:
    """Every move of a run, in the order of the clocks."""
    moves = ClockMove.objects.filter(redating_id=run).order_by("clock_id")
    rows = moves.values_list(
        "case__public_id",
        "clock__code",
        "clock__started_on",
        "due_from",
        "earliest_from",
        "latest_from",
        "due_to",
        "earliest_to",
        "latest_to",
        "version_from",
    )
    for case, *rest in rows.iterator():
        yield Move(str(case), *rest)
