"""Recipients of a town's penalties, and the receipts that they sign."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from goodstanding import proof
from goodstanding.exchange import commands as exchange
from goodstanding.exchange.models import Receipt, Subscriber
from goodstanding.registry import commands
from goodstanding.registry.models import Account, Record


def recipient(
    username: str, *, name_zh: str, name_en: str, since: date = date(2026, 1, 1)
) -> tuple[Subscriber, bytes]:
    """One more recipient of penalties under an agreement since a day, and its key."""
    key = proof.generate_private_key()
    account = commands.create_account(username=username, password=None, role=Account.Role.SUBSCRIBER)
    subscriber = exchange.subscribe(
        account=account,
        name_zh=name_zh,
        name_en=name_en,
        public_key=proof.public_key(key),
        kinds=["penalty"],
        divisions=[],
        purpose="第三方信用服务",
        legal_basis="共享协议",
        valid_from=since,
        at=timezone.now(),
    )
    return subscriber, key


def dropped(
    subscriber: Subscriber, key: bytes, record: Record, *, position: int, removed: int, onward: str
) -> Receipt:
    """The recipient signs that it removed ``removed`` copies of a record, and told whom it had passed it on to."""
    said = proof.Receipt(
        subscriber=str(subscriber.public_id),
        position=position,
        record=str(record.public_id),
        action="dropped",
        removed=removed,
        onward=(onward,),
        applied_at=timezone.now().isoformat(),
        checkpoint_size=position,
    )
    signed = proof.sign_receipt(said, private_key=key)
    return exchange.take_receipt(subscriber=subscriber, signed=signed, at=timezone.now())
