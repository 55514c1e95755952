"""The story of an objection: everybody sees at once that a record is disputed, until the check is done."""

from __future__ import annotations

import uuid

import pytest

from goodstanding.casework import commands, queries
from goodstanding.casework.commands import CaseworkError
from goodstanding.casework.models import Case
from goodstanding.registry.models import Event, Record

from .stories import AT, TODAY, Town, apply, object_to, take

pytestmark = pytest.mark.usefixtures("database")


def kinds(record: Record) -> list[str]:
    return list(Event.objects.filter(record=record).order_by("position").values_list("kind", flat=True))


def taken_up(town: Town, record: Record) -> Case:
    case = object_to(town.firm, record)
    return commands.move("accept", actor=town.market_officer, case=case, at=AT, today=TODAY)


def test_an_objection_marks_the_record_and_an_upheld_one_withdraws_it() -> None:
    town = Town()
    record = town.record()
    case = taken_up(town, record)
    record.refresh_from_db()
    assert record.disputed and record.state == Record.State.PUBLISHED
    case = take("grant", town.market_officer, case)
    record.refresh_from_db()
    assert (case.state, record.state, record.disputed) == ("granted", Record.State.WITHDRAWN, False)
    assert kinds(record) == [
        "record.committed",
        "record.disputed",
        "case.submitted",
        "case.accepted",
        "record.withdrawn",
        "case.granted",
    ]


@pytest.mark.parametrize("end", ["deny", "refuse", "withdraw"])
def test_every_other_end_lifts_the_mark(end: str) -> None:
    town = Town()
    record = town.record()
    case = object_to(town.firm, record)
    if end == "deny":
        case = take("accept", town.market_officer, case)
        case = take("propose_denial", town.market_officer, case)
        with pytest.raises(CaseworkError, match=r"case\.same_officer"):
            take("deny", town.market_officer, case)
        take("deny", town.second_officer, case)
    elif end == "refuse":
        commands.move(
            "refuse",
            actor=town.market_officer,
            case=case,
            reasons="同一异议已经核查答复。",
            at=AT,
            today=TODAY,
        )
    else:
        commands.move("withdraw", actor=town.firm, case=case, at=AT, today=TODAY)
    record.refresh_from_db()
    assert (record.disputed, record.state) == (False, Record.State.PUBLISHED)
    assert "record.dispute_ended" in kinds(record)


def test_an_upheld_objection_ends_the_open_application_for_the_same_record() -> None:
    town = Town()
    record = town.record()
    application = apply(town.firm, record).cases.get()
    case = taken_up(town, record)
    take("grant", town.market_officer, case)
    application.refresh_from_db()
    assert (application.state, application.ended_at) == ("lapsed", AT)
    assert not application.clocks.filter(stopped_on__isnull=True).exists()
    assert list(application.steps.values_list("event", flat=True)) == ["submit", "lapse"]
    assert kinds(record)[-2:] == ["case.granted", "case.lapsed"]


def test_nobody_lapses_a_case_by_hand() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    assert [event.code for event in queries.moves_for(town.market_officer, case, on=TODAY)] == [
        "accept",
        "ask",
        "refuse",
        "assign",
        "hand_over",
    ]
    assert [event.code for event in queries.moves_for(town.firm, case, on=TODAY)] == ["withdraw"]
    assert queries.moves_for(town.operator, case, on=TODAY) == ()
    assert queries.moves_for(town.tax_officer, case, on=TODAY) == ()


def test_an_objection_to_a_record_restored_meanwhile_still_gets_its_answer() -> None:
    town = Town()
    record = town.record()
    objection = taken_up(town, record)
    case = apply(town.firm, record).cases.get()
    case = commands.move("accept", actor=town.market_officer, case=case, at=AT, today=TODAY)
    commands.move("grant", actor=town.market_officer, case=case, at=AT, today=TODAY)
    objection.refresh_from_db()
    answered = take("grant", town.market_officer, objection)
    record.refresh_from_db()
    assert (answered.state, record.state) == ("granted", Record.State.RESTORED)


def test_an_objection_needs_a_ground_and_a_statement_and_is_sent_once() -> None:
    town = Town()
    record, key = town.record(), uuid.uuid4()
    with pytest.raises(CaseworkError, match=r"grounds\.unknown"):
        object_to(town.firm, record, grounds="because")
    with pytest.raises(CaseworkError, match=r"text\.length"):
        object_to(town.firm, record, statement="wrong")
    case = object_to(town.firm, record, key=key)
    assert object_to(town.firm, record, key=key) == case
    with pytest.raises(CaseworkError, match=r"case\.open"):
        object_to(town.firm, record)
    assert apply(town.firm, record).cases.get().kind == "restoration", "both ways stay open side by side"


def test_a_permit_can_be_objected_to() -> None:
    town = Town()
    record = town.record(kind="permit", severity=None, restorable_from=None)
    assert object_to(town.firm, record).record.disputed


@pytest.mark.parametrize(("what", "state"), [("grant", "withdrawn"), ("correct", "published")])
def test_an_objection_to_a_serious_record_is_upheld_by_two_officers(what: str, state: str) -> None:
    town = Town()
    record = town.record(severity="serious")
    case = object_to(town.firm, record, claim={"CF_WFXW": "未按规定公示年报"})
    case = take("accept", town.market_officer, case)
    with pytest.raises(CaseworkError, match=r"case\.second_look"):
        take(what, town.market_officer, case)
    case = take(f"propose_{what}", town.market_officer, case)
    record.refresh_from_db()
    assert record.disputed and record.state == Record.State.PUBLISHED
    with pytest.raises(CaseworkError, match=r"case\.same_officer"):
        take(f"confirm_{what}", town.market_officer, case)
    with pytest.raises(CaseworkError, match=r"case\.(not_found|forbidden)"):
        take(f"confirm_{what}", town.tax_officer, case)
    back = take("send_back", town.second_officer, case)
    case = take(f"propose_{what}", town.second_officer, back)
    case = take("assign", town.second_officer, case, town=town)
    case = take(f"confirm_{what}", town.market_officer, case)
    record.refresh_from_db()
    assert (case.state, record.state, record.disputed) == ("granted", state, False)
    if what == "correct":
        assert record.content["public"]["CF_WFXW"] == "未按规定公示年报"
        assert record.corrections.get().document == "临市监核〔2026〕1号"


def test_one_officer_upholds_an_objection_to_any_other_record() -> None:
    town = Town()
    case = taken_up(town, town.record())
    with pytest.raises(CaseworkError, match=r"case\.alone"):
        take("propose_grant", town.market_officer, case)
