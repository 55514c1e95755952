"""Open streams of the feed: what they cost, and what ordinary requests notice of them.

Method: a live platform with 500 streams open, each of a subscriber of its own with one agreement. Before and after, the
memory of the process that serves them, and the time of a page that everyone reads (``/api/v1/status``), asked a hundred
times. Then records are removed one by one; the clock runs from just before the commit to the event's arrival at each
reader. ``GOODSTANDING_BENCH_STREAMS`` and ``GOODSTANDING_BENCH_REMOVALS`` make it smaller.
"""

from __future__ import annotations

import asyncio
import os
import time
import urllib.request
from pathlib import Path
from typing import Any

from . import reach
from .common import installation, machine, percentiles, processor_of

STREAMS = int(os.environ.get("GOODSTANDING_BENCH_STREAMS", "500"))
REMOVALS = int(os.environ.get("GOODSTANDING_BENCH_REMOVALS", "30"))


def main() -> None:
    """Measure and print."""
    print("streams:", machine(), f"{STREAMS} streams, {REMOVALS} removals")
    with installation() as folder:
        from django.utils import timezone

        from goodstanding.cli.intake import take_in_city
        from goodstanding.site.serve import platform
        from goodstanding.world import generate

        generate(folder / "city", entities=200, seed=3, on=timezone.localdate())
        take_in_city(folder / "city", as_json=True)
        reach.SUBSCRIBERS = STREAMS
        tokens = [each["token"] for each in reach.subscribe(folder)]
        with platform(host="127.0.0.1", port=8900, workers=2) as running:
            asyncio.run(measure(running, tokens))


async def measure(running: Any, tokens: list[str]) -> None:
    """Open the streams, and look."""
    from goodstanding.registry import seal

    process = running.processes["streams"].pid
    before = memory(process)
    print(
        f"  a page everyone reads, no stream open: {percentiles(await asyncio.to_thread(ask, running.url))}"
    )
    size = await asyncio.to_thread(seal.sealed_size)
    arrivals: list[list[tuple[float, int]]] = [[] for _ in tokens]
    begun = time.perf_counter()
    ready = asyncio.Semaphore(0)
    readers = [
        asyncio.create_task(read(running.host, running.stream_port, token, size, came, ready))
        for token, came in zip(tokens, arrivals, strict=True)
    ]
    for _ in tokens:
        await asyncio.wait_for(ready.acquire(), 300)
    print(f"  {len(tokens)} streams opened in {time.perf_counter() - begun:.1f} s")
    used = memory(process) - before
    print(
        f"  memory: {before / 2**20:.0f} MB, with them {used / 2**20:+.1f} MB, {used / len(tokens) / 1024:.0f} kB each"
    )
    print(
        f"  a page everyone reads, all of them open: {percentiles(await asyncio.to_thread(ask, running.url))}"
    )
    for came in arrivals:
        came.clear()
    spent = processor_of([process])
    committed, asked = await asyncio.gather(
        asyncio.to_thread(remove), asyncio.to_thread(ask, running.url, 200)
    )
    await asyncio.sleep(5)
    print(f"  a page everyone reads, while records go: {percentiles(asked)}")
    late = [
        next(at for at, to in came if to >= position) - started
        for came in arrivals
        for position, started in committed.items()
    ]
    events = sum(len(came) for came in arrivals)
    print(f"  commit to event: {percentiles(late)} of {len(late):,}; {events:,} events in all")
    print(f"  processor: {1000 * (processor_of([process]) - spent) / max(1, events):.2f} ms an event")
    print(f"  most memory: {peak(process) / 2**20:.0f} MB")
    for reader in readers:
        reader.cancel()


async def read(
    host: str, port: int, token: str, after: int, arrivals: list[tuple[float, int]], ready: asyncio.Semaphore
) -> None:
    """Read one stream for ever."""
    reader, writer = await asyncio.open_connection(host, port, limit=2**22)
    head = (
        f"GET /api/v1/feed/stream?after={after} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    writer.write(head.encode())
    first = True
    while line := await reader.readline():
        if line.startswith(b"id: "):
            arrivals.append((time.perf_counter(), int(line[4:])))
            if first:
                ready.release()
                first = False


def remove() -> dict[int, float]:
    """Remove records, one each second. When each was committed, by its position."""
    from django.utils import timezone

    from goodstanding.registry import commands, queries
    from goodstanding.registry.models import Record

    committed = {}
    records = list(Record.objects.filter(queries.public_on(timezone.localdate()), kind="penalty")[:REMOVALS])
    for record in records:
        started = time.perf_counter()
        commands.restore(record_id=record.pk, at=timezone.now())
        committed[queries.last_position(record)] = started
        time.sleep(max(0.0, 1.0 - (time.perf_counter() - started)))
    return committed


def ask(url: str, times: int = 100) -> list[float]:
    """Seconds of a page that everyone reads."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        with urllib.request.urlopen(f"{url}/api/v1/status", timeout=30) as answer:
            answer.read()
        taken.append(time.perf_counter() - started)
    return taken


def memory(pid: int) -> int:
    """Bytes of memory of a process and those that it started."""
    return _kilobytes(pid, "VmRSS:")


def peak(pid: int) -> int:
    """The most that they had."""
    return _kilobytes(pid, "VmHWM:")


def _kilobytes(pid: int, name: str) -> int:
    total = 0
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            total = int(line.split()[1]) * 1024
    return total + sum(_kilobytes(int(child), name) for child in children)
