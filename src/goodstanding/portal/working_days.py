"""The public working-day page: a deadline counted day by day, and the notices that it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from goodstanding import law
from goodstanding.casework.clocks import calendar_folders, known_calendar
from goodstanding.casework.queries import ClockDay, clock_days
from goodstanding.law.calendar import UNITS, Deadline, Notice, deadline, notices_of
from goodstanding.law.calendar.jurisdictions import BY_STATUTE

from .fields import DayField, keep_as_typed
from .words import label

#: Jurisdictions with a calendar, the home one first.
JURISDICTIONS = ("CN", *BY_STATUTE)
#: The longest count that is answered, by unit.
LONGEST = {"working_days": 10_000, "calendar_days": 10_000, "months": 600}
#: Counts of more days than this are not drawn; the receipt still names every day.
DRAWN = 400


class CountForm(forms.Form):
    """From which day, how many of which unit, where."""

    jurisdiction = forms.ChoiceField(
        label=_("Where?"),
        error_messages={"invalid_choice": _("There is no calendar for this place. Choose one of the list.")},
    )
    start = DayField(
        required=True,
        label=_("On which day was it received?"),
        help_text=_("This day is day zero and does not count."),
    )
    number = forms.IntegerField(
        min_value=0,
        max_value=max(LONGEST.values()),
        label=_("How many?"),
        error_messages={
            "required": _("Please give a whole number, for example 10."),
            "invalid": _("Please give a whole number, for example 10."),
            "min_value": _("Give zero or more."),
            "max_value": _("Give at most 10,000 days or 600 months."),
        },
    )
    unit = forms.ChoiceField(
        label=_("Of what?"), error_messages={"invalid_choice": _("Choose one of the units of the list.")}
    )
    at = forms.TimeField(
        required=False,
        input_formats=["%H:%M"],
        label=_("At what time of day was it received?"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Write the time as hours and minutes, for example 16:30.")},
    )
    cut_off = forms.TimeField(
        required=False,
        input_formats=["%H:%M"],
        label=_("After what time does it count as received on the next working day?"),
        help_text=_("Only where a rule sets such a time; the law seen states none."),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Write the time as hours and minutes, for example 16:30.")},
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        keep_as_typed(self)
        for name, family, codes in (
            ("jurisdiction", "calendar", JURISDICTIONS),
            ("unit", "unit", UNITS),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(code, label(family, code)) for code in codes]

    @property
    def opened(self) -> bool:
        """Whether a time is given or refused, so that the fields must be seen."""
        return any(self[name].errors or self.data.get(name) for name in ("at", "cut_off"))

    def clean(self) -> dict[str, Any]:
        """What cannot be together, said at the field that can mend it."""
        given = super().clean() or {}
        number, unit = given.get("number"), given.get("unit")
        if number is not None and unit and number > LONGEST[unit]:
            self.add_error("number", _("Give at most 10,000 days or 600 months."))
        if given.get("cut_off") and not given.get("at") and "at" not in self.errors:
            self.add_error("at", _("A cut-off needs the time of day at which it was received."))
        return given

    def deadline(self) -> Deadline:
        """The deadline asked for. Call it only on a valid form.

        Raises:
            law.LawError: the days lie outside the calendar.
        """
        given = self.cleaned_data
        calendar = known_calendar(given["jurisdiction"])
        start: date | datetime = given["start"]
        at: time | None = given["at"]
        if at is not None:
            start = datetime.combine(given["start"], at, tzinfo=calendar.zone)
        return deadline(
            start, given["number"], calendar=calendar, unit=given["unit"], cut_off=given["cut_off"]
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """What the grid of a clock needs of a count."""

    started_on: date


@dataclass(frozen=True, slots=True)
class Count:
    """A deadline laid out like the clock of a case."""

    clock: Counted
    days: tuple[ClockDay, ...]


def count_of(found: Deadline, *, today: date) -> Count:
    """The days of a deadline for the grid, from day zero on."""
    days = clock_days(found.days, due_on=found.due_on, today=today)
    return Count(Counted(found.start), days)


@dataclass(frozen=True, slots=True)
class Year:
    """The official notices of one year."""

    year: int
    notices: tuple[Notice, ...]


def years_of(jurisdiction: str) -> list[Year]:
    """The notices of a jurisdiction by year, the latest first; none where days off are set by statute."""
    by_year: dict[int, list[Notice]] = {}
    for notice in notices_of(jurisdiction, calendar_folders()):
        year = max(day for day, _worked, _holiday in notice.listed()).year
        by_year.setdefault(year, []).append(notice)
    return [Year(year, tuple(by_year[year])) for year in sorted(by_year, reverse=True)]


def rests_on(found: Deadline) -> list[str]:
    """The ids of the notices that the days of a count rest on, in their order."""
    received = found.received.days if found.received is not None else ()
    return list(dict.fromkeys(entry.notice for entry in (*received, *found.days) if entry.notice))


def refused(error: law.LawError) -> str:
    """The question that a refusal is about."""
    return "cut_off" if error.code.startswith("cut_off") else "start"
