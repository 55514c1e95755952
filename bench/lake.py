"""The lake: rows appended in batches, one entity's history before and after compaction, compaction, redaction.

GOODSTANDING_LAKE_ROWS sets the rows (10 million in ten batches). The rows are made in DuckDB beforehand; writing them
(sorted, 16 files) and committing them are measured apart. Each record has a natural key of its own, each row a content
and a digest of its own.
"""

from __future__ import annotations

import os
import statistics
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench.common import installation, machine, percentiles

ROWS = int(os.environ.get("GOODSTANDING_LAKE_ROWS", "10_000_000"))
BATCHES = 10
LOOKUPS = 100


def rows_of(batch: int, *, rows: int, entities: int) -> str:
    """A batch as a query: each entity has about five records; one row in five corrects a record of an earlier batch."""
    batch_id = uuid.UUID(int=batch, version=4)
    # The number of the record: mostly one of its own, else one that an earlier batch reported.
    earlier = f"hash(i, {batch}) % {max(batch, 1) * rows}"
    record = f"CASE WHEN {batch} > 0 AND i % 5 = 0 THEN {earlier} ELSE i + {batch * rows} END"
    return f"""
    SELECT buckets.bucket, entity, 'administrative-penalty' AS item, 'penalty' AS kind,
      unhex(sha256(record::VARCHAR)) AS natural_key, unhex(sha256(content)) AS content_digest, content,
      '市监罚字〔2026〕' || record || '号' AS document_no, 'issuer-' || (record % 300) AS issuer,
      'source-' || (record % 40) AS source, 'double-publicity-penalties@1.2.0' AS contract,
      '《中华人民共和国产品质量法》第' || (record % 70) || '条' AS legal_basis,
      DATE '2020-01-01' + (record % 2400)::INTEGER AS found_on,
      [['fine'], ['warning'], ['fine', 'confiscation_of_gains']][1 + (record % 3)::INTEGER] AS measures,
      (record % 2000000)::DECIMAL(20, 2) AS amount_yuan, 'cn-ndrc-36-2025' AS pack,
      ['minor', 'general', 'serious'][1 + (record % 3)::INTEGER] AS severity, true AS published,
      DATE '2020-01-08' + (record % 2400)::INTEGER AS publish_from,
      DATE '2020-04-08' + (record % 2400)::INTEGER AS restorable_from,
      DATE '2023-01-08' + (record % 2400)::INTEGER AS publish_until, true AS restorable,
      CASE WHEN corrects THEN 'correct' ELSE 'report' END AS change,
      CASE WHEN corrects THEN {batch + 1} ELSE 1 END::INTEGER AS version,
      '{batch_id}' AS batch, i AS row, TIMESTAMPTZ '2026-01-01 00:00:00+00' + INTERVAL {batch} DAY AS known_from
    FROM (
      SELECT i, record, corrects, md5((record % {entities})::VARCHAR)::UUID::VARCHAR AS entity,
        '{{"public":{{"CF_WSH":"市监罚字〔2026〕' || record || '号","CF_NR":"罚款' || (hash(record) % 100000)
        || '元，没收违法所得","CF_SY":"生产销售不合格产品，批号' || hash(i, {batch})
        || '","CF_CFJG":"某市市场监督管理局"}}'
        || ',"personal":{{}},"law":{{"chosen":"in_force"}}}}' AS content
      FROM (
        SELECT i, ({record})::BIGINT AS record, {batch} > 0 AND i % 5 = 0 AS corrects FROM range({rows}) AS t(i)
      )
    ) JOIN buckets ON prefix = entity[1:2]
    """


def main() -> None:
    print(f"lake: {ROWS:,} rows in {BATCHES} batches, 16 buckets; {machine()}")
    with installation():
        measure()


def measure() -> None:
    import duckdb

    from goodstanding.intake import lake

    table = lake.open_lake()
    rows, entities = ROWS // BATCHES, max(1, ROWS // 5)
    writing, processor, committing = [], [], []
    with duckdb.connect() as connection:
        connection.register("bucket_arrow", lake.bucket_table(table.buckets))
        connection.execute("CREATE TABLE buckets AS FROM bucket_arrow")
        for number in range(BATCHES):
            batch = str(uuid.UUID(int=number, version=4))
            connection.execute(
                f"CREATE OR REPLACE TABLE arriving AS {rows_of(number, rows=rows, entities=entities)}"
            )
            started, used = time.perf_counter(), time.process_time()
            files = lake.write_batch(connection, table="arriving", folder=lake.new_folder(table, batch))
            written = time.perf_counter()
            processor.append(time.process_time() - used)
            lake.append(table, batch=batch, files=files)
            committing.append(time.perf_counter() - written)
            writing.append(written - started)
        asked = connection.execute(
            f"SELECT DISTINCT md5((i * 7919 % {entities})::VARCHAR)::UUID::VARCHAR FROM range({LOOKUPS}) AS t(i)"
        ).fetchall()
        names = [name for (name,) in asked]
        say_size(lake, table, "appended")
        print(
            f"  write a batch of {rows:,}: {spread(writing)}; processor {spread(processor)},"
            f" {rows / statistics.median(processor):,.0f} rows/s and core"
        )
        print(f"  commit it (footers, fsync, manifests, catalog): {spread(committing)}")
        lookups(lake, table, connection, names, "before compaction")

        started, used = time.perf_counter(), time.process_time()
        done = lake.compact(table, everything=True)
        seconds, spent = time.perf_counter() - started, time.process_time() - used
        print(
            f"  compact everything: {done.rows:,} rows, {done.files_before} files to {done.files_after},"
            f" {seconds:.1f} s, processor {spent:.1f} s, {done.rows / spent:,.0f} rows/s and core"
        )
        lookups(lake, table, connection, names, "after compaction")
        timed("current state of the whole table, counted by DuckDB", lambda: current(lake, table, connection))
        keys = [row["natural_key"] for row in lake.history(table, entity=names[0]).to_pylist()]
        timed(f"redact {len(set(keys))} records", lambda: lake.redact(table, set(keys)))
        timed("expire every earlier state", lambda: lake.expire(table, older_than=datetime.now(UTC)))
        say_size(lake, table, "compacted, earlier states expired")


def spread(seconds: list[float]) -> str:
    """Median and range."""
    return f"median {statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"


def say_size(lake: Any, table: Any, what: str) -> None:
    """Print rows, files, and bytes a row; the folder's bytes beside those of the current files."""
    files = lake.plan(table)
    rows, live = sum(file.rows for file in files), sum(file.bytes for file in files)
    folder = sum(path.stat().st_size for path in table.folder.rglob("*") if path.is_file())
    print(
        f"  {what}: {rows:,} rows in {len(files)} files, {live / rows:.1f} bytes a row; folder {folder / 1e6:,.0f} MB"
    )


def lookups(lake: Any, table: Any, connection: Any, names: list[str], when: str) -> None:
    """Print how long one entity's history takes, whole, and the reading of the planned files alone."""
    whole, processor, reading, duck, count = [], [], [], [], 0
    for name in names:
        started, used = time.perf_counter(), time.process_time()
        count += lake.history(table, entity=name).num_rows
        processor.append(time.process_time() - used)
        whole.append(time.perf_counter() - started)
        files = lake.plan(table, entity=name)
        started = time.perf_counter()
        query = f"SELECT * FROM {lake.files_sql(files)} WHERE entity = '{name}'"
        connection.execute(query).to_arrow_table()
        duck.append(time.perf_counter() - started)
        reading.append(len(files))
    print(
        f"  one entity's history {when}: {percentiles(whole)}; {count / len(names):.1f} rows, {max(reading)} files"
    )
    print(f"    processor {percentiles(processor)}; the planned files alone, by DuckDB: {percentiles(duck)}")


def current(lake: Any, table: Any, connection: Any) -> int:
    """How many records are current."""
    query = lake.current_sql(lake.files_sql(lake.plan(table)))
    return int(connection.execute(f"SELECT count(*) FROM ({query})").fetchone()[0])


def timed(what: str, work: Callable[[], object]) -> None:
    """Print how long something takes, and what it answered."""
    started = time.perf_counter()
    answer = work()
    print(f"  {what}: {time.perf_counter() - started:.2f} s, {answer}")
