"""A firm in reorganisation: shielded, completed, failed, the maximum passing beneath the shield."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from goodstanding.casework import together
from goodstanding.casework.eligibility import verdict_of
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import Case
from goodstanding.registry import sweep
from goodstanding.registry.models import Record

from .stories import AT, REASONS, TODAY, Town, ask_shield, needed, take

pytestmark = pytest.mark.usefixtures("database")


def _shielded(town: Town, *records: Record) -> list[Case]:
    cases = list(ask_shield(town.firm, *records).cases.order_by("pk"))
    for case in cases:
        officer = town.market_officer if case.authority_id == town.market.pk else town.tax_officer
        take("shield", officer, case)
        case.refresh_from_db()
        case.record.refresh_from_db()
    return cases


def _states(*records: Record) -> list[str]:
    for record in records:
        record.refresh_from_db()
    return [record.state for record in records]


def _all(code: str, town: Town, case: Case) -> together.Moved:
    reasons = REASONS if code == "fail" else ""
    given = needed(code, case)
    actor = town.market_officer
    return together.move_together(
        code, actor=actor, case=case, at=AT, today=TODAY, reasons=reasons, given=given
    )


def test_the_verdict_of_a_shielded_record_says_that_it_is_shielded_until_the_plan_fails() -> None:
    town = Town()
    record = town.record()
    assert verdict_of(record, on=TODAY).publication == "published"
    (case,) = _shielded(town, record)
    assert verdict_of(case.record, on=TODAY).publication == "shielded"
    take("fail", town.market_officer, case)
    assert verdict_of(Record.objects.get(), on=TODAY).publication == "published"


def test_a_completed_plan_restores_every_record_of_the_application_at_one_authority() -> None:
    town = Town()
    first, second, of_tax = town.record(), town.record(), town.record(town.tax)
    case = next(
        made for made in _shielded(town, first, second, of_tax) if made.authority_id == town.market.pk
    )
    assert _states(first, second, of_tax) == ["shielded"] * 3
    moved = _all("complete", town, case)
    assert len(moved.cases) == 2 and not moved.refused
    assert _states(first, second, of_tax) == ["restored", "restored", "shielded"]


def test_a_failed_plan_publishes_every_record_again() -> None:
    town = Town()
    first, second = town.record(), town.record()
    case, _ = _shielded(town, first, second)
    assert len(_all("fail", town, case).cases) == 2
    assert _states(first, second) == ["published", "published"]
    case.refresh_from_db()
    assert together.others_of(town.market_officer, case) == []


def test_what_is_refused_to_the_case_itself_moves_no_other() -> None:
    town = Town()
    first, second = town.record(), town.record()
    case, other = _shielded(town, first, second)
    with pytest.raises(CaseworkError) as refused:
        together.move_together("fail", actor=town.market_officer, case=case, at=AT, today=TODAY)
    assert refused.value.code.startswith("reasons")
    other.refresh_from_db()
    assert other.state == "shielded"


def test_the_maximum_passes_beneath_the_shield_and_a_failed_plan_publishes_nothing() -> None:
    town = Town()
    record = town.record()
    (case,) = _shielded(town, record)
    day = date(2027, 5, 2)
    sweep.sweep(on=day, at_clock=lambda: datetime(2027, 5, 2, 1, tzinfo=UTC))
    assert _states(record) == ["ended"]
    take("fail", town.market_officer, case, at=datetime(2027, 5, 2, 2, tzinfo=UTC), today=day)
    assert _states(record) == ["ended"]


def test_a_record_that_comes_in_while_the_plan_runs_is_offered_until_it_is_asked_for() -> None:
    town = Town()
    (case,) = _shielded(town, town.record())
    assert together.not_shielded_beside(case, on=TODAY) == []
    later, _ = town.record(), town.record(town.tax)
    assert together.not_shielded_beside(case, on=TODAY) == [later]
    _shielded(town, later)
    assert together.not_shielded_beside(case, on=TODAY) == []
