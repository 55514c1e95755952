"""Linking entities, taking it back with notice, and codes that change: whatever the order, the same wholes."""

from __future__ import annotations

import random
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from goodstanding.casework.objections import object_to
from goodstanding.casework.queries import cases_visible_to, prospects
from goodstanding.registry import merges
from goodstanding.registry.actor import Actor
from goodstanding.registry.commands import RegistryError
from goodstanding.registry.entities import entities_by_identifier
from goodstanding.registry.models import Account, Entity, EntityLink, Event, Identifier, Reading
from goodstanding.registry.report import report_for

from .factories import AT, TODAY, make_authority, make_entity, make_record, uscc

pytestmark = pytest.mark.database

WHY = {"en": ["the same name and place"], "zh": ["名称、地址相同"]}


def clerk(name: str = "clerk") -> Account:
    return Account.objects.create(user=User.objects.create_user(name), role="operator")


def by_name(name: str, place: str) -> Entity:
    return make_entity(name, identifiers=(("name_at_source", f"X|{name}|{place}"),), known_by_name_only=True)


def link(one: Entity, other: Entity, **more: Any) -> EntityLink:
    values: dict[str, Any] = {"same": True, "by": "rule", "explanation": WHY, "account_id": None, "at": AT}
    return merges.link_entities(one_id=one.pk, other_id=other.pk, **(values | more))


def wholes(entities: list[Entity]) -> set[frozenset[int]]:
    parts: dict[int, set[int]] = {}
    for pk, head in Entity.objects.filter(pk__in=[e.pk for e in entities]).values_list("pk", "head_id"):
        parts.setdefault(head or pk, set()).add(pk)
    return {frozenset(part) for part in parts.values()}


def test_a_report_of_either_shows_the_records_of_both_and_a_withdrawal_parts_them(database: str) -> None:
    authority, known, named = make_authority(), make_entity(), by_name("天成商贸", "临湖")
    record, other = make_record(known, authority), make_record(named, authority)
    public = Actor()
    made = link(named, known)
    for entity in (known, named):
        found = report_for(public, entity.public_id, on=TODAY)
        assert {item.pk for item in found.records} == {record.pk, other.pk}
    named.refresh_from_db()
    assert named.head_id == known.pk, "the entity with the code is the head"
    account = clerk()
    merges.withdraw_link(link_id=made.pk, account_id=account.pk, reason="two shops", at=AT)
    for entity, own in ((known, record), (named, other)):
        found = report_for(public, entity.public_id, on=TODAY)
        assert [item.pk for item in found.records] == [own.pk]
    kinds = list(Event.objects.filter(entity=named, record=None).values_list("kind", flat=True))
    assert kinds == ["entity.registered", "entity.merged", "entity.unmerged"]


def test_whoever_read_the_whole_hears_that_it_is_none(database: str) -> None:
    known, named = make_entity(), by_name("天成商贸", "临湖")
    bank = Account.objects.create(user=User.objects.create_user("bank"), role="bank")
    idle = Account.objects.create(user=User.objects.create_user("idle"), role="bank")
    own = Account.objects.create(user=User.objects.create_user("own"), role="entity", entity=known)
    made = link(named, known)
    Reading.objects.create(at=AT, entity=known, reader=bank, purpose="lending", legal_basis="consent")
    merges.withdraw_link(link_id=made.pk, account_id=clerk().pk, reason="two shops", at=AT)
    (notice,) = merges.notices_for(bank.pk)
    assert (notice.entity_id, notice.was_head_id) == (named.pk, known.pk)
    assert [notice.now_one for notice in merges.notices_for(own.pk)] == [True, False], (
        "its own entity: of both"
    )
    assert merges.notices_for(idle.pk) == []


def test_links_in_any_order_and_any_batches_make_the_same_wholes(database: str) -> None:
    dice = random.Random(7)
    for _ in range(6):
        entities = [make_entity() for _ in range(3)] + [
            by_name(f"名{n}", str(dice.random())) for n in range(6)
        ]
        edges = [dice.sample(range(9), 2) for _ in range(9)]
        found = []
        for _ in range(2):
            dice.shuffle(edges)
            with transaction.atomic():
                for one, other in edges:
                    link(entities[one], entities[other])
                found.append(wholes(entities))
                transaction.set_rollback(True)
        assert found[0] == found[1]


def test_two_codes_are_not_one_by_a_rule_and_a_clerk_is_told_why(database: str) -> None:
    one, other, between = make_entity(), make_entity(), by_name("天成商贸", "临湖")
    link(one, between)
    assert len(wholes([one, other, between])) == 2
    link(between, other)
    assert len(wholes([one, other, between])) == 3, "nothing says which of the two it is"
    with pytest.raises(RegistryError, match="cannot be one"):
        link(one, other, by="clerk", account_id=clerk().pk)
    assert EntityLink.objects.filter(by="clerk").count() == 0


def test_a_clerk_settles_what_rules_left_open(database: str) -> None:
    one, other, between = make_entity(), make_entity(), by_name("天成商贸", "临湖")
    link(one, between)
    link(between, other)
    account = clerk()
    link(between, other, by="clerk", account_id=account.pk)
    assert wholes([one, other, between]) == {frozenset({one.pk}), frozenset({other.pk, between.pk})}
    link(one, between, same=False, by="clerk", account_id=account.pk)
    assert wholes([one, other, between]) == {frozenset({one.pk}), frozenset({other.pk, between.pk})}


def test_a_changed_code_keeps_the_chain(database: str) -> None:
    old, new = uscc(), uscc()
    entity = make_entity(identifiers=(("uscc", old),))
    merges.change_code(entity_id=entity.pk, scheme="uscc", old=old, new=new, on=date(2026, 5, 1), at=AT)
    found = entities_by_identifier([("uscc", old), ("uscc", new)])
    assert {pair: [item.id for item in items] for pair, items in found.items()} == {
        ("uscc", old): [entity.pk],
        ("uscc", new): [entity.pk],
    }
    assert Identifier.objects.get(value=old).until == date(2026, 5, 1)
    assert Event.objects.filter(entity=entity).last().content["to"] == new  # type: ignore[union-attr]
    with pytest.raises(RegistryError):
        merges.change_code(
            entity_id=entity.pk, scheme="uscc", old=old, new=uscc(), on=date(2026, 5, 2), at=AT
        )
    taken = make_entity()
    code = taken.identifiers.get(scheme="uscc").value
    with pytest.raises(RegistryError):
        merges.change_code(entity_id=entity.pk, scheme="uscc", old=new, new=code, on=TODAY, at=AT)
    assert Identifier.objects.get(value=new).until is None, "nothing is left half changed"


def test_a_changed_code_that_meets_a_second_one_parts_what_rules_joined(database: str) -> None:
    old_style = make_entity(identifiers=(("name_at_source", "X|甲|乙"),), known_by_name_only=True)
    known = make_entity()
    link(old_style, known)
    assert len(wholes([old_style, known])) == 1
    Identifier.objects.create(entity=old_style, scheme="uscc", value=(first := uscc()))
    merges.change_code(
        entity_id=old_style.pk, scheme="uscc", old=first, new=uscc(), on=TODAY, at=AT + timedelta(days=1)
    )
    assert len(wholes([old_style, known])) == 2


def test_persons_are_never_linked(database: str) -> None:
    person = make_entity("张三", kind="natural_person", identifiers=(("person_key", "ab" * 32),))
    with pytest.raises(RegistryError, match="never linked"):
        link(person, make_entity())
    with pytest.raises(RegistryError):
        link(person, person)


def test_the_database_refuses_what_the_commands_would_not_write(database: str) -> None:
    one, other = make_entity(), make_entity()
    for wrong in ({"one": other, "other": one}, {"by": "clerk"}, {"withdrawn_reason": "so"}):
        values: dict[str, Any] = {"one": one, "other": other, "same": True, "by": "rule"}
        with pytest.raises(IntegrityError), transaction.atomic():
            EntityLink.objects.create(**(values | {"explanation": WHY, "at": AT} | wrong))


def test_a_firm_acts_on_what_is_published_under_its_other_name_and_on_nothing_hidden(database: str) -> None:
    authority, known, named = make_authority(), make_entity(), by_name("天成商贸", "临湖")
    shown = make_record(named, authority)
    make_record(
        named, authority, published=False, publish_from=None, publish_until=None, restorable_from=None
    )
    link(named, known)
    own = Account.objects.create(user=User.objects.create_user("own"), role="entity", entity=known)
    actor = Actor(role="entity", account_id=own.pk, entity_id=known.pk)
    (prospect,) = prospects(actor=actor, entity=known, on=TODAY)
    assert prospect.record.pk == shown.pk
    case = object_to(
        actor=actor,
        record=shown.public_id,
        grounds="not_ours",
        statement="这不是我们的门店，请核对。",
        key=uuid.uuid4(),
        at=AT,
        today=TODAY,
    )
    assert [item.pk for item in cases_visible_to(actor)] == [case.pk]
