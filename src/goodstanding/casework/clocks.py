"""Statutory clocks: started from the law pack's deadline rules on the official working-day calendar.

The day of receipt is day zero. A number that nobody has seen in the law text stays unset, and the clock says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from goodstanding.law import (
    CalendarDay,
    CalendarUnknown,
    Deadline,
    Pack,
    WorkingCalendar,
    deadline,
    working_days_between,
)
from goodstanding.law.calendar import Extension, Pause, calendar_of_version
from goodstanding.law.rows import Extension as ExtensionRule
from goodstanding.law.rows import Pause as PauseRule
from goodstanding.registry.calendars import calendar_folders as calendar_folders
from goodstanding.registry.calendars import known_calendar as known_calendar

from .eligibility import pack_of, procedure_of
from .models import Case, Clock

Mark = Literal["late", "soon", "ok"]
#: A clock with so many working days left, or fewer, is marked ``soon``.
SOON = 1
UNSET_EN = "The length is unset: it was not seen in the text of the law."
UNSET_ZH = "期限尚未设定：未在所见法律文本中见到具体时长。"
GONE_EN = "The calendar by which this was dated has since been corrected; its days are no longer shown."
GONE_ZH = "确定该期限所依据的工作日历此后已更正，不再逐日显示。"


def new_clock(*, case: Case, code: str, rule: str, pack: Pack, on: date) -> Clock:
    """An unsaved clock of a case, started on a day by a deadline rule of a pack (``procedure_of``)."""
    pack = procedure_of(pack, rule)
    law = pack.deadline(rule)
    clock = Clock(
        case=case,
        code=code,
        rule=rule,
        started_on=on,
        length=pack.number(law.length),
        unit=law.length.unit,
        text_en=law.text_en,
        text_zh=law.text_zh,
        article_en=pack.cite(law.citation, "en"),
        article_zh=pack.cite(law.citation, "zh"),
    )
    date_clock(clock, calendar=known_calendar())
    return clock


def date_clock(clock: Clock, *, calendar: WorkingCalendar) -> bool:
    """Date a clock, unsaved, with its extension and the pauses of its case. Returns whether its dates moved."""
    if clock.length is None:
        return False
    before = clock.due_on, clock.earliest_on, clock.latest_on
    found = _counted(clock, calendar)
    clock.due_on = found.due_on
    clock.earliest_on, clock.latest_on = found.earliest_due_on, found.latest_due_on
    clock.calendar_version = found.calendar_version
    return before != (clock.due_on, clock.earliest_on, clock.latest_on)


def _counted(clock: Clock, calendar: WorkingCalendar) -> Deadline:
    assert clock.length is not None
    unit = Clock.Unit(clock.unit).value
    extensions: list[Extension] = []
    pauses: list[Pause] = []
    if clock.adjusted:
        law = extension_of(clock)
        if clock.extension is not None:
            ground = (law.ground_en, law.ground_zh) if law else ("", "")
            extensions.append(Extension(clock.extension, *ground))
        stood = clock.case.pauses.order_by("from_on")
        # A pause touches this clock from the day after it started on; one of a day that had not come does not.
        pauses = [
            Pause(max(pause.from_on, clock.started_on), pause.until_on, pause.ground_en, pause.ground_zh)
            for pause in stood
            if pause.until_on is None or pause.until_on > max(pause.from_on, clock.started_on)
        ]
    return deadline(
        clock.started_on, clock.length, calendar=calendar, unit=unit, extensions=extensions, pauses=pauses
    )


def extension_of(clock: Clock) -> ExtensionRule | None:
    """The extension that the law pack allows for a clock, where it gives its number; else None."""
    pack = procedure_of(pack_of(clock.case.record), clock.rule)
    law = pack.deadline(clock.rule).extension
    return law if law is not None and pack.number(law.length) else None


def pause_grounds(case: Case) -> tuple[PauseRule, ...]:
    """The grounds of the law pack on which the running clocks of a case may stand still."""
    running = set(case.clocks.filter(stopped_on__isnull=True).values_list("rule", flat=True))
    return tuple(row for row in pack_of(case.record).pauses if running & set(row.deadlines))


@dataclass(frozen=True, slots=True)
class Count:
    """Every day of a clock from the one after its start, counted or skipped and why; and why there is no single
    last day (the number is unset, or a year's notice is missing), else empty.
    """

    days: tuple[CalendarDay, ...]
    open_en: str
    open_zh: str


def count_of(clock: Clock) -> Count:
    """The count of a clock, made again by the calendar by which it was dated.

    Where that calendar is no longer at hand (an older notice was corrected), the calendar of today serves as long
    as it leads to the same dates; else there are no days, and the count says so.
    """
    if clock.length is None:
        return Count((), UNSET_EN, UNSET_ZH)
    calendar = (
        calendar_of_version("CN", clock.calendar_version, folders=calendar_folders()) or known_calendar()
    )
    found = _counted(clock, calendar)
    if (found.due_on, found.earliest_due_on) != (clock.due_on, clock.earliest_on):
        return Count((), GONE_EN, GONE_ZH)
    return Count(found.days, found.reason_en, found.reason_zh)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a clock stands on a day. ``working_days_left`` is negative when late, None when it cannot be said."""

    working_days_left: int | None
    mark: Mark


def standing(clock: Clock, *, on: date, calendar: WorkingCalendar | None = None) -> Standing:
    """How a clock stands on a day (on the day it stopped, once it has stopped).

    Args:
        calendar: ``known_calendar()``, for whoever asks about many clocks.
    """
    day = min(on, clock.stopped_on) if clock.stopped_on else on
    if clock.due_on is None:
        if clock.latest_on is not None and day > clock.latest_on:
            return Standing(None, "late")
        return Standing(None, "soon" if clock.earliest_on is not None and day >= clock.earliest_on else "ok")
    try:
        left = working_days_between(day, clock.due_on, calendar=calendar or known_calendar())
    except CalendarUnknown:
        # A day after the last notice, or a due day there that was not counted in working days.
        soon = (clock.due_on - day).days <= SOON
        return Standing(None, "late" if day > clock.due_on else "soon" if soon else "ok")
    if day > clock.due_on:
        return Standing(left, "late")
    return Standing(left, "soon" if left <= SOON else "ok")
