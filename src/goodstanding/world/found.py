"""When the findings of the city were made, relative to the day on which it is looked at."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Final

from goodstanding.law.months import add_months

ADVERSE_AGES: Final = (
    (20, 1, 89),
    (20, 90, 200),
    (22, 201, 364),
    (16, 365, 729),
    (12, 730, 1094),
    (8, 1095, 1500),
)
"""Share of 100, and the days before `on` from .. to, of penalties and list entries. The rest are on an edge."""

EDGES_IN_MONTHS: Final = (3, 12, 36)
"""The rest: exactly so many months before `on`, so that a minimum or a maximum falls on that very day."""

_TABLE: Final = tuple((low, high) for weight, low, high in ADVERSE_AGES for _ in range(weight))


def adverse(random: Random, on: date) -> date:
    """The finding date of a penalty or list entry."""
    at = int(random.random() * 100)
    if at < len(_TABLE):
        low, high = _TABLE[at]
        return on - timedelta(days=low + int(random.random() * (high - low + 1)))
    return add_months(on, -EDGES_IN_MONTHS[int(random.random() * 3)])


def favourable(random: Random, on: date) -> date:
    """The date of a permit or commitment: evenly over the last five years."""
    return on - timedelta(days=1 + int(random.random() * 1825))
