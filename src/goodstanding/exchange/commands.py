"""Every write of the exchange but those of agreements: subscribers, positions and receipts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from goodstanding import proof
from goodstanding.registry import seal
from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import Account
from goodstanding.registry.webhooks import is_address

from . import awaiting, canary_feed, corrections, differences, feed
from .agreements import agree
from .canary_tables import columns_of, in_registry
from .errors import ExchangeError
from .happened import Happened, events_between
from .locks import lock_subscribers
from .models import Receipt, Subscriber
from .push import dispatch
from .queries import first_unanswered_removal, scope_for

#: The most onward holders that one receipt names.
MAX_ONWARD = 1_000

__all__ = ["MAX_ONWARD", "confirm", "dispatch", "seen", "subscribe", "take_receipt"]


@transaction.atomic
def subscribe(
    *,
    account: Account,
    name_zh: str,
    name_en: str = "",
    public_key: bytes,
    push_url: str = "",
    instance_url: str = "",
    kinds: list[str] | None = None,
    divisions: list[str] | None = None,
    onward: list[str] | None = None,
    purpose: str = "",
    legal_basis: str = "",
    valid_from: date | None = None,
    at: datetime,
) -> Subscriber:
    """Register an account as a subscriber, or bring the names, key and push address of a known one up to date.

    Where ``kinds`` and ``valid_from`` are given, a new subscriber's first agreement, signed on paper, is concluded with
    them in the same transaction (``agreements.agree`` says what they mean).

    Args:
        account: with the role subscriber.
        public_key: Ed25519, 32 bytes, under which its receipts are signed.
        push_url: where it wants to be told of news; empty for none.
        instance_url: where its own instance of the platform is; empty where it has none.
        at: the instant for the journal.

    Raises:
        ExchangeError: subscriber.role, subscriber.key, subscriber.push_url, or an ``agreement.*`` code.
    """
    if account.role != Account.Role.SUBSCRIBER:
        raise ExchangeError("subscriber.role", place=account.role)
    if len(public_key) != 32:
        raise ExchangeError("subscriber.key", place=f"{len(public_key)} bytes")
    if push_url and not is_address(push_url):
        raise ExchangeError("subscriber.push_url", place=push_url[:200])
    subscriber, is_new = Subscriber.objects.update_or_create(
        account=account,
        defaults={
            "name_zh": name_zh,
            "name_en": name_en,
            "public_key": public_key,
            "push_url": push_url,
            "instance_url": instance_url,
            "push_failures": 0,  # a known address is tried again at once
            "push_after": None,
            "push_error": "",
        },
    )
    content = {
        "subscriber": str(subscriber.public_id),
        "name": name_zh,
        "key": hashlib.sha256(public_key).hexdigest(),
    }
    append([NewEvent("subscriber.registered", content)], at=at)
    if is_new and kinds is not None and valid_from is not None:
        agree(
            subscriber=subscriber,
            kinds=kinds,
            divisions=divisions,
            onward=onward or (),
            purpose=purpose,
            legal_basis=legal_basis,
            methods=["push" if push_url else "feed"],
            valid_from=valid_from,
            at=at,
        )
    return subscriber


@transaction.atomic
def confirm(*, subscriber: Subscriber, position: int, at: datetime) -> Subscriber:
    """Note that a subscriber has applied the feed up to a position. It moves forward only, never past the log.

    Args:
        position: the last position applied; a smaller one than is known changes nothing.

    Raises:
        ExchangeError: position.negative.
    """
    if position < 0:
        raise ExchangeError("position.negative", place=str(position))
    position = min(position, seal.sealed_size())
    held = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    held.seen_at = at
    is_news = position > held.position
    if is_news:
        held.position, held.position_at = position, at
    held.settled_position = _settled(held)
    held.save(update_fields=["seen_at", "position", "position_at", "settled_position"])
    if is_news:
        corrections.settle("feed", subscribers=[held.pk])
    return held


@transaction.atomic
def seen(*, subscribers: Iterable[Subscriber], at: datetime) -> None:
    """Note that subscribers have just asked for the feed, or follow it now."""
    keys = [each.pk for each in subscribers]
    lock_subscribers(keys)
    Subscriber.objects.filter(pk__in=keys).update(seen_at=at)


@transaction.atomic
def take_receipt(*, subscriber: Subscriber, signed: proof.SignedReceipt, at: datetime) -> Receipt:
    """Take a subscriber's signed answer to a removal. The same removal answered again changes nothing.

    Raises:
        ExchangeError: a ``receipt.*`` code.
    """
    held = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    try:
        receipt = proof.verify_receipt(signed, public_key=bytes(held.public_key))
    except proof.ProofError as error:
        raise ExchangeError("receipt.signature", place=error.place) from error
    place = f"position {receipt.position}"
    if receipt.subscriber != str(held.public_id):
        raise ExchangeError("receipt.subscriber", place=place)
    if receipt.action not in Receipt.Action.values:
        raise ExchangeError("receipt.action", place=receipt.action)
    if len(receipt.onward) > MAX_ONWARD:
        raise ExchangeError("receipt.onward", place=f"{len(receipt.onward)} names")
    found = events_between(receipt.position - 1, receipt.position)
    happened = found[0] if found else None
    if happened is None or happened.content.get("record") != receipt.record:
        raise ExchangeError("receipt.not_a_removal", place=place)
    (happened,) = canary_feed.numbered([happened], canary_feed.among([happened]))
    if happened.record_id is None:
        raise ExchangeError("receipt.not_a_removal", place=place)
    columns = columns_of(happened.record_id)
    row = awaiting.take_row(happened, subscriber=held)
    if row is None:
        answers = Receipt.objects.filter(subscriber=held, removal_position=receipt.position)
        known = answers.filter(**columns).order_by("-pk").first()
        if known is not None:
            return known
    came = _owed(happened, row, subscriber=held, at=at)
    text = signed.to_json()
    taken = Receipt(
        subscriber=held,
        **columns,
        removal_position=receipt.position,
        action=receipt.action,
        removed=receipt.removed,
        signed=text.decode(),
        received_at=at,
        removed_at=came.removed_at,
        sealed_at=came.sealed_at,
        due_on=came.due_on,
        told_at=came.told_at,
        confirmed_at=came.confirmed_at,
        found_kept_by_id=came.found_kept_by,
    )
    event = NewEvent(
        "receipt.recorded",
        _said(receipt, text=text),
        entity_id=in_registry(happened.entity_id),
        record_id=in_registry(happened.record_id),
    )
    (taken.position,) = append([event], at=at)
    taken.save()
    differences.answered(taken)
    return taken


def _said(receipt: proof.Receipt, *, text: bytes) -> dict[str, Any]:
    """What the journal says of a signed receipt that was taken; ``text`` is the receipt byte for byte."""
    return {
        "subscriber": receipt.subscriber,
        "record": receipt.record,
        "removal": receipt.position,
        "action": receipt.action,
        "removed": receipt.removed,
        "onward": len(receipt.onward),
        "digest": hashlib.sha256(text).hexdigest(),
    }


def _owed(
    event: Happened, row: awaiting.Answered | None, *, subscriber: Subscriber, at: datetime
) -> awaiting.Answered:
    """How a removal came to a subscriber that owes its receipt, whose awaited row may be there.

    The row itself proves that the receipt is owed: it was written because the event was this subscriber's removal, and
    an event that took a record away stays one for as long as its salt is there. One that left the record published
    may have become content again under a wider agreement; it is classified anew, like one without a row.

    Raises:
        ExchangeError: receipt.not_a_removal.
    """
    if row is not None and event.salt is not None and not event.publishes:
        return row
    (entry,) = feed.classify([event], scope=scope_for(subscriber), on=timezone.localdate(at))
    if entry.reach != "removal" or seal.sealed_size() < event.position:
        raise ExchangeError("receipt.not_a_removal", place=f"position {event.position}")
    return row or awaiting.without_row(entry, subscriber=subscriber, calendar=known_calendar())


def _settled(subscriber: Subscriber) -> int:
    """The position up to which every removal has its receipt."""
    first = first_unanswered_removal(subscriber)
    return subscriber.position if first is None else first.position - 1
