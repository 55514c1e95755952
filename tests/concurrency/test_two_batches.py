"""Several files with the same entities and findings at once: each finding enters once."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from django.db import connections

from goodstanding.intake import commands
from goodstanding.intake.models import Batch
from goodstanding.registry.models import Entity, Event, Record
from tests.intake.files import TODAY, clock, penalty, receive, registration, write_csv
from tests.registry.factories import make_authority, uscc

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("database")]

PENALTIES = "double-publicity-penalties"
NUMBERS = ["11010519491231002X", "440524188001010014", "11010119900307803X"]


def run_at_once(batches: list[Batch]) -> list[Batch]:
    """Run batches in as many threads, each with its own connection."""
    done: list[Batch] = []
    failures: list[BaseException] = []
    start = threading.Barrier(len(batches))

    def work(batch: Batch) -> None:
        try:
            start.wait()
            done.append(commands.run(batch.pk, today=TODAY, at_clock=clock, chunk=60))
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(batch,)) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    return done


def test_overlapping_files_at_once_commit_each_finding_once(tmp_path: Path) -> None:
    bureau = make_authority()
    codes = [uscc() for _ in range(60)]
    register = [registration(code, f"临湖市第{i}商贸有限公司") for i, code in enumerate(codes)]
    random_ = random.Random(1)
    paths = []
    for number in range(2):
        random_.shuffle(register)
        paths.append(write_csv(tmp_path / f"r{number}.csv", "registration", register))
    taken = run_at_once([receive(path, "registration", bureau) for path in paths])
    assert sum(batch.committed for batch in taken) == 60 == Entity.objects.count()
    assert sum(batch.unchanged for batch in taken) == 60

    rows = [penalty(i, codes[i % 60], f"临湖市第{i % 60}商贸有限公司", bureau) for i in range(600)]
    rows += [
        penalty(1000 + i, "", "王小明", bureau, CF_XDR_LB="自然人", CF_XDR_ZJHM=NUMBERS[i % 2])
        for i in range(60)
    ]
    batches = []
    for number in range(4):
        random_.shuffle(rows)
        batches.append(receive(write_csv(tmp_path / f"p{number}.csv", PENALTIES, rows), PENALTIES, bureau))
    taken = run_at_once(batches)
    assert [batch.state for batch in taken] == ["done"] * 4
    assert sum(batch.committed for batch in taken) == 660 == Record.objects.count()
    assert sum(batch.unchanged for batch in taken) == 3 * 660
    assert Entity.objects.filter(kind="natural_person").count() == 2
    positions = list(Event.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, 60 + 2 + 660 + 1))


def test_one_batch_run_by_several_at_once_is_taken_in_once(tmp_path: Path) -> None:
    bureau = make_authority()
    rows = [registration(uscc(), f"临湖市第{i}商贸有限公司") for i in range(300)]
    batch = receive(write_csv(tmp_path / "r.csv", "registration", rows), "registration", bureau)
    taken = run_at_once([batch] * 4)
    assert {(b.state, b.committed) for b in taken} == {("done", 300)}
    assert Event.objects.count() == 300
