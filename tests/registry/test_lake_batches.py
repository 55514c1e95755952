"""Mass facts: one event for a batch, a proof for each of its rows, and a record for the one that is acted on."""

from __future__ import annotations

import json
import threading
import uuid
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from goodstanding import proof
from goodstanding.registry import commands, lake_batches
from goodstanding.registry.lake_batches import LakeRow, announce, inclusion, promote
from goodstanding.registry.models import Authority, Event, LakeBatch, Record
from goodstanding.registry.queries import history_of

from .factories import AT, TODAY, make_authority, make_entity

pytestmark = pytest.mark.usefixtures("database")
BATCH = uuid.UUID("0198c7d2-0000-7000-8000-000000000001")


def digests(count: int) -> list[bytes]:
    return [sha256(b"row %d" % number).digest() for number in range(count)]


def announced(rows: list[bytes], source: Authority, **more: Any) -> LakeBatch:
    values: dict[str, Any] = {
        "batch": BATCH,
        "item": "penalty",
        "source": source.code,
        "contract": "double-publicity-penalties@1.0.0",
        "tree": proof.row_tree([b"".join(rows)]),
        "snapshot": 2**62 + 1,
        "at": AT,
    }
    return announce(**(values | more))


def lake_row(source: Authority, digest: bytes, **more: Any) -> LakeRow:
    mapping: dict[str, Any] = {
        "bucket": 7,
        "entity": str(make_entity().public_id),
        "item": "penalty",
        "kind": "penalty",
        "natural_key": sha256(b"key of " + digest).digest(),
        "content_digest": digest,
        "content": json.dumps({"public": {"CF_WFXW": "超范围经营"}, "personal": {}, "law": {}}),
        "document_no": "临市监罚〔2026〕8号",
        "issuer": source.code,
        "source": source.code,
        "contract": "double-publicity-penalties@1.0.0",
        "legal_basis": "《中华人民共和国市场主体登记管理条例》第四十六条",
        "found_on": date(2026, 5, 1),
        "measures": ["fine"],
        "amount_yuan": Decimal("5000.00"),
        "pack": "cn-ndrc-36-2025",
        "severity": "ordinary",
        "published": True,
        "publish_from": date(2026, 5, 1),
        "restorable_from": date(2026, 8, 1),
        "publish_until": date(2027, 5, 1),
        "restorable": True,
        "change": "report",
        "version": 1,
        "batch": str(BATCH),
        "row": 3,
    }
    return LakeRow.of(mapping | more)


def proved(batch: LakeBatch, rows: list[bytes], index: int) -> list[bytes]:
    block = lake_batches.tree_of(batch).block_of(index)
    return inclusion(batch, index, block=b"".join(rows[block.start : block.stop]))


def test_a_batch_is_one_event_however_often_it_is_announced() -> None:
    source, rows = make_authority(), digests(1000)
    batch = announced(rows, source)
    assert announced(rows, source) == batch
    (event,) = Event.objects.filter(kind="batch.committed")
    assert batch.event_id == event.position and event.entity_id is None and event.record_id is None
    told = {key: event.content[key] for key in ("batch", "item", "source", "rows", "root", "snapshot")}
    assert told == {
        "batch": str(BATCH),
        "item": "penalty",
        "source": source.code,
        "rows": 1000,
        "root": bytes(batch.root).hex(),
        "snapshot": "4611686018427387905",
    }


def test_the_same_batch_with_other_rows_is_refused() -> None:
    source = make_authority()
    announced(digests(10), source)
    with pytest.raises(commands.RegistryError, match=r"lake_batch\.differs"):
        announced(digests(11), source)
    assert Event.objects.filter(kind="batch.committed").count() == 1


def test_four_that_announce_at_once_make_one_event() -> None:
    source, rows = make_authority(), digests(100)
    gate, positions = threading.Barrier(4), []

    def tell() -> None:
        gate.wait()
        positions.append(announced(rows, source).event_id)
        connections.close_all()

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(positions) == 4 and len(set(positions)) == 1
    assert Event.objects.filter(kind="batch.committed").count() == 1


@pytest.mark.parametrize("wrong", [{"item": "gossip"}, {"contract": ""}, {"tree": proof.row_tree([])}])
def test_a_batch_of_nothing_or_outside_the_catalogue_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        announced(digests(1), make_authority(), **wrong)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert not Event.objects.filter(kind="batch.committed").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE registry_lakebatch SET rows = 9",
        "DELETE FROM registry_lakebatch",
        "TRUNCATE registry_lakebatch",
    ],
)
def test_an_announced_batch_is_never_changed(statement: str) -> None:
    announced(digests(10), make_authority())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_every_row_is_proved_with_the_proof_room_alone() -> None:
    rows = digests(77)
    batch = announced(rows, make_authority())
    for index, digest in enumerate(rows):
        proof.verify_inclusion(
            leaf_hash=proof.leaf_hash(digest),
            index=index,
            size=batch.rows,
            proof=proved(batch, rows, index),
            root=bytes(batch.root),
        )
    with pytest.raises(proof.ProofError, match="root_mismatch"):
        inclusion(batch, 3, block=b"".join(reversed(rows)))


def test_a_promoted_row_is_a_record_that_names_its_batch_row_and_root() -> None:
    source, rows = make_authority(), digests(9)
    batch = announced(rows, source)
    row = lake_row(source, rows[2])
    record = promote(row, index=2, hashes=proved(batch, rows, 2), today=TODAY, at=AT)
    assert (record.state, record.version, record.amount_yuan) == ("published", 1, Decimal("5000.00"))
    (event,) = history_of(record)
    assert event.kind == "record.promoted" and event.entity_id == record.entity_id
    named = {key: event.content[key] for key in ("batch", "row", "index", "root", "record")}
    assert named == {
        "batch": str(BATCH),
        "row": 3,
        "index": 2,
        "root": bytes(batch.root).hex(),
        "record": str(record.public_id),
    }
    commands.mark_disputed(record_id=record.pk, disputed=True, at=AT)
    assert [event.kind for event in history_of(record)] == ["record.promoted", "record.disputed"]


def test_a_second_promotion_returns_the_record_and_says_nothing() -> None:
    source, rows = make_authority(), digests(9)
    batch = announced(rows, source)
    row, hashes = lake_row(source, rows[2]), proved(batch, rows, 2)
    record = promote(row, index=2, hashes=hashes, today=TODAY, at=AT)
    commands.restore(record_id=record.pk, at=AT)
    again = promote(row, index=2, hashes=hashes, today=TODAY, at=AT)
    assert (again.pk, again.state) == (record.pk, Record.State.RESTORED)
    assert Event.objects.filter(kind="record.promoted").count() == 1


def test_four_that_promote_one_row_at_once_make_one_record() -> None:
    source, rows = make_authority(), digests(9)
    batch = announced(rows, source)
    row, hashes = lake_row(source, rows[2]), proved(batch, rows, 2)
    gate, found = threading.Barrier(4), []

    def act() -> None:
        gate.wait()
        found.append(promote(row, index=2, hashes=hashes, today=TODAY, at=AT).pk)
        connections.close_all()

    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(set(found)) == 1
    assert Event.objects.filter(kind="record.promoted").count() == 1


def test_a_row_that_was_not_announced_is_not_promoted() -> None:
    source, rows = make_authority(), digests(9)
    batch = announced(rows, source)
    hashes = proved(batch, rows, 2)
    with pytest.raises(proof.ProofError, match="root_mismatch"):
        promote(lake_row(source, sha256(b"forged").digest()), index=2, hashes=hashes, today=TODAY, at=AT)
    unknown = replace(lake_row(source, rows[2]), batch=str(uuid.uuid4()))
    with pytest.raises(commands.RegistryError, match=r"lake_batch\.unknown"):
        promote(unknown, index=2, hashes=hashes, today=TODAY, at=AT)
    assert not Record.objects.exists()


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({"published": False}, "unpublished"),
        ({"publish_until": TODAY}, "ended"),
        ({"publish_until": date(2026, 6, 2)}, "published"),
    ],
)
def test_a_row_enters_in_the_state_of_its_day(more: dict[str, Any], state: str) -> None:
    source, rows = make_authority(), digests(9)
    batch = announced(rows, source)
    record = promote(
        lake_row(source, rows[0], **more), index=0, hashes=proved(batch, rows, 0), today=TODAY, at=AT
    )
    assert record.state == state
