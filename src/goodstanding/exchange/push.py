"""Telling subscribers that the feed has advanced: Standard Webhooks, signed, thin, safe to point anywhere.

The body says only up to which position the log is sealed; what happened is read from the feed. Nothing is stored
per delivery: a subscriber's row knows the size last announced and when to try again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db.models import F, Q

from goodstanding.registry import seal, webhooks

from .models import Subscriber

#: Seconds for a whole round; a server that drips its answer does not hold up the worker.
_PATIENCE = 10.0
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What one round of pushes did."""

    sent: int
    failed: int


def dispatch(*, at: datetime, limit: int = 50) -> Dispatched:
    """Tell the subscribers that want to be told and are behind, all at once, within ten seconds.

    Args:
        at: the instant; it decides who is due and is the pushes' time.
        limit: the most subscribers to tell in this round.

    Returns:
        How many were told and how many could not be.
    """
    checkpoint = seal.latest()
    size = checkpoint.size if checkpoint else 0
    due = Subscriber.objects.filter(
        Q(push_after__isnull=True) | Q(push_after__lte=at),
        position__lt=size,
        pushed_position__lt=size,
    ).exclude(push_url="")
    chosen = list(due.order_by(F("push_after").asc(nulls_first=True), "pk")[:limit])
    sending = {each.pk: partial(push, each, position=size, at=at) for each in chosen}
    failures = webhooks.side_by_side(sending, patience=_PATIENCE)
    for subscriber in chosen:
        row = Subscriber.objects.filter(pk=subscriber.pk)
        failure = failures.get(subscriber.pk)
        if failure is None:
            row.update(pushed_position=size, push_failures=0, push_after=None, push_error="")
        else:
            delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(subscriber.push_failures, 12))
            row.update(push_failures=F("push_failures") + 1, push_after=at + delay, push_error=failure[:500])
    return Dispatched(len(chosen) - len(failures), len(failures))


def push(subscriber: Subscriber, *, position: int, at: datetime) -> None:
    """Send one push.

    Raises:
        webhooks.NotDelivered: the address may not be used, cannot be reached, or did not answer with a 2xx status.
    """
    said = {"type": "feed.advanced", "timestamp": at.isoformat(), "data": {"position": position}}
    webhooks.send(subscriber.push_url, said, identifier=f"{subscriber.public_id}.{position}", at=at)
