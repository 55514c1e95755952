"""Removed records do not come back in a bulk batch: refused or quarantined, noted, and the rest of the batch enters."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from goodstanding.intake import commands, lake, mass
from goodstanding.intake.errors import FactRefused
from goodstanding.intake.facts import promote_fact
from goodstanding.intake.models import Batch
from goodstanding.registry import lake_batches, source_findings
from goodstanding.registry.actor import Actor
from goodstanding.registry.commands import RegistryError, create_account, withdraw
from goodstanding.registry.models import Authority, Entity, Event, LakeBatch, Record, SourceFinding
from tests.intake.bills import CONTRACT, bills, outcomes, rows_in_lake, sent, start, utility
from tests.intake.files import AT, TODAY, clock, reasons, receive, take_in
from tests.registry.factories import make_entity

pytestmark = pytest.mark.usefixtures("database", "own_lake")


@pytest.fixture
def heatworks(database: str) -> Authority:
    """Another sender."""
    return utility("临湖市供热有限公司")


def promoted(batch: Batch, number: str) -> Record:
    """The bill of a batch made a record, with the proof that it is what was announced."""
    announced = LakeBatch.objects.get(public_id=batch.public_id)
    planned = lake.plan(lake.open_lake(), batch=str(announced.public_id))
    rows = [row for file in planned for row in pq.read_table(file.path).to_pylist()]
    rows = sorted((row for row in rows if row["batch"] == str(batch.public_id)), key=lambda row: row["row"])
    (index,) = (at for at, row in enumerate(rows) if row["document_no"] == number)
    block = lake_batches.tree_of(announced).block_of(index)
    hashes = lake_batches.inclusion(
        announced, index, block=b"".join(row["content_digest"] for row in rows[block.start : block.stop])
    )
    row = lake_batches.LakeRow.of(rows[index])
    return lake_batches.promote(row, index=index, hashes=hashes, today=TODAY, at=AT)


def removed(batch: Batch, number: str) -> Record:
    """The bill of a batch made a record, and withdrawn."""
    return withdraw(record_id=promoted(batch, number).pk, at=AT)


def again(entity: Entity, number: str) -> dict[str, str]:
    """A bill of an entity under another spelling of its number."""
    (row,) = bills([entity])
    return row | {"ZDBH": number}


def test_a_withdrawn_bill_does_not_come_back_and_the_rest_of_the_batch_enters(
    tmp_path: Path, waterworks: Authority, heatworks: Authority
) -> None:
    entities = [make_entity() for _ in range(30)]
    numbered = [row | {"ZDBH": f"W2026-{at:05}"} for at, row in enumerate(bills(entities))]
    first = take_in(sent(tmp_path, "a.csv", numbered), CONTRACT, waterworks)
    gone = removed(first, "W2026-00004")
    fresh = [row | {"ZDBH": f"H7-{at:05}"} for at, row in enumerate(bills(entities))]
    same, alike = (
        again(entities[4], "ｗ2026－０0004"),
        again(entities[4], "W-2026/4") | {"ZDRQ": "2026-05-21"},
    )
    rows = [*fresh[:10], same, *fresh[10:20], alike, *fresh[20:]]
    batch = take_in(sent(tmp_path, "b.csv", rows), CONTRACT, heatworks)
    assert (batch.state, outcomes(batch)) == ("done", (30, 0, 0, 2)), reasons(batch)
    assert reasons(batch) == {12: ["tombstone.withdrawn"], 23: ["tombstone.alike"]}
    refused, waiting = batch.rejected_rows.order_by("row")
    assert not any(refused.values) and not refused.quarantined, "nothing of a removed record is kept"
    assert waiting.quarantined and "W-2026/4" in waiting.values
    found = SourceFinding.objects.order_by("row")
    assert [(item.source, item.record, item.kind, item.batch, item.row) for item in found] == [
        (heatworks, gone, "same", batch.pk, 12),
        (heatworks, gone, "alike", batch.pk, 23),
    ]
    assert Event.objects.filter(kind="source.finding").count() == 2
    announced = LakeBatch.objects.get(public_id=batch.public_id)
    assert announced.rows == 30 and rows_in_lake() == 60
    assert promoted(batch, "H7-00029").row == 33, "what was announced is what lies in the lake"


def test_its_very_key_is_refused_and_noted_and_a_cleared_row_enters(
    tmp_path: Path, waterworks: Authority
) -> None:
    entities = [make_entity() for _ in range(6)]
    first = take_in(sent(tmp_path, "a.csv", bills(entities)), CONTRACT, waterworks)
    removed(first, "W3")
    rows = bills(entities)
    rows[2]["JE"] = "13"
    doubled = [*rows, again(entities[2], "W3（补）") | {"JE": "14", "ZDRQ": "2026-05-22"}]
    batch = take_in(sent(tmp_path, "b.csv", doubled), CONTRACT, waterworks)
    assert outcomes(batch) == (0, 5, 0, 2) and reasons(batch)[4] == ["tombstone.withdrawn"]
    finding = SourceFinding.objects.get(kind="alike")
    operator = create_account(username="operator", password=None, role="operator")
    source_findings.decide(
        finding=finding.public_id,
        decision="cleared",
        reasons="Another bill, of another day.",
        account_id=operator.pk,
        at=AT,
    )
    later = take_in(sent(tmp_path, "c.csv", doubled), CONTRACT, waterworks)
    assert outcomes(later) == (1, 5, 0, 1) and SourceFinding.objects.count() == 3


def test_later_states_of_a_key_are_counted_from_the_first_that_stays(
    tmp_path: Path, waterworks: Authority
) -> None:
    """One file says two things of one bill, and the first of them is the removed one."""
    entities = [make_entity() for _ in range(3)]
    first = take_in(sent(tmp_path, "a.csv", bills(entities)), CONTRACT, waterworks)
    removed(first, "W1")
    stopped = again(entities[0], "W1号")
    stays = stopped | {
        "ZDRQ": "2026-03-02",
        "ZDBH": "w1 号",
        "TYSHXYDM": entities[1].identifiers.get(scheme="uscc").value,
    }
    stays |= {"MC": entities[1].name}
    batch = take_in(sent(tmp_path, "b.csv", [stopped, stays]), CONTRACT, waterworks)
    assert outcomes(batch) == (1, 0, 0, 1), reasons(batch)
    (row,) = [
        row
        for row in lake.history(lake.open_lake(), entity=str(entities[1].public_id)).to_pylist()
        if row["batch"] == str(batch.public_id)
    ]
    assert row["version"] == 1


def test_what_is_removed_after_the_look_and_before_the_lake_does_not_slip_through(
    tmp_path: Path, waterworks: Authority, heatworks: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    entities = [make_entity() for _ in range(8)]
    numbered = [row | {"ZDBH": f"W2026-{at:05}"} for at, row in enumerate(bills(entities))]
    first = take_in(sent(tmp_path, "a.csv", numbered), CONTRACT, waterworks)
    batch = receive(sent(tmp_path, "b.csv", numbered), CONTRACT, heatworks)
    laid = mass._laid
    gone: list[Record] = []

    def meanwhile(*given: Any) -> list[Path]:
        """Copying the files takes a while; the bill is withdrawn during it."""
        if not gone:
            gone.append(removed(first, "W2026-00002"))
        return laid(*given)

    monkeypatch.setattr(mass, "_laid", meanwhile)
    done = commands.run(batch.pk, today=TODAY, at_clock=clock)
    assert (done.state, outcomes(done)) == ("done", (7, 0, 0, 1)), done.error
    assert reasons(done) == {4: ["tombstone.withdrawn"]}
    assert SourceFinding.objects.get().record == gone[0] and rows_in_lake() == 15


@pytest.mark.crash
def test_a_killed_batch_notes_each_attempt_once(
    tmp_path: Path, waterworks: Authority, heatworks: Authority, database: str
) -> None:
    entities = [make_entity() for _ in range(20)]
    numbered = [row | {"ZDBH": f"W2026-{at:05}"} for at, row in enumerate(bills(entities))]
    first = take_in(sent(tmp_path, "a.csv", numbered), CONTRACT, waterworks)
    removed(first, "W2026-00011")
    batch = receive(sent(tmp_path, "b.csv", numbered), CONTRACT, heatworks)
    dice, killed = random.Random(7), 0
    for _ in range(4):
        child = start(batch, database)
        assert child.stdout is not None and child.stdout.readline() == "up\n"
        time.sleep(dice.uniform(0.3, 2.5))
        killed += child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.wait()
    done = commands.run(batch.pk, today=TODAY, at_clock=clock)
    assert killed and (done.state, outcomes(done)) == ("done", (19, 0, 0, 1)), done.error
    assert SourceFinding.objects.get().row == 13 and done.rejected_rows.count() == 1
    assert rows_in_lake() == 39 and LakeBatch.objects.count() == 2


def test_a_fact_that_was_removed_under_another_key_is_not_promoted(
    tmp_path: Path, waterworks: Authority, heatworks: Authority
) -> None:
    entities = [make_entity() for _ in range(3)]
    numbered = [row | {"ZDBH": f"W2026-{at:05}"} for at, row in enumerate(bills(entities))]
    first, second = (
        take_in(sent(tmp_path, f"{who.pk}.csv", numbered), CONTRACT, who) for who in (waterworks, heatworks)
    )
    removed(first, "W2026-00001")
    with pytest.raises(RegistryError, match=r"lake_batch\.removed"):
        promoted(second, "W2026-00001")
    with pytest.raises(FactRefused, match="is a removed record"):
        promote_fact(Actor(role="operator"), second.public_id, 3, today=TODAY, at=AT)
    assert not Record.objects.filter(state="unpublished").exists()
    assert promoted(second, "W2026-00002").state == "unpublished"
