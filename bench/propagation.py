"""Commit to feed, and commit to receipt.

Method: a live platform (web server and worker) and one mirror as a process of its own, polling every 0.3 s with long
polling where the feed offers it. Removals are committed one by one, at random intervals around 0.3 s; the clock runs
from just before the commit to the instant at which (a) the feed serves the event, asked every 5 ms, and (b) the
receipt stands in the database. Durability is on.
"""

from __future__ import annotations

import random
import subprocess
import time

from .common import installation, machine, percentiles

REMOVALS = 120


def main() -> None:
    """Measure and print."""
    print("propagation:", machine())
    with installation() as folder:
        from django.utils import timezone

        from goodstanding.cli.intake import take_in_city
        from goodstanding.exchange.models import Receipt
        from goodstanding.registry import commands, queries, seal
        from goodstanding.registry.models import Record
        from goodstanding.site import demo
        from goodstanding.site.serve import platform
        from goodstanding.world import generate

        generate(folder / "city", entities=1000, seed=3, on=timezone.localdate())
        take_in_city(folder / "city", as_json=True)
        demo.folder().mkdir(exist_ok=True)
        demo.make_logins()
        demo.make_subscriber()
        to_feed: list[float] = []
        to_receipt: list[float] = []
        with platform(host="127.0.0.1", port=8900, workers=2) as running:
            demo.mirror_until_caught_up(running.url)
            mirror = subprocess.Popen(demo.mirror_command(running.url), stdout=subprocess.DEVNULL)
            try:
                chance = random.Random(5)
                published = queries.public_on(timezone.localdate())
                records = list(Record.objects.filter(published, kind="penalty")[:REMOVALS])
                for record in records:
                    started = time.perf_counter()
                    commands.restore(record_id=record.pk, at=timezone.now())
                    position = queries.last_position(record)
                    while (checkpoint := seal.latest()) is None or checkpoint.size < position:
                        time.sleep(0.005)
                    to_feed.append(time.perf_counter() - started)
                    while not Receipt.objects.filter(removal_position=position).exists():
                        time.sleep(0.005)
                    to_receipt.append(time.perf_counter() - started)
                    time.sleep(chance.uniform(0.0, 0.6))
            finally:
                mirror.terminate()
                mirror.wait()
        print(f"  commit to feed:    {percentiles(to_feed)}")
        print(f"  commit to receipt: {percentiles(to_receipt)}")
        print("  target: commit to receipt p99 under 2 s")
