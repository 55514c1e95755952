"""A real mirror against a real server: removals are dropped and receipted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from goodstanding import proof
from goodstanding.exchange import queries
from goodstanding.exchange.mirror import Mirror, MirrorError, Progress, open_store
from goodstanding.exchange.models import Receipt, Subscriber
from goodstanding.registry import commands as registry
from goodstanding.registry import decisions, statements
from goodstanding.registry.models import Record

from ..registry.factories import make_authority, make_entity
from .places import Place, mirror_of
from .stage import live_record, make_subscriber, now, seal_all, today

pytestmark = pytest.mark.usefixtures("database")


def state_of(record: Record, subscriber: Subscriber) -> str:
    record.refresh_from_db()
    return {item.subscriber: item.state for item in queries.holders(record, today())}[subscriber]


@pytest.mark.parametrize("page_size", [1, 3, 1000])
def test_a_restored_record_is_dropped_and_its_receipt_arrives(url: str, place: Place, page_size: int) -> None:
    entity, authority = make_entity(), make_authority()
    records = [live_record(entity, authority, public={"word": f"kept-{n}-here"}) for n in range(5)]
    subscriber, key = make_subscriber()
    outsider, _ = make_subscriber(kinds=["permit"])
    seal_all()
    mirror = mirror_of(url, subscriber, key, place, page_size=page_size)
    progress = mirror.follow_once()
    assert (progress.added, progress.held, progress.dropped) == (5, 5, 0)
    assert progress.position == progress.size
    assert mirror.verify_holding(str(records[0].public_id)).document is not None
    assert state_of(records[0], subscriber) == "holds"

    registry.restore(record_id=records[0].pk, at=now())
    registry.mark_disputed(record_id=records[1].pk, disputed=True, at=now())
    seal_all()
    progress = mirror.follow_once()
    assert (progress.dropped, progress.updated, progress.held, progress.receipts) == (1, 1, 4, 1)
    assert not mirror.holds(str(records[0].public_id))
    assert state_of(records[0], subscriber) == "dropped"
    assert state_of(records[0], outsider) == "out_of_scope"
    assert {item.record for item in mirror.holdings()} == {str(item.public_id) for item in records[1:]}
    assert [item.document["disputed"] for item in mirror.holdings() if item.document].count(True) == 1
    receipt = Receipt.objects.get()
    proof.verify_receipt(proof.SignedReceipt.from_json(receipt.signed), public_key=proof.public_key(key))
    mirror.close()
    assert place.shows("kept-1-here") and not place.shows("kept-0-here")
    again = mirror_of(url, subscriber, key, place).follow_once()
    assert (again.added, again.dropped, again.held) == (0, 0, 4)
    (status,) = [item for item in queries.subscriber_status(at=now()) if item.subscriber == subscriber]
    assert status.receipts_due == 0


def test_a_statement_reaches_who_holds_the_record_and_leaves_it_again(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    mirror.follow_once()
    given: dict[str, Any] = {"record_id": record.pk, "account_id": None, "at": now()}
    for text in ("正在行政诉讼中。", "An action is pending."):
        statements.attach_statement(text=text, **given)
        seal_all()
        assert mirror.follow_once().updated == 1
        (held,) = mirror.holdings()
        assert held.document and held.document["statement"]["text"] == text
    statements.remove_statement(**given)
    seal_all()
    assert mirror.follow_once().updated == 1
    (held,) = mirror.holdings()
    assert held.document and held.document["statement"] is None
    fresh = mirror_of(url, subscriber, key, place / "fresh")
    assert fresh.follow_once().held == 1, "earlier events with what the record shows now"


def test_a_shielded_record_is_dropped_and_comes_back(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority(), public={"word": "kept-from-everyone"})
    subscriber, key = make_subscriber()
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    mirror.follow_once()
    given: dict[str, Any] = {"record_id": record.pk, "account_id": None, "at": now()}
    decisions.shield(statement="重整计划执行期间暂停公示", **given)
    seal_all()
    progress = mirror.follow_once()
    assert (progress.dropped, progress.held, progress.receipts) == (1, 0, 1)
    assert state_of(record, subscriber) == "dropped"
    statements.attach_statement(text="while nobody may have it", **given)
    fresh = mirror_of(url, subscriber, key, place / "fresh")
    seal_all()
    assert (fresh.follow_once().held, mirror.follow_once().held) == (0, 0)
    decisions.unshield(**given)
    seal_all()
    assert mirror.follow_once().added == 1
    assert mirror.verify_holding(str(record.public_id)).document is not None
    assert state_of(record, subscriber) == "holds"
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    assert mirror.follow_once().dropped == 1
    assert state_of(record, subscriber) == "dropped"


def test_a_record_whose_restoration_is_revoked_is_held_again(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    mirror.follow_once()
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    assert mirror.follow_once().dropped == 1
    decisions.republish(
        record_id=record.pk,
        publish_from=today(),
        publish_until=today() + timedelta(days=700),
        restorable_from=None,
        at=now(),
    )
    seal_all()
    assert mirror.follow_once().added == 1
    (held,) = mirror.holdings()
    assert held.document and held.document["version"] == 2 and state_of(record, subscriber) == "holds"


def test_a_removal_of_what_it_never_had_is_answered_not_held(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    registry.restore(record_id=record.pk, at=now())
    subscriber, key = make_subscriber()
    seal_all()
    progress = mirror_of(url, subscriber, key, place).follow_once()
    assert (progress.added, progress.not_held, progress.receipts) == (0, 1, 1)
    assert state_of(record, subscriber) == "never_held"


def test_a_record_whose_last_day_passed_is_not_held_though_no_event_said_so(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority(), public={"word": "ends-soon"})
    subscriber, key = make_subscriber()
    seal_all()
    days = [0]
    mirror = mirror_of(url, subscriber, key, place, clock=lambda: now() + timedelta(days=days[0]))
    mirror.follow_once()
    days[0] = 201
    assert list(mirror.holdings()) == []
    mirror.close()
    assert not place.shows("ends-soon")
    registry.withdraw(record_id=record.pk, at=now())
    seal_all()
    assert mirror_of(url, subscriber, key, place).follow_once().dropped == 1
    assert state_of(record, subscriber) == "dropped"


def test_following_by_long_poll_sees_a_removal_at_once(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    stop = threading.Event()
    rounds: list[Progress | MirrorError] = []
    thread = threading.Thread(
        target=mirror.follow, args=(stop, 0.01), kwargs={"wait": 20, "told": rounds.append}
    )
    thread.start()
    try:
        until(lambda: queries.subscriber_status(at=now())[0].position > 0)
        begun = time.monotonic()
        registry.restore(record_id=record.pk, at=now())
        seal_all()
        until(lambda: Receipt.objects.exists())
        assert time.monotonic() - begun < 5
    finally:
        stop.set()
        seal_all()  # lets the waiting request go
        thread.join(30)
    assert not thread.is_alive()
    assert state_of(record, subscriber) == "dropped"


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_platform_that_is_away_is_tried_again_and_a_wrong_token_is_not(url: str, tmp_path: Path) -> None:
    _, key = make_subscriber()
    away = Mirror("http://127.0.0.1:1", "x", tmp_path / "a.sqlite3", key)
    with pytest.raises(MirrorError) as error:
        away.follow_once()
    assert error.value.code == "platform.unreachable" and error.value.passing
    wrong = Mirror(url, "wrong", tmp_path / "b.sqlite3", key)
    with pytest.raises(MirrorError) as error:
        wrong.follow_once()
    assert error.value.code == "platform.token" and not error.value.passing


def test_a_store_of_another_release_is_not_misread(url: str, place: Place) -> None:
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    mirror_of(url, subscriber, key, place).follow_once()
    store = open_store(place.store)
    store.set_mark("format", "1")
    store.close()
    with pytest.raises(MirrorError) as error:
        mirror_of(url, subscriber, key, place).follow_once()
    assert error.value.code == "store.format"
