"""Who stands in sees the cases of the absent one; all cases of an officer can be given to another."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from goodstanding.casework import absence
from goodstanding.casework.absence_table import Absence
from goodstanding.casework.desk import Wanted, work_list
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import Case
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account

from .stories import AT, TODAY, Town, apply, take

pytestmark = pytest.mark.usefixtures("database")


def name_of(actor: Actor) -> str:
    return Account.objects.get(pk=actor.account_id).user.get_username()


def mine(actor: Actor, *, days: int = 0) -> set[tuple[Case, bool]]:
    page = work_list(actor=actor, on=TODAY + timedelta(days=days), wanted=Wanted(whose="mine"))
    return {(item.case, item.stands_in) for item in page.items}


def test_the_stand_in_sees_the_cases_of_the_absent_officer_and_nobodys_for_as_long() -> None:
    town = Town()
    away, stand_in = town.market_officer, town.second_officer
    case, nobodys = apply(town.firm, town.record(), town.record()).cases.order_by("pk")
    case = take("assign", away, case, given={"officer": name_of(away)}, town=town)
    assert (mine(away), mine(stand_in)) == ({(case, False)}, set())
    absence.set_absence(
        actor=away, stand_in=name_of(stand_in), from_on=TODAY, until_on=TODAY + timedelta(days=1)
    )
    assert mine(stand_in) == mine(stand_in, days=1) == {(case, True), (nobodys, False)}
    assert mine(stand_in, days=2) == mine(stand_in, days=-1) == set()
    absence.end_absence(actor=away)
    assert mine(stand_in) == set() and absence.absence_of(away) is None


def test_all_open_cases_of_an_officer_are_given_to_another() -> None:
    town = Town()
    me, other = town.market_officer, town.second_officer
    cases = list(apply(town.firm, *[town.record() for _ in range(3)]).cases.order_by("pk"))
    for case in cases:
        take("assign", me, case, given={"officer": name_of(me)}, town=town)
    take("refuse", me, Case.objects.get(pk=cases[2].pk))
    found = absence.reassign(actor=me, officer=name_of(me), to=name_of(other), at=AT, today=TODAY)
    assert [outcome.refused for outcome in found] == [None, None]
    officers = Case.objects.order_by("pk").values_list("officer_id", flat=True)
    assert list(officers) == [other.account_id, other.account_id, me.account_id]


def test_only_officers_of_the_same_authority_stand_in() -> None:
    town = Town()
    day = {"from_on": TODAY, "until_on": TODAY}
    for name in (name_of(town.tax_officer), name_of(town.market_officer), "nobody"):
        with pytest.raises(CaseworkError, match=r"officer\.unknown"):
            absence.set_absence(actor=town.market_officer, stand_in=name, **day)
    with pytest.raises(CaseworkError, match=r"officer\.unknown"):
        absence.reassign(
            actor=town.market_officer, officer=name_of(town.tax_officer), to="nobody", at=AT, today=TODAY
        )
    with pytest.raises(CaseworkError, match=r"absence\.backwards"):
        absence.set_absence(
            actor=town.market_officer,
            stand_in=name_of(town.second_officer),
            from_on=TODAY,
            until_on=TODAY - timedelta(days=1),
        )
    for stranger in (town.firm, town.operator):
        with pytest.raises(CaseworkError, match=r"absence\.forbidden"):
            absence.set_absence(actor=stranger, stand_in=name_of(town.second_officer), **day)
    own = town.market_officer.account_id
    with pytest.raises(IntegrityError), transaction.atomic():
        Absence.objects.create(officer_id=own, stand_in_id=own, **day)
