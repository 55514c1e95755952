"""Records of other instances on our own feed and in the sets that recipients must hold: no wider than was agreed."""

from __future__ import annotations

import pytest
from django.db import transaction

from goodstanding.exchange import expected_set, feed, held_sets, queries
from goodstanding.exchange.happened import events_of
from goodstanding.exchange.models import Subscriber
from goodstanding.registry import journal
from goodstanding.registry.models import Record

from ..registry.factories import uscc
from ..registry.test_foreign import document_of, neighbour_of, take_over, told
from .stage import make_subscriber, today

pytestmark = pytest.mark.usefixtures("database")


def _reaches(subscriber: Subscriber, record: Record) -> list[str]:
    events = events_of(record.pk)
    return [one.reach for one in feed.classify(events, scope=queries.scope_for(subscriber), on=today())]


def _count(subscriber: Subscriber) -> int:
    while held_sets.advance(on=today(), limit=20_000) and held_sets.until() < journal.head():
        pass
    with transaction.atomic():
        held_sets.lock(alone=False)
        reach = expected_set.reach_of(subscriber, on=today())
        found = expected_set.expected(reach=reach, position=journal.head(), on=today())
    assert found is not None
    assert found.count == sum(len(rows) for rows in found.elements(range(4096)).values())
    return found.count


def test_only_who_is_named_gets_it_and_must_hold_it() -> None:
    named, _ = make_subscriber()
    other, _ = make_subscriber()
    city, document = neighbour_of(), document_of(uscc())
    own = Record.objects.get()  # of which the document was made
    take_over(city, told(1, document), onward=frozenset({named.name_zh}))
    record = Record.objects.get(public_id=document["id"])
    assert (_reaches(named, record), _reaches(other, record)) == (["content"], ["outside"])
    assert _reaches(other, own) == ["content"]
    assert (_count(named), _count(other)) == (2, 1)
    assert [one.state for one in queries.holders(record, today()) if one.subscriber == other] == [
        "out_of_scope"
    ]

    take_over(city, told(2, document | {"disputed": True}, kind="record.disputed"), onward=frozenset())
    assert _reaches(named, record)[-1] == "gone", "it is not named any more"
    assert _count(named) == 1
    take_over(city, told(3, document, kind="record.restored", state="restored", removed=True))
    assert (_reaches(named, record)[-1], _reaches(other, record)[-1]) == ("removal", "outside")
