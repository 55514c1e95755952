"""The public league table of time to gone: how soon recipients answer removals, and who stays behind.

Figures are made once for each finished week, from receipts and awaited receipts set by set (``close_weeks``), and
published for four weeks together once all four are over. The periods are the same for everybody and do not overlap: two
tables that did would differ by a week that came and one that went, and could tell of a single removal.

What is published is coarse on purpose, so that no record and no entity can be told from it: times only by the steps of
``STEPS``, counts in fives and below five only that there are some, shares and times from ``ENOUGH`` answers on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from django.db import connection
from django.db.models import Max, Min
from django.utils import timezone

from .models import AwaitedReceipt, LeagueWeek, Receipt, Subscriber

_HOUR: Final = 3_600
_DAY: Final = 86_400
#: The upper ends of the steps, in seconds; what takes longer than the last belongs to one step more.
STEPS: Final = (
    *(60, 300, 900, _HOUR, 4 * _HOUR, 12 * _HOUR),
    *(_DAY, 2 * _DAY, 3 * _DAY, 5 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY),
)
#: Weeks that are published together, and the Monday from which such periods are counted.
WEEKS: Final = 4
EPOCH: Final = date(2026, 1, 5)
#: Weeks that are closed in one go where none was for long.
MOST: Final = 60
#: Answers from which on times and shares are published.
ENOUGH: Final = 20
#: Counts are published in multiples of it, and below it only that there are some.
FIVE: Final = 5
_WEEK: Final = timedelta(days=7)

Lateness = Literal["under_a_week", "one_to_four_weeks", "over_four_weeks"]
Trend = Literal["faster", "slower", "same"]

_CLOSE: Final = f"""
    WITH received AS (
        SELECT subscriber_id, due_on, (received_at AT TIME ZONE %(zone)s)::date AS on_day,
            width_bucket(extract(epoch FROM received_at - removed_at), %(steps)s::numeric[]) AS step
        FROM exchange_receipt WHERE received_at >= %(begins)s AND received_at < %(ends)s AND canary_id IS NULL
    ), answered AS (
        SELECT subscriber_id,
            ARRAY[{", ".join(f"count(*) FILTER (WHERE step = {n})" for n in range(len(STEPS) + 1))}] AS answered,
            count(due_on) AS timed, count(*) FILTER (WHERE on_day <= due_on) AS in_time
        FROM received GROUP BY subscriber_id
    ), unanswered AS (
        SELECT subscriber_id, due_on FROM exchange_awaitedreceipt WHERE sealed_at < %(ends)s AND canary_id IS NULL
        UNION ALL
        SELECT subscriber_id, due_on FROM exchange_receipt
        WHERE received_at >= %(ends)s AND sealed_at < %(ends)s AND canary_id IS NULL
    ), standing AS (
        SELECT subscriber_id, count(*) AS waiting, count(*) FILTER (WHERE due_on < %(after)s) AS late,
            min(due_on) FILTER (WHERE due_on < %(after)s) AS late_since
        FROM unanswered GROUP BY subscriber_id
    )
    INSERT INTO exchange_leagueweek
        (subscriber_id, week, answered, timed, in_time, waiting, late, late_since)
    SELECT s.id, %(week)s, coalesce(a.answered, array_fill(0::bigint, ARRAY[{len(STEPS) + 1}])),
        coalesce(a.timed, 0), coalesce(a.in_time, 0), coalesce(u.waiting, 0), coalesce(u.late, 0), u.late_since
    FROM exchange_subscriber s
    LEFT JOIN answered a ON a.subscriber_id = s.id LEFT JOIN standing u ON u.subscriber_id = s.id
    ON CONFLICT (week, subscriber_id) DO NOTHING
"""


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def close_weeks(*, on: date) -> int:
    """Make the figures of every week that is over and has none, the oldest first.

    Args:
        on: the day; a week is over on the Monday after it.

    Returns:
        How many weeks were closed.
    """
    this_week = monday_of(on)
    last = LeagueWeek.objects.aggregate(last=Max("week"))["last"]
    begins = last + _WEEK if last else _first_week()
    if begins is None or begins >= this_week:
        return 0
    week, closed = max(begins, this_week - MOST * _WEEK), 0
    while week < this_week:
        with connection.cursor() as cursor:
            cursor.execute(_CLOSE, _span(week))
        week, closed = week + _WEEK, closed + 1
    return closed


def _first_week() -> date | None:
    found = [
        AwaitedReceipt.objects.filter(canary=None).aggregate(at=Min("sealed_at"))["at"],
        Receipt.objects.filter(canary=None).aggregate(at=Min("received_at"))["at"],
    ]
    known = [at for at in found if at is not None]
    return monday_of(timezone.localdate(min(known))) if known else None


def _span(week: date) -> dict[str, Any]:
    zone = timezone.get_current_timezone()

    def midnight(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=zone)

    return {
        "week": week,
        "after": week + _WEEK,
        "begins": midnight(week),
        "ends": midnight(week + _WEEK),
        "zone": timezone.get_current_timezone_name(),
        "steps": list(STEPS),
    }


@dataclass(frozen=True, slots=True)
class Few:
    """A count as it is published: a multiple of five, or that there are some but fewer than five."""

    at_least: int
    few: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """One recipient in the league table.

    ``half_within`` and ``ninety_within``: seconds within which half and 90 in a hundred removals were answered, by the
    steps of ``STEPS``, where a late one without answer counts as slower than all; None where that is not reached within
    the last step. ``in_time``: percent of answers within the deadline, rounded down. All three are None, and
    ``measured`` is false, where there were too few answers.
    """

    subscriber: Subscriber
    removals: Few
    measured: bool
    half_within: int | None
    ninety_within: int | None
    in_time: int | None
    late: Few
    late_for: Lateness | None
    trend: Trend | None


@dataclass(frozen=True, slots=True)
class League:
    """The table for the weeks from ``first`` to ``last`` (Mondays); both are None before a period is over."""

    first: date | None
    last: date | None
    standings: tuple[Standing, ...]


def league() -> League:
    """The table of the last finished period: those that stay behind last, then the slower ones."""
    known = LeagueWeek.objects.aggregate(begun=Min("week"), closed=Max("week"))
    if known["closed"] is None or known["begun"] > (last := last_of_period(known["closed"])):
        return League(None, None, ())
    first = last - (WEEKS - 1) * _WEEK
    before = first - WEEKS * _WEEK
    weeks: dict[int, list[LeagueWeek]] = {}
    rows = LeagueWeek.objects.filter(week__gte=before, week__lte=last)
    for row in rows.select_related("subscriber").order_by("week"):
        weeks.setdefault(row.subscriber_id, []).append(row)
    found = [_standing(rows, first=first, last=last) for rows in weeks.values()]
    return League(first, last, tuple(sorted(found, key=_rank)))


def last_of_period(closed: date) -> date:
    """The Monday of the last week of the newest period that is over when a week (its Monday) is."""
    weeks = (closed - EPOCH) // _WEEK + 1
    return EPOCH + (weeks - weeks % WEEKS - 1) * _WEEK


def _standing(rows: Sequence[LeagueWeek], *, first: date, last: date) -> Standing:
    now = [row for row in rows if row.week >= first]
    earlier = [row for row in rows if row.week < first]
    newest = now[-1]
    answered = _sum(now)
    timed, in_time = sum(row.timed for row in now), sum(row.in_time for row in now)
    measured = sum(answered) + newest.late >= ENOUGH
    ninety = percentile(answered, late=newest.late, percent=90)
    return Standing(
        subscriber=newest.subscriber,
        removals=published(sum(answered) + newest.waiting),
        measured=measured,
        half_within=_upper(percentile(answered, late=newest.late, percent=50)) if measured else None,
        ninety_within=_upper(ninety) if measured else None,
        in_time=100 * in_time // timed if measured and timed >= ENOUGH else None,
        late=published(newest.late),
        late_for=_lateness(newest.late_since, last + _WEEK) if newest.late else None,
        trend=_trend(earlier, ninety) if measured else None,
    )


def _sum(rows: Sequence[LeagueWeek]) -> list[int]:
    return [sum(numbers) for numbers in zip(*(row.answered for row in rows), strict=True)]


def percentile(answered: Sequence[int], *, late: int, percent: int) -> int:
    """The step in which so many in a hundred are answered; ``late`` ones lie beyond all steps.

    Args:
        answered: counts by step. late: those without answer past their last day. percent: 1 to 100.
    """
    wanted, seen = -(-(sum(answered) + late) * percent // 100), 0
    for step, number in enumerate(answered):
        seen += number
        if seen >= wanted:
            return step
    return len(answered)


def _upper(step: int) -> int | None:
    return STEPS[step] if step < len(STEPS) else None


def published(number: int) -> Few:
    """A count as it may be published."""
    return Few(0, few=True) if 0 < number < FIVE else Few(number - number % FIVE)


def _lateness(since: date | None, on: date) -> Lateness:
    assert since is not None  # the database has it where something is late
    weeks = (on - since) / _WEEK
    return "under_a_week" if weeks <= 1 else "one_to_four_weeks" if weeks <= 4 else "over_four_weeks"


def _trend(earlier: Sequence[LeagueWeek], ninety: int) -> Trend | None:
    if not earlier:
        return None
    answered = _sum(earlier)
    if sum(answered) < ENOUGH:
        return None
    then = percentile(answered, late=earlier[-1].late, percent=90)
    return "same" if then == ninety else "faster" if ninety < then else "slower"


def _rank(standing: Standing) -> tuple[Any, ...]:
    late = standing.late
    worst = STEPS[-1] + 1
    times = (standing.ninety_within or worst, standing.half_within or worst)
    return (
        bool(late.at_least or late.few),
        late.at_least,
        not standing.measured,
        *times,
        standing.subscriber.name_zh,
    )
