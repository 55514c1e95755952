"""Deadlines counted day by day: working days, calendar days or months, with one extension, pauses and a cut-off.

Counting: the day of receipt is day zero and counting starts on the next day; the deadline is the last day
counted. Months follow the rule of `law.months`; a paused day is not counted, whatever the unit. Days that no
official notice has arranged yet are never guessed: the deadline is then an interval (`bounds`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Literal

from goodstanding.law.calendar import bounds, refusals
from goodstanding.law.calendar.terms import Extension, Pause, Term, Unit, days_needed, pause_of
from goodstanding.law.calendar.working import DAY, CalendarDay, Part, WorkingCalendar, days_after

Open = Literal["notice", "pause"]


@dataclass(frozen=True, slots=True)
class Received:
    """An instant of receipt, in the zone of the jurisdiction. late: after the cut-off, so that it counts as
    received on the next working day; days: the days after it up to that day, as far as they are known.
    """

    at: datetime
    zone: str
    cut_off: time | None
    late: bool
    days: tuple[CalendarDay, ...] = ()


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline with its count. start is day zero (the earliest, where a late receipt's next working day is
    not known). due_on is None while it cannot be known: then it lies between earliest_due_on and latest_due_on
    (None: no bound), and reason_en and reason_zh say why and how both ends were found. days: every day from the
    one after start as far as the count is known, counted or skipped and why. base_due_on: the original end,
    before an extension.
    """

    start: date
    length: int
    unit: Unit
    due_on: date | None
    earliest_due_on: date
    latest_due_on: date | None
    base_due_on: date | None
    days: tuple[CalendarDay, ...]
    jurisdiction: str
    calendar_version: str
    calendar_digest: str
    reason_en: str = ""
    reason_zh: str = ""
    extension: Extension | None = None
    pauses: tuple[Pause, ...] = ()
    received: Received | None = None


@dataclass(frozen=True, slots=True)
class _Counted:
    """What is known of one part of a count: its days, its end (None: not known) and what the rest waits for."""

    days: tuple[CalendarDay, ...]
    end: date | None
    waits_for: Open | None = None


def deadline(
    start: date | datetime,
    length: int,
    *,
    calendar: WorkingCalendar,
    unit: Unit = "working_days",
    extensions: Sequence[Extension] = (),
    pauses: Sequence[Pause] = (),
    cut_off: time | None = None,
) -> Deadline:
    """The deadline `length` units after `start`, with every day explained.

    Arguments: start, the day of receipt, or the instant of receipt (with a time zone), taken to the
    jurisdiction's zone; extensions, none or one, counted on from the original end; pauses, each from its first
    day to the day before its end; cut_off, the time of day after which an instant counts as received on the
    next working day (none unless given: the law seen states none).
    Raises LawError for what cannot be counted (`refusals`), CalendarUnknown when `start` lies before the
    calendar.
    """
    refusals.check(start, length, unit=unit, extensions=extensions, pauses=pauses, cut_off=cut_off)
    pauses = tuple(sorted(pauses, key=lambda pause: pause.from_))
    extension = extensions[0] if extensions else None
    terms = [Term(unit, length, "base")]
    if extension is not None:
        terms.append(Term(extension.unit or unit, extension.length, "extension"))
    received, zero, latest_zero = _received(start, cut_off, calendar)
    if unit == "working_days":
        calendar.require(min(zero + DAY, calendar.known_until))
    waits_for: Open | None = "notice" if zero != latest_zero else None
    counted = [] if waits_for else _count_all(zero, terms, pauses, calendar)
    ends = [part.end for part in counted]
    waits_for = waits_for or counted[-1].waits_for
    due_on = None if waits_for else ends[-1]
    found = Deadline(
        start=zero,
        length=length,
        unit=unit,
        due_on=due_on,
        earliest_due_on=due_on or bounds.earliest(zero, terms, pauses, calendar),
        latest_due_on=due_on or bounds.latest(latest_zero, terms, pauses, calendar),
        base_due_on=ends[0] if ends else None,
        days=tuple(day for part in counted for day in part.days),
        jurisdiction=calendar.jurisdiction,
        calendar_version=calendar.version,
        calendar_digest=calendar.digest,
        extension=extension,
        pauses=pauses,
        received=received,
    )
    if waits_for is None:
        return found
    en, zh = _why_open(found, waits_for, calendar)
    return replace(found, reason_en=en, reason_zh=zh)


def _received(
    start: date | datetime, cut_off: time | None, calendar: WorkingCalendar
) -> tuple[Received | None, date, date | None]:
    """The receipt of an instant, with the earliest and the latest day zero (None: no bound)."""
    if not isinstance(start, datetime):
        return None, start, start
    local = start.astimezone(calendar.zone)
    zone = calendar.zone.key
    if cut_off is None or local.time() <= cut_off:
        return Received(start, zone, cut_off, late=False), local.date(), local.date()
    en, zh = f"received after {cut_off:%H:%M}", f"{cut_off:%H:%M} 之后收到"
    days: list[CalendarDay] = []
    for day in days_after(local.date()):
        if day > calendar.known_until:
            span = calendar.longest_span(1)
            latest = None if span is None else max(local.date(), calendar.known_until) + span * DAY
            return Received(start, zone, cut_off, late=True, days=tuple(days)), day, latest
        found = calendar.day(day)
        says = (f"day zero, {en}", f"收到之日，{zh}") if found.counted else (found.reason_en, found.reason_zh)
        why = "after_cut_off" if found.counted else found.why
        days.append(CalendarDay(day, False, *says, None, why, found.notice, "receipt"))
        if found.counted:
            break
    return Received(start, zone, cut_off, late=True, days=tuple(days)), days[-1].day, days[-1].day


def _count_all(
    zero: date, terms: Sequence[Term], pauses: Sequence[Pause], calendar: WorkingCalendar
) -> list[_Counted]:
    """The parts of a count one after the other, each from the end of the one before, as far as they are known."""
    parts: list[_Counted] = []
    anchor = zero
    for term in terms:
        parts.append(_count(anchor, term, pauses, calendar))
        end = parts[-1].end
        if end is None:
            break
        anchor = end
    return parts


def _count(anchor: date, term: Term, pauses: Sequence[Pause], calendar: WorkingCalendar) -> _Counted:
    left = days_needed(anchor, term)
    days: list[CalendarDay] = []
    ordinal, end = 0, anchor
    by_working_days = term.unit == "working_days"
    for end in days_after(anchor) if left else ():
        pause = pause_of(end, pauses)
        if pause is not None:
            en, zh = f"paused: {pause.ground_en}", f"中止计算：{pause.ground_zh}"
            days.append(CalendarDay(end, False, en, zh, None, "paused", "", term.part))
            if pause.until is None:
                return _Counted(tuple(days), None, "pause")
            continue
        if by_working_days and end > calendar.known_until:
            return _Counted(tuple(days), None, "notice")
        if by_working_days:
            found = calendar.day(end)
        else:
            found = CalendarDay(end, True, "calendar day", "日历日", why="calendar_day")
        ordinal += found.counted
        number = ordinal if found.counted else None
        days.append(
            CalendarDay(
                end,
                found.counted,
                found.reason_en,
                found.reason_zh,
                number,
                found.why,
                found.notice,
                term.part,
            )
        )
        if ordinal == left:
            break
    return _Counted(tuple(days), end)


def _why_open(found: Deadline, waits_for: Open, calendar: WorkingCalendar) -> tuple[str, str]:
    """Why there is no single day, and how both ends were found, in English and Chinese."""
    if waits_for == "pause":
        pause = found.pauses[-1]
        return (
            f"The count is paused from {pause.from_} ({pause.ground_en}) and the end of the pause is not known. "
            f"The earliest end takes the pause to last one day; there is no latest end.",
            f"自 {pause.from_} 起中止计算（{pause.ground_zh}），恢复日期尚不确定。"
            "最早按中止一日计，最晚日期无法确定。",
        )
    en, zh = _what_is_missing(found, calendar)
    if found.latest_due_on is None:
        return f"{en}; a latest end cannot be given.", f"{zh}，最晚日期无法确定。"
    return (
        f"{en}, the latest takes the longest that so many working days ever took in the years known.",
        f"{zh}，最晚按已知年份中相同数量工作日所用最长天数计。",
    )


def _what_is_missing(found: Deadline, calendar: WorkingCalendar) -> tuple[str, str]:
    """What waits for the next notice, and how the earliest end was found."""
    after = calendar.known_until
    if found.received is not None and found.received.late and not found.days:
        return (
            f"{calendar.next_en} Received after the cut-off, it counts as received on the next working day; no "
            f"working day after {after} is certain. The earliest end takes the very next day and counts every "
            "day after it that is not paused",
            f"{calendar.next_zh}在截止时刻之后收到的，视为下一工作日收到，而 {after} 之后的工作日尚不确定。"
            "最早按次日收到、其后每日（中止日除外）均为工作日计",
        )
    wanted = counted = 0
    for part, unit, length in _parts(found):
        if unit == "working_days":
            wanted += length
            counted += max((day.ordinal or 0 for day in found.days if day.part == part), default=0)
    left = wanted - counted
    return (
        f"{calendar.next_en} {left} of {wanted} working days fall after {after}: the earliest end counts every "
        "day after it that is not paused",
        f"{calendar.next_zh}{wanted} 个工作日中有 {left} 个在 {after} 之后："
        "最早按其后每日（中止日除外）均为工作日计",
    )


def _parts(found: Deadline) -> Iterator[tuple[Part, Unit, int]]:
    yield "base", found.unit, found.length
    if found.extension is not None:
        yield "extension", found.extension.unit or found.unit, found.extension.length
