"""Chaos over ten million events: senders killed, answers lost, a mirror asleep for a week, one put back to a backup.

Method: a live platform (web server, worker, PostgreSQL with fsync) and four mirrors, each a process with a store of its
own (three SQLite files, one PostgreSQL schema) and an agreement over its own quarter of the country. One event in
twenty is of a record: committed, superseded, corrected, marked, restored, withdrawn, ended (two or three of a hundred
of these are removals); each lies in one mirror's share. The rest are nobody's, and every mirror proves every position.
Events are appended while the mirrors follow; who falls behind is waited for. The weather is seeded (what happens after
which round; when it meets whom is the machine's): one in a hundred requests is lost on its way, one answer lost, one
request doubled, one page an old one; pushes are dropped, doubled and taken up in any order. Web server, worker and
mirrors get SIGKILL, the worker in turn just after a commit and just after a seal. One mirror is stopped while a week of
pushes goes by; one is put back to its store of long ago.

While it goes on: no mirror applies a state after a newer one of the same record (looked at in the transaction of each
change), and none holds what the positions that it has read took away. In the end: every set is what the journal's
events say, folded in their order by nothing of the exchange, record by record with position and commitment; every
receipt verifies, each removal has its one, no row awaits another; reconciliation says equal; the audit of the log
reaches its signed root; the journal, the log and what each mirror verified have one size, and of each kind of event
there are as many as were appended. ``GOODSTANDING_BENCH_EVENTS`` sets the number.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from .chaos_mirror import Follower
from .common import installation, machine

EVENTS = int(os.environ.get("GOODSTANDING_BENCH_EVENTS", "10_000_000"))
SEED = 20261123
#: Events between two looks at the sky.
ROUND = max(2_000, min(10_000, EVENTS // 200_000 * 2_000))
ROUNDS = EVENTS // ROUND
#: Positions by which the slowest mirror may be behind before nothing more is appended.
BEHIND = 20 * ROUND
#: How often each is killed.
KILLS = {"worker": 16, "web": 8, "mirror": 12}
#: Of a hundred requests so many meet with an accident, of four kinds in turn.
ACCIDENTS = 0.04
ASLEEP, PUT_BACK = 1, 2
#: When, as shares of all rounds: asleep from and to, a backup, put back to it; how often all is looked at.
SLEEP, WAKE, BACKUP, BACK, LOOKS = 0.2, 0.4, 0.3, 0.6, 5


def main() -> None:
    """Run, check and print."""
    print(f"chaos: {machine()}; {EVENTS:,} events in rounds of {ROUND:,}", flush=True)
    os.environ["GOODSTANDING_PUSH_PRIVATE"] = "yes"
    os.environ["GOODSTANDING_ENGINE"] = "rows"  # the lake follows the registry elsewhere
    with installation() as folder:
        from goodstanding.site.serve import platform

        followers = subscribe(folder)
        with platform(host="127.0.0.1", port=8950, workers=2, patience=300) as running:
            storm = Storm(folder, running, followers)
            with storm.mirrors():
                storm.blow()
                storm.settle()
            storm.reconcile()
        storm.check()


def subscribe(folder: Path) -> list[Follower]:
    """One subscriber for each share, with what its mirror needs."""
    from tests.exchange.stage import make_subscriber, token_of

    from goodstanding.exchange.models import Subscriber
    from goodstanding.site.serve import free_port

    from .chaos_life import SHARES

    made = []
    for number, share in enumerate(SHARES):
        port = free_port("127.0.0.1", 8970 + 5 * number)
        subscriber, key = make_subscriber(divisions=[f"{share}0000"], push_url=f"http://127.0.0.1:{port}/")
        store = folder / f"mirror{number}.sqlite3"
        in_database = number == len(SHARES) - 1
        plan = {
            "token": token_of(subscriber),
            "key": key.hex(),
            "store": f"{os.environ['DATABASE_URL']}?schema=mirror" if in_database else str(store),
            "port": port,
            "share": ACCIDENTS,
            "seed": SEED + 100 * number,
        }
        made.append(Follower(number, subscriber.pk, plan, folder / f"mirror{number}.json"))
    assert Subscriber.objects.count() == len(SHARES)
    return made


class Storm:
    """The run: what happens when, and what is known of it."""

    def __init__(self, folder: Path, running: Any, followers: list[Follower]) -> None:
        from django.utils import timezone
        from tests.registry.factories import make_authority

        from .chaos_life import SHARES, Fold, Life

        self.folder, self.running, self.followers = folder, running, followers
        self.chance = random.Random(SEED)
        self.life = Life(random.Random(SEED), make_authority(), timezone.localdate())
        self.folds = [Fold(share) for share in SHARES]
        self.clock = timezone.now()
        self.kills: Counter[str] = Counter()
        self.slept: list[str] = []
        self.went_back = ""
        self.sealed = self._listener()
        for follower in followers:
            follower.plan["url"] = running.url
        self.after = self._plan()
        self.began = time.perf_counter()

    def _listener(self) -> Any:
        import psycopg

        listener = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        listener.execute("LISTEN goodstanding_sealed")
        return listener

    def _plan(self) -> dict[int, list[str]]:
        """What happens after which round."""
        plan: dict[int, list[str]] = {}
        for name, times in KILLS.items():
            for _ in range(times):
                plan.setdefault(self.chance.randrange(ROUNDS // 20, ROUNDS), []).append(name)
        nights = [SLEEP + (WAKE - SLEEP) * night / 8 for night in range(1, 8)]
        looks = [each / LOOKS for each in range(1, LOOKS)]
        for name, shares in (
            ("sleep", [SLEEP]),
            ("night", nights),
            ("wake", [WAKE]),
            ("backup", [BACKUP]),
            ("back", [BACK]),
            ("look", looks),
        ):
            for share in shares:
                plan.setdefault(int(share * ROUNDS), []).append(name)
        return plan

    @contextlib.contextmanager
    def mirrors(self) -> Iterator[None]:
        """All mirrors run for the length of a block."""
        try:
            for follower in self.followers:
                follower.start()
            yield
        finally:
            for follower in self.followers:
                if follower.process is not None:
                    follower.process.kill()
                    follower.process.wait()

    def blow(self) -> None:
        """Append everything, in all weathers."""
        for number in range(1, ROUNDS + 1):
            self.life.round(ROUND)
            for name in self.after.get(number, ()):
                getattr(self, f"_{name}")()
            self._wait_for_who_is_behind()
            if number % max(1, ROUNDS // 20) == 0:
                self._say_how_far()

    def _positions(self) -> list[int]:
        from goodstanding.exchange.models import Subscriber

        known = dict(Subscriber.objects.values_list("pk", "position"))
        return [known[follower.subscriber] for follower in self.followers]

    def _wait_for_who_is_behind(self) -> None:
        while True:
            head = self.life.appended.total()
            for follower, position in zip(self.followers, self._positions(), strict=True):
                assert follower.process is not None and follower.process.poll() is None, follower.number
                follower.caught_up |= head - position < BEHIND and follower.number not in self._asleep()
                if follower.caught_up and head - position > BEHIND:
                    break
            else:
                return
            time.sleep(0.2)

    def _asleep(self) -> list[int]:
        return [] if len(self.slept) in (0, 2) else [ASLEEP]

    def _say_how_far(self) -> None:
        from goodstanding.exchange.models import Receipt
        from goodstanding.registry import journal, seal

        places = " ".join(f"{position:,}" for position in self._positions())
        print(
            f"  {time.perf_counter() - self.began:6.0f} s: {journal.head():,} appended, {seal.sealed_size():,} sealed;"
            f" mirrors at {places}; {Receipt.objects.count():,} receipts, {self.life.standing:,} records stand,"
            f" {sum(self.kills[name] for name in KILLS)} kills",
            flush=True,
        )

    def _worker(self) -> None:
        """Kill the worker: in turn just after a commit, and just after a seal."""
        if self.kills["worker"] % 2:
            for _ in self.sealed.notifies(timeout=0):
                pass
            for _ in self.sealed.notifies(timeout=5, stop_after=1):
                pass
        self._kill("worker")

    def _web(self) -> None:
        self._kill("web")

    def _kill(self, name: str) -> None:
        from goodstanding.exchange.models import Subscriber
        from goodstanding.registry import journal, seal

        process = self.running.processes[name]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        sealed = seal.sealed_size()
        self.kills[name] += 1
        self.kills[f"{name}, committed and not sealed"] += sealed < journal.head()
        self.kills[f"{name}, sealed and not sent"] += Subscriber.objects.filter(
            pushed_position__lt=sealed, position__lt=sealed
        ).exists()
        self.running.keep_running()

    def _mirror(self) -> None:
        awake = [follower for follower in self.followers if follower.number not in self._asleep()]
        follower = self.chance.choice(awake)
        follower.kill()
        self.kills["mirror"] += 1
        follower.start()

    def _sleep(self) -> None:
        self.followers[ASLEEP].signal(signal.SIGSTOP)
        self.followers[ASLEEP].caught_up = False
        self.slept.append(f"at {self._positions()[ASLEEP]:,}")

    def _night(self) -> None:
        """A day goes by for those who push."""
        from goodstanding.exchange import commands

        self.clock += timedelta(days=1)
        commands.dispatch(at=self.clock)

    def _wake(self) -> None:
        """After the week it is paused; awake, it is told again."""
        from goodstanding.exchange.models import Subscriber
        from goodstanding.exchange.push import state_of
        from goodstanding.registry import seal

        pk = self.followers[ASLEEP].subscriber
        asleep = Subscriber.objects.get(pk=pk)
        assert state_of(asleep) == "paused", (state_of(asleep), asleep.push_failures)
        behind = seal.sealed_size() - asleep.position
        self.followers[ASLEEP].signal(signal.SIGCONT)
        self.slept.append(f"{behind:,} behind, paused after {asleep.push_failures} pushes")
        while state_of(Subscriber.objects.get(pk=pk)) != "on":
            self._night()

    def _backup(self) -> None:
        """Copy the store while its mirror goes on, as a backup does."""
        with (
            sqlite3.connect(self.followers[PUT_BACK].plan["store"]) as store,
            sqlite3.connect(self.folder / "backup.sqlite3") as backup,
        ):
            store.backup(backup)

    def _back(self) -> None:
        follower, before = self.followers[PUT_BACK], self._positions()[PUT_BACK]
        follower.kill()
        store = Path(follower.plan["store"])
        for old in store.parent.glob(store.name + "*"):
            old.unlink()
        shutil.copy(self.folder / "backup.sqlite3", store)
        self.went_back = f"from {before:,} to {follower.held()[0]:,}"
        self.folds[PUT_BACK] = type(self.folds[PUT_BACK])(self.folds[PUT_BACK].share)
        follower.caught_up = False
        follower.start()

    def _look(self) -> None:
        """Nobody holds what the positions that it has read took away, nor a state newer than they tell."""
        for follower, fold in zip(self.followers, self.folds, strict=True):
            if follower.number in self._asleep():
                continue
            cursor, held = follower.held()
            fold.advance(cursor)
            stale = [
                record
                for record, at in held.items()
                if record not in fold.held or at[0] > fold.held[record][0]
            ]
            assert not stale, f"mirror {follower.number} at {cursor} holds {stale[:5]} of {len(stale)}"

    def settle(self) -> None:
        """The weather clears; everyone comes to the end of the log, which receipts still lengthen."""
        from goodstanding.exchange.models import AwaitedReceipt
        from goodstanding.registry import journal

        appended = time.perf_counter() - self.began
        print(
            f"  all appended after {appended:.0f} s, {EVENTS / appended:,.0f} events/s; the weather clears",
            flush=True,
        )
        for follower in self.followers:
            follower.signal(signal.SIGUSR1)
        said = time.monotonic()
        while min(self._positions()) < journal.head() or AwaitedReceipt.objects.exists():
            for follower in self.followers:
                assert follower.process is not None and follower.process.poll() is None, follower.number
            time.sleep(1.0)
            if time.monotonic() - said > 60:
                self._say_how_far()
                said = time.monotonic()
        self._say_how_far()
        print(f"  settled after {time.perf_counter() - self.began:.0f} s")

    def reconcile(self) -> None:
        """Each mirror claims what it holds; then all read what that added to the log."""
        from goodstanding.exchange.mirror import Mirror
        from goodstanding.registry import journal

        mirrors = [
            Mirror(
                self.running.url, plan["token"], plan["store"], bytes.fromhex(plan["key"]), page_size=5_000
            )
            for plan in (follower.plan for follower in self.followers)
        ]
        for mirror in mirrors:
            found = mirror.reconcile()
            print(f"  {found.line()}", flush=True)
            assert (found.result, found.rounds) == ("equal", 1), found
        while not all(mirror.follow_once().position == journal.head() for mirror in mirrors):
            time.sleep(0.5)
        for mirror in mirrors:
            mirror.close()

    def check(self) -> None:
        """What must hold in the end."""
        from goodstanding import proof
        from goodstanding.exchange.log.audit import audit_database
        from goodstanding.exchange.models import AwaitedReceipt
        from goodstanding.registry.models import Event

        from .chaos_life import check_journal, check_receipts

        self.sealed.close()
        began = time.perf_counter()
        size, actions = check_journal(self.life.appended), Counter[str]()
        for follower, fold in zip(self.followers, self.folds, strict=True):
            fold.advance(size)
            assert follower.held() == (size, fold.held), follower.number
            key = proof.public_key(bytes.fromhex(follower.plan["key"]))
            actions += check_receipts(follower.subscriber, key=key, removals=fold.removals)
        assert sum(len(fold.held) for fold in self.folds) == self.life.standing
        assert not AwaitedReceipt.objects.exists()
        assert Event.objects.filter(kind="receipt.recorded").count() == actions.total()
        print(f"  {size:,} positions without a gap; {self.life.standing:,} records held, all sets equal")
        print(
            f"  {actions.total():,} receipts, one for each removal, each verifies: {dict(actions)}",
            flush=True,
        )
        found = audit_database()
        assert found.faults == () and found.checkpoint and found.checkpoint.size == size, found.faults[:5]
        print(
            f"  the audit reaches the signed root of {size:,}; checks took {time.perf_counter() - began:.0f} s"
        )
        happened = sum((follower.happened() for follower in self.followers), Counter[str]())
        for title, counts in (
            ("happened", happened),
            ("killed", self.kills),
            ("appended", self.life.appended),
        ):
            print(f"  {title}: {', '.join(f'{name} {number:,}' for name, number in sorted(counts.items()))}")
        print(f"  asleep: {', '.join(self.slept)}; put back {self.went_back}")
