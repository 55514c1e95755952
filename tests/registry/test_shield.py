"""A shielded record is kept from everyone but its parties, whatever is reported of it, and comes back as it should."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from goodstanding.registry import commands, decisions, queries, statements, sweep
from goodstanding.registry.actor import PUBLIC, Actor
from goodstanding.registry.commands import RegistryError
from goodstanding.registry.models import Event, Record, Tombstone
from goodstanding.registry.removals import ReportedRemoval, remove
from goodstanding.registry.report import report_for

from .factories import AT, TODAY, make_authority, make_entity, make_record, reported, take_in
from .test_sweep import clock

pytestmark = pytest.mark.usefixtures("database")
RULING = "（2026）临01破3号裁定批准重整计划，执行期间暂停公示。"


def shielded(**more: Any) -> Record:
    record = make_record(make_entity(), make_authority(), **({"number": 1} | more))
    return decisions.shield(record_id=record.pk, statement=RULING, account_id=None, at=AT)


def unshield(record: Record, *, day: date = TODAY) -> Record:
    return decisions.unshield(record_id=record.pk, account_id=None, at=clock(day)())


def report_again(record: Record, **more: Any) -> str:
    row = reported(record.entity, record.authority, number=1, **more)
    return take_in(row)[0].disposition


def test_the_parties_see_it_with_its_statement_and_nobody_else() -> None:
    record = shielded()
    readers = {
        Actor(role="entity", account_id=1, entity_id=record.entity_id): 1,
        Actor(role="authority", account_id=2, authority_id=record.authority_id): 1,
        Actor(role="operator", account_id=3): 1,
        PUBLIC: 0,
        Actor(role="bank", account_id=4): 0,
        Actor(role="authority", account_id=5, authority_id=make_authority("临湖市税务局").pk): 0,
    }
    for reader, seen in readers.items():
        found = report_for(reader, record.entity.public_id, on=TODAY).records
        assert len(found) == queries.records_visible_to(reader, on=TODAY).count() == seen
        assert [item.statement and item.statement["text"] for item in found] == [RULING] * seen
    assert queries.search(record.entity.name, on=TODAY)[0].records == 0
    assert queries.counts()["records"]["shielded"] == 1  # type: ignore[index]
    event = Event.objects.get(kind="record.shielded")
    assert (event.content["state"], event.content["beneath"]) == ("shielded", "published")
    assert not Tombstone.objects.exists()


def test_lifted_it_is_published_again_with_the_statement_that_it_had() -> None:
    record = make_record(make_entity(), make_authority())
    statements.attach_statement(record_id=record.pk, text="提起诉讼", account_id=None, at=AT)
    decisions.shield(record_id=record.pk, statement=RULING, account_id=None, at=AT)
    record = unshield(record)
    assert (record.state, record.beneath) == (Record.State.PUBLISHED, None)
    assert record.statement is not None and record.statement["text"] == "提起诉讼"
    assert queries.records_visible_to(PUBLIC, on=TODAY).get() == record
    assert [item.text for item in record.statements.order_by("position")] == ["提起诉讼", RULING, "提起诉讼"]


def test_a_statement_attached_beneath_the_shield_stays() -> None:
    record = shielded()
    statements.attach_statement(record_id=record.pk, text="since", account_id=None, at=AT)
    record = unshield(record)
    assert record.statement is not None and record.statement["text"] == "since"
    other = unshield(shielded(number=2))
    assert other.statement is None


def test_what_is_reported_meanwhile_stays_beneath() -> None:
    record = shielded()
    assert report_again(record) == "unchanged"
    assert report_again(record, public={"CF_WFXW": "另行认定"}) == "superseding"
    record.refresh_from_db()
    assert (record.state, record.beneath, record.version) == ("shielded", "published", 2)
    none: dict[str, Any] = {"published": False, "publish_from": None, "publish_until": None}
    assert report_again(record, public={"CF_WFXW": "不予公示"}, **none) == "superseding"
    record.refresh_from_db()
    assert (record.state, record.beneath) == ("shielded", "unpublished")
    assert unshield(record).state == Record.State.UNPUBLISHED


def test_a_report_that_is_over_ends_it() -> None:
    record = shielded()
    assert report_again(record, public={"x": "1"}, publish_until=TODAY) == "superseding"
    record.refresh_from_db()
    assert (record.state, record.beneath) == ("ended", None)


def test_its_maximum_runs_beneath_the_shield() -> None:
    by_sweep, by_hand = shielded(), shielded(number=2)
    day = by_sweep.publish_until
    assert day is not None
    assert sweep.due(on=day).ending == 2
    assert unshield(by_hand, day=day).state == Record.State.ENDED
    assert sweep.sweep(on=day, at_clock=clock(day)).ended == 1
    by_sweep.refresh_from_db()
    assert (by_sweep.state, by_sweep.beneath) == ("ended", None)
    with pytest.raises(RegistryError, match=r"record\.state"):
        unshield(by_sweep, day=day)


def test_the_sweep_tells_when_it_becomes_restorable_and_leaves_the_unpublished_alone() -> None:
    record = shielded(restorable_from=date(2026, 8, 1))
    hidden = shielded(number=2, published=False, restorable_from=None)
    sweep.sweep(on=date(2026, 7, 31), at_clock=clock(date(2026, 7, 31)))
    done = sweep.sweep(on=date(2028, 1, 1), at_clock=clock(date(2028, 1, 1)))
    assert (done.ended, done.told, done.held_up) == (1, 1, 0)
    states = dict(Record.objects.values_list("pk", "state"))
    assert states == {record.pk: "ended", hidden.pk: "shielded"}


def test_from_beneath_the_shield_it_can_be_removed() -> None:
    restored, withdrawn, erased = shielded(), shielded(number=2), shielded(number=3)
    commands.restore(record_id=restored.pk, at=AT)
    commands.withdraw(record_id=withdrawn.pk, at=AT)
    removal = ReportedRemoval(
        1, "redact", erased.entity_id, erased.authority_id, erased.source_id, bytes(erased.natural_key)
    )
    with transaction.atomic():
        remove([removal], batch=None, at=AT, sender_id=erased.source_id)
    states = Record.objects.order_by("pk").values_list("state", "beneath")
    assert list(states) == [("restored", None), ("withdrawn", None), ("redacted", None)]
    assert Tombstone.objects.count() == 3
    for record in (restored, withdrawn, erased):
        with pytest.raises(RegistryError, match=r"record\.state"):
            decisions.shield(record_id=record.pk, statement=RULING, account_id=None, at=AT)


def test_only_negative_information_that_is_not_over_is_shielded() -> None:
    entity, authority = make_entity(), make_authority()
    permit = make_record(entity, authority, kind="permit", severity=None)
    over = make_record(entity, authority, publish_until=TODAY)
    for record, code in ((permit, "record.not_adverse"), (over, "record.state")):
        with pytest.raises(RegistryError, match=code):
            decisions.shield(record_id=record.pk, statement=RULING, account_id=None, at=AT)
    with pytest.raises(RegistryError, match=r"statement\.length"):
        shielded_without = make_record(entity, authority)
        decisions.shield(record_id=shielded_without.pk, statement="", account_id=None, at=AT)


@pytest.mark.parametrize(
    "change",
    [
        {"beneath": None},
        {"beneath": "ended"},
        {"state": "published"},
        {"publish_from": None},
        {"kind": "permit", "item_id": "permit"},
    ],
)
def test_the_database_holds_the_shield_together(change: dict[str, Any]) -> None:
    record = shielded()
    with pytest.raises(IntegrityError), transaction.atomic():
        Record.objects.filter(pk=record.pk).update(**change)
