"""Records that come and go many at a time, the oracle that folds what the journal tells of them, and last checks.

What the registry does set by set is its own: registering entities, taking in and correcting records, withdrawing and
sweeping. Marks of objection are set as its command sets one, many in a transaction; restorations are its command.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from tests.registry.factories import reported, uscc

from goodstanding import proof
from goodstanding.exchange.models import Receipt
from goodstanding.identity import normalise
from goodstanding.registry import commands, entities, journal, records, removals, seal, sweep
from goodstanding.registry.models import Authority, Entity, Record
from goodstanding.registry.reported import ReportedRecord

#: Of two thousand events: those of records, by what they do. The rest are nobody's.
PART = 2_000
COMMITTED, SAID_ANEW, MARKED, RESTORED, WITHDRAWN = 24, 32, 42, 1, 1
#: One in so many new records has a publication that ends within the week.
ENDING = 40
#: Rounds between two sweeps.
SWEEP_EVERY = 20
#: What is nobody's: as other parts of the platform tell the journal of it.
NOBODYS = ("batch.committed", "evidence.fetched", "source.finding")
#: Two digits of the division of each share of the records.
SHARES = ("11", "21", "33", "44")
#: Events in one commit.
COMMIT = 2_500


@dataclass(slots=True)
class _Live:
    """A record that stands, and how often something else was said of it."""

    pk: int
    number: int
    entity: Entity
    said: int = 1


@dataclass
class Life:
    """All records, and how many events of each kind were appended."""

    chance: random.Random
    authority: Authority
    today: date
    live: list[_Live] = field(default_factory=list)
    ending: int = 0
    rounds: int = 0
    made: int = 0
    appended: Counter[str] = field(default_factory=Counter)

    @property
    def standing(self) -> int:
        """How many records are published."""
        return len(self.live) + self.ending

    def round(self, size: int) -> None:
        """So many events, a multiple of ``PART``, in several commits."""
        share, before = size // PART, self.appended.total()
        self._commit(COMMITTED * share)
        if len(self.live) > 2 * (SAID_ANEW + MARKED) * share:
            for change in (self._say_anew, self._correct):
                change(self.chance.sample(self.live, SAID_ANEW * share // 2))
            self._mark(self.chance.sample(self.live, MARKED * share))
            for kept in self._taken(RESTORED * share):
                commands.restore(record_id=kept.pk, at=timezone.now())
                self.appended["record.restored"] += 1
            self._withdraw(self._taken(WITHDRAWN * share))
        self.rounds += 1
        if self.rounds % SWEEP_EVERY == 0:
            self._sweep()
        self._nobodys(size - (self.appended.total() - before))

    def _taken(self, number: int) -> list[_Live]:
        taken = []
        for _ in range(number):
            at = self.chance.randrange(len(self.live))
            self.live[at], self.live[-1] = self.live[-1], self.live[at]
            taken.append(self.live.pop())
        return taken

    def _commit(self, number: int) -> None:
        """Records of entities of their own, so that none is compared with what was removed of its entity."""
        at, numbers = timezone.now(), range(self.made, self.made + number)
        self.made += number
        with transaction.atomic():
            rows = [self._entity(each) for each in numbers]
            made = [outcome.record_id for outcome in entities.register(rows, at=at)]
            by_pk = Entity.objects.in_bulk(made)
            fresh = [_Live(0, each, by_pk[pk]) for each, pk in zip(numbers, made, strict=True)]
            self._take_in(fresh, "record.committed", change="report")
        self.appended["entity.registered"] += number
        self.live += [kept for kept in fresh if kept.number % ENDING]
        self.ending += sum(kept.number % ENDING == 0 for kept in fresh)

    def _entity(self, number: int) -> entities.ReportedEntity:
        name = f"临湖市第{number}商贸有限公司"
        return entities.ReportedEntity(
            row=number,
            identifiers=(("uscc", uscc(number)),),
            kind="organisation",
            name=name,
            name_key=normalise(name),
            division=f"{SHARES[number % len(SHARES)]}0101",
        )

    def _say_anew(self, chosen: Sequence[_Live]) -> None:
        with transaction.atomic():
            self._take_in(chosen, "record.superseded", change="report")

    def _correct(self, chosen: Sequence[_Live]) -> None:
        with transaction.atomic():
            self._take_in(chosen, "record.corrected", change="correct")

    def _take_in(self, chosen: Sequence[_Live], kind: str, *, change: str) -> None:
        rows = []
        for kept in chosen:
            kept.said += kind != "record.committed"
            rows.append(self._reported(kept, change))
        taken = records.take_in(rows, batch=None, today=self.today, at=timezone.now())
        for kept, outcome in zip(chosen, taken, strict=True):
            assert outcome.disposition in ("committed", "superseding") and outcome.record_id, outcome
            kept.pk = outcome.record_id
        self.appended[kind] += len(rows)

    def _reported(self, kept: _Live, change: str) -> ReportedRecord:
        days = 7 if kept.number % ENDING == 0 else 365
        return reported(
            kept.entity,
            self.authority,
            number=f"{kept.number:08}",
            public={"CF_WFXW": f"超范围经营，第{kept.said}次认定"},
            publish_from=self.today - timedelta(days=10),
            restorable_from=self.today - timedelta(days=5),
            publish_until=self.today + timedelta(days=days),
            change=change,
        )

    @transaction.atomic
    def _mark(self, chosen: Sequence[_Live]) -> None:
        held = _locked(chosen)
        for record in held:
            record.disputed = not record.disputed
        for disputed in (True, False):
            pks = [record.pk for record in held if record.disputed is disputed]
            Record.objects.filter(pk__in=pks).update(disputed=disputed)
        kinds = ["record.disputed" if record.disputed else "record.dispute_ended" for record in held]
        events = [commands.record_event(kind, record) for kind, record in zip(kinds, held, strict=True)]
        journal.append(events, at=timezone.now())
        self.appended.update(kinds)

    @transaction.atomic
    def _withdraw(self, chosen: Sequence[_Live]) -> None:
        removals.withdraw_all(_locked(chosen), at=timezone.now(), removed_by=self.authority.pk)
        self.appended["record.withdrawn"] += len(chosen)

    def _sweep(self) -> None:
        """End what ends within the week, as the sweep of a week later does."""
        later = self.today + timedelta(days=7)
        at = datetime(later.year, later.month, later.day, 4, tzinfo=UTC)
        done = sweep.sweep(on=later, at_clock=lambda: at)
        assert done.ended == self.ending, done
        self.appended["record.ended"] += done.ended
        self.ending = 0

    def _nobodys(self, number: int) -> None:
        kind = NOBODYS[self.rounds % len(NOBODYS)]
        for first in range(0, number, COMMIT):
            some = range(first, min(first + COMMIT, number))
            events = [
                journal.NewEvent(kind, {"round": self.rounds, "number": each, "rows": 1}) for each in some
            ]
            with transaction.atomic():
                journal.append(events, at=timezone.now())
        self.appended[kind] += number


def _locked(chosen: Sequence[_Live]) -> list[Record]:
    held = Record.objects.select_for_update(of=("self",)).select_related("entity", "authority", "source")
    return list(held.filter(pk__in=[kept.pk for kept in chosen]).order_by("pk"))


_TOLD = """
    SELECT e.position, r.public_id::text, e.content ->> 'state', e.commitment
    FROM registry_event e JOIN registry_record r ON r.id = e.record_id JOIN registry_entity n ON n.id = r.entity_id
    WHERE e.position > %s AND e.position <= %s AND e.kind LIKE 'record.%%' AND n.division LIKE %s
    ORDER BY e.position
"""
_CHUNK = 500_000


@dataclass
class Fold:
    """What one share must be held as after each position: the journal's events in their order and nothing else.

    ``held`` has position and commitment of the event by which each record is held, ``removals`` the positions that
    took one away.
    """

    share: str
    position: int = 0
    held: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    removals: list[int] = field(default_factory=list)

    def advance(self, to: int) -> None:
        """Fold the events up to a position."""
        for position, record, state, commitment in self._told(to):
            if state == "published":
                self.held[record] = position, bytes(commitment)
            elif self.held.pop(record, None):
                self.removals.append(position)
        self.position = to

    def _told(self, to: int) -> Iterator[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            for after in range(self.position, to, _CHUNK):
                cursor.execute(_TOLD, [after, min(after + _CHUNK, to), f"{self.share}%"])
                yield from cursor.fetchall()


def check_journal(appended: Counter[str]) -> int:
    """Nothing is lost: each position is there once, and of each kind as many as were appended. The log's size."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, count(*), max(position) FROM registry_event GROUP BY kind")
        rows = cursor.fetchall()
    size = sum(count for _, count, _ in rows)
    assert size == max(last for *_, last in rows) == journal.head() == seal.sealed_size()
    kinds = {kind: count for kind, count, _ in rows}
    assert {kind: kinds[kind] for kind in appended} == appended
    return size


def check_receipts(subscriber: int, *, key: bytes, removals: Sequence[int]) -> Counter[str]:
    """A subscriber's receipts: one for each removal that was its own, and each verifies. What they say."""
    receipts = list(Receipt.objects.filter(subscriber=subscriber))
    assert sorted(receipt.removal_position for receipt in receipts) == removals
    actions: Counter[str] = Counter()
    for receipt in receipts:
        said = proof.verify_receipt(proof.SignedReceipt.from_json(receipt.signed), public_key=key)
        assert said.position == receipt.removal_position
        actions[said.action] += 1
    return actions
