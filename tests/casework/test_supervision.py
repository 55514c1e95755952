"""Supervision counts what lies where, how long it took, what was late and what appeals changed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from goodstanding.casework.supervision import BACK, Took, supervision

from .stories import TODAY, Town, appeal, apply, take

pytestmark = pytest.mark.usefixtures("database")


def test_every_figure_of_an_authority() -> None:
    town = Town()
    me = town.market_officer
    first, second, third = apply(town.firm, *[town.record() for _ in range(3)]).cases.order_by("pk")
    apply(town.firm, town.record(town.tax))
    late = date(2026, 9, 28)
    first = take("accept", me, first, today=TODAY + timedelta(days=1))
    second = take("accept", me, second, today=late)
    take("grant", me, first, today=TODAY + timedelta(days=3))
    second = take("deny", me, second, today=late)
    plea = take("accept", town.operator, appeal(town.firm, second, today=late), today=late)
    take("grant", town.operator, plea, today=late)
    market, tax = supervision(actor=town.operator, on=late)
    assert (market.authority, tax.authority) == (town.market, town.tax)
    # third, and second taken up again.
    assert (market.open, market.late) == (2, 1)
    assert market.accepted == Took(2, 4.0, pytest.approx(6.7))
    assert market.decided == Took(2, 5.0, pytest.approx(6.8))
    assert (market.clocks, market.clocks_late, market.late_share) == (4, 1, 25.0)
    assert (market.refused, market.denied, market.appeals, market.upheld) == (0, 1, 1, 1)
    assert (tax.open, tax.late, tax.accepted, tax.late_share) == (1, 1, None, None)
    assert third.is_open
    (long_after, _) = supervision(actor=town.operator, on=late + timedelta(days=BACK + 1))
    assert (long_after.clocks, long_after.decided, long_after.appeals) == (0, None, 0)
    for stranger in (me, town.firm):
        assert supervision(actor=stranger, on=late) == []


def test_what_is_due_within_three_working_days_is_counted_across_a_weekend() -> None:
    town = Town()
    apply(town.firm, town.record())  # due on Thursday, 24 September
    for on, due in (("2026-09-18", 0), ("2026-09-21", 1), ("2026-09-24", 1), ("2026-09-25", 0)):
        (row,) = supervision(actor=town.operator, on=date.fromisoformat(on))
        assert row.due == due, on
