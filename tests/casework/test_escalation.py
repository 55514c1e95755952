"""Escalation: the parties are told before a last day and after it, once, and not while the time stands still."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from goodstanding.casework.desk import soon_until
from goodstanding.casework.escalation import Escalated, escalate
from goodstanding.casework.models import Case, Escalation, Notice, Pause
from goodstanding.casework.notice_texts import told
from goodstanding.casework.notices import notices_visible_to
from goodstanding.registry.models import Event

from .stories import AT, TODAY, Town, apply, follow_all, staff, take

pytestmark = pytest.mark.usefixtures("database")
NOTHING = Escalated(0, 0)


def last_day(case: Case) -> date:
    assert case.due_on is not None
    return case.due_on


def test_nothing_is_told_before_the_last_day_is_near_and_then_once() -> None:
    town = Town()
    case = take("accept", town.market_officer, apply(town.firm, town.record()).cases.get())
    due = last_day(case)
    quiet = due - timedelta(days=1)
    while soon_until(quiet) >= due:
        assert quiet > TODAY
        quiet -= timedelta(days=1)
    assert escalate(on=quiet, at=AT) == NOTHING
    assert escalate(on=quiet + timedelta(days=1), at=AT) == Escalated(1, 0)
    assert escalate(on=due, at=AT) == NOTHING
    assert escalate(on=due + timedelta(days=1), at=AT) == Escalated(0, 1)
    assert escalate(on=due + timedelta(days=2), at=AT) == NOTHING
    kinds = Event.objects.filter(kind__in=["case.due", "case.late"]).order_by("position")
    assert list(kinds.values_list("kind", flat=True)) == ["case.due", "case.late"]


def test_each_party_reads_it_in_both_languages() -> None:
    town = Town()
    case = take("accept", town.market_officer, apply(town.firm, town.record()).cases.get())
    due = last_day(case)
    escalate(on=due, at=AT)
    escalate(on=due + timedelta(days=1), at=AT)
    follow_all()
    late = set(Notice.objects.filter(event="case.late").values_list("party", flat=True))
    assert late == {"entity", "authority", "operator"}
    for reader in (town.firm, town.market_officer, staff()):
        said = {item.notice.event: item for item in told(list(notices_visible_to(reader)))}
        assert due.isoformat() in said["case.late"].text_en
        assert f"{due.month}月{due.day}日" in said["case.late"].text_zh
    assert not notices_visible_to(town.tax_officer).filter(event__in=["case.due", "case.late"]).exists()
    assert "case.due" not in {item.event for item in notices_visible_to(staff())}


def test_time_that_stands_still_and_ended_cases_are_left_alone_and_a_new_last_day_is_told_anew() -> None:
    town = Town()
    first, second = apply(town.firm, town.record(), town.record()).cases.order_by("pk")
    first = take("accept", town.market_officer, first)
    second = take("refuse", town.market_officer, second)
    far = last_day(first) + timedelta(days=30)
    pause = Pause.objects.create(case=first, ground="x", ground_en="x", ground_zh="x", from_on=TODAY)
    assert escalate(on=far, at=AT) == NOTHING
    Pause.objects.filter(pk=pause.pk).update(until_on=TODAY)
    assert escalate(on=far, at=AT) == Escalated(0, 1)
    Case.objects.filter(pk=first.pk).update(due_on=far - timedelta(days=1))
    assert escalate(on=far, at=AT) == Escalated(0, 1)
    days = Escalation.objects.order_by("position").values_list("case_id", "due_on")
    assert list(days) == [(first.pk, last_day(first)), (first.pk, far - timedelta(days=1))]
