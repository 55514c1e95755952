"""Exact calendar days in the logic, and the month arithmetic "same-day-clamped" on them.

A day is its year (counted from 1970), month (from 0) and day of the month; written one after the other they
compare as days do. Adding months adds years and months apart, carries once, and clamps to the last day of the
month, so no division is needed and every proof is over real days, leap years included (2100 is none).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from goodstanding.law.prove.errors import NotComparable
from goodstanding.law.prove.terms import (
    Model,
    Term,
    below,
    bits,
    both,
    either,
    holds,
    join,
    lowest_bits,
    negated,
    not_above,
    number,
    pick,
    truth,
    value_of,
)

FIRST_YEAR = 1970
LAST_YEAR = 2130
"""Facts lie in these years; a period may lead beyond."""
LONGEST_YEARS = 300
YEAR, MONTH, DAY = 9, 5, 5
"""Sizes in bits. The month has one more than it needs, so that a sum of two fits before the carry."""


@dataclass(frozen=True, eq=False)
class Duration:
    """A calendar length in years and months (below 12), perhaps unset."""

    known: Term
    years: Term
    months: Term


@dataclass(frozen=True, eq=False)
class Day:
    """A calendar day."""

    year: Term
    month: Term
    day: Term

    @cached_property
    def key(self) -> Term:
        return join(self.year, self.month, self.day)

    def read(self, model: Model) -> date:
        """The day in a model."""
        parts = [value_of(model, part) for part in (self.year, self.month, self.day)]
        return date(parts[0] + FIRST_YEAR, parts[1] + 1, parts[2])


@dataclass(frozen=True, eq=False)
class DayOrNone:
    """A day that may not be known."""

    known: Term
    day: Day

    def by(self, other: Day) -> Term:
        """It is known and not later than the other day."""
        return both(self.known, not_later(self.day, other))

    def read(self, model: Model) -> date | None:
        """The day in a model, or None."""
        return self.day.read(model) if holds(model, self.known) else None


def unknown_day(name: str) -> Day:
    """A day that is to be found; it needs `is_a_day`."""
    return Day(bits(f"{name}.year", YEAR), bits(f"{name}.month", MONTH), bits(f"{name}.day", DAY))


def unknown_day_or_none(name: str) -> DayOrNone:
    """A day that is to be found, or that is not known."""
    return DayOrNone(truth(f"{name}.known"), unknown_day(name))


def this_day(day: date) -> Day:
    """A known day."""
    return Day(number(day.year - FIRST_YEAR, YEAR), number(day.month - 1, MONTH), number(day.day, DAY))


def is_a_day(day: Day) -> Term:
    """The parts make a day of the years in which facts lie."""
    return both(
        not_above(day.year, number(LAST_YEAR - FIRST_YEAR, YEAR)),
        not_above(day.month, number(11, MONTH)),
        not_above(number(1, DAY), day.day),
        not_above(day.day, last_of_month(day.year, day.month)),
    )


def last_of_month(year: Term, month: Term) -> Term:
    """The number of the month's last day."""
    centuries = (number(century - FIRST_YEAR, YEAR) for century in (2100, 2200, 2300))
    leap = both(
        lowest_bits(year, 2) == number(-FIRST_YEAR % 4, 2),
        *(negated(year == century) for century in centuries),
    )
    short = either(*(month == number(place, MONTH) for place in (3, 5, 8, 10)))
    february = pick(leap, number(29, DAY), number(28, DAY))
    return pick(month == number(1, MONTH), february, pick(short, number(30, DAY), number(31, DAY)))


def months(count: int) -> Duration:
    """A known length. Raises NotComparable beyond 300 years."""
    if count > LONGEST_YEARS * 12:
        raise NotComparable(
            code="length_too_long",
            en=f"A period of {count} months is too long for a proof.",
            zh=f"期限 {count} 个月过长，无法证明。",
            remedy_en=f"The longest is {LONGEST_YEARS} years.",
            remedy_zh=f"最长为 {LONGEST_YEARS} 年。",
        )
    years, rest = divmod(count, 12)
    return Duration(True, number(years, YEAR), number(rest, MONTH))


def add(day: Day, length: Duration) -> Day:
    """The day so much later, by the rule "same-day-clamped"; the length must be known."""
    total = day.month + length.months
    carry = not_above(number(12, MONTH), total)
    month = pick(carry, total - number(12, MONTH), total)
    year = day.year + length.years + pick(carry, number(1, YEAR), number(0, YEAR))
    last = last_of_month(year, month)
    return Day(year, month, pick(below(last, day.day), last, day.day))


def not_later(one: Day, other: Day) -> Term:
    """The one day comes before the other or is it."""
    return not_above(one.key, other.key)
