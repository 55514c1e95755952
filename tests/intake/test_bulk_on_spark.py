"""The same pipeline on Apache Spark: a standalone master with two workers says row by row what DuckDB says."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from goodstanding.intake.build import KnownAuthority
from goodstanding.world import generate
from tests.intake.bulk_runs import assert_same, job, known_of, take

ON = date(2026, 6, 1)
CONTRACTS = ("double-publicity-penalties", "abnormal-list")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing answers on port {port}")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A standalone Spark master with two workers on this machine. Its address."""
    if shutil.which("java") is None:
        pytest.skip("no Java for Spark; tests/system-packages installs it")
    pyspark = pytest.importorskip("pyspark")
    home, folder = Path(pyspark.__file__).parent, tmp_path_factory.mktemp("spark")
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    port, started = _free_port(), []

    def start(name: str, *arguments: str) -> None:
        log = (folder / f"{name}.log").open("w")
        started.append(
            subprocess.Popen(
                [str(home / "bin" / "spark-class"), *arguments], env=environment, stdout=log, stderr=log
            )
        )

    master = f"spark://127.0.0.1:{port}"
    try:
        web = ("--webui-port", "0")
        start(
            "master",
            "org.apache.spark.deploy.master.Master",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            *web,
        )
        _wait_for(port)
        for number in ("one", "two"):
            worker = ("org.apache.spark.deploy.worker.Worker", "--cores", "1", "--memory", "1g")
            start(number, *worker, "--work-dir", str(folder / number), *web, master)
        yield master
    finally:
        from pyspark.sql import SparkSession

        session = SparkSession.getActiveSession()
        if session is not None:
            session.stop()
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(30)


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
