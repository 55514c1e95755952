"""A body takes its decision back, or corrects it: nothing public remains, cases lapse, twice is once."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest

from goodstanding.casework import annulment
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.notices import RECORD_EVENTS
from goodstanding.registry import queries
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Event, Record, Withdrawal

from .stories import AT, REASONS, TODAY, Town, apply, object_to

pytestmark = pytest.mark.usefixtures("database")
DOCUMENT = "临市监撤〔2026〕3号"


def _withdraw(actor: Actor, record: Record, **more: Any) -> Record:
    values: dict[str, Any] = {"document": DOCUMENT, "reasons": REASONS, "at": AT, "today": TODAY}
    return annulment.withdraw_decision(actor=actor, record=record.public_id, **(values | more))


def _correct(actor: Actor, record: Record, changes: dict[str, str]) -> Record:
    return annulment.correct_decision(
        actor=actor, record=record.public_id, changes=changes, document=DOCUMENT, at=AT
    )


def test_a_withdrawn_decision_is_gone_for_the_public_and_its_application_lapses() -> None:
    town = Town()
    record = town.record()
    case = apply(town.firm, record).cases.get()
    _withdraw(town.market_officer, record)
    case.refresh_from_db()
    assert case.state == "lapsed"
    with pytest.raises(Record.DoesNotExist):
        queries.record_for(Actor(), record.public_id, on=TODAY)
    assert Withdrawal.objects.get(record=record).document == DOCUMENT
    assert not Event.objects.filter(kind="record.restored").exists()
    for event in Event.objects.filter(record=record):
        assert DOCUMENT not in str(event.content) and REASONS not in str(event.content)


def test_an_objection_to_it_stays_to_be_answered() -> None:
    town = Town()
    record = town.record()
    objection = object_to(town.firm, record)
    _withdraw(town.market_officer, record)
    objection.refresh_from_db()
    assert objection.is_open


def test_withdrawing_twice_is_withdrawing_once() -> None:
    town = Town()
    record = town.record()
    for _ in range(2):
        assert _withdraw(town.market_officer, record).state == Record.State.WITHDRAWN
    assert Event.objects.filter(record=record, kind="record.withdrawn").count() == 1


def test_nobody_but_the_body_that_found_it_takes_it_back() -> None:
    town = Town()
    record = town.record()
    for actor in (town.firm, town.tax_officer, town.operator, Actor()):
        assert not annulment.may_annul(actor, record)
        with pytest.raises(CaseworkError) as refused:
            _withdraw(actor, record)
        assert refused.value.code == "record.not_found"
        with pytest.raises(CaseworkError) as refused:
            _correct(actor, record, {"CF_WFXW": "无"})
        assert refused.value.code == "record.not_found"
    assert Record.objects.get().state == Record.State.PUBLISHED


def test_it_says_by_which_document_and_why() -> None:
    town = Town()
    record = town.record()
    for wrong in ({"document": ""}, {"reasons": "错"}):
        with pytest.raises(CaseworkError):
            _withdraw(town.market_officer, record, **wrong)
    assert Record.objects.get().state == Record.State.PUBLISHED


def test_a_corrected_day_moves_the_dates_that_follow_from_it() -> None:
    town = Town()
    record = town.record(public={"CF_WFXW": "超范围经营", "CF_JDRQ": "2026-05-01"})
    corrected = _correct(town.market_officer, record, {"CF_JDRQ": "2026-04-10"})
    assert (corrected.found_on, corrected.restorable_from) == (date(2026, 4, 10), date(2026, 7, 10))
    assert corrected.publish_until == date(2027, 4, 10)
    version = corrected.version
    assert _correct(town.market_officer, record, {"CF_JDRQ": "2026-04-10"}).version == version


def test_what_the_registry_refuses_is_said() -> None:
    town = Town()
    with pytest.raises(CaseworkError) as refused:
        _correct(town.market_officer, town.record(), {"no such column": "x"})
    assert refused.value.code == "correction.field"
    with pytest.raises(CaseworkError):
        annulment.withdraw_decision(
            actor=town.market_officer,
            record=uuid.uuid4(),
            document=DOCUMENT,
            reasons=REASONS,
            at=AT,
            today=TODAY,
        )


def test_the_entity_is_told_of_both() -> None:
    assert {"record.withdrawn", "record.corrected"} <= set(RECORD_EVENTS)
