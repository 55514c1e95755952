"""The lake follows the journal: each reported state once, erased content erased, whatever is killed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from goodstanding.intake import lake, lake_follow
from goodstanding.intake.models import LakePortion
from goodstanding.registry import commands, corrections, decisions
from goodstanding.registry.models import Entity, Record
from tests.registry.factories import AT, make_authority, make_entity, make_record, reported, take_in

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def own_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "LAKE_FOLDER", str(tmp_path / "lake"))


def history(entity: Entity) -> list[tuple[str, int, str]]:
    rows = lake.history(lake.open_lake(), entity=str(entity.public_id)).to_pylist()
    return [(row["change"], row["version"], row["content"]) for row in rows]


def follow_all(limit: int) -> None:
    while lake_follow.follow(limit=limit):
        pass


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_each_reported_state_lies_in_the_lake_once(limit: int) -> None:
    authority, entity, other = make_authority(), make_entity(), make_entity()
    first = reported(entity, authority, number=1, public={"CF_NR": "罚款2000元"})
    again = reported(
        entity, authority, number=1, public={"CF_NR": "罚款1000元"}, natural_key=first.natural_key
    )
    take_in(first)
    take_in(again)
    gone = make_record(other, authority)
    follow_all(limit)
    commands.withdraw(record_id=gone.pk, at=AT + timedelta(hours=1))
    commands.restore(record_id=Record.objects.get(entity=entity).pk, at=AT + timedelta(hours=2))
    follow_all(limit)
    assert lake_follow.follow() == 0
    said = history(entity)
    assert [(change, version) for change, version, _ in said] == [("report", 1), ("report", 2)]
    assert "罚款2000元" in said[0][2] and "罚款1000元" in said[1][2]
    assert [change for change, _, _ in history(other)] == ["report", "annul"]
    assert lake.current(lake.open_lake(), entity=str(other.public_id)).num_rows == 0


def test_what_decisions_change_lies_in_the_lake_and_a_shield_does_not() -> None:
    entity = make_entity()
    record = make_record(entity, make_authority(), number=1, public={"CF_NR": "罚款2000元"})
    correction = {"CF_NR": "罚款200元"}
    corrections.correct(record_id=record.pk, changes=correction, document="（2026）临行终1号", at=AT)
    decisions.shield(record_id=record.pk, statement="重整计划执行中", account_id=None, at=AT)
    take_in(reported(entity, record.authority, number=1, public={"CF_NR": "罚款300元"}))
    decisions.unshield(record_id=record.pk, account_id=None, at=AT)
    commands.restore(record_id=record.pk, at=AT)
    window = {"publish_from": AT.date(), "publish_until": AT.date() + timedelta(days=700)}
    decisions.republish(record_id=record.pk, restorable_from=None, at=AT, **window)
    follow_all(1000)
    said = lake.history(lake.open_lake(), entity=str(entity.public_id)).to_pylist()
    assert [(row["change"], row["version"], row["published"]) for row in said] == [
        ("report", 1, True),
        ("correct", 2, True),
        ("report", 3, True),
        ("report", 4, True),
    ]
    fines = ["罚款2000元", "罚款200元", "罚款300元", "罚款300元"]
    assert all(fine in row["content"] for fine, row in zip(fines, said, strict=True))
    (now,) = lake.current(lake.open_lake(), entity=str(entity.public_id)).to_pylist()
    assert (now["version"], now["publish_until"]) == (4, window["publish_until"])


def test_a_portion_that_was_begun_is_taken_again_and_stands_once() -> None:
    entity = make_entity()
    make_record(entity, make_authority())
    lake_follow.follow()
    portion = LakePortion.objects.get()
    for done_again in (False, True):
        # Killed after the lake took the batch and before the portion was marked, with newer events beside it.
        LakePortion.objects.filter(pk=portion.pk).update(done=False)
        if done_again:
            make_record(entity, make_authority())
        lake_follow.follow()
    assert len(history(entity)) == 1
    follow_all(10)
    assert len(history(entity)) == 2
