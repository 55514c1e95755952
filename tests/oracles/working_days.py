"""A slow oracle of working days from another source than the product's: the package `holidays`.

It shares no data with chinesecalendar: `holidays` keeps its own table of days off and of make-up weekends.
"""

from __future__ import annotations

from datetime import date, timedelta

import holidays


def is_working(day: date) -> bool:
    """Whether China works on a day, by `holidays`."""
    return bool(holidays.country_holidays("CN", years=day.year).is_working_day(day))


def due_on(start: date, working_days: int) -> date:
    """Count forward from the day after `start`, one day at a time."""
    day, left = start, working_days
    while left:
        day += timedelta(days=1)
        if is_working(day):
            left -= 1
    return day
