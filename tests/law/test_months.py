"""Month arithmetic agrees with the oracle and keeps its named rule."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.law import add_months
from goodstanding.law.months import RULE
from tests.oracles.month_arithmetic import months_after

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2110, 12, 31))


@given(day=DAYS, months=st.integers(0, 40))
@settings(max_examples=300, deadline=None)
def test_any_day_agrees_with_the_oracle(day: date, months: int) -> None:
    assert add_months(day, months) == months_after(day, months)


def test_every_month_end_2000_to_2100_agrees_with_the_oracle() -> None:
    for year in range(2000, 2101):
        for month in range(1, 13):
            end = (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
            for months in (3, 12, 36):
                assert add_months(end, months) == months_after(end, months)


@given(day=DAYS, months=st.integers(0, 60))
def test_it_never_leaves_the_month_and_never_runs_backwards(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day
    assert later <= add_months(day, months + 1)
    assert add_months(day, months) <= add_months(day + timedelta(days=1), months)


def test_it_counts_from_the_anchor_and_not_step_by_step() -> None:
    assert RULE == "same-day-clamped"
    assert add_months(date(2026, 1, 31), 2) == date(2026, 3, 31)
    assert add_months(add_months(date(2026, 1, 31), 1), 1) == date(2026, 3, 28)
    assert add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)


def test_years_that_no_calendar_has_are_refused() -> None:
    with pytest.raises(OverflowError):
        add_months(date(9999, 12, 1), 1)
