"""The table says what a plain list of rows says, now and at every earlier state, whatever was done in between."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from goodstanding.intake.lake import (
    SCHEMA,
    BucketsRefused,
    Lake,
    SnapshotGone,
    append,
    clean,
    compact,
    current,
    current_sql,
    expire,
    files_sql,
    history,
    open_lake,
    plan,
    redact,
    snapshot_at,
    snapshots,
)
from goodstanding.intake.lake.read import end_of

from .lake_rows import START, Oracle, Row, entity_id, sorted_rows, whole, written


def head(lake: Lake) -> int:
    return snapshots(lake)[-1].id


def a_random_life(lake: Lake, oracle: Oracle, *, steps: int) -> dict[int, list[Row]]:
    """Append, redact, compact and expire at random. The rows of every state that is kept, by its id."""
    states: dict[int, list[Row]] = {}
    for _ in range(steps):
        match oracle.random.choices(["append", "redact", "compact", "expire"], [6, 2, 2, 1])[0]:
            case "redact" if oracle.rows:
                keys = {row["natural_key"] for row in oracle.random.sample(oracle.rows, 3)}
                redact(lake, keys)
                oracle.redact(keys)
            case "compact" if oracle.rows:
                compact(
                    lake,
                    everything=oracle.random.random() < 0.5,
                    rows_per_file=oracle.random.choice([20, 10**6]),
                )
            case "expire" if len(states) > 4:
                kept = oracle.random.choice(snapshots(lake)[1:4])
                expire(lake, older_than=kept.at)
                left = {state.id for state in snapshots(lake)}
                states = {id: rows for id, rows in states.items() if id in left}
            case _:
                batch, rows = oracle.next_batch(oracle.random.randrange(1, 40))
                append(lake, batch=batch, files=written(lake, batch, rows))
                oracle.rows = oracle.rows + rows
        states[head(lake)] = oracle.rows
    return states


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_state_is_the_oracles(seed: int, database: str, tmp_path: Path) -> None:
    lake = open_lake(folder=tmp_path / "lake", buckets=4)
    oracle = Oracle(random.Random(seed), buckets=4)
    states = a_random_life(lake, oracle, steps=18)
    assert len(states) >= 4
    for snapshot, rows in states.items():
        assert whole(lake, snapshot) == sorted_rows(rows), f"seed {seed}, state {snapshot}"
    days = [(START + timedelta(days=day)).date() for day in (0, 2)]
    assert 0 < len([row for row in oracle.rows if row["known_from"] < end_of(days[-1])]) < len(oracle.rows)
    for number in random.Random(seed).sample(range(25), 8):
        entity = entity_id(number)
        assert history(lake, entity=entity).to_pylist() == oracle.history(entity)
        assert current(lake, entity=entity).to_pylist() == oracle.current(entity)
        for day in days:
            before = end_of(day)
            assert history(lake, entity=entity, on=day).to_pylist() == oracle.history(entity, before)
            assert current(lake, entity=entity, on=day).to_pylist() == oracle.current(entity, before)
        snapshot, rows = random.Random(seed).choice(list(states.items()))
        earlier = Oracle(random.Random(0), rows=rows)
        assert history(lake, entity=entity, snapshot=snapshot).to_pylist() == earlier.history(entity)
    assert clean(lake, older_than=datetime.now(UTC) + timedelta(days=1)).paths == ()
    print(f"seed {seed}: {len(oracle.rows)} rows, {oracle.batches} batches, {len(states)} states compared")


def test_the_current_state_of_the_whole_table_is_the_oracles(database: str, tmp_path: Path) -> None:
    lake = open_lake(folder=tmp_path / "lake")
    oracle = Oracle(random.Random(4))
    with duckdb.connect() as connection:
        assert connection.sql(current_sql(files_sql(plan(lake)))).fetchall() == []
        for _ in range(4):
            batch, rows = oracle.next_batch(60)
            append(lake, batch=batch, files=written(lake, batch, rows))
            oracle.rows += rows
        day = START.date()
        for before in (None, end_of(day)):
            query = current_sql(files_sql(plan(lake), known_by=before))
            found = connection.sql(query).to_arrow_table().cast(SCHEMA).to_pylist()
            expected = [row for number in range(25) for row in oracle.current(entity_id(number), before)]
            assert sorted_rows(found) == sorted_rows(expected)
            assert 0 < len(expected) < len(oracle.rows)


def test_a_day_leads_to_the_last_state_of_that_day(database: str, tmp_path: Path) -> None:
    lake = open_lake(folder=tmp_path / "lake")
    oracle = Oracle(random.Random(5))
    for _ in range(2):
        batch, rows = oracle.next_batch(10)
        append(lake, batch=batch, files=written(lake, batch, rows))
    first, last = snapshots(lake)
    assert (first.rows, last.rows, last.batch, last.operation) == (10, 20, batch, "append")
    assert snapshot_at(lake, on=last.at.date() + timedelta(days=1)) == last
    with pytest.raises(SnapshotGone):
        snapshot_at(lake, on=first.at.date() - timedelta(days=2))
    expire(lake, older_than=last.at + timedelta(seconds=1))
    assert snapshots(lake) == (last,)  # the newest state never expires
    with pytest.raises(SnapshotGone) as gone:
        history(lake, entity=entity_id(1), snapshot=first.id)
    assert gone.value.code == "lake.snapshot_gone" and gone.value.zh


def test_a_table_keeps_its_number_of_buckets(database: str, tmp_path: Path) -> None:
    with pytest.raises(BucketsRefused):
        open_lake(folder=tmp_path / "lake", buckets=12)
    assert open_lake(folder=tmp_path / "lake", buckets=8).buckets == 8
    assert open_lake(folder=tmp_path / "elsewhere").buckets == 8
    with pytest.raises(BucketsRefused):
        open_lake(folder=tmp_path / "lake", buckets=16)
