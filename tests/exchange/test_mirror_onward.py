"""To whom records were passed on: kept, told, named in the receipt, and walked by the platform."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client

from goodstanding import proof
from goodstanding.exchange import agreements, commands, queries
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.mirror import MirrorError
from goodstanding.exchange.models import Agreement, Receipt, Subscriber
from goodstanding.registry import commands as registry
from goodstanding.registry.models import Account, Event, Record

from ..registry.factories import make_authority, make_entity
from .places import Place
from .places import mirror_of as any_mirror
from .stage import live_record, make_subscriber, now, seal_all, today
from .test_agreements import document, sign_both
from .test_receipts import removed, signed_receipt

pytestmark = pytest.mark.usefixtures("database")


mirror_of = partial(any_mirror, agreements_every=0)


def onward_subscriber(reference: str, **more: Any) -> tuple[Subscriber, bytes]:
    """A subscriber whose agreement lets records be passed on."""
    subscriber, key = make_subscriber(kinds=[])
    agreements.draft(document(subscriber, reference=reference, onward=["its customers"], **more), at=now())
    sign_both(Agreement.objects.get(reference=reference).versions.get(), key)
    return subscriber, key


def holder_of(record: Record, subscriber: Subscriber) -> queries.Holder:
    record.refresh_from_db()
    (found,) = [item for item in queries.holders(record, today()) if item.subscriber == subscriber]
    return found


def test_a_receipt_waits_until_all_are_told_and_names_them(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = onward_subscriber("first")
    other, other_key = onward_subscriber("second")
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    theirs = mirror_of(url, other, other_key, place / "other")
    mirror.follow_once()
    theirs.follow_once()
    name, id = "临湖农村商业银行", str(other.public_id)
    for to in (name, id, name):
        mirror.passed_on(str(record.public_id), to=to)
    theirs.passed_on(str(record.public_id), to="a branch")
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    progress = mirror.follow_once()
    assert (progress.dropped, progress.receipts) == (1, 0) and not mirror.holds(str(record.public_id))
    assert {one.to for one in mirror.to_tell()} == {name, id}
    assert holder_of(record, subscriber).state == "holds", "it has not told everyone yet"
    mirror.told(str(record.public_id), to=name)
    assert mirror.follow_once().receipts == 0
    mirror.told(str(record.public_id), to=id)
    with pytest.raises(MirrorError, match=r"onward\.unknown"):
        mirror.told(str(record.public_id), to=id)
    assert mirror.follow_once().receipts == 1 and mirror.to_tell() == []

    holder = holder_of(record, subscriber)
    assert holder.state == "dropped" and holder.receipt is not None
    said = proof.verify_receipt(
        proof.SignedReceipt.from_json(holder.receipt.signed), public_key=proof.public_key(key)
    )
    assert set(said.onward) == {name, id}
    by_name = {one.name: one for one in holder.onward}
    assert (by_name[name].subscriber, by_name[name].state) == (None, None)
    assert (by_name[id].subscriber, by_name[id].state) == (other, "holds"), "told, and holds it still"
    theirs.follow_once()
    theirs.told(str(record.public_id), to="a branch")
    theirs.follow_once()
    by_name = {one.name: one for one in holder_of(record, subscriber).onward}
    assert by_name[id].state == "dropped"
    assert [one.name for one in holder_of(record, other).onward] == ["a branch"], "the walk goes on"

    token = registry.create_token(
        account=Account.objects.get(pk=_operator().pk), name="t", scopes=["records:read"], at=now()
    )
    answer = (
        Client(SERVER_NAME="localhost")
        .get(f"/api/v1/records/{record.public_id}/holders", headers={"Authorization": f"Bearer {token}"})
        .json()
    )
    shown = {item["subscriber"]: item["onward"] for item in answer["holders"]}
    assert {one["name"]: one["state"] for one in shown[str(subscriber.public_id)]} == {
        name: None,
        id: "dropped",
    }
    event = Event.objects.filter(kind="receipt.recorded").earliest("position")
    assert event.content["onward"] == 2 and name not in str(event.content)


def _operator() -> Account:
    return registry.create_account(username="operator", password=None, role=Account.Role.OPERATOR)


def test_what_no_agreement_lets_out_is_not_passed_on(url: str, place: Place) -> None:
    record = str(live_record(make_entity(), make_authority()).public_id)
    subscriber, key = make_subscriber()
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    with pytest.raises(MirrorError, match=r"holding\.unknown"):
        mirror.passed_on(record, to="a bank")
    mirror.follow_once()
    with pytest.raises(MirrorError, match=r"agreement\.onward"):
        mirror.passed_on(record, to="a bank")
    for name in ("", "  ", "x" * 201, "a\nb"):
        with pytest.raises(MirrorError, match=r"onward\.name"):
            mirror.passed_on(record, to=name)


def test_those_who_got_it_are_to_be_told_at_the_end_of_an_agreement_too(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = onward_subscriber("first")
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    mirror.follow_once()
    mirror.passed_on(str(record.public_id), to="a bank")
    agreements.end(reference="first", on=today(), reason="over and done", at=now())
    assert mirror.follow_once().deleted == 1
    assert [(one.record, one.to) for one in mirror.to_tell()] == [(str(record.public_id), "a bank")]
    assert holder_of(record, subscriber).state == "dropped", "the statement says so"
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    mirror.follow_once()
    assert holder_of(record, subscriber).state == "dropped"
    assert Receipt.objects.get().action == "not_held"


def test_the_debt_survives_the_end_by_date(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = onward_subscriber("first")
    seal_all()
    days = [0]
    mirror = mirror_of(url, subscriber, key, place, clock=lambda: now() + timedelta(days=days[0]))
    mirror.follow_once()
    mirror.passed_on(str(record.public_id), to="a bank")
    days[0] = 201
    assert list(mirror.holdings()) == []
    with pytest.raises(MirrorError, match=r"holding\.unknown"):
        mirror.passed_on(str(record.public_id), to="another bank")
    registry.withdraw(record_id=record.pk, at=now())
    seal_all()
    mirror.follow_once()
    assert [one.to for one in mirror.to_tell()] == ["a bank"]


def test_a_receipt_names_no_more_than_a_thousand() -> None:
    subscriber, key, record, position = removed()
    many = tuple(f"bank {number}" for number in range(commands.MAX_ONWARD + 1))
    with pytest.raises(ExchangeError, match=r"receipt\.onward"):
        commands.take_receipt(
            subscriber=subscriber,
            signed=signed_receipt(subscriber, key, record, position, onward=many),
            at=now(),
        )
    commands.take_receipt(
        subscriber=subscriber,
        signed=signed_receipt(subscriber, key, record, position, onward=many[1:]),
        at=now(),
    )
    assert len(holder_of(record, subscriber).onward) == commands.MAX_ONWARD
