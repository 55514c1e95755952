"""Entity report over HTTP at a million records: latency at a fixed rate, and requests per second and core.

Method: one million penalties of 200,000 entities (five each) are committed through the registry. Granian serves with
two processes; the load generator, the server and PostgreSQL share the machine's cores. The first measurement is open
loop: requests are sent on a schedule of 500 a second whether or not earlier ones have come back, and latency
counts from the scheduled instant. The second asks as fast as 8 connections can, for the throughput.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import time
from datetime import UTC, date, datetime, timedelta

from .common import installation, machine, percentiles

RECORDS = int(os.environ.get("BENCH_RECORDS", "1000000"))
ENTITIES = RECORDS // 5
RATE = 500
SECONDS = 20


def main() -> None:
    """Measure and print."""
    print("report:", machine())
    with installation():
        codes = _fill()
        from goodstanding.site.serve import platform

        with platform(host="127.0.0.1", port=8800, workers=2) as running:
            paths = [f"/api/v1/entities/{code}" for code in codes]
            asyncio.run(_closed_loop(running.port, paths, seconds=5))  # warm-up
            for rate in (100, 250, RATE):
                latencies, failed = asyncio.run(_open_loop(running.port, paths, rate, SECONDS))
                print(f"  open loop {rate}/s: {percentiles(latencies)}, {failed} failed")
            done = asyncio.run(_closed_loop(running.port, paths, seconds=10))
            print(
                f"  closed loop, 8 connections: {done / 10:,.0f} requests/s on {os.cpu_count()} shared cores"
            )
        print(f"  target: p99 under 15 ms at {RATE} requests/s on 2 cores")


def _fill() -> list[str]:
    from django.db import connection, transaction

    from goodstanding.identity import normalise, org_code_from, uscc_from_parts
    from goodstanding.registry import commands, entities, records
    from goodstanding.registry.models import Entity

    at, today = datetime.now(UTC), date.today()
    authority = commands.create_authority(code="11980100MB00000016", name_zh="临湖市市场监督管理局")
    rows = []
    for number in range(ENTITIES):
        name = f"临湖市第{number}商贸有限公司"
        code = uscc_from_parts(prefix2="91", region6="980102", org_code9=org_code_from(f"MA{number:06d}"))
        rows.append(
            entities.ReportedEntity(
                row=number,
                identifiers=(("uscc", code),),
                kind="organisation",
                name=name,
                name_key=normalise(name),
            )
        )
    for first in range(0, ENTITIES, 10_000):
        with transaction.atomic():
            entities.register(rows[first : first + 10_000], at=at)
    known = list(Entity.objects.order_by("pk"))
    started = time.perf_counter()
    for first in range(0, RECORDS, 10_000):
        with transaction.atomic():
            records.take_in(
                [
                    _penalty(number, known[number % ENTITIES], authority.pk, today)
                    for number in range(first, min(first + 10_000, RECORDS))
                ],
                batch=None,
                today=today,
                at=at,
            )
    seconds = time.perf_counter() - started
    print(
        f"  {RECORDS:,} records committed in {seconds:.0f} s ({RECORDS / seconds:,.0f}/s, without reading a file)"
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return [str(entity.public_id) for entity in known]


def _penalty(number: int, entity: object, authority_id: int, today: date) -> object:
    from goodstanding.registry.reported import ReportedRecord

    found = today - timedelta(days=number % 300)
    key = hashlib.sha256(str(number).encode()).digest()
    return ReportedRecord(
        row=number,
        kind="penalty",
        item="penalty",
        entity_id=entity.pk,  # type: ignore[attr-defined]
        entity_public_id=entity.public_id,  # type: ignore[attr-defined]
        authority_id=authority_id,
        source_id=authority_id,
        contract="double-publicity-penalties@1.0.0",
        document_no=f"临市监罚〔2026〕{number}号",
        natural_key=key,
        content_digest=key,
        content={"public": {"CF_WFXW": "超范围经营", "CF_NR": "罚款人民币二千元"}, "personal": {}},
        legal_basis="《市场主体登记管理条例》第四十六条",
        found_on=found,
        measures=("fine",),
        amount_yuan=None,
        pack="cn-ndrc-36-2025",
        severity="ordinary",
        published=True,
        publish_from=found,
        restorable_from=found + timedelta(days=92),
        publish_until=found + timedelta(days=365),
        restorable=True,
    )


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> int:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    await reader.readexactly(length)
    return status


async def _open_loop(port: int, paths: list[str], rate: int, seconds: int) -> tuple[list[float], int]:
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    latencies: list[float] = []
    failed = 0
    chance = random.Random(1)

    async def one(due: float) -> None:
        nonlocal failed
        pair = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port)
        try:
            status = await _ask(*pair, chance.choice(paths))
        except (ConnectionError, asyncio.IncompleteReadError):  # an overloaded server resets connections
            status = 0
        else:
            idle.append(pair)
        latencies.append(time.perf_counter() - due)
        failed += status != 200

    start = time.perf_counter()
    tasks = []
    for number in range(rate * seconds):
        due = start + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(due)))
    await asyncio.gather(*tasks)
    for _, writer in idle:
        writer.close()
    return latencies, failed


async def _closed_loop(port: int, paths: list[str], *, seconds: int) -> int:
    done = 0
    end = time.perf_counter() + seconds
    chance = random.Random(2)

    async def client() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            await _ask(reader, writer, chance.choice(paths))
            done += 1
        writer.close()

    await asyncio.gather(*(client() for _ in range(8)))
    return done
