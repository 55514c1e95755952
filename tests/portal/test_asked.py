"""The questions of the self-check: each law is asked what its rows read, and nothing else."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from goodstanding.law import Facts, Pack, Verdict, all_packs, decide
from goodstanding.portal.asked import KNOWN, asked_of
from goodstanding.portal.self_check_form import CheckForm

from .test_self_check import answer_to

PACKS = all_packs()


def test_every_fact_of_the_law_has_a_question() -> None:
    names = {field.name for field in fields(Facts)}
    assert names == KNOWN
    assert names == set(CheckForm.base_fields) - {"on"}


OTHER: dict[str, Any] = {
    "amount_yuan": Decimal(10**9),
    "simple_procedure": True,
    "performed_on": date(2026, 6, 15),
    "ended_on": date(2026, 6, 20),
    "limitation_ends_on": date(2090, 1, 1),
    "set_aside_on": date(2026, 6, 25),
    "committed": True,
    "trained": True,
    "publication_necessary": True,
    "excluded_by_law": True,
    "further_condition_open": True,
    "false_commitment_on": date(2026, 7, 1),
    "plan_approved_on": date(2026, 7, 5),
    "plan_completed_on": date(2026, 7, 10),
    "plan_failed_on": date(2026, 7, 15),
    "stated": "serious",
    "conduct": "x",
    "sector": "fire",
    "use": "x",
    "use_amount": Decimal(10**9),
}


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
def test_a_fact_that_is_not_asked_changes_nothing(pack: Pack) -> None:
    unasked = set(OTHER) - asked_of(pack)
    assert unasked
    on = date(2026, 11, 22)
    for facts in _samples(pack):
        plain = decide(facts, pack=pack, on=on)
        for name in unasked:
            changed = decide(replace(facts, **{name: OTHER[name]}), pack=pack, on=on)
            assert _answered(changed) == _answered(plain), (facts, name)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
def test_a_fact_that_is_asked_can_change_the_answer(pack: Pack) -> None:
    """Codes are the pack's own here. Amounts matter with what they belong to, a failed plan with an approved one."""
    own = {
        "sector": next(iter(sorted(pack.tables.sectors)), None),
        "conduct": next((row.code for row in pack.conducts), None),
        "stated": pack.severities[-1].code,
        "use": next((row.code for row in pack.uses), None),
    }
    with_more = {"use": {"use_amount": Decimal(10**9)}}
    for name in asked_of(pack) & (set(OTHER) - {"amount_yuan", "use_amount", "plan_failed_on"}):
        change = {name: own.get(name, OTHER[name]), **with_more.get(name, {})}
        on = OTHER[name] if name == "plan_approved_on" else date(2026, 11, 22)
        assert any(
            _answered(decide(replace(facts, **change), pack=pack, on=on))
            != _answered(decide(facts, pack=pack, on=on))
            for facts in _samples(pack)
        ), name


def _answered(verdict: Verdict) -> tuple[object, ...]:
    return (
        verdict.classification,
        verdict.publication,
        verdict.eligible,
        verdict.earliest_on,
        verdict.conditions,
    )


def _samples(pack: Pack) -> list[Facts]:
    """Every kind with every measure, and with every sector, conduct and stated class, one at a time."""
    besides: list[dict[str, Any]] = [
        {},
        *({"sector": code} for code in sorted(pack.tables.sectors)),
        *({"conduct": row.code} for row in pack.conducts),
        *({"stated": row.code} for row in pack.severities if pack.tables.asks_stated),
    ]
    found = []
    for kind in pack.kinds:
        for measures in [frozenset(), *(frozenset({m.code}) for m in pack.measures if kind.measures)]:
            for more in besides:
                facts = Facts(
                    kind=kind.code,
                    measures=measures,
                    found_on=date(2026, 6, 1),
                    subject="natural_person",
                    **more,
                )
                found += [facts, replace(facts, performed_on=date(2026, 6, 10), committed=True)]
    return found


def test_only_what_the_law_asks_is_asked() -> None:
    for pack in PACKS:
        page = answer_to({"pack": pack.id})
        named = set(re.findall(r'name="(\w+)"', page)) - {"pack", "next", "language", "viewport", "color"}
        extra = {"on"} | ({"csrfmiddlewaretoken"} & named)
        assert {name for name in named if name in KNOWN | {"on"}} == asked_of(pack) | extra, pack.id
