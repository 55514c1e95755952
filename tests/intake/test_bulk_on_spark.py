"""The same pipeline on Apache Spark: a standalone master with two workers says row by row what DuckDB says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bench.spark import standalone

from goodstanding.intake.build import KnownAuthority
from goodstanding.world import generate
from tests.intake.bulk_runs import assert_same, job, known_of, take

ON = date(2026, 6, 1)
CONTRACTS = ("double-publicity-penalties", "abnormal-list")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A standalone Spark master with two workers on this machine. Its address."""
    if shutil.which("java") is None:
        pytest.skip("no Java for Spark; tests/system-packages installs it")
    sql = pytest.importorskip("pyspark.sql")
    with standalone(tmp_path_factory.mktemp("spark"), workers=2) as started:
        yield started.master
        session = sql.SparkSession.getActiveSession()
        if session is not None:
            session.stop()


def test_spark_says_what_duckdb_says(cluster: str, tmp_path: Path) -> None:
    manifest = generate(tmp_path, entities=200, seed=7, on=ON, records=1_500)
    known = known_of(tmp_path / "registration.csv", tmp_path / "known.parquet", today=ON)
    authorities = {
        item.code: KnownAuthority(at, "government") for at, item in enumerate(manifest.authorities, start=1)
    }
    seen: set[str] = set()
    for file in manifest.files:
        if file.contract not in CONTRACTS or file.contract in seen:
            continue
        seen.add(file.contract)
        made: dict[str, Any] = {}
        for engine in ("duckdb", cluster):
            work = job(file.contract, authorities, file.authority, today=ON)
            out = tmp_path / f"{file.path}.{'duckdb' if engine == 'duckdb' else 'spark'}"
            made[engine] = take(tmp_path / file.path, work, known, out, engine=engine)
        assert made[cluster].plain == made["duckdb"].plain > 0
        assert_same(made["duckdb"], made[cluster])
    assert seen == set(CONTRACTS)
