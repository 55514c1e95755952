"""``goodstanding lake``: what the commands answer to people and scripts."""

from __future__ import annotations

import json
import random
import uuid
from pathlib import Path

import duckdb
import pytest
from django.test import override_settings

from goodstanding.intake.lake import Lake, append, new_folder, open_lake, plan, redact, snapshots
from tests.intake.lake_rows import Oracle, written

from .conftest import Run


@pytest.fixture
def filled(database: str, tmp_path: Path) -> tuple[Lake, Oracle]:
    oracle = Oracle(random.Random(2), buckets=2)
    with override_settings(LAKE_FOLDER=str(tmp_path / "lake")):
        lake = open_lake(buckets=2)
    for _ in range(3):
        batch, rows = oracle.next_batch(40)
        append(lake, batch=batch, files=written(lake, batch, rows))
        oracle.rows += rows
    return lake, oracle


def test_status_says_what_there_is(run: Run, filled: tuple[Lake, Oracle]) -> None:
    lake, _ = filled
    said = run("lake", "status", "--json").document
    assert (said["rows"], said["files"], said["states"], said["buckets"]) == (120, 6, 3, 2)
    assert said["folder"] == str(lake.folder)
    assert [state["id"] for state in said["latest"]] == [state.id for state in snapshots(lake)][::-1]
    words = run("lake", "status", "--states", "1").out
    assert "120 rows in 6 files" in words and words.count("append") == 1


def test_a_fresh_installation_has_an_empty_lake(run: Run, database: str, tmp_path: Path) -> None:
    with override_settings(LAKE_FOLDER=str(tmp_path / "lake")):
        assert run("lake", "status", "--json").document["rows"] == 0
    assert (tmp_path / "lake").stat().st_mode & 0o777 == 0o700
    assert run("lake", "history", uuid.uuid4(), "--json").document == []
    assert run("lake", "files").out == ""


def test_a_history_shows_the_public_parts_only(run: Run, filled: tuple[Lake, Oracle]) -> None:
    lake, oracle = filled
    entity = oracle.rows[0]["entity"]
    answer = run("lake", "history", entity, "--json")
    expected = oracle.history(entity)
    assert [row["natural_key"] for row in answer.document] == [row["natural_key"].hex() for row in expected]
    assert answer.document[0]["public"] == json.loads(expected[0]["content"])["public"]
    assert "王小明" not in answer.out and "王小明" in expected[0]["content"]
    words = run("lake", "history", entity).out
    assert f"{len(expected)} reported states" in words and expected[0]["document_no"] in words
    current = run("lake", "history", entity, "--current", "--json").document
    assert len(current) == len(oracle.current(entity)) < len(expected)
    first = snapshots(lake)[0].id
    earlier = run("lake", "history", entity, "--snapshot", first, "--json").document
    assert earlier == [row for row in answer.document if row["batch"] == oracle.rows[0]["batch"]]
    assert run("lake", "history", entity, "--on", "2025-12-31", "--json").document == []


def test_files_lists_paths_that_an_engine_reads(run: Run, filled: tuple[Lake, Oracle]) -> None:
    lake, oracle = filled
    paths = run("lake", "files").out.splitlines()
    assert paths == [str(file.path) for file in plan(lake)]
    assert duckdb.execute("SELECT count(*) FROM read_parquet(?)", [paths]).fetchone() == (120,)
    batch = oracle.rows[0]["batch"]
    of_batch = run("lake", "files", "--batch", batch, "--entity", oracle.rows[0]["entity"], "--json").document
    assert len(of_batch) == 1 and batch in of_batch[0]["path"]


def test_compact_expire_and_clean_keep_the_lake_in_order(run: Run, filled: tuple[Lake, Oracle]) -> None:
    lake, oracle = filled
    compacted = run("lake", "compact", "--json")
    assert (compacted.status, compacted.document["files_before"], compacted.document["files_after"]) == (
        0,
        6,
        2,
    )
    assert "0 rows" in run("lake", "compact", "--memory", "1GB").out
    redact(lake, [oracle.rows[0]["natural_key"]])
    assert run("lake", "expire", "--json").document == {"snapshots": 0, "files": 0, "bytes": 0}
    expired = run("lake", "expire", "--days", "0", "--json")
    assert expired.document["snapshots"] == 4
    told = [json.loads(line) for line in expired.errors.splitlines()]
    assert {line["progress"] for line in told} == {"states read", "files removed"}
    assert all(line["done"] == line["of"] for line in told), "fast work says only that it is done"
    left = new_folder(lake, oracle.rows[0]["batch"]) / "left.parquet"
    left.write_bytes(b"left by a process that died")
    assert run("lake", "clean", "--json").document["files"] == 0
    listed = run("lake", "clean", "--hours", "0", "--list").out
    assert str(left) in listed and left.exists()
    assert "1 files (27 bytes) removed" in run("lake", "clean", "--hours", "0").out and not left.exists()
    assert run("lake", "status", "--json").document["rows"] == 120


def test_what_is_wrong_is_said_with_its_code(run: Run, filled: tuple[Lake, Oracle]) -> None:
    unknown = run("lake", "files", "--snapshot", "1", "--json")
    assert unknown.status == 2 and json.loads(unknown.errors)["code"] == "lake.snapshot_gone"
    assert "lake status" in run("lake", "files", "--snapshot", "1").errors
    assert run("lake", "history", "no-id").status == 2


def test_without_the_extra_the_command_names_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.delitem(sys.modules, "goodstanding.intake.lake")
    monkeypatch.setitem(sys.modules, "pyiceberg", None)
    refused = run("lake", "status")
    assert refused.status == 2 and "pip install 'goodstanding[lake,columns]'" in refused.errors
