"""Supervision counts what lies where, how long it took, what was late and what appeals changed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Coalesce
from django.test.utils import CaptureQueriesContext

from goodstanding.casework.models import Clock, Step
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


def test_what_is_counted_is_what_steps_and_clocks_say() -> None:
    """A case whose clock was stopped twice, one withdrawn, one of a serious record: by hand and from the tables."""
    town = Town()
    me, late = town.market_officer, TODAY + timedelta(days=40)
    case, other, grave = (
        apply(town.firm, record).cases.get()
        for record in (town.record(), town.record(), town.record(severity="serious"))
    )
    case = take("supply", town.firm, take("ask", me, case))
    case = take("accept", me, case, today=late)
    take("withdraw", town.firm, case, today=late)
    take("hand_over", me, other, town=town)
    grave = take("propose_denial", me, take("accept", me, grave))
    take("confirm_denial", town.second_officer, grave, today=late)
    rows = supervision(actor=town.operator, on=late)
    market = next(row for row in rows if row.authority == town.market)
    steps = Step.objects.filter(case__authority=town.market)
    clocks = Clock.objects.filter(case__authority=town.market, stopped_on__isnull=False)
    own = clocks.filter(code__in=["accept", "decide"])
    assert market.accepted is not None and market.decided is not None
    assert market.accepted.number == steps.filter(event="accept").count() == 2
    assert market.decided.number == steps.filter(to_state="denied").count() == 1
    assert market.clocks == own.count() == 5
    assert market.clocks_late == own.filter(stopped_on__gt=Coalesce("due_on", "latest_on")).count()


def test_no_figure_reads_the_cases_themselves() -> None:
    town = Town()
    take("accept", town.market_officer, apply(town.firm, town.record()).cases.get())
    with CaptureQueriesContext(connection) as queries:
        supervision(actor=town.operator, on=TODAY)
    asked = [q["sql"] for q in queries.captured_queries if "casework_" in q["sql"]]
    assert len(asked) == 2
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        for sql, index in zip(asked, ("case_", "handled_on"), strict=True):
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert f"Index Only Scan using {index}" in plan and "Seq Scan" not in plan, plan
