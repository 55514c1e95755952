"""A statutory clock as a calendar that a person can check: every day counted or skipped, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.utils.translation import gettext as _

from goodstanding.casework.queries import ClockDay, ClockView

from .language import day as in_words
from .language import language
from .lengths import in_words as length_in_words


@dataclass(frozen=True, slots=True)
class Cell:
    """One day in the grid. ``note`` is the short word in it, ``full`` what a screen reader says."""

    day: date
    classes: str
    note: str
    full: str


@dataclass(frozen=True, slots=True)
class Month:
    """A month of weeks of seven cells, Monday first; None where a day lies outside the count."""

    title: str
    weeks: list[list[Cell | None]]


@dataclass(frozen=True, slots=True)
class Calendar:
    """A clock with its grid and, in words, the runs of days that were skipped."""

    view: ClockView
    months: list[Month]
    skipped: list[str]

    @property
    def length(self) -> str:
        """The length of the clock in words; empty while it is unset."""
        clock = self.view.clock
        return "" if clock.length is None else length_in_words(clock.length, clock.unit)


def calendar_of(view: ClockView, *, today: date) -> Calendar:
    """The calendar of a clock, from its first day (day zero) to its last known one."""
    started = view.clock.started_on
    cells = {started: _start(started, today)} if view.days else {}
    cells |= {entry.day: _cell(entry) for entry in view.days}
    months = [
        Month(_month(year, month), _weeks(list(days), cells))
        for (year, month), days in groupby(sorted(cells), key=lambda day: (day.year, day.month))
    ]
    return Calendar(view, months, _skipped(view.days))


def _start(day: date, today: date) -> Cell:
    note = _("day 0")
    full = _("{day}: day of receipt, not counted").format(day=in_words(day))
    return Cell(day, "start now" if day == today else "start", note, full)


def _cell(entry: ClockDay) -> Cell:
    classes = ["counted" if entry.counted else "skipped"]
    classes += ["due"] if entry.last else []
    classes += ["now"] if entry.today else []
    reason = str(getattr(entry, language()))
    note = _("day {number}").format(number=entry.ordinal) if entry.counted else _("off")
    text = _("{day}: counted as {note}, {reason}") if entry.counted else _("{day}: not counted, {reason}")
    return Cell(
        entry.day, " ".join(classes), note, text.format(day=in_words(entry.day), note=note, reason=reason)
    )


def _weeks(days: list[date], cells: dict[date, Cell]) -> list[list[Cell | None]]:
    monday = days[0] - timedelta(days=days[0].weekday())
    weeks: list[list[Cell | None]] = []
    while monday <= days[-1]:
        week = [monday + timedelta(days=number) for number in range(7)]
        weeks.append([cells.get(day) if day.month == days[0].month else None for day in week])
        monday += timedelta(days=7)
    return weeks


def _month(year: int, month: int) -> str:
    return f"{year}年{month}月" if language() == "zh" else f"{date(year, month, 1):%B %Y}"


def _skipped(days: tuple[ClockDay, ...]) -> list[str]:
    found = []
    for (counted, reason), run in groupby(days, key=lambda d: (d.counted, str(getattr(d, language())))):
        if counted:
            continue
        listed = list(run)
        first, last = in_words(listed[0].day), in_words(listed[-1].day)
        if len(listed) == 1:
            found.append(_("{first}: {reason}").format(first=first, reason=reason))
        else:
            found.append(_("{first} to {last}: {reason}").format(first=first, last=last, reason=reason))
    return found
