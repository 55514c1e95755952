"""Pushes: signed as Standard Webhooks says, without content, tried again later, and never into a private network."""

from __future__ import annotations

import base64
import json
import socket
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from goodstanding.exchange import commands
from goodstanding.exchange import push as room
from goodstanding.exchange.models import Subscriber
from goodstanding.exchange.push import FIRST_DELAY, LONGEST_DELAY, push
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
    for failures in range(1, 16):
        done = commands.dispatch(at=at)
        assert (done.sent, done.failed) == (0, 1)
        subscriber.refresh_from_db()
        assert subscriber.push_failures == failures and str(status) in subscriber.push_error
        assert subscriber.push_after is not None
        delay = subscriber.push_after - at
        assert delay == min(LONGEST_DELAY, FIRST_DELAY * 2 ** (failures - 1))
        assert commands.dispatch(at=at + delay - timedelta(seconds=1)).failed == 0, "too early"
        at = subscriber.push_after
    assert not [path for path, _, _ in receiver.came if "redirected" in path]
    receiver.status = 200
    assert commands.dispatch(at=at).sent == 1
    subscriber.refresh_from_db()
    assert (subscriber.push_failures, subscriber.push_error, subscriber.push_after) == (0, "", None)


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
    monkeypatch.setattr(room, "_PATIENCE", 1.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        make_subscriber(push_url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
        push_to(receiver.url)
        done = commands.dispatch(at=now())
    assert (done.sent, done.failed) == (1, 1)
