"""Days as numbers, and months counted from them by the rule "same-day-clamped" of `months`.

Every engine joins these tables instead of doing arithmetic on months itself, so that there is one rule.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from goodstanding.law.months import add_months
from goodstanding.law.receipts.plain import FIRST_DAY, LAST_DAY

FIRST: Final = FIRST_DAY
LAST: Final = LAST_DAY
"""The days that the columns know; a record with a day outside is refused as `date_out_of_range`."""
NEVER: Final = date(9999, 12, 31)
COUNT: Final = (LAST - FIRST).days + 1

Days = npt.NDArray[np.int32]


def number(day: date) -> int:
    """The number of a day: 1 for the first day known; 0 stands for an unknown day."""
    return (day - FIRST).days + 1


def epoch(day: date) -> int:
    """Days since 1970-01-01, as columns store dates."""
    return (day - date(1970, 1, 1)).days


@cache
def after(months: int) -> Days:
    """For every day known, in days since 1970-01-01, the day so many months later."""
    days = (FIRST + timedelta(days=place) for place in range(COUNT))
    return np.array([epoch(add_months(day, months)) for day in days], np.int32)
