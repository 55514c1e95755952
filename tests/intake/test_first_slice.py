"""Registration and penalties from CSV into the registry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from goodstanding.registry.models import Entity, Event, Record
from tests.intake.files import outcomes, penalty, reasons, registration, take_in, write_csv
from tests.registry.factories import make_authority, uscc

pytestmark = pytest.mark.usefixtures("database")


def test_a_penalty_reaches_its_entity_with_its_window(tmp_path: Path) -> None:
    bureau = make_authority()
    code = uscc()
    batch = take_in(
        write_csv(
            tmp_path / "r.csv", "registration", [registration(code, "临湖市天成商贸有限公司", FDDBR="李四光")]
        ),
        "registration",
        bureau,
    )
    assert (batch.state, outcomes(batch)) == ("done", (1, 0, 0, 0)), batch.error
    entity = Entity.objects.get()
    assert set(entity.identifiers.values_list("scheme", "value")) == {
        ("uscc", code),
        ("org_code", code[8:17]),
    }
    assert entity.registered_on == date(2015, 3, 2)
    assert "李四光" not in str(vars(entity))

    path = write_csv(
        tmp_path / "p.csv", "double-publicity-penalties", [penalty(1, code, entity.name, bureau)]
    )
    batch = take_in(path, "double-publicity-penalties", bureau)
    assert (batch.state, outcomes(batch)) == ("done", (1, 0, 0, 0)), (batch.error, reasons(batch))
    record = Record.objects.get()
    assert record.entity == entity and record.authority == bureau and record.source == bureau
    assert (record.kind, record.state, record.severity) == ("penalty", "published", "ordinary")
    assert (record.publish_from, record.publish_until) == (date(2026, 5, 1), date(2027, 5, 1))
    assert record.amount_yuan == Decimal("2000.00")
    assert record.measures == ["fine"]
    assert record.content["personal"] == {"CF_FRDB": "李四光"}
    assert "李四光" not in str(record.content["public"]) and "1949" not in str(record.content)
    assert list(Event.objects.order_by("position").values_list("kind", flat=True)) == [
        "entity.registered",
        "record.committed",
    ]


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    bureau = make_authority()
    codes = [uscc() for _ in range(20)]
    register = write_csv(
        tmp_path / "r.csv",
        "registration",
        [registration(c, f"临湖市第{i}商贸有限公司") for i, c in enumerate(codes)],
    )
    rows = [penalty(i, c, f"临湖市第{i}商贸有限公司", bureau) for i, c in enumerate(codes)]
    penalties = write_csv(tmp_path / "p.csv", "double-publicity-penalties", rows)
    assert outcomes(take_in(register, "registration", bureau)) == (20, 0, 0, 0)
    assert outcomes(take_in(penalties, "double-publicity-penalties", bureau, chunk=7)) == (20, 0, 0, 0)
    before = Event.objects.count()
    assert outcomes(take_in(register, "registration", bureau)) == (0, 20, 0, 0)
    assert outcomes(take_in(penalties, "double-publicity-penalties", bureau)) == (0, 20, 0, 0)
    assert Event.objects.count() == before
