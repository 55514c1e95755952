"""The story of a restoration, as the people in it live it."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from goodstanding.casework import commands, desk, queries
from goodstanding.casework.commands import CaseworkError
from goodstanding.casework.evidence_reading import materials_of
from goodstanding.casework.models import Application, Case, Clock, Evidence, Step
from goodstanding.registry import commands as registry
from goodstanding.registry import queries as registry_queries
from goodstanding.registry.actor import PUBLIC
from goodstanding.registry.models import Event, Record

from ..registry.factories import make_entity, make_record
from .stories import AT, PERFORMED, REASONS, TODAY, Town, apply, entity_actor, object_to, proof

pytestmark = pytest.mark.usefixtures("database")


def events(case: Case) -> list[str]:
    found = Event.objects.filter(content__case=str(case.public_id)).order_by("position")
    return list(found.values_list("kind", flat=True))


def public(record: Record) -> bool:
    return registry_queries.records_visible_to(PUBLIC, on=TODAY).filter(pk=record.pk).exists()


def test_a_firm_applies_once_for_three_records_at_two_authorities_and_each_decides_its_own() -> None:
    town = Town()
    first, second, third = town.record(), town.record(), town.record(town.tax)
    application = apply(town.firm, first, second, third)
    cases = {case.record_id: case for case in queries.cases_of(town.firm, application)}
    assert set(cases) == {first.pk, second.pk, third.pk}
    assert [c.record_id for c in queries.cases_of(town.tax_officer, application)] == [third.pk]
    assert queries.cases_of(town.market_officer, application).count() == 2

    refused = commands.move(
        "refuse",
        actor=town.market_officer,
        case=cases[first.pk],
        reasons="缺少缴款凭证，请补充后再申请。",
        at=AT,
        today=TODAY,
    )
    accepted = commands.move("accept", actor=town.tax_officer, case=cases[third.pk], at=AT, today=TODAY)
    assert public(third)
    granted = commands.move(
        "grant", actor=town.tax_officer, case=accepted, reasons=REASONS, at=AT, today=TODAY
    )

    assert (refused.state, granted.state) == ("refused", "granted")
    assert granted.record.state == Record.State.RESTORED and not public(third)
    assert public(first) and public(second)
    assert events(granted) == ["case.submitted", "case.accepted", "case.granted"]
    seen = queries.case_for(town.firm, refused.public_id)
    assert seen.reasons == "缺少缴款凭证，请补充后再申请。"
    course = queries.timeline(seen, TODAY)
    assert [entry.event.code for entry in course.steps] == ["submit", "refuse"]
    assert course.steps[-1].step.note == seen.reasons
    assert queries.case_for(town.firm, cases[second.pk].public_id).state == "submitted"


def test_what_is_not_yet_eligible_is_refused_with_article_and_remedy_and_nothing_is_kept() -> None:
    town = Town()
    ripe, early = town.record(), town.record(found_on=date(2026, 8, 1), restorable_from=date(2026, 11, 1))
    before = registry_queries.counts()
    with pytest.raises(CaseworkError) as refused:
        apply(town.firm, ripe, early, commitment_name="", performed_on=None)
    error = refused.value
    assert error.code == "application.not_eligible" and error.remedy_en and error.remedy_zh
    assert {(f.record, f.condition.code) for f in error.failing} == {
        (ripe.public_id, "duty_performed"),
        (ripe.public_id, "committed"),
        (early.public_id, "minimum_reached"),
        (early.public_id, "duty_performed"),
        (early.public_id, "committed"),
    }
    assert all(f.condition.article and f.condition.remedy_zh for f in error.failing)
    minimum = next(f.condition for f in error.failing if f.condition.code == "minimum_reached")
    assert "2026-11-01" in minimum.remedy_en
    assert not Application.objects.exists() and not Evidence.objects.exists()
    assert registry_queries.counts() == before


def test_a_record_that_a_law_excludes_cannot_be_applied_for() -> None:
    town = Town()
    record = town.record(restorable=False)
    with pytest.raises(CaseworkError) as refused:
        apply(town.firm, record)
    assert [f.condition.code for f in refused.value.failing] == ["not_excluded"]


def test_the_same_application_sent_again_is_the_same_application() -> None:
    town = Town()
    record, key = town.record(), uuid.uuid4()
    first = apply(town.firm, record, key=key)
    head = registry_queries.counts()["journal_position"]
    assert apply(town.firm, record, key=key) == first
    commands.move("withdraw", actor=town.firm, case=first.cases.get(), at=AT, today=TODAY)
    assert apply(town.firm, record, key=key) == first, "also after its end"
    assert registry_queries.counts()["journal_position"] == head + 1
    with pytest.raises(CaseworkError, match="key_reused"):
        apply(town.firm, record, key=key, statement="another statement")


def test_a_second_open_application_for_a_record_is_refused_until_the_first_has_ended() -> None:
    town = Town()
    record = town.record()
    first = apply(town.firm, record)
    with pytest.raises(CaseworkError, match=r"case\.open"):
        apply(town.firm, town.record(), record)
    commands.move("withdraw", actor=town.firm, case=first.cases.get(), at=AT, today=TODAY)
    assert apply(town.firm, record) != first


@pytest.mark.parametrize("kind", ["permit", "commitment"])
def test_what_is_not_negative_has_nothing_to_restore(kind: str) -> None:
    town = Town()
    record = town.record(kind=kind, severity=None, restorable_from=None)
    with pytest.raises(CaseworkError, match="not_adverse"):
        apply(town.firm, record)


def test_a_natural_person_is_restored_like_a_firm() -> None:
    town = Town()
    person = make_entity("李某", kind="natural_person", identifiers=(("person_key", "a" * 64),))
    record = make_record(person, town.market)
    actor = entity_actor(person)
    (prospect,) = queries.prospects(actor=actor, entity=person, on=TODAY)
    assert prospect.can_apply and prospect.record == record
    case = apply(actor, record).cases.get()
    case = commands.move("accept", actor=town.market_officer, case=case, at=AT, today=TODAY)
    case = commands.move("grant", actor=town.market_officer, case=case, reasons=REASONS, at=AT, today=TODAY)
    assert case.record.state == Record.State.RESTORED
    assert queries.case_for(actor, case.public_id) == case


def test_a_decision_against_needs_reasons_and_is_shown_to_the_applicant() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    case = commands.move("accept", actor=town.market_officer, case=case, at=AT, today=TODAY)
    for reasons in ("", "   不予修复   ", "too short"):
        with pytest.raises(CaseworkError, match=r"reasons\.missing"):
            commands.move("deny", actor=town.market_officer, case=case, reasons=reasons, at=AT, today=TODAY)
    with pytest.raises(CaseworkError, match=r"text\.characters"):
        commands.move(
            "deny", actor=town.market_officer, case=case, reasons="because\x00 of this", at=AT, today=TODAY
        )
    commands.move(
        "deny",
        actor=town.market_officer,
        case=case,
        reasons=" 整改未完成，复查仍存在问题。 ",
        at=AT,
        today=TODAY,
    )
    seen = queries.case_for(town.firm, case.public_id)
    assert (seen.state, seen.reasons) == ("denied", "整改未完成，复查仍存在问题。")
    assert seen.record.state == Record.State.PUBLISHED


def test_nothing_moves_against_the_chart_or_after_the_end() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    with pytest.raises(CaseworkError, match=r"case\.not_allowed"):
        commands.move("grant", actor=town.market_officer, case=case, at=AT, today=TODAY)
    ended = commands.move("withdraw", actor=town.firm, case=case, at=AT, today=TODAY)
    assert ended.ended_at == AT
    with pytest.raises(CaseworkError, match=r"case\.changed"):
        commands.move("accept", actor=town.market_officer, case=case, at=AT, today=TODAY)
    with pytest.raises(CaseworkError, match=r"case\.not_allowed"):
        commands.move("accept", actor=town.market_officer, case=ended, at=AT, today=TODAY)


def test_the_journal_tells_states_and_ids_and_nothing_that_was_written() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    commands.move(
        "refuse",
        actor=town.market_officer,
        case=case,
        reasons="REASON-WORDS 说明理由文字",
        at=AT,
        today=TODAY,
    )
    told = Event.objects.filter(kind__startswith="case.").order_by("position")
    assert [set(event.content) for event in told] == [
        {"case", "case_kind", "case_state", "record", "position", "kind", "at"}
    ] * 2
    assert [event.content["case_state"] for event in told] == ["submitted", "refused"]
    text = "".join(str(event.content) for event in told)
    assert not any(word in text for word in ("REASON", "王建国", "整改", "缴款凭证", town.entity.name))


def test_a_record_that_left_publication_otherwise_cannot_be_granted_but_the_case_has_a_way_out() -> None:
    town = Town()
    record = town.record()
    case = apply(town.firm, record).cases.get()
    case = commands.move("accept", actor=town.market_officer, case=case, at=AT, today=TODAY)
    registry.withdraw(record_id=record.pk, at=AT)
    with pytest.raises(CaseworkError, match=r"record\.state") as refused:
        commands.move("grant", actor=town.market_officer, case=case, at=AT, today=TODAY)
    assert refused.value.remedy_zh
    done = commands.move(
        "deny", actor=town.market_officer, case=case, reasons="该记录已由认定单位撤销。", at=AT, today=TODAY
    )
    assert done.state == "denied"


def test_a_record_whose_dates_are_its_sources_own_is_not_restored_here_but_can_be_objected_to() -> None:
    town = Town()
    record = town.record(pack="contract:labor-violations@1.0.0", restorable=False, found_on=date(2019, 3, 1))
    assert queries.prospects(actor=town.firm, entity=town.entity, on=TODAY) == []
    with pytest.raises(CaseworkError, match=r"record\.no_pack"):
        apply(town.firm, record)
    case = object_to(town.firm, record)
    assert desk.work_list(actor=town.market_officer, on=TODAY).items[0].case == case


def test_a_record_of_a_pack_that_no_longer_ships_keeps_its_way_back() -> None:
    town = Town()
    record = town.record(pack="cn-ndrc-58-2023", found_on=date(2024, 3, 1))
    (prospect,) = queries.prospects(actor=town.firm, entity=town.entity, on=TODAY)
    assert prospect.can_apply
    assert apply(town.firm, record).cases.get().pack == prospect.verdict.pack_id


def test_prospects_say_what_is_missing_and_from_when() -> None:
    town = Town()
    early = town.record(found_on=date(2026, 8, 1), restorable_from=date(2026, 11, 1))
    ripe = town.record()
    apply(town.firm, town.record(found_on=date(2026, 4, 2)))
    with_early, with_ripe, with_open = queries.prospects(actor=town.firm, entity=town.entity, on=TODAY)
    assert (with_early.record, with_early.can_apply) == (early, False)
    assert with_early.verdict.earliest_on == date(2026, 11, 1)
    assert [c.code for c in with_early.blocking] == ["minimum_reached"]
    assert (with_ripe.record, with_ripe.can_apply, with_ripe.last_case) == (ripe, True, None)
    assert [c.code for c in with_ripe.verdict.conditions if not c.met] == ["duty_performed", "committed"]
    assert not with_open.can_apply and with_open.open_case == with_open.last_case
    assert with_open.verdict.eligible


def test_prospects_and_work_list_cost_the_same_for_few_and_for_many() -> None:
    town = Town()

    def cost() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as first:
            queries.prospects(actor=town.firm, entity=town.entity, on=TODAY)
        with CaptureQueriesContext(connection) as second:
            desk.work_list(actor=town.market_officer, on=TODAY)
        return len(first), len(second)

    apply(town.firm, town.record())
    few = cost()
    apply(town.firm, *[town.record() for _ in range(10)])
    assert cost() == few == (3, 5)


def test_the_materials_say_what_was_handed_in() -> None:
    town = Town()
    case = apply(town.firm, town.record(), evidence=[]).cases.get()
    assert {m.code: m.given for m in materials_of(town.market_officer, case, on=TODAY)} == {
        "proof_of_performance": False,
        "commitment_letter": True,
        "other_material": False,
    }
    other = apply(town.firm, town.record(), evidence=[proof()]).cases.get()
    (material, *_) = materials_of(town.market_officer, other, on=TODAY)
    assert material.given and material.files[0].name == "缴款凭证.pdf"


def test_the_timeline_explains_and_the_stepper_shows_the_way() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    course = queries.timeline(case, TODAY + timedelta(days=1))
    assert [(s.state.code, s.standing) for s in course.stages] == [
        ("submitted", "current"),
        ("accepted", "ahead"),
        ("granted", "ahead"),
    ]
    (first,) = course.steps
    assert [view.clock.code for view in first.clocks] == ["accept", "feedback"]
    assert [day.day.isoformat() for day in first.clocks[0].days if day.today] == ["2026-09-22"]
    assert first.clocks[0].working_days_left == 2
    assert all(day.en and day.zh for view in course.clocks for day in view.days)
    case = commands.move("accept", actor=town.market_officer, case=case, at=AT, today=TODAY)
    case = commands.move("grant", actor=town.market_officer, case=case, at=AT, today=TODAY)
    course = queries.timeline(case, TODAY)
    assert [s.standing for s in course.stages] == ["done", "done", "done"]
    assert course.state.final and not any(view.running for view in course.clocks)
    assert case.application.performed_on == PERFORMED


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE casework_step SET note = 'other'",
        "DELETE FROM casework_step",
        "UPDATE casework_evidence SET name = 'other.pdf'",
        "DELETE FROM casework_evidence",
        "UPDATE casework_case SET state = 'submitted', ended_at = NULL",
        "UPDATE casework_case SET reasons = 'other reasons than those given'",
        "INSERT INTO casework_case (public_id, kind, application_id, record_id, entity_id, authority_id, state,"
        " version, pack, pack_digest, reasons, opened_at) SELECT gen_random_uuid(), 'objection', application_id,"
        " record_id, entity_id, authority_id, 'submitted', 1, pack, pack_digest, '', opened_at FROM casework_case",
    ],
)
def test_the_database_keeps_the_trail_whoever_connects(statement: str) -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    commands.move(
        "refuse", actor=town.market_officer, case=case, reasons="缺少缴款凭证，请补充。", at=AT, today=TODAY
    )
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Step.objects.count() == 2 and Clock.objects.filter(stopped_on__isnull=True).count() == 0
