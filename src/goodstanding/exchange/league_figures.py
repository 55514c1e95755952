"""The league table as open figures: one flat row for each recipient, the same in CSV, JSON and the API."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from .league import Few, League, Standing

COLUMNS: Final = (
    *("subscriber", "name_zh", "name_en", "removals", "half_within_seconds", "ninety_within_seconds"),
    *("in_time_percent", "late", "late_for", "trend"),
)


def document(league: League) -> dict[str, Any]:
    """The table with the weeks that it covers (Mondays)."""
    return {"first_week": _day(league.first), "last_week": _day(league.last), "recipients": rows(league)}


def rows(league: League) -> list[dict[str, Any]]:
    """The rows of the table; a value that is not published is None."""
    return [_row(standing) for standing in league.standings]


def _row(standing: Standing) -> dict[str, Any]:
    subscriber = standing.subscriber
    return {
        "subscriber": str(subscriber.public_id),
        "name_zh": _plain(subscriber.name_zh),
        "name_en": _plain(subscriber.name_en),
        "removals": _count(standing.removals),
        "half_within_seconds": _within(standing, standing.half_within),
        "ninety_within_seconds": _within(standing, standing.ninety_within),
        "in_time_percent": standing.in_time,
        "late": _count(standing.late),
        "late_for": standing.late_for,
        "trend": standing.trend,
    }


def _count(few: Few) -> str:
    return "fewer than 5" if few.few else str(few.at_least)


def _within(standing: Standing, seconds: int | None) -> str | None:
    """None where nothing is published; ``over`` where it is beyond the last step, or not answered at all."""
    if not standing.measured:
        return None
    return "over" if seconds is None else str(seconds)


def _plain(name: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return "'" + name if name.startswith(("=", "+", "-", "@", "\t", "\r")) else name


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
