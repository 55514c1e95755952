"""Undoing harm: whoever used a record for a decision is told when it goes, answers, and is seen not to."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from goodstanding.casework import annulment, notice_hooks, outcomes, uses
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.notice_texts import told
from goodstanding.casework.notices import notices_visible_to
from goodstanding.registry.actor import Actor, actor_of
from goodstanding.registry.models import Account, Event, Outcome, Record, Use
from goodstanding.registry.removals import ReportedRemoval, take_in_changes

from .stories import AT, REASONS, TODAY, Town, follow_all, staff
from .test_outcomes import LATER, evaluation, report, rows

pytestmark = pytest.mark.usefixtures("database")


def used(actor: Actor, record: Record, **more: Any) -> Use:
    values: dict[str, Any] = {"kind": "credit", "on": TODAY, "key": uuid.uuid4(), "at": AT, "today": TODAY}
    return uses.report_use(actor=actor, record=record.public_id, **(values | more))


def withdraw(town: Town, record: Record) -> Record:
    annulment.withdraw_decision(
        actor=town.market_officer,
        record=record.public_id,
        document="撤〔2026〕1号",
        reasons=REASONS,
        at=AT + timedelta(hours=1),
        today=TODAY,
    )
    return Record.objects.select_related("entity", "authority").get(pk=record.pk)


def answer(actor: Actor, use: Use, **more: Any) -> Outcome:
    values: dict[str, Any] = {"part": "decision", "measure": "", "use": use.public_id, "reasons": REASONS}
    return report(actor, use.record, **(values | more))


def decisions(record: Record, actor: Actor) -> list[tuple[str, str | None]]:
    found = outcomes.followed(record, actor=actor, on=LATER)
    return [
        (row.name_en, row.answer.result if row.answer else None) for row in found if row.part == "decision"
    ]


def waiting_uses(actor: Actor) -> list[Use]:
    return [each.use for each in uses.affected(actor)]


def test_makers_are_told_answer_and_are_seen_not_to() -> None:
    town, bank, tender = Town(), staff("bank"), staff("subscriber")
    record = town.record()
    loan, bid = used(bank, record, reference="贷审2026-17"), used(tender, record, kind="tender")
    licence = used(town.tax_officer, record, kind="licence", on=TODAY - timedelta(days=3))
    follow_all()
    for actor in (bank, tender, town.tax_officer):
        assert not waiting_uses(actor) and not notices_visible_to(actor).filter(event="use.affected")
    assert decisions(record, town.firm) == [] and uses.makers(town.operator) == []
    record = withdraw(town, record)
    follow_all()
    assert Event.objects.filter(kind="use.affected").count() == 3
    for actor, use in ((bank, loan), (tender, bid), (town.tax_officer, licence)):
        (notice,) = told(list(notices_visible_to(actor).filter(event="use.affected")))
        assert "Look again" in notice.name_en and "重新审视" in notice.name_zh
        (waiting,) = waiting_uses(actor)
        assert waiting == use and uses.looks_again(waiting)
    assert [maker.unanswered for maker in uses.makers(town.operator)] == [1, 1, 1]
    day = TODAY.isoformat()
    assert decisions(record, town.firm) == decisions(record, town.operator)
    assert sorted(decisions(record, town.firm)) == [
        (f"credit decision of {day}", None),
        (f"licence or approval decision of {licence.on}", None),
        (f"tender or procurement decision of {day}", None),
    ]
    assert decisions(record, bank) == [(f"credit decision of {day}", None)]
    assert decisions(record, town.market_officer) == [], "the body that found it reads of nobody's decisions"
    for stranger in (staff("bank"), Actor()):
        assert decisions(record, stranger) == [] and waiting_uses(stranger) == []
    answer(bank, loan)
    answer(tender, bid, result="refused", on=None)
    answer(town.tax_officer, licence, result="nothing", on=None, reasons="")
    assert {result for _, result in decisions(record, town.firm)} == {"done", "refused", "nothing"}
    for actor in (bank, tender, town.tax_officer):
        assert waiting_uses(actor) == []
    assert [(maker.asked, maker.unanswered) for maker in uses.makers(town.operator)] == [(1, 0)] * 3
    assert uses.makers(bank) == []
    assert "reference" not in {name for event in Event.objects.all() for name in event.content}


def test_a_page_of_decisions_has_those_of_a_state_and_a_kind_unanswered_first() -> None:
    town, bank, other = Town(), staff("bank"), staff("bank")
    record = town.record()
    loan, bid, licence = (used(bank, record, kind=kind) for kind in ("credit", "tender", "licence"))
    theirs = used(other, record)
    used(bank, town.record())
    record = withdraw(town, record)
    given = answer(bank, loan, result="refused", on=None)

    def shown(actor: Actor, **chosen: Any) -> list[Use]:
        return [each.use for each in uses.affected(actor, **chosen)]

    assert shown(bank) == [bid, licence] and shown(bank, state="answered") == [loan]
    assert shown(bank, state="all") == [bid, licence, loan] and shown(bank, state="all", page=2) == []
    assert shown(bank, kind="tender") == [bid] and shown(bank, kind="other") == []
    assert shown(town.operator, state="all") == [bid, licence, theirs, loan]
    (answered,) = uses.affected(bank, state="answered")
    assert answered.answer == given and answered.since == AT + timedelta(hours=1)
    assert shown(town.firm) == shown(town.market_officer) == shown(Actor()) == []


def test_who_does_not_answer_is_reminded_again_and_again_and_nobody_else() -> None:
    town, bank, quick = Town(), staff("bank"), staff("bank")
    record = town.record()
    loan, answered = used(bank, record), used(quick, record)
    used(bank, town.record())
    record = withdraw(town, record)
    answer(quick, answered)

    def reminded(days: float) -> int:
        done = uses.remind_makers(after=timedelta(days=14), at=AT + timedelta(days=days))
        assert uses.remind_makers(after=timedelta(days=14), at=AT + timedelta(days=days)) == 0, "once"
        follow_all()
        return done

    assert [reminded(days) for days in (1, 14, 14.1, 20, 28, 28.2, 40)] == [0, 0, 1, 0, 0, 1, 0]
    events = Event.objects.filter(kind="use.reminded")
    assert {event.content["use"] for event in events} == {str(loan.public_id)}
    assert notices_visible_to(bank).filter(event="use.reminded").count() == 2
    assert not notices_visible_to(quick).filter(event="use.reminded").exists()
    for notice in told(list(notices_visible_to(bank).filter(event="use.reminded"))):
        assert "Reminder" in notice.name_en and "催办" in notice.name_zh
    late = used(
        bank, record, kind="tender", at=AT + timedelta(days=40), on=TODAY, today=TODAY + timedelta(days=40)
    )
    answer(bank, loan)
    assert [reminded(days) for days in (43, 54.1, 60)] == [0, 1, 0], (
        "counted from the report where that came later"
    )
    assert Event.objects.filter(kind="use.reminded").latest("position").content["use"] == str(late.public_id)


def test_each_decision_is_answered_for_itself_and_anew_after_the_next_removal() -> None:
    town, bank = Town(), staff("bank")
    record = town.record()
    one, two = used(bank, record), used(bank, record, kind="other")
    record = withdraw(town, record)
    answer(bank, one)
    assert waiting_uses(bank) == [two]
    assert answer(bank, one).pk == answer(bank, one).pk and Outcome.objects.count() == 1
    answer(bank, two)
    assert Outcome.objects.count() == 2 and waiting_uses(bank) == []
    late = used(bank, record, kind="tender", on=TODAY - timedelta(days=1), today=LATER)
    assert uses.looks_again(late), "reported late, of a day before the removal"
    after = used(bank, record, kind="tender", on=LATER, today=LATER)
    assert not uses.looks_again(after) and waiting_uses(bank) == [late]


def test_what_makes_no_sense_is_refused() -> None:
    town, bank = Town(), staff("bank")
    record, key = town.record(), uuid.uuid4()
    hidden = town.record(severity="minor", published=False, publish_from=None, publish_until=None)
    for more, code in (
        ({"kind": "score"}, "use.kind"),
        ({"on": TODAY + timedelta(days=1)}, "outcome.day"),
        ({"on": record.found_on - timedelta(days=1)}, "outcome.day"),
        ({"reference": "x" * 101}, "text.length"),
    ):
        with pytest.raises(CaseworkError) as refused:
            used(bank, record, **more)
        assert refused.value.code == code and refused.value.zh
    for actor, target in ((bank, hidden), (town.firm, record), (town.operator, record), (Actor(), record)):
        with pytest.raises(CaseworkError) as refused:
            used(actor, target)
        assert refused.value.code == "record.not_found"
    first = used(bank, record, key=key)
    assert used(bank, record, key=key).pk == first.pk and Use.objects.count() == 1
    with pytest.raises(CaseworkError) as refused:
        used(bank, record, key=key, kind="other")
    assert refused.value.code == "outcome.key_reused"
    record = withdraw(town, record)
    with pytest.raises(CaseworkError) as refused:
        answer(staff("bank"), first)
    assert refused.value.code == "outcome.part"
    for more in ({"reasons": ""}, {"result": "refused", "on": None, "reasons": ""}):
        with pytest.raises(CaseworkError) as refused:
            answer(bank, first, **more)
        assert refused.value.code == "text.length"


def test_it_is_append_only_and_goes_with_the_content_of_the_record() -> None:
    town, bank = Town(), staff("bank")
    record = town.record()
    use = used(bank, record, reference="贷审2026-17")
    with pytest.raises(DatabaseError), transaction.atomic():
        Use.objects.filter(pk=use.pk).update(kind="other")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM registry_use")
    withdraw(town, record)
    answer(bank, use)
    removal = ReportedRemoval(
        row=1,
        change="redact",
        entity_id=record.entity_id,
        authority_id=record.authority_id,
        source_id=record.source_id,
        natural_key=bytes(record.natural_key),
    )
    with transaction.atomic():
        take_in_changes([removal], batch=None, today=TODAY, at=AT, sender_id=town.market.pk)
    assert not Use.objects.exists() and not Outcome.objects.exists()
    follow_all()
    assert waiting_uses(bank) == [] and uses.makers(town.operator) == []


def test_a_bank_has_its_notices_pushed_and_an_evaluation_is_still_asked_of_others() -> None:
    town, bank = Town(), staff("bank")
    record = town.record()
    used(bank, record)
    hook = notice_hooks.push_to(actor=bank, url="https://bank.example/notices", at=AT)
    record = withdraw(town, record)
    follow_all()
    assert [notice.event for notice in notice_hooks._news(hook)] == ["use.affected"]
    evaluation(town.market_officer, record)
    assert ("evaluation", "", "done", 0) in rows(record, town.firm)
    assert actor_of(Account.objects.get(pk=bank.account_id)) == bank
