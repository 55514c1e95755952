"""Recipients that stay behind: reminded before the last day, marked as late after it, suspended, and resumed.

Every removal is reminded of once and marked as late once for each recipient: its row says when, and is written in the
transaction of the event that tells. Everything is found from rows and days, so that a sweep may be killed and started
again at any point; two sweeps do no harm. Corrections are reminded of and marked in the same sweep
(``corrections_due``); nobody is suspended for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from goodstanding.law.calendar import WorkingCalendar
from goodstanding.registry.journal import NewEvent, append

from . import corrections_due, feed
from .deadlines import working_day_before
from .happened import events_at
from .models import AwaitedReceipt, Subscriber, Suspension
from .queries import scope_for
from .suspensions import begin, settle, told_of

#: Removals told of in one transaction.
PORTION: Final = 5_000
_REMIND: Final = """
    UPDATE exchange_awaitedreceipt SET reminded_at = %(at)s WHERE id IN (
        SELECT id FROM exchange_awaitedreceipt WHERE subscriber_id = %(subscriber)s AND reminded_at IS NULL
        AND late_at IS NULL AND remind_on <= %(on)s AND due_on >= %(on)s ORDER BY remind_on, id LIMIT %(limit)s)
    RETURNING position, coalesce(record_id, -canary_id), due_on
"""


@dataclass(frozen=True, slots=True)
class Escalated:
    """What one sweep did: removals reminded of and marked as late; recipients proposed, suspended and resumed;
    corrections reminded of and marked as late.
    """

    reminded: int = 0
    late: int = 0
    proposed: int = 0
    suspended: int = 0
    resumed: int = 0
    corrections_reminded: int = 0
    corrections_late: int = 0


def escalate(*, on: date, at: datetime, calendar: WorkingCalendar, propose_after: int | None) -> Escalated:
    """Remind, mark, suspend and resume, whatever a day asks for and was not done yet.

    Args:
        on: the day. at: the instant of the events.
        calendar: of the working days that are counted.
        propose_after: working days past the last day after which a suspension is proposed to the operator where no
            agreement says otherwise; None for never.
    """
    reminded = sum(
        _each(_remind, Q(reminded_at=None, late_at=None, remind_on__lte=on, due_on__gte=on), on, at)
    )
    late = sum(_each(_mark, Q(late_at=None, due_on__lt=on), on, at))
    corrections = corrections_due.remind_and_mark(on=on, at=at)
    states = _suspend(on=on, at=at, before=_proposed_before(on, propose_after, calendar))
    resumed = sum(settle(subscriber, on=on, at=at) for subscriber in _with_open_suspension())
    return Escalated(
        reminded,
        late,
        states.count(Suspension.State.PROPOSED),
        states.count(Suspension.State.SUSPENDED),
        resumed,
        *corrections,
    )


def _each(work: Any, wanted: Q, on: date, at: datetime) -> list[int]:
    """Do something for each subscriber with awaited receipts of a kind, portion by portion. What was done each time."""
    done = []
    for pk in _subscribers(wanted):
        while number := work(pk, on=on, at=at):
            done.append(number)
    return done


def _subscribers(wanted: Q) -> list[int]:
    found: QuerySet[AwaitedReceipt, int] = AwaitedReceipt.objects.filter(wanted).values_list(
        "subscriber_id", flat=True
    )
    return sorted(found.distinct())


@transaction.atomic
def _remind(pk: int, *, on: date, at: datetime) -> int:
    subscriber = Subscriber.objects.select_for_update().get(pk=pk)
    with connection.cursor() as cursor:
        cursor.execute(_REMIND, {"subscriber": pk, "on": on, "at": at, "limit": PORTION})
        rows = cursor.fetchall()
    if rows:
        position, number, _ = min(rows)
        said = {"removals": len(rows), "due_on": min(row[2] for row in rows).isoformat(), "oldest": position}
        append([told_of(subscriber, "recipient.reminded", number=number, **said)], at=at)
    return len(rows)


@transaction.atomic
def _mark(pk: int, *, on: date, at: datetime) -> int:
    """Mark a portion as late, and tell the entities, the recipient and the operator of it. How many were looked at."""
    subscriber = Subscriber.objects.select_for_update().get(pk=pk)
    due = AwaitedReceipt.objects.filter(subscriber=subscriber, late_at=None, due_on__lt=on)
    rows = list(due.select_related("record", "canary").order_by("due_on", "pk")[:PORTION])
    standing = _still_removals(rows, subscriber=subscriber, on=timezone.localdate(at))
    gone = [row.pk for row in rows if row.position not in standing]
    AwaitedReceipt.objects.filter(pk__in=gone).delete()
    late = [row for row in rows if row.position in standing]
    if not late:
        return len(rows)
    AwaitedReceipt.objects.filter(pk__in=[row.pk for row in late]).update(late_at=at)
    events = [_late(subscriber, row) for row in late]
    oldest = late[0]
    said = {"removals": len(late), "due_on": str(oldest.due_on), "oldest": oldest.position}
    events.append(told_of(subscriber, "recipient.late", number=oldest.number, **said))
    append(events, at=at)
    return len(rows)


def _still_removals(rows: list[AwaitedReceipt], *, subscriber: Subscriber, on: date) -> set[int]:
    """The positions for which a receipt would still be taken: a salt may have been destroyed, an agreement widened.

    None of a recipient that has shown for each of its agreements that everything is deleted.
    """
    if not subscriber.agreements.filter(deletion="").exists():
        return set()
    events = events_at([row.position for row in rows])
    entries = feed.classify(events, scope=scope_for(subscriber), on=on)
    return {entry.happened.position for entry in entries if entry.reach == "removal"}


def _late(subscriber: Subscriber, row: AwaitedReceipt) -> NewEvent:
    content = {
        "record": str(row.known_as),
        "subscriber": str(subscriber.public_id),
        "removal": row.position,
        "due_on": str(row.due_on),
    }
    return NewEvent("removal.late", content, entity_id=row.entity_id, record_id=row.record_id)


def _proposed_before(on: date, propose_after: int | None, calendar: WorkingCalendar) -> date | None:
    return None if propose_after is None else working_day_before(on, propose_after, calendar=calendar)


def _suspend(*, on: date, at: datetime, before: date | None) -> list[str]:
    """Suspend or propose, where nothing is open yet or a clause overtakes what is. The states that began."""
    by_clause = Q(late_at__isnull=False, suspend_after__lt=on)
    by_setting = Q(late_at__isnull=False, due_on__lte=before) if before else Q(pk__in=[])
    began = []
    for pk in _subscribers(by_clause | by_setting):
        clause = AwaitedReceipt.objects.filter(by_clause, subscriber=pk).exists()
        state = begin(pk, by_clause=clause, at=at)
        if state is not None:
            began.append(state)
    return began


def _with_open_suspension() -> list[int]:
    found = Suspension.objects.filter(ended_at=None).values_list("subscriber_id", flat=True)
    return sorted(found)
