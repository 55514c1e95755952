"""Evaluator 2 against evaluator 1: over every pack, every end of a month and every refusal they differ in nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

import pyarrow as pa
import pytest

from goodstanding.law import Facts, FactsRefused, Pack, add_months, decide
from goodstanding.law.columns import OUTPUT, duckdb, encode, forget, keep, spark, verdicts
from tests.law.columns_packs import packs
from tests.oracles.law_records import MONTH_ENDS, Generator, table

RECORDS = int(os.environ.get("GOODSTANDING_COLUMN_RECORDS", "1_000_000"))
"""Generated records in all; more for longer runs."""
SEED = 20260401
DAYS = (
    *(date(2026, 3, 31), date(2026, 4, 1), date(2026, 6, 30), date(2027, 2, 28), date(2028, 2, 29)),
    *(date(2028, 3, 1), date(2029, 12, 31), date(2030, 1, 1), date(2031, 8, 30), date(2031, 8, 31)),
    *(date(2044, 2, 29), date(2059, 11, 29), date(2099, 2, 28), date(2100, 2, 28), date(2100, 12, 31)),
)
"""Days asked about; each pack gets the next."""
PACKS = {pack.id: pack for pack in packs()}
TYPES = {
    "published": pa.bool_(),
    "clock_started": pa.bool_(),
    "eligible": pa.bool_(),
    "publish_from": pa.date32(),
    "restorable_from": pa.date32(),
    "publish_until": pa.date32(),
    "earliest_on": pa.date32(),
    "marks": pa.list_(pa.string()),
    "unmet": pa.list_(pa.string()),
}


def one_by_one(records: list[Facts], *, pack: Pack, on: date) -> pa.Table:
    """What evaluator 1 says, in the columns of evaluator 2."""
    rows = [said_by_decide(record, pack=pack, on=on) for record in records]
    columns = zip(*rows, strict=True)
    return pa.table(
        [pa.array(c, TYPES.get(name, pa.string())) for name, c in zip(OUTPUT, columns, strict=True)],
        names=list(OUTPUT),
    )


def said_by_decide(facts: Facts, *, pack: Pack, on: date) -> tuple[Any, ...]:
    try:
        verdict = decide(facts, pack=pack, on=on)
    except FactsRefused as refused:
        return (refused.code, None, None, None, None, None, None, False, (), False, None, ())
    found = verdict.classification
    return (
        None,
        found.severity,
        found.published,
        found.publish_from,
        found.restorable_from,
        found.publish_until,
        verdict.publication,
        verdict.clock_started,
        [mark.id for mark in verdict.marks],
        verdict.eligible,
        verdict.earliest_on,
        [condition.code for condition in verdict.conditions if not condition.met],
    )


@cache
def case(name: str) -> tuple[date, list[Facts], pa.Table]:
    """For one pack: the day asked about, the facts generated around it, and what evaluator 1 says."""
    place = list(PACKS).index(name)
    on = DAYS[place % len(DAYS)]
    records = Generator(PACKS[name], seed=SEED + place).records(-(-RECORDS // len(PACKS)), on=on)
    return on, records, one_by_one(records, pack=PACKS[name], on=on)


def assert_equal(got: pa.Table, expected: pa.Table, records: list[Facts], *, on: date) -> None:
    """Every column the same in every row; where not, the first case in which they differ is shown."""
    got = got.select(list(OUTPUT)).cast(expected.schema)
    if got.equals(expected):
        return
    for facts, one, two in zip(records, expected.to_pylist(), got.to_pylist(), strict=True):
        differing = {name: (one[name], two[name]) for name in OUTPUT if one[name] != two[name]}
        assert not differing, f"on {on}: {differing} for {facts}"


def facts_in(engine: Any, records: list[Facts]) -> Any:
    """The facts as a table of the engine."""
    if engine.name == "pyspark":
        engine._session.createDataFrame(table(records)).createOrReplaceTempView("facts")
    else:
        engine.con.register("facts_arriving", table(records))
        engine.con.execute("CREATE OR REPLACE TEMP TABLE facts AS FROM facts_arriving")
    return engine.table("facts")


def judged(engine: Any, records: list[Facts], *, pack: Pack, on: date) -> pa.Table:
    encoded = keep(engine, "encoded", encode(facts_in(engine, records), pack=pack))
    found = arrow(engine, verdicts(encoded, pack=pack, on=on).order_by("row"))
    forget(engine)
    return found


def arrow(engine: Any, table: Any) -> pa.Table:
    """A table of the engine in memory; Spark's without the way through pandas that Ibis takes."""
    if engine.name == "pyspark":
        return engine._session.sql(engine.compile(table)).toArrow()
    return engine.con.execute(engine.compile(table)).to_arrow_table()


@pytest.fixture(scope="module")
def duck() -> Iterator[Any]:
    connection = duckdb(threads=2)
    yield connection
    connection.disconnect()


@pytest.fixture(scope="module")
def sparks() -> Iterator[Any]:
    if shutil.which("java") is None:
        pytest.skip("no Java for Spark; tests/system-packages installs it")
    connection = spark(master="local[2]")
    yield connection
    connection._session.stop()


@pytest.mark.parametrize("name", PACKS)
def test_duckdb_says_what_evaluator_1_says(name: str, duck: Any) -> None:
    on, records, expected = case(name)
    assert_equal(judged(duck, records, pack=PACKS[name], on=on), expected, records, on=on)
    answered = expected["refused"].null_count
    print(f"{name}: seed {SEED}, on {on}, {len(records):,} records, {answered:,} answered")
    assert answered > len(records) // 2


@pytest.mark.parametrize("name", PACKS)
def test_spark_says_what_evaluator_1_says(name: str, sparks: Any) -> None:
    on, records, expected = case(name)
    assert_equal(judged(sparks, records, pack=PACKS[name], on=on), expected, records, on=on)


@pytest.mark.parametrize("name", PACKS)
def test_every_end_of_a_month_is_among_the_generated_findings(name: str) -> None:
    if RECORDS < 1_000_000:
        pytest.skip("fewer records than the million among which every one is answered")
    _, records, expected = case(name)
    refused = expected["refused"].to_pylist()
    answered = {record.found_on for record, code in zip(records, refused, strict=True) if code is None}
    assert answered >= set(MONTH_ENDS)


def test_the_days_before_and_after_every_boundary_agree(duck: Any) -> None:
    """One set of records, asked about on many days: each length of the law before and after an end of a month."""
    pack = PACKS["every-feature"]
    records = Generator(pack, seed=SEED).records(3_000, on=date(2028, 2, 29))
    encoded = keep(duck, "encoded", encode(facts_in(duck, records), pack=pack))
    for months in (0, 1, 3, 12, 36):
        for step in (-1, 0, 1):
            on = add_months(date(2028, 2, 29), months) + timedelta(days=step)
            got = arrow(duck, verdicts(encoded, pack=pack, on=on).order_by("row"))
            assert_equal(got, one_by_one(records, pack=pack, on=on), records, on=on)
