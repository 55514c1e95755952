"""By when a removal is to be answered: what the agreements say, on the calendar of working days. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from goodstanding.law.calendar import WorkingCalendar
from goodstanding.law.calendar import deadline as counted
from goodstanding.law.errors import LawError

from .scope import Term


@dataclass(frozen=True, slots=True)
class Clause:
    """What the terms under which a record was sent say of its removal: the strictest of them, None where none says it.

    ``working_days`` to answer; ``suspension_days`` past the last day before the agreement is suspended by itself.
    """

    working_days: int | None
    suspension_days: int | None


@dataclass(frozen=True, slots=True)
class Days:
    """The days of one removal. Each is None where nothing is agreed or the calendar does not reach so far.

    ``due_on``: the last day for the answer. ``remind_on``: from then on the recipient is reminded.
    ``suspend_after``: the last day before it is suspended.
    """

    due_on: date | None = None
    remind_on: date | None = None
    suspend_after: date | None = None


def clause_of(terms: Iterable[Term]) -> Clause:
    """What terms say together."""
    answer = [term.removal_days for term in terms if term.removal_days is not None]
    suspension = [term.suspension_days for term in terms if term.suspension_days is not None]
    return Clause(min(answer, default=None), min(suspension, default=None))


class Counting:
    """Counts the days of removals on one calendar, each only once."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._calendar = calendar
        self._known: dict[tuple[date, int], date | None] = {}

    def days(self, news_on: date, clause: Clause) -> Days:
        """The days of a removal that came on the feed on a day, which is day zero.

        The recipient is reminded on the last working day before the last one, where that lies after the news.
        """
        if clause.working_days is None:
            return Days()
        due_on = self._after(news_on, clause.working_days)
        if due_on is None:
            return Days()
        before = self._after(news_on, clause.working_days - 1) if clause.working_days > 1 else None
        remind_on = before or min(due_on, news_on + timedelta(days=1))
        suspend_after = (
            None if clause.suspension_days is None else self._after(due_on, clause.suspension_days)
        )
        return Days(due_on, remind_on, suspend_after)

    def _after(self, start: date, working_days: int) -> date | None:
        key = (start, working_days)
        if key not in self._known:
            self._known[key] = last_day(start, working_days, calendar=self._calendar)
        return self._known[key]


def last_day(start: date, working_days: int, *, calendar: WorkingCalendar) -> date | None:
    """The day on which so many working days after a day have passed, which is day zero; 0 is that day itself.

    None where the calendar does not reach so far.
    """
    if working_days == 0:
        return start
    try:
        return counted(start, working_days, calendar=calendar).due_on
    except LawError:
        return None


def working_day_before(on: date, number: int, *, calendar: WorkingCalendar) -> date | None:
    """The last day from which ``number`` working days had passed by a day; None where the calendar does not say."""
    known = [day for day in calendar.working if day <= on]
    return (
        known[-number] - timedelta(days=1)
        if 0 < number <= len(known) and on <= calendar.known_until
        else None
    )


def working_days_late(due_on: date, on: date, *, calendar: WorkingCalendar) -> int | None:
    """How many working days have passed since a last day; None where the calendar does not reach so far."""
    if on > calendar.known_until or due_on < calendar.known_from:
        return None
    return max(0, calendar.working_days_up_to(on) - calendar.working_days_up_to(due_on))
