"""The methods of an agreement as doors: what opens each, and that a removal reaches everyone, whichever was open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from goodstanding import proof
from goodstanding.exchange import agreements, awaiting, commands, queries, reconciliation, snapshots
from goodstanding.exchange.agreement_draft import compose
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.models import AwaitedReceipt, Reconciliation, Subscriber
from goodstanding.exchange.push import _claim as claim
from goodstanding.proof.set_digest import BUCKETS, SetClaim, SetDigest, sign_claim
from goodstanding.registry import commands as registry
from goodstanding.registry.calendars import known_calendar

from ..registry.factories import make_authority, make_entity
from .stage import last_position, live_record, make_subscriber, now, seal_all, today
from .test_feed import read_all, with_record
from .test_receipts import signed_receipt

pytestmark = pytest.mark.usefixtures("database")


def next_version(subscriber: Subscriber, *, methods: list[str], version: str = "2.0.0") -> None:
    """The subscriber's one agreement, with other methods, signed by both from today on."""
    reference = subscriber.agreements.get().reference
    parts: dict[str, Any] = {"kinds": ["penalty"], "purpose": "p", "legal_basis": "b", "valid_from": today()}
    document = compose(
        reference=reference, version=version, methods=methods, **agreements.parties(subscriber), **parts
    )
    made = agreements.draft(document, at=now())
    agreements.sign_as_provider(reference=reference, at=now())
    if made.breaking:
        agreements.sign_on_paper(reference=reference, paper="no. 2", at=now())


def told_by_push() -> list[int]:
    """Who would be told of news now."""
    Subscriber.objects.update(push_after=None)
    return [each.pk for each in claim(news=1, at=now(), limit=100)]


def test_who_agreed_on_the_feed_is_not_pushed_to_until_a_version_names_push() -> None:
    subscriber, _ = make_subscriber(push_url="https://hooks.example/x", methods=["feed"])
    assert told_by_push() == []
    next_version(subscriber, methods=["feed", "push"])
    assert told_by_push() == [subscriber.pk]
    next_version(subscriber, methods=["feed"], version="3.0.0")
    assert told_by_push() == []


def test_a_suspended_recipient_is_told_of_removals_by_push_until_its_deletion_is_shown() -> None:
    subscriber, key = make_subscriber(push_url="https://hooks.example/x")
    reference = subscriber.agreements.get().reference
    agreements.suspend(reference=reference, reason="for the test", at=now())
    assert told_by_push() == [subscriber.pk]
    agreements.end(reference=reference, on=today(), reason="for the test", at=now())
    assert told_by_push() == [subscriber.pk]
    said = proof.Deletion(
        subscriber=str(subscriber.public_id),
        agreement=reference,
        position=seal_all(),
        deleted=0,
        deleted_at=now().isoformat(),
    )
    agreements.take_deletion(
        subscriber=subscriber, signed=proof.sign_deletion(said, private_key=key), at=now()
    )
    assert told_by_push() == []


def test_a_recipient_of_files_hears_of_removals_alone_on_the_feed_and_owes_its_receipt() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber(methods=["file"])
    assert not with_record(read_all(subscriber), record)
    registry.restore(record_id=record.pk, at=now())
    size = seal_all()
    (removal,) = with_record(read_all(subscriber), record)
    assert removal["removal"] is True and "record" not in removal
    while awaiting.follow(at=now(), calendar=known_calendar()):
        pass
    assert AwaitedReceipt.objects.get(subscriber=subscriber).record_id == record.pk
    commands.confirm(subscriber=subscriber, position=size, at=now())
    subscriber.refresh_from_db()
    assert queries.receipts_due(subscriber) == 1
    receipt = signed_receipt(subscriber, key, record, last_position(record))
    commands.take_receipt(subscriber=subscriber, signed=receipt, at=now())
    assert not AwaitedReceipt.objects.exists()


def test_who_may_only_ask_record_by_record_hears_of_no_removal_of_what_it_never_read() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber(methods=["api"])
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    assert not with_record(read_all(subscriber), record)
    assert [each.state for each in queries.holders(record, today())] == ["out_of_scope"]


@pytest.mark.parametrize(("methods", "count"), [(["feed"], 1), (["file"], 1), (["api"], 0)])
def test_what_is_given_whole_must_be_held_and_what_is_asked_for_need_not(
    methods: list[str], count: int
) -> None:
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber(methods=methods)
    claim = SetClaim(
        subscriber=str(subscriber.public_id),
        position=seal_all(),
        count=0,
        digest=SetDigest().fingerprint().hex(),
        claimed_at=now().isoformat(),
    )
    signed = sign_claim(claim, private_key=key)
    made, _ = reconciliation.begin(subscriber=subscriber, signed=signed, sums=[0] * BUCKETS, at=now())
    assert made.expected_count == count
    assert (made.result == Reconciliation.Result.EQUAL) == (count == 0)


@pytest.mark.parametrize("methods", [["api"], ["file"]])
def test_no_first_load_of_the_feed_without_an_agreement_that_names_it(methods: list[str]) -> None:
    live_record(make_entity(), make_authority())
    seal_all()
    subscriber, _ = make_subscriber(methods=methods)
    with pytest.raises(ExchangeError, match=r"agreement\.no_method.*\[feed\]"):
        snapshots.ask(subscriber=subscriber, at=now())
    next_version(subscriber, methods=[*methods, "feed"])
    assert snapshots.ask(subscriber=subscriber, at=now()).made_at is None


def test_who_confirms_the_feed_later_than_its_freshness_is_behind_and_others_receipts_do_not_count() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber()
    answering, key = make_subscriber(methods=["push"])
    by_file, _ = make_subscriber(methods=["file"])
    commands.confirm(subscriber=subscriber, position=seal_all(), at=now())
    registry.restore(record_id=record.pk, at=now())
    size, day = seal_all(), timedelta(days=1)

    def behind(who: Subscriber, later: timedelta) -> bool:
        (status,) = queries.subscriber_status(of=who, at=now() + later)
        assert status.pace.freshness == (None if who == by_file else day)
        return status.pace.is_behind

    assert (behind(subscriber, day / 2), behind(subscriber, 2 * day)) == (False, True)
    assert not behind(by_file, 2 * day), "its files have a clock of their own"
    commands.confirm(subscriber=subscriber, position=size, at=now())
    receipt = signed_receipt(answering, key, record, last_position(record))
    commands.take_receipt(subscriber=answering, signed=receipt, at=now())
    assert seal_all() > size and not behind(subscriber, 2 * day)
