"""The journal: append-only, gap-free, sealed into a log whose root an independent follower computes."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from goodstanding import proof
from goodstanding.registry import commands, journal, seal
from goodstanding.registry.models import Event

from .factories import AT, make_authority, make_entity, make_record

pytestmark = pytest.mark.usefixtures("database")
KEY = proof.SignerKey.generate("test.example/log")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE registry_event SET kind = 'x'",
        "DELETE FROM registry_event",
        "TRUNCATE registry_event CASCADE",
        "UPDATE registry_salt SET salt = '\\x00'",
        "UPDATE registry_journalhead SET position = 0",
        "DELETE FROM registry_journalhead",
        "INSERT INTO registry_event SELECT position + 7, kind, at, entity_id, record_id, content, commitment"
        " FROM registry_event",
        "UPDATE registry_recordversion SET version = 3",
    ],
)
def test_the_database_refuses_to_rewrite_the_journal(statement: str) -> None:
    entity, authority = make_entity(), make_authority()
    make_record(entity, authority, number=3, public={"a": "1"})
    make_record(entity, authority, number=3, public={"a": "2"})
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_an_append_needs_a_transaction() -> None:
    with pytest.raises(RuntimeError):
        journal.append([journal.NewEvent("x")], at=AT)


def test_a_rolled_back_position_is_given_again() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        journal.append([journal.NewEvent("lost")], at=AT)
        raise ZeroDivisionError
    with transaction.atomic():
        positions = journal.append([journal.NewEvent("kept")], at=AT)
    assert positions == range(1, 2)
    assert Event.objects.get().kind == "kept"


def test_every_commitment_is_the_salted_hash_of_its_content() -> None:
    make_record(make_entity(), make_authority())
    for event in Event.objects.select_related("salt"):
        assert event.content["position"] == event.position
        assert bytes(event.commitment) == proof.commitment(salt=bytes(event.salt.salt), content=event.content)


def test_the_sealed_root_is_the_root_of_all_commitments() -> None:
    entity, authority = make_entity(), make_authority()
    follower = proof.CompactRange()
    for _ in range(5):
        record = make_record(entity, authority)
        commands.mark_disputed(record_id=record.pk, disputed=True, at=AT)
        sealed = seal.seal(signer=KEY, origin="test.example/log", at=AT)
        assert sealed is not None
        leaves = Event.objects.filter(position__gt=follower.size).order_by("position")
        follower.extend(proof.leaf_hash(bytes(event.commitment)) for event in leaves)
        checkpoint = proof.verify_checkpoint(sealed.note, origin="test.example/log", keys=[KEY.verifier])
        assert (checkpoint.size, checkpoint.root) == (follower.size, follower.root())
    assert seal.seal(signer=KEY, origin="test.example/log", at=AT) is None


@pytest.mark.parametrize("about", [{"entity_id": 987_654_321}, {"record_id": 987_654_321}])
def test_an_event_about_nothing_is_refused(about: dict[str, int]) -> None:
    with pytest.raises(IntegrityError, match="not registered"), transaction.atomic():
        journal.append([journal.NewEvent("x", {}, **about)], at=AT)
    assert not Event.objects.exists()


def test_a_salt_needs_its_event() -> None:
    with pytest.raises(IntegrityError, match="salt"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO registry_salt VALUES (7, %s)", [bytes(32)])
