"""Restoration without applying: found by the platform, with the proof that is missing, confirmed by the officer."""

from __future__ import annotations

import random
import time
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from goodstanding.casework import own_motion, queries
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import Case, Kind
from goodstanding.registry.models import Event, Record

from ..processes import forked, kill
from .stories import AT, TODAY, Town, apply, ask_shield, object_to, take

pytestmark = pytest.mark.usefixtures("database")
TOMORROW = TODAY + timedelta(days=1)


def _at() -> datetime:
    return AT


def _sweep(on: date = TODAY, **more: int) -> own_motion.Found:
    return own_motion.sweep(on=on, at_clock=_at, **more)


def _ripe(town: Town, **more: Any) -> Record:
    """An ordinary record that is restorable from tomorrow: three months after its finding."""
    values: dict[str, Any] = {
        "found_on": TOMORROW - timedelta(days=92),
        "publish_from": TOMORROW - timedelta(days=92),
        "restorable_from": TOMORROW,
    }
    return town.record(**(values | more))


def test_a_record_is_found_the_day_before_and_restored_by_one_click_of_the_officer() -> None:
    town = Town()
    record = _ripe(town)
    assert _sweep() == own_motion.Found(looked_at=1, opened=1)
    assert _sweep() == own_motion.Found(looked_at=0, opened=0)
    case = Case.objects.get(kind=Kind.OWN_MOTION)
    assert list(queries.cases_visible_to(town.market_officer)) == [case]
    with pytest.raises(CaseworkError) as early:
        take("confirm", town.market_officer, case)
    assert early.value.code == "record.not_eligible"
    take("confirm", town.market_officer, case, today=TOMORROW)
    record.refresh_from_db()
    assert record.state == Record.State.RESTORED


def test_what_cannot_be_confirmed_is_not_found() -> None:
    town = Town()
    _ripe(town, severity="serious")
    _ripe(town, restorable=False)
    _ripe(town, pack="contract:own@1.0.0")
    _ripe(town, restorable_from=TOMORROW + timedelta(days=1))
    object_to(town.firm, _ripe(town))
    ask_shield(town.firm, _ripe(town))
    apply(town.firm, town.record(restorable_from=TODAY))
    _sweep()
    assert not Case.objects.filter(kind=Kind.OWN_MOTION).exists()


def test_what_was_set_aside_is_not_found_again() -> None:
    town = Town()
    _ripe(town)
    _sweep()
    take("set_aside", town.market_officer, Case.objects.get())
    assert _sweep().opened == 0


def test_a_record_that_was_disputed_when_its_day_came_is_found_once_the_dispute_is_over() -> None:
    town = Town()
    record = _ripe(town)
    objection = take("accept", town.market_officer, object_to(town.firm, record))
    later = TODAY + timedelta(days=own_motion.LOOK_BACK + 40)
    assert _sweep() == _sweep(later) == own_motion.Found(looked_at=0, opened=0)
    objection = take("propose_denial", town.market_officer, objection, today=later)
    take("deny", town.second_officer, objection, today=later, at=AT + (later - TODAY))
    assert _sweep(later + timedelta(days=1)) == own_motion.Found(looked_at=1, opened=1)
    assert Case.objects.get(kind=Kind.OWN_MOTION).record == record
    assert _sweep(later + timedelta(days=2)).opened == 0


def test_a_dispute_that_ended_long_ago_brings_nothing_back() -> None:
    town = Town()
    objection = object_to(town.firm, _ripe(town))
    take("withdraw", town.firm, objection)
    assert _sweep(TODAY + timedelta(days=own_motion.LOOK_BACK + 5)).looked_at == 0


def test_the_missing_proof_of_a_fine_is_held_by_the_authority_that_collected_it() -> None:
    town = Town()
    fined, closed = _ripe(town), _ripe(town, measures=("order_to_suspend",))
    _sweep()
    fine = own_motion.missing_proof(Case.objects.get(record=fined))
    assert fine is not None and fine.code == "proof_of_performance" and fine.holder == town.market
    suspended = own_motion.missing_proof(Case.objects.get(record=closed))
    assert suspended is not None and suspended.holder is None


def test_the_entity_sees_its_own_case_and_nobody_elses_officer_does() -> None:
    town = Town()
    record = _ripe(town)
    _sweep()
    for actor in (town.firm, town.market_officer, town.operator):
        assert own_motion.open_own_motion(actor, record) is not None
    assert own_motion.open_own_motion(town.tax_officer, record) is None


def test_a_run_is_bounded_and_the_next_one_goes_on() -> None:
    town = Town()
    for _ in range(5):
        _ripe(town)
    assert [_sweep(limit=2, portion=2).opened for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.crash
def test_no_kill_makes_a_run_forget_a_record_or_find_it_twice() -> None:
    town = Town()
    records = {_ripe(town).pk for _ in range(120)}
    chance, killed = random.Random(20261122), 0
    for _ in range(60):
        child = forked(partial(_sweep, portion=7))
        time.sleep(0.05 + chance.random() * 0.2)
        killed += kill(child)
        if Case.objects.count() == len(records):
            break
    _sweep()
    assert killed, "the runs were too fast for the kills to prove anything"
    found = list(Case.objects.filter(kind=Kind.OWN_MOTION).values_list("record_id", flat=True))
    assert len(found) == len(records) and set(found) == records
    assert Event.objects.filter(kind="case.found").count() == len(records)
