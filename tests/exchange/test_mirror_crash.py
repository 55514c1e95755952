"""A mirror killed at random moments, many times, while records come and go: nothing lost, nothing doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from goodstanding.exchange import queries
from goodstanding.exchange.mirror import Mirror
from goodstanding.exchange.models import Receipt
from goodstanding.registry import commands as registry
from goodstanding.registry.models import Event, Record

from ..registry.factories import make_authority, make_entity
from .places import Place
from .places import place as place
from .stage import live_record, make_subscriber, now, seal_all, serving, today, token_of

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.crash]

KILLS = 40


def test_a_mirror_killed_forty_times_holds_exactly_what_it_may(place: Place) -> None:
    chance = random.Random(20261122)
    authority = make_authority()
    subscriber, key = make_subscriber()
    token, store = token_of(subscriber), place.store
    done = threading.Event()

    def life_goes_on() -> None:
        """Records come, are disputed, superseded and removed, and are sealed, until the killing is over."""
        live: list[int] = []
        try:
            while not done.is_set() or len(live) < 20:
                live.append(live_record(make_entity(), authority).pk)
                if len(live) > 5 and chance.random() < 0.6:
                    pk = live.pop(chance.randrange(len(live)))
                    chance.choice([registry.restore, registry.withdraw])(record_id=pk, at=now())
                if chance.random() < 0.3:
                    registry.mark_disputed(record_id=chance.choice(live), disputed=True, at=now())
                if chance.random() < 0.5:
                    seal_all()
                time.sleep(0.02)
        finally:
            connection.close()

    with serving() as url:
        writers = ThreadPoolExecutor(1)
        writing = writers.submit(life_goes_on)
        try:
            command = [sys.executable, "-m", "tests.exchange.victim", url, token, store, key.hex()]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            with subprocess.Popen(command, text=True, bufsize=1, **pipes) as nursery:
                assert nursery.stdin is not None and nursery.stdout is not None
                patience, known = 1.0, 0
                for _ in range(KILLS):
                    nursery.stdin.write("another\n")
                    victim = int(nursery.stdout.readline())
                    time.sleep(patience * (0.05 + chance.random() * 0.4))
                    os.kill(victim, signal.SIGKILL)
                    assert int(nursery.stdout.readline()) == -signal.SIGKILL, "the mirror stopped by itself"
                    subscriber.refresh_from_db()
                    # On a busy machine a mirror gets longer until it has come a step further.
                    patience = max(1.0, patience * (0.75 if subscriber.position > known else 1.5))
                    known = subscriber.position
                nursery.stdin.close()
        finally:
            done.set()
            writers.shutdown()
        writing.result()
        subscriber.refresh_from_db()
        print(f"{KILLS} kills, {subscriber.position} positions confirmed among them")
        assert subscriber.position > 10, "the mirrors did too little between the kills to prove anything"
        size = seal_all()
        mirror = Mirror(url, token, store, key)
        while mirror.follow_once().position < size:
            pass
        held = {item.record for item in mirror.holdings()}
        mirror.close()
    assert held == {str(item.public_id) for item in Record.objects.filter(state=Record.State.PUBLISHED)}
    gone = Record.objects.exclude(state=Record.State.PUBLISHED)
    assert gone.exists()
    removals = Event.objects.filter(kind__in=["record.restored", "record.withdrawn"])
    assert sorted(Receipt.objects.values_list("removal_position", flat=True)) == sorted(
        removals.values_list("position", flat=True)
    )
    assert Event.objects.filter(kind="receipt.recorded").count() == removals.count()
    for record in gone:
        (holder,) = queries.holders(record, today())
        assert holder.state in ("dropped", "never_held")
