"""What one recipient must hold, as of a position that it has applied: its set's digest, bucket sums and elements.

It is made from the cells (`held_sets`), which stand at the journal's head: what has changed since the position is taken
back, record by record. Agreements and the places of entities count as they are now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from goodstanding.proof.set_digest import BUCKETS, SetDigest, add_sums, sum_of, unpack_sums
from goodstanding.registry.models import ForeignRecord

from . import canary_feed, held_sets
from .canary_tables import Canary
from .held_sets import PART, Held
from .models import Agreement, SetCell, SetCursor, SetSums, Subscriber
from .queries import scope_for
from .scope import Term, term_of

#: Changes of records since the position beyond which nothing is compared: follow the feed first. All of them are looked
#: up for each of a round's up to 129 requests.
MAX_CHANGED = 10_000

_CHANGED = """
    SELECT record_id FROM registry_event
    WHERE position > %s AND position <= %s AND record_id IS NOT NULL AND kind LIKE 'record.%%' LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """The terms that count on a day: those that hold, and the last ones of agreements that are suspended.

    What only a suspended agreement covers may be held as it was, and is not sent meanwhile. ``asking``: those under
    which records are read one by one; they may be held and need not. ``kept_back``: the records of other instances that
    may not be passed on to the recipient. ``canaries``: all that were ever planted for it.
    """

    holding: tuple[Term, ...]
    waiting: tuple[Term, ...]
    asking: tuple[Term, ...] = ()
    kept_back: frozenset[int] = frozenset()
    canaries: tuple[Canary, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """All that count, whether anything is sent under them today or not."""
        return self.holding + self.waiting

    def covers(self, entry: Held) -> bool:
        """Whether the recipient must hold such a record."""
        return entry.record not in self.kept_back and _matched(self.terms, entry)

    def allows(self, entry: Held) -> bool:
        """Whether the recipient may hold such a record because it has read it."""
        return entry.record not in self.kept_back and _matched(self.asking, entry)

    def sends(self, entry: Held) -> bool:
        """Whether it is sent to it today."""
        return entry.record not in self.kept_back and _matched(self.holding, entry)


@dataclass(slots=True)
class Expected:
    """A set as it must be. ``then`` and ``now``: of the records changed since the position, what they were and are;
    ``canaries``: those that were published at it.
    """

    reach: Reach
    on: date
    count: int = 0
    digest: SetDigest = field(default_factory=SetDigest)
    sums: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    then: dict[int, Held] = field(default_factory=dict)
    now: dict[int, Held] = field(default_factory=dict)
    canaries: list[Held] = field(default_factory=list)

    def elements(self, buckets: Iterable[int]) -> dict[int, list[Held]]:
        """The records of some buckets."""
        found: dict[int, list[Held]] = {bucket: [] for bucket in buckets}
        standing = held_sets.entries_of_buckets(found)
        of_then = {record: entry for record, entry in self.then.items() if entry.bucket in found}
        for record in self.now.keys() & standing.keys():
            del standing[record]
        of_canaries = [entry for entry in self.canaries if entry.bucket in found]
        for entry in (*standing.values(), *of_then.values(), *of_canaries):
            if self._counts(entry):
                found[entry.bucket].append(entry)
        return found

    def _counts(self, entry: Held) -> bool:
        begun = entry.begins is None or entry.begins <= self.on
        return begun and self.reach.covers(entry)

    def _change(self, entry: Held, *, sign: int) -> None:
        self.count += sign
        (self.digest.add if sign > 0 else self.digest.remove)(entry.element)
        change = sum_of([entry.element] if sign > 0 else [], less=[] if sign > 0 else [entry.element])
        self.sums[entry.bucket] = add_sums(self.sums[entry.bucket], change)


def reach_of(subscriber: Subscriber, *, on: date) -> Reach:
    """The terms of a subscriber's agreements that count on a day."""
    holding: list[Term] = []
    waiting: list[Term] = []
    asking: list[Term] = []
    for agreement in subscriber.agreements.prefetch_related("terms__version"):
        terms = [term_of(row) for row in agreement.terms.all()]
        for term in terms:
            if term.holds(on):
                (holding if term.gives_all else asking).append(term)
        if (last := _last_of_suspended(agreement)) is not None:
            (waiting if last.gives_all else asking).append(last)
    names = [*scope_for(subscriber).names]
    foreign = ForeignRecord.objects.exclude(onward__overlap=names)
    kept_back = frozenset(foreign.values_list("record_id", flat=True))
    canaries = tuple(canary_feed.of(subscriber.pk))
    return Reach(tuple(holding), tuple(waiting), tuple(asking), kept_back, canaries)


def expected(*, reach: Reach, position: int, on: date) -> Expected | None:
    """What must be held as of a position, on a day. Call it with `held_sets.lock` taken and the cells at the position
    or beyond.

    Returns:
        None where records have changed more than 10,000 times since the position.
    """
    until = SetCursor.objects.get().until
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, [position, until, MAX_CHANGED + 1])
        changes = [record for (record,) in cursor.fetchall()]
    if len(changes) > MAX_CHANGED:
        return None
    changed = sorted(set(changes))
    made = Expected(reach, on)
    _add_cells(made)
    for entry in held_sets.entries(reach.kept_back).values() if reach.kept_back else ():
        if _matched(reach.terms, entry):
            made._change(entry, sign=-1)
    made.now = held_sets.entries(changed)
    made.then = held_sets.published(changed, until=position, on=on)
    for entry in made.now.values():
        if reach.covers(entry):
            made._change(entry, sign=-1)
    for entry in made.then.values():
        if made._counts(entry):
            made._change(entry, sign=1)
    made.canaries = canary_feed.held(reach.canaries, position=position, on=on)
    for entry in made.canaries:
        if made._counts(entry):
            made._change(entry, sign=1)
    for entry in held_sets.entries_that_begin_after(on).values():
        if entry.record not in made.now and reach.covers(entry):
            made._change(entry, sign=-1)
    return made


def _add_cells(made: Expected) -> None:
    places: dict[tuple[str, str], frozenset[str]] = {}
    wanted = []
    for pk, item, kind, prefix in SetCell.objects.values_list("pk", "item", "kind", "prefix"):
        if (item, kind) not in places:
            places[item, kind] = _prefixes(made.reach.terms, kind=kind, item=item)
        if prefix in places[item, kind]:
            wanted.append(pk)
    for count, digest in SetCell.objects.filter(pk__in=wanted).values_list("count", "digest"):
        made.count += count
        made.digest.join(SetDigest.from_bytes(bytes(digest)))
    for part, packed in SetSums.objects.filter(cell__in=wanted).values_list("part", "sums"):
        for bucket, sum_ in enumerate(unpack_sums(bytes(packed)), PART * part):
            made.sums[bucket] = add_sums(made.sums[bucket], sum_)


def _prefixes(terms: Iterable[Term], *, kind: str, item: str) -> frozenset[str]:
    """The prefixes of divisions that terms let in of an item, none inside another."""
    found: set[str] = set()
    for term in terms:
        if kind in term.kinds or item in term.items:
            found.update(term.prefixes or ("",))
    return frozenset(
        prefix for prefix in found if not any(other != prefix and prefix.startswith(other) for other in found)
    )


def _matched(terms: Iterable[Term], entry: Held) -> bool:
    return any(term.matches(kind=entry.kind, item=entry.item, division=entry.division) for term in terms)


def _last_of_suspended(agreement: Agreement) -> Term | None:
    if agreement.suspended_on is None:
        return None
    rows = [row for row in agreement.terms.all() if row.last_read is not None]
    return term_of(max(rows, key=lambda row: row.pk)) if rows else None
