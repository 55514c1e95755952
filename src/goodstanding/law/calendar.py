"""Working days as law: official notices, deadlines counted day by day, and the honest answer beyond the
last notice.

Counting: the day of receipt is day zero and counting starts on the next day; the deadline is the last
working day counted. Years without an official notice are never guessed: the deadline is then an interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from importlib.metadata import version as package_version
from typing import Protocol

import chinese_calendar  # type: ignore[import-untyped]
from chinese_calendar.constants import Holiday  # type: ignore[import-untyped]

from goodstanding.law.errors import CalendarUnknown, LawError

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of a count. counted: it is a working day; ordinal: its number in the count, from 1."""

    day: date
    counted: bool
    reason_en: str
    reason_zh: str
    ordinal: int | None = None


class WorkingCalendar(Protocol):
    """The working days of a jurisdiction over the years for which an official notice is known."""

    @property
    def jurisdiction(self) -> str:
        """For example "CN"."""

    @property
    def version(self) -> str:
        """What the calendar was read from, for receipts."""

    @property
    def known_from(self) -> date:
        """First day with a notice."""

    @property
    def known_until(self) -> date:
        """Last day with a notice."""

    def day(self, day: date) -> CalendarDay:
        """Whether a day is a working day and why. Raises CalendarUnknown."""

    def longest_span(self, working_days: int) -> int | None:
        """The most calendar days that so many working days ever took in known years; None if never seen."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline with its count. due_on is None while a year's notice is missing: then it lies between
    earliest_due_on (no day off at all among the unknown days) and latest_due_on (the longest that the
    remaining working days ever took in the known years; None if there is no such experience). days: every
    known day from the one after start, counted or skipped and why.
    """

    start: date
    working_days: int
    due_on: date | None
    earliest_due_on: date
    latest_due_on: date | None
    days: tuple[CalendarDay, ...]
    calendar_version: str
    reason_en: str = ""
    reason_zh: str = ""


class ChinaCalendar:
    """Working days of mainland China from the State Council's yearly notices, by the package
    chinesecalendar.
    """

    jurisdiction = "CN"

    def __init__(self) -> None:
        self._spans: dict[int, int | None] = {}

    @cached_property
    def known_from(self) -> date:
        return date(min(day.year for day in chinese_calendar.holidays), 1, 1)

    @cached_property
    def known_until(self) -> date:
        return date(max(day.year for day in chinese_calendar.holidays), 12, 31)

    @cached_property
    def version(self) -> str:
        package = package_version("chinesecalendar")
        return f"CN notices {self.known_from.year}-{self.known_until.year} (chinesecalendar {package})"

    def day(self, day: date) -> CalendarDay:
        if not self.known_from <= day <= self.known_until:
            raise CalendarUnknown(
                year=day.year, version=self.version, known_until=self.known_until.isoformat()
            )
        holiday = chinese_calendar.holidays.get(day)
        if holiday is not None:
            name = Holiday(holiday)
            return CalendarDay(day, False, f"public holiday: {name.value}", f"法定节假日：{name.chinese}")
        made_up = chinese_calendar.workdays.get(day)
        if made_up is not None:
            name = Holiday(made_up)
            return CalendarDay(
                day, True, f"make-up working day for {name.value}", f"调休上班（{name.chinese}）"
            )
        if day.isoweekday() >= 6:
            return CalendarDay(day, False, "weekend", "周末")
        return CalendarDay(day, True, "working day", "工作日")

    @cached_property
    def working(self) -> tuple[date, ...]:
        """Every known working day in order."""
        found = []
        day = self.known_from
        while day <= self.known_until:
            if self.day(day).counted:
                found.append(day)
            day += _DAY
        return tuple(found)

    def longest_span(self, working_days: int) -> int | None:
        if working_days not in self._spans:
            spans = zip(self.working, self.working[working_days:], strict=False)
            self._spans[working_days] = max(((end - start).days for start, end in spans), default=None)
        return self._spans[working_days]


@cache
def china_calendar() -> ChinaCalendar:
    """The calendar of mainland China, with the notices of the installed chinesecalendar."""
    return ChinaCalendar()


def deadline(start: date, working_days: int, *, calendar: WorkingCalendar) -> Deadline:
    """The deadline `working_days` working days after `start` (day zero), with every day explained.

    Raises CalendarUnknown when `start` itself lies before the first notice, LawError for a negative count.
    """
    if working_days < 0:
        raise LawError(
            code="negative_working_days",
            en=f"A deadline cannot be {working_days} working days long.",
            zh=f"期限不能为 {working_days} 个工作日。",
            remedy_en="Give zero or more working days.",
            remedy_zh="请填写零或正整数。",
        )
    if start + _DAY < calendar.known_from:
        raise CalendarUnknown(
            year=start.year, version=calendar.version, known_until=calendar.known_until.isoformat()
        )
    days, counted, last = _count(start, working_days, calendar)
    if counted == working_days:
        return Deadline(start, working_days, last, last, last, days, calendar.version)
    left = working_days - counted
    known = max(start, calendar.known_until)
    span = calendar.longest_span(left)
    unknown = (known + _DAY).year
    return Deadline(
        start=start,
        working_days=working_days,
        due_on=None,
        earliest_due_on=known + left * _DAY,
        latest_due_on=None if span is None else known + span * _DAY,
        days=days,
        calendar_version=calendar.version,
        reason_en=f"The official notice for {unknown} is not known. {left} of {working_days} working days fall "
        f"after {known}: the earliest end counts every day after it, the latest takes the longest that {left} "
        "working days ever took in the years known.",
        reason_zh=f"{unknown} 年节假日安排通知尚未收录。{working_days} 个工作日中有 {left} 个"
        f"在 {known} 之后："
        f"最早按其后每日均为工作日计，最晚按已知年份中 {left} 个工作日所用最长天数计。",
    )


def _count(
    start: date, working_days: int, calendar: WorkingCalendar
) -> tuple[tuple[CalendarDay, ...], int, date]:
    days: list[CalendarDay] = []
    counted = 0
    day = start
    while counted < working_days and day < calendar.known_until:
        day += _DAY
        found = calendar.day(day)
        counted += found.counted
        days.append(
            CalendarDay(
                day, found.counted, found.reason_en, found.reason_zh, counted if found.counted else None
            )
        )
    return tuple(days), counted, day


def working_days_between(a: date, b: date, *, calendar: WorkingCalendar) -> int:
    """The working days after `a` up to and including `b`, as `deadline` counts; negative when `b` lies
    before `a`.

    Raises CalendarUnknown when a day of the span has no notice.
    """
    if b < a:
        return -working_days_between(b, a, calendar=calendar)
    return sum(calendar.day(day).counted for day in _days(a, b))


def _days(after: date, until: date) -> Iterator[date]:
    day = after
    while day < until:
        day += _DAY
        yield day
