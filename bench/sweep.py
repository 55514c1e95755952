"""The nightly sweep: found over 100 million records in columns, and changed by due date in the registry.

Method, columns: a table of 100 million records with random keys (32 bytes), states and days of the past and coming
years is written as Parquet; DuckDB answers `intake.due` for one day, keys included, three times, and so does Polars
with the same question in its own words. Everything lies in the file system's cache, as after a day's intake.
Method, registry: two million records, 200,000 of them due on the day (half end, half become restorable), in
PostgreSQL with durability on. Timed: finding what is due, then the whole sweep.
"""

from __future__ import annotations

import os
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from .common import installation, machine

ROWS = 100_000_000
RECORDS = 2_000_000
DUE = 200_000
ON = date(2026, 8, 1)
SINCE = ON - timedelta(days=1)

_TABLE = """
    COPY (
        SELECT unhex(md5(i::VARCHAR) || md5((-i)::VARCHAR)) AS natural_key,
            CASE WHEN hash(i) % 100 < 70 AND publish_until > DATE '{since}' THEN 'published'
                WHEN hash(i) % 100 < 75 THEN 'restored' WHEN hash(i) % 100 < 80 THEN 'unpublished'
                ELSE 'ended' END AS state,
            publish_until, hash(i, 4) % 10 > 0 AS restorable,
            CASE WHEN hash(i, 3) % 4 > 0 THEN publish_until - 270 + (hash(i, 5) % 90)::INT END AS restorable_from
        FROM (
            SELECT i, DATE '{on}' - 1000 + (hash(i, 2) % 2000)::INT AS publish_until FROM range({rows}) AS t(i)
        )
    ) TO '{folder}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, PER_THREAD_OUTPUT)
"""


def main() -> None:
    """Measure and print."""
    print("sweep:", machine())
    with installation() as folder:
        _over_columns(folder)
        _in_the_registry()


def _over_columns(folder: Path) -> None:
    import ibis
    import polars

    from goodstanding.intake.due import counted, due

    with tempfile.TemporaryDirectory(dir=folder) as files:
        engine: Any = ibis.duckdb.connect(threads=2)
        engine.con.execute("SET memory_limit = '4GB'")
        begun = time.perf_counter()
        engine.con.execute(_TABLE.format(rows=ROWS, on=ON, since=SINCE, folder=f"{files}/records"))
        size = sum(file.stat().st_size for file in Path(files).rglob("*.parquet"))
        print(
            f"  {ROWS:,} records written as Parquet in {time.perf_counter() - begun:.0f} s, {size / 1e9:.1f} GB"
        )
        table = engine.read_parquet(f"{files}/records/*.parquet", table_name="records")
        question = due(table, on=ON, since=SINCE)
        for _ in range(3):
            begun = time.perf_counter()
            found = question.to_pyarrow()
            seconds = time.perf_counter() - begun
            print(f"  DuckDB, keys of {found.num_rows:,} due records: {seconds:.2f} s (target 10 s)")
        begun = time.perf_counter()
        counts = counted(question).to_pyarrow().to_pylist()[0]
        print(f"  DuckDB, counts only: {time.perf_counter() - begun:.2f} s: {counts}")
        begun = time.perf_counter()
        keys = _in_polars(polars, f"{files}/records/*.parquet").height
        seconds = time.perf_counter() - begun
        same = "the same records" if keys == found.num_rows else f"OTHER records, {keys:,}"
        print(f"  Polars, {same}: {seconds:.2f} s")


def _in_polars(polars: Any, path: str) -> Any:
    at = polars.col
    ends = (at("state") == "published") & (at("publish_until") <= ON)
    states = at("state").is_in(["published", "unpublished", "ended"])
    becomes = states & at("restorable") & (at("restorable_from") > SINCE) & (at("restorable_from") <= ON)
    found = polars.scan_parquet(path).filter(ends | becomes)
    return found.select("natural_key", ending=ends, restorable=becomes).collect(engine="streaming")


def _in_the_registry() -> None:
    from django.db import connection

    from goodstanding.registry import sweep

    _fill(connection)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE registry_record")

    def clock() -> datetime:
        return datetime(2026, 8, 1, 12, tzinfo=UTC)

    for _ in range(3):
        begun = time.perf_counter()
        found = sweep.due(on=ON)
        seconds = time.perf_counter() - begun
        print(f"  registry, {found.total:,} due of {RECORDS:,} found in {seconds:.2f} s (target 1 s)")
    begun, cpu = time.perf_counter(), os.times()
    done = sweep.sweep(on=ON, at_clock=clock)
    wall = time.perf_counter() - begun
    python = sum(os.times()[:2]) - sum(cpu[:2])
    changed = done.ended + done.told
    print(
        f"  registry, {done.ended:,} ended and {done.told:,} told, with their events: {wall:.1f} s,"
        f" {changed / wall:,.0f} records/s (Python {python:.1f} s of it); {done.held_up} held up"
    )


def _fill(connection: Any) -> None:
    """Two million records of ten thousand entities, copied inside the database from one that was taken in."""
    from tests.registry.factories import make_authority, make_entity, make_record

    record = make_record(make_entity(), make_authority())
    columns = [field.column for field in record._meta.local_fields if field.column != "id"]
    given = {
        "public_id": "gen_random_uuid()",
        "natural_key": "sha256(i::text::bytea)",
        "publish_until": f"DATE '{ON}' + CASE WHEN i <= {DUE // 2} THEN 0 ELSE 1 + i %% 900 END",
        "restorable_from": f"DATE '{ON}' + CASE WHEN i BETWEEN {DUE // 2 + 1} AND {DUE} THEN 0"
        " WHEN i % 3 = 0 THEN 1 + i % 500 ELSE -1 - i % 500 END".replace("%", "%%"),
    }
    values = ", ".join(given.get(column, column) for column in columns)
    with connection.cursor() as cursor:
        begun = time.perf_counter()
        cursor.execute(
            f"INSERT INTO registry_record ({', '.join(columns)}) SELECT {values} FROM registry_record"
            " CROSS JOIN generate_series(1, %s) AS i WHERE id = %s",
            [RECORDS, record.pk],
        )
        print(f"  registry filled in {time.perf_counter() - begun:.0f} s (inside the database)")
