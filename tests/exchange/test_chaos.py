"""Chaos: senders killed, pushes and pages lost, doubled and reordered, one subscriber frozen, one put back to a backup.

In the end every set is what it must be, every receipt verifies, and at no instant did anybody hold what a position that
it had read already took away. ``GOODSTANDING_CHAOS`` sets the number of steps (each about two events).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from goodstanding import proof
from goodstanding.exchange import commands
from goodstanding.exchange.happened import REMOVALS, events_between
from goodstanding.exchange.mirror import Mirror, MirrorError
from goodstanding.exchange.models import Receipt, Subscriber
from goodstanding.exchange.push import CLAIM, state_of
from goodstanding.registry import commands as registry
from goodstanding.registry import decisions, seal
from goodstanding.registry.models import Entity, Event, Record

from ..receiver import Receiver
from ..registry.factories import make_authority, make_entity
from .stage import live_record, make_subscriber, now, seal_all, serving, token_of
from .weather import Weather

pytestmark = pytest.mark.usefixtures("database", "private_allowed")

STEPS = int(os.environ.get("GOODSTANDING_CHAOS", "20"))
MIRRORS = 4


class Life:
    """Records that come and go."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.authority = chance, make_authority()
        self.entities: list[Entity] = [make_entity(), make_entity(), make_entity()]
        self.live: list[int] = []
        self.shielded: list[int] = []

    def step(self) -> None:
        """One new record, and often something else."""
        chance = self.chance
        # Far from each other: a number that looks like a removed record's is stopped at the door.
        number = f"临市监罚〔2026〕{chance.randrange(10**9):09}号"
        self.live.append(live_record(chance.choice(self.entities), self.authority, document_no=number).pk)
        given: dict[str, Any] = {"account_id": None, "at": now()}
        pk = chance.choice(self.live)
        what = chance.random()
        if what < 0.45 and len(self.live) > 4:
            self.live.remove(pk)
            chance.choice([registry.restore, registry.withdraw])(record_id=pk, at=now())
        elif what < 0.6:
            registry.mark_disputed(record_id=pk, disputed=chance.random() < 0.7, at=now())
        elif what < 0.75 and len(self.live) > 4:
            self.live.remove(pk)
            self.shielded.append(pk)
            decisions.shield(record_id=pk, statement="重整计划执行期间暂停公示", **given)
        elif self.shielded:
            back = self.shielded.pop(chance.randrange(len(self.shielded)))
            decisions.unshield(record_id=back, **given)
            self.live.append(back)


@dataclass
class Follower:
    """A subscriber with its mirror behind bad weather, and what the test knows of it."""

    number: int
    subscriber: Subscriber
    key: bytes
    store: Path
    weather: Weather
    mirror: Mirror
    pushes: list[int] = field(default_factory=list)
    frozen: bool = False
    refused: int = 0

    def follow(self) -> None:
        """One round, whatever the weather; then what is held must agree with what was read."""
        if self.frozen:
            return
        try:
            self.mirror.follow_once()
        except MirrorError as error:
            # An old page is refused like a forged one; all else passes by itself.
            assert error.passing or error.code in ("feed.gap", "log.shrunk", "log.split", "feed.root"), error
            self.refused += not error.passing
        self.check()

    def check(self) -> None:
        state = self.mirror._store.state()
        cursor = state.tree.size if state else 0
        held = {each.record for each in self.mirror.holdings()}
        assert held <= may_be_held_at(cursor), f"mirror {self.number} holds what {cursor} positions took away"

    def put_back(self, backup: Path) -> None:
        """Its file as it was some time ago."""
        self.mirror.close()
        for old in self.store.parent.glob(self.store.name + "*"):
            old.unlink()
        shutil.copy(backup, self.store)


def may_be_held_at(position: int) -> set[str]:
    """The records that a reader of the log up to a position may hold: those that the last word on them published."""
    last: dict[str, bool] = {}
    for event in events_between(0, position):
        if event.kind.startswith("record."):
            last[event.content["record"]] = event.publishes
    return {record for record, published in last.items() if published}


@pytest.fixture
def url(database: str) -> Iterator[str]:
    with serving() as address:
        yield address


def followers(url: str, folder: Path, receiver: Receiver, chance: random.Random) -> list[Follower]:
    """Subscribers of the same agreement, each with a push address of its own."""
    found = []
    base = receiver.url.split("/hook")[0]
    for number in range(MIRRORS):
        subscriber, key = make_subscriber(push_url=f"{base}/{number}")
        weather = Weather(random.Random(chance.random()), share=0.2)
        store = folder / f"mirror{number}.sqlite3"
        mirror = Mirror(
            url,
            token_of(subscriber),
            store,
            key,
            page_size=20,
            client=httpx.Client(transport=weather, timeout=60),
        )
        found.append(Follower(number, subscriber, key, store, weather, mirror))
    return found


def deliver(receiver: Receiver, all_of_them: list[Follower], chance: random.Random) -> None:
    """Some of the pushes that have come so far, in any order, some twice, one in a hundred never."""
    for path, _, body in receiver.came:
        copies = 0 if chance.random() < 0.01 else 2 if chance.random() < 0.2 else 1
        all_of_them[int(path[1:])].pushes += [json.loads(body)["data"]["position"]] * copies
    receiver.came.clear()
    waiting = [follower for follower in all_of_them for _ in follower.pushes]
    chance.shuffle(waiting)
    for follower in waiting[: len(waiting) // 2 + 1]:
        follower.pushes.pop(chance.randrange(len(follower.pushes)))
        follower.follow()


def test_whatever_happens_on_the_way_the_sets_are_equal_in_the_end(
    url: str, tmp_path: Path, receiver: Receiver
) -> None:
    chance = random.Random(20261122)
    life = Life(chance)
    everyone = followers(url, tmp_path, receiver, chance)
    frozen, restored = everyone[0], everyone[1]
    backup = tmp_path / "backup.sqlite3"
    clock = now()
    for step in range(STEPS):
        life.step()
        if chance.random() < 0.5:
            seal_all()
        clock += timedelta(hours=7 * 24 / STEPS)  # a week goes by
        commands.dispatch(at=clock)
        if step == STEPS // 6:
            frozen.frozen = True
            Subscriber.objects.filter(pk=frozen.subscriber.pk).update(push_url="http://127.0.0.1:1/")
        if step == STEPS // 3:
            restored.mirror.close()
            shutil.copy(restored.store, backup)
            restored.mirror = again(url, restored)
        if step == 2 * STEPS // 3:
            restored.put_back(backup)
            restored.mirror = again(url, restored)
        deliver(receiver, everyone, chance)
    asleep = Subscriber.objects.get(pk=frozen.subscriber.pk)
    assert state_of(asleep) == "paused" and asleep.position < seal.sealed_size()
    frozen.frozen = False
    Subscriber.objects.filter(pk=asleep.pk).update(push_url=f"{receiver.url.split('/hook')[0]}/0")
    size = seal_all()
    told = False
    while Subscriber.objects.filter(position__lt=size).exists():
        clock += timedelta(days=1)
        commands.dispatch(at=clock)
        told |= "/0" in (path for path, _, _ in receiver.came)
        deliver(receiver, everyone, chance)
        for follower in everyone:
            follower.follow()  # it also looks by itself now and then, so a lost push is not the end
        size = seal_all()
    assert told, "whoever slept is told again once it answers"
    accidents: dict[str, int] = {}
    for follower in everyone:
        for name, number in follower.weather.accidents.items():
            accidents[name] = accidents.get(name, 0) + number
        settle(follower)
    print(f"{size} positions; {accidents}; {sum(each.refused for each in everyone)} pages refused")
    assert all(accidents.get(name) for name in ("request lost", "answer lost", "request doubled", "old page"))
    all_equal(everyone)


def again(url: str, follower: Follower) -> Mirror:
    client = httpx.Client(transport=follower.weather, timeout=60)
    return Mirror(
        url, token_of(follower.subscriber), follower.store, follower.key, page_size=20, client=client
    )


def settle(follower: Follower) -> None:
    """The weather clears; the mirror comes to the end of the log, which its own receipts still lengthen."""
    follower.weather.share = 0
    while follower.mirror.follow_once().position < seal_all():
        follower.check()


def all_equal(everyone: list[Follower]) -> None:
    """Every set is what it must be; each removal has one receipt of each that was told of it, and each verifies."""
    published = {str(each.public_id): each for each in Record.objects.filter(state=Record.State.PUBLISHED)}
    removals = set(Event.objects.filter(kind__in=REMOVALS).values_list("position", flat=True))
    assert removals
    for follower in everyone:
        held = {each.record: each.version for each in follower.mirror.holdings()}
        assert held == {record: each.version for record, each in published.items()}, follower.number
        for record in held:
            follower.mirror.verify_holding(record)
        receipts = Receipt.objects.filter(subscriber=follower.subscriber)
        assert sorted(receipts.values_list("removal_position", flat=True)) == sorted(removals)
        for receipt in receipts:
            signed = proof.SignedReceipt.from_json(receipt.signed)
            proof.verify_receipt(signed, public_key=proof.public_key(follower.key))
        follower.mirror.close()
    positions = Event.objects.order_by("position").values_list("position", flat=True)
    assert list(positions) == list(range(1, len(positions) + 1)), "the journal has no gap"
    recorded = Event.objects.filter(kind="receipt.recorded").count()
    assert recorded == len(everyone) * len(removals), "a receipt sent again is no second receipt"


@pytest.mark.crash
def test_a_sender_killed_between_commit_and_send_tells_everyone_in_the_end(receiver: Receiver) -> None:
    chance = random.Random(5)
    life = Life(chance)
    base = receiver.url.split("/hook")[0]
    subscribers = [make_subscriber(push_url=f"{base}/{number}")[0] for number in range(4)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen([sys.executable, "-m", "tests.exchange.sender"], **pipes) as nursery:
        assert nursery.stdin is not None and nursery.stdout is not None
        for _ in range(12):
            nursery.stdin.write("another\n")
            sender = int(nursery.stdout.readline())
            deadline = time.monotonic() + chance.random() * 0.4
            try:
                while time.monotonic() < deadline:
                    life.step()
            finally:
                os.kill(sender, signal.SIGKILL)
            assert int(nursery.stdout.readline()) == -signal.SIGKILL, "the sender stopped by itself"
        nursery.stdin.close()
    size = seal_all()
    commands.dispatch(at=now() + CLAIM)
    last: dict[str, int] = {}
    for path, _, body in receiver.came:
        last[path] = max(last.get(path, 0), json.loads(body)["data"]["position"])
    assert last == {f"/{number}": size for number in range(4)}
    assert {each.pushed_position for each in Subscriber.objects.all()} == {size}
    assert {state_of(each) for each in Subscriber.objects.all()} == {"on"}
    assert len(subscribers) == 4


class Replay(httpx.BaseTransport):
    """Answers the feed with whichever true page a test holds out, and takes every receipt and position."""

    def __init__(self) -> None:
        self.page = b""
        self._real = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/feed"):
            return httpx.Response(200, content=self.page)
        return self._real.handle_request(request) if request.method == "GET" else httpx.Response(200, json={})

    def close(self) -> None:
        self._real.close()


def test_a_late_page_never_undoes_a_newer_one_in_whatever_order_pages_come(url: str, tmp_path: Path) -> None:
    """Every page is true and signed. Pages come in any order, doubled, and with any of them lost."""
    life = Life(random.Random(3))
    subscriber, key = make_subscriber()
    token = token_of(subscriber)
    headers = {"Authorization": f"Bearer {token}"}
    pages: list[bytes] = []
    with httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=60) as client:
        for _ in range(5):
            for _ in range(3):
                life.step()
            size = seal_all()
            for after in range(0, size, 5):
                for limit in (4, 1000):
                    pages.append(client.get("/feed", params={"after": after, "limit": limit}).content)
    ends = sorted(pages, key=lambda page: json.loads(page)["after"])
    allowed = {position: may_be_held_at(position) for position in range(size + 1)}
    numbers = iter(range(10**6))

    @given(st.data())
    @hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[*HealthCheck])
    def in_any_order(data: st.DataObject) -> None:
        replay = Replay()
        store = tmp_path / f"m{next(numbers)}.sqlite3"
        mirror = Mirror(url, token, store, key, client=httpx.Client(transport=replay, timeout=60))
        cursor = 0
        for _ in range(data.draw(st.integers(1, 12))):
            near = [page for page in ends if json.loads(page)["after"] == cursor] or ends
            replay.page = data.draw(st.sampled_from(near if data.draw(st.booleans()) else ends))
            try:
                mirror.follow_once()
            except MirrorError as error:
                assert error.code in ("feed.gap", "log.shrunk", "log.split", "feed.root"), error
            state = mirror._store.state()
            assert state is None or state.tree.size >= cursor
            cursor = state.tree.size if state else 0
            assert {each.record for each in mirror.holdings()} <= allowed[cursor]
        mirror.close()

    in_any_order()
