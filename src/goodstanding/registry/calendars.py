"""The working days that this installation knows: the notices that were shipped, and those that its operator added."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from goodstanding.law.calendar import WorkingCalendar, working_calendar
from goodstanding.law.calendar.notices import FOLDER


def known_calendar(jurisdiction: str = "CN") -> WorkingCalendar:
    """A jurisdiction's calendar as this installation knows it (``calendar_folders``)."""
    return working_calendar(jurisdiction, folders=calendar_folders())


def calendar_folders() -> tuple[Path, ...]:
    """Where notices lie: those shipped, and those that the operator put beside the inbox, in ``calendars/cn``, before a
    release had them.
    """
    return (FOLDER, Path(settings.INTAKE_FOLDER).parent / "calendars")
