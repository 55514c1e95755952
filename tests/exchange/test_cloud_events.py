"""Events as CloudEvents 1.0 says (spec.md, formats/json-format.md, extensions/sequence.md), in pages and in batches."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from goodstanding import proof
from goodstanding.registry import commands as registry

from ..registry.factories import make_authority, make_entity
from .stage import live_record, make_subscriber, now, seal_all, serving, token_of

pytestmark = pytest.mark.usefixtures("database")

BATCH = "application/cloudevents-batch+json"
#: Attributes that the specification defines; all others are extensions and hold simple values only.
DEFINED = {"specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema", "data"}


@pytest.fixture
def answers(database: str) -> Iterator[tuple[dict[str, Any], httpx.Response]]:
    """The page and the batch of a feed with two records, one of them restored, and what is not the subscriber's."""
    entity, authority = make_entity(), make_authority()
    records = [live_record(entity, authority, public={"word": f"{n}"}) for n in range(2)]
    live_record(entity, authority, kind="permit")
    subscriber, _ = make_subscriber()
    registry.restore(record_id=records[0].pk, at=now())
    seal_all()
    with serving() as url:
        headers = {"Authorization": f"Bearer {token_of(subscriber)}"}
        page = httpx.get(f"{url}/api/v1/feed", headers=headers, timeout=60).json()
        yield (
            page,
            httpx.get(f"{url}/api/v1/feed", headers=headers | {"Accept": f"{BATCH}, */*;q=0.1"}, timeout=60),
        )


def check(event: dict[str, Any]) -> None:
    """What the specification asks of every event."""
    assert event["specversion"] == "1.0"
    for name in ("id", "source", "type"):
        assert isinstance(event[name], str) and event[name], name
    urlsplit(event["source"])
    assert re.fullmatch(r"[\w.:~/#?%@!$&'()*+,;=-]+", event["source"]), "a URI reference"
    assert re.fullmatch(r"goodstanding(\.[a-z_]+)+", event["type"])
    at = datetime.fromisoformat(event["time"])
    assert at.tzinfo is not None and "T" in event["time"]
    assert event["subject"] and event["datacontenttype"] == "application/json"
    for name, value in event.items():
        assert re.fullmatch(r"[a-z0-9]{1,20}", name), name
        assert name in DEFINED or isinstance(value, str | bool | int), name
    assert event["sequence"] == event["id"].rjust(19, "0")


def test_the_events_of_a_page_are_cloud_events(answers: tuple[dict[str, Any], httpx.Response]) -> None:
    page, _ = answers
    events = [entry["event"] for entry in page["entries"] if "event" in entry]
    assert len(events) == 2, "of the restored record only its removal"
    for event in events:
        check(event)
    sequences = [event["sequence"] for event in events]
    assert sequences == sorted(sequences) and len({(e["source"], e["id"]) for e in events}) == len(events)


def test_a_batch_has_the_same_events_each_with_its_proof(
    answers: tuple[dict[str, Any], httpx.Response],
) -> None:
    page, answer = answers
    assert answer.headers["content-type"] == BATCH
    assert answer.headers["goodstanding-position"] == str(page["position"])
    assert answer.headers["cache-control"] == "no-store"
    batch = answer.json()
    entries = [entry for entry in page["entries"] if "event" in entry]
    assert len(batch) == len(entries)
    for event, entry in zip(batch, entries, strict=True):
        check(event)
        assert (event["id"], event["type"]) == (entry["event"]["id"], entry["event"]["type"])
        assert event["source"] != entry["event"]["source"], "what it holds differs, so it is another event"
        assert event["data"].get("record") == entry.get("record")
        assert event["removal"] is ("removal" in entry)
        salt = base64.b64decode(event["salt"])
        leaf = proof.leaf_hash(proof.commitment(salt=salt, content=event["data"]["event"]))
        assert base64.b64encode(leaf).decode() == event["leafhash"] == entry["leaf_hash"]
