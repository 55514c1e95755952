"""``goodstanding law calendar``: receipts, intervals, refusals, notices, re-dating."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from goodstanding.casework.models import Clock
from goodstanding.cli.law_calendar import calendar
from goodstanding.law.calendar import working_calendar
from goodstanding.law.calendar.notices import FOLDER

from ..casework.stories import Town, apply
from ..oracles.deadline_receipts import fault

YEARS: list[dict[str, Any]] = [
    yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((FOLDER / "cn").glob("*.yaml"))
]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(calendar, arguments)


def test_add_answers_with_a_receipt_that_the_checker_accepts() -> None:
    asked = (
        ("2026-09-30", "3"),
        ("2026-09-30T10:30+00:00", "3", "--cut-off", "17:00"),
        (
            "2026-04-01",
            "7",
            "--extend",
            "5",
            "--pause",
            "2026-04-08..2026-04-10",
            "--ground",
            "expert appraisal",
        ),
        (
            "2026-01-31",
            "1",
            "--unit",
            "months",
            "--extend",
            "3",
            "--extend-unit",
            "working_days",
            "--ground",
            "complex",
        ),
    )
    for arguments in asked:
        found = run("add", *arguments, "--json")
        assert found.exit_code == 0, found.output
        assert fault(json.loads(found.stdout), YEARS) is None, arguments


def test_add_prints_every_day_and_the_notice_it_rests_on() -> None:
    found = run("add", "2026-09-30", "3", "--jurisdiction", "CN")
    assert found.exit_code == 0
    lines = found.output.splitlines()
    assert lines[0] == "due 2026-10-10  期限届满：2026-10-10"
    assert lines[1].startswith("2026-09-30 Wed   0  day zero")
    assert "2026-10-10 Sat   3  make-up working day for National Day  调休上班（国庆节）  [cn-2026]" in lines
    assert lines[-1] == f"calendar {working_calendar('CN').version}"
    late = run("add", "2026-09-30T17:30+08:00", "1", "--cut-off", "17:00").output.splitlines()
    assert late[0].startswith("due 2026-10-09") and late[1].startswith(
        "received 2026-09-30 17:30 (Asia/Shanghai)"
    )
    assert any(line.startswith("2026-10-08 Thu   0  day zero, received after 17:00") for line in late)
    assert run("add", "2026-07-02", "1", "--jurisdiction", "US").output.startswith("due 2026-07-06")


def test_an_interval_is_exit_status_1_with_both_ends_explained() -> None:
    start = working_calendar("CN").known_until - timedelta(days=1)
    found = run("add", start.isoformat(), "10")
    assert found.exit_code == 1
    assert found.output.startswith("due between") and "earliest" in found.output and "最早" in found.output
    paused = run("add", "2026-04-01", "7", "--pause", "2026-04-08..", "--ground", "appraisal", "--json")
    assert paused.exit_code == 1 and json.loads(paused.stdout)["latest_due_on"] is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("2026-13-01", "3"),
        ("2026-04-01T10:00", "3"),
        ("2026-04-01", "3", "--cut-off", "17:00"),
        ("2026-04-01", "3", "--cut-off", "late"),
        ("2026-04-01", "3", "--extend", "2"),
        ("2026-04-01", "3", "--pause", "2026-04-02", "--ground", "x"),
        ("2026-04-01", "3", "--pause", "2026-04-03..2026-04-02", "--ground", "x"),
        ("1999-01-01", "3"),
        ("2026-04-01", "3", "--jurisdiction", "GB", "--known-on", "2026-01-01"),
    ],
)
def test_what_cannot_be_counted_is_exit_status_2(arguments: tuple[str, ...]) -> None:
    found = run("add", *arguments)
    assert found.exit_code == 2 and found.output.strip(), arguments


def test_known_on_leaves_later_notices_out() -> None:
    assert run("add", "2020-01-30", "1", "--known-on", "2020-01-26").output.startswith("due 2020-01-31")
    assert run("add", "2020-01-30", "1").output.startswith("due 2020-02-03")


def test_notices_are_listed_with_number_and_address() -> None:
    found = json.loads(run("notices", "--year", "2020", "--json").stdout)
    assert [notice["id"] for notice in found] == ["cn-2020", "cn-2020-01-27"]
    shown = run("notices").output.splitlines()
    assert len(shown) == sum(len(year["notices"]) for year in YEARS)
    assert "number not seen" in shown[0] and "国办发明电〔2025〕7号" in shown[-1]


def test_check_names_file_and_line(tmp_path: Path) -> None:
    good = FOLDER / "cn" / "2026.yaml"
    assert run("check", str(good)).exit_code == 0
    bad = tmp_path / "2026.yaml"
    bad.write_text(good.read_text(encoding="utf-8").replace("2026-01-04", "2026-01-05"), encoding="utf-8")
    found = run("check", str(good), str(bad), "--json")
    assert found.exit_code == 1
    (problem,) = json.loads(found.stdout)
    assert (problem["file"], "no day of a weekend" in problem["reason"]) == ("2026.yaml", True)
    assert "2026-01-05" in bad.read_text(encoding="utf-8").splitlines()[problem["line"] - 1]


@pytest.mark.usefixtures("database")
def test_redate_says_what_moved_and_writes_every_move(tmp_path: Path) -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    Clock.objects.filter(case=case).update(started_on=date(2025, 12, 26))
    assert run("redate", "--known-on", "2025-11-03").exit_code == 0
    found = run("redate", "--moves", str(tmp_path / "moves.csv"), "--json")
    assert found.exit_code == 0, found.output
    done = json.loads(found.stdout)
    with (tmp_path / "moves.csv").open(encoding="utf-8", newline="") as file:
        moves = list(csv.DictReader(file))
    assert done["moved"] == len(moves) == 2 and {move["case"] for move in moves} == {str(case.public_id)}
    for move in moves:
        assert not move["due_from"] and move["earliest_from"] <= move["due_to"] <= move["latest_from"]
    assert run("redate").output.startswith("0 of 2 open clocks moved")
