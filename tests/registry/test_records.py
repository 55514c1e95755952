"""What must hold of records: whoever reports them, however often, and whatever the law ended stays ended."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from goodstanding.registry import commands, queries
from goodstanding.registry.actor import PUBLIC, Actor
from goodstanding.registry.models import Entity, Event, Record, RecordVersion

from .factories import AT, TODAY, make_authority, make_entity, make_record, reported, take_in

pytestmark = pytest.mark.usefixtures("database")


def test_the_same_report_twice_changes_nothing() -> None:
    row = reported(make_entity(), make_authority())
    assert [o.disposition for o in take_in(row, row)] == ["committed", "unchanged"]
    before = queries.counts()
    assert [o.disposition for o in take_in(row)] == ["unchanged"]
    assert queries.counts() == before


def test_a_changed_report_supersedes_and_the_old_version_is_kept() -> None:
    entity, authority = make_entity(), make_authority()
    first = reported(entity, authority, number=7, public={"CF_WFXW": "甲"})
    second = reported(entity, authority, number=7, public={"CF_WFXW": "乙"})
    assert [o.disposition for o in take_in(first, second)] == ["committed", "superseding"]
    record = Record.objects.get()
    assert record.content["public"] == {"CF_WFXW": "乙"} and record.version == 2
    version = RecordVersion.objects.get()
    assert version.content["public"] == {"CF_WFXW": "甲"}
    assert list(Event.objects.filter(record=record).values_list("kind", flat=True).order_by("position")) == [
        "record.committed",
        "record.superseded",
    ]
    assert (
        queries.last_position(record) == version.replaced_at_position == queries.counts()["journal_position"]
    )


def test_a_restored_record_never_returns() -> None:
    entity, authority = make_entity(), make_authority()
    record = make_record(entity, authority, number=9)
    commands.restore(record_id=record.pk, at=AT)
    again = reported(entity, authority, number=9, public={"CF_WFXW": "another wording"})
    (outcome,) = take_in(again)
    assert (outcome.disposition, outcome.code) == ("refused", "tombstone.restored")
    assert not queries.records_visible_to(PUBLIC, on=TODAY).exists()


def test_the_public_sees_a_record_inside_its_window_only() -> None:
    record = make_record(make_entity(), make_authority())

    def seen(day: date) -> bool:
        return queries.records_visible_to(PUBLIC, on=day).filter(pk=record.pk).exists()

    assert not seen(date(2026, 4, 30))
    assert seen(date(2026, 5, 1)) and seen(date(2027, 4, 30))
    assert not seen(date(2027, 5, 1)), "hidden by date, though no worker has ended it"


@pytest.mark.parametrize(
    "wrong",
    [
        {"legal_basis": ""},
        {"severity": None},
        {"publish_until": None},
        {"publish_until": date(2026, 4, 1)},
        {"publish_from": None},
        {"kind": "gossip"},
    ],
)
def test_a_wrong_record_cannot_be_stored(wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        take_in(reported(make_entity(), make_authority(), **wrong))


def test_a_person_is_found_by_nobody_else() -> None:
    person = make_entity("张三", kind="natural_person", identifiers=(("person_key", "ab" * 32),))
    record = make_record(person, make_authority(), personal={"CF_XDR_MC": "张三"})
    assert queries.search("张三", on=TODAY) == [] and queries.search("ab" * 32, on=TODAY) == []
    other = Actor(role="entity", account_id=1, entity_id=make_entity().pk)
    bank = Actor(role="bank", account_id=2)
    for actor in (PUBLIC, other, bank):
        assert not queries.records_visible_to(actor, on=TODAY).filter(pk=record.pk).exists()
        assert not queries.entities_visible_to(actor).filter(pk=person.pk).exists()
    self = Actor(role="entity", account_id=3, entity_id=person.pk)
    assert queries.records_visible_to(self, on=TODAY).get() == record


@pytest.mark.parametrize(
    "text", ["天成商贸", "临湖市天成", "天成", "临湖天成商贸公司", "TIANCHENG", "Tiancheng Shang"]
)
def test_search_finds_a_name_by_its_parts(text: str) -> None:
    entity = make_entity("临湖市天成商贸有限公司", name_latin="Linhu Shi Tiancheng Shangmao Youxian Gongsi")
    make_entity("临湖市远大建筑有限公司", name_latin="Linhu Shi Yuanda Jianzhu Youxian Gongsi")
    hits = queries.search(text, on=TODAY)
    assert hits and hits[0].entity == entity


def test_search_uses_the_trigram_index_for_chinese() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT show_trgm('天成商贸')")
        assert len(cursor.fetchone()[0]) == 5, "this server's character classes do not know Chinese letters"
        cursor.execute(
            "INSERT INTO registry_entity (public_id, kind, name, name_key, name_latin, entity_type, division,"
            " address, status, capital, former_names, known_by_name_only)"
            " SELECT gen_random_uuid(), 'organisation', n, n, '', '', '', '', '', '', '{}', false FROM ("
            " SELECT chr(19968 + i % 97) || chr(20100 + i % 89) || chr(21000 + i % 83) || chr(22000 + i % 79) AS n"
            " FROM generate_series(1, 20000) AS i) AS names"
        )
        cursor.execute("VACUUM ANALYZE registry_entity")
        cursor.execute(
            "EXPLAIN SELECT id FROM registry_entity WHERE kind = 'organisation' AND name_key LIKE '%天成商贸%'"
        )
        assert "entity_name_trigrams" in "".join(row[0] for row in cursor.fetchall())


def test_a_malformed_id_is_an_unknown_one() -> None:
    for wrong in ("", "x", "' OR 1=1", "\x00", "00000000-0000-0000-0000"):
        with pytest.raises(Entity.DoesNotExist):
            queries.entity_for(PUBLIC, wrong)
        with pytest.raises(Record.DoesNotExist):
            queries.record_for(PUBLIC, wrong, on=TODAY)


def test_the_event_commits_to_the_public_content() -> None:
    record = make_record(
        make_entity(), make_authority(), public={"CF_NR": "罚款"}, personal={"CF_FRDB": "某人"}
    )
    event = Event.objects.get(record=record)
    assert event.content["public_digest"] == hashlib.sha256('{"CF_NR":"罚款"}'.encode()).hexdigest()
    assert "某人" not in str(event.content)


@pytest.mark.parametrize("field", ["entity_id", "authority_id", "source_id"])
def test_a_record_of_nobody_cannot_be_stored(field: str) -> None:
    with pytest.raises(IntegrityError, match="not registered"), transaction.atomic():
        take_in(reported(make_entity(), make_authority(), **{field: 987_654_321}))
    assert not Record.objects.exists()


def test_a_record_cannot_be_moved_to_nobody() -> None:
    record = make_record(make_entity(), make_authority())
    with pytest.raises(IntegrityError, match="not registered"), transaction.atomic():
        Record.objects.filter(pk=record.pk).update(entity_id=987_654_321)


@pytest.mark.parametrize("table", ["record", "entity", "authority"])
def test_what_a_record_or_an_event_refers_to_is_never_removed(table: str) -> None:
    make_record(make_entity(), make_authority())
    change = ("DELETE FROM registry_{}", "TRUNCATE registry_{} CASCADE", "UPDATE registry_{} SET id = id + 9")
    for statement in change:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement.format(table))
