"""Sweeps killed at random moments: every due record is changed exactly once, with its event."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from goodstanding.registry import sweep
from goodstanding.registry.models import Event, JournalHead, Record

from ..processes import forked, kill
from ..registry.factories import make_authority, make_entity, reported, take_in

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.crash]

ON = date(2026, 8, 1)
RECORDS = 3_000


def _clock() -> datetime:
    return datetime(2026, 8, 1, 12, tzinfo=UTC)


def test_no_kill_makes_a_sweep_forget_or_repeat_a_record() -> None:
    entity, authority = make_entity(), make_authority()
    chance = random.Random(20261122)
    rows = [
        reported(
            entity,
            authority,
            publish_until=ON + timedelta(days=chance.randrange(-9, 2)),
            restorable_from=ON + timedelta(days=chance.randrange(0, 2)),
        )
        for _ in range(RECORDS)
    ]
    take_in(*rows, today=date(2026, 7, 1))
    sweep.sweep(on=ON - timedelta(days=30), at_clock=_clock)
    killed = 0
    for _ in range(400):
        child = forked(partial(sweep.sweep, on=ON, at_clock=_clock, portion=chance.randrange(5, 60)))
        time.sleep(0.02 + chance.random() * 0.08)
        killed += kill(child)
        if sweep.due(on=ON).total == 0:
            break
    assert killed > 5, "the sweeps were too fast for the kills to prove anything"
    sweep.sweep(on=ON, at_clock=_clock)

    due = Record.objects.filter(publish_until__lte=ON)
    assert due.count() > 1_000
    assert not due.exclude(state=Record.State.ENDED).exists()
    assert not Record.objects.filter(publish_until__gt=ON).exclude(state=Record.State.PUBLISHED).exists()
    told = {
        kind: Counter(Event.objects.filter(kind=kind).values_list("record_id", flat=True))
        for kind in ("record.ended", "record.restorable")
    }
    assert told["record.ended"] == Counter(due.values_list("pk", flat=True))
    assert told["record.restorable"] == Counter(
        Record.objects.filter(restorable_from=ON).values_list("pk", flat=True)
    )
    head = JournalHead.objects.get().position
    assert [*Event.objects.order_by("position").values_list("position", flat=True)] == [*range(1, head + 1)]
