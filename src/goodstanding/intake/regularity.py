"""When a source was to send something, and whether what it sent is oddly little by its own history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Literal

from goodstanding.law.calendar import WorkingCalendar, working_calendar, working_days_between
from goodstanding.law.errors import CalendarUnknown, LawError

from .contract import Contract
from .quality import Finding

Frequency = Literal["daily", "weekly", "monthly"]

#: History is the source's last so many batches under the same contract; fewer than the least say nothing.
HISTORY, HISTORY_AT_LEAST = 20, 5
#: A batch is short when it lies so many robust standard deviations below the median, and below half of it.
SHORT_BY = 3.5
#: The median absolute deviation of a normal distribution, times this, is its standard deviation.
_MAD_TO_SIGMA = 1.4826
_UNITS: dict[str, Frequency] = {"d": "daily", "w": "weekly", "m": "monthly"}


@dataclass(frozen=True, slots=True)
class Period:
    """A day, week or month in which something was to be sent: its first and its last day."""

    first: date
    last: date


def frequency_of(contract: Contract) -> Frequency | None:
    """How often something is to be sent: the service level ``frequency`` (1 d, w or m), else the sharing clause's
    daily, weekly or monthly. None where it is sent as it happens, or once."""
    for level in contract.sla_properties:
        if level.property == "frequency" and str(level.value) == "1" and level.unit in _UNITS:
            return _UNITS[level.unit]
    stated = contract.clauses.sharing.frequency.strip().lower()
    return next((frequency for frequency in _UNITS.values() if frequency == stated), None)


def calendar_of(contract: Contract) -> WorkingCalendar | None:
    """The working calendar of the contract's jurisdiction, None where none is known."""
    publication = contract.clauses.publication
    try:
        return working_calendar(publication.jurisdiction if publication else "CN")
    except LawError:
        return None


def periods(
    frequency: Frequency, *, first: date, last: date, calendar: WorkingCalendar | None
) -> Iterator[Period]:
    """The whole periods from the one that holds ``first`` to the last that has ended by ``last``.

    A daily source owes each working day; where the calendar does not know a day, Monday to Friday.
    """
    start = first
    if frequency == "weekly":
        start = first - timedelta(days=first.isoweekday() - 1)
    elif frequency == "monthly":
        start = first.replace(day=1)
    while True:
        if frequency == "daily":
            following = start + timedelta(days=1)
        elif frequency == "weekly":
            following = start + timedelta(days=7)
        else:
            following = (start + timedelta(days=32)).replace(day=1)
        if following > last + timedelta(days=1):
            return
        if frequency != "daily" or _is_working(start, calendar):
            yield Period(start, following - timedelta(days=1))
        start = following


def missing(due: Iterable[Period], received: Iterable[date]) -> list[Period]:
    """The periods in which nothing came."""
    days = sorted(set(received))
    return [p for p in due if not any(p.first <= day <= p.last for day in days)]


def _is_working(day: date, calendar: WorkingCalendar | None) -> bool:
    if calendar is None or not calendar.known_from <= day <= calendar.known_until:
        return day.isoweekday() < 6
    return calendar.is_working(day)


def is_on_time(found_on: date, received_on: date, *, days: int, calendar: WorkingCalendar) -> bool | None:
    """Whether a record came within the agreed working days. None where the calendar does not know yet.

    Args:
        found_on: the day of the finding.
        received_on: the day on which it was received.
        days: working days agreed.
        calendar: the working calendar.
    """
    if received_on - found_on <= timedelta(days=days):
        return True
    if received_on - found_on > timedelta(days=3 * days + 30):  # no run of holidays is so long
        return False
    try:
        return working_days_between(found_on, received_on, calendar=calendar) <= days
    except CalendarUnknown:
        return None


def short(rows: int, history: Sequence[int]) -> Finding | None:
    """Whether a batch holds oddly few rows beside its source's last ones (median and median absolute deviation).

    Args:
        rows: rows of this batch; 0 for a file without any.
        history: rows of the source's earlier batches under the same contract, the newest first.
    """
    recent = list(history[:HISTORY])
    if len(recent) < HISTORY_AT_LEAST:
        return None
    middle = median(recent)
    # A source that always sends the same number has no spread; a tenth of the median is always ordinary.
    spread = max(_MAD_TO_SIGMA * median(abs(number - middle) for number in recent), middle / 10, 1)
    if rows == 0 and middle > 0:
        return Finding(
            "sending.empty",
            f"The file is empty; the last {len(recent)} files held {middle:,.0f} rows in the middle.",
            f"文件为空；此前{len(recent)}次报送的行数中位数为{middle:,.0f}。",
        )
    if rows >= middle / 2 or (middle - rows) / spread <= SHORT_BY:
        return None
    return Finding(
        "sending.short",
        f"The file holds {rows:,} rows; the last {len(recent)} files held {middle:,.0f} in the middle, give or"
        f" take {spread:,.0f}. Less than {middle - SHORT_BY * spread:,.0f} is unusual.",
        f"文件共{rows:,}行；此前{len(recent)}次报送的中位数为{middle:,.0f}行，波动约{spread:,.0f}行，"
        f"少于{max(middle - SHORT_BY * spread, 0):,.0f}行属于异常。",
    )
