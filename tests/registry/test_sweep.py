"""The nightly sweep: every due record once, none before its day, equal to a clerk who looks at every sheet."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from django.db import connection, connections, transaction

from goodstanding.registry import commands, sweep
from goodstanding.registry.models import Entity, Event, Record

from ..oracles.swept import ENDED, TOLD, Clerk
from .factories import make_authority, make_entity, make_record, reported, take_in

pytestmark = pytest.mark.usefixtures("database")
DAY = date(2026, 6, 1)


def clock(day: date) -> Callable[[], datetime]:
    """An instant of the day after, so that the day itself may be swept whatever the zone."""
    return lambda: datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def swept(on: date, **more: int) -> sweep.Swept:
    return sweep.sweep(on=on, at_clock=clock(on), **more)


def told(kind: str) -> Counter[int]:
    return Counter(Event.objects.filter(kind=kind).values_list("record_id", flat=True))


def test_the_sweep_ends_publication_once() -> None:
    record = make_record(make_entity(), make_authority())
    assert swept(date(2027, 4, 30)).ended == 0
    assert swept(date(2027, 5, 1)).ended == 1
    assert swept(date(2027, 5, 1)).ended == 0
    record.refresh_from_db()
    assert record.state == Record.State.ENDED
    (event,) = Event.objects.filter(kind=ENDED)
    expected = commands.record_event(ENDED, record).content
    assert {key: event.content[key] for key in expected} == expected


def test_a_record_that_becomes_restorable_is_told_of_once() -> None:
    record = make_record(make_entity(), make_authority(), restorable_from=date(2026, 8, 1))
    assert [swept(date(2026, 7, 31) + timedelta(days=days)).told for days in range(4)] == [0, 1, 0, 0]
    (event,) = Event.objects.filter(kind=TOLD)
    expected = commands.record_event(TOLD, record).content
    assert {key: event.content[key] for key in expected} == expected
    assert (event.entity_id, event.record_id) == (record.entity_id, record.pk)


def test_what_was_missed_for_days_is_overdue_and_done_at_once() -> None:
    entity, authority = make_entity(), make_authority()
    for days in range(5):
        until = date(2027, 5, 1) + timedelta(days=days)
        make_record(
            entity, authority, publish_until=until, restorable_from=date(2026, 8, 1) + timedelta(days=days)
        )
    swept(date(2026, 7, 31))
    found = sweep.due(on=date(2027, 5, 4))
    assert (found.ending, found.overdue, found.restorable) == (1, 3, 5)
    done = swept(date(2027, 5, 4))
    assert (done.found, done.ended, done.told, done.held_up) == (found, 4, 5, 0)
    assert sweep.due(on=date(2027, 5, 4)).total == 0


def test_a_day_that_has_not_come_is_refused() -> None:
    make_record(make_entity(), make_authority())
    with pytest.raises(commands.RegistryError, match=r"sweep\.day_ahead"):
        sweep.sweep(on=date(2027, 5, 1), at_clock=clock(date(2027, 4, 29)))
    assert not Event.objects.filter(kind=ENDED).exists()


@pytest.mark.parametrize("seed", range(4))
def test_the_sweep_tells_what_a_clerk_tells(seed: int) -> None:
    chance = random.Random(seed)
    clerk, entity, authority = Clerk(), make_entity(), make_authority()
    ids: dict[int, int] = {}
    day = DAY
    for _ in range(15):
        for _ in range(chance.randrange(8)):
            number = chance.randrange(1, 40)
            first = day - timedelta(days=20)
            until = chance.choice([day + timedelta(days=chance.randrange(-3, 9)), date(2029, 1, 1)])
            from_ = chance.choice([None, day + timedelta(days=chance.randrange(-4, 9))])
            restorable = chance.random() < 0.8
            row = reported(
                entity,
                authority,
                number=number,
                public={"said": str(chance.random())},
                publish_from=first,
                publish_until=until,
                restorable_from=from_,
                restorable=restorable,
            )
            (outcome,) = take_in(row, today=day)
            assert outcome.record_id is not None
            ids[number] = outcome.record_id
            clerk.report(number, until=until, restorable_from=from_, restorable=restorable, today=day)
        if ids and chance.random() < 0.5:
            number = chance.choice(list(ids))
            if clerk.sheets[number].state != "restored":
                commands.restore(record_id=ids[number], at=clock(day)())
                clerk.restore(number)
        if chance.random() < 0.8:
            before = Event.objects.count()
            expected = clerk.sweep(day)
            done = swept(day, portion=chance.randrange(1, 7))
            events = Event.objects.filter(position__gt=before, kind__in=[ENDED, TOLD])
            numbers = {pk: number for number, pk in ids.items()}
            assert sorted((numbers[e.record_id], e.kind) for e in events) == expected
            assert done.ended + done.told == len(expected)
            assert done.held_up == 0
            states = dict(Record.objects.values_list("pk", "state"))
            assert {number: states[ids[number]] for number in ids} == {
                number: sheet.state for number, sheet in clerk.sheets.items()
            }
        day += timedelta(days=chance.randrange(1, 4))
    assert told(ENDED) and told(TOLD), "the walk did not come by anything that was due"


def test_a_record_that_someone_holds_is_left_for_the_next_sweep(database: str) -> None:
    entity, authority = make_entity(), make_authority()
    on = date(2026, 8, 1)
    make_record(entity, authority, restorable_from=date(2027, 1, 1))
    records = [make_record(entity, authority, publish_until=on, restorable_from=on) for _ in range(6)]
    swept(date(2026, 7, 31))
    with psycopg.connect(database) as other:
        other.execute("SELECT 1 FROM registry_record WHERE id = %s FOR UPDATE", [records[3].pk])
        done = swept(on, portion=2)
        assert (done.ended, done.told) == (5, 3)
        assert done.held_up == 4
    done = swept(on, portion=2)
    assert (done.ended, done.told, done.held_up) == (1, 3, 0)
    everyone = Counter({record.pk: 1 for record in records})
    assert told(ENDED) == everyone and told(TOLD) == everyone


def test_sweeps_at_once_change_every_record_once() -> None:
    entity, authority = make_entity(), make_authority()
    on = date(2026, 8, 1)
    take_in(*(reported(entity, authority, publish_until=on, restorable_from=on) for _ in range(300)))
    swept(date(2026, 7, 31))
    gate = threading.Barrier(3)

    def work() -> None:
        gate.wait()
        swept(on, portion=7)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    swept(on)
    everyone = Counter({pk: 1 for pk in Record.objects.values_list("pk", flat=True)})
    assert told(ENDED) == everyone and told(TOLD) == everyone


def test_what_is_due_is_found_on_its_indexes() -> None:
    entity: Entity = make_entity()
    record = make_record(entity, make_authority())
    with connection.cursor() as cursor, transaction.atomic():
        columns = [field.column for field in Record._meta.local_fields if field.column not in ("id",)]
        given = {
            "public_id": "gen_random_uuid()",
            "natural_key": "sha256(i::text::bytea)",
            "publish_until": "publish_until + i %% 2000",
            "restorable_from": "restorable_from + i %% 2000",
        }
        values = ", ".join(given.get(column, column) for column in columns)
        cursor.execute(
            f"INSERT INTO registry_record ({', '.join(columns)}) SELECT {values} FROM registry_record"
            " CROSS JOIN generate_series(1, 20000) AS i WHERE id = %s",
            [record.pk],
        )
        cursor.execute("ANALYZE registry_record")
        for query, index in (
            (sweep._ENDING, "record_ending"),
            (
                f"SELECT id {sweep._BECOMING_RESTORABLE} ORDER BY restorable_from, id LIMIT 9",
                "record_becoming",
            ),
            (sweep._END, "record_ending"),
        ):
            values_ = {"on": date(2027, 5, 2), "day": date(2026, 8, 1), "id": 1, "limit": 9}
            cursor.execute("EXPLAIN " + query, values_)
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert index in plan and "Seq Scan on registry_record" not in plan
