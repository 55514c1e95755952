"""Sealers killed at random moments, several at once: the log is whole, gap-free, and one log only."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial

import pytest
from django.conf import settings
from django.db import connection, transaction

from goodstanding import proof
from goodstanding.registry import journal, seal
from goodstanding.registry.models import Checkpoint, Event, JournalHead, Tile

from ..exchange.stage import SIGNER, now, seal_all
from ..processes import forked, kill

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.crash]

KILLS = 40


def _for_ever(action: Callable[[], None]) -> None:
    while True:
        action()


def _seal_a_little() -> None:
    seal.seal(signer=SIGNER, origin=settings.LOG_ORIGIN, at=now(), limit=random.randint(1, 300))


def _append_some() -> None:
    with transaction.atomic():
        journal.append([journal.NewEvent("test.happened") for _ in range(random.randint(1, 200))], at=now())


def test_the_log_survives_forty_kills_of_sealers_and_writers() -> None:
    chance = random.Random(20261122)
    sizes = [0]
    for number in range(KILLS):
        children = [forked(partial(_for_ever, act)) for act in (_append_some, _seal_a_little, _seal_a_little)]
        time.sleep(0.05 + chance.random() * 0.15)
        chance.shuffle(children)
        for child in children:
            assert kill(child), "it worked until it was killed"
        checkpoint = seal.latest()
        sizes.append(checkpoint.size if checkpoint else 0)
        assert sizes[-1] >= sizes[-2], "a checkpoint was lost"
        if number % 10 == 0 and checkpoint is not None:
            assert proof.root_at(size=checkpoint.size, store=seal.DatabaseTiles()) == bytes(checkpoint.root)
    connection.close()
    head = JournalHead.objects.get().position
    assert head > 1000 and sizes[-1] > 500, "the test did not do enough to prove anything"
    assert list(Event.objects.order_by("position").values_list("position", flat=True)) == list(
        range(1, head + 1)
    )
    assert seal_all() == head

    tree = proof.CompactRange()
    roots = {item.size: bytes(item.root) for item in Checkpoint.objects.all()}
    for commitment in Event.objects.order_by("position").values_list("commitment", flat=True):
        tree.append(proof.leaf_hash(bytes(commitment)))
        if tree.size in roots:
            assert tree.root() == roots.pop(tree.size), f"another history at {tree.size}"
    assert not roots
    for checkpoint in Checkpoint.objects.all():
        state = proof.verify_checkpoint(checkpoint.note, origin=settings.LOG_ORIGIN, keys=[SIGNER.verifier])
        assert (state.size, state.root) == (checkpoint.size, bytes(checkpoint.root))
    for tile in Tile.objects.all():
        width = proof.tiles.tile_width(level=tile.level, index=tile.index, size=head)
        assert tile.width == width and len(bytes(tile.data)) == 32 * width
