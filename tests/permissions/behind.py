"""The town's recipient that answered one removal and stays behind with the others."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from goodstanding import proof
from goodstanding.exchange import awaiting, commands
from goodstanding.exchange.models import AwaitedReceipt, Subscriber, Suspension
from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.models import Account, Record


def stay_behind(recipient: Subscriber, key: bytes, answered: Record, *, at: datetime) -> None:
    """The subscriber answers one removal, is late with the others, and is not suspended for a reason."""
    while awaiting.follow(at=at, calendar=known_calendar()):
        pass
    row = AwaitedReceipt.objects.get(record=answered)
    said = proof.Receipt(
        subscriber=str(recipient.public_id),
        position=row.position,
        record=str(answered.public_id),
        action="dropped",
        removed=1,
        onward=("ONWARDWORD",),
        applied_at=at.isoformat(),
        checkpoint_size=row.position,
    )
    commands.take_receipt(subscriber=recipient, signed=proof.sign_receipt(said, private_key=key), at=at)
    AwaitedReceipt.objects.update(due_on=timezone.localdate(at) - timedelta(days=1), late_at=at)
    Suspension.objects.create(
        subscriber=recipient,
        state="declined",
        since=timezone.localdate(at),
        removals=1,
        began_at=at,
        decided_at=at,
        decided_by=Account.objects.get(role="operator"),
        reason="SUSPENSIONWORD its server burnt down",
    )
