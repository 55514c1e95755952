"""Whose corrections are awaited: one row for each corrected record and recipient that could have got an earlier state.

The follower of ``awaiting`` writes them with the removals of the same portion, in one transaction, under the rows of
the subscribers. What shows that the newer state has arrived depends on how it comes: a confirmed position on the feed,
a set of files that was fetched, or that it was read. Nobody signs for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from django.db import connection
from django.db.models import Count, Max, Q
from django.utils import timezone

from goodstanding.registry.bulk import copy_rows

from . import feed
from .deadlines import Clause, Counting
from .happened import REPLACEMENTS, Happened
from .models import AgreedFiles, AgreedRead, AgreementVersion, AwaitedCorrection, Subscriber
from .scope import Door, Scope, Term

#: The ways by which a newer state comes; the first that is open for a record counts.
DOORS: Final[tuple[Door, ...]] = ("feed", "file", "api")
#: What shows that a row's newer state has arrived, by that door.
_SHOWN: Final[dict[Door, str]] = {
    "feed": "c.position <= s.position",
    "file": """EXISTS (SELECT FROM exchange_agreedfiles f JOIN exchange_agreementversion v
        ON v.agreement_id = f.agreement_id
        WHERE v.id = c.version_id AND f.fetched_at IS NOT NULL AND f.position >= c.position)""",
    "api": """EXISTS (SELECT FROM exchange_agreedread r WHERE r.subscriber_id = c.subscriber_id
        AND r.record_id = c.record_id AND r.position >= c.position)""",
}
#: A row that another transaction takes away now is left to it.
_SETTLE: Final = """
    DELETE FROM exchange_awaitedcorrection WHERE id IN (
        SELECT c.id FROM exchange_awaitedcorrection c JOIN exchange_subscriber s ON s.id = c.subscriber_id
        WHERE s.id = ANY(%s) AND c.door = %s AND {} FOR UPDATE OF c SKIP LOCKED)
"""
_DELETE: Final = "DELETE FROM exchange_awaitedcorrection WHERE id = ANY(%s)"
_FIELDS: Final = (
    *("subscriber_id", "record_id", "position", "corrected_at", "sealed_at", "door", "version_id"),
    *("working_days", "due_on", "remind_on", "reminded_at", "late_at"),
)
_REDATE: Final = """
    UPDATE exchange_awaitedcorrection SET due_on = %(due_on)s, remind_on = %(remind_on)s
    WHERE late_at IS NULL AND working_days = %(working_days)s
    AND (sealed_at AT TIME ZONE %(zone)s)::date = %(sealed_on)s
    AND (due_on, remind_on) IS DISTINCT FROM (%(due_on)s::date, %(remind_on)s::date)
"""
_KINDS_OF_DAYS: Final = """
    SELECT DISTINCT (sealed_at AT TIME ZONE %s)::date, working_days
    FROM exchange_awaitedcorrection WHERE late_at IS NULL AND working_days IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Corrections:
    """Corrected records of which a recipient has not shown that it has the newer content: all, those past their last
    day, those that have to be there today, and those that it was reminded of.
    """

    all: int
    late: int
    due_today: int
    reminded: int


@dataclass(frozen=True, slots=True)
class Newer:
    """A newer state of a record that a recipient is to take over: by which door it comes, under which version of which
    agreement (the strictest), in how many working days.
    """

    happened: Happened
    door: Door
    version: int
    working_days: int | None


def to_take_over(known: feed.Known, *, scope: Scope, on: date) -> Iterator[Newer]:
    """Of some events those that left a record with a scope's reader in a newer state than it could have got before.

    What of it changed is not asked: the reader is sent the whole entry, and may hold the record in no other state.

    Args:
        known: the events, looked up. on: the day on which the newer state may be sent.
    """
    replaced = [event for event in known.happened if event.kind in REPLACEMENTS and event.publishes]
    for door in DOORS:
        through = scope.through(door)
        if not replaced or not through.is_open(on):
            continue
        left = []
        for entry in feed.judge(replace(known, happened=replaced), scope=through, on=on):
            event, view = entry.happened, entry.view
            if view is None:
                left.append(event)
            elif feed.may_hold_before(event, known=known, scope=scope):
                strictest = min(view.terms, key=_strictness)
                yield Newer(event, door, strictest.version, strictest.correction_days)
        replaced = left


def _strictness(term: Term) -> tuple[bool, int, int]:
    return term.correction_days is None, term.correction_days or 0, term.version


def rows_for(
    known: feed.Known,
    *,
    subscriber: Subscriber,
    scope: Scope,
    on: date,
    sealed_at: Callable[[int], datetime],
    counting: Counting,
) -> list[AwaitedCorrection]:
    """The rows that a portion of events asks for of one subscriber, oldest first, whether shown meanwhile or not."""
    rows = []
    for newer in sorted(to_take_over(known, scope=scope, on=on), key=lambda each: each.happened.position):
        event, sealed = newer.happened, sealed_at(newer.happened.position)
        days = counting.days(timezone.localdate(sealed), Clause(newer.working_days, None))
        assert event.at is not None and event.record_id is not None
        rows.append(
            AwaitedCorrection(
                subscriber_id=subscriber.pk,
                record_id=event.record_id,
                position=event.position,
                corrected_at=event.at,
                sealed_at=sealed,
                door=newer.door,
                version_id=newer.version,
                working_days=newer.working_days,
                due_on=days.due_on,
                remind_on=days.remind_on,
            )
        )
    return rows


def taken_away(happened: Iterable[Happened]) -> dict[int, int]:
    """Of some events the last of each record by which nobody may hold it any more."""
    return {event.record_id: event.position for event in happened if event.record_id and not event.publishes}


def write(rows: Sequence[AwaitedCorrection], *, gone: dict[int, int]) -> None:
    """Write the rows of a portion. The caller holds the rows of their subscribers.

    Args:
        rows: of some subscribers, of each the older before the newer.
        gone: of each record that was removed in the portion the position; an older correction of it is awaited no more.
    """
    known = AwaitedCorrection.objects.filter(
        Q(record__in=gone)
        | Q(record__in={row.record_id for row in rows}, subscriber__in={row.subscriber_id for row in rows})
    )
    before = list(known.order_by("position"))
    shown = _Shown([*before, *rows])
    waiting: dict[tuple[int, int], AwaitedCorrection] = {}
    for row in (*before, *rows):
        if row.position > gone.get(row.record_id, 0) and not shown.covers(row):
            key = (row.subscriber_id, row.record_id)
            waiting[key] = _joined(waiting[key], row) if key in waiting else row
    with connection.cursor() as cursor:
        cursor.execute(_DELETE, [[row.pk for row in before]])
    columns = (tuple(getattr(row, name) for name in _FIELDS) for row in waiting.values())
    copy_rows("exchange_awaitedcorrection", ", ".join(_FIELDS), columns)


def _joined(older: AwaitedCorrection, newer: AwaitedCorrection) -> AwaitedCorrection:
    """The newer correction by the earlier of both last days: nobody wins time by a second correction."""
    if (older.due_on or date.max) <= (newer.due_on or date.max):
        for name in ("sealed_at", "working_days", "due_on", "remind_on"):
            setattr(newer, name, getattr(older, name))
    newer.reminded_at, newer.late_at = older.reminded_at, older.late_at
    return newer


class _Shown:
    """Up to which position it is shown that what some rows await has arrived. Their subscribers are held."""

    def __init__(self, rows: Sequence[AwaitedCorrection]) -> None:
        everyone = Subscriber.objects.filter(pk__in={row.subscriber_id for row in rows})
        self._confirmed = dict(everyone.values_list("pk", "position"))
        read = AgreedRead.objects.filter(record__in={row.record_id for row in rows if row.door == "api"})
        self._read = {
            (subscriber, record): position
            for subscriber, record, position in read.values_list("subscriber_id", "record_id").annotate(
                Max("position")
            )
        }
        versions = AgreementVersion.objects.filter(
            pk__in={row.version_id for row in rows if row.door == "file"}
        )
        self._agreements = dict(versions.values_list("pk", "agreement_id"))
        fetched = AgreedFiles.objects.filter(
            agreement__in=set(self._agreements.values()), fetched_at__isnull=False
        )
        self._fetched = dict(fetched.order_by().values_list("agreement_id").annotate(Max("position")))

    def covers(self, row: AwaitedCorrection) -> bool:
        if row.door == AwaitedCorrection.Door.FEED:
            until = self._confirmed[row.subscriber_id]
        elif row.door == AwaitedCorrection.Door.FILE:
            until = self._fetched.get(self._agreements[row.version_id], 0)
        else:
            until = self._read.get((row.subscriber_id, row.record_id), 0)
        return row.position <= until


def settle(door: Door, *, subscribers: Collection[int]) -> None:
    """Take away what some subscribers have shown through a door."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE.format(_SHOWN[door]), [list(subscribers), door])


def still_awaited(
    rows: Collection[AwaitedCorrection], *, known: feed.Known, scope: Scope, on: date
) -> list[AwaitedCorrection]:
    """Of one subscriber's rows those whose newer state it may still be sent; the others are taken away.

    Args:
        known: the events of the rows, looked up.
    """
    positions = {newer.happened.position for newer in to_take_over(known, scope=scope, on=on)}
    over = [row.pk for row in rows if row.position not in positions]
    AwaitedCorrection.objects.filter(pk__in=over).delete()
    return [row for row in rows if row.position in positions]


def count(subscriber: Subscriber, *, on: date) -> Corrections:
    """How many corrections a subscriber has not taken over on a day."""
    found = AwaitedCorrection.objects.filter(subscriber=subscriber).aggregate(
        all=Count("pk"),
        late=Count("pk", filter=Q(due_on__lt=on)),
        due_today=Count("pk", filter=Q(due_on=on)),
        reminded=Count("reminded_at"),
    )
    return Corrections(**found)


def redate(counting: Counting) -> int:
    """Count the days of all awaited corrections again; one that was marked as late stays. How many were re-dated."""
    zone, moved = timezone.get_current_timezone_name(), 0
    with connection.cursor() as cursor:
        cursor.execute(_KINDS_OF_DAYS, [zone])
        for sealed_on, working_days in cursor.fetchall():
            days = counting.days(sealed_on, Clause(working_days, None))
            said = {"due_on": days.due_on, "remind_on": days.remind_on, "zone": zone}
            cursor.execute(_REDATE, said | {"sealed_on": sealed_on, "working_days": working_days})
            moved += cursor.rowcount
    return moved
