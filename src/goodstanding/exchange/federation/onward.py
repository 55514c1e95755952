"""Receipts from further down: handed up to whom we have a record from, and taken from whom we gave ours to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.db.models import Q

from goodstanding import proof
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.models import OnwardReceipt, Receipt, Subscriber
from goodstanding.proof import Onward, SignedOnward
from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import Event, Neighbour

from .links import private_key

#: Handed up in one round.
PORTION = 500


class Upwards(Protocol):
    """What takes a signed answer further up: ``links.Connection``."""

    def pass_up(self, signed: bytes) -> None: ...


def pass_up(neighbour: Neighbour, to: Upwards) -> int:
    """Hand a neighbour the answers of those to whom we had passed its records on. Returns how many.

    They are taken in the order of our journal; sent twice, they are taken once.
    """
    done = 0
    for position, holder, via, answer, record, removal in _answers(neighbour):
        event = Event.objects.get(position=removal)
        if at := event.content["home"]["via"]:  # 0: dropped in reconciliation, and no event there tells of it
            said = Onward(
                subscriber=neighbour.subscriber,
                position=at,
                record=record,
                holder=holder,
                via=via,
                receipt=answer,
            )
            to.pass_up(proof.sign_onward(said, private_key=private_key()).to_json())
            done += 1
        Neighbour.objects.filter(pk=neighbour.pk).update(passed_up=position)
    return done


def _answers(neighbour: Neighbour) -> Iterator[tuple[int, str, tuple[str, ...], str, str, int]]:
    """What came since the last hand-up, in the order of our journal: its position, the holder, the names between, its
    signed receipt, the record and the position of our removal."""
    ours = {"record__foreign__neighbour": neighbour, "position__gt": neighbour.passed_up}
    found: list[tuple[int, str, tuple[str, ...], str, str, int]] = [
        (
            one.position,
            one.subscriber.name_zh,
            (),
            one.signed,
            str(one.known_as),
            one.removal_position,
        )
        for one in Receipt.objects.filter(**ours)
        .select_related("subscriber", "record")
        .order_by("position")[:PORTION]
    ]
    deeper = OnwardReceipt.objects.filter(
        receipt__record__foreign__neighbour=neighbour, position__gt=neighbour.passed_up
    )
    for one in deeper.select_related("receipt__subscriber", "receipt__record").order_by("position")[:PORTION]:
        inner = SignedOnward.from_json(one.signed).onward
        via = (one.receipt.subscriber.name_zh, *one.via)
        found.append(
            (one.position, one.holder, via, inner.receipt, inner.record, one.receipt.removal_position)
        )
    yield from sorted(found)[:PORTION]


@transaction.atomic
def take_onward(*, subscriber: Subscriber, signed: SignedOnward, at: datetime) -> OnwardReceipt:
    """Take what a subscriber says of a holder to whom it had passed a record on. The same again changes nothing.

    Raises:
        ExchangeError: a ``receipt.*`` code; receipt.not_a_removal also where the subscriber's own receipt is not here.
        ProofError: the holder's receipt in it is not one.
    """
    held = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    try:
        said = proof.verify_onward(signed, public_key=bytes(held.public_key))
    except proof.ProofError as error:
        raise ExchangeError("receipt.signature", place=error.place) from error
    place = f"position {said.position}"
    if said.subscriber != str(held.public_id):
        raise ExchangeError("receipt.subscriber", place=place)
    answer = said.holders_receipt().receipt
    if answer.action not in Receipt.Action.values:
        raise ExchangeError("receipt.action", place=answer.action)
    own = (
        Receipt.objects.select_related("record")
        .filter(
            Q(record__public_id=said.record) | Q(canary__record_id=said.record),
            subscriber=held,
            removal_position=said.position,
        )
        .first()
    )
    if own is None:
        raise ExchangeError("receipt.not_a_removal", place=place)
    known = OnwardReceipt.objects.filter(
        receipt=own, holder=said.holder, via=list(said.via), action=answer.action
    ).first()
    if known is not None:
        return known
    text = signed.to_json()
    content = {
        "subscriber": str(held.public_id),
        "record": said.record,
        "removal": said.position,
        "holder": said.holder,
        "action": answer.action,
        "digest": hashlib.sha256(text).hexdigest(),
    }
    taken = OnwardReceipt(
        receipt=own,
        holder=said.holder,
        via=list(said.via),
        action=answer.action,
        signed=text.decode(),
        received_at=at,
    )
    event = NewEvent("receipt.passed_on", content, entity_id=own.entity_id, record_id=own.record_id)
    (taken.position,) = append([event], at=at)
    taken.save()
    return taken
