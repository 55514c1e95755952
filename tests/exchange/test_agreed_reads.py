"""Agreed reads: one entity or one record at a time, as the agreements with the method api have it, and remembered."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from django.db import IntegrityError, transaction

from goodstanding.exchange import agreements, awaiting, commands, feed, queries, reconciliation
from goodstanding.exchange.agreed_reads import read_entity, read_record
from goodstanding.exchange.content import agreed_document
from goodstanding.exchange.errors import ExchangeError, ReadTooSoon
from goodstanding.exchange.happened import Happened, events_of
from goodstanding.exchange.models import AgreedRead, AwaitedReceipt, Subscriber
from goodstanding.proof.set_digest import (
    BUCKETS,
    SetClaim,
    SetDigest,
    add_sums,
    bucket_of,
    set_element,
    sign_claim,
    sum_of,
)
from goodstanding.registry import commands as registry
from goodstanding.registry import decisions, journal
from goodstanding.registry.actor import actor_of
from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.models import Entity, Record

from ..registry.factories import make_authority, make_entity
from .stage import last_position, live_record, make_subscriber, now, seal_all, today, token_of
from .test_agreed_scope import oracle, random_terms, record_with_everything
from .test_feed import read_all, with_record
from .test_receipts import signed_receipt

pytestmark = pytest.mark.usefixtures("database")
HOUR = timedelta(hours=1)


def uscc_of(entity: Entity) -> str:
    return str(entity.identifiers.get(scheme="uscc").value)


def asking(url: str, subscriber: Subscriber, *scopes: str) -> httpx.Client:
    token = token_of(subscriber, *(scopes or ("agreed:read",)))
    return httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60)


def holding(record: Record, subscriber: Subscriber) -> str:
    """What the platform says that a subscriber has of a record."""
    return next(each.state for each in queries.holders(record, today()) if each.subscriber == subscriber)


def claimed(
    subscriber: Subscriber, key: bytes, held: list[Happened], *, position: int
) -> tuple[str, list[str]]:
    """A whole round of reconciliation of who holds records by some events: its result, and what differs."""
    digest, sums, extra = SetDigest(), [0] * BUCKETS, {}
    for event in held:
        one = reconciliation.Extra(uuid.UUID(event.content["record"]), event.position, event.commitment)
        element = set_element(record=one.record, position=one.position, commitment=one.commitment)
        digest.add(element)
        bucket = bucket_of(one.record)
        sums[bucket] = add_sums(sums[bucket], sum_of([element]))
        extra.setdefault(bucket, []).append(one)
    claim = SetClaim(
        subscriber=str(subscriber.public_id),
        position=position,
        count=len(held),
        digest=digest.fingerprint().hex(),
        claimed_at=now().isoformat(),
    )
    signed = sign_claim(claim, private_key=key)
    made, differing = reconciliation.begin(subscriber=subscriber, signed=signed, sums=sums, at=now())
    if not differing:
        return str(made.result), []
    lacking = reconciliation.shorts(reconciliation=made, buckets=differing, at=now())
    listed = [
        reconciliation.Listed(bucket, tuple(lacking[bucket]), tuple(extra.get(bucket, ())))
        for bucket in differing
    ]
    made, verdicts = reconciliation.explain(
        reconciliation_id=made.public_id, subscriber=subscriber, listed=listed, last=True, at=now()
    )
    return str(made.result), [each.kind for each in verdicts if each.kind != "on_the_way"]


def follow_all() -> None:
    while awaiting.follow(at=now(), calendar=known_calendar()):
        pass


@pytest.mark.parametrize("seed", range(6))
def test_a_read_gives_what_the_documents_with_the_method_api_allow_and_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    records = [record_with_everything(number, chance) for number in range(12)]
    subscriber, _ = make_subscriber(kinds=[])
    terms = [random_terms(chance) for _ in range(chance.randint(1, 3))]
    given: dict[str, Any] = {"purpose": "p", "legal_basis": "b", "valid_from": today()}
    for term in terms:
        agreements.agree(subscriber=subscriber, at=now(), **given, **term)
    named = any("api" in term["methods"] for term in terms)
    for record in records:
        allowed = oracle(record, terms, ("api",))
        asked: dict[str, Any] = {"scheme": "uscc", "code": uscc_of(record.entity)}
        if not named:
            with pytest.raises(ExchangeError, match=r"agreement\.no_method.*\[api\]"):
                read_entity(subscriber=subscriber, at=now(), **asked)
            continue
        entries = read_entity(subscriber=subscriber, at=now(), **asked).entries
        documents = [
            agreed_document(entry.record, actor_of(subscriber.account), view=entry.view)
            for entry in entries
            if entry.record and entry.view
        ]
        assert [document["content"] for document in documents] == ([] if allowed is None else [allowed])
        assert AgreedRead.objects.filter(record=record).exists() == (allowed is not None)


def test_over_the_wire_it_is_the_feeds_entry_with_the_purpose_and_only_once_an_hour(url: str) -> None:
    entity = make_entity()
    record = live_record(entity, make_authority())
    subscriber, _ = make_subscriber(methods=["api", "feed"], masking=["name"])
    seal_all()
    (entry,) = with_record(read_all(subscriber), record)
    client = asking(url, subscriber)
    address = f"/agreed/entities/uscc/{uscc_of(entity)}"
    answer = client.get(address)
    said = answer.json()
    assert answer.status_code == 200 and said["records"] == [entry]
    assert [each["purpose"] for each in said["agreements"]] == ["credit services"]
    again = client.get(address)
    assert (again.status_code, again.json()["code"]) == (429, "agreement.too_soon")
    assert 3_500 < int(again.headers["Retry-After"]) <= 3_600
    assert client.get(f"/agreed/records/{record.public_id}").json()["records"] == [entry]
    other = make_entity("临湖市地利贸易有限公司")
    assert client.get(f"/agreed/entities/uscc/{uscc_of(other)}").json()["records"] == []


def test_the_same_may_be_read_again_once_its_time_has_passed() -> None:
    entity = make_entity()
    live_record(entity, make_authority())
    subscriber, _ = make_subscriber(methods=["api"])
    at, asked = now(), {"scheme": "uscc", "code": uscc_of(entity)}
    for later in (timedelta(0), HOUR, 3 * HOUR):
        assert len(read_entity(subscriber=subscriber, at=at + later, **asked).entries) == 1
        with pytest.raises(ReadTooSoon) as refusal:
            read_entity(subscriber=subscriber, at=at + later + HOUR / 2, **asked)
        assert refusal.value.retry_after == 1_800
    assert AgreedRead.objects.count() == 1, "one row for a state, however often it is read"


def test_what_was_read_is_told_of_when_it_is_removed_and_what_was_not_is_not() -> None:
    entity, authority = make_entity(), make_authority()
    record, unread = (
        live_record(entity, authority),
        live_record(make_entity("临湖市地利贸易有限公司"), authority),
    )
    subscriber, key = make_subscriber(methods=["api"])
    read_record(subscriber=subscriber, public_id=record.public_id, at=now())
    assert (holding(record, subscriber), holding(unread, subscriber)) == ("holds", "out_of_scope")
    for each in (record, unread):
        registry.restore(record_id=each.pk, at=now())
    seal_all()
    entries = read_all(subscriber)
    (removal,) = with_record(entries, record)
    assert removal["removal"] is True and not with_record(entries, unread)
    follow_all()
    assert [row.record_id for row in AwaitedReceipt.objects.all()] == [record.pk]
    receipt = signed_receipt(subscriber, key, record, last_position(record))
    commands.take_receipt(subscriber=subscriber, signed=receipt, at=now())
    assert (holding(record, subscriber), AwaitedReceipt.objects.count()) == ("dropped", 0)
    with pytest.raises(ExchangeError, match=r"read\.unknown"):
        read_record(subscriber=subscriber, public_id=record.public_id, at=now() + 2 * HOUR)


def test_who_dropped_it_and_has_not_read_it_since_is_not_asked_again() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber(methods=["api"])
    read_record(subscriber=subscriber, public_id=record.public_id, at=now())
    given: dict[str, Any] = {"record_id": record.pk, "account_id": None}
    decisions.shield(statement="重整计划执行期间暂停公示", at=now(), **given)
    decisions.unshield(at=now(), **given)
    registry.withdraw(record_id=record.pk, at=now())
    seal_all()
    kinds = [entry["event"]["type"] for entry in with_record(read_all(subscriber), record)]
    assert kinds == ["goodstanding.record.shielded"]


def test_a_read_of_an_earlier_state_counts_until_the_removal() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber(methods=["api"])
    read_record(subscriber=subscriber, public_id=record.public_id, at=now())
    registry.mark_disputed(record_id=record.pk, disputed=True, at=now())
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    (removal,) = with_record(read_all(subscriber), record)
    assert removal["removal"] is True


def test_while_a_record_is_being_read_it_is_not_removed(database: str) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber(methods=["api"])
    with transaction.atomic():
        read_record(subscriber=subscriber, public_id=record.public_id, at=now())
        with (
            psycopg.connect(database, autocommit=True) as remover,
            pytest.raises(psycopg.errors.LockNotAvailable),
        ):
            remover.execute(
                "SELECT 1 FROM registry_record WHERE id = %s FOR NO KEY UPDATE NOWAIT", [record.pk]
            )
    assert AgreedRead.objects.get().position == last_position(record) <= journal.head()


def test_that_a_record_was_given_is_never_taken_back() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber(methods=["api"])
    read_record(subscriber=subscriber, public_id=record.public_id, at=now())
    for change in (AgreedRead.objects.all().delete, lambda: AgreedRead.objects.update(position=1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_what_was_read_may_be_held_and_an_older_state_of_it_is_named() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber(methods=["api"])
    (entry,) = read_record(subscriber=subscriber, public_id=record.public_id, at=now()).entries
    size = seal_all()
    assert claimed(subscriber, key, [entry.happened], position=size) == ("equal", [])
    registry.mark_disputed(record_id=record.pk, disputed=True, at=now())
    size = seal_all()
    assert claimed(subscriber, key, [entry.happened], position=size) == ("differs", ["older"])
    registry.restore(record_id=record.pk, at=now())
    size = seal_all()
    assert claimed(subscriber, key, [entry.happened], position=size) == ("differs", ["kept"])


@pytest.mark.parametrize("methods", [["feed"], ["push"], ["file"], ["feed", "file"]])
def test_the_door_is_shut_without_the_method(url: str, methods: list[str]) -> None:
    entity = make_entity()
    record = live_record(entity, make_authority())
    subscriber, _ = make_subscriber(methods=methods)
    client = asking(url, subscriber)
    for address in (f"/agreed/entities/uscc/{uscc_of(entity)}", f"/agreed/records/{record.public_id}"):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["code"]) == (403, "agreement.no_method")
    assert not AgreedRead.objects.exists()


def test_nothing_is_told_of_what_may_not_be_read(url: str) -> None:
    authority = make_authority()
    person = make_entity("司马青衫", kind="natural_person", identifiers=(("person_key", "k" * 64),))
    about_person, permit = (
        live_record(person, authority),
        live_record(make_entity(), authority, kind="permit"),
    )
    subscriber, _ = make_subscriber(methods=["api"])
    client = asking(url, subscriber)
    unknown = client.get(f"/agreed/records/{uuid.uuid4()}")
    assert unknown.status_code == 404
    for address in (
        f"/agreed/records/{about_person.public_id}",
        f"/agreed/records/{permit.public_id}",
        "/agreed/records/nothing",
        f"/agreed/entities/person_key/{'k' * 64}",
        "/agreed/entities/uscc/000",
    ):
        answer = client.get(address)
        assert (answer.status_code, answer.content) == (404, unknown.content), address
    assert asking(url, subscriber, "feed:read").get("/agreed/entities/uscc/0").json()["code"] == "auth.scope"


def test_a_suspended_agreement_shuts_the_door_and_keeps_what_was_read_in_mind() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber(methods=["api"])
    read_record(subscriber=subscriber, public_id=record.public_id, at=now())
    agreements.suspend(reference=subscriber.agreements.get().reference, reason="for the test", at=now())
    with pytest.raises(ExchangeError, match=r"agreement\.no_method"):
        read_record(subscriber=subscriber, public_id=record.public_id, at=now() + 2 * HOUR)
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    (entry,) = feed.classify([events_of(record.pk)[-1]], scope=queries.scope_for(subscriber), on=today())
    assert entry.reach == "removal"
