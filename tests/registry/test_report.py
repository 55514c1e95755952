"""The written-out report gives exactly what the general queries give, to every reader, on every day."""

from __future__ import annotations

import random
import uuid
from datetime import date, timedelta

import pytest
from django.db import connection

from goodstanding.registry import commands, queries
from goodstanding.registry.actor import PUBLIC, Actor
from goodstanding.registry.models import Entity
from goodstanding.registry.report import report_for

from .factories import AT, make_authority, make_entity, make_record

pytestmark = pytest.mark.usefixtures("database")


def test_the_report_is_what_the_general_queries_give() -> None:
    chance = random.Random(20261122)
    authorities = [make_authority("甲局"), make_authority("乙局")]
    entities = [
        make_entity("天成商贸有限公司"),
        make_entity("王五小吃店", kind="individual_business"),
        make_entity("张三", kind="natural_person", identifiers=(("person_key", "ef" * 32),)),
        make_entity("没有记录有限公司"),
    ]
    for _ in range(60):
        found = date(2026, 1, 1) + timedelta(days=chance.randrange(400))
        published = chance.random() < 0.8
        record = make_record(
            chance.choice(entities[:3]),
            chance.choice(authorities),
            found_on=found,
            published=published,
            publish_from=found if published else None,
            publish_until=found + timedelta(days=chance.randrange(1, 400)) if published else None,
            severity="ordinary" if published else "minor",
        )
        fate = chance.random()
        if fate < 0.2:
            commands.restore(record_id=record.pk, at=AT)
        elif fate < 0.3:
            commands.withdraw(record_id=record.pk, at=AT)
    readers = [PUBLIC, Actor(role="operator", account_id=1), Actor(role="bank", account_id=2)]
    readers += [Actor(role="entity", account_id=3, entity_id=entity.pk) for entity in entities]
    readers += [Actor(role="authority", account_id=4, authority_id=item.pk) for item in authorities]
    readers += [Actor(role="operator", account_id=5, authority_id=authorities[0].pk)]
    compared = 0
    for reader in readers:
        for entity in entities:
            for day in (date(2026, 3, 1), date(2026, 9, 1), date(2027, 6, 1)):
                try:
                    found_entity = queries.entity_for(reader, entity.public_id)
                except Entity.DoesNotExist:
                    with pytest.raises(Entity.DoesNotExist):
                        report_for(reader, entity.public_id, on=day)
                    continue
                expected = list(
                    queries.records_visible_to(reader, on=day)
                    .filter(entity=found_entity)
                    .order_by("-found_on", "-pk")
                )
                report = report_for(reader, entity.public_id, on=day)
                assert report.entity == found_entity
                assert set(report.identifiers) == set(found_entity.identifiers.all())
                assert report.records == expected
                for mine, theirs in zip(report.records, expected, strict=True):
                    assert _values(mine) == _values(theirs)
                    assert (mine.authority, mine.source) == (theirs.authority, theirs.source)
                page = report_for(reader, entity.public_id, on=day, limit=3, offset=2)
                assert page.records == expected[2:5]
                compared += len(expected)
    assert compared > 300


def _values(record: object) -> dict[str, object]:
    return {
        name: bytes(value) if isinstance(value, memoryview) else value
        for name, value in vars(record).items()
        if not name.startswith("_")
    }


def test_an_unknown_entity_has_no_report() -> None:
    with pytest.raises(Entity.DoesNotExist):
        report_for(PUBLIC, uuid.uuid4(), on=date(2026, 1, 1))


def test_the_report_is_prepared_by_the_server() -> None:
    entity = make_entity()
    for _ in range(8):
        report_for(PUBLIC, entity.public_id, on=date(2026, 6, 1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE generic_plans > 0")
        assert cursor.fetchone() == (2,), "each request plans the statements anew"
