"""Every write of the exchange: subscribers, agreements, positions and receipts."""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from goodstanding import proof
from goodstanding.registry import seal
from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import Account, Record
from goodstanding.registry.webhooks import is_address

from . import feed
from .errors import ExchangeError
from .models import Agreement, Receipt, Subscriber
from .push import dispatch
from .queries import first_unanswered_removal
from .scope import scope_of

__all__ = ["agree", "confirm", "dispatch", "end_agreement", "seen", "subscribe", "take_receipt"]


@transaction.atomic
def subscribe(
    *,
    account: Account,
    name_zh: str,
    name_en: str = "",
    public_key: bytes,
    push_url: str = "",
    kinds: list[str] | None = None,
    divisions: list[str] | None = None,
    purpose: str = "",
    legal_basis: str = "",
    valid_from: date | None = None,
    at: datetime,
) -> Subscriber:
    """Register an account as a subscriber, or bring the names, key and push address of a known one up to date.

    Where ``kinds`` and ``valid_from`` are given, a new subscriber's first agreement is concluded with them in the
    same transaction (``agree`` says what they mean).

    Args:
        account: with the role subscriber.
        public_key: Ed25519, 32 bytes, under which its receipts are signed.
        push_url: where it wants to be told of news; empty for none.
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
        defaults={"name_zh": name_zh, "name_en": name_en, "public_key": public_key, "push_url": push_url},
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
            purpose=purpose,
            legal_basis=legal_basis,
            valid_from=valid_from,
            at=at,
        )
    return subscriber


@transaction.atomic
def agree(
    *,
    subscriber: Subscriber,
    kinds: list[str],
    divisions: list[str] | None = None,
    purpose: str,
    legal_basis: str,
    method: str = Agreement.Method.FEED,
    frequency: str = "",
    removal_working_days: int | None = None,
    valid_from: date,
    valid_until: date | None = None,
    at: datetime,
) -> Agreement:
    """Conclude a sharing agreement (数据共享协议).

    Args:
        kinds: kinds of record, at least one.
        divisions: six-digit division codes that it is limited to; none means everywhere.
        removal_working_days: working days within which a removal must be carried out, if it sets any.
        valid_from: its first day. valid_until: its last day, if it has one.

    Raises:
        ExchangeError: an ``agreement.*`` code.
    """
    divisions = divisions or []
    if not kinds or not set(kinds) <= set(Record.Kind.values):
        raise ExchangeError("agreement.kinds", place=", ".join(kinds))
    if not all(len(code) == 6 and code.isascii() and code.isdigit() for code in divisions):
        raise ExchangeError("agreement.divisions", place=", ".join(divisions))
    if not purpose.strip() or not legal_basis.strip():
        raise ExchangeError("agreement.basis")
    if valid_until is not None and valid_until < valid_from:
        raise ExchangeError("agreement.dates", place=f"{valid_from} - {valid_until}")
    agreement = Agreement.objects.create(
        subscriber=subscriber,
        kinds=kinds,
        divisions=divisions,
        purpose=purpose,
        legal_basis=legal_basis,
        method=method,
        frequency=frequency,
        removal_working_days=removal_working_days,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    append([_agreement_event("agreement.concluded", agreement)], at=at)
    return agreement


@transaction.atomic
def end_agreement(*, agreement_id: int, on: date, at: datetime) -> Agreement:
    """End an agreement before its time; from ``on`` nothing more is sent under it but removals."""
    agreement = Agreement.objects.select_for_update().select_related("subscriber").get(pk=agreement_id)
    agreement.ended_on = on
    agreement.save(update_fields=["ended_on"])
    append([_agreement_event("agreement.ended", agreement)], at=at)
    return agreement


def _agreement_event(kind: str, agreement: Agreement) -> NewEvent:
    def day(value: date | None) -> str | None:
        return None if value is None else value.isoformat()

    content = {
        "subscriber": str(agreement.subscriber.public_id),
        "agreement": agreement.pk,
        "kinds": [str(kind) for kind in agreement.kinds],
        "divisions": [str(code) for code in agreement.divisions],
        "valid_from": day(agreement.valid_from),
        "valid_until": day(agreement.valid_until),
        "ended_on": day(agreement.ended_on),
    }
    return NewEvent(kind, content)


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
    checkpoint = seal.latest()
    position = min(position, checkpoint.size if checkpoint else 0)
    held = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    held.seen_at = at
    if position > held.position:
        held.position, held.position_at = position, at
    held.settled_position = _settled(held)
    held.save(update_fields=["seen_at", "position", "position_at", "settled_position"])
    return held


def seen(*, subscriber: Subscriber, at: datetime) -> None:
    """Note that a subscriber has just asked for the feed."""
    Subscriber.objects.filter(pk=subscriber.pk).update(seen_at=at)


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
    found = feed.events_between(receipt.position - 1, receipt.position)
    happened = found[0] if found else None
    if happened is None or happened.content.get("record") != receipt.record or happened.record_id is None:
        raise ExchangeError("receipt.not_a_removal", place=place)
    scope = scope_of(held.agreements.all())
    (entry,) = feed.classify([happened], scope=scope, on=timezone.localdate(at))
    checkpoint = seal.latest()
    if entry.reach != "removal" or checkpoint is None or checkpoint.size < receipt.position:
        raise ExchangeError("receipt.not_a_removal", place=place)
    known = Receipt.objects.filter(
        subscriber=held, removal_position=receipt.position, record_id=happened.record_id
    ).first()
    if known is not None:
        return known
    text = signed.to_json()
    content = {
        "subscriber": str(held.public_id),
        "record": receipt.record,
        "removal": receipt.position,
        "action": receipt.action,
        "removed": receipt.removed,
        "digest": hashlib.sha256(text).hexdigest(),
    }
    taken = Receipt(
        subscriber=held,
        record_id=happened.record_id,
        removal_position=receipt.position,
        action=receipt.action,
        removed=receipt.removed,
        signed=text.decode(),
        received_at=at,
    )
    event = NewEvent("receipt.recorded", content, entity_id=happened.entity_id, record_id=happened.record_id)
    (taken.position,) = append([event], at=at)
    taken.save()
    return taken


def _settled(subscriber: Subscriber) -> int:
    """The position up to which every removal has its receipt."""
    first = first_unanswered_removal(subscriber)
    return subscriber.position if first is None else first.position - 1
