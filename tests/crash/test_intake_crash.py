"""A process that takes a file in is killed at random points, many times; the end is the same as without."""

from __future__ import annotations

import random
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Count

from goodstanding.intake import commands, inbox
from goodstanding.intake.models import Batch
from goodstanding.registry.models import Authority, Entity, Event, Record, RecordVersion, Salt
from goodstanding.site.embedded_postgres import Cluster
from tests.conftest import clone, drop
from tests.intake.files import TODAY, clock, penalty, receive, registration, write_csv
from tests.processes import forked, kill
from tests.registry.factories import make_authority, uscc

pytestmark = [pytest.mark.crash, pytest.mark.usefixtures("database")]

PENALTIES = "double-publicity-penalties"


def city(folder: Path, bureau: Authority) -> tuple[Path, Path]:
    """A register of 300 and a file of 3,000 penalties with doubles, corrections, persons and faulty rows."""
    random_ = random.Random(7)
    codes = [uscc() for _ in range(300)]
    names = [f"临湖市第{number}商贸有限公司" for number in range(300)]
    register = [registration(code, name) for code, name in zip(codes, names, strict=True)]
    rows: list[dict[str, str]] = []
    for number in range(3_000):
        at = random_.randrange(300)
        row = penalty(number, codes[at], names[at], bureau)
        match random_.randrange(20):
            case 0 if rows:
                row = dict(random_.choice(rows))
            case 1 if rows:
                row = random_.choice(rows) | {"CF_NR": f"更正{number}"}
            case 2:
                row["CF_JDRQ"] = "2026-13-01"
            case 3:
                row["CF_XDR_SHXYM"] = ""
            case 4:
                row |= {
                    "CF_XDR_LB": "自然人",
                    "CF_XDR_SHXYM": "",
                    "CF_XDR_MC": "王小明",
                    "CF_XDR_ZJHM": "11010519491231002X",
                }
        rows.append(row)
    return (
        write_csv(folder / "register.csv", "registration", register),
        write_csv(folder / "penalties.csv", PENALTIES, rows),
    )


def registry_state() -> dict[str, Any]:
    """What the registry holds, in terms that do not depend on ids or instants."""
    return {
        "entities": sorted(Entity.objects.values_list("kind", "name")),
        "records": sorted(
            Record.objects.values_list(
                "entity__name", "document_no", "state", "version", "content__public__CF_NR", "row"
            )
        ),
        "versions": RecordVersion.objects.count(),
        "events": dict(Event.objects.values_list("kind").annotate(Count("pk")).order_by()),
        "salts": Salt.objects.count(),
        "rejected": sorted(
            (row.row, tuple(why["code"] for why in row.reasons))
            for batch in Batch.objects.all()
            for row in batch.rejected_rows.all()
        ),
        "outcomes": list(
            Batch.objects.order_by("pk").values_list(
                "state", "committed", "unchanged", "superseding", "rejected", "rows"
            )
        ),
    }


def test_a_batch_killed_at_random_points_ends_as_one_left_alone(
    tmp_path: Path, server: Cluster, template_database: str
) -> None:
    bureau = make_authority()
    files = city(tmp_path, bureau)
    random_ = random.Random(20260601)
    kills = {"before": 0, "amid": 0}
    for path, contract in zip(files, ("registration", PENALTIES), strict=True):
        batch = receive(path, contract, bureau)
        longest = 0.3
        for _ in range(60):
            process = forked(partial(commands.run, batch.pk, today=TODAY, at_clock=clock, chunk=40))
            time.sleep(random_.uniform(0.0, longest))
            at_work = kill(process)
            batch.refresh_from_db()
            if batch.state == "done":
                break
            assert inbox.path_of(batch.sha256).exists()
            kills["amid" if batch.next_row else "before"] += at_work
            longest *= 1.0 if batch.next_row else 1.15  # a slow machine is given longer to begin
        batch = commands.run(batch.pk, today=TODAY, at_clock=clock, chunk=40)
        assert batch.state == "done", batch.error
    assert kills["amid"] >= 5, kills
    interrupted = registry_state()
    positions = list(Event.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, len(positions) + 1))
    assert not inbox.path_of(batch.sha256).exists()

    other = clone(server, template_database)  # the same without a crash, in a database of its own
    try:
        bureau = make_authority(code=bureau.code)
        for path, contract in zip(files, ("registration", PENALTIES), strict=True):
            commands.run(receive(path, contract, bureau).pk, today=TODAY, at_clock=clock, chunk=40)
        assert registry_state() == interrupted
    finally:
        drop(server, other)
    print(f"killed {kills['before']} times before and {kills['amid']} times after the first commit")


def test_an_interrupted_batch_is_taken_up_by_the_sweep(tmp_path: Path) -> None:
    bureau = make_authority()
    register, _ = city(tmp_path, bureau)
    batch = receive(register, "registration", bureau)
    assert commands.resume_unfinished(today=TODAY, at_clock=clock) == 1
    batch.refresh_from_db()
    assert (batch.state, batch.committed) == ("done", 300)
    assert commands.resume_unfinished(today=TODAY, at_clock=clock) == 0


def test_a_batch_that_cannot_be_finished_does_not_hold_up_the_others(tmp_path: Path) -> None:
    bureau = make_authority()
    register, _ = city(tmp_path, bureau)
    lost = receive(register, "registration", bureau)
    inbox.path_of(lost.sha256).unlink()  # somebody removed the bytes under the platform's feet
    other = tmp_path / "other.csv"
    other.write_bytes(register.read_bytes() + b"\n")
    whole = receive(other, "registration", bureau)
    assert commands.resume_unfinished(today=TODAY, at_clock=clock) == 2
    lost.refresh_from_db()
    whole.refresh_from_db()
    assert (lost.state, whole.state) == ("failed", "done")
    assert lost.error["code"].startswith("file.") and lost.error["zh"]
    assert commands.resume_unfinished(today=TODAY, at_clock=clock) == 0
