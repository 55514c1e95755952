"""What the firewall keeps, whom it stops, what the operator may let in, and that no removal slips by."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction

from goodstanding.registry import commands, records, source_findings
from goodstanding.registry.commands import RegistryError
from goodstanding.registry.journal import head
from goodstanding.registry.models import Event, Record, SourceFinding, Tombstone
from goodstanding.registry.removed_near import near_removed

from .factories import AT, TODAY, make_authority, make_entity, make_record, reported, take_in

pytestmark = pytest.mark.usefixtures("database")
FACTS = "当事人于2026年3月2日在湖滨路12号销售未经检验的电动自行车37辆，货值金额88210元，没有进货凭证。"


def test_every_removal_leaves_a_tombstone_without_what_it_said() -> None:
    entity, authority = make_entity(), make_authority()
    first = make_record(entity, authority, number=1, public={"CF_SY": FACTS})
    second = make_record(entity, authority, number=2, public={"CF_SY": FACTS + "另查明"})
    commands.restore(record_id=first.pk, at=AT)
    commands.withdraw(record_id=second.pk, at=AT)
    stones = list(Tombstone.objects.order_by("pk").values())
    assert [stone["record_id"] for stone in stones] == [first.pk, second.pk]
    removing = Event.objects.filter(kind__in=["record.restored", "record.withdrawn"]).order_by("position")
    assert [stone["position"] for stone in stones] == [event.position for event in removing]
    kept = b"".join(
        bytes(value) for stone in stones for value in stone.values() if isinstance(value, bytes | memoryview)
    )
    assert kept and FACTS[:4].encode() not in kept and b"2026" not in kept


def test_the_database_refuses_a_removal_without_its_tombstone() -> None:
    record = make_record(make_entity(), make_authority())
    for state in ("restored", "withdrawn", "redacted"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Record.objects.filter(pk=record.pk).update(state=state)
    commands.restore(record_id=record.pk, at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Record.objects.filter(pk=record.pk).update(state="published")


def test_what_looks_like_it_waits_and_comes_in_once_it_is_cleared() -> None:
    entity, authority = make_entity(), make_authority()
    record = make_record(
        entity, authority, number=1, public={"CF_SY": FACTS}, document_no="临市监罚〔2026〕1号"
    )
    commands.restore(record_id=record.pk, at=AT)
    other_day = reported(
        entity, authority, number=5, document_no="临市监罚〔2026〕1号", found_on=date(2026, 5, 20)
    )
    (outcome,) = take_in(other_day)
    assert (outcome.disposition, outcome.code) == ("refused", "tombstone.alike")
    (finding,) = source_findings.findings()
    assert (finding.record, finding.source, finding.kind) == (record, authority, "alike")
    assert Event.objects.filter(kind="source.finding").count() == 1
    operator = commands.create_account(username="operator", password=None, role="operator")
    asked: dict[str, Any] = {"finding": finding.public_id, "account_id": operator.pk, "at": AT}
    with pytest.raises(RegistryError, match=r"finding\.reasons"):
        source_findings.decide(decision="cleared", reasons="short", **asked)
    source_findings.decide(decision="cleared", reasons="同一文号系录入错误，确为另一认定。", **asked)
    assert take_in(other_day)[0].disposition == "committed"
    assert not source_findings.findings() and source_findings.findings(decision="cleared").get() == finding
    assert source_findings.upheld([authority.pk]) == {}


def test_the_removed_record_itself_is_never_cleared() -> None:
    entity, authority = make_entity(), make_authority()
    row = reported(entity, authority, number=1)
    take_in(row)
    commands.restore(record_id=Record.objects.get().pk, at=AT)
    assert take_in(row)[0].code == "tombstone.restored"
    operator = commands.create_account(username="operator", password=None, role="operator")
    with pytest.raises(RegistryError, match=r"finding\.certain"):
        source_findings.decide(
            finding=SourceFinding.objects.get().public_id,
            decision="cleared",
            reasons="operator wants it in",
            account_id=operator.pk,
            at=AT,
        )


def test_a_source_that_knows_only_names_is_caught_by_the_name() -> None:
    authority = make_authority()
    record = make_record(make_entity("临湖市天成商贸有限公司"), authority, number=1, public={"CF_SY": FACTS})
    commands.restore(record_id=record.pk, at=AT)
    by_name = make_entity(
        "临湖市天成商贸有限公司", identifiers=(("name_at_source", "X|天成|"),), known_by_name_only=True
    )
    homonym = make_entity("临湖市天成商贸有限公司")
    row = {"public": {"content": FACTS}, "document_no": "", "found_on": record.found_on}
    assert take_in(reported(by_name, authority, number=8, **row))[0].code == "tombstone.alike"
    assert take_in(reported(homonym, authority, number=9, **row))[0].disposition == "committed"


def test_a_whole_batch_can_ask_which_of_its_rows_to_look_at() -> None:
    entity, other, authority = make_entity("甲公司"), make_entity("乙公司"), make_authority()
    make_entity("甲公司")  # another with its own code and the same name
    by_name = make_entity("甲公司", identifiers=(("name_at_source", "X|甲|"),), known_by_name_only=True)
    first, second = make_record(entity, authority, number=1), make_record(other, authority, number=2)
    commands.restore(record_id=first.pk, at=AT)
    found, seen = near_removed(), head()
    assert set(found.entities) == {str(entity.public_id), str(by_name.public_id)}
    assert found.natural_keys == (bytes(first.natural_key),)
    commands.withdraw(record_id=second.pk, at=AT)
    assert near_removed(since=seen).entities == (str(other.public_id),)


def test_a_chunk_that_was_decided_before_a_removal_is_decided_again() -> None:
    """The restoration commits after the chunk has looked at the tombstones and before it appends its events."""
    entity, authority = make_entity(), make_authority()
    record = make_record(
        entity, authority, number=1, public={"CF_SY": FACTS}, document_no="临市监罚〔2026〕1号"
    )
    again = reported(entity, authority, number=5, document_no="临市监罚(2026)1号-1", public={"x": FACTS})

    looked = threading.Event()

    def restore() -> None:
        commands.restore(record_id=record.pk, at=AT)
        connections.close_all()

    def in_between(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if "EXISTS (SELECT 1 FROM registry_tombstone)" in sql and not looked.is_set():
            looked.set()  # the chunk knows now that there is no tombstone
            other = threading.Thread(target=restore)
            other.start()
            other.join(30)
        return result

    with (
        pytest.raises(IntegrityError, match="removed while"),
        transaction.atomic(),
        connection.execute_wrapper(in_between),
    ):
        records.take_in([again], batch=None, today=TODAY, at=AT)
    assert looked.is_set() and take_in(again)[0].code == "tombstone.restored"


def test_a_day_apart_by_a_month_is_near_and_more_is_not() -> None:
    entity, authority = make_entity(), make_authority()
    record = make_record(
        entity, authority, number=1, public={"CF_SY": FACTS}, document_no="临市监罚〔2026〕1号"
    )
    commands.restore(record_id=record.pk, at=AT)
    rows = [
        reported(
            entity,
            authority,
            number=10 + days,
            public={"n": FACTS},
            document_no="",
            found_on=record.found_on - timedelta(days=days),
        )
        for days in (31, 32)
    ]
    assert [outcome.code for outcome in take_in(*rows)] == ["tombstone.alike", ""]
