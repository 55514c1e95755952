"""A restoration that is revoked: the record stands again with its new window, and nothing of the removal is left."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from goodstanding.registry import commands, decisions, queries, sweep
from goodstanding.registry.actor import PUBLIC
from goodstanding.registry.commands import RegistryError
from goodstanding.registry.models import Event, Record, RecordVersion, Tombstone

from .factories import AT, TODAY, make_authority, make_entity, make_record, reported, take_in
from .test_sweep import clock, swept

pytestmark = pytest.mark.usefixtures("database")
WINDOW: dict[str, Any] = {
    "publish_from": date(2026, 6, 1),
    "publish_until": date(2028, 6, 1),
    "restorable_from": date(2026, 12, 1),
}


def restored(**more: Any) -> Record:
    record = make_record(make_entity(), make_authority(), number=1, **more)
    return commands.restore(record_id=record.pk, at=AT)


def test_it_stands_again_with_its_new_window() -> None:
    record = restored()
    row = reported(record.entity, record.authority, number=1)
    assert take_in(row)[0].code == "tombstone.restored"
    record = decisions.republish(record_id=record.pk, at=AT, **WINDOW)
    assert (record.state, record.version) == ("published", 2)
    assert queries.records_visible_to(PUBLIC, on=date(2028, 5, 31)).get() == record
    assert not Tombstone.objects.exists()
    event = Event.objects.get(kind="record.republished")
    assert (event.content["version"], event.content["publish_until"]) == (2, "2028-06-01")
    kept = RecordVersion.objects.get()
    assert (kept.version, kept.content, kept.replaced_at_position) == (1, record.content, event.position)
    assert take_in(row)[0].disposition == "unchanged"
    other = reported(record.entity, record.authority, number=2)
    assert take_in(other)[0].disposition == "committed", "nothing looks like a removed record any more"


def test_it_can_be_restored_again_and_ends_at_its_new_maximum() -> None:
    record = restored()
    decisions.republish(record_id=record.pk, at=AT, **WINDOW)
    swept(date(2026, 11, 30))
    assert swept(date(2026, 12, 1)).told == 1
    assert sweep.sweep(on=date(2028, 6, 1), at_clock=clock(date(2028, 6, 1))).ended == 1
    commands.restore(record_id=record.pk, at=AT)
    assert Tombstone.objects.get().record == record


@pytest.mark.parametrize(
    ("window", "state"),
    [
        ({"publish_from": None, "publish_until": None, "restorable_from": None}, "unpublished"),
        ({"publish_from": date(2024, 6, 1), "publish_until": TODAY, "restorable_from": None}, "ended"),
    ],
)
def test_a_window_that_publishes_nothing(window: dict[str, Any], state: str) -> None:
    record = decisions.republish(record_id=restored().pk, at=AT, **window)
    assert (record.state, record.restorable_from) == (state, None)
    assert not queries.records_visible_to(PUBLIC, on=TODAY).exists()


@pytest.mark.parametrize(
    ("publish_from", "publish_until"), [(None, TODAY), (TODAY, None), (TODAY, date(2026, 5, 31))]
)
def test_what_is_no_window_is_refused(publish_from: date | None, publish_until: date | None) -> None:
    record = restored()
    with pytest.raises(RegistryError, match=r"record\.window"):
        decisions.republish(
            record_id=record.pk,
            publish_from=publish_from,
            publish_until=publish_until,
            restorable_from=None,
            at=AT,
        )
    assert Tombstone.objects.exists()


def test_only_a_restored_record_is_published_again() -> None:
    record = make_record(make_entity(), make_authority())
    withdrawn = make_record(make_entity(), make_authority())
    commands.withdraw(record_id=withdrawn.pk, at=AT)
    for pk in (record.pk, withdrawn.pk):
        with pytest.raises(RegistryError, match=r"record\.state"):
            decisions.republish(record_id=pk, at=AT, **WINDOW)
