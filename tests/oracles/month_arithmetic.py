"""A slow, obvious oracle of month arithmetic: walk day by day to the month wanted, then find the day in it."""

from __future__ import annotations

from datetime import date, timedelta


def months_after(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day; found by walking the days."""
    first = day.replace(day=1)
    passed = 0
    while passed < months:
        tomorrow = first + timedelta(days=1)
        if tomorrow.month != first.month:
            passed += 1
        first = tomorrow
    wanted = first
    while wanted.day < day.day and (wanted + timedelta(days=1)).month == first.month:
        wanted += timedelta(days=1)
    return wanted
