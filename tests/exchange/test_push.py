"""Pushes: signed as Standard Webhooks says, without content, tried again later, and never into a private network."""

from __future__ import annotations

import base64
import json
import random
import socket
import threading
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import DatabaseError, connections, transaction

from goodstanding.exchange import commands
from goodstanding.exchange import push as room
from goodstanding.exchange.models import Subscriber
from goodstanding.exchange.push import CLAIM, DELAYS, PAUSED_AFTER, Dispatched, Pusher, push, state_of
from goodstanding.exchange.push import _claim as claim
from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.webhooks import NotDelivered, verifier_key

from ..receiver import Receiver
from ..registry.factories import make_authority, make_entity
from .stage import live_record, make_subscriber, now, seal_all

pytestmark = pytest.mark.usefixtures("database")


def push_to(url: str) -> Subscriber:
    subscriber, _ = make_subscriber(push_url=url)
    live_record(make_entity(), make_authority(), public={"x": "content-of-the-record"})
    seal_all()
    return subscriber


@pytest.mark.usefixtures("private_allowed")
def test_a_push_is_signed_thin_and_sent_once(receiver: Receiver) -> None:
    subscriber = push_to(receiver.url)
    size = seal_all()
    assert commands.dispatch(at=now()).sent == 1
    assert commands.dispatch(at=now()).sent == 0, "nothing new to tell"
    ((path, headers, body),) = receiver.came
    assert path == "/hook?x=1"
    assert json.loads(body) == {
        "type": "feed.advanced",
        "timestamp": json.loads(body)["timestamp"],
        "data": {"position": size},
    }
    version, signature = headers["webhook-signature"].split(",")
    key = verifier_key()
    assert version == "v1a" and key.startswith("whpk_")
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key[5:])).verify(base64.b64decode(signature), signed)
    assert headers["webhook-id"] == f"{subscriber.public_id}.{size}"
    commands.confirm(subscriber=subscriber, position=size, at=now())
    assert commands.dispatch(at=now()).sent == 0


@pytest.mark.usefixtures("private_allowed")
@pytest.mark.parametrize("status", [301, 307, 404, 500])
def test_a_failed_push_is_tried_again_later_and_a_redirect_is_not_followed(
    receiver: Receiver, status: int
) -> None:
    subscriber = push_to(receiver.url)
    receiver.status = status
    at = now()
    for failures in range(1, len(DELAYS) + 3):
        done = commands.dispatch(at=at)
        assert (done.sent, done.failed) == (0, 1)
        subscriber.refresh_from_db()
        assert subscriber.push_failures == failures and str(status) in subscriber.push_error
        assert subscriber.push_after is not None
        delay = subscriber.push_after - at
        assert delay == DELAYS[min(failures, len(DELAYS)) - 1]
        assert state_of(subscriber) == ("paused" if failures >= PAUSED_AFTER else "failing")
        assert commands.dispatch(at=at + delay - timedelta(seconds=1)).failed == 0, "too early"
        at = subscriber.push_after
    assert not [path for path, _, _ in receiver.came if "redirected" in path]
    receiver.status = 200
    assert commands.dispatch(at=at).sent == 1
    subscriber.refresh_from_db()
    assert (subscriber.push_failures, subscriber.push_error, subscriber.push_after) == (0, "", None)
    assert state_of(subscriber) == "on"


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://[::1]/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://224.0.0.1/",
    ],
)
def test_a_private_address_is_never_contacted(address: str) -> None:
    subscriber, _ = make_subscriber(push_url=address)
    with pytest.raises(NotDelivered, match=r"not a public address|is not known"):
        push(subscriber, position=1, at=now())


@pytest.mark.usefixtures("private_allowed")
def test_a_server_that_never_answers_does_not_hold_up_the_others(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "PATIENCE", 1.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        make_subscriber(push_url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
        push_to(receiver.url)
        done = commands.dispatch(at=now())
    assert (done.sent, done.failed) == (1, 1)


@pytest.mark.usefixtures("private_allowed")
def test_a_paused_subscriber_gets_one_probe_and_a_new_address_starts_afresh(receiver: Receiver) -> None:
    subscriber = push_to(receiver.url)
    at = now()
    Subscriber.objects.filter(pk=subscriber.pk).update(
        push_failures=PAUSED_AFTER, push_after=at + timedelta(hours=5), push_error="status 500"
    )
    assert commands.dispatch(at=at) == Dispatched(0, 0), "while it is paused nothing is sent"
    receiver.status = 500
    for _ in range(2):
        commands.dispatch(at=at + timedelta(hours=5))
    assert len(receiver.came) == 1, "one probe ends a pause, and the next pause follows it"
    subscriber.refresh_from_db()
    assert subscriber.push_after == at + timedelta(hours=5) + DELAYS[PAUSED_AFTER]
    assert state_of(subscriber) == "paused"
    receiver.status = 204
    commands.subscribe(
        account=subscriber.account,
        name_zh=subscriber.name_zh,
        public_key=bytes(subscriber.public_key),
        push_url=receiver.url,
        at=at,
    )
    assert commands.dispatch(at=at).sent == 1, "the operator has registered its address anew"


@pytest.mark.usefixtures("private_allowed")
def test_a_push_on_its_way_is_nobody_elses_until_its_sender_must_be_dead(receiver: Receiver) -> None:
    subscriber = push_to(receiver.url)
    at = now()
    assert [each.pk for each in claim(news=1, at=at, limit=10)] == [subscriber.pk]  # and its sender is killed
    assert commands.dispatch(at=at).sent == 0
    assert commands.dispatch(at=at + CLAIM).sent == 1
    assert len(receiver.came) == 1


@pytest.mark.usefixtures("private_allowed")
def test_who_is_slow_holds_up_nobody_who_is_told_again_and_again(receiver: Receiver) -> None:
    """The silent one is on its way through all rounds; the other hears of each seal meanwhile."""
    pusher = Pusher()
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        make_subscriber(push_url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
        told = push_to(receiver.url)
        for rounds in range(1, 4):
            pusher.round(at=now())
            while len(receiver.came) < rounds:
                pusher.wait(0.05)
            while Subscriber.objects.get(pk=told.pk).pushed_position < seal_all():
                pusher.round(at=now())
            assert pusher.busy, "the silent one is still waited for"
            live_record(make_entity(), make_authority())
            seal_all()
        pusher.close()
    sizes = [json.loads(body)["data"]["position"] for _, _, body in receiver.came]
    assert sizes[:3] == sorted(set(sizes[:3]))


@pytest.mark.usefixtures("private_allowed")
def test_only_what_a_feed_may_carry_is_news(receiver: Receiver) -> None:
    """Were receipts pushed, each removal would call everyone once more for every answer to it."""
    subscriber = push_to(receiver.url)
    pusher = Pusher()
    pusher.round(at=now())
    pusher.settle()
    first = seal_all()
    with transaction.atomic():
        append([NewEvent("receipt.recorded", {"of": "another subscriber"})], at=now())
    assert seal_all() == first + 1
    pusher.round(at=now())
    assert not pusher.busy, "a receipt is no news"
    live_record(make_entity(), make_authority())
    size = seal_all()
    pusher.round(at=now())
    pusher.settle()
    pusher.close()
    assert [json.loads(body)["data"]["position"] for _, _, body in receiver.came] == [first, size]
    subscriber.refresh_from_db()
    assert subscriber.pushed_position == size


def test_whoever_holds_several_subscribers_takes_them_in_one_order() -> None:
    """Two that each take all, in whatever order they name them, never end in a deadlock."""
    keys = [make_subscriber()[0].pk for _ in range(8)]
    refused: list[DatabaseError] = []

    def take(seed: int) -> None:
        chance = random.Random(seed)
        try:
            for _ in range(40):
                mine = [Subscriber(pk=key) for key in chance.sample(keys, len(keys))]
                commands.seen(subscribers=mine, at=now())
        except DatabaseError as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not refused
