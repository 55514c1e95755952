"""Looks from outside: whether what a recipient shows to the public still has a record that was removed from it.

A receipt says what a recipient says. Here the platform looks for itself, at the places that the operator registered: an
hour after the receipt, or on the day after the last day where there is none, and again three days later; each day while
something is found. What is looked for are removals that came on the recipient's feed, and no record that is published.

Each look is a row that stays. A record that is shown although its receipt is here, or its last day has passed, is a
finding: an event that tells entity, recipient and operator, until a later look does not find it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import Identifier, Record

from . import probe_page
from .canary_form import as_record
from .canary_tables import columns_of
from .models import Canary, ProbeFinding, ProbeLook, ProbePlace, Receipt, Subscriber
from .probe_page import Question, Seen
from .probe_rounds import PAUSE, ask

#: After the receipt or the end of the last day: the first look, the second, and the last time that one is made up for.
FIRST: Final = timedelta(hours=1)
AGAIN: Final = timedelta(days=3)
UNTIL: Final = timedelta(days=14)
#: How often a place is asked again for what is found or not known.
REPEATED: Final = timedelta(days=1)
#: Looks at one place in one round.
ROUND: Final = 10

#: The removals of a recipient and since when each is to be gone; canaries have numbers below zero.
_REMOVALS: Final = """
    SELECT coalesce(record_id, -canary_id) AS record_id, removal_position AS position, received_at AS since
    FROM exchange_receipt WHERE subscriber_id = %(subscriber)s
    UNION ALL
    SELECT coalesce(record_id, -canary_id), position, (due_on + 1)::timestamp AT TIME ZONE %(zone)s
    FROM exchange_awaitedreceipt WHERE subscriber_id = %(subscriber)s {awaited}
"""
#: The record was published again, so that whoever shows it may.
_PUBLISHED_SINCE: Final = """
    EXISTS (SELECT 1 FROM registry_event e WHERE e.record_id = {of}.record_id AND e.position > {of}.{position}
        AND e.kind LIKE 'record.%%' AND e.content ->> 'state' = 'published')
"""
_DUE: Final = f"""
    SELECT c.record_id, c.position, c.since
    FROM ({_REMOVALS.format(awaited="AND due_on < %(on)s")}) c
    CROSS JOIN LATERAL (
        SELECT max(at) AS last, max(at) FILTER (WHERE result <> 'unknown') AS known FROM exchange_probelook l
        WHERE l.place_id = %(place)s AND l.removal_position = c.position
        AND coalesce(l.record_id, -l.canary_id) = c.record_id) l
    CROSS JOIN LATERAL (
        SELECT c.since + CASE WHEN %(at)s >= c.since + %(again)s THEN %(again)s ELSE %(first)s END AS step) s
    WHERE c.since > %(at)s - %(until)s AND s.step <= %(at)s AND (l.known IS NULL OR l.known < s.step)
    AND (l.last IS NULL OR l.last < s.step OR l.last <= %(at)s - %(repeated)s)
    AND NOT {_PUBLISHED_SINCE.format(of="c", position="position")}
    UNION
    SELECT coalesce(f.record_id, -f.canary_id), f.removal_position, f.found_at FROM exchange_probefinding f
    WHERE f.place_id = %(place)s AND f.ended_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM exchange_probelook l
        WHERE l.place_id = f.place_id AND l.removal_position = f.removal_position
        AND coalesce(l.record_id, -l.canary_id) = coalesce(f.record_id, -f.canary_id)
        AND l.at > %(at)s - %(repeated)s)
    ORDER BY 3, 1 LIMIT %(limit)s
"""
_STANDING: Final = f"""
    SELECT c.record_id, max(c.position), max(c.since) FROM ({_REMOVALS.format(awaited="")}) c
    WHERE c.record_id = %(record)s AND NOT {_PUBLISHED_SINCE.format(of="c", position="position")}
    GROUP BY c.record_id
"""
_VOID: Final = f"""
    SELECT f.id FROM exchange_probefinding f
    WHERE f.ended_at IS NULL AND {_PUBLISHED_SINCE.format(of="f", position="removal_position")}
    ORDER BY f.id FOR UPDATE SKIP LOCKED
"""


@dataclass(frozen=True, slots=True)
class Due:
    """A place that is to be asked for a removed record. ``asked``: None where the record lacks what the place wants.

    A canary is a record in memory here, with a number below zero.
    """

    place: ProbePlace
    record: Record
    removal: int
    asked: Question | None


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look came to. ``finding``: the open finding after it, if there is one."""

    due: Due
    at: datetime
    seen: Seen
    finding: ProbeFinding | None


def due(places: Iterable[ProbePlace], *, at: datetime, record: Record | None = None) -> list[Due]:
    """What is to be looked at now.

    Args:
        places: of which places, none that has ended.
        at: the instant.
        record: look at this one alone, wherever it was removed, whether or not the time has come.
    """
    found = []
    for place in places:
        values: dict[str, Any] = {
            "subscriber": place.subscriber_id,
            "place": place.pk,
            "at": at,
            "on": timezone.localdate(at),
            "zone": timezone.get_current_timezone_name(),
            "record": record.pk if record else None,
            "limit": ROUND,
            **{"first": FIRST, "again": AGAIN, "until": UNTIL, "repeated": REPEATED},
        }
        with connection.cursor() as cursor:
            cursor.execute(_STANDING if record else _DUE, values)
            found += [(place, row[0], row[1]) for row in cursor.fetchall()]
    records = Record.objects.in_bulk({key for _, key, _ in found if key > 0})
    codes = _codes({each.entity_id for each in records.values()})
    for canary in Canary.objects.filter(pk__in=[-key for _, key, _ in found if key < 0]):
        records[-canary.pk], codes[-canary.pk] = as_record(canary), canary.code
    return [
        Due(place, of, position, probe_page.question(place, of, code=codes.get(of.entity_id, "")))
        for place, key, position in found
        for of in [records[key]]
    ]


def _codes(entities: set[int]) -> dict[int, str]:
    current = Identifier.objects.filter(entity__in=entities, scheme="uscc", until=None).order_by("pk")
    return dict(current.values_list("entity_id", "value"))


def look(
    places: Iterable[ProbePlace],
    *,
    at_clock: Callable[[], datetime],
    record: Record | None = None,
    pause: float = PAUSE,
    stop: threading.Event | None = None,
) -> list[Looked]:
    """Look at what is due, one request at a time for each host, and write down what was seen.

    Args:
        places, record: as ``due`` takes them. at_clock: the instant of each look.
        pause: seconds between two requests to one host.
        stop: when set, nothing more is asked.

    Returns:
        What was seen, in the order in which it came. A look that was not made is missing.
    """
    return ask(
        lambda: due(places, at=at_clock(), record=record),
        lambda each, seen: _note(each, seen, at=at_clock()),
        pause=pause,
        stop=stop,
    )


@transaction.atomic
def _note(each: Due, seen: Seen, *, at: datetime) -> Looked:
    """Write a look down, and what follows from it."""
    ProbeLook.objects.create(
        place=each.place,
        **columns_of(each.record.pk),
        removal_position=each.removal,
        at=at,
        result=seen.result,
        reason=seen.reason,
        status=seen.status,
    )
    held = (
        ProbePlace.objects.select_for_update(of=("self",)).select_related("subscriber").get(pk=each.place.pk)
    )
    finding = ProbeFinding.objects.filter(**columns_of(each.record.pk), place=held, ended_at=None).first()
    if finding is None:
        if seen.result == ProbeLook.Result.SHOWN and held.ended_at is None:
            finding = _found(each, held, at=at)
    elif seen.result == ProbeLook.Result.ABSENT:
        end_finding(finding, because=ProbeFinding.End.ABSENT, at=at)
        finding = None
    return Looked(each, at, seen, finding)


def _found(each: Due, place: ProbePlace, *, at: datetime) -> ProbeFinding | None:
    """A finding, where the receipt is here or the last day has passed."""
    subscriber, columns = place.subscriber, columns_of(each.record.pk)
    receipts = Receipt.objects.filter(**columns, subscriber=subscriber, removal_position=each.removal)
    answered = receipts.exists()
    on = timezone.localdate(at)
    if not answered and not subscriber.awaited.filter(position=each.removal, due_on__lt=on).exists():
        return None
    finding = ProbeFinding(
        **columns, place=place, removal_position=each.removal, answered=answered, found_at=at
    )
    (finding.position,) = append([_event("probe.shown", finding)], at=at)
    finding.save()
    return finding


def end_finding(finding: ProbeFinding, *, because: ProbeFinding.End, at: datetime) -> None:
    """End a finding, inside the caller's transaction."""
    finding.ended_at, finding.ended_by = at, because
    finding.save(update_fields=["ended_at", "ended_by"])
    append([_event("probe.gone" if because == ProbeFinding.End.ABSENT else "probe.void", finding)], at=at)


def _event(kind: str, finding: ProbeFinding) -> NewEvent:
    place = finding.place
    content = {
        "place": str(place.public_id),
        "subscriber": str(place.subscriber.public_id),
        "name": place.subscriber.name_zh,
        "record": str(finding.known_as),
        "removal": finding.removal_position,
        "answered": finding.answered,
        "since": timezone.localdate(finding.found_at).isoformat(),
    }
    if finding.canary:  # so that the operator is told that it is one
        content["canary"] = str(finding.canary.public_id)
    return NewEvent(kind, content, entity_id=finding.entity_id, record_id=finding.record_id)


@transaction.atomic
def void_findings(*, at: datetime) -> int:
    """End the findings whose records were published again since: whoever shows one may. How many."""
    with connection.cursor() as cursor:
        cursor.execute(_VOID, [])
        keys = [key for (key,) in cursor.fetchall()]
    moot = ProbeFinding.objects.filter(pk__in=keys).select_related("place__subscriber", "record", "canary")
    for finding in moot:
        end_finding(finding, because=ProbeFinding.End.PUBLISHED, at=at)
    return len(keys)


@dataclass(frozen=True, slots=True)
class PlaceSeen:
    """A place that is looked at, with the newest look and how many looks there were."""

    place: ProbePlace
    looks: int
    last: ProbeLook | None


@dataclass(frozen=True, slots=True)
class Outside:
    """What was seen of one recipient from outside: its places, what it still shows, what it showed until lately."""

    places: tuple[PlaceSeen, ...]
    shown: tuple[ProbeFinding, ...]
    over: tuple[ProbeFinding, ...]


def seen(place: ProbePlace) -> PlaceSeen:
    """A place with its newest look."""
    return PlaceSeen(place, place.looks.count(), place.looks.order_by("-at", "-pk").first())


def looks(place: ProbePlace) -> QuerySet[ProbeLook]:
    """The looks at a place, the newest first. For the operator alone: they tell canaries from records."""
    return place.looks.select_related("record", "canary").order_by("-at", "-pk")


def findings(place: ProbePlace) -> QuerySet[ProbeFinding]:
    """What was found at a place, what stands first, then the newest. For the operator alone, as ``looks``."""
    found = place.findings.select_related("record", "canary")
    return found.order_by(F("ended_at").desc(nulls_first=True), "-found_at", "-pk")


def outside(subscriber: Subscriber) -> Outside:
    """What was seen of a recipient. Who may read it is decided by the caller."""
    places = [
        seen(place)
        for place in ProbePlace.objects.filter(subscriber=subscriber, ended_at=None).order_by("pk")
    ]
    found = ProbeFinding.objects.filter(place__subscriber=subscriber).select_related(
        "place", "record", "canary"
    )
    shown = found.filter(ended_at=None).order_by("found_at", "pk")
    over = found.exclude(ended_at=None).order_by("-ended_at")[:10]
    return Outside(tuple(places), tuple(shown[:25]), tuple(over))


def still_shown(*, record: Record | None = None) -> dict[int, list[ProbeFinding]]:
    """The open findings, of all records or of one, by recipient."""
    found: dict[int, list[ProbeFinding]] = {}
    findings = ProbeFinding.objects.filter(ended_at=None).select_related(
        "place__subscriber", "record", "canary"
    )
    if record is not None:
        findings = findings.filter(record=record)
    for finding in findings.order_by("found_at", "pk"):
        found.setdefault(finding.place.subscriber_id, []).append(finding)
    return found
