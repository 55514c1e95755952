"""Processes that write to the lake are killed at random points: the table is as it was, or as it should be."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

import pytest

from goodstanding.intake.lake import (
    Lake,
    append,
    appended,
    clean,
    compact,
    expire,
    open_lake,
    redact,
    snapshots,
)
from goodstanding.intake.lake.expire import referenced

from ..processes import ended, forked
from .lake_rows import Oracle, Row, sorted_rows, whole, written

pytestmark = pytest.mark.crash


def calls_of(work: Callable[[], object]) -> int:
    """Do the work; how many functions it called."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def killed(work: Callable[[], object], *, at: int | str) -> bool:
    """Run work in a process of its own, which is killed at its call of that number, or when the catalog's commit is
    called (``call``) or returns (``return``). Whether it came so far.
    """

    def dying() -> None:
        calls = 0

        def look(frame: FrameType, event: str, argument: object) -> None:
            nonlocal calls
            calls += event == "call"
            if calls == at or (event == at and frame.f_code.co_name == "commit_table"):
                os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(look)
        work()

    return ended(forked(dying)) == -signal.SIGKILL


def test_killed_writers_leave_the_old_state_or_the_new_one(database: str, tmp_path: Path) -> None:
    lake = open_lake(folder=tmp_path / "lake", buckets=4)
    oracle = Oracle(random.Random(20261122), buckets=4)
    kills: dict[str, int] = {"append": 0, "redact": 0, "compact": 0, "expire": 0}
    halves = {"old": 0, "new": 0}
    length = {"append": 4_000, "redact": 8_000, "compact": 10_000, "expire": 6_000}
    for turn in range(30):
        what = ("append", "compact", "append", "redact", "append", "expire")[turn % 6]
        work, then = step(lake, oracle, what)
        before = sorted_rows(oracle.rows)
        after = sorted_rows(then)
        anywhere = int(oracle.random.random() * length[what])
        amid = killed(work, at=oracle.random.choice([anywhere, anywhere, "call", "return"]))
        found = whole(lake)
        assert found in (before, after), f"{what} at turn {turn}"
        kills[what] += amid
        if amid and before != after:
            halves["new" if found == after else "old"] += 1
        calls = calls_of(work)  # done again it ends as one that was left alone
        if found == before or what == "compact":
            length[what] = calls
        oracle.rows = then
        assert whole(lake) == after, f"{what} at turn {turn}, done again"
    assert sum(kills.values()) >= 12 and kills["append"] >= 4, kills
    assert min(halves.values()) >= 3, halves
    nothing_is_left_over(lake)
    assert whole(lake) == sorted_rows(oracle.rows)
    print(f"killed amid: {kills}; found the old state {halves['old']} and the new one {halves['new']} times")


def step(lake: Lake, oracle: Oracle, what: str) -> tuple[Callable[[], object], list[Row]]:
    """A change of the table that can be done again, and the rows after it."""
    if what == "append":
        batch, rows = oracle.next_batch(25)

        def again() -> object:
            return appended(lake, batch) or append(lake, batch=batch, files=written(lake, batch, rows))

        return again, oracle.rows + rows
    if what == "redact":
        keys = {row["natural_key"] for row in oracle.random.sample(oracle.rows, 3)}
        later = Oracle(oracle.random, rows=oracle.rows)
        later.redact(keys)
        return lambda: redact(lake, keys), later.rows
    if what == "compact":
        return lambda: compact(lake, everything=True, rows_per_file=60), oracle.rows
    return lambda: expire(lake, older_than=datetime.now(UTC)), oracle.rows


def nothing_is_left_over(lake: Lake) -> None:
    """What the killed ones left is found, kept for a day, and removed when asked; the table needs none of it."""
    orphans = clean(lake, older_than=datetime.now(UTC) + timedelta(minutes=1), remove=False)
    assert orphans.files > 0 and all(path.exists() for path in orphans.paths)
    table = lake.table()
    assert not set(orphans.paths) & referenced(table.metadata, table.io)
    assert clean(lake, older_than=datetime.now(UTC) - timedelta(days=1)).files == 0
    assert clean(lake, older_than=datetime.now(UTC) + timedelta(minutes=1)).paths == orphans.paths
    assert not any(path.exists() for path in orphans.paths)
    assert len(snapshots(lake)) >= 1
