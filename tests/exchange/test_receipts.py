"""Positions, receipts, and who is said to hold a record."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from goodstanding import proof
from goodstanding.exchange import agreements, awaiting, commands, queries
from goodstanding.exchange.errors import CODES, ExchangeError
from goodstanding.exchange.models import AwaitedReceipt, Receipt, Subscriber
from goodstanding.registry import commands as registry
from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.models import Account, Event, Record

from ..registry.factories import make_authority, make_entity
from .histories import History
from .stage import last_position, live_record, make_subscriber, now, seal_all, today

pytestmark = pytest.mark.usefixtures("database")


def signed_receipt(
    subscriber: Subscriber, key: bytes, record: Record, position: int, /, **more: object
) -> proof.SignedReceipt:
    values: dict[str, object] = {
        "subscriber": str(subscriber.public_id),
        "position": position,
        "record": str(record.public_id),
        "action": "dropped",
        "removed": 1,
        "onward": (),
        "applied_at": now().isoformat(),
        "checkpoint_size": position,
    }
    return proof.sign_receipt(proof.Receipt(**(values | more)), private_key=key)  # type: ignore[arg-type]


def removed() -> tuple[Subscriber, bytes, Record, int]:
    """A record that was published to a subscriber and restored, all sealed."""
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    position = last_position(registry.restore(record_id=record.pk, at=now()))
    seal_all()
    return subscriber, key, record, position


def state_of(record: Record, subscriber: Subscriber) -> str:
    return {holder.subscriber: holder.state for holder in queries.holders(record, today())}[subscriber]


def test_a_holder_goes_from_never_held_to_holds_to_dropped() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    outsider, _ = make_subscriber(kinds=["permit"])
    size = seal_all()
    assert state_of(record, subscriber) == "never_held"
    assert state_of(record, outsider) == "out_of_scope"
    commands.confirm(subscriber=subscriber, position=size, at=now())
    assert state_of(record, subscriber) == "holds"
    position = last_position(registry.restore(record_id=record.pk, at=now()))
    size = seal_all()
    record.refresh_from_db()
    commands.confirm(subscriber=subscriber, position=size, at=now())
    assert state_of(record, subscriber) == "holds", "a confirmed position is no receipt"
    (status,) = [item for item in queries.subscriber_status(at=now()) if item.subscriber == subscriber]
    assert (status.receipts_due, status.lag) == (1, 0)
    commands.take_receipt(
        subscriber=subscriber, signed=signed_receipt(subscriber, key, record, position), at=now()
    )
    (holder,) = [item for item in queries.holders(record, today()) if item.subscriber == subscriber]
    assert holder.state == "dropped" and holder.receipt is not None
    proof.verify_receipt(
        proof.SignedReceipt.from_json(holder.receipt.signed), public_key=bytes(subscriber.public_key)
    )
    (status,) = [item for item in queries.subscriber_status(at=now()) if item.subscriber == subscriber]
    assert (status.receipts_due, status.receipts) == (0, 1)
    assert state_of(record, outsider) == "out_of_scope"


def test_not_held_is_never_held() -> None:
    subscriber, key, record, position = removed()
    signed = signed_receipt(subscriber, key, record, position, action="not_held", removed=0)
    commands.take_receipt(subscriber=subscriber, signed=signed, at=now())
    assert state_of(record, subscriber) == "never_held"


def test_a_receipt_is_journalled_once_however_often_it_comes() -> None:
    subscriber, key, record, position = removed()
    signed = signed_receipt(subscriber, key, record, position)
    first = commands.take_receipt(subscriber=subscriber, signed=signed, at=now())
    again = commands.take_receipt(subscriber=subscriber, signed=signed, at=now())
    later = signed_receipt(subscriber, key, record, position, action="not_held", removed=0)
    assert again == first == commands.take_receipt(subscriber=subscriber, signed=later, at=now())
    event = Event.objects.get(kind="receipt.recorded")
    assert event.position == first.position and event.content["removal"] == position
    with pytest.raises(IntegrityError), transaction.atomic():
        Receipt.objects.create(
            subscriber=subscriber,
            record=record,
            removal_position=position,
            action="dropped",
            removed=1,
            signed="{}",
            received_at=now(),
            removed_at=now(),
            sealed_at=now(),
            position=1,
        )


Change = Callable[[Subscriber, bytes, Record, int], proof.SignedReceipt]


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("receipt.signature", lambda s, k, r, p: signed_receipt(s, proof.generate_private_key(), r, p)),
        (
            "receipt.signature",
            lambda s, k, r, p: proof.SignedReceipt(
                signed_receipt(s, k, r, p).receipt, proof.public_key(k), bytes(64)
            ),
        ),
        ("receipt.subscriber", lambda s, k, r, p: signed_receipt(s, k, r, p, subscriber="somebody")),
        ("receipt.action", lambda s, k, r, p: signed_receipt(s, k, r, p, action="updated")),
        ("receipt.not_a_removal", lambda s, k, r, p: signed_receipt(s, k, r, p + 1000)),
        ("receipt.not_a_removal", lambda s, k, r, p: signed_receipt(s, k, r, 0)),
        (
            "receipt.not_a_removal",
            lambda s, k, r, p: signed_receipt(s, k, r, Event.objects.get(kind="record.committed").position),
        ),
        ("receipt.not_a_removal", lambda s, k, r, p: signed_receipt(s, k, r, p, record="another")),
    ],
)
def test_a_receipt_that_proves_nothing_is_refused(code: str, change: Change) -> None:
    subscriber, key, record, position = removed()
    with pytest.raises(ExchangeError) as error:
        commands.take_receipt(
            subscriber=subscriber, signed=change(subscriber, key, record, position), at=now()
        )
    assert error.value.code == code
    assert code in CODES and error.value.zh
    assert not Receipt.objects.exists()


def test_a_removal_outside_the_agreement_cannot_be_receipted() -> None:
    _, _, record, position = removed()
    outsider, key = make_subscriber(kinds=["permit"])
    seal_all()
    with pytest.raises(ExchangeError, match="not_a_removal"):
        commands.take_receipt(
            subscriber=outsider, signed=signed_receipt(outsider, key, record, position), at=now()
        )


def test_an_unsealed_removal_cannot_be_receipted() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    position = last_position(registry.restore(record_id=record.pk, at=now()))
    with pytest.raises(ExchangeError, match="not_a_removal"):
        commands.take_receipt(
            subscriber=subscriber, signed=signed_receipt(subscriber, key, record, position), at=now()
        )


def test_a_position_moves_forward_only_and_never_past_the_log() -> None:
    live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber()
    size = seal_all()
    live_record(make_entity(), make_authority())
    for given, expected in [(2, 2), (1, 2), (0, 2), (10**9, size), (3, size)]:
        assert commands.confirm(subscriber=subscriber, position=given, at=now()).position == expected
    with pytest.raises(ExchangeError, match=r"position\.negative"):
        commands.confirm(subscriber=subscriber, position=-1, at=now())


def test_receipts_due_are_counted_from_the_settled_position() -> None:
    entity, authority = make_entity(), make_authority()
    subscriber, key = make_subscriber()
    records = [live_record(entity, authority) for _ in range(3)]
    positions = [last_position(registry.restore(record_id=record.pk, at=now())) for record in records]
    size = seal_all()
    held = commands.confirm(subscriber=subscriber, position=size, at=now())
    assert held.settled_position == positions[0] - 1
    assert queries.receipts_due(held) == 3
    for record, position in zip(records, positions, strict=True):
        commands.take_receipt(
            subscriber=subscriber, signed=signed_receipt(subscriber, key, record, position), at=now()
        )
    held = commands.confirm(subscriber=subscriber, position=size, at=now())
    assert held.settled_position == size and queries.receipts_due(held) == 0


def test_agreements_and_subscribers_are_checked() -> None:
    subscriber, _ = make_subscriber(kinds=[])
    good = {"kinds": ["penalty"], "purpose": "p", "legal_basis": "b", "valid_from": today()}
    for change in (
        {"kinds": ["gossip"]},
        {"kinds": []},
        {"divisions": ["33"]},
        {"legal_basis": " "},
        {"purpose": ""},
        {"methods": ["fax"]},
        {"methods": []},
        {"valid_until": today() - timedelta(days=1)},
    ):
        with pytest.raises(ExchangeError, match=r"agreement\.document"):
            agreements.agree(subscriber=subscriber, at=now(), **(good | change))
    assert not subscriber.agreements.exists()
    operator = registry.create_account(username="op", password=None, role=Account.Role.OPERATOR)
    with pytest.raises(ExchangeError, match=r"subscriber\.role"):
        commands.subscribe(account=operator, name_zh="x", public_key=bytes(32), at=now())
    with pytest.raises(ExchangeError, match=r"subscriber\.key"):
        commands.subscribe(account=subscriber.account, name_zh="x", public_key=bytes(31), at=now())
    for address in ("ftp://a.example", "http://", "https://user@a.example/"):
        with pytest.raises(ExchangeError, match=r"subscriber\.push_url"):
            commands.subscribe(
                account=subscriber.account, name_zh="x", public_key=bytes(32), push_url=address, at=now()
            )


def test_subscribing_with_terms_concludes_one_agreement_only() -> None:
    account = registry.create_account(username="terms", password=None, role=Account.Role.SUBSCRIBER)
    for _ in range(2):
        subscriber = commands.subscribe(
            account=account,
            name_zh="征信",
            public_key=bytes(32),
            kinds=["penalty"],
            purpose="p",
            legal_basis="b",
            valid_from=today(),
            at=now(),
        )
    assert subscriber.agreements.count() == 1


def verdict(subscriber: Subscriber, key: bytes, event: Event, *, with_row: bool) -> object:
    """What a receipt for an event comes to, with the row that awaits it and without; nothing of it stays."""
    assert event.record is not None
    with transaction.atomic():
        if not with_row:
            AwaitedReceipt.objects.all().delete()
        signed = signed_receipt(subscriber, key, event.record, event.position)
        try:
            taken = commands.take_receipt(subscriber=subscriber, signed=signed, at=now())
            return taken.removed_at, taken.sealed_at, taken.due_on, taken.record_id
        except ExchangeError as error:
            return error.code
        finally:
            transaction.set_rollback(True)


@pytest.mark.parametrize("seed", range(4))
def test_the_awaited_row_proves_what_the_journal_proves(seed: int) -> None:
    """Random histories, wider agreements and destroyed salts after the rows were written: one verdict by both ways."""
    chance = random.Random(seed)
    history = History(chance)
    everyone = [
        make_subscriber(kinds=["penalty", "permit", "abnormal_list"]),
        make_subscriber(kinds=["penalty", "permit"], divisions=["330100", "110000"]),
        make_subscriber(kinds=["abnormal_list"], valid_from=today()),
    ]
    history.happen(90)
    seal_all()
    while awaiting.follow(at=now(), calendar=known_calendar()):
        pass
    subscriber = everyone[1][0]
    agreements.agree(
        subscriber=subscriber,
        kinds=["penalty", "abnormal_list"],
        purpose="wider",
        legal_basis="《社会信用体系建设条例》",
        valid_from=date(2026, 1, 1),
        at=now(),
    )
    told = list(Event.objects.filter(kind__startswith="record.", record__isnull=False))
    with connection.cursor() as cursor:
        lost = [event.position for event in told if chance.random() < 0.1]
        cursor.execute("DELETE FROM registry_salt WHERE event_id = ANY(%s)", [lost])
    seen: list[object] = []
    for subscriber, key in everyone:
        for event in told:
            short = verdict(subscriber, key, event, with_row=True)
            assert short == verdict(subscriber, key, event, with_row=False), (event.kind, event.position)
            seen.append(short)
    assert "receipt.not_a_removal" in seen and len(set(seen)) > 3


def test_an_awaited_receipt_is_taken_without_asking_what_was_given_under_which_agreement() -> None:
    subscriber, key, record, position = removed()
    awaiting.follow(at=now(), calendar=known_calendar())
    signed = signed_receipt(subscriber, key, record, position)
    with CaptureQueriesContext(connection) as asked:
        commands.take_receipt(subscriber=subscriber, signed=signed, at=now())
    assert not [sql for sql in asked if "exchange_agreement" in sql["sql"] or "registry_entity" in sql["sql"]]


def test_two_receipts_at_once_leave_one() -> None:
    subscriber, key, record, position = removed()
    awaiting.follow(at=now(), calendar=known_calendar())
    assert AwaitedReceipt.objects.count() == 1
    taken: list[int] = []
    start = threading.Barrier(4)

    def answer() -> None:
        start.wait()
        signed = signed_receipt(subscriber, key, record, position)
        taken.append(commands.take_receipt(subscriber=subscriber, signed=signed, at=now()).pk)
        connections.close_all()

    threads = [threading.Thread(target=answer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == [Receipt.objects.get().pk] * 4
    assert not AwaitedReceipt.objects.exists()
    assert Event.objects.filter(kind="receipt.recorded").count() == 1
