"""Reads of reconciliation: what a recipient is given to mend a difference, and the last rounds of each recipient."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings

from goodstanding import proof
from goodstanding.registry import seal
from goodstanding.registry.models import Record

from . import canary_feed, feed
from .errors import ExchangeError
from .feed import Entry
from .happened import events_at, events_of
from .models import Reconciliation, Subscriber
from .queries import scope_for

#: Records that may be asked for at a time.
MAX_RECORDS = 200
#: Rounds that are shown of each recipient.
SHOWN = 5
_COMPARED = (
    Reconciliation.Result.EQUAL,
    Reconciliation.Result.DIFFERS,
    Reconciliation.Result.CONTRADICTED,
)


@dataclass(frozen=True, slots=True)
class Current:
    """How a record stands for a recipient: its publication or its removal, with the proof that the event is in the
    log; no entry where there is neither, so that it must not be held.
    """

    record: uuid.UUID
    entry: Entry | None = None
    hashes: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """The last rounds of a recipient. ``last``: the newest in which something was compared. ``overdue``: it follows the
    feed and nothing was compared within the days of the setting.
    """

    subscriber: Subscriber
    rounds: tuple[Reconciliation, ...]
    last: Reconciliation | None
    overdue: bool


def current_entries(
    *, subscriber: Subscriber, records: Sequence[uuid.UUID], size: int, on: date
) -> list[Current]:
    """How records stand for a recipient after the first `size` events, one answer each in their order.

    Args:
        records: public ids, at most 200; unknown ones are answered like those that it must not hold.
        size: of a sealed log. What happened since is on the feed.
        on: the day; what may not be published on it is left out.

    Raises:
        ExchangeError: reconciliation.position, reconciliation.listed.
    """
    if len(records) > MAX_RECORDS:
        raise ExchangeError("reconciliation.listed", place=f"{len(records)} records")
    if not 1 <= size <= seal.sealed_size():
        raise ExchangeError("reconciliation.position", place=str(size))
    known = dict(Record.objects.filter(public_id__in=records).values_list("public_id", "pk"))
    told = [event for pk in known.values() for event in events_of(pk)]
    own = [canary for canary in canary_feed.of(subscriber.pk) if canary.record_id in set(records)]
    known |= {canary.record_id: -canary.pk for canary in own}
    told += events_at([place for canary in own for place in canary.positions]) if own else []
    happened = [event for event in told if event.position <= size]
    entries: dict[int | None, list[Entry]] = {}
    for entry in feed.classify(happened, scope=scope_for(subscriber), on=on):
        entries.setdefault(entry.happened.record_id, []).append(entry)
    prover = proof.TileProver(size=size, store=seal.DatabaseTiles())
    found = []
    for record in records:
        entry_ = feed.standing_entry(entries.get(known.get(record), []))
        hashes = tuple(prover.inclusion(entry_.happened.position - 1)) if entry_ else ()
        found.append(Current(record, entry_, hashes))
    return found


def reconciliation(public_id: uuid.UUID, *, of: Subscriber | None = None) -> Reconciliation:
    """One round; ``of`` limits it to those of a subscriber. Raises Reconciliation.DoesNotExist."""
    found = Reconciliation.objects.select_related("subscriber__account")
    return (found if of is None else found.filter(subscriber=of)).get(public_id=public_id)


def rounds(*, of: Subscriber | None = None, limit: int = 50) -> list[Reconciliation]:
    """The last rounds, the newest first; ``of`` limits them to those of a subscriber."""
    found = Reconciliation.objects.select_related("subscriber").order_by("-at", "-pk")
    return list((found if of is None else found.filter(subscriber=of))[:limit])


def standings(*, at: datetime, of: Subscriber | None = None) -> list[Standing]:
    """The last rounds of each recipient, those that are overdue or differ first."""
    subscribers = Subscriber.objects.order_by("name_zh", "pk")
    found = [
        _standing(subscriber, at=at)
        for subscriber in (subscribers if of is None else subscribers.filter(pk=of.pk))
    ]
    return sorted(found, key=lambda item: (not item.overdue, not (item.last and item.last.result != "equal")))


def _standing(subscriber: Subscriber, *, at: datetime) -> Standing:
    rows = Reconciliation.objects.filter(subscriber=subscriber).order_by("-at", "-pk")
    last = rows.filter(result__in=_COMPARED).first()
    old = last is None or last.at < at - timedelta(days=settings.RECONCILE_DAYS)
    return Standing(subscriber, tuple(rows[:SHOWN]), last, subscriber.position > 0 and old)
