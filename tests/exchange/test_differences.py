"""Differences of reconciliation on the boards: each is shown until a later round or a receipt settles it."""

from __future__ import annotations

import random
import uuid
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goodstanding.casework.notices import follow, notices_visible_to
from goodstanding.exchange import awaiting, commands, queries, recipients
from goodstanding.exchange.models import AwaitedReceipt, Receipt, Reconciliation, SetDifference, Subscriber
from goodstanding.proof.set_digest import set_element
from goodstanding.registry import commands as registry
from goodstanding.registry import seal
from goodstanding.registry.actor import Actor
from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.models import Event, Record

from ..registry.factories import make_authority, make_entity
from .histories import History, must_hold
from .rounds import all_published, begin, compare
from .stage import last_position, live_record, make_subscriber, now, seal_all, today
from .test_propagation import board_of
from .test_receipts import signed_receipt
from .test_reconciliation import Stage

pytestmark = pytest.mark.usefixtures("database")


def follow_all() -> None:
    seal_all()
    while awaiting.follow(at=now(), calendar=known_calendar()):
        pass


def kept_after_its_receipt() -> tuple[Subscriber, bytes, Record, int, dict[uuid.UUID, Event]]:
    """A recipient signed that a restored record is gone, and holds it."""
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    held = all_published()
    position = last_position(registry.restore(record_id=record.pk, at=now()))
    follow_all()
    receipt = signed_receipt(subscriber, key, record, position)
    commands.take_receipt(subscriber=subscriber, signed=receipt, at=now())
    record.refresh_from_db()
    return subscriber, key, record, position, held


def test_who_keeps_a_record_after_its_receipt_is_shown_and_answers_again() -> None:
    subscriber, key, record, position, held = kept_after_its_receipt()
    assert [line.state for line in board_of(record).lines] == ["gone"]
    made = compare(subscriber, key, held)
    assert made.result == "differs"
    found = board_of(record)
    (line,) = found.kept
    assert line.difference is not None and line.difference.reconciliation == made
    assert line.difference.reconciliation.signed == made.signed and line.receipt is None
    assert line.contradicted == Receipt.objects.get()
    assert line.awaited is not None and line.awaited.due_on is not None and line.awaited.due_on > today()
    assert (found.answered, found.waiting) == (0, 1)
    (holder,) = queries.holders(record, today())
    assert (holder.state, holder.receipt) == ("holds", None)
    page = recipients.recipient(subscriber.public_id, on=today(), at=now())
    assert page.differing == {"kept": 1} and [each.record for each in page.differences] == [record]
    follow(recipients=queries.accounts())
    told = notices_visible_to(Actor(role="entity", entity_id=record.entity_id)).order_by("pk")
    assert [notice.event for notice in told][-1] == "removal.kept"
    since = line.difference.since
    again = compare(subscriber, key, held)
    assert SetDifference.objects.get().since == since
    assert SetDifference.objects.get().reconciliation == again
    assert AwaitedReceipt.objects.count() == Event.objects.filter(kind="removal.kept").count() == 1
    commands.take_receipt(
        subscriber=subscriber, signed=signed_receipt(subscriber, key, record, position), at=now()
    )
    (line,) = board_of(record).lines
    assert line.state == "gone" and line.receipt is not None and line.receipt.found_kept_by == made
    assert not SetDifference.objects.exists() and not AwaitedReceipt.objects.exists()
    first, second = Receipt.objects.order_by("pk")
    assert first.signed != second.signed, "what it had signed before stays as evidence"
    assert [holder.receipt for holder in queries.holders(record, today())] == [second]
    # A third one, and the first again, change nothing.
    for _ in range(2):
        more = signed_receipt(subscriber, key, record, position)
        assert commands.take_receipt(subscriber=subscriber, signed=more, at=now()) == second


def test_a_later_round_that_does_not_find_it_settles_it() -> None:
    subscriber, key, record, _, held = kept_after_its_receipt()
    compare(subscriber, key, held)
    assert AwaitedReceipt.objects.exists()
    assert compare(subscriber, key, {}).result == "equal"
    assert [line.state for line in board_of(record).lines] == ["gone"]
    assert not SetDifference.objects.exists() and not AwaitedReceipt.objects.exists()


def test_a_round_that_is_not_finished_hides_nothing_and_settles_nothing() -> None:
    subscriber, key, record, _, held = kept_after_its_receipt()
    assert compare(subscriber, key, held, last=False).result == "open"
    assert [line.state for line in board_of(record).lines] == ["kept"]
    begin(subscriber, key, {uuid.uuid4(): event for event in held.values()})
    assert Reconciliation.objects.order_by("pk").values_list("result", flat=True)[0] == "unfinished"
    assert [line.state for line in board_of(record).lines] == ["kept"]


def test_who_never_answered_stays_awaited_as_before() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    held = all_published()
    registry.restore(record_id=record.pk, at=now())
    follow_all()
    before = AwaitedReceipt.objects.get()
    compare(subscriber, key, held)
    assert AwaitedReceipt.objects.get() == before and before.found_kept_by is None
    assert [line.state for line in board_of(record).lines] == ["kept"]
    compare(subscriber, key, {})
    assert AwaitedReceipt.objects.get() == before, "the removal still waits for its first receipt"
    assert [line.state for line in board_of(record).lines] == ["waiting"]


def test_what_happens_to_the_record_after_the_round_settles_it_on_the_board() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    compare(subscriber, key, {})
    (line,) = board_of(record).lines
    assert line.difference is not None and line.difference.kind == "missing"
    registry.restore(record_id=record.pk, at=now())
    follow_all()
    (line,) = board_of(record).lines
    assert (line.state, line.difference) == ("waiting", None)


@pytest.mark.parametrize("seed", range(3))
def test_the_differences_are_those_of_a_plain_comparison(seed: int) -> None:
    """Whatever somebody holds, after each finished round exactly what a plain comparison finds is noted."""
    chance = random.Random(seed)
    history = History(chance)
    subscriber, key = make_subscriber(kinds=["penalty", "permit"])
    history.happen(30)
    held: dict[uuid.UUID, Event] = {}
    seen: set[str] = set()
    for _ in range(3):
        held |= {record: event for record, event in all_published().items() if chance.random() < 0.3}
        history.happen(6)
        seal_all()
        must = must_hold(subscriber, position=seal.sealed_size()).elements
        compare(subscriber, key, held)
        expected = {record: "missing" for record in must.keys() - held.keys()}
        for record, event in held.items():
            element = set_element(record=record, position=event.position, commitment=bytes(event.commitment))
            if element != must.get(record):
                expected[record] = "older" if record in must else "kept"
        noted = SetDifference.objects.values_list("record__public_id", "kind")
        assert dict(noted) == expected
        seen |= set(expected.values())
    assert {"missing", "kept"} <= seen


def test_a_board_asks_the_same_however_many_keep_the_record() -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries_:
            board_of(record)
        return len(queries_)

    record = live_record(make_entity(), make_authority())
    everyone = [make_subscriber() for _ in range(4)]
    held = all_published()
    registry.restore(record_id=record.pk, at=now())
    follow_all()
    compare(*everyone[0], held)
    one = asked()
    for subscriber, key in everyone[1:]:
        compare(subscriber, key, held)
    assert len(board_of(record).kept) == 4 and asked() == one


def test_a_real_mirror_answers_again_for_what_it_had_kept(url: str, tmp_path: Path) -> None:
    stage = Stage(url, tmp_path)
    row = stage.sql("SELECT * FROM record WHERE id = ?", stage.id(1))[0]
    stage.restore(1)
    stage.mirror.follow_once()
    stage.sql(f"INSERT INTO record VALUES ({', '.join('?' * len(row))})", *row)
    assert stage.mirror.reconcile().dropped == 1
    stage.mirror.close()
    first, second = Receipt.objects.order_by("pk")
    assert second.found_kept_by == Reconciliation.objects.order_by("pk")[0] and first.found_kept_by is None
    assert not SetDifference.objects.exists() and not AwaitedReceipt.objects.exists()
