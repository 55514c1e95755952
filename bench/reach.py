"""How far and how fast a removal reaches: to the feed, to every subscriber's push address, to every receipt.

Method: a live platform (web server, streams, worker) with 500 subscribers of one agreement each, all on this machine,
each with a push address and a mirror with a store of its own; the mirrors share one process with eight threads.
Removals are committed one by one, 15 seconds apart; the clock runs from just before the commit to (a) the
checkpoint that has it, (b) for each subscriber the first push that names its position or a later one, (c) for each the
receipt, by the platform's own note of when it came. One removal is 500 pushes and 1,500 requests. Durability is on.
Then 500 subscribers that only answer are pushed to, over and over, by one sender. ``GOODSTANDING_BENCH_SUBSCRIBERS``,
``GOODSTANDING_BENCH_REMOVALS`` and ``GOODSTANDING_BENCH_EVERY`` (seconds) change the numbers.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .common import cpu_of_children_and_self, installation, machine, percentiles, processor_of

SUBSCRIBERS = int(os.environ.get("GOODSTANDING_BENCH_SUBSCRIBERS", "500"))
REMOVALS = int(os.environ.get("GOODSTANDING_BENCH_REMOVALS", "30"))
EVERY = float(os.environ.get("GOODSTANDING_BENCH_EVERY", "15"))
PUSH_SECONDS = 10.0


def main() -> None:
    """Measure and print."""
    print("reach:", machine(), f"{SUBSCRIBERS} subscribers, {REMOVALS} removals, one each {EVERY:g} s")
    os.environ["GOODSTANDING_PUSH_PRIVATE"] = "yes"
    with installation() as folder:
        from django.utils import timezone

        from goodstanding.cli.intake import take_in_city
        from goodstanding.site.serve import free_port, platform
        from goodstanding.world import generate

        generate(folder / "city", entities=200, seed=3, on=timezone.localdate())
        take_in_city(folder / "city", as_json=True)
        hooks = free_port("127.0.0.1", 8950)
        followers = subscribe(folder)
        with platform(host="127.0.0.1", port=8900, workers=2) as running:
            plan = {"url": running.url, "port": hooks, "threads": 8, "followers": followers}
            with following(folder, plan) as came:
                give_addresses(hooks)
                reach(came, lambda: processor_of(each.pid for each in running.processes.values()))
        pushes(free_port("127.0.0.1", 8960))


def subscribe(folder: Path) -> list[dict[str, str]]:
    """The subscribers, with what their mirrors need."""
    from django.utils import timezone

    from goodstanding import proof
    from goodstanding.exchange import agreements, commands
    from goodstanding.registry import commands as registry
    from goodstanding.registry.models import Account

    made = []
    for number in range(SUBSCRIBERS):
        key = proof.generate_private_key()
        account = registry.create_account(
            username=f"subscriber{number}", password=None, role=Account.Role.SUBSCRIBER
        )
        subscriber = commands.subscribe(
            account=account,
            name_zh=f"第{number}征信机构",
            public_key=proof.public_key(key),
            at=timezone.now(),
        )
        agreements.agree(
            subscriber=subscriber,
            methods=["push"],
            kinds=["penalty"],
            purpose="measurement",
            legal_basis="agreement of the measurement",
            valid_from=timezone.localdate(),
            at=timezone.now(),
        )
        scopes = ["feed:read", "receipts:write"]
        token = registry.create_token(account=account, name="bench", scopes=scopes, at=timezone.now())
        made.append({"token": token, "key": key.hex(), "store": str(folder / f"mirror{number}.sqlite3")})
    return made


def give_addresses(port: int) -> None:
    """Have everyone pushed to, now that they listen: who failed twice is tried again only after five minutes."""
    from goodstanding.exchange.models import Subscriber

    for number, subscriber in enumerate(Subscriber.objects.order_by("pk")):
        Subscriber.objects.filter(pk=subscriber.pk).update(push_url=f"http://127.0.0.1:{port}/{number}")


@contextlib.contextmanager
def following(folder: Path, plan: dict[str, Any]) -> Iterator[Path]:
    """The subscribers' process. The file of the pushes that came."""
    out, file = folder / "pushes", folder / "plan.json"
    file.write_text(json.dumps(plan | {"out": str(out)}))
    out.touch()
    begun = time.perf_counter()
    command = [sys.executable, "-m", "bench.reach_followers", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        print(f"  all read the log to its end in {time.perf_counter() - begun:.0f} s")
        yield out
    finally:
        process.kill()
        process.wait()


def reach(came: Path, processor: Any) -> None:
    """Remove records and say when it reached whom."""
    from django.utils import timezone

    from goodstanding.exchange.models import Receipt, Subscriber
    from goodstanding.registry import commands, queries, seal
    from goodstanding.registry.models import Record

    records = list(Record.objects.filter(queries.public_on(timezone.localdate()), kind="penalty")[:REMOVALS])
    to_feed: list[float] = []
    committed: dict[int, tuple[float, Any]] = {}
    used = processor()
    for record in records:
        at, started = timezone.now(), time.perf_counter()
        commands.restore(record_id=record.pk, at=at)
        position = queries.last_position(record)
        committed[position] = started, at
        while (checkpoint := seal.latest()) is None or checkpoint.size < position:
            time.sleep(0.005)
        to_feed.append(time.perf_counter() - started)
        time.sleep(max(0.0, EVERY - (time.perf_counter() - started)))
    wanted, deadline = len(records) * SUBSCRIBERS, time.monotonic() + 120
    answered = Receipt.objects.filter(removal_position__in=committed)
    while answered.count() < wanted and time.monotonic() < deadline:
        time.sleep(0.2)
    to_receipt = [
        (received - committed[position][1]) / timedelta(seconds=1)
        for position, received in answered.values_list("removal_position", "received_at")
    ]
    print(f"  commit to feed:       {percentiles(to_feed)}; target p99 under 1 s")
    print(f"  commit to first push: {percentiles(first_pushes(came, committed))}; target p99 under 5 s")
    print(f"  commit to receipt:    {percentiles(to_receipt)} of {wanted:,} owed; target 99 % under 60 s")
    for subscriber in Subscriber.objects.exclude(push_error=""):
        print(f"  a push that failed: {subscriber.push_error}")
    print(
        f"  processor seconds of the platform's processes for each removal: {(processor() - used) / len(records):.1f}"
    )


def first_pushes(came: Path, committed: dict[int, tuple[float, Any]]) -> list[float]:
    """For each removal and subscriber, how long after the commit the first push came that told of it."""
    pushes = [(float(at), who, int(to)) for at, who, to in map(str.split, came.read_text().splitlines())]
    found: dict[tuple[int, str], float] = {}
    for position, (started, _) in committed.items():
        for at, who, to in pushes:
            if to >= position and (position, who) not in found:
                found[position, who] = at - started
    return list(found.values())


class Listener(ThreadingHTTPServer):
    """A server that many connect to at once: Python's own queue of five would turn some away."""

    request_queue_size = 1024


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response_only(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def answer(port: int) -> None:
    """Answer every push, in a process of its own."""
    Listener(("127.0.0.1", port), _Answer).serve_forever()


def pushes(port: int) -> None:
    """How many pushes one sender sends, when there is always news."""
    from django.conf import settings
    from django.utils import timezone

    from goodstanding.exchange.models import Subscriber
    from goodstanding.exchange.push import Pusher

    settings.PUSH_TO_PRIVATE_ADDRESSES = True
    command = [sys.executable, "-c", f"from bench.reach import answer; answer({port})"]
    receiver = subprocess.Popen(command)
    try:
        for subscriber in Subscriber.objects.all():
            Subscriber.objects.filter(pk=subscriber.pk).update(
                push_url=f"http://127.0.0.1:{port}/{subscriber.pk}", push_failures=0, push_after=None
            )
        time.sleep(2.0)
        pusher, sent, failed = Pusher(), 0, 0
        begun, used = time.perf_counter(), cpu_of_children_and_self()
        while time.perf_counter() - begun < PUSH_SECONDS:
            Subscriber.objects.update(pushed_position=0, position=0)
            pusher.round(at=timezone.now())
            done = pusher.settle()
            sent, failed = sent + done.sent, failed + done.failed
        seconds = time.perf_counter() - begun
        pusher.close()
        used = cpu_of_children_and_self() - used
        print(
            f"  pushes by one sender: {sent / seconds:,.0f}/s, {failed} failed,"
            f" {1000 * used / max(1, sent):.2f} ms of processor each; target 2,000/s"
        )
    finally:
        receiver.kill()
        receiver.wait()
        assert threading.active_count() < 100
