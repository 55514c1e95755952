"""Evaluator 2 against evaluator 1: over every pack, every end of a month and every refusal they differ in nothing."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pyarrow as pa
import pytest

from goodstanding.law import Facts, FactsRefused, Pack, decide
from goodstanding.law.columns import OUTPUT, duckdb, encode, keep, verdicts
from tests.law.columns_packs import packs
from tests.oracles.law_records import MONTH_ENDS, Generator, table

RECORDS = int(os.environ.get("GOODSTANDING_COLUMN_RECORDS", "1_000_000"))
"""Generated records in all; more for longer runs."""
SEED = 20260401
DAYS = (date(2026, 4, 1), date(2026, 6, 30), date(2028, 2, 29), date(2031, 8, 31))
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
def cases(name: str) -> list[tuple[date, list[Facts], pa.Table]]:
    """For one pack: days, the facts generated around each, and what evaluator 1 says."""
    pack = PACKS[name]
    count = -(-RECORDS // (len(PACKS) * len(DAYS)))
    found = []
    for place, on in enumerate(DAYS):
        records = Generator(pack, seed=SEED + place).records(count, on=on)
        found.append((on, records, one_by_one(records, pack=pack, on=on)))
    return found


def assert_equal(got: pa.Table, expected: pa.Table, records: list[Facts], *, on: date) -> None:
    """Every column the same in every row; where not, the first case in which they differ is shown."""
    got = got.select(list(OUTPUT)).cast(expected.schema)
    if got.equals(expected):
        return
    for facts, one, two in zip(records, expected.to_pylist(), got.to_pylist(), strict=True):
        differing = {name: (one[name], two[name]) for name in OUTPUT if one[name] != two[name]}
        assert not differing, f"on {on}: {differing} for {facts}"


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    connection = duckdb(threads=2)
    yield connection
    connection.disconnect()


def facts_in(engine: Any, records: list[Facts]) -> Any:
    engine.con.register("facts_arriving", table(records))
    engine.con.execute("CREATE OR REPLACE TEMP TABLE facts AS FROM facts_arriving")
    return engine.table("facts")


@pytest.mark.parametrize("name", PACKS)
def test_duckdb_says_what_evaluator_1_says(name: str, engine: Any) -> None:
    pack = PACKS[name]
    said: Counter[str] = Counter()
    for on, records, expected in cases(name):
        encoded = keep(engine, "encoded", encode(facts_in(engine, records), pack=pack))
        got = verdicts(encoded, pack=pack, on=on).order_by("row").to_pyarrow()
        assert_equal(got, expected, records, on=on)
        said.update(expected["refused"].fill_null("answered").to_pylist())
    print(f"{name}: seed {SEED}, {sum(said.values()):,} records, {dict(said)}")
    assert said["answered"] > sum(said.values()) // 2


@pytest.mark.parametrize("name", PACKS)
def test_every_end_of_a_month_is_among_the_generated_findings(name: str) -> None:
    for _, records, _ in cases(name):
        assert {record.found_on for record in records} >= set(MONTH_ENDS)
