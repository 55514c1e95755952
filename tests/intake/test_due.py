"""The sweep's question over columns finds what the registry's sweep finds."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from goodstanding.registry import commands, decisions, sweep
from goodstanding.registry.models import Event, Record

from ..registry.factories import make_authority, make_entity, reported, take_in
from ..registry.test_sweep import clock

ibis = pytest.importorskip("ibis", reason="the extra `columns` is not installed")
pyarrow = pytest.importorskip("pyarrow", reason="the extra `columns` is not installed")

pytestmark = pytest.mark.usefixtures("database")
ON = date(2026, 8, 1)
SINCE = ON - timedelta(days=3)


def _a_registry() -> None:
    chance = random.Random(4)
    entity, authority = make_entity(), make_authority()

    def day() -> date:
        return ON + timedelta(days=chance.randrange(-6, 5))

    rows = [
        reported(
            entity,
            authority,
            publish_until=day(),
            restorable_from=chance.choice([None, day()]),
            restorable=chance.random() < 0.9,
            published=chance.random() < 0.9,
        )
        for _ in range(400)
    ]
    take_in(*rows, today=date(2026, 6, 1))
    sweep.sweep(on=SINCE, at_clock=clock(SINCE))
    for pk in chance.sample([*Record.objects.values_list("pk", flat=True)], 40):
        commands.restore(record_id=pk, at=clock(SINCE)())
    standing = Record.objects.filter(state__in=["published", "unpublished"])
    for pk in chance.sample([*standing.values_list("pk", flat=True)], 60):
        decisions.shield(record_id=pk, statement="重整计划执行中", account_id=None, at=clock(SINCE)())


def _table() -> pyarrow.Table:
    columns = ["natural_key", "state", "beneath", "publish_until", "restorable", "restorable_from"]
    rows = Record.objects.values(*columns)
    return pyarrow.Table.from_pylist(
        [row | {"natural_key": bytes(row["natural_key"])} for row in rows],
        schema=pyarrow.schema(
            {
                "natural_key": pyarrow.binary(32),
                "state": pyarrow.string(),
                "beneath": pyarrow.string(),
                "publish_until": pyarrow.date32(),
                "restorable": pyarrow.bool_(),
                "restorable_from": pyarrow.date32(),
            }
        ),
    )


def test_it_finds_over_columns_what_the_registry_ends_and_tells() -> None:
    from goodstanding.intake.due import counted, due

    _a_registry()
    table = _table()
    engine = ibis.duckdb.connect()
    engine.con.register("records", table)
    found = due(engine.table("records"), on=ON, since=SINCE)
    (counts,) = counted(found).to_pyarrow().to_pylist()
    keys = {row["natural_key"]: row for row in found.to_pyarrow().to_pylist()}

    before = Event.objects.count()
    done = sweep.sweep(on=ON, at_clock=clock(ON))
    assert counts == {
        "ending": done.found.ending,
        "overdue": done.found.overdue,
        "restorable": done.found.restorable,
    }
    assert min(counts.values()) > 5

    def changed(kind: str) -> set[bytes]:
        events = Event.objects.filter(position__gt=before, kind=kind)
        return {bytes(event.record.natural_key) for event in events.select_related("record") if event.record}

    assert {key for key, row in keys.items() if row["ending"] or row["overdue"]} == changed("record.ended")
    assert {key for key, row in keys.items() if row["restorable"]} == changed("record.restorable")


def test_without_a_state_what_ended_by_the_last_sweep_is_not_found_again() -> None:
    from goodstanding.intake.due import counted, due

    days = [SINCE - timedelta(days=1), SINCE, SINCE + timedelta(days=1), ON, ON + timedelta(days=1), None]
    table = pyarrow.table(
        {
            "natural_key": pyarrow.array([bytes([n]) * 32 for n in range(12)], pyarrow.binary(32)),
            "published": [True] * 6 + [False] * 6,
            "publish_until": pyarrow.array(days * 2, pyarrow.date32()),
            "restorable": [True] * 6 + [False] * 6,
            "restorable_from": pyarrow.array(days * 2, pyarrow.date32()),
        }
    )
    engine = ibis.duckdb.connect()
    engine.con.register("records", table)
    found = due(engine.table("records"), on=ON, since=SINCE)
    assert counted(found).to_pyarrow().to_pylist() == [{"ending": 1, "overdue": 1, "restorable": 2}]
    assert {row["natural_key"][0] for row in found.to_pyarrow().to_pylist()} == {2, 3}
