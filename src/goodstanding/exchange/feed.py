"""The feed: for every sealed position one entry, with content where the subscriber's agreements cover it and name the
method feed or push.

What an entry carries depends on what became of its event:

- ``content``: the event published a record that is in scope and may be published today. The entry has the event,
  the salt (so the commitment can be recomputed) and the record as it stands now.
- ``removal``: the event took away a record that the subscriber could have got, by whatever method. The entry has event
  and salt.
- ``gone``: the event once published a record in scope that may no longer be published. Leaf hash and a note.
- ``outside``: everything else. Leaf hash only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.db import connection
from django.utils import timezone

from goodstanding import proof
from goodstanding.registry import seal
from goodstanding.registry.models import Checkpoint, Entity, Record

from . import canary_feed
from .canary_tables import in_registry
from .happened import REMOVALS, Happened, events_at, events_of_all, told_between
from .read_states import agreed_reads, held_by_reading
from .scope import Scope, Term, View

Reach = Literal["content", "removal", "gone", "outside"]
MAX_LIMIT = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One position of the feed. Where ``reach`` is content, ``view`` says how much of the loaded ``record`` goes; where
    it is removal, ``terms`` are those under which the record may have been sent before.
    """

    happened: Happened
    reach: Reach
    record: Record | None = None
    view: View | None = None
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A page: the entries after a position, the checkpoint that covers them, and how they are connected.

    ``extends`` and ``consistency`` prove that the trees up to ``after`` and up to ``position`` are beginnings of
    the checkpoint's tree; they are empty where there is nothing to prove.
    """

    after: int
    position: int
    entries: tuple[Entry, ...]
    checkpoint: Checkpoint | None
    extends: tuple[bytes, ...]
    consistency: tuple[bytes, ...]


def read(*, scope: Scope, after: int, limit: int, on: date) -> Feed:
    """The page of the feed that follows a position.

    Args:
        scope: the subscriber's agreements.
        after: the last position that the reader has; 0 to begin.
        limit: the most entries, up to 5,000.
        on: the day on which it is read; what may not be published on it is left out.

    Returns:
        Entries for after+1, after+2 ... without a gap, none beyond the last checkpoint.
    """
    return page(stretch(after=after, limit=limit, only=scope), scope=scope, on=on)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a page is made of and is the same for every reader. It is good for a moment: records change."""

    after: int
    position: int
    known: Known
    checkpoint: Checkpoint | None
    extends: tuple[bytes, ...]
    consistency: tuple[bytes, ...]


def stretch(*, after: int, limit: int, only: Scope | None = None) -> Stretch:
    """Load the positions that follow one, up to ``limit`` of them and never more than 5,000.

    With ``only`` it is good for readers of that scope alone, and costs less where little lies in it.
    """
    checkpoint = seal.latest()
    size = checkpoint.size if checkpoint else 0
    until = min(size, after + max(1, min(limit, MAX_LIMIT)))
    if checkpoint is None or after >= size:
        return Stretch(after, after, look_up([]), checkpoint, (), ())
    known = look_up(told_between(after, until), only=only)
    fetch = proof.tile_fetch(size=size, store=seal.DatabaseTiles())
    extends = proof.consistency_proof(old_size=after, new_size=size, fetch=fetch) if after else []
    consistency = proof.consistency_proof(old_size=until, new_size=size, fetch=fetch) if until < size else []
    return Stretch(after, until, known, checkpoint, tuple(extends), tuple(consistency))


def page(of: Stretch, *, scope: Scope, on: date) -> Feed:
    """The page that a reader gets of a stretch on a day."""
    entries = tuple(judge(of.known, scope=scope, on=on))
    return Feed(of.after, of.position, entries, of.checkpoint, of.extends, of.consistency)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the entities of some events are, and since which position they may have moved."""

    entities: dict[int, tuple[str, str]]
    changed: dict[int, int]

    def division_at(self, event: Happened) -> str | None:
        """The division of the event's entity then; None where it may have been another one."""
        assert event.entity_id is not None
        if self.changed.get(event.entity_id, 0) > event.position:
            return None
        return self.entities[event.entity_id][0]

    def always_at(self, event: Happened) -> str | None:
        """The division in which the event's entity has been as long as it is known; None where it has moved."""
        assert event.entity_id is not None
        return None if event.entity_id in self.changed else self.entities[event.entity_id][0]

    def was_person(self, event: Happened) -> bool:
        assert event.entity_id is not None
        kind = self.entities[event.entity_id][1]
        return kind == Entity.Kind.NATURAL_PERSON and self.changed.get(event.entity_id, 0) < event.position


@dataclass(frozen=True, slots=True)
class Known:
    """Events with what deciding about them needs: the records as they stand, their earlier events, their places.

    ``only_for``: of canaries, each under a number below zero, the one subscriber that may meet it.
    """

    happened: Sequence[Happened]
    records: dict[int | None, Record]
    earlier: dict[int, list[Happened]]
    places: _Places
    #: The states in which records were read one by one, by subscriber and record.
    read: dict[tuple[int, int], frozenset[int]]
    only_for: dict[int, int]


def classify(happened: Sequence[Happened], *, scope: Scope, on: date) -> list[Entry]:
    """Decide for each event what of it the scope lets through on a day."""
    return judge(look_up(happened, only=scope), scope=scope, on=on)


def look_up(happened: Sequence[Happened], *, only: Scope | None = None) -> Known:
    """Load what deciding about events needs, whoever reads them; or ``only`` for a scope, which leaves records unloaded
    that lie outside it.
    """
    canaries = canary_feed.among(happened)
    told = [event for event in happened if event.kind.startswith("record.") and in_registry(event.record_id)]
    if only is not None:
        told = _within(told, scope=only)
    # Prefetched, not joined: a page's many records share few entities and fewer authorities.
    records = Record.objects.prefetch_related(
        "entity__identifiers", "authority", "source", "foreign"
    ).in_bulk({event.record_id for event in told})
    earlier = _earlier(told)
    places = _places([*told, *(event for events in earlier.values() for event in events)])
    reads = agreed_reads(records)
    only_for = canary_feed.join(canaries, records, earlier, places.entities, load=events_at)
    return Known(canary_feed.numbered(happened, canaries), records, earlier, places, reads, only_for)


def _within(told: Sequence[Happened], *, scope: Scope) -> list[Happened]:
    """The events that may lie in a scope: not those of an entity that has always been where no term reaches, unless
    their record was ever another's.
    """
    places = _places(told)
    far = [event for event in told if not scope.extends_to(places.always_at(event))]
    if not far:
        return list(told)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT e.record_id FROM unnest(%s::bigint[], %s::bigint[]) AS given (record_id, entity_id)"
            " JOIN registry_event e ON e.record_id = given.record_id AND e.entity_id <> given.entity_id"
            " WHERE e.kind LIKE 'record.%%'",
            [[event.record_id for event in far], [event.entity_id for event in far]],
        )
        shared = {record for (record,) in cursor.fetchall()}
    out = {event.position for event in far if event.record_id not in shared}
    return [event for event in told if event.position not in out]


def judge(known: Known, *, scope: Scope, on: date) -> list[Entry]:
    """Decide for each event what of it the scope lets through on a day. Asks the database nothing."""
    entries, to = [], scope.subscriber
    for event in known.happened:
        record = known.records.get(event.record_id) if event.kind.startswith("record.") else None
        if record is None or event.salt is None or known.only_for.get(record.pk, to) != to:
            entries.append(Entry(event, "outside"))
            continue
        before, read = _before(event, record, known, scope)
        entries.append(_entry(event, record, before, read, scope=scope, places=known.places, on=on))
    return entries


def _before(
    event: Happened, record: Record, known: Known, scope: Scope
) -> tuple[list[Happened], frozenset[int]]:
    """The earlier events of an event's record, and by which of them a scope's reader may hold it by reading."""
    before = [other for other in known.earlier.get(record.pk, ()) if other.position < event.position]
    read = held_by_reading(before, known.read.get((scope.subscriber, record.pk), frozenset()))
    if not before or before[-1].position not in read:
        read = frozenset()  # never read, or removed since
    return before, read


def may_hold_before(event: Happened, *, known: Known, scope: Scope) -> bool:
    """Whether a scope's reader could have got the record of an event in a state that stood until then."""
    record = known.records[event.record_id]
    before, read = _before(event, record, known, scope)
    day = timezone.localdate(event.at)
    for other in reversed(before):
        if other.content.get("state") is not None and not other.publishes:
            return False
        if _given_under(other, read, item=record.item_id, scope=scope, places=known.places, by=day):
            return True
    return False


def _entry(
    event: Happened,
    record: Record,
    before: Sequence[Happened],
    read: frozenset[int],
    *,
    scope: Scope,
    places: _Places,
    on: date,
) -> Entry:
    division, _ = places.entities[event.entity_id or 0]
    kind, item = event.content["record_kind"], record.item_id
    if not passed_on(record, scope=scope):
        return Entry(event, "outside")
    view = scope.view(kind=kind, item=item, division=division, on=on)
    if event.publishes and view and not places.was_person(event):
        now = scope.view(kind=record.kind, item=item, division=record.entity.division, on=on)
        if now and may_pass_on(record, scope=scope) and publishable(record, on=on):
            return Entry(event, "content", record, now)
        return Entry(event, "gone")
    day = timezone.localdate(event.at)
    if event.publishes and scope.reached(kind=kind, item=item, division=division, since=date.min, by=day):
        return Entry(event, "outside")  # the record stayed where it was; only the agreement has ended
    got = [
        (other, _given_under(other, read, item=item, scope=scope, places=places, by=day)) for other in before
    ]
    terms = tuple({term: None for _, under in got for term in under})
    if terms and (event.kind in REMOVALS or got[-1][1]):
        return Entry(event, "removal", terms=terms)
    return Entry(event, "outside")


def _given_under(
    event: Happened, read: frozenset[int], *, item: str, scope: Scope, places: _Places, by: date
) -> tuple[Term, ...]:
    """The terms under which a subscriber could have got a record by an event of it, or has read it."""
    if not event.publishes or places.was_person(event):
        return ()
    first, kind = event.content.get("publish_from"), event.content["record_kind"]
    since = timezone.localdate(event.at)
    if first is not None:
        since = max(since, date.fromisoformat(first))
    division = places.division_at(event)
    if since > by:
        return ()
    terms = scope.reaching(kind=kind, item=item, division=division, since=since, by=by)
    return tuple(term for term in terms if term.gives_all or event.position in read)


def standing_entry(entries: Sequence[Entry]) -> Entry | None:
    """Of the entries of a record the one by which it is held, or the one that first took it away since."""
    if entries and entries[-1].reach == "content":
        return entries[-1]
    removal = None
    for entry in reversed(entries):
        if entry.reach == "removal":
            removal = entry
        elif entry.happened.publishes:
            break
    return removal


def may_pass_on(record: Record, *, scope: Scope) -> bool:
    """Whether the agreements by which a record came here let it be passed on to who has this scope; our own may be."""
    return not record.home or not scope.names.isdisjoint(record.foreign.onward)


def passed_on(record: Record, *, scope: Scope) -> bool:
    """Whether they ever let it be passed on to who has this scope."""
    return not record.home or not scope.names.isdisjoint(record.foreign.passed_on)


def publishable(record: Record, *, on: date) -> bool:
    """Whether anyone may see the record on a day: the same rule as ``registry.queries.public_on``."""
    return (
        record.state == Record.State.PUBLISHED
        and record.publish_from is not None
        and record.publish_from <= on
        and (record.publish_until is None or on < record.publish_until)
        and record.entity.kind != Entity.Kind.NATURAL_PERSON
    )


@dataclass(frozen=True, slots=True)
class Given:
    """An event by which a subscriber could have got a record, or has read it, and the terms under which."""

    event: Happened
    terms: tuple[Term, ...]
    read: bool

    @property
    def beside(self) -> bool:
        """Whether it need not have come by the feed."""
        return self.read or any(term.opens("file") for term in self.terms)


def publications_in_scope(
    events: Iterable[Happened], read: frozenset[int], *, item: str, scope: Scope, by: date
) -> list[Given]:
    """Of the events of a record of an item those by which a subscriber could have got it, by a day.

    Args:
        read: the states in which it has read the record one by one, see ``agreed_reads``.
    """
    events = list(events)
    places, held = _places(events), held_by_reading(events, read)
    found = []
    for event in events:
        if terms := _given_under(event, held, item=item, scope=scope, places=places, by=by):
            found.append(Given(event, terms, event.position in held))
    return found


def _earlier(told: Sequence[Happened]) -> dict[int, list[Happened]]:
    """All events of the records of events that are not their first, oldest first."""
    wanted = {event.record_id for event in told if event.kind != "record.committed"}
    found: dict[int, list[Happened]] = {}
    if wanted:
        for event in events_of_all(list(wanted)):
            found.setdefault(event.record_id or 0, []).append(event)
    return found


def _places(events: Sequence[Happened]) -> _Places:
    ids = list({event.entity_id for event in events if event.entity_id is not None})
    if not ids:
        return _Places({}, {})
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, division, kind FROM registry_entity WHERE id = ANY(%s)", [ids])
        entities = {pk: (division, kind) for pk, division, kind in cursor.fetchall()}
        cursor.execute(
            "SELECT entity_id, max(position) FROM registry_event WHERE entity_id = ANY(%s)"
            " AND record_id IS NULL AND kind = 'entity.changed' GROUP BY entity_id",
            [ids],
        )
        return _Places(entities, dict(cursor.fetchall()))
