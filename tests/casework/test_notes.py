"""Internal notes: for the officers of the body that holds the case, and for nobody else, wherever one looks."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from goodstanding.casework import mandates, notes
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import Case, Note, Notice, Step
from goodstanding.casework.notices import follow
from goodstanding.registry.actor import PUBLIC, Actor, actor_of
from goodstanding.registry.models import Account, Event, Record
from goodstanding.registry.removals import ReportedRemoval, remove

from ..registry.factories import make_entity
from .stories import AT, REASONS, TODAY, Town, apply, entity_actor, needed, staff, take

pytestmark = pytest.mark.usefixtures("database")
WORD = "内部备注：缴款凭证须与财政票据核对。"


def write(actor: Actor, case: Case, text: str = WORD, **more: Any) -> Note:
    return notes.write(actor=actor, case=case, text=text, at=AT, **more)


def read(actor: Actor, case: Case) -> list[str]:
    case.refresh_from_db()
    return [note.text for note in notes.notes_of(actor, case)]


def hand_over(town: Town, case: Case, *, with_notes: bool) -> Case:
    return notes.hand_over(
        actor=town.market_officer,
        case=case,
        with_notes=with_notes,
        reasons=REASONS,
        given=needed("hand_over", case, town),
        at=AT,
        today=TODAY,
    )


def agent_of(town: Town) -> Actor:
    """An agent of the firm with a mandate for everything."""
    agent = entity_actor(make_entity("临湖市代办事务所"))
    name = Account.objects.get(pk=agent.account_id).user.get_username()
    given = mandates.give_mandate(
        actor=town.firm, agent=name, scope="all", until=date(2027, 1, 1), at=AT, today=TODAY
    )
    return mandates.acting(given.public_id, account_id=agent.account_id, on=TODAY)


def test_every_reader_but_the_officers_of_the_holding_body_reads_nothing() -> None:
    town = Town()
    case = take("accept", town.market_officer, apply(town.firm, town.record()).cases.get())
    case = take("consult", town.market_officer, case, town=town)
    write(town.market_officer, case)
    assert read(town.market_officer, case) == read(town.second_officer, case) == [WORD]
    assert notes.counts(town.second_officer, [case]) == {case.pk: 1}
    platform = Actor(role="operator", account_id=town.operator.account_id, authority_id=town.market.pk)
    strangers = [town.firm, agent_of(town), town.tax_officer, town.operator, platform]
    for stranger in [*strangers, staff("bank"), staff("subscriber"), PUBLIC]:
        assert read(stranger, case) == [] and notes.counts(stranger, [case]) == {}
        with pytest.raises(CaseworkError) as refused:
            write(stranger, case)
        assert refused.value.code == "note.forbidden"
    assert Note.objects.count() == 1


def test_nothing_that_is_told_to_others_holds_a_note() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    head = Event.objects.count()
    write(town.market_officer, case)
    assert Event.objects.count() == head, "the journal hears nothing of it"
    take("accept", town.market_officer, case)
    follow()
    told = [str(row) for model in (Event, Notice, Step) for row in model.objects.values()]
    assert told and not any(WORD in row for row in told)


@pytest.mark.parametrize("with_notes", [True, False])
def test_they_travel_with_a_hand_over_only_where_the_officer_says_so(with_notes: bool) -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    write(town.market_officer, case)
    moved = hand_over(town, case, with_notes=with_notes)
    assert moved.authority == town.tax
    assert read(town.tax_officer, moved) == ([WORD] if with_notes else [])
    assert read(town.market_officer, moved) == [], "who handed it over holds it no longer"
    write(town.tax_officer, moved, "税务部门的备注。")
    back = notes.hand_over(
        actor=town.tax_officer,
        case=moved,
        with_notes=False,
        reasons=REASONS,
        given=needed("hand_over", moved, town),
        at=AT,
        today=TODAY,
    )
    assert read(town.market_officer, back) == ([] if with_notes else [WORD])


def test_a_refused_hand_over_leaves_the_notes_where_they_are() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    write(town.market_officer, case)
    with pytest.raises(CaseworkError):
        notes.hand_over(
            actor=town.market_officer,
            case=case,
            with_notes=True,
            given={"authority": "nobody"},
            reasons=REASONS,
            at=AT,
            today=TODAY,
        )
    assert read(town.market_officer, case) == [WORD]


def test_they_are_erased_with_the_content_of_the_record() -> None:
    town = Town()
    record, other = town.record(), town.record()
    first, second = apply(town.firm, record, other).cases.order_by("pk")
    write(town.market_officer, first)
    write(town.market_officer, second)
    case = first if first.record_id == record.pk else second
    with transaction.atomic():
        removal = ReportedRemoval(
            row=1,
            change="redact",
            natural_key=bytes(record.natural_key),
            authority_id=town.market.pk,
            source_id=town.market.pk,
            entity_id=town.entity.pk,
        )
        remove([removal], batch=None, at=AT, sender_id=town.market.pk)
    record.refresh_from_db()
    assert record.state == Record.State.REDACTED
    assert list(Note.objects.values_list("case__record_id", flat=True)) == [other.pk]
    with pytest.raises(CaseworkError, match=r"note\.forbidden"):
        write(town.market_officer, case)


def test_a_note_is_written_once_and_stays_as_it_was() -> None:
    town = Town()
    case, key = apply(town.firm, town.record()).cases.get(), uuid.uuid4()
    note = write(town.market_officer, case, key=key)
    assert write(town.market_officer, case, key=key) == note
    with pytest.raises(DatabaseError, match="stays as it was written"), transaction.atomic():
        Note.objects.update(text="改写")
    with pytest.raises(CaseworkError, match=r"text\.length"):
        write(town.market_officer, case, "  ")
    case = take("refuse", town.market_officer, case)
    write(town.second_officer, case, "结案后的备注。")
    assert read(town.market_officer, case) == [WORD, "结案后的备注。"]


def test_an_officer_reads_his_own_body_s_only() -> None:
    town = Town()
    case = apply(town.firm, town.record(town.tax)).cases.get()
    write(town.tax_officer, case)
    account = Account.objects.get(pk=town.market_officer.account_id)
    assert read(actor_of(account), case) == []
