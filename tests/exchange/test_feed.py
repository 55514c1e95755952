"""The feed: an entry for every sealed position, content only inside the agreement and only while it is public."""

from __future__ import annotations

import base64
import json
import random
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from goodstanding import proof
from goodstanding.exchange import agreements, feed, queries
from goodstanding.exchange.envelope import feed_document
from goodstanding.exchange.happened import events_between
from goodstanding.exchange.mirror.agreed import division_prefixes
from goodstanding.exchange.models import Subscriber
from goodstanding.registry import commands as registry
from goodstanding.registry import entities, sweep
from goodstanding.registry.models import Entity, Record, Salt

from ..registry.factories import make_authority, make_entity, reported
from .histories import History
from .stage import (
    KINDS,
    SIGNER,
    covered,
    last_position,
    live_record,
    live_take_in,
    make_subscriber,
    now,
    seal_all,
    today,
)

pytestmark = pytest.mark.usefixtures("database")


def read_all(subscriber: Subscriber, *, limit: int = 1000, after: int = 0) -> list[dict[str, Any]]:
    """The whole feed as it is sent, page by page."""
    entries: list[dict[str, Any]] = []
    while True:
        page = queries.feed(subscriber=subscriber, after=after, limit=limit, on=today())
        if not page.entries:
            return entries
        document = feed_document(page, subscriber=subscriber, origin=settings.LOG_ORIGIN)
        entries += json.loads(json.dumps(document))["entries"]
        after = page.position


def with_record(entries: list[dict[str, Any]], record: Record) -> list[dict[str, Any]]:
    return [entry for entry in entries if str(record.public_id) in json.dumps(entry)]


@pytest.mark.parametrize("limit", [1, 3, 7, 1000])
def test_every_sealed_position_has_one_entry_and_they_lead_to_the_signed_root(limit: int) -> None:
    entity, authority = make_entity(), make_authority()
    for _ in range(6):
        live_record(entity, authority)
    subscriber, _ = make_subscriber()
    size = seal_all()
    live_record(entity, authority)  # not sealed yet, so not on the feed
    entries = read_all(subscriber, limit=limit)
    assert covered(entries) == list(range(1, size + 1))
    tree = proof.CompactRange()
    for entry in entries:
        if "until" in entry:
            hashes = [base64.b64decode(item) for item in entry["hashes"]]
            tree.append_run(entry["until"] - tree.size, hashes)
            continue
        leaf = base64.b64decode(entry["leaf_hash"])
        if "event" in entry:
            salt = base64.b64decode(entry["salt"])
            assert leaf == proof.leaf_hash(proof.commitment(salt=salt, content=entry["event"]["data"]))
        tree.append(leaf)
    page = queries.feed(subscriber=subscriber, after=size, limit=1, on=today())
    assert page.checkpoint is not None
    checkpoint = proof.verify_checkpoint(
        page.checkpoint.note, origin=settings.LOG_ORIGIN, keys=[SIGNER.verifier]
    )
    assert (checkpoint.size, checkpoint.root) == (tree.size, tree.root())


def test_an_entry_in_scope_is_a_cloud_event_with_the_record() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber()
    seal_all()
    (entry,) = with_record(read_all(subscriber), record)
    event = entry["event"]
    assert event["specversion"] == "1.0"
    assert event["id"] == str(entry["position"])
    assert event["source"] == settings.LOG_ORIGIN
    assert event["type"] == "goodstanding.record.committed"
    assert event["subject"] == event["data"]["record"] == str(record.public_id)
    assert entry["record"]["content"] == record.content["public"]
    assert "removal" not in entry


@pytest.mark.parametrize("how", ["restored", "withdrawn", "ended"])
def test_a_removal_reaches_who_could_have_got_it_and_the_old_content_is_gone(how: str) -> None:
    days = {"publish_until": today()} if how == "ended" else {}
    entity, authority = make_entity(), make_authority()
    subscriber, _ = make_subscriber()
    elsewhere, _ = make_subscriber(kinds=["permit"])
    if how == "ended":
        row = reported(
            entity, authority, publish_from=today() - timedelta(days=9), public={"x": "secret-9"}, **days
        )
        with transaction.atomic():
            registry_outcome = __import__("goodstanding.registry.records", fromlist=["take_in"]).take_in(
                [row], batch=None, today=today() - timedelta(days=1), at=now()
            )
        record = Record.objects.get(pk=registry_outcome[0].record_id)
        seal_all()
        assert b"secret-9" not in json.dumps(read_all(subscriber)).encode(), "ended by date, without an event"
        sweep.sweep(on=today(), at_clock=now)
    else:
        record = live_record(entity, authority, public={"x": "secret-9"})
        seal_all()
        assert b"secret-9" in json.dumps(read_all(subscriber)).encode()
        {"restored": registry.restore, "withdrawn": registry.withdraw}[how](record_id=record.pk, at=now())
    seal_all()
    entries = read_all(subscriber)
    (removal,) = with_record(entries, record)
    assert removal["removal"] is True
    assert removal["event"]["type"] == f"goodstanding.record.{how}"
    assert "record" not in removal
    assert [entry for entry in entries if entry.get("note") == "gone"]
    assert "secret-9" not in json.dumps(entries)
    assert not with_record(read_all(elsewhere), record)


def test_a_record_superseded_into_unpublished_is_a_removal() -> None:
    entity, authority = make_entity(), make_authority()
    live_take_in(reported(entity, authority, number=5, public={"v": "1"}))
    live_take_in(
        reported(
            entity,
            authority,
            number=5,
            public={"v": "2"},
            published=False,
            publish_from=None,
            publish_until=None,
        )
    )
    subscriber, _ = make_subscriber()
    seal_all()
    record = Record.objects.get(entity=entity)
    (removal,) = with_record(read_all(subscriber), record)
    assert removal["event"]["type"] == "goodstanding.record.superseded" and removal["removal"] is True


def test_who_subscribed_after_a_removal_never_hears_of_the_record() -> None:
    record = live_record(make_entity(), make_authority())
    registry.restore(record_id=record.pk, at=now() - timedelta(days=2))
    subscriber, _ = make_subscriber(valid_from=today())
    seal_all()
    assert not with_record(read_all(subscriber), record)


def test_a_removal_still_reaches_a_subscriber_whose_agreement_has_ended() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber()
    agreements.end(
        reference=subscriber.agreements.get().reference, on=today(), reason="its term is over", at=now()
    )
    fresh = live_record(make_entity(), make_authority())
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    (removal,) = with_record(read_all(subscriber), record)
    assert removal["removal"] is True
    assert not with_record(read_all(subscriber), fresh), "nothing new after the end"


def test_a_removal_reaches_the_old_division_after_the_entity_moved() -> None:
    entity = make_entity("甲公司", division="330100")
    record = live_record(entity, make_authority())
    subscriber, _ = make_subscriber(divisions=["330000"])
    identifier = entity.identifiers.get()
    row = entities.ReportedEntity(
        row=1,
        identifiers=((identifier.scheme, identifier.value),),
        kind="organisation",
        name=entity.name,
        name_key=entity.name_key,
        division="110100",
    )
    with transaction.atomic():
        entities.register([row], at=now())
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    (removal,) = with_record(read_all(subscriber), record)
    assert removal["removal"] is True


def test_dispute_marks_travel_and_a_dispute_of_what_is_gone_does_not() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber()
    registry.mark_disputed(record_id=record.pk, disputed=True, at=now())
    seal_all()
    first, second = with_record(read_all(subscriber), record)
    assert first["record"]["disputed"] and second["record"]["disputed"]
    registry.withdraw(record_id=record.pk, at=now())
    seal_all()
    (removal,) = with_record(read_all(subscriber), record)
    assert removal["event"]["type"] == "goodstanding.record.withdrawn"


def test_a_destroyed_salt_leaves_the_feed_provable_and_silent() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber()
    size = seal_all()
    Salt.objects.filter(event_id=last_position(record)).delete()
    entries = read_all(subscriber)
    assert covered(entries) == list(range(1, size + 1)) and not with_record(entries, record)


def test_an_individual_business_is_masked_in_all_of_its_content() -> None:
    entity = make_entity("张三丰小吃店", kind="individual_business")
    live_record(
        entity, make_authority(), public={"CF_XDR_MC": "张三丰小吃店", "nested": ["由张三丰小吃店经营"]}
    )
    subscriber, _ = make_subscriber()
    seal_all()
    text = json.dumps(read_all(subscriber), ensure_ascii=False)
    assert "三丰" not in text and "张＊" in text


@pytest.mark.parametrize("seed", range(12))
def test_what_is_out_of_scope_never_leaves(seed: int) -> None:
    """Random records under random agreements; the sent bytes are searched for every planted word."""
    chance = random.Random(seed)
    divisions = ["330100", "330106", "330200", "110000", "110101", "440300", ""]
    authority = make_authority()
    planted: list[tuple[Record, str, bool]] = []
    for number in range(25):
        kind = chance.choice(["organisation"] * 4 + ["individual_business", "natural_person"])
        identifiers = (("person_key", f"{seed}-{number}"),) if kind == "natural_person" else None
        entity = make_entity(
            f"甲{seed}乙{number}公司",
            kind=kind,
            division=chance.choice(divisions),
            **({"identifiers": identifiers} if identifiers else {}),
        )
        published = chance.random() < 0.7
        row: dict[str, Any] = {
            "kind": chance.choice(KINDS),
            "public": {"mark": f"public-{seed}-{number}-end"},
            "personal": {"mark": f"personal-{seed}-{number}-end", "id": "330106199001011234"},
        }
        if not published:
            row |= {"published": False, "publish_from": None, "publish_until": None}
        elif chance.random() < 0.15:
            row |= {"publish_from": today() + timedelta(days=3)}  # its first day has not come
        record = live_record(entity, authority, **row)
        if chance.random() < 0.25 and record.adverse:
            chance.choice([registry.restore, registry.withdraw])(record_id=record.pk, at=now())
        elif chance.random() < 0.3:
            registry.mark_disputed(record_id=record.pk, disputed=True, at=now())
        record.refresh_from_db()
        public = record.state == "published" and bool(record.publish_from and record.publish_from <= today())
        planted.append((record, f"public-{seed}-{number}-end", public and kind != Entity.Kind.NATURAL_PERSON))
    kinds = chance.sample(KINDS, chance.randint(1, 4))
    chosen = chance.sample([code for code in divisions if code], chance.randint(0, 3))
    subscriber, _ = make_subscriber(kinds=kinds, divisions=chosen)
    size = seal_all()
    entries = read_all(subscriber, limit=chance.choice([1, 4, 50]))
    assert covered(entries) == list(range(1, size + 1))
    text = json.dumps(entries, ensure_ascii=False)
    assert "personal-" not in text and "330106199001011234" not in text
    for record, word, public in planted:
        prefixes = division_prefixes(chosen)
        inside = record.kind in kinds and (
            not prefixes or any(record.entity.division.startswith(prefix) for prefix in prefixes)
        )
        assert (word in text) == (inside and public), (record.kind, record.entity.division, kinds, chosen)
        if not inside or record.entity.kind == "natural_person" or record.state == "unpublished":
            assert str(record.public_id) not in text
            assert str(record.entity.public_id) not in text
    for entry in entries:
        if "event" not in entry:
            assert set(entry) in ({"position", "until", "hashes"}, {"position", "leaf_hash", "note"})


@pytest.mark.parametrize("seed", range(6))
def test_what_is_loaded_for_one_scope_alone_gives_the_entries_that_all_of_it_gives(seed: int) -> None:
    """Entities move, and a record is reported anew of another entity, elsewhere."""
    history = History(random.Random(seed))
    history.happen(60)
    standing = list(Record.objects.filter(state="published").order_by("pk"))
    for number, record in enumerate(standing[:5]):
        other = history.chance.choice(history.entities[1:])
        more = {
            "kind": record.kind,
            "natural_key": bytes(record.natural_key),
            "public": {"word": "another's"},
        }
        (outcome,) = live_take_in(reported(other, history.authority, **more))
        assert outcome.disposition == "superseding"
        if number % 2 == 0:
            registry.withdraw(record_id=record.pk, at=now())
    happened = events_between(0, seal_all())
    everything, reaches = feed.look_up(happened), set()
    for division in ("330100", "110000", "440300", "520000"):
        subscriber, _ = make_subscriber(kinds=["penalty", "permit"], divisions=[division])
        scope = queries.scope_for(subscriber)
        entries = feed.classify(happened, scope=scope, on=today())
        assert entries == feed.judge(everything, scope=scope, on=today())
        reaches |= {entry.reach for entry in entries}
    assert reaches >= {"content", "removal", "outside"}


def test_records_elsewhere_are_not_loaded_for_a_reader() -> None:
    near, far = make_entity(division="330106"), make_entity(division="110101")
    record, _ = live_record(near, make_authority()), live_record(far, make_authority())
    subscriber, _ = make_subscriber(divisions=["330000"])
    scope = queries.scope_for(subscriber)
    assert list(feed.look_up(events_between(0, seal_all()), only=scope).records) == [record.pk]
