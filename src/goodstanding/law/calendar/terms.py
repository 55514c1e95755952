"""What a deadline is made of: a length with its unit, an extension, pauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from goodstanding.law.calendar.working import Part
from goodstanding.law.months import add_months

Unit = Literal["working_days", "calendar_days", "months"]
UNITS: tuple[Unit, ...] = ("working_days", "calendar_days", "months")
#: The longest count, a good hundred years, so that every count ends and stays within the calendar's years.
LONGEST: dict[Unit, int] = {"working_days": 40_000, "calendar_days": 40_000, "months": 1_200}


@dataclass(frozen=True, slots=True)
class Extension:
    """The one extension of a deadline, counted on from the original end. unit: None takes the deadline's."""

    length: int
    ground_en: str
    ground_zh: str
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that are not counted, from `from_` to the day before `until`. until: None while the pause lasts."""

    from_: date
    until: date | None
    ground_en: str
    ground_zh: str


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a count: so many units from an anchor."""

    unit: Unit
    length: int
    part: Part


def days_needed(anchor: date, term: Term) -> int:
    """How many days a part must count: a number of months is the days from its anchor to the day that the rule
    of months names, so that each paused day moves the end by one day.
    """
    return (add_months(anchor, term.length) - anchor).days if term.unit == "months" else term.length


def pause_of(day: date, pauses: Sequence[Pause]) -> Pause | None:
    """The pause within which a day lies."""
    for pause in pauses:
        if pause.from_ <= day and (pause.until is None or day < pause.until):
            return pause
    return None
