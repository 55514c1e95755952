"""The receipt of a deadline: everything by which another can count it again, as plain data."""

from __future__ import annotations

from datetime import date
from typing import Any

from goodstanding.law.calendar.deadline import Deadline, Received
from goodstanding.law.calendar.terms import Extension, Pause
from goodstanding.law.calendar.working import CalendarDay


def receipt(deadline: Deadline) -> dict[str, Any]:
    """The receipt of a deadline as JSON data: days are ISO dates, an instant bears its offset."""
    return {
        "jurisdiction": deadline.jurisdiction,
        "calendar_version": deadline.calendar_version,
        "calendar_digest": deadline.calendar_digest,
        "unit": deadline.unit,
        "length": deadline.length,
        "received": deadline.received and _received(deadline.received),
        "start": deadline.start.isoformat(),
        "extension": deadline.extension and _extension(deadline.extension),
        "pauses": [_pause(pause) for pause in deadline.pauses],
        "base_due_on": _day(deadline.base_due_on),
        "due_on": _day(deadline.due_on),
        "earliest_due_on": _day(deadline.earliest_due_on),
        "latest_due_on": _day(deadline.latest_due_on),
        "reason_en": deadline.reason_en,
        "reason_zh": deadline.reason_zh,
        "days": [_counted(day) for day in deadline.days],
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _received(received: Received) -> dict[str, Any]:
    return {
        "at": received.at.isoformat(),
        "zone": received.zone,
        "cut_off": received.cut_off and received.cut_off.isoformat(),
        "late": received.late,
        "days": [_counted(day) for day in received.days],
    }


def _extension(extension: Extension) -> dict[str, Any]:
    return {
        "length": extension.length,
        "unit": extension.unit,
        "ground_en": extension.ground_en,
        "ground_zh": extension.ground_zh,
    }


def _pause(pause: Pause) -> dict[str, Any]:
    return {
        "from": pause.from_.isoformat(),
        "until": _day(pause.until),
        "ground_en": pause.ground_en,
        "ground_zh": pause.ground_zh,
    }


def _counted(day: CalendarDay) -> dict[str, Any]:
    return {
        "day": day.day.isoformat(),
        "counted": day.counted,
        "ordinal": day.ordinal,
        "part": day.part,
        "why": day.why,
        "en": day.reason_en,
        "zh": day.reason_zh,
        "notice": day.notice,
    }
