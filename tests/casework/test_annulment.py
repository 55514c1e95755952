"""A body takes its decision back, or corrects it: nothing public remains, cases lapse, twice is once."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from goodstanding.casework import annulment
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import Annulment
from goodstanding.casework.notices import RECORD_EVENTS
from goodstanding.registry import queries
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Event, Record, Withdrawal
from goodstanding.registry.removals import ReportedRemoval, remove, take_in_changes

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


def _serious(town: Town, **more: Any) -> Record:
    public = {"CF_WFXW": "超范围经营", "CF_JDRQ": "2026-05-01"}
    return town.record(severity="serious", public=public, **more)


def _propose(actor: Actor, record: Record, act: str, **more: Any) -> Annulment:
    values: dict[str, Any] = {"document": DOCUMENT, "at": AT}
    values |= {"reasons": REASONS} if act == "withdraw" else {"changes": {"CF_WFXW": "无证经营"}}
    return annulment.propose(actor=actor, record=record.public_id, act=act, **(values | more))


def _confirm(actor: Actor, proposed: Annulment) -> Record:
    return annulment.confirm(actor=actor, annulment=proposed.public_id, at=AT, today=TODAY)


@pytest.mark.parametrize("more", [{}, {"kind": "serious_list"}])
def test_a_serious_decision_is_taken_back_by_two_officers_of_its_body(more: dict[str, Any]) -> None:
    town = Town()
    record = _serious(town, **more)
    case = None if more else apply(town.firm, record).cases.get()
    with pytest.raises(CaseworkError, match=r"case\.second_look"):
        _withdraw(town.market_officer, record)
    proposed = _propose(town.market_officer, record, "withdraw")
    record.refresh_from_db()
    assert record.state == Record.State.PUBLISHED and not Withdrawal.objects.exists()
    assert annulment.waiting(town.second_officer) == annulment.waiting(town.market_officer) == [proposed]
    with pytest.raises(CaseworkError, match=r"case\.same_officer"):
        _confirm(town.market_officer, proposed)
    for stranger in (town.tax_officer, town.operator, town.firm, Actor()):
        assert annulment.waiting(stranger) == []
        with pytest.raises(CaseworkError, match=r"annulment\.not_found"):
            _confirm(stranger, proposed)
    assert _confirm(town.second_officer, proposed).state == Record.State.WITHDRAWN
    if case is not None:
        case.refresh_from_db()
        assert case.state == "lapsed"
    said = Withdrawal.objects.get()
    assert (said.document, said.reasons, said.account_id) == (
        DOCUMENT,
        REASONS,
        town.second_officer.account_id,
    )
    with pytest.raises(CaseworkError, match=r"annulment\.not_found"):
        _confirm(town.second_officer, proposed)


def test_a_serious_decision_is_corrected_by_two_officers_of_its_body() -> None:
    town = Town()
    record = _serious(town)
    with pytest.raises(CaseworkError, match=r"case\.second_look"):
        _correct(town.market_officer, record, {"CF_WFXW": "无证经营"})
    proposed = _propose(town.market_officer, record, "correct")
    with pytest.raises(CaseworkError, match=r"annulment\.open"):
        _propose(town.second_officer, record, "withdraw")
    assert _confirm(town.second_officer, proposed).content["public"]["CF_WFXW"] == "无证经营"


def test_a_proposal_is_dropped_by_either_and_checked_before_it_is_kept() -> None:
    town = Town()
    record = _serious(town)
    for wrong in (
        {"changes": {"no such column": "x"}},
        {"changes": {"CF_WFXW": "超范围经营"}},
        {"document": ""},
    ):
        with pytest.raises(CaseworkError):
            _propose(town.market_officer, record, "correct", **wrong)
    with pytest.raises(CaseworkError):
        _propose(town.market_officer, record, "withdraw", reasons="错")
    for who in (town.market_officer, town.second_officer):
        proposed = _propose(town.market_officer, record, "withdraw")
        annulment.drop(actor=who, annulment=proposed.public_id, at=AT)
        assert annulment.waiting(town.market_officer) == []
    with pytest.raises(CaseworkError, match=r"case\.alone"):
        _propose(town.market_officer, town.record(), "withdraw")
    record.refresh_from_db()
    assert record.state == Record.State.PUBLISHED


def test_the_database_lets_nobody_confirm_his_own_nor_change_what_was_proposed() -> None:
    town = Town()
    proposed = _propose(town.market_officer, _serious(town), "withdraw")
    rows = Annulment.objects.filter(pk=proposed.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(outcome="confirmed", ended_by=town.market_officer.account_id, ended_at=AT)
    with pytest.raises(DatabaseError, match="stays as it was"), transaction.atomic():
        rows.update(document="另一文件")


def test_a_proposal_goes_with_the_content_of_its_record() -> None:
    town = Town()
    record = _serious(town)
    _propose(town.market_officer, record, "withdraw")
    Record.objects.filter(pk=record.pk).update(disputed=True)
    assert Annulment.objects.exists()
    removal = ReportedRemoval(
        1, "redact", town.entity.pk, town.market.pk, town.market.pk, bytes(record.natural_key)
    )
    with transaction.atomic():
        remove([removal], batch=None, at=AT, sender_id=town.market.pk)
    assert not Annulment.objects.exists()


def test_its_entity_its_body_and_the_operator_read_why_it_was_withdrawn() -> None:
    town, other = Town(), Town()
    record = _withdraw(town.market_officer, town.record())
    for actor in (town.firm, town.second_officer, town.operator):
        found = annulment.withdrawal_of(actor, record)
        assert found is not None and (found.reasons, found.document) == (REASONS, DOCUMENT)
    for actor in (town.tax_officer, other.firm, Actor()):
        assert annulment.withdrawal_of(actor, record) is None


def test_a_withdrawal_stays_as_it_was_said_and_goes_with_the_content() -> None:
    town = Town()
    record = _withdraw(
        town.market_officer, town.record(), reasons="当事人王小明与本案无关，处罚决定予以撤销。"
    )
    for statement in (
        "UPDATE registry_withdrawal SET reasons = 'x'",
        "DELETE FROM registry_withdrawal",
        "TRUNCATE registry_withdrawal",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert "王小明" in Withdrawal.objects.get().reasons
    removal = ReportedRemoval(
        row=1,
        change="redact",
        entity_id=town.entity.pk,
        authority_id=town.market.pk,
        source_id=town.market.pk,
        natural_key=bytes(record.natural_key),
    )
    with transaction.atomic():
        (outcome,) = take_in_changes([removal], batch=None, today=TODAY, at=AT, sender_id=town.market.pk)
    assert outcome.disposition == "superseding"
    assert Record.objects.get().state == Record.State.REDACTED and not Withdrawal.objects.exists()
