"""Corrections that are not taken over: reminded of before the last day, marked as late after it, each once.

As with removals (``staying_behind``) the row says when, and is written in the transaction of the event that tells. What
the recipient has shown meanwhile, or may no longer be sent, is taken away first and told of nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import Record

from . import feed
from .corrections import DOORS, settle, still_awaited
from .happened import events_at
from .models import AwaitedCorrection, Subscriber
from .queries import scope_for
from .suspensions import told_of

#: Corrections told of in one transaction.
PORTION: Final = 5_000


def remind_and_mark(*, on: date, at: datetime) -> tuple[int, int]:
    """Do what a day asks for and was not done yet.

    Returns:
        How many corrections were reminded of, and how many marked as late.
    """
    _clear(on=on)
    to_remind = Q(reminded_at=None, late_at=None, remind_on__lte=on, due_on__gte=on)
    to_mark = Q(late_at=None, due_on__lt=on)
    return _each(to_remind, _remind, on=on, at=at), _each(to_mark, _mark, on=on, at=at)


def _clear(*, on: date) -> None:
    """Take away what was shown, and all of who is sent nothing any more."""
    waiting = _subscribers(Q())
    for door in DOORS:
        settle(door, subscribers=waiting)
    for subscriber in Subscriber.objects.filter(pk__in=waiting):
        scope = scope_for(subscriber)
        if not any(scope.through(door).is_open(on) for door in DOORS):
            AwaitedCorrection.objects.filter(subscriber=subscriber).delete()


def _subscribers(wanted: Q) -> list[int]:
    found = AwaitedCorrection.objects.filter(wanted).order_by("subscriber_id")
    return list(found.values_list("subscriber_id", flat=True).distinct())


_Tell = Callable[[Subscriber, list[AwaitedCorrection], datetime], None]


def _each(wanted: Q, tell: _Tell, *, on: date, at: datetime) -> int:
    """Tell of each subscriber's rows of a kind, portion by portion. How many there were."""
    told = 0
    for pk in _subscribers(wanted):
        while found := _portion(pk, wanted, tell, on=on, at=at):
            told += found[1]
    return told


@transaction.atomic
def _portion(pk: int, wanted: Q, tell: _Tell, *, on: date, at: datetime) -> tuple[int, int] | None:
    """Tell of a portion of a subscriber's rows. How many were looked at and told of; None where there is no more."""
    subscriber = Subscriber.objects.select_for_update().get(pk=pk)
    for door in DOORS:
        settle(door, subscribers=[pk])
    rows = list(
        AwaitedCorrection.objects.filter(wanted, subscriber=subscriber).order_by("due_on", "pk")[:PORTION]
    )
    if not rows:
        return None
    scope = scope_for(subscriber)
    known = feed.look_up(events_at([row.position for row in rows]), only=scope)
    standing = still_awaited(rows, known=known, scope=scope, on=timezone.localdate(at))
    if standing:
        tell(subscriber, standing, at)
    return len(rows), len(standing)


def _remind(subscriber: Subscriber, rows: list[AwaitedCorrection], at: datetime) -> None:
    AwaitedCorrection.objects.filter(pk__in=[row.pk for row in rows]).update(reminded_at=at)
    append([_told_of(subscriber, "recipient.correction_reminded", rows)], at=at)


def _mark(subscriber: Subscriber, rows: list[AwaitedCorrection], at: datetime) -> None:
    """Mark rows as late, and tell the entities, the recipient and the operator of it."""
    AwaitedCorrection.objects.filter(pk__in=[row.pk for row in rows]).update(late_at=at)
    records = Record.objects.in_bulk({row.record_id for row in rows})
    events = [_late(subscriber, row, records[row.record_id]) for row in rows]
    append([*events, _told_of(subscriber, "recipient.correction_late", rows)], at=at)


def _late(subscriber: Subscriber, row: AwaitedCorrection, record: Record) -> NewEvent:
    content = {
        "record": str(record.public_id),
        "subscriber": str(subscriber.public_id),
        "correction": row.position,
        "due_on": str(row.due_on),
    }
    return NewEvent("correction.late", content, entity_id=record.entity_id, record_id=record.pk)


def _told_of(subscriber: Subscriber, kind: str, rows: list[AwaitedCorrection]) -> NewEvent:
    """An event about a recipient, on the record whose last day comes first."""
    first = rows[0]
    said = {"corrections": len(rows), "due_on": str(first.due_on), "oldest": first.position}
    return told_of(subscriber, kind, number=first.record_id, **said)
