"""Notices pushed to an account's own system: thin, signed, in order, tried again, switched off, and nothing lost."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from goodstanding.casework import notice_hooks
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import Notice, NoticeHook
from goodstanding.casework.notice_hooks import FAILING, FIRST_DELAY, LONGEST_DELAY, Pushed
from goodstanding.casework.notices import follow, notices_visible_to
from goodstanding.registry.actor import Actor
from goodstanding.registry.webhooks import verifier_key

from ..receiver import Receiver
from .stories import AT, Town, apply, take

pytestmark = pytest.mark.usefixtures("database")


def link(notice: Notice) -> str:
    return f"https://credit.example/api/v1/notices/{notice.public_id}"


def dispatch(at: datetime = AT) -> Pushed:
    while follow():
        pass
    return notice_hooks.dispatch(at=at, link=link)


@pytest.mark.usefixtures("private_allowed")
def test_each_notice_is_pushed_once_thin_and_signed(receiver: Receiver) -> None:
    town = Town()
    town.record()
    while follow():
        pass
    notice_hooks.push_to(actor=town.firm, url=receiver.url, at=AT)
    assert dispatch() == Pushed(0, 0, 0), "what was told before is not pushed"
    record = town.record(number=77, document_no="临市监罚〔2026〕77号")
    case = take("accept", town.market_officer, apply(town.firm, record).cases.get())
    done = dispatch()
    own = list(notices_visible_to(town.firm).order_by("pk"))[1:]
    assert done == Pushed(3, 0, 0) and len(own) == 3
    assert dispatch() == Pushed(0, 0, 0)
    assert [headers["webhook-id"] for _, headers, _ in receiver.came] == [str(n.public_id) for n in own]
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(verifier_key()[5:]))
    for (_, headers, body), notice in zip(receiver.came, own, strict=True):
        assert json.loads(body) == {
            "type": notice.event,
            "timestamp": notice.at.isoformat(),
            "data": {"id": str(notice.public_id), "link": link(notice)},
        }
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key.verify(base64.b64decode(headers["webhook-signature"].split(",")[1]), signed)
        for secret in (record.document_no, town.entity.name, str(case.public_id), str(record.public_id)):
            assert secret not in body.decode()


@pytest.mark.usefixtures("private_allowed")
def test_what_is_for_others_is_not_pushed(receiver: Receiver) -> None:
    town, other = Town(), Town()
    notice_hooks.push_to(actor=other.firm, url=receiver.url, at=AT)
    town.record()
    assert dispatch() == Pushed(0, 0, 0)
    assert NoticeHook.objects.get().told_until == Notice.objects.latest("pk").pk, "nor looked through again"
    other.record()
    assert dispatch() == Pushed(1, 0, 0)


@pytest.mark.usefixtures("private_allowed")
def test_a_failing_address_is_tried_again_then_switched_off_and_on_again_loses_nothing(
    receiver: Receiver,
) -> None:
    town = Town()
    notice_hooks.push_to(actor=town.firm, url=receiver.url, at=AT)
    town.record()
    receiver.status = 500
    at, tries = AT, 0
    while not notice_hooks.is_off(town.firm):
        done = dispatch(at)
        tries += 1
        hook = NoticeHook.objects.get()
        assert (done.sent, done.failed, hook.failures) == (0, 1, tries)
        assert hook.next_at == at + min(LONGEST_DELAY, FIRST_DELAY * 2 ** (tries - 1))
        assert notice_hooks.dispatch(at=at + timedelta(seconds=1), link=link).failed == 0, "too early"
        at = hook.next_at
        assert tries < 40
    hook = NoticeHook.objects.get()
    assert hook.off_at is not None and hook.off_at - AT >= FAILING
    town.record()
    assert dispatch(at + timedelta(days=9)) == Pushed(0, 0, 0), "nothing goes to an address that is off"
    receiver.status, receiver.came = 204, []
    notice_hooks.push_to(actor=town.firm, url=receiver.url, at=at)
    assert not notice_hooks.is_off(town.firm)
    assert dispatch(at) == Pushed(2, 0, 0) and len(receiver.came) == 2


@pytest.mark.usefixtures("private_allowed")
def test_what_arrived_before_a_failure_is_not_pushed_again(receiver: Receiver) -> None:
    town = Town()
    notice_hooks.push_to(actor=town.firm, url=receiver.url, at=AT)
    town.record()
    assert dispatch().sent == 1
    receiver.status = 503
    town.record()
    assert dispatch().failed == 1
    receiver.status = 200
    assert dispatch(AT + FIRST_DELAY) == Pushed(1, 0, 0)
    identifiers = [headers["webhook-id"] for _, headers, _ in receiver.came]
    assert len(identifiers) == 3 and identifiers[1] == identifiers[2], "the same identifier for every try"


def test_no_push_goes_into_a_private_network() -> None:
    town = Town()
    notice_hooks.push_to(actor=town.firm, url="http://127.0.0.1:9/", at=AT)
    town.record()
    assert dispatch() == Pushed(0, 1, 0)
    assert "not a public address" in NoticeHook.objects.get().error


@pytest.mark.parametrize(
    "url",
    ["", "ftp://x.example/", "https://", "https://a:b@x.example/", "x", "http://[", "https://x/" + "a" * 600],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(CaseworkError) as refused:
        notice_hooks.push_to(actor=Town().firm, url=url, at=AT)
    assert refused.value.code == "notice.url"


def test_who_is_told_nothing_has_nothing_pushed_and_an_address_is_forgotten() -> None:
    with pytest.raises(CaseworkError) as refused:
        notice_hooks.push_to(actor=Actor(), url="https://x.example/", at=AT)
    assert refused.value.code == "notice.role"
    town = Town()
    notice_hooks.push_to(actor=town.firm, url="https://x.example/", at=AT)
    notice_hooks.push_no_more(town.firm)
    assert notice_hooks.hook_of(town.firm) is None
