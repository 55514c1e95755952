"""The option ``--engine``: one run with another engine than the settings name, or a sentence that says why not."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from django.conf import settings

from goodstanding.intake.models import Batch
from goodstanding.registry.models import Authority, LakeBatch, Record
from tests.intake.bills import CONTRACT, bills, utility
from tests.intake.files import registration, write_csv
from tests.registry.factories import make_entity

from .conftest import Run

pytestmark = pytest.mark.usefixtures("database", "own_lake")


@pytest.fixture
def waterworks(database: str) -> Authority:
    return utility()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "bills.csv", CONTRACT, bills([make_entity() for _ in range(3)]))


def test_an_engine_is_used_for_one_run(
    run: Run, file: Path, waterworks: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ("--contract", CONTRACT, "--authority", waterworks.code, "--json")
    assert run("take-in", file, *given, "--engine", "rows").status == 0
    assert Record.objects.count() == 3 and not LakeBatch.objects.exists() and not settings.BULK_ENGINE
    monkeypatch.setattr(settings, "BULK_ENGINE", "rows")
    other = write_csv(file.with_name("more.csv"), CONTRACT, bills([make_entity()], first=9))
    assert run("take-in", other, *given, "--engine", "duckdb").status == 0
    assert Record.objects.count() == 3 and LakeBatch.objects.get().rows == 1
    assert settings.BULK_ENGINE == "rows"


@pytest.mark.parametrize("engine", ["duck", "spark://here", "spark://a:0", "spark://a:70000", "spark://:1 "])
def test_what_is_no_engine_is_refused(run: Run, file: Path, waterworks: Authority, engine: str) -> None:
    said = run(
        "take-in", file, "--contract", CONTRACT, "--authority", waterworks.code, "--engine", engine, "--json"
    )
    assert said.status == 2 and "duckdb, rows and spark://HOST:PORT" in said.errors
    assert not Batch.objects.exists()


def test_a_contract_that_an_engine_cannot_do_is_refused_with_the_reason(
    run: Run, tmp_path: Path, waterworks: Authority
) -> None:
    entity = make_entity()
    code = entity.identifiers.get(scheme="uscc").value
    path = write_csv(tmp_path / "register.csv", "registration", [registration(code, entity.name)])
    given = ("take-in", path, "--contract", "registration", "--authority", waterworks.code)
    said = run(*given, "--engine", "duckdb")
    assert said.status == 2 and not Batch.objects.exists()
    assert "its rows register entities" in said.errors and "--engine rows" in said.errors
    assert "其数据行用于登记主体" in said.errors


@pytest.mark.parametrize("command", ["take-in", "worker"])
def test_a_master_that_does_not_answer_is_said_before_anything_is_received(
    run: Run, file: Path, waterworks: Authority, command: str
) -> None:
    pytest.importorskip("pyspark")
    with socket.socket() as taken:  # bound and not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        engine = f"spark://127.0.0.1:{taken.getsockname()[1]}"
        more = (file, "--contract", CONTRACT, "--authority", waterworks.code) if command == "take-in" else ()
        said = run(command, *more, "--engine", engine)
    assert said.status == 3 and not Batch.objects.exists()
    # A machine without Java says that first.
    assert f"No Spark master answers at {engine}" in said.errors or "Spark needs Java" in said.errors
    assert "--engine duckdb" in said.errors
