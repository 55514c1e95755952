"""Verdicts over many rows on DuckDB: the verdict pass alone, and the full pass from Parquet to Parquet.

GOODSTANDING_COLUMN_ROWS sets the rows of the verdict pass (100 million: ten million encoded, ten times over); a tenth
goes the full way. Beside the time of the clock stands the time of the processor, divided by the threads: what it takes
on a machine that does nothing else.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from bench.common import machine

ROWS = int(os.environ.get("GOODSTANDING_COLUMN_ROWS", "100_000_000"))
THREADS = 2
ON = date(2026, 6, 30)
PACK = "cn-ndrc-36-2025"
ASKED = ("severity", "publish_from", "restorable_from", "publish_until", "eligible", "earliest_on")
#: Every asked column is read to its last value, none is written: this is the pass and not the writing of its rows.
READ = {
    "severity": "count({0})",
    "eligible": "count_if({0})",
}


def facts(rows: int) -> str:
    """Facts as a query: penalties mostly, found from 2000 to 2026, performed or not, now and then an event."""
    return f"""
    SELECT
      i AS id,
      ['penalty', 'penalty', 'penalty', 'penalty', 'penalty', 'penalty', 'serious_list', 'abnormal_list', 'other',
       'permit'][1 + (h % 10)::INT] AS kind,
      CASE WHEN h % 10 >= 6 THEN []::VARCHAR[] ELSE
        [['fine'], ['warning'], ['fine', 'confiscation_of_gains'], ['suspension'], ['revocation'], ['order_to_suspend'],
         ['warning', 'fine'], []][1 + (h // 10 % 8)::INT] END AS measures,
      (h // 80 % 2000000)::DECIMAL(18, 2) AS amount_yuan,
      h // 7 % 5 = 0 AS simple_procedure,
      DATE '2000-01-01' + (h // 1000 % 9677)::INT AS found_on,
      CASE WHEN h // 11 % 3 > 0 THEN DATE '2000-02-01' + (h // 1000 % 9677 + h // 13 % 900)::INT END AS performed_on,
      h // 17 % 10 > 0 AS committed,
      h // 19 % 4 = 0 AS publication_necessary,
      h // 23 % 50 = 0 AS excluded_by_law,
      h // 29 % 50 = 0 AS further_condition_open,
      CASE WHEN h // 31 % 100 = 0 THEN DATE '2005-01-01' + (h // 37 % 8000)::INT END AS plan_completed_on
    FROM (SELECT i, (hash(i) % 1000000000000)::BIGINT AS h FROM range({rows}) AS t(i))
    """


def main() -> None:
    from goodstanding.law import load_pack
    from goodstanding.law.columns import duckdb, encode, keep, verdicts

    pack = load_pack(PACK)
    engine = duckdb(threads=THREADS)
    print(f"law columns: {pack.id} on {ON}, {THREADS} threads; {machine()}")
    engine.con.execute(f"CREATE VIEW facts AS {facts(ROWS // 10)}")
    keep(engine, "tenth", encode(engine.table("facts"), pack=pack).drop("id"))
    engine.con.execute("CREATE TEMP TABLE encoded AS SELECT tenth.* FROM tenth, range(10)")
    encoded = engine.table("encoded")

    def verdict_pass() -> None:
        table = verdicts(encoded, pack=pack, on=ON, columns=ASKED)
        read = ", ".join(READ.get(name, "max({0})").format(name) for name in ASKED)
        answers.append(engine.con.execute(f"SELECT {read} FROM ({engine.compile(table)})").fetchone())

    answers: list[Any] = []
    report(f"verdict pass, {ROWS:,} encoded rows, tables of the pack made anew", verdict_pass, ROWS, times=7)
    plan = engine.compile(verdicts(encoded, pack=pack, on=ON, columns=ASKED))
    report("  of which the engine alone", lambda: read_all(engine, plan), ROWS, times=7)
    assert len(set(answers)) == 1, "the same rows answered differently"
    engine.con.execute("DROP TABLE encoded")
    engine.con.execute("DROP TABLE tenth")
    full(engine, pack, ROWS // 10)


def read_all(engine: Any, query: str) -> None:
    """Read every asked column of a query to its last value."""
    read = ", ".join(READ.get(name, "max({0})").format(name) for name in ASKED)
    engine.con.execute(f"SELECT {read} FROM ({query})").fetchone()


def full(engine: Any, pack: Any, rows: int) -> None:
    """From a Parquet file of facts to one of verdicts with every column."""
    from goodstanding.law.columns import encode, keep, verdicts

    with tempfile.TemporaryDirectory(prefix="goodstanding-bench-") as folder:
        source, target = Path(folder) / "facts.parquet", Path(folder) / "verdicts.parquet"
        engine.con.execute(f"COPY ({facts(rows)}) TO '{source}' (FORMAT parquet)")

        def read_and_encode() -> None:
            keep(engine, "encoded", encode(engine.read_parquet(source), pack=pack))

        def judge_and_write() -> None:
            query = engine.compile(verdicts(engine.table("encoded"), pack=pack, on=ON))
            engine.con.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet)")

        size = source.stat().st_size / 1e6
        report(f"full pass, {rows:,} rows: read Parquet ({size:,.0f} MB) and encode", read_and_encode, rows)
        report("  verdicts with every column, written as Parquet", judge_and_write, rows)


def report(what: str, run: Callable[[], None], rows: int, *, times: int = 3) -> None:
    """Print the median of several runs, after one that does not count."""
    run()
    seconds, processor = [], []
    for _ in range(times):
        started, used = time.perf_counter(), time.process_time()
        run()
        seconds.append(time.perf_counter() - started)
        processor.append(time.process_time() - used)
    middle = statistics.median(seconds)
    print(
        f"  {what}: median {middle:.2f} s of {times} ({min(seconds):.2f} to {max(seconds):.2f}),"
        f" {rows / middle / 1e6:,.1f} million rows a second;"
        f" of the processor {statistics.median(processor) / THREADS:.2f} s on each of {THREADS} threads"
    )


if __name__ == "__main__":
    main()
