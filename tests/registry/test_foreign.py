"""Records that live in another instance: taken over, changed by their home only, removed as it says."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from goodstanding.exchange.content import record_document
from goodstanding.exchange.log.records import audit_records
from goodstanding.proof.set_digest import bucket_of
from goodstanding.registry import commands, foreign, sweep
from goodstanding.registry.actor import PUBLIC
from goodstanding.registry.commands import RegistryError
from goodstanding.registry.models import (
    Entity,
    Event,
    ForeignRecord,
    GivenRecord,
    Neighbour,
    Record,
    Tombstone,
)

from .factories import make_authority, make_entity, make_record, uscc

pytestmark = pytest.mark.usefixtures("database")

CITY, NAME = "city.example/log", "临湖市天成商贸有限公司"


def _now() -> datetime:
    return datetime.now(UTC)


def neighbour_of(origin: str = CITY) -> Neighbour:
    return Neighbour.objects.create(
        name=origin.partition(".")[0],
        url="https://city.example",
        origin=origin,
        key="k",
        subscriber=str(uuid.uuid4()),
        joined_at=_now(),
        tree=b"",
    )


def document_of(code: str, **more: Any) -> dict[str, Any]:
    """A record as another instance's feed shows it, made from one of ours."""
    own = make_record(make_entity(NAME, identifiers=(("uscc", uscc()),)), make_authority())
    document = record_document(own, PUBLIC)
    entity = {"id": str(uuid.uuid4()), "identifiers": [{"scheme": "uscc", "value": code}]}
    return document | {"id": str(uuid.uuid4()), "entity": document["entity"] | entity} | more


def told(
    position: int, document: dict[str, Any], *, kind: str = "record.committed", **more: Any
) -> foreign.Told:
    event = {"kind": kind, "record": document["id"], "state": "published"} | more
    commitment = hashlib.sha256(repr((position, event)).encode()).digest()
    return foreign.Told(position, event, None if "removed" in more else document, commitment)


def take_over(
    neighbour: Neighbour, *entries: foreign.Told, onward: frozenset[str] = frozenset()
) -> list[int]:
    with transaction.atomic():
        return foreign.apply(
            entries, neighbour=neighbour, origin=settings.LOG_ORIGIN, onward=lambda _: onward, at=_now()
        )


def test_it_has_the_same_id_and_says_where_it_lives() -> None:
    city, document = neighbour_of(), document_of(uscc())
    assert take_over(city, told(7, document), onward=frozenset({"nation"})) == [0]
    record = Record.objects.get(public_id=document["id"])
    assert (record.home, record.state, record.content["public"]) == (CITY, "published", document["content"])
    said = Event.objects.filter(record=record).get().content
    assert said["home"] == {"origin": CITY, "position": 7, "via": 7, "onward": ["nation"]}
    assert not list(audit_records(distrusted=()))


def test_the_same_page_again_appends_nothing_and_an_older_position_changes_nothing() -> None:
    city, document = neighbour_of(), document_of(uscc())
    take_over(city, told(7, document))
    before = Event.objects.count()
    take_over(city, told(7, document), told(8, document))
    assert Event.objects.count() == before
    take_over(city, told(6, document | {"disputed": True}, kind="record.disputed"))
    assert not Record.objects.get(public_id=document["id"]).disputed


def test_its_entity_is_found_by_its_code_and_never_merged_over_another_name() -> None:
    city, code = neighbour_of(), uscc()
    known = make_entity("临湖市天成商贸有限公司", identifiers=(("uscc", code),))
    document = document_of(code)
    take_over(city, told(1, document))
    assert Record.objects.get(public_id=document["id"]).entity == known
    other = document_of(code)
    other["entity"] |= {"name": "完全不同的物业管理中心"}
    take_over(city, told(2, other))
    apart = Record.objects.get(public_id=other["id"]).entity
    assert apart != known and apart.known_by_name_only
    wrong = document_of("91980102MA0000000X")
    take_over(city, told(3, wrong))
    assert Record.objects.get(public_id=wrong["id"]).entity.known_by_name_only, "a code that does not check"
    assert Entity.objects.filter(identifiers__value=code).get() == known


@pytest.mark.parametrize(
    ("kind", "state", "buried"),
    [
        ("record.restored", "restored", True),
        ("record.withdrawn", "withdrawn", True),
        ("record.redacted", "redacted", True),
        ("record.ended", "ended", False),
        ("record.superseded", "published", False),
    ],
)
def test_a_removal_takes_the_content_away(kind: str, state: str, buried: bool) -> None:
    city, document = neighbour_of(), document_of(uscc())
    take_over(city, told(1, document))
    assert take_over(city, told(2, document, kind=kind, state=state, removed=True)) == [1]
    record = Record.objects.get(public_id=document["id"])
    assert record.state == ("ended" if state == "published" else state)
    assert (record.content["public"], record.document_no, record.measures) == ({}, "", [])
    assert Tombstone.objects.filter(record=record).exists() == buried
    assert take_over(city, told(3, document, kind=kind, state=state, removed=True)) == [0], (
        "not held any more"
    )
    assert not list(audit_records(distrusted=()))
    if not buried:
        take_over(city, told(4, document | {"version": 2}, kind="record.republished"))
        record.refresh_from_db()
        assert (record.state, record.content["public"]) == ("published", document["content"])


def test_a_shielded_one_goes_and_comes_again_and_a_revoked_restoration_too() -> None:
    city, document = neighbour_of(), document_of(uscc())
    take_over(
        city,
        told(1, document),
        told(2, document, kind="record.shielded", state="shielded", beneath="published", removed=True),
        told(3, document, kind="record.unshielded"),
        told(4, document, kind="record.restored", state="restored", removed=True),
        told(5, document | {"version": 2}, kind="record.republished"),
    )
    record = Record.objects.get(public_id=document["id"])
    assert (record.state, record.version) == ("published", 2)
    assert not Tombstone.objects.filter(record=record).exists()
    kinds = Event.objects.filter(record=record).order_by("position").values_list("kind", flat=True)
    assert [kind.removeprefix("record.") for kind in kinds] == [
        "committed",
        "shielded",
        "unshielded",
        "restored",
        "republished",
    ]


def test_what_is_ours_and_what_comes_another_way_is_left() -> None:
    city, other = neighbour_of(), neighbour_of("other.example/log")
    own = make_record(make_entity(), make_authority())
    back = record_document(own, PUBLIC) | {"disputed": True}
    home = {"home": {"origin": settings.LOG_ORIGIN, "position": 1, "onward": []}}
    take_over(
        city, told(1, back, **home), told(2, back, kind="record.restored", state="restored", removed=True)
    )
    own.refresh_from_db()
    assert (own.state, own.disputed, own.home) == ("published", False, "")
    document = document_of(uscc())
    take_over(city, told(3, document))
    through = {"home": {"origin": CITY, "position": 3, "onward": []}}
    removal = told(1, document, kind="record.restored", state="restored", removed=True, **through)
    assert take_over(other, removal) == [0]
    assert Record.objects.get(public_id=document["id"]).state == "published"


def given(neighbour: Neighbour) -> dict[str, int]:
    """What is noted that a neighbour gives: positions by record."""
    rows = GivenRecord.objects.filter(neighbour=neighbour).select_related("record")
    assert {row.bucket for row in rows} == {bucket_of(row.record.public_id) for row in rows}
    return {str(row.record.public_id): row.position for row in rows}


def test_what_each_neighbour_gives_is_noted_also_where_the_record_came_another_way() -> None:
    city, other, document = neighbour_of(), neighbour_of("other.example/log"), document_of(uscc())
    through = {"home": {"origin": CITY, "position": 3, "onward": []}}
    take_over(city, told(3, document))
    take_over(other, told(8, document, **through))
    assert (given(city), given(other)) == ({document["id"]: 3}, {document["id"]: 8})
    newer = told(5, document | {"disputed": True}, kind="record.disputed")
    take_over(city, told(4, document), newer)
    assert given(city) == {document["id"]: 5}
    assert bytes(GivenRecord.objects.get(neighbour=city).commitment) == newer.commitment
    foreign_id = told(9, document, home={"origin": "another.example/log", "position": 1, "onward": []})
    take_over(other, foreign_id)
    assert given(other) == {document["id"]: 8}, "one of another home under the same id is not it"
    take_over(other, told(10, document, kind="record.restored", state="restored", removed=True, **through))
    assert (given(city), given(other)) == ({document["id"]: 5}, {})
    take_over(city, told(6, document, kind="record.restored", state="restored", removed=True))
    assert given(city) == {}


def test_what_a_neighbour_does_not_give_any_more_is_dropped_and_may_come_again() -> None:
    city, other, document = neighbour_of(), neighbour_of("other.example/log"), document_of(uscc())
    entry = told(3, document)
    take_over(city, entry, onward=frozenset({"nation"}))

    def drop(neighbour: Neighbour) -> int:
        with transaction.atomic():
            return foreign.drop(uuid.UUID(document["id"]), neighbour=neighbour, at=_now())

    assert drop(other) == 0, "it is held by way of the city"
    assert (drop(city), drop(city)) == (1, 0)
    record = Record.objects.get(public_id=document["id"])
    assert (record.state, record.content["public"], given(city)) == ("ended", {}, {})
    last = Event.objects.filter(record=record).latest("position").content
    assert (last["kind"], last["home"]) == (
        "record.ended",
        {"origin": CITY, "position": 3, "via": 0, "onward": []},
    )
    assert not list(audit_records(distrusted=()))
    take_over(city, entry)
    record.refresh_from_db()
    assert (record.state, record.content["public"]) == ("published", document["content"])
    assert given(city) == {document["id"]: 3}


def test_a_longer_way_lets_on_only_whom_every_agreement_names() -> None:
    province, document = neighbour_of("province.example/log"), document_of(uscc())
    through = {"home": {"origin": CITY, "position": 3, "onward": ["nation", "ministry"]}}
    take_over(province, told(9, document, **through), onward=frozenset({"ministry", "bank"}))
    path = ForeignRecord.objects.get(record__public_id=document["id"])
    assert (path.record.home, path.onward, path.passed_on) == (CITY, ["ministry"], ["ministry"])
    take_over(province, told(10, document, **through), onward=frozenset())
    path.refresh_from_db()
    assert (path.onward, path.passed_on) == ([], ["ministry"]), "removals still reach who had it"


def test_nothing_here_changes_it() -> None:
    city, document = neighbour_of(), document_of(uscc())
    take_over(city, told(1, document))
    record = Record.objects.get(public_id=document["id"])
    with pytest.raises(RegistryError, match=r"record\.foreign"):
        commands.restore(record_id=record.pk, at=_now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Record.objects.filter(pk=record.pk).update(disputed=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Record.objects.filter(pk=record.pk).update(home="")
    with pytest.raises(IntegrityError), transaction.atomic():
        Record.objects.filter(home="").update(home=CITY)


def test_the_sweep_leaves_its_end_to_its_home() -> None:
    city = neighbour_of()
    today = _now().date()
    ending = {"publish_from": "2026-01-01", "publish_until": (today - timedelta(days=3)).isoformat()}
    document = document_of(uscc(), **ending)
    take_over(city, told(1, document))
    sweep.sweep(on=today - timedelta(days=1), at_clock=_now)
    assert Record.objects.get(public_id=document["id"]).state == "published"
