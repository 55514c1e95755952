"""Receipts for the removals of canaries: taken and answered like any other, and kept with the canary."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from goodstanding import proof
from goodstanding.registry import seal
from goodstanding.registry.journal import NewEvent, append

from .errors import ExchangeError
from .models import Canary, Receipt, Subscriber


def told_of(receipt: proof.Receipt, *, text: bytes) -> dict[str, Any]:
    """What the journal says of a receipt that was taken.

    Args:
        receipt: what was signed. text: the signed receipt, byte for byte.
    """
    return {
        "subscriber": receipt.subscriber,
        "record": receipt.record,
        "removal": receipt.position,
        "action": receipt.action,
        "removed": receipt.removed,
        "onward": len(receipt.onward),
        "digest": hashlib.sha256(text).hexdigest(),
    }


def take(*, subscriber: Subscriber, signed: proof.SignedReceipt, at: datetime) -> Receipt:
    """Keep a verified receipt for the removal of a canary, in the caller's transaction. The same again changes nothing.

    Returns:
        What the recipient is answered with; it is no row among the receipts.

    Raises:
        ExchangeError: receipt.not_a_removal.
    """
    position = signed.receipt.position
    held = Canary.objects.select_for_update().filter(subscriber=subscriber, removed_position=position).first()
    if held is None or seal.sealed_size() < position:
        raise ExchangeError("receipt.not_a_removal", place=f"position {position}")
    if held.receipt_position is None:
        text = signed.to_json()
        event = NewEvent("receipt.recorded", told_of(signed.receipt, text=text))
        held.receipt, held.receipt_at = text.decode(), at
        (held.receipt_position,) = append([event], at=at)
        held.save(update_fields=["receipt", "receipt_at", "receipt_position"])
    first = proof.SignedReceipt.from_json(held.receipt).receipt
    return Receipt(
        subscriber=subscriber,
        removal_position=position,
        action=first.action,
        position=held.receipt_position,
    )
