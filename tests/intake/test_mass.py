"""Mass facts go to the lake in whole batches: exactly once, announced by one event, provable row by row."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest
from django.conf import settings

from goodstanding import proof
from goodstanding.intake import commands, lake
from goodstanding.intake.contract import SHIPPED
from goodstanding.registry import lake_batches
from goodstanding.registry.models import Authority, Event, LakeBatch, Record
from tests.intake.bills import CONTRACT, bills, outcomes, rows_in_lake, sent, start
from tests.intake.files import TODAY, clock, reasons, receive, take_in, write_csv
from tests.own_contracts import contracts_folder
from tests.registry.factories import make_entity

pytestmark = pytest.mark.usefixtures("database", "own_lake")


def test_a_batch_lies_in_the_lake_under_one_event_and_each_row_can_be_proved(
    tmp_path: Path, waterworks: Authority
) -> None:
    entities = [make_entity() for _ in range(40)]
    rows = bills(entities)
    rows[7]["ZDRQ"] = "never"
    batch = take_in(sent(tmp_path, "a.csv", rows), CONTRACT, waterworks)
    assert (batch.state, outcomes(batch)) == ("done", (39, 0, 0, 1)), reasons(batch)
    assert batch.rejected_rows.get().reasons[0]["code"] == "column.not_a_date"
    assert not Record.objects.exists() and rows_in_lake() == 39
    announced = LakeBatch.objects.get()
    event = Event.objects.get(kind="batch.committed")
    assert event.content["root"] == bytes(announced.root).hex() and announced.rows == 39
    found = lake.current(lake.open_lake(), entity=str(entities[3].public_id)).to_pylist()
    assert [row["document_no"] for row in found] == ["W4"]
    inside = sorted(
        (row["row"], row["content_digest"])
        for entity in entities
        for row in lake.current(lake.open_lake(), entity=str(entity.public_id)).to_pylist()
    )
    block = b"".join(digest for _, digest in inside)
    for index, (number, digest) in enumerate(inside):
        proof.verify_inclusion(
            leaf_hash=proof.leaf_hash(digest),
            index=index,
            size=39,
            proof=lake_batches.inclusion(announced, index, block=block),
            root=bytes(announced.root),
        )
        assert number >= 2


def test_again_changes_nothing_and_a_correction_leaves_what_was_known_before(
    tmp_path: Path, waterworks: Authority
) -> None:
    entities = [make_entity() for _ in range(10)]
    take_in(sent(tmp_path, "a.csv", bills(entities)), CONTRACT, waterworks)
    again = take_in(sent(tmp_path, "b.csv", bills(entities)[::-1]), CONTRACT, waterworks)
    assert outcomes(again) == (0, 10, 0, 0) and LakeBatch.objects.count() == 1
    before = lake.snapshots(lake.open_lake())[-1].id
    corrected = take_in(sent(tmp_path, "c.csv", bills(entities[:4], amount="99")), CONTRACT, waterworks)
    assert outcomes(corrected) == (0, 0, 4, 0)
    entity = str(entities[0].public_id)
    (now,) = lake.current(lake.open_lake(), entity=entity).to_pylist()
    (then,) = lake.current(lake.open_lake(), entity=entity, snapshot=before).to_pylist()
    assert (now["version"], then["version"]) == (2, 1)
    assert str(now["amount_yuan"]) == "99.00" and str(then["amount_yuan"]) == "12.50"
    first_again = take_in(tmp_path / "a.csv", CONTRACT, waterworks)
    assert outcomes(first_again) == (0, 10, 0, 0), (
        "a file that is sent again does not undo what came after it"
    )


@pytest.mark.crash
def test_a_batch_that_is_killed_at_any_point_is_in_the_lake_once(
    tmp_path: Path, waterworks: Authority, database: str
) -> None:
    entities = [make_entity() for _ in range(30)]
    dice = random.Random(5)
    killed = 0
    for number in range(4):
        rows = bills(entities, first=1000 * number + 1)
        rows[3]["ZQ"] = ""
        batch = receive(sent(tmp_path, f"{number}.csv", rows), CONTRACT, waterworks)
        for _ in range(3):
            child = start(batch, database)
            assert child.stdout is not None and child.stdout.readline() == "up\n"
            time.sleep(dice.uniform(0.1, 2.5))
            killed += child.poll() is None
            child.send_signal(signal.SIGKILL)
            child.wait()
        done = commands.run(batch.pk, today=TODAY, at_clock=clock)
        assert (done.state, outcomes(done)) == ("done", (29, 0, 0, 1)), done.error
        assert done.rejected_rows.count() == 1
    assert killed >= 4, "the kills must hit batches on their way"
    assert rows_in_lake() == 4 * 29
    assert Event.objects.filter(kind="batch.committed").count() == LakeBatch.objects.count() == 4
    # One killed after its commit is done; what was made of it goes with the next look at what a crash left.
    commands.resume_unfinished(today=TODAY, at_clock=clock)
    assert not list((Path(settings.INTAKE_FOLDER).parent / "making").glob("*")), "nothing is left behind"


@pytest.mark.concurrency
def test_two_batches_at_once_with_the_same_bills_hold_each_bill_once(
    tmp_path: Path, waterworks: Authority, database: str
) -> None:
    entities = [make_entity() for _ in range(20)]
    both = [
        receive(sent(tmp_path, f"{amount}.csv", bills(entities, amount=amount)), CONTRACT, waterworks)
        for amount in ("1", "2")
    ]
    children = [start(batch, database) for batch in both]
    for child in children:
        assert child.wait(120) == 0
    found = []
    for batch in both:
        batch.refresh_from_db()
        found.append(outcomes(batch))
    assert sorted(found) == [(0, 0, 20, 0), (20, 0, 0, 0)]
    for entity in entities:
        history = lake.history(lake.open_lake(), entity=str(entity.public_id)).to_pylist()
        assert [row["version"] for row in history] == [1, 2]


def test_a_file_that_cannot_be_read_leaves_nothing(tmp_path: Path, waterworks: Authority) -> None:
    path = tmp_path / "broken.csv"
    path.write_bytes(b"MC,TYSHXYDM\n\xff\xfe broken")
    batch = take_in(path, CONTRACT, waterworks)
    assert batch.state == "failed" and batch.error["code"].startswith("file.")
    assert not LakeBatch.objects.exists()
    empty = take_in(sent(tmp_path, "empty.csv", []), CONTRACT, waterworks)
    assert empty.state == "failed" and empty.error["code"] == "file.no_rows"


def test_a_full_list_of_facts_is_taken_in_row_by_row(tmp_path: Path, waterworks: Authority) -> None:
    text = (
        (SHIPPED / f"{CONTRACT}.yaml")
        .read_text(encoding="utf-8")
        .replace(f"id: {CONTRACT}", "id: bills-as-list", 1)
    )
    delivery = "  - property: delivery\n    value: {form: snapshot, missing: ended, atLeastPercent: 50}\n"
    path = write_csv(tmp_path / "a.csv", CONTRACT, bills([make_entity()]))
    with contracts_folder() as folder:
        (folder / "bills-as-list.yaml").write_text(text + delivery, encoding="utf-8")
        batch = take_in(path, "bills-as-list", waterworks)
    assert (batch.state, outcomes(batch)) == ("done", (1, 0, 0, 0)), batch.error
    assert Record.objects.count() == 1 and not LakeBatch.objects.exists()


def test_without_the_columns_the_same_bills_are_records_of_the_registry(
    tmp_path: Path, waterworks: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "BULK_ENGINE", "rows")
    batch = take_in(sent(tmp_path, "a.csv", bills([make_entity()])), CONTRACT, waterworks)
    assert outcomes(batch) == (1, 0, 0, 0) and Record.objects.get().kind == "fact"
