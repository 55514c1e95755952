"""One step for many cases: each on its own, and nothing that its chart or its guards refuse."""

from __future__ import annotations

import uuid

import pytest

from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.many import MOST, Chosen, Outcome, move_many
from goodstanding.casework.models import Case
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account, Record

from .stories import AT, REASONS, TODAY, Town, apply, take

pytestmark = pytest.mark.usefixtures("database")


def many(code: str, actor: Actor, *cases: Case, **more: object) -> list[Outcome]:
    chosen = [Chosen(case.public_id, case.version) for case in cases]
    return move_many(code, actor=actor, chosen=chosen, at=AT, today=TODAY, **more)  # type: ignore[arg-type]


def codes(outcomes: list[Outcome]) -> list[str]:
    return [outcome.refused.code if outcome.refused else "" for outcome in outcomes]


def test_each_case_is_decided_on_its_own() -> None:
    town = Town()
    me = town.market_officer
    first, second, third = apply(town.firm, *[town.record() for _ in range(3)]).cases.order_by("pk")
    stale = Case.objects.get(pk=third.pk)
    third = take("refuse", me, third)
    theirs = apply(town.firm, town.record(town.tax)).cases.get()
    assert codes(many("accept", me, first, stale, theirs, second)) == [
        "",
        "case.changed",
        "case.not_found",
        "",
    ]
    first.refresh_from_db()
    second.refresh_from_db()
    assert codes(many("grant", me, first, second, third, reasons=REASONS)) == ["", "", "case.not_allowed"]
    assert {case.record.state for case in Case.objects.filter(state="granted")} == {Record.State.RESTORED}
    assert {case.reasons for case in Case.objects.filter(state="granted")} == {REASONS}


def test_serious_records_are_never_granted_among_many() -> None:
    town = Town()
    case = apply(town.firm, town.record(severity="serious")).cases.get()
    case = take("accept", town.market_officer, case)
    assert codes(many("grant", town.market_officer, case)) == ["case.second_look"]
    assert Case.objects.get().state == "accepted"


def test_many_are_given_to_one_officer() -> None:
    town = Town()
    cases = list(apply(town.firm, town.record(), town.record()).cases.all())
    name = Account.objects.get(pk=town.second_officer.account_id).user.get_username()
    assert codes(many("assign", town.market_officer, *cases, given={"officer": name})) == ["", ""]
    assert set(Case.objects.values_list("officer_id", flat=True)) == {town.second_officer.account_id}


@pytest.mark.parametrize("code", ["deny", "refuse", "hand_over", "nothing"])
def test_what_weighs_one_case_is_not_done_for_many(code: str) -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    with pytest.raises(CaseworkError, match=r"many\.not_allowed"):
        many(code, town.market_officer, case, reasons=REASONS)
    chosen = [Chosen(uuid.uuid4(), 1)] * (MOST + 1)
    with pytest.raises(CaseworkError, match=r"many\.too_many"):
        move_many("accept", actor=town.market_officer, chosen=chosen, at=AT, today=TODAY)
