"""What the agreements of a subscriber let out of the feed, against an oracle that reads the documents by itself."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from goodstanding.exchange import agreements, queries
from goodstanding.exchange.envelope import feed_document
from goodstanding.exchange.models import Subscriber
from goodstanding.registry import commands as registry
from goodstanding.registry.models import Record

from ..registry.factories import make_authority, make_entity
from .stage import KINDS, live_record, make_subscriber, now, seal_all, today
from .test_feed import read_all, with_record

pytestmark = pytest.mark.usefixtures("database")
FIELDS = ["A", "B", "C"]
MASKS = ["name", "identifiers", "documentNo"]
PLACES = ["330106", "330199", "110101", "440300"]


def record_with_everything(number: int, chance: random.Random) -> Record:
    """A record whose every field names its entity, its code and its document, beside a word of its own."""
    entity = make_entity(f"临湖{number}号商贸公司", division=chance.choice(PLACES))
    code = entity.identifiers.get(scheme="uscc").value
    document = f"临罚字第{number}号"
    words = f"{entity.name} {code} {document}"
    public = {field: f"word-{number}-{field}- {words}" for field in FIELDS}
    kind = chance.choice(KINDS)
    return live_record(entity, make_authority(), kind=kind, public=public, document_no=document)


def random_terms(chance: random.Random) -> dict[str, Any]:
    items = agreements.kinds_of_items()
    by_item = chance.random() < 0.5
    fields = chance.sample(FIELDS, chance.randint(0, 2))
    return {
        "kinds": [] if by_item else chance.sample(KINDS, 2),
        "items": chance.sample(sorted(items), 12) if by_item else [],
        "divisions": chance.sample(["330000", "330100", "110000"], chance.randint(0, 2)),
        "fields": fields or None,
        "masking": chance.sample(MASKS, chance.randint(0, 2)),
        "methods": chance.choice(
            [["feed"], ["push"], ["feed", "api"], ["file", "push"], ["api"], ["file"], ["api", "file"]]
        ),
    }


def oracle(
    record: Record, terms: list[dict[str, Any]], by: tuple[str, ...] = ("feed", "push")
) -> dict[str, str] | None:
    """What of the record's content may be read by some methods, field by field; None where nothing of it may leave."""
    covering = []
    for term in terms:
        if not set(by) & set(term["methods"]):
            continue
        named = record.kind in term["kinds"] or record.item_id in term["items"]
        places = [code.rstrip("0") for code in term["divisions"]]
        if named and (not places or any(record.entity.division.startswith(place) for place in places)):
            covering.append(term)
    if not covering:
        return None
    code = record.entity.identifiers.get(scheme="uscc").value
    secret = {"name": record.entity.name, "identifiers": code, "documentNo": record.document_no}
    shown = {}
    for field in FIELDS:
        having = [term for term in covering if term["fields"] is None or field in term["fields"]]
        if not having:
            continue
        text = record.content["public"][field]
        for mask, word in secret.items():
            if all(mask in term["masking"] for term in having):
                text = text.replace(word, "＊")
        shown[field] = text
    return shown


@pytest.mark.parametrize("seed", range(10))
def test_the_feed_gives_what_the_documents_allow_and_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    records = [record_with_everything(number, chance) for number in range(20)]
    subscriber, _ = make_subscriber(kinds=[])
    terms = [random_terms(chance) for _ in range(chance.randint(1, 3))]
    concluded = [
        agreements.agree(
            subscriber=subscriber, purpose="p", legal_basis="b", valid_from=today(), at=now(), **term
        )
        for term in terms
    ]
    off = chance.randrange(len(terms) + 1)
    if off < len(terms):
        agreements.suspend(reference=concluded[off].reference, reason="for the test", at=now())
        terms.pop(off)
    seal_all()
    entries = read_all(subscriber)
    text = json.dumps(entries, ensure_ascii=False)
    for record in records:
        allowed = oracle(record, terms)
        found = with_record(entries, record)
        if allowed is None:
            assert not found and f"word-{record.content['public']['A'].split('-')[1]}-" not in text
            continue
        (entry,) = found
        assert entry["record"]["content"] == allowed
        number = record.content["public"]["A"].split("-")[1]
        for field in FIELDS:
            assert (f"word-{number}-{field}-" in text) == (field in allowed)
    for record in records:
        if oracle(record, terms) is None:
            assert record.entity.name not in text and str(record.entity.public_id) not in text


def entry_of(subscriber: Subscriber, record: Record) -> dict[str, Any]:
    (entry,) = with_record(read_all(subscriber), record)
    found: dict[str, Any] = entry["record"]
    return found


def test_a_masked_name_code_and_number_are_nowhere_in_what_is_sent() -> None:
    entity = make_entity("临湖市天成商贸有限公司")
    code = entity.identifiers.get(scheme="uscc").value
    record = live_record(
        entity,
        make_authority(),
        public={"A": f"{entity.name}（{code}）", "B": ["临罚字第9号", {"C": entity.name}]},
        document_no="临罚字第9号",
    )
    subscriber, _ = make_subscriber(masking=MASKS)
    seal_all()
    text = json.dumps(entry_of(subscriber, record), ensure_ascii=False)
    assert not [word for word in ("天成", code, "临罚字第9号") if word in text]
    assert '"narrowed": true' in text and str(record.public_id) in text


def test_an_individual_business_masked_by_law_is_masked_wholly_where_the_agreement_says_so() -> None:
    entity = make_entity("张三丰小吃店", kind="individual_business")
    record = live_record(entity, make_authority(), public={"A": "由张三丰小吃店经营"})
    subscriber, _ = make_subscriber(masking=["name"])
    seal_all()
    assert "张" not in json.dumps(entry_of(subscriber, record)["content"], ensure_ascii=False)


def test_what_was_published_and_removed_outside_the_agreements_days_is_never_told() -> None:
    subscriber, _ = make_subscriber(kinds=[])
    later = agreements.agree(
        subscriber=subscriber,
        kinds=["penalty"],
        purpose="p",
        legal_basis="b",
        valid_from=today() + timedelta(days=1),
        at=now(),
    )
    record = live_record(make_entity(), make_authority())
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    assert not with_record(read_all(subscriber), record)
    page = queries.feed(subscriber=subscriber, after=0, limit=1000, on=today() + timedelta(days=1))
    sent = json.dumps(feed_document(page, subscriber=subscriber, origin=settings.LOG_ORIGIN))
    assert str(record.public_id) not in sent, later.reference


def test_a_removal_reaches_who_got_the_record_before_the_suspension() -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber()
    agreements.suspend(reference=subscriber.agreements.get().reference, reason="for the test", at=now())
    registry.mark_disputed(record_id=record.pk, disputed=True, at=now())
    seal_all()
    assert not with_record(read_all(subscriber), record), "a dispute is news, and news are not sent"
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    (removal,) = with_record(read_all(subscriber), record)
    assert removal["removal"] is True
