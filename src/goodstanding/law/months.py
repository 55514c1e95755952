"""Month arithmetic: one named rule, the same everywhere.

Rule "same-day-clamped": N months after a day is the same day number in the month N later; where that
month is shorter, its last day. It is always counted from the anchor, never step by step: 31 January + 2
months is 31 March, although 31 January + 1 month is 28 or 29 February. A year is 12 months.
"""

from __future__ import annotations

from datetime import date
from typing import Final

RULE: Final = "same-day-clamped"

_LENGTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def add_months(day: date, months: int) -> date:
    """The day `months` calendar months after `day` by the rule "same-day-clamped".

    Arguments: day, the anchor; months, a whole number, may be negative.
    Returns the date. Raises OverflowError beyond the years 1 to 9999.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    number = day.day
    if number > 28:
        length = _LENGTHS[month]
        if month == 1 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
            length = 29
        if number > length:
            number = length
    if not 1 <= year <= 9999:
        raise OverflowError(f"{day} plus {months} months lies outside the years 1 to 9999")
    return date(year, month + 1, number)
