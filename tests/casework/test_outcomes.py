"""What followed a removal: each measure asked of the body that took it, each answer kept, corrected and told."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from goodstanding.casework import annulment, lagging, outcomes
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import Case
from goodstanding.casework.notice_texts import told
from goodstanding.casework.notices import follow, notices_visible_to
from goodstanding.registry.actor import Actor, actor_of
from goodstanding.registry.commands import create_account
from goodstanding.registry.models import Account, Event, Outcome, Record
from goodstanding.registry.removals import ReportedRemoval, take_in_changes

from ..registry.factories import make_entity, make_record
from .stories import AT, REASONS, TODAY, Town, apply, ask_shield, reopen, staff, take

pytestmark = pytest.mark.usefixtures("database")
LATER = TODAY + timedelta(days=12)


def restored(town: Town, **more: Any) -> Record:
    """A record that was restored on ``TODAY``: a fine and a suspension."""
    values: dict[str, Any] = {"measures": ("fine", "suspension")} | more
    case = apply(town.firm, town.record(**values)).cases.get()
    case = take("accept", town.market_officer, case)
    take("grant", town.market_officer, case)
    return Record.objects.select_related("entity", "authority").get(pk=case.record_id)


def report(actor: Actor, record: Record, **more: Any) -> Outcome:
    values: dict[str, Any] = {
        "part": "measure",
        "measure": "fine",
        "result": "done",
        "on": TODAY,
        "key": uuid.uuid4(),
        "at": AT + timedelta(days=12),
        "today": LATER,
    }
    return outcomes.report(actor=actor, record=record.public_id, **(values | more))


def evaluation(actor: Actor, record: Record, **more: Any) -> Outcome:
    return report(actor, record, part="evaluation", measure="", **more)


def rows(record: Record, actor: Actor, *, on: date = LATER) -> list[tuple[str, str, str | None, int]]:
    found = outcomes.followed(record, actor=actor, on=on)
    return [(row.part, row.measure, row.answer.result if row.answer else None, row.days) for row in found]


def test_each_measure_and_the_evaluation_are_asked_and_lag_until_they_are_answered() -> None:
    town = Town()
    record = restored(town)
    assert rows(record, town.firm) == [
        ("measure", "fine", None, 12),
        ("measure", "suspension", None, 12),
        ("evaluation", "", None, 12),
    ]
    report(town.market_officer, record, on=TODAY + timedelta(days=3))
    report(town.second_officer, record, measure="suspension", result="refused", on=None, reasons=REASONS)
    evaluation(town.market_officer, record, result="nothing", on=None)
    assert rows(record, town.firm) == [
        ("measure", "fine", "done", 3),
        ("measure", "suspension", "refused", 12),
        ("evaluation", "", "nothing", 12),
    ]
    (fine, *_) = outcomes.followed(record, actor=town.operator, on=LATER)
    assert (fine.name_en, fine.name_zh) == ("fine", "罚款") and fine.body == town.market
    assert fine.law is not None and fine.law.due_on is None, "the law gives no number, and none is made up"
    assert "解除惩戒措施" in fine.law.text_zh and fine.law.article_zh


def test_only_parties_and_the_body_itself_read_any_of_it() -> None:
    town, other = Town(), Town()
    record = restored(town)
    bank = staff("bank")
    report(
        bank,
        record,
        part="credit",
        measure="",
        result="refused",
        on=None,
        reasons="本行暂不恢复授信，待复审。",
    )
    evaluation(town.tax_officer, record)
    assert len(rows(record, town.firm)) == 5 and len(rows(record, town.operator)) == 5
    assert [row[:2] for row in rows(record, bank)] == [("credit", "")]
    assert [row[:2] for row in rows(record, town.tax_officer)] == [("evaluation", "")]
    assert len(rows(record, town.market_officer)) == 3, "the body that found it: what it was asked itself"
    for stranger in (other.firm, other.market_officer, staff("bank"), staff("subscriber"), Actor()):
        assert rows(record, stranger) == []
    events = Event.objects.filter(kind="outcome.reported")
    assert events.count() == 2 and not events.filter(content__has_key="part").exists(), (
        "the body that found it reads these events; they do not say what others did"
    )


def test_a_later_report_corrects_and_the_same_one_again_changes_nothing() -> None:
    town = Town()
    record = restored(town)
    key = uuid.uuid4()
    first = report(town.market_officer, record, key=key)
    assert report(town.market_officer, record, key=key).pk == first.pk
    assert report(town.second_officer, record).pk == first.pk, "its body has said so already"
    with pytest.raises(CaseworkError) as refused:
        report(town.market_officer, record, key=key, on=LATER)
    assert refused.value.code == "outcome.key_reused"
    second = report(town.second_officer, record, on=LATER)
    assert second.pk != first.pk and Outcome.objects.count() == 2
    assert rows(record, town.firm)[0] == ("measure", "fine", "done", 12)
    events = Event.objects.filter(kind="outcome.reported").order_by("position")
    assert [event.position for event in events] == [first.position, second.position]
    said = {
        name: value for name, value in events[0].content.items() if name not in ("at", "kind", "position")
    }
    assert said == {
        "outcome": str(first.public_id),
        "record": str(record.public_id),
        "part": "measure",
        "result": "done",
        "measure": "fine",
    }


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"measure": "revocation"}, "outcome.part"),
        ({"part": "credit", "measure": ""}, "outcome.part"),
        ({"part": "score", "measure": ""}, "outcome.part"),
        ({"result": "perhaps"}, "outcome.result"),
        ({"on": None}, "outcome.day"),
        ({"on": LATER + timedelta(days=1)}, "outcome.day"),
        ({"on": date(2026, 4, 30)}, "outcome.day"),
        ({"result": "nothing"}, "outcome.day"),
        ({"result": "refused", "on": None}, "text.length"),
    ],
)
def test_what_makes_no_sense_is_refused(more: dict[str, Any], code: str) -> None:
    town = Town()
    record = restored(town)
    with pytest.raises(CaseworkError) as refused:
        report(town.market_officer, record, **more)
    assert refused.value.code == code and refused.value.zh
    assert not Outcome.objects.exists()


def test_nobody_reports_on_what_it_may_not_know_of() -> None:
    town = Town()
    hidden = restored(town, severity="minor", published=False, publish_from=None, publish_until=None)
    person = make_record(
        make_entity("李四光", kind="natural_person", identifiers=(("person_key", "k" * 64),)), town.market
    )
    annulment.withdraw_decision(
        actor=town.market_officer,
        record=person.public_id,
        document="撤〔2026〕1号",
        reasons=REASONS,
        at=AT,
        today=TODAY,
    )
    strangers = (town.tax_officer, staff("bank"), staff("subscriber"))
    for actor in (*strangers, town.firm, town.operator, Actor()):
        for record in (hidden, person):
            with pytest.raises(CaseworkError) as refused:
                evaluation(actor, record)
            assert refused.value.code == "record.not_found"
    standing = town.record()
    with pytest.raises(CaseworkError) as refused:
        evaluation(staff("bank"), standing)
    assert refused.value.code == "outcome.nothing"
    person.refresh_from_db()
    asked = [row[:2] for row in rows(person, town.operator)]
    assert asked == [("measure", "fine")], "natural persons are not evaluated"


def test_what_is_published_again_is_asked_no_more_and_anew_after_the_next_removal() -> None:
    town = Town()
    record = restored(town)
    report(town.market_officer, record)
    case = reopen(town.market_officer, Case.objects.get(record=record, kind="restoration"))
    take("answer", town.firm, case, reasons="该凭证由代理机构提供，我公司不知情。")
    case.refresh_from_db()
    take("revoke", town.second_officer, case)
    record.refresh_from_db()
    assert rows(record, town.firm) == []
    annulment.withdraw_decision(
        actor=town.market_officer,
        record=record.public_id,
        document="撤〔2026〕1号",
        reasons=REASONS,
        at=AT,
        today=TODAY,
    )
    record.refresh_from_db()
    assert {row[2] for row in rows(record, town.firm)} == {None}, "the old answer was to the old removal"


def test_a_shield_asks_for_measures_and_a_correction_for_the_evaluation() -> None:
    town = Town()
    shielded, corrected = town.record(), town.record(public={"CF_WFXW": "超范围经营"})
    case = ask_shield(town.firm, shielded).cases.get()
    take("shield", town.market_officer, case)
    annulment.correct_decision(
        actor=town.market_officer,
        record=corrected.public_id,
        changes={"CF_WFXW": "无证经营"},
        document="更〔2026〕1号",
        at=AT,
    )
    shielded.refresh_from_db()
    corrected.refresh_from_db()
    assert [row[:2] for row in rows(shielded, town.firm)] == [("measure", "fine"), ("evaluation", "")]
    assert [row[:2] for row in rows(corrected, town.firm)] == [("evaluation", "")]
    with pytest.raises(CaseworkError):
        report(town.market_officer, corrected)


def test_the_league_of_laggards_is_the_operators_and_counts_what_a_reader_would() -> None:
    town = Town()
    first, second = restored(town), restored(town)
    annulled = town.record(town.tax)
    annulment.withdraw_decision(
        actor=town.tax_officer,
        record=annulled.public_id,
        document="撤〔2026〕2号",
        reasons=REASONS,
        at=AT,
        today=TODAY,
    )
    town.record()
    report(town.market_officer, first)
    report(town.market_officer, first, measure="suspension", result="refused", on=None, reasons=REASONS)
    found = {row.authority: row for row in lagging.laggards(town.operator)}
    market, tax = found[town.market], found[town.tax]
    assert (market.asked, market.done, market.refused, market.lagging) == (6, 1, 1, 4)
    assert (tax.asked, tax.lagging) == (2, 2) and market.oldest == AT
    for actor in (town.firm, town.market_officer, staff("bank"), Actor()):
        assert lagging.laggards(actor) == []
    waiting = lagging.waiting(town.market_officer, on=LATER)
    assert [(record.pk, len(parts)) for record, parts in waiting] == [(first.pk, 1), (second.pk, 3)]
    assert lagging.waiting(town.operator, on=LATER) == []


def test_a_reminder_is_a_notice_to_the_body_once_in_two_weeks() -> None:
    town = Town()
    record = restored(town)
    code = town.market.code
    assert lagging.remind(actor=town.operator, authority=code, at=AT) == 1
    assert lagging.remind(actor=town.operator, authority=code, at=AT + timedelta(days=13)) == 0
    assert lagging.remind(actor=town.operator, authority=code, at=AT + timedelta(days=15)) == 1
    with pytest.raises(CaseworkError):
        lagging.remind(actor=town.market_officer, authority=code, at=AT)
    with pytest.raises(CaseworkError):
        lagging.remind(actor=town.operator, authority="nobody", at=AT)
    while follow():
        pass
    reminders = notices_visible_to(town.market_officer).filter(event="outcome.reminded")
    assert [notice.record_id for notice in reminders] == [record.pk, record.pk]
    (said, _) = told(list(reminders))
    assert said.name_en.startswith("Reminder") and "催办" in said.name_zh and not said.letter
    assert not notices_visible_to(town.tax_officer).filter(event="outcome.reminded").exists()
    assert not notices_visible_to(town.firm).filter(event="outcome.reminded").exists()


def test_the_entity_is_told_of_each_report() -> None:
    town = Town()
    record = restored(town)
    report(town.market_officer, record)
    while follow():
        pass
    (notice,) = notices_visible_to(town.firm).filter(event="outcome.reported")
    assert notice.record == record
    assert not notices_visible_to(town.market_officer).filter(event="outcome.reported").exists()


def test_a_report_stays_as_it_was_said_and_goes_with_the_content_of_its_record() -> None:
    town = Town()
    record = restored(town)
    outcome = report(town.market_officer, record, result="refused", on=None, reasons=REASONS)
    for statement in ("UPDATE registry_outcome SET reasons = ''", "DELETE FROM registry_outcome"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    removal = ReportedRemoval(
        row=1,
        change="redact",
        entity_id=town.entity.pk,
        authority_id=town.market.pk,
        source_id=town.market.pk,
        natural_key=bytes(record.natural_key),
    )
    with transaction.atomic():
        take_in_changes([removal], batch=None, today=TODAY, at=AT, sender_id=town.market.pk)
    assert not Outcome.objects.exists()
    record.refresh_from_db()
    assert rows(record, town.firm) == [] and lagging.laggards(town.operator) == []
    assert Event.objects.filter(position=outcome.position).exists(), "that there was one stays provable"


def test_an_account_of_a_bank_with_a_body_speaks_for_the_body() -> None:
    town = Town()
    record = restored(town)
    names = ("desk-1", "desk-2")
    desks = [
        actor_of(create_account(username=name, password=None, role="bank", authority=town.tax))
        for name in names
    ]
    evaluation(desks[0], record)
    evaluation(desks[1], record, on=LATER)
    (said,) = [row for row in outcomes.followed(record, actor=town.firm, on=LATER) if not row.asked]
    assert said.answer is not None and said.answer.on == LATER and said.body == town.tax
    assert Account.objects.filter(role="bank").count() == 2
