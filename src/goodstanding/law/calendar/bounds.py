"""Both ends of a deadline that is not known yet.

Earliest: every day without a notice is a working day, and a pause whose end is open lasts one day. Latest: the
working days left take as long as so many ever took in the years known, one more for each paused day among
them; none where there is no such experience or a pause is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from goodstanding.law.calendar.terms import Pause, Term, days_needed, pause_of
from goodstanding.law.calendar.working import DAY, WorkingCalendar, days_after


def earliest(zero: date, terms: Sequence[Term], pauses: Sequence[Pause], calendar: WorkingCalendar) -> date:
    """The earliest end of parts counted one after the other from day zero."""
    ended = [pause if pause.until else replace(pause, until=pause.from_ + DAY) for pause in pauses]
    end = zero
    for term in terms:
        left = days_needed(end, term)
        for day in days_after(end) if left else ():
            left -= pause_of(day, ended) is None and _may_count(day, term, calendar)
            if not left:
                end = day
                break
    return end


def latest(
    zero: date | None, terms: Sequence[Term], pauses: Sequence[Pause], calendar: WorkingCalendar
) -> date | None:
    """The latest end of parts counted one after the other from day zero; None where there is no bound."""
    end = zero
    for term in terms:
        if end is None:
            return None
        end = _latest(end, term, pauses, calendar)
    return end


def _may_count(day: date, term: Term, calendar: WorkingCalendar) -> bool:
    return term.unit != "working_days" or day > calendar.known_until or calendar.is_working(day)


def _latest(anchor: date, term: Term, pauses: Sequence[Pause], calendar: WorkingCalendar) -> date | None:
    left = days_needed(anchor, term)
    day = anchor
    while left:
        if term.unit == "working_days" and day >= calendar.known_until:
            return _by_experience(day, left, pauses, calendar)
        day += DAY
        pause = pause_of(day, pauses)
        if pause is None:
            left -= _may_count(day, term, calendar)
        elif pause.until is None:
            return None
    return day


def _by_experience(known: date, left: int, pauses: Sequence[Pause], calendar: WorkingCalendar) -> date | None:
    """Enough days after `known` for the working days left and for as many again as are paused among them."""
    paused = 0
    while True:
        span = calendar.longest_span(left + paused)
        if span is None:
            return None
        end = known + timedelta(days=span)
        found = 0
        for pause in pauses:
            if pause.until is None and pause.from_ <= end:
                return None
            until = min(pause.until or pause.from_, end + DAY)
            found += max(0, (until - max(pause.from_, known + DAY)).days)
        if found == paused:
            return end
        paused = found
