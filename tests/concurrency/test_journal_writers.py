"""Eight writers at once, and followers that must miss nothing, see nothing twice, and see it in order.

The writers are processes with connections of their own that go through the registry's own commands: taking
records in, restoring, disputing and superseding them, with roll-backs among them. One follower polls the journal
with ``position > n``; another follows the sealed feed while a sealer seals.
"""

from __future__ import annotations

import itertools
import os
import random
import time
from datetime import date

import pytest
from django.conf import settings
from django.db import connection, transaction

from goodstanding import proof
from goodstanding.exchange import queries
from goodstanding.registry import commands, journal, records, seal
from goodstanding.registry.models import Authority, Entity, Event, JournalHead, Record

from ..exchange.stage import KINDS, SIGNER, make_subscriber, now, seal_all
from ..processes import forked
from ..registry.factories import AT, far_apart, make_authority, make_entity, reported

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.concurrency]

WRITERS = 8
EVENTS_EACH = 600
ON = date(2026, 6, 1)


def _write(number: int, entity_id: int, authority_id: int) -> None:
    """Append at least ``EVENTS_EACH`` events in transactions of one to a few events, some rolled back."""
    chance = random.Random(number)
    entity, authority = Entity.objects.get(pk=entity_id), Authority.objects.get(pk=authority_id)
    numbers = itertools.count(number * 10_000)
    mine: list[int] = []
    written = 0
    while written < EVENTS_EACH:
        kind = chance.random()
        if kind < 0.6 or len(mine) < 3:
            rows = [
                reported(entity, authority, number=far_apart(next(numbers)))
                for _ in range(chance.randint(1, 4))
            ]
            with transaction.atomic():
                outcomes = records.take_in(rows, batch=None, today=ON, at=AT)
            # A few numbers are one slip away from a removed record's and wait for the operator: nothing was committed.
            new = [outcome.record_id for outcome in outcomes if outcome.disposition == "committed"]
            mine += [pk for pk in new if pk]
            written += len(new)
        elif kind < 0.7:
            commands.restore(record_id=mine.pop(chance.randrange(len(mine))), at=AT)
            written += 1
        elif kind < 0.9:
            pk = chance.choice(mine)
            commands.mark_disputed(record_id=pk, disputed=chance.random() < 0.5, at=AT)
            written += 1
        else:
            try:
                with transaction.atomic():
                    journal.append([journal.NewEvent("test.rolled_back", {"writer": number})] * 3, at=AT)
                    raise _ChangedMind
            except _ChangedMind:
                continue


class _ChangedMind(Exception):
    """Rolls a transaction back."""


def _running(children: list[int]) -> bool:
    """Whether any child still runs; one that failed fails the test."""
    for child in list(children):
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            children.remove(child)
            assert os.waitstatus_to_exitcode(status) == 0, "a writer failed; see its traceback above"
    return bool(children)


def _start() -> list[int]:
    entities = [make_entity(f"第{number}公司") for number in range(WRITERS)]
    authority = make_authority()
    return [
        forked(lambda number=number, entity=entity: _write(number, entity.pk, authority.pk))  # type: ignore[misc]
        for number, entity in enumerate(entities)
    ]


def test_a_follower_of_the_journal_misses_nothing_and_sees_nothing_twice() -> None:
    children = _start()
    seen: list[int] = []
    polls = 0

    def poll() -> None:
        last = seen[-1] if seen else 0
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT position FROM registry_event WHERE position > %s ORDER BY position", [last]
            )
            seen.extend(row[0] for row in cursor.fetchall())

    while _running(children):
        poll()
        polls += 1
        time.sleep(0.002)
    poll()
    head = JournalHead.objects.get().position
    print(f"{WRITERS} writers, {head} events, {polls} polls")
    assert head >= WRITERS * EVENTS_EACH >= 4_000
    assert polls > 50, "the follower must have looked while they wrote"
    assert seen == list(range(1, head + 1))
    assert not Event.objects.filter(kind="test.rolled_back").exists()
    # Each record's own events are in its order: committed first, nothing after its restoration.
    for record in Record.objects.filter(state=Record.State.RESTORED)[:50]:
        kinds = list(Event.objects.filter(record=record).order_by("position").values_list("kind", flat=True))
        assert kinds[0] == "record.committed" and kinds[-1] == "record.restored"
        assert kinds.count("record.restored") == kinds.count("record.committed") == 1


def test_a_follower_of_the_sealed_feed_misses_nothing_and_its_root_is_the_signed_one() -> None:
    subscriber, _ = make_subscriber(kinds=KINDS)
    children = _start()
    sealer = forked(lambda: _seal_until_told(os.getppid()))
    tree = proof.CompactRange()
    published: set[str] = set()
    pages = 0

    def follow() -> None:
        nonlocal pages
        page = queries.feed(subscriber=subscriber, after=tree.size, limit=500, on=ON)
        for entry in page.entries:
            assert entry.happened.position == tree.size + 1
            tree.append(proof.leaf_hash(entry.happened.commitment))
            if entry.record is not None:
                published.add(str(entry.record.public_id))
            elif entry.reach == "removal":
                published.discard(entry.happened.content["record"])
        if page.entries:
            pages += 1
            assert page.checkpoint is not None
            if page.position == page.checkpoint.size:
                assert tree.root() == bytes(page.checkpoint.root)

    try:
        while _running(children):
            follow()
    finally:
        os.kill(sealer, 9)
        os.waitpid(sealer, 0)
    size = seal_all()
    while tree.size < size:
        follow()
    print(f"{WRITERS} writers, {size} events, {pages} pages")
    assert size == JournalHead.objects.get().position >= 4_000 and pages > 5
    last = seal.latest()
    assert last is not None and tree.root() == bytes(last.root)
    assert published == {str(item.public_id) for item in Record.objects.filter(state="published")}


def _seal_until_told(parent: int) -> None:
    while os.getppid() == parent:
        if seal.seal(signer=SIGNER, origin=settings.LOG_ORIGIN, at=now()) is None:
            time.sleep(0.01)
