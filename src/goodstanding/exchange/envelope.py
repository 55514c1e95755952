"""The feed as JSON: entries with their events as CloudEvents 1.0."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from goodstanding import proof
from goodstanding.proof.keys import to_base64
from goodstanding.registry.actor import actor_of

from .content import agreed_document
from .feed import Entry, Feed
from .happened import Happened
from .models import Subscriber


def feed_document(page: Feed, *, subscriber: Subscriber, origin: str) -> dict[str, Any]:
    """A page of the feed as it is sent.

    Args:
        page: what was read.
        subscriber: who reads, with its account.
        origin: the log's name, the ``source`` of its events.

    Returns:
        JSON: ``after``, ``position``, ``size`` of the log, its ``checkpoint`` note, ``extends`` (proof that the
        tree at ``after`` is the beginning of the checkpoint's), ``consistency`` (the same for ``position``)
        and the ``entries``: one for each position, or one for a run of positions that hold nothing for the subscriber.
    """
    actor = actor_of(subscriber.account)
    return {
        "subscriber": str(subscriber.public_id),
        "origin": origin,
        "after": page.after,
        "position": page.position,
        "size": page.checkpoint.size if page.checkpoint else 0,
        "checkpoint": page.checkpoint.note if page.checkpoint else None,
        "extends": [to_base64(item) for item in page.extends],
        "consistency": [to_base64(item) for item in page.consistency],
        "entries": list(_entries(page, origin=origin, actor=actor)),
    }


def _entries(page: Feed, *, origin: str, actor: Any) -> Iterator[dict[str, Any]]:
    for outside, entries in groupby(page.entries, lambda entry: entry.reach == "outside"):
        if outside:
            yield _run([entry.happened for entry in entries])
        else:
            for entry in entries:
                yield entry_document(entry, origin=origin, actor=actor)


def _run(events: list[Happened]) -> dict[str, Any]:
    """Positions that hold nothing for a subscriber, with the hashes by which it passes over them."""
    first, last = events[0].position, events[-1].position
    hashes = proof.hashes_of_run(first - 1, [proof.leaf_hash(event.commitment) for event in events])
    return {"position": first, "until": last, "hashes": [to_base64(item) for item in hashes]}


def entry_document(entry: Entry, *, origin: str, actor: Any) -> dict[str, Any]:
    """One position of the feed as JSON, with what its reach lets through."""
    happened = entry.happened
    document: dict[str, Any] = {
        "position": happened.position,
        "leaf_hash": to_base64(proof.leaf_hash(happened.commitment)),
    }
    if entry.reach == "gone":
        document["note"] = "gone"
    if entry.reach in ("content", "removal"):
        assert happened.salt is not None
        document["salt"] = to_base64(happened.salt)
        document["event"] = cloud_event(entry, origin=origin)
    if entry.reach == "removal":
        document["removal"] = True
    if entry.record is not None and entry.view is not None:
        document["record"] = agreed_document(entry.record, actor, view=entry.view)
    return document


def cloud_event(entry: Entry, *, origin: str) -> dict[str, Any]:
    """The event of an entry as CloudEvents 1.0 JSON; ``data`` is what the commitment commits to."""
    happened = entry.happened
    return {
        "specversion": "1.0",
        "id": str(happened.position),
        "source": origin,
        "type": f"goodstanding.{happened.kind}",
        "time": happened.content["at"],
        "subject": happened.content["record"],
        # The extension `sequence`: the position again, so written that texts order as numbers do.
        "sequence": f"{happened.position:019d}",
        "datacontenttype": "application/json",
        "data": happened.content,
    }


def feed_batch(page: Feed, *, subscriber: Subscriber, origin: str) -> list[dict[str, Any]]:
    """The entries of a page that carry something, as a CloudEvents batch, for programs that take nothing else.

    The events are of another source than those of a page: of this subscriber's feed, since their ``data`` holds besides
    the event (``event``) the record as this subscriber may read it (``record``). ``salt`` and ``leafhash`` prove each;
    that none was left out only a page proves.
    """
    actor = actor_of(subscriber.account)
    return [
        _batched(
            entry_document(entry, origin=origin, actor=actor), source=f"{origin}/feed/{subscriber.public_id}"
        )
        for entry in page.entries
        if entry.reach in ("content", "removal")
    ]


def _batched(entry: dict[str, Any], *, source: str) -> dict[str, Any]:
    event = entry["event"]
    data = {"event": event["data"]} | {name: entry[name] for name in ("record",) if name in entry}
    proof_ = {"leafhash": entry["leaf_hash"], "salt": entry["salt"]}
    return event | proof_ | {"source": source, "removal": "removal" in entry, "data": data}
