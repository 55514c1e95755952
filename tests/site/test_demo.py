"""The newcomer's first command, as a newcomer runs it: twice, and interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from goodstanding.intake.engine import ROWS, engine


def demo(home: Path, *more: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.Popen(
        [sys.executable, "-m", "goodstanding", "demo", "--no-serve", "--json", "--entities", "400", *more],
        # The manifest knows what each row comes to by its code alone.
        env=environment | {"GOODSTANDING_HOME": str(home), "GOODSTANDING_LINKING": "off"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finished(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err[-3000:]
    summary: dict[str, Any] = json.loads(out)
    return summary


def test_the_demo_runs_the_main_job_and_a_second_start_keeps_it(scratch: Path) -> None:
    home = scratch / "demo"
    home.mkdir(mode=0o755)
    first = finished(demo(home))
    manifest = json.loads((home / "demo" / "city" / "manifest.json").read_text())
    for file, expected in zip(first["files"], manifest["files"], strict=True):
        counts = {name: file[name] for name in expected["expected"]}
        assert counts == expected["expected"], file["file"]
    assert first["restored"]["seconds_to_receipt"] < 60
    assert {login["username"] for login in first["logins"]} >= {
        "entity",
        "authority",
        "operator",
        "bank",
        "subscriber",
    }
    (subscriber,) = first["status"]["subscribers"]
    assert subscriber["receipts"] == 1 and subscriber["receipts_due"] == 0
    second = finished(demo(home))
    assert second["files"] == first["files"] and second["logins"] == first["logins"]
    for name in ("entities", "records"):
        assert second["status"][name] == first["status"][name]


@pytest.mark.crash
def test_an_interrupted_demo_goes_on_where_it_stopped(scratch: Path) -> None:
    home = scratch / "interrupted-demo"
    home.mkdir(mode=0o755)
    for seconds in (3.0, 1.7, 5.0, 7.0):
        process = demo(home)
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        # Its pipes close when the last process that it started is gone: nobody is left behind.
        process.communicate(timeout=60)
    summary = finished(demo(home))
    manifest = json.loads((home / "demo" / "city" / "manifest.json").read_text())
    elsewhere = {"registration"} if engine() == ROWS else {"registration", "utility-payments"}
    committed = sum(
        file["expected"]["committed"] for file in manifest["files"] if file["contract"] not in elsewhere
    )
    assert sum(summary["status"]["records"].values()) == committed
