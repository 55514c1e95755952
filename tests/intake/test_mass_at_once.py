"""Batches of one item are made at the same time, and each row is settled on what is there when its batch enters."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.db import connection

from goodstanding.intake import commands, inbox, lake
from goodstanding.intake.contract import SHIPPED, load_contract
from goodstanding.intake.models import Batch, Hold
from goodstanding.registry import locks
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Authority, Entity, LakeBatch
from tests.intake.bills import CONTRACT, bills, outcomes, rows_in_lake, sent, start
from tests.intake.files import AT, TODAY, clock, receive, take_in
from tests.intake.test_mass_firewall import promoted
from tests.own_contracts import contracts_folder
from tests.registry.factories import make_entity

pytestmark = pytest.mark.usefixtures("database", "own_lake")


def run_beside(batch: Batch, *meanwhile: Callable[[], object]) -> tuple[Batch, int]:
    """Take a batch in; each time that it is made, the next thing happens meanwhile. Also says how often it was made."""
    waiting, made = list(meanwhile), 0

    def in_the_pipeline(rows: int, total: int) -> None:
        nonlocal made
        made += 1
        if waiting:
            waiting.pop(0)()

    return commands.run(batch.pk, progress=in_the_pipeline, today=TODAY, at_clock=clock), made


def versions(entities: list[Entity]) -> set[tuple[int, ...]]:
    opened = lake.open_lake()
    return {
        tuple(row["version"] for row in lake.history(opened, entity=str(entity.public_id)).to_pylist())
        for entity in entities
    }


@pytest.mark.concurrency
def test_two_batches_of_an_item_are_in_their_pipelines_at_the_same_time(
    tmp_path: Path, waterworks: Authority
) -> None:
    entities = [make_entity() for _ in range(12)]
    both = [
        receive(sent(tmp_path, f"{first}.csv", bills(entities, first=first)), CONTRACT, waterworks)
        for first in (1, 1001)
    ]
    together = threading.Barrier(2, timeout=120)  # broken, if one had to wait for the other's end
    failed: list[BaseException] = []

    def run(batch: Batch) -> None:
        try:
            commands.run(batch.pk, progress=lambda *_: together.wait(), today=TODAY, at_clock=clock)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(batch,)) for batch in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
    for batch in both:
        batch.refresh_from_db()
        assert (batch.state, outcomes(batch)) == ("done", (12, 0, 0, 0)), batch.error
    assert rows_in_lake() == 24 and versions(entities) == {(1, 1)} and LakeBatch.objects.count() == 2


def test_other_rows_that_came_meanwhile_leave_a_batch_as_it_was_made(
    tmp_path: Path, waterworks: Authority
) -> None:
    entities = [make_entity() for _ in range(6)]
    take_in(sent(tmp_path, "before.csv", bills(entities)), CONTRACT, waterworks)
    other = sent(tmp_path, "other.csv", bills(entities, first=1001))
    batch = receive(
        sent(tmp_path, "mine.csv", bills(entities, amount="7") + bills(entities, first=2001)),
        CONTRACT,
        waterworks,
    )

    def meanwhile() -> None:
        take_in(other, CONTRACT, waterworks)
        # The rows that are superseded stand in new files after that, and are still not new.
        assert lake.compact(lake.open_lake(), everything=True).files_after

    done, made = run_beside(batch, meanwhile)
    assert (outcomes(done), made) == ((6, 0, 6, 0), 1)
    assert rows_in_lake() == 24


def test_the_same_rows_that_came_meanwhile_are_there_first(tmp_path: Path, waterworks: Authority) -> None:
    entities = [make_entity() for _ in range(6)]
    same = sent(tmp_path, "same.csv", bills(entities)[::-1])
    newer = sent(tmp_path, "newer.csv", bills(entities[:1], amount="8"))
    batch = receive(sent(tmp_path, "mine.csv", bills(entities)), CONTRACT, waterworks)

    def meanwhile() -> None:
        assert outcomes(take_in(same, CONTRACT, waterworks)) == (6, 0, 0, 0)
        assert outcomes(take_in(newer, CONTRACT, waterworks)) == (0, 0, 1, 0)

    done, made = run_beside(batch, meanwhile)
    assert (outcomes(done), made) == ((0, 5, 1, 0), 2)
    assert versions(entities[:1]) == {(1, 2, 3)} and versions(entities[1:]) == {(1,)}


def test_the_same_file_that_was_taken_in_meanwhile_undoes_nothing_that_came_after_it(
    tmp_path: Path, waterworks: Authority
) -> None:
    entities = [make_entity() for _ in range(6)]
    file = sent(tmp_path, "mine.csv", bills(entities))
    newer = sent(tmp_path, "newer.csv", bills(entities, amount="8"))
    batch = receive(file, CONTRACT, waterworks)

    def meanwhile() -> None:
        take_in(file, CONTRACT, waterworks)
        take_in(newer, CONTRACT, waterworks)

    done, made = run_beside(batch, meanwhile)
    assert (outcomes(done), made) == ((0, 6, 0, 0), 2) and versions(entities) == {(1, 2)}


def test_what_the_registry_was_told_meanwhile_of_a_promoted_fact_comes_first(
    tmp_path: Path, waterworks: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    entities = [make_entity() for _ in range(4)]
    first = take_in(sent(tmp_path, "a.csv", bills(entities)), CONTRACT, waterworks)
    record = promoted(first, "W2")
    corrected = sent(tmp_path, "row.csv", bills(entities[1:2], first=2, amount="20"))
    batch = receive(sent(tmp_path, "b.csv", bills(entities, amount="30")), CONTRACT, waterworks)

    def meanwhile() -> None:
        with monkeypatch.context() as there:
            there.setattr(settings, "BULK_ENGINE", "rows")
            assert outcomes(take_in(corrected, CONTRACT, waterworks)) == (0, 0, 1, 0)

    done, made = run_beside(batch, meanwhile)
    assert (outcomes(done), made) == ((0, 0, 4, 0), 2)
    record.refresh_from_db()
    assert record.version == 3 and versions(entities[1:2]) == {(1, 3)}


@contextmanager
def strict_bills() -> Iterator[None]:
    """The contract of bills as one that holds faulty files."""
    text: Any = yaml.safe_load((SHIPPED / f"{CONTRACT}.yaml").read_text(encoding="utf-8"))
    text["customProperties"] = [item for item in text["customProperties"] if item["property"] != "quality"]
    text["customProperties"].append({"property": "quality", "value": {"hold": {"validity": 90}}})
    with contracts_folder() as folder:
        (folder / f"{CONTRACT}.yaml").write_text(yaml.safe_dump(text, allow_unicode=True), encoding="utf-8")
        yield


def faulty(entities: list[Entity]) -> list[dict[str, str]]:
    rows = bills(entities)
    rows[0]["ZDRQ"] = "never"
    return rows


def test_nothing_that_was_made_of_a_refused_batch_stays(tmp_path: Path, waterworks: Authority) -> None:
    with strict_bills():
        rows = faulty([make_entity() for _ in range(4)])
        batch = take_in(sent(tmp_path, "a.csv", rows), CONTRACT, waterworks)
        assert batch.state == Batch.State.HELD and inbox.made() == {batch.public_id}
        commands.resume_unfinished(today=TODAY, at_clock=clock)
        assert inbox.made() == {batch.public_id}, "what waits is kept"
        commands.decide_held(
            actor=Actor(role="operator"),
            public_id=batch.public_id,
            decision=Hold.Decision.REFUSED,
            reason="The source sends the file again.",
            at=AT,
        )
    assert inbox.made() == set() and not inbox.path_of(batch.sha256).exists()


def test_what_came_while_a_batch_waited_for_the_operator_is_there_first(
    tmp_path: Path, waterworks: Authority
) -> None:
    entities = [make_entity() for _ in range(4)]
    rows = faulty(entities)
    with strict_bills():
        batch = take_in(sent(tmp_path, "a.csv", rows), CONTRACT, waterworks)
        assert batch.state == Batch.State.HELD and rows_in_lake() == 0
        take_in(sent(tmp_path, "b.csv", bills(entities, amount="8")), CONTRACT, waterworks)
        commands.decide_held(
            actor=Actor(role="operator"),
            public_id=batch.public_id,
            decision=Hold.Decision.RELEASED,
            reason="The source confirmed the file by telephone.",
            at=AT,
        )
        done, made = run_beside(batch)
    assert (done.state, outcomes(done), made) == ("done", (0, 0, 3, 1), 1), done.error
    assert versions(entities[1:]) == {(1, 2)}


@pytest.mark.crash
def test_a_batch_that_is_killed_before_its_turn_sees_what_came_until_it_is_taken_up(
    tmp_path: Path, waterworks: Authority, database: str
) -> None:
    entities = [make_entity() for _ in range(5)]
    batch = receive(sent(tmp_path, "mine.csv", bills(entities)), CONTRACT, waterworks)
    newer = sent(tmp_path, "newer.csv", bills(entities[:2], amount="8"))
    said = Path(settings.INTAKE_FOLDER).parent / "making" / str(batch.public_id) / "made" / "outcome.json"
    with locks.alone(locks.ITEM, load_contract(CONTRACT).clauses.item):
        child = start(batch, database)
        until = time.monotonic() + 120
        while not said.exists() and child.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        assert said.exists() and child.poll() is None, "it is made and waits for its turn"
        assert outcomes(take_in(newer, CONTRACT, waterworks)) == (2, 0, 0, 0)
        child.send_signal(signal.SIGKILL)
        child.wait()
    done, made = run_beside(batch)
    assert (outcomes(done), made) == ((3, 0, 2, 0), 1)
    assert versions(entities[:2]) == {(1, 2)} and versions(entities[2:]) == {(1,)}
    assert not said.parent.parent.exists() and rows_in_lake() == 7
