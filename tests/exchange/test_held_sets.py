"""The sets that recipients must hold: step by step, at once, for any scope, at any position."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from goodstanding.exchange import agreements, expected_set, held_sets
from goodstanding.exchange.expected_set import Expected
from goodstanding.exchange.models import SetCell, SetCursor, SetEntry, SetSums, Subscriber
from goodstanding.registry import journal

from ..registry.factories import make_authority, make_entity
from .histories import History, must_hold
from .stage import live_record, make_subscriber, now, seal_all, today

pytestmark = pytest.mark.usefixtures("database")
SCOPES: list[dict[str, Any]] = [
    {"kinds": ["penalty"]},
    {"kinds": ["penalty", "permit", "abnormal_list"], "divisions": ["330000", "330100"]},
    {"kinds": ["penalty", "permit"], "divisions": ["330199", "440300"]},
    {"kinds": [], "items": ["abnormal-list"], "divisions": ["110000"]},
]


def follow(limit: int = 20_000) -> None:
    while held_sets.advance(on=today(), limit=limit) and held_sets.until() < journal.head():
        pass


def expected(subscriber: Subscriber, *, position: int) -> Expected:
    with transaction.atomic():
        held_sets.lock(alone=False)
        reach = expected_set.reach_of(subscriber, on=today())
        found = expected_set.expected(reach=reach, position=position, on=today())
        assert found is not None
        return found


def cells() -> dict[tuple[Any, ...], bytes]:
    """Everything that the cells hold; a cell or a part that is empty says nothing."""
    found: dict[tuple[Any, ...], bytes] = {}
    for cell in SetCell.objects.all():
        place = (cell.item, cell.kind, cell.prefix)
        found[place] = bytes(cell.digest)
        found[(*place, "count")] = cell.count.to_bytes(8, "big")
        for row in SetSums.objects.filter(cell=cell):
            found[(*place, row.part)] = bytes(row.sums)
    return {place: value for place, value in found.items() if any(value)}


@pytest.mark.parametrize("seed", range(4))
def test_the_cells_add_up_to_what_each_recipient_must_hold(seed: int) -> None:
    chance = random.Random(seed)
    history = History(chance)
    subscribers = [make_subscriber(kinds=[]) for _ in SCOPES]
    for (subscriber, _), scope in zip(subscribers, SCOPES, strict=True):
        agreed = {"purpose": "credit", "legal_basis": "test", "valid_from": today() - timedelta(days=9)}
        agreements.agree(subscriber=subscriber, at=now(), **(agreed | scope))
    for _ in range(4):
        history.happen(chance.randint(1, 20))
        follow(limit=chance.choice([1, 7, 20_000]))
        head = journal.head()
        for position in {head, chance.randint(0, head), max(0, head - 3)}:
            for subscriber, _ in subscribers:
                plain, found = (
                    must_hold(subscriber, position=position),
                    expected(subscriber, position=position),
                )
                assert found.count == len(plain.elements)
                assert found.digest.fingerprint() == plain.digest
                assert found.sums == plain.sums
                buckets = [number for number, sum_ in enumerate(plain.sums) if sum_]
                listed = found.elements([*buckets, 0])
                assert {entry.element for entries in listed.values() for entry in entries} == set(
                    plain.elements.values()
                )
    kept = cells()
    entries = set(SetEntry.objects.values_list("record", "position", "division"))
    with transaction.atomic():
        held_sets.rebuild(until=journal.head(), on=today())
    assert cells() == kept
    assert set(SetEntry.objects.values_list("record", "position", "division")) == entries
    with transaction.atomic():
        held_sets.rebuild_cells()
    assert cells() == kept


def test_a_publication_that_begins_tomorrow_belongs_to_the_set_from_tomorrow_on() -> None:
    record = live_record(make_entity(), make_authority(), publish_from=today() + timedelta(days=1))
    subscriber, _ = make_subscriber()
    follow()
    reach = expected_set.reach_of(subscriber, on=today())
    counts = []
    for days in (0, 1):
        found = expected_set.expected(reach=reach, position=journal.head(), on=today() + timedelta(days=days))
        assert found is not None
        counts.append(found.count)
    assert counts == [0, 1]
    assert SetEntry.objects.get().record == record.pk


def test_what_lies_too_far_behind_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    entity, authority = make_entity(), make_authority()
    for _ in range(3):
        live_record(entity, authority)
    subscriber, _ = make_subscriber()
    follow()
    monkeypatch.setattr(expected_set, "MAX_CHANGED", 2)
    reach = expected_set.reach_of(subscriber, on=today())
    assert expected_set.expected(reach=reach, position=0, on=today()) is None
    assert expected_set.expected(reach=reach, position=journal.head(), on=today()) is not None


def test_a_suspended_agreement_counts_and_sends_nothing_and_an_ended_one_does_not_count() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber()
    agreement = subscriber.agreements.get()
    seal_all()
    follow()
    (entry,) = held_sets.entries([record.pk]).values()
    agreements.suspend(reference=agreement.reference, reason="unanswered", at=now())
    reach = expected_set.reach_of(subscriber, on=today())
    assert (reach.covers(entry), reach.sends(entry)) == (True, False)
    assert expected(subscriber, position=journal.head()).count == 1
    agreements.end(reference=agreement.reference, on=today(), reason="service closed", at=now())
    reach = expected_set.reach_of(subscriber, on=today())
    assert (reach.covers(entry), reach.sends(entry)) == (False, False)
    assert expected(subscriber, position=journal.head()).count == 0
    assert SetCursor.objects.count() == 1
