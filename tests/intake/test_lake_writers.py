"""Writers of the lake: a batch enters once, two at once both succeed, and what is not of the table is refused."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connections

from goodstanding.intake.lake import (
    SCHEMA,
    FilesRefused,
    Lake,
    LakeBusy,
    LakeUnavailable,
    append,
    appended,
    compact,
    expire,
    new_folder,
    open_lake,
    redact,
    snapshots,
)
from goodstanding.intake.lake import commits as commits_module

from ..processes import ended, forked
from .lake_rows import Oracle, sorted_rows, table, whole, written


def joined(*processes: int) -> None:
    assert [ended(process) for process in processes] == [0] * len(processes)


@pytest.fixture
def lake(database: str, tmp_path: Path) -> Lake:
    return open_lake(folder=tmp_path / "lake", buckets=4)


@pytest.fixture
def oracle() -> Oracle:
    return Oracle(random.Random(7), buckets=4)


def test_a_batch_enters_once_even_after_its_state_expired(lake: Lake, oracle: Oracle) -> None:
    first, rows = oracle.next_batch(30)
    files = written(lake, first, rows)
    assert appended(lake, first) is None
    done = append(lake, batch=first, files=files)
    assert (done.rows, done.repeated) == (30, False)
    again = append(lake, batch=first, files=written(lake, first, rows))
    assert again.repeated and again.snapshot == done.snapshot and again.rows == 30
    second, more = oracle.next_batch(5)
    append(lake, batch=second, files=written(lake, second, more))
    expire(lake, older_than=datetime.now(UTC) + timedelta(minutes=1))
    assert [state.batch for state in snapshots(lake)] == [second]
    after = append(lake, batch=first, files=written(lake, first, rows))
    assert after.repeated and after.rows == 30
    assert appended(lake, first) == after
    assert whole(lake) == sorted_rows(rows + more)


def test_a_batch_without_rows_is_known_too(lake: Lake, oracle: Oracle) -> None:
    batch, rows = oracle.next_batch(3)
    empty = new_folder(lake, batch) / "empty.parquet"
    pq.write_table(SCHEMA.empty_table(), empty)
    assert append(lake, batch=batch, files=[empty]).rows == 0
    assert append(lake, batch=batch, files=written(lake, batch, rows)).repeated
    assert whole(lake) == []


def test_processes_that_open_the_lake_at_once_make_one_table(database: str, tmp_path: Path) -> None:
    def work() -> None:
        lake = open_lake(folder=tmp_path / "lake", buckets=4)
        oracle = Oracle(random.Random(os.getpid()), buckets=4, batches=os.getpid())
        batch, rows = oracle.next_batch(20)
        append(lake, batch=batch, files=written(lake, batch, rows))

    joined(*[forked(work) for _ in range(4)])
    lake = open_lake()
    assert lake.folder == tmp_path / "lake" / "records"
    assert len(whole(lake)) == 80


def test_processes_that_append_at_once_all_succeed(lake: Lake, oracle: Oracle) -> None:
    batches = [oracle.next_batch(20) for _ in range(12)]
    files = {batch: written(lake, batch, rows) for batch, rows in batches}

    def work(mine: list[str]) -> Callable[[], None]:
        return lambda: [append(lake, batch=batch, files=files[batch]) for batch in mine] and None

    names = list(files)
    joined(*[forked(work(names[at::3])) for at in range(3)])
    assert whole(lake) == sorted_rows([row for _, rows in batches for row in rows])
    assert {state.batch for state in snapshots(lake)} == set(names)


def test_one_batch_appended_by_processes_at_once_enters_once(lake: Lake, oracle: Oracle) -> None:
    everything = []
    for _ in range(4):
        batch, rows = oracle.next_batch(10)
        tries = [written(lake, batch, rows) for _ in range(3)]
        joined(
            *[
                forked(lambda batch=batch, files=files: append(lake, batch=batch, files=files))
                for files in tries
            ]
        )
        everything += rows
    assert whole(lake) == sorted_rows(everything)


def test_what_is_appended_and_redacted_during_a_compaction_is_kept(lake: Lake, oracle: Oracle) -> None:
    for _ in range(6):
        batch, rows = oracle.next_batch(30)
        append(lake, batch=batch, files=written(lake, batch, rows))
        oracle.rows += rows
    keys = {row["natural_key"] for row in oracle.rows[:6]}
    batches = [oracle.next_batch(10) for _ in range(6)]
    batches = [(batch, [row for row in rows if row["natural_key"] not in keys]) for batch, rows in batches]
    files = {batch: written(lake, batch, rows) for batch, rows in batches}

    def compactions() -> None:
        for _ in range(5):
            compact(lake, everything=True, rows_per_file=50)

    def appends() -> None:
        for batch in files:
            append(lake, batch=batch, files=files[batch])

    joined(forked(compactions), forked(appends), forked(lambda: redact(lake, keys) and None))
    oracle.rows += [row for _, rows in batches for row in rows]
    oracle.redact(keys)
    assert whole(lake) == sorted_rows(oracle.rows)
    operations = [state.operation for state in snapshots(lake)]
    assert {"append", "redact"} <= set(operations)


def test_a_writer_that_always_loses_says_why(
    lake: Lake, oracle: Oracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits_module, "TRIES", 2)
    batch, rows = oracle.next_batch(10)
    files = written(lake, batch, rows)

    def always_late(table: object, transaction: object) -> None:
        other, more = oracle.next_batch(2)
        append(lake, batch=other, files=written(lake, other, more))
        producer = transaction.update_snapshot().fast_append()  # type: ignore[attr-defined]
        producer.commit()

    with pytest.raises(LakeBusy) as busy:
        commits_module.commit(lake, what="append", stage=always_late)
    assert "append met other commits 2 times" in busy.value.en and "branch main" in busy.value.en
    assert len(whole(lake)) == 4
    assert append(lake, batch=batch, files=files).rows == 10


def test_files_that_are_not_of_the_table_are_refused(lake: Lake, oracle: Oracle, tmp_path: Path) -> None:
    batch, rows = oracle.next_batch(40)
    good = table(sorted_rows(rows))
    one_bucket = good.filter(pa.compute.equal(good["bucket"], good["bucket"][0]))
    folder = new_folder(lake, batch)
    nulls = one_bucket.set_column(2, "item", pa.array([None] * one_bucket.num_rows, pa.string()))
    cases = {
        "several buckets": (good, "partition"),
        "a column too many": (one_bucket.append_column("more", pa.array(range(one_bucket.num_rows))), "more"),
        "another type": (
            one_bucket.set_column(one_bucket.schema.get_field_index("row"), "row", one_bucket["batch"]),
            "row",
        ),
        "empty cells": (nulls, "item has empty cells"),
    }
    for number, (what, (bad, said)) in enumerate(cases.items()):
        path = folder / f"{number}.parquet"
        pq.write_table(bad, path)
        with pytest.raises(FilesRefused) as refused:
            append(lake, batch=batch, files=[path])
        assert said in refused.value.en and str(path) in refused.value.en, what
    elsewhere = tmp_path / "elsewhere.parquet"
    pq.write_table(one_bucket, elsewhere)
    broken = folder / "broken.parquet"
    broken.write_bytes(b"PAR1 and nothing else")
    fine = folder / "fine.parquet"
    pq.write_table(one_bucket, fine)
    for name, path in ((batch, elsewhere), (batch, broken), (oracle.next_batch(1)[0], fine)):
        with pytest.raises(FilesRefused):
            append(lake, batch=name, files=[path])
    with pytest.raises(LakeUnavailable):
        append(lake, batch=batch, files=[folder / "absent.parquet"])
    assert whole(lake) == [] and snapshots(lake) == ()


def test_the_password_is_in_no_message_and_no_property(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = connections["default"].settings_dict
    password = settings["PASSWORD"]
    assert len(password) > 8
    seen = f"{lake!r} {lake.catalog.properties} {lake.catalog.engine!r} {lake.catalog.engine.url!r}"
    seen += f"{lake.table().io.properties} {lake.table().metadata!r}"
    monkeypatch.setitem(settings, "HOST", "127.0.0.1")
    monkeypatch.setitem(settings, "PORT", "1")
    with pytest.raises(LakeUnavailable) as away:
        open_lake()
    seen += "".join(traceback.format_exception(away.value))
    assert "127.0.0.1" in away.value.en and password not in seen


@pytest.mark.parametrize("missing", ["pyiceberg", "sqlalchemy"])
def test_without_the_extra_the_error_names_it(missing: str) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None; import goodstanding.intake.lake"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert "pip install 'goodstanding[lake,columns]'" in done.stderr


def test_nothing_else_needs_the_extra() -> None:
    program = (
        "import sys; sys.modules['pyiceberg'] = sys.modules['duckdb'] = None; import goodstanding.cli;"
        " import goodstanding.site.settings; print('pyarrow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr


def test_files_of_duckdb_without_ids_of_fields_are_read_by_name(lake: Lake, oracle: Oracle) -> None:
    batch, rows = oracle.next_batch(40)
    folder = new_folder(lake, batch)
    with duckdb.connect() as connection:
        connection.register("arriving", table(rows))
        files = []
        for bucket in sorted({row["bucket"] for row in rows}):
            files.append(folder / f"{bucket}.parquet")
            columns = ", ".join(reversed(SCHEMA.names))
            connection.execute(
                f"COPY (SELECT {columns} FROM arriving WHERE bucket = {bucket}) TO '{files[-1]}' (FORMAT parquet)"
            )
    append(lake, batch=batch, files=files)
    assert whole(lake) == sorted_rows(rows)
    assert sorted_rows(lake.table().scan().to_arrow().to_pylist()) == sorted_rows(rows)
    compact(lake, everything=True)
    assert whole(lake) == sorted_rows(rows)
