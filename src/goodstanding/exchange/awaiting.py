"""Whose receipts are awaited: followed from the sealed journal, one row for each removal and recipient.

A portion of positions is classified as the feed classifies it, then written in one transaction that moves the
follower; killed at any point it has done the portion wholly or not at all. Whose corrections are awaited
(``corrections``) is written with it. A receipt takes its row away (``take_row``). Both hold the subscriber's row, so
neither misses the other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from goodstanding.law.calendar import WorkingCalendar
from goodstanding.registry import seal
from goodstanding.registry.bulk import copy_rows
from goodstanding.registry.models import Checkpoint

from . import corrections, feed
from .canary_tables import among, columns_of
from .deadlines import Clause, Counting, clause_of
from .happened import Happened, changes_between, events_at, events_of_all
from .locks import lock_subscribers
from .models import (
    AwaitedCorrection,
    AwaitedReceipt,
    Canary,
    PropagationFollower,
    Receipt,
    Reconciliation,
    Subscriber,
)
from .queries import scope_for, subscribers

#: Positions followed at once.
PORTION: Final = 5_000
_FIELDS: Final = (
    *("subscriber_id", "record_id", "canary_id", "position", "removed_at", "sealed_at"),
    *("working_days", "suspension_days", "due_on", "remind_on", "suspend_after", "told_at", "confirmed_at"),
)
#: What has been pushed, and what confirmed, since the last look. A row that an answer takes away now is left to it.
_STEPS: Final = (
    """UPDATE exchange_awaitedreceipt SET told_at = %(at)s WHERE id IN (
    SELECT a.id FROM exchange_awaitedreceipt a JOIN exchange_subscriber s ON s.id = a.subscriber_id
    WHERE a.told_at IS NULL AND a.position <= s.pushed_position FOR UPDATE OF a SKIP LOCKED)""",
    """UPDATE exchange_awaitedreceipt w SET confirmed_at = s.position_at FROM exchange_subscriber s
    WHERE s.id = w.subscriber_id AND w.id IN (
    SELECT a.id FROM exchange_awaitedreceipt a JOIN exchange_subscriber s ON s.id = a.subscriber_id
    WHERE a.confirmed_at IS NULL AND a.position <= s.position FOR UPDATE OF a SKIP LOCKED)""",
)
_TAKE: Final = """DELETE FROM exchange_awaitedreceipt
    WHERE subscriber_id = %s AND position = %s AND coalesce(record_id, -canary_id) = %s
    RETURNING removed_at, sealed_at, due_on, told_at, confirmed_at, found_kept_by_id"""


def follow(*, at: datetime, calendar: WorkingCalendar) -> int:
    """Note whose receipts and corrections are awaited by a portion of the sealed journal, and what was told since.

    Args:
        at: the instant. calendar: of the working days by which deadlines are counted.

    Returns:
        How many positions were followed; 0 where nothing is new.
    """
    after = PropagationFollower.objects.values_list("position", flat=True).get(pk=1)
    until = min(seal.sealed_size(), after + PORTION)
    if until > after:
        awaited = _awaited(after, until, at=at, calendar=calendar)
        if not _write(awaited, after=after, until=until):
            return 0
    note_steps(at=at)
    return max(0, until - after)


def note_steps(*, at: datetime) -> None:
    """Note which awaited removals have been announced by a push, and which confirmed, since the last look."""
    with transaction.atomic(), connection.cursor() as cursor:
        if PropagationFollower.objects.select_for_update(skip_locked=True).first() is not None:
            for step in _STEPS:
                cursor.execute(step, {"at": at})


@dataclass(frozen=True, slots=True)
class _Portion:
    """What a portion asks for: rows of receipts and of corrections by subscriber, and the records that went in it."""

    receipts: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)
    corrections: dict[int, list[AwaitedCorrection]] = field(default_factory=dict)
    gone: dict[int, int] = field(default_factory=dict)


def _awaited(after: int, until: int, *, at: datetime, calendar: WorkingCalendar) -> _Portion:
    happened = changes_between(after, until)
    everyone = subscribers() if happened else []
    found = _Portion(gone=corrections.taken_away(happened))
    if not everyone:
        return found
    sealed = _Sealed(after)
    counting = Counting(calendar)
    known, today = feed.look_up(happened), timezone.localdate(at)
    for subscriber in everyone:
        scope = scope_for(subscriber)
        for entry in feed.judge(known, scope=scope, on=today):
            if entry.reach == "removal":
                sealed_at = sealed.at(entry.happened.position)
                row = _row(entry, subscriber, sealed_at=sealed_at, at=at, counting=counting)
                found.receipts.setdefault(subscriber.pk, []).append(row)
        newer = corrections.rows_for(
            known, subscriber=subscriber, scope=scope, on=today, sealed_at=sealed.at, counting=counting
        )
        if newer:
            found.corrections[subscriber.pk] = newer
    return found


class _Sealed:
    """When positions after another were sealed."""

    def __init__(self, after: int) -> None:
        found = list(
            Checkpoint.objects.filter(size__gt=after).order_by("size").values_list("size", "signed_at")
        )
        self._sizes = [size for size, _ in found]
        self._instants = [instant for _, instant in found]

    def at(self, position: int) -> datetime:
        return self._instants[bisect_left(self._sizes, position)]


def _row(
    entry: feed.Entry, subscriber: Subscriber, *, sealed_at: datetime, at: datetime, counting: Counting
) -> tuple[Any, ...]:
    event, clause = entry.happened, clause_of(entry.terms)
    assert event.record_id is not None
    days = counting.days(timezone.localdate(sealed_at), clause)
    return (
        subscriber.pk,
        *columns_of(event.record_id).values(),
        event.position,
        event.at,
        sealed_at,
        clause.working_days,
        clause.suspension_days,
        days.due_on,
        days.remind_on,
        days.suspend_after,
        at if subscriber.pushed_position >= event.position else None,
        subscriber.position_at if subscriber.position >= event.position else None,
    )


def _write(found: _Portion, *, after: int, until: int) -> bool:
    """Write a portion, without what was answered meanwhile. False where another process has done it."""
    with transaction.atomic():
        follower = PropagationFollower.objects.select_for_update().get(pk=1)
        if follower.position != after:
            return False
        lock_subscribers({*found.receipts, *found.corrections})
        answered = set(
            Receipt.objects.filter(
                subscriber__in=found.receipts, removal_position__gt=after, removal_position__lte=until
            ).values_list("subscriber_id", "record_id", "canary_id", "removal_position")
        )
        receipts = (row for rows in found.receipts.values() for row in rows)
        rows = (row for row in receipts if row[:4] not in answered)
        copy_rows("exchange_awaitedreceipt", ", ".join(_FIELDS), rows)
        corrections.write([row for rows in found.corrections.values() for row in rows], gone=found.gone)
        PropagationFollower.objects.filter(pk=1).update(position=until)
    return True


@dataclass(frozen=True, slots=True)
class Answered:
    """How a removal came to a recipient, as its receipt keeps it."""

    removed_at: datetime
    sealed_at: datetime
    due_on: date | None
    told_at: datetime | None
    confirmed_at: datetime | None
    found_kept_by: int | None = None


def take_row(event: Happened, *, subscriber: Subscriber) -> Answered | None:
    """Take the awaited row of a removal away, because its receipt is here; None where there is no row.

    The caller holds the subscriber's row.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [subscriber.pk, event.position, event.record_id])
        row = cursor.fetchone()
    return None if row is None else Answered(*row)


def without_row(entry: feed.Entry, *, subscriber: Subscriber, calendar: WorkingCalendar) -> Answered:
    """How a removal came to a subscriber whose receipt is here before the row that would have awaited it."""
    event = entry.happened
    sealed_at = _sealed_at(event.position)
    days = Counting(calendar).days(timezone.localdate(sealed_at), clause_of(entry.terms))
    confirmed_at = subscriber.position_at if subscriber.position >= event.position else None
    return Answered(event.at, sealed_at, days.due_on, None, confirmed_at)


def _sealed_at(position: int) -> datetime:
    found = Checkpoint.objects.filter(size__gte=position).order_by("size").values_list("signed_at", flat=True)
    return found[0]


def await_again(
    records: Collection[int], *, found_by: Reconciliation, at: datetime, calendar: WorkingCalendar
) -> list[AwaitedReceipt]:
    """Await the receipts again of removed records that a recipient was found to keep after it had answered.

    The caller holds the subscriber's row.

    Args:
        records: numbers of records, and below zero of canaries. found_by: the round.
        at: the instant; the days are counted anew from it.

    Returns:
        The rows that were added.
    """
    subscriber = found_by.subscriber
    receipts = Receipt.objects.filter(among(records), subscriber=subscriber)
    answered = {(receipt.removal_position, receipt.number) for receipt in receipts}
    if not answered:
        return []
    entries: dict[int | None, list[feed.Entry]] = {}
    happened = events_of_all(sorted({number for _, number in answered if number > 0}))
    canaries = Canary.objects.filter(pk__in=[-number for _, number in answered if number < 0])
    happened += events_at([place for canary in canaries for place in canary.positions])
    for entry in feed.classify(happened, scope=scope_for(subscriber), on=timezone.localdate(at)):
        entries.setdefault(entry.happened.record_id, []).append(entry)
    waiting = {row.number for row in AwaitedReceipt.objects.filter(among(records), subscriber=subscriber)}
    counting, rows = Counting(calendar), []
    for record, told in entries.items():
        standing = feed.standing_entry(told)
        if standing is None or standing.reach != "removal" or record in waiting:
            continue
        if (standing.happened.position, record) in answered:
            values = _row(standing, subscriber, sealed_at=at, at=at, counting=counting)
            rows.append(AwaitedReceipt(**dict(zip(_FIELDS, values, strict=True)), found_kept_by=found_by))
    return AwaitedReceipt.objects.bulk_create(rows)


def redate(*, calendar: WorkingCalendar) -> int:
    """Count the days of all awaited receipts and corrections again, as the notices of working days known now have it.

    Returns:
        How many were re-dated. One that was marked as late stays as it was marked.
    """
    counting, moved = Counting(calendar), 0
    for sealed_on, working_days, suspension_days in _kinds_of_days():
        days = counting.days(sealed_on, Clause(working_days, suspension_days))
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE exchange_awaitedreceipt SET due_on = %s, remind_on = %s, suspend_after = %s"
                " WHERE late_at IS NULL AND working_days = %s AND suspension_days IS NOT DISTINCT FROM %s"
                " AND (sealed_at AT TIME ZONE %s)::date = %s"
                " AND (due_on, remind_on, suspend_after) IS DISTINCT FROM (%s, %s, %s)",
                [
                    *(days.due_on, days.remind_on, days.suspend_after, working_days, suspension_days),
                    *(timezone.get_current_timezone_name(), sealed_on),
                    *(days.due_on, days.remind_on, days.suspend_after),
                ],
            )
            moved += cursor.rowcount
    return moved + corrections.redate(counting)


def _kinds_of_days() -> Sequence[tuple[Any, int, int | None]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT (sealed_at AT TIME ZONE %s)::date, working_days, suspension_days"
            " FROM exchange_awaitedreceipt WHERE late_at IS NULL AND working_days IS NOT NULL",
            [timezone.get_current_timezone_name()],
        )
        return [(row[0], row[1], row[2]) for row in cursor.fetchall()]
