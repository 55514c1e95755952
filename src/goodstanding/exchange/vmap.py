"""The verifiable map of publishable records, made from the journal and from nothing else.

Entry: an entity (its public id) in a class (a kind of record, or `adverse` for all negative kinds together) that has
published records there. Who has none has no entry, so that "has none" is a proof of absence, and a removal leaves
nothing behind. The function, its name and its versions are in docs/reference/map.md; `rebuild` is the function read
off that page, `advance` the same a batch at a time.

`advance` appends the event `map.sealed` with the root and the position up to which the map was made. Proofs are given
against the newest seal that lies under the published checkpoint; rows that no later proof needs are deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from goodstanding import proof
from goodstanding.proof.keys import to_base64
from goodstanding.proof.map_document import CLASSES, MAP_NAME, state_key
from goodstanding.proof.vmap_tree import prove
from goodstanding.registry import journal, locks, seal
from goodstanding.registry.journal import NewEvent
from goodstanding.registry.models import Entity

from . import proofs
from .errors import ExchangeError
from .happened import events_between
from .models import MapEntry, MapSeal
from .vmap_function import made_of_records, rebuild
from .vmap_rows import DatabaseMap, forget, held_at, stored_root, write_entries, write_tiles

_NEWS = """
    SELECT position, record_id FROM registry_event
    WHERE position > %s AND position <= %s AND kind LIKE 'record.%%' AND record_id IS NOT NULL
    ORDER BY position LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What `advance` did: the position of its event, up to where, the root, and the entries that changed."""

    position: int
    until: int
    root: bytes
    changed: int


@transaction.atomic
def advance(*, at: datetime, limit: int = 20_000) -> Sealed | None:
    """Bring the map up to the journal's head, or by `limit` events of records, and append its root to the journal.

    Args:
        at: the instant of the event.
        limit: the most events of records to follow in this transaction.

    Returns:
        What was sealed; None where no event of a record has happened since the last seal.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.MAP])
        last = MapSeal.objects.order_by("-until").first()
        head = journal.head()
        cursor.execute(_NEWS, [last.until if last else 0, head, limit])
        news = cursor.fetchall()
    if not news:
        return None
    until = head if len(news) < limit else int(news[-1][0])
    wanted, keys = made_of_records(sorted({record for _, record in news}), until=until)
    changed = write_entries(wanted, keys, until=until)
    root = write_tiles(changed, until=until)
    checkpoint = proofs.checkpoint()
    provable = published(checkpoint.size) if checkpoint else None
    if provable is not None:
        forget(provable.until)
    told = {"map": MAP_NAME, "until": until, "root": root.hex()}
    (position,) = journal.append([NewEvent("map.sealed", told)], at=at)
    MapSeal.objects.create(position=position, until=until, root=root)
    return Sealed(position, until, root, len(changed))


def audit() -> tuple[MapSeal, bytes, bytes] | None:
    """The newest seal, the root that its tables have, and the root that the journal makes; None before the first."""
    found = MapSeal.objects.order_by("-until").first()
    if found is None:
        return None
    return found, stored_root(found.until), rebuild(until=found.until)


def state_proof(entity: Entity, *, class_: str, checkpoint: proofs.Published | None = None) -> dict[str, Any]:
    """The proof document of whether an entity has a publishable record of a class (`proof.verify_map_proof`).

    Args:
        entity: whose state. class_: of which class.
        checkpoint: the published checkpoint where it is at hand already.

    Raises:
        ExchangeError: map.class, map.empty (no seal lies under the published checkpoint yet).
    """
    if class_ not in CLASSES:
        raise ExchangeError("map.class", place=class_)
    checkpoint = checkpoint or proofs.checkpoint()
    found = published(checkpoint.size) if checkpoint else None
    if checkpoint is None or found is None:
        raise ExchangeError("map.empty")
    (event,) = events_between(found.position - 1, found.position)
    if event.salt is None:
        raise ExchangeError("log.unproved", place=f"position {found.position}")
    named = str(entity.public_id)
    key = state_key(entity=named, class_=class_)
    way = prove(DatabaseMap(found.until), key)
    held = MapEntry.objects.filter(held_at(found.until), key=key).first()
    fetch = proof.tile_fetch(size=checkpoint.size, store=seal.DatabaseTiles())
    hashes = proof.inclusion_proof(index=event.position - 1, size=checkpoint.size, fetch=fetch)
    return {
        "map": MAP_NAME,
        "entity": named,
        "class": class_,
        "position": found.until,
        "has": held is not None,
        "state": held.state if held else None,
        "salt": to_base64(bytes(held.salt)) if held else None,
        "proof": to_base64(way.encode()),
        "origin": proofs.origin(),
        "size": checkpoint.size,
        "checkpoint": checkpoint.note,
        "key": proofs.log_key(),
        "witnesses": [key.encode() for key in checkpoint.witnesses],
        "event": {
            "position": event.position,
            "kind": event.kind,
            "content": event.content,
            "salt": to_base64(event.salt),
            "leaf_hash": to_base64(proof.leaf_hash(event.commitment)),
            "index": event.position - 1,
            "hashes": [to_base64(item) for item in hashes],
        },
    }


def published(size: int) -> MapSeal | None:
    """The newest seal under a checkpoint of a size: what proofs are given against; None where there is none yet."""
    return MapSeal.objects.filter(position__lte=size).order_by("-until").first()
