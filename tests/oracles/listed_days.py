"""The raw notices as a table of days, and the arithmetic of months, for the checker of deadline receipts."""

from datetime import date, timedelta
from functools import cached_property
from typing import Any

DAY = timedelta(days=1)


class Notices:
    """Every listed day of notices as read from YAML; the last three days of the last year are not known."""

    def __init__(self, years: list[dict[str, Any]]) -> None:
        self.listed: dict[date, tuple[bool, str, str]] = {}
        for notice in (notice for year in years for notice in year["notices"]):
            for holiday in notice["holidays"]:
                for day in holiday["days_off"]:
                    self.listed[day] = (False, "holiday", notice["id"])
                for day in holiday["make_up_days"]:
                    self.listed[day] = (True, "make_up_day", notice["id"])
        self.first, self.last = date(years[0]["year"], 1, 1), date(years[-1]["year"], 12, 28)

    def explain(self, day: date) -> tuple[bool, str, str]:
        """Whether a day is worked, why, and by which notice."""
        week = (True, "working_day") if day.weekday() < 5 else (False, "weekend")
        return self.listed.get(day, (*week, f"cn-{day.year}"))

    @cached_property
    def worked(self) -> list[date]:
        """Every known working day."""
        days = (self.first + n * DAY for n in range((self.last - self.first).days + 1))
        return [day for day in days if self.explain(day)[0]]

    def longest(self, count: int) -> timedelta | None:
        """The longest that so many working days ever took."""
        return max((b - a for a, b in zip(self.worked, self.worked[count:], strict=False)), default=None)


def day_of(text: str | None) -> date | None:
    """A day as JSON writes it."""
    return date.fromisoformat(text) if text else None


def days_needed(anchor: date, unit: str, length: int) -> int:
    """How many days must count: for months, up to the same day number or the month's last day."""
    if unit != "months":
        return length
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + length, 12)
    last = (date(year + month // 11, (month + 1) % 12 + 1, 1) - DAY).day
    return (date(year, month + 1, min(anchor.day, last)) - anchor).days
