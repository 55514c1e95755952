"""Which days are worked in a jurisdiction, and on which official notice that rests."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from goodstanding.law.errors import CalendarUnknown

DAY = timedelta(days=1)

#: Why a day counts or is skipped: the two kinds of working day, the two kinds of day off, a day of a count by
#: calendar days, a paused day, and a day before day zero.
Why = Literal["working_day", "make_up_day", "weekend", "holiday", "calendar_day", "paused", "after_cut_off"]
#: The part of a deadline to which a day belongs.
Part = Literal["receipt", "base", "extension"]


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of a count. counted: it is a working day, or counts by another unit; ordinal: its number in its
    part of the count, from 1; notice: the id of the official notice on which this rests, empty where none is
    needed.
    """

    day: date
    counted: bool
    reason_en: str
    reason_zh: str
    ordinal: int | None = None
    why: Why = "working_day"
    notice: str = ""
    part: Part = "base"


@dataclass(frozen=True, slots=True)
class ListedDay:
    """A day that a notice or statute lists. worked: a make-up working day, else a day off."""

    worked: bool
    name_en: str
    name_zh: str
    notice: str


class WorkingCalendar:
    """The working days of a jurisdiction, Monday to Friday but for the days listed, over the days known.

    jurisdiction: for example "CN". zone: the time zone of its days. known_from, known_until: the first and the
    last day for which the calendar can be asked. notices: ids of the notices in force in it, the oldest first,
    and patterns: the notice in force for the days of a year that no notice lists. version: what it was read
    from, for receipts; it names the beginning of digest, a SHA-256. next_en, next_zh: what the days after
    known_until wait for.
    """

    def __init__(
        self,
        *,
        jurisdiction: str,
        zone: ZoneInfo,
        known_from: date,
        known_until: date,
        listed: Mapping[date, ListedDay],
        notices: tuple[str, ...],
        patterns: Mapping[int, str],
        version: str,
        digest: str,
        next_en: str,
        next_zh: str,
    ) -> None:
        self.jurisdiction = jurisdiction
        self.zone = zone
        self.known_from = known_from
        self.known_until = known_until
        self.notices = notices
        self.version = version
        self.digest = digest
        self.next_en = next_en
        self.next_zh = next_zh
        self._listed = listed
        self._patterns = patterns
        self._days: dict[date, CalendarDay] = {}
        self._spans: dict[int, int | None] = {}

    def day(self, day: date) -> CalendarDay:
        """Whether a day is a working day and why. Raises CalendarUnknown."""
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = self._explain(day)
        return found

    def _explain(self, day: date) -> CalendarDay:
        self.require(day)
        listed = self._listed.get(day)
        if listed is not None:
            if listed.worked:
                en, zh = f"make-up working day for {listed.name_en}", f"调休上班（{listed.name_zh}）"
                return CalendarDay(day, True, en, zh, why="make_up_day", notice=listed.notice)
            en, zh = f"public holiday: {listed.name_en}", f"法定节假日：{listed.name_zh}"
            return CalendarDay(day, False, en, zh, why="holiday", notice=listed.notice)
        pattern = self._patterns.get(day.year, "")
        if day.isoweekday() >= 6:
            return CalendarDay(day, False, "weekend", "周末", why="weekend", notice=pattern)
        return CalendarDay(day, True, "working day", "工作日", why="working_day", notice=pattern)

    def require(self, day: date) -> None:
        """Raises CalendarUnknown when a day lies outside the days known."""
        if not self.known_from <= day <= self.known_until:
            # The last days of a year wait for the notice of the next.
            missing = max(day, self.known_until + timedelta(days=7)) if day > self.known_until else day
            raise CalendarUnknown(
                year=missing.year,
                version=self.version,
                known_until=self.known_until.isoformat(),
            )

    def is_working(self, day: date) -> bool:
        """Whether a known day is a working day."""
        listed = self._listed.get(day)
        return listed.worked if listed is not None else day.isoweekday() < 6

    @cached_property
    def working(self) -> tuple[date, ...]:
        """Every known working day in order."""
        days = (self.known_until - self.known_from).days + 1
        every = (self.known_from + timedelta(days=number) for number in range(days))
        return tuple(day for day in every if self.is_working(day))

    @cached_property
    def _numbers(self) -> array[int]:
        return array("i", (day.toordinal() for day in self.working))

    def working_days_up_to(self, day: date) -> int:
        """How many known working days lie before or on a day."""
        return bisect_right(self._numbers, day.toordinal())

    def longest_span(self, working_days: int) -> int | None:
        """The most calendar days that so many working days ever took in known years; None if never seen."""
        if working_days not in self._spans:
            numbers = self._numbers
            spans = (end - start for start, end in zip(numbers, numbers[working_days:], strict=False))
            self._spans[working_days] = max(spans, default=None)
        return self._spans[working_days]


def working_days_between(a: date, b: date, *, calendar: WorkingCalendar) -> int:
    """The working days after `a` up to and including `b`, as `deadline` counts; negative when `b` lies
    before `a`.

    Raises CalendarUnknown when a day of the span has no notice.
    """
    if b < a:
        return -working_days_between(b, a, calendar=calendar)
    if b == a:
        return 0
    calendar.require(a + DAY)
    calendar.require(b)
    return calendar.working_days_up_to(b) - calendar.working_days_up_to(a)


def days_after(day: date) -> Iterator[date]:
    """Every day after a day, one by one."""
    while True:
        day += DAY
        yield day
