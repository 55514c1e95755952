"""The verifiable map of publishable records, made from the journal and from nothing else.

Entry: an entity (its public id) in a class (a kind of record, or `adverse` for all negative kinds together) that has
published records there. Who has none has no entry, so that "has none" is a proof of absence, and a removal leaves
nothing behind. The function, its name and its versions are in docs/reference/map.md; `rebuild` is the function read
off that page, `advance` the same a batch at a time.

`advance` appends the event `map.sealed` with the root and the position up to which the map was made. Proofs are given
against the newest seal that lies under the published checkpoint; rows that no later proof needs are deleted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from goodstanding import proof
from goodstanding.proof.keys import to_base64
from goodstanding.proof.map_document import ADVERSE, ADVERSE_KINDS, CLASSES, MAP_NAME, state_key
from goodstanding.proof.vmap_tree import Entry, map_root, new_entry, prove, root_of, update_tiles
from goodstanding.registry import journal, locks, seal
from goodstanding.registry.journal import NewEvent
from goodstanding.registry.models import Entity

from . import proofs
from .errors import ExchangeError
from .feed import events_between
from .models import MapEntry, MapSeal, MapTile

#: Bytes of a key above which hashes lie in tiles. Two serve some ten million entries; the roots do not depend on it.
LEVELS = 2

_NEWS = """
    SELECT position, record_id FROM registry_event
    WHERE position > %s AND position <= %s AND kind LIKE 'record.%%' AND record_id IS NOT NULL
    ORDER BY position LIMIT %s
"""
#: The entities that some records ever were of.
_ENTITIES = """
    SELECT DISTINCT content->>'entity' FROM registry_event
    WHERE record_id = ANY(%s) AND kind LIKE 'record.%%' AND position <= %s AND content->>'entity' IS NOT NULL
"""
#: The last word of the journal up to a position on each of some records, and on each record of some entities.
_LAST_WORDS = """
    WITH theirs AS (
        SELECT r.id FROM registry_record r JOIN registry_entity n ON n.id = r.entity_id
        WHERE n.public_id = ANY(%s::uuid[])
        UNION SELECT unnest(%s::bigint[])
    )
    SELECT last.position, last.content::text, s.salt, last.commitment
    FROM theirs CROSS JOIN LATERAL (
        SELECT e.position, e.content, e.commitment FROM registry_event e
        WHERE e.record_id = theirs.id AND e.kind LIKE 'record.%%' AND e.position <= %s
        ORDER BY e.position DESC LIMIT 1
    ) last
    LEFT JOIN registry_salt s ON s.event_id = last.position
"""
_ALL_LAST_WORDS = """
    SELECT DISTINCT ON (e.record_id) e.position, e.content::text, s.salt, e.commitment
    FROM registry_event e LEFT JOIN registry_salt s ON s.event_id = e.position
    WHERE e.kind LIKE 'record.%%' AND e.record_id IS NOT NULL AND e.position <= %s
    ORDER BY e.record_id, e.position DESC
"""
_HELD = """
    SELECT held.key, held.commitment FROM unnest(%s::integer[], %s::bytea[]) AS asked (bucket, key)
    JOIN exchange_mapentry held ON held.bucket = asked.bucket AND held.key = asked.key AND held.gone IS NULL
"""
_END = """
    UPDATE exchange_mapentry held SET gone = %s FROM unnest(%s::integer[], %s::bytea[]) AS asked (bucket, key)
    WHERE held.bucket = asked.bucket AND held.key = asked.key AND held.gone IS NULL
"""


@dataclass(frozen=True, slots=True)
class _Word:
    """What the journal said last of a record."""

    position: int
    content: dict[str, Any]
    salt: bytes


@dataclass(frozen=True, slots=True)
class _Made:
    """An entry as the journal makes it."""

    state: dict[str, Any]
    salt: bytes

    @property
    def commitment(self) -> bytes:
        return proof.commitment(salt=self.salt, content=self.state)


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
    wanted, keys = _of_records(sorted({record for _, record in news}), until)
    changed = _write_entries(wanted, keys, until=until)
    root = _write_tiles({key[:LEVELS] for key in changed}, until=until)
    _forget()
    told = {"map": MAP_NAME, "until": until, "root": root.hex()}
    (position,) = journal.append([NewEvent("map.sealed", told)], at=at)
    MapSeal.objects.create(position=position, until=until, root=root)
    return Sealed(position, until, root, len(changed))


def rebuild(*, until: int) -> bytes:
    """The root of the map of all events up to a position, from the journal alone."""
    with connection.cursor() as cursor:
        cursor.execute(_ALL_LAST_WORDS, [until])
        made = _fold(_words(cursor.fetchall()))
    return map_root((key, item.commitment) for key, item in made.items())


def audit() -> tuple[MapSeal, bytes, bytes] | None:
    """The newest seal, the root that its tables have, and the root that the journal makes; None before the first."""
    found = MapSeal.objects.order_by("-until").first()
    if found is None:
        return None
    entries = MapEntry.objects.filter(gone__isnull=True)
    stored = map_root((bytes(entry.key), bytes(entry.commitment)) for entry in entries.iterator())
    tiles = root_of(_DatabaseMap(found.until))
    return found, stored if stored == tiles else b"", rebuild(until=found.until)


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
    found = _published(checkpoint.size) if checkpoint else None
    if checkpoint is None or found is None:
        raise ExchangeError("map.empty")
    (event,) = events_between(found.position - 1, found.position)
    if event.salt is None:
        raise ExchangeError("log.unproved", place=f"position {found.position}")
    named = str(entity.public_id)
    key = state_key(entity=named, class_=class_)
    way = prove(_DatabaseMap(found.until), key, levels=LEVELS)
    held = MapEntry.objects.filter(_held_at(found.until), bucket=_bucket(key), key=key).first()
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


class _DatabaseMap:
    """The map in the tables, as it was at a seal."""

    def __init__(self, until: int) -> None:
        self._until = until

    def tile(self, prefix: bytes) -> bytes:
        """The tile at a prefix; empty bytes where there is none."""
        found = MapTile.objects.filter(_held_at(self._until), prefix=prefix).values_list("data", flat=True)
        return bytes(found[0]) if found else b""

    def entries(self, prefix: bytes) -> Sequence[Entry]:
        """All entries under a prefix, in the order of their keys."""
        low = _bucket(prefix.ljust(LEVELS, b"\x00"))
        high = _bucket(prefix.ljust(LEVELS, b"\xff"))
        rows = MapEntry.objects.filter(_held_at(self._until), bucket__gte=low, bucket__lte=high)
        return _entries(rows, prefix)


class _Loaded:
    """The buckets that an update touches, read at once, above the tiles as they are."""

    def __init__(self, prefixes: Iterable[bytes], tiles: _DatabaseMap) -> None:
        self._buckets: dict[bytes, list[Entry]] = {prefix: [] for prefix in prefixes}
        self.tile = tiles.tile
        touched = [_bucket(prefix) for prefix in self._buckets]
        rows = MapEntry.objects.filter(gone__isnull=True, bucket__in=touched)
        for entry in _entries(rows, b""):
            self._buckets[entry.key[:LEVELS]].append(entry)

    def entries(self, prefix: bytes) -> Sequence[Entry]:
        """All entries of a touched bucket, in the order of their keys."""
        return self._buckets[prefix]


def _of_records(records: list[int], until: int) -> tuple[dict[bytes, _Made], list[bytes]]:
    """The entries of all entities that these records ever were of, and every key that those entities may have."""
    with connection.cursor() as cursor:
        cursor.execute(_ENTITIES, [records, until])
        entities = {entity for (entity,) in cursor.fetchall()}
        cursor.execute(_LAST_WORDS, [sorted(entities), records, until])
        made = _fold(_words(cursor.fetchall()), only=entities)
    keys = [state_key(entity=entity, class_=class_) for entity in sorted(entities) for class_ in CLASSES]
    return made, keys


def _words(rows: Iterable[tuple[Any, ...]]) -> Iterable[_Word]:
    for position, content, salt, commitment in rows:
        yield _Word(position, orjson.loads(content), bytes(commitment if salt is None else salt))


def _fold(words: Iterable[_Word], *, only: set[str] | None = None) -> dict[bytes, _Made]:
    """The map's function: the last word on each record, whatever its order, to the entries by their keys."""
    grouped: dict[tuple[str, str], list[_Word]] = {}
    for word in words:
        entity, kind = word.content.get("entity"), word.content.get("record_kind")
        if word.content.get("state") != "published" or (only is not None and entity not in only):
            continue
        for class_ in (kind, ADVERSE) if kind in ADVERSE_KINDS else (kind,):
            grouped.setdefault((str(entity), str(class_)), []).append(word)
    made = {}
    for (entity, class_), found in grouped.items():
        key = state_key(entity=entity, class_=class_)
        ends = [word.content["publish_until"] for word in found]
        state = {
            "records": len(found),
            "from": min(word.content["publish_from"] for word in found),
            "until": None if None in ends else max(ends),
        }
        newest = max(found, key=lambda word: word.position)
        made[key] = _Made(state, hashlib.sha256(b"goodstanding map salt\0" + key + newest.salt).digest())
    return made


def _write_entries(wanted: dict[bytes, _Made], keys: list[bytes], *, until: int) -> set[bytes]:
    """Make the entries under `keys` those that are wanted. Returns the keys whose commitment changed."""
    made = {key: item.commitment for key, item in wanted.items()}
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [[_bucket(key) for key in keys], keys])
        held = {bytes(key): bytes(value) for key, value in cursor.fetchall()}
        changed = {key for key in held.keys() | made.keys() if held.get(key) != made.get(key)}
        ended = [key for key in changed if key in held]
        cursor.execute(_END, [until, [_bucket(key) for key in ended], ended])
    MapEntry.objects.bulk_create(
        [
            MapEntry(
                bucket=_bucket(key),
                key=key,
                commitment=made[key],
                linked=new_entry(key, made[key], levels=LEVELS).linked,
                salt=wanted[key].salt,
                state=wanted[key].state,
                since=until,
            )
            for key in changed
            if key in made
        ],
        batch_size=5_000,
    )
    return changed


def _write_tiles(prefixes: set[bytes], *, until: int) -> bytes:
    """Bring the tiles above changed buckets up to date. Returns the root."""
    present = _DatabaseMap(until)
    if not prefixes:
        return root_of(present)
    made = update_tiles(_Loaded(prefixes, present), prefixes, levels=LEVELS)
    MapTile.objects.filter(gone__isnull=True, prefix__in=list(made.tiles)).update(gone=until)
    MapTile.objects.bulk_create(
        [MapTile(prefix=prefix, data=data, since=until) for prefix, data in made.tiles.items() if data]
    )
    return made.root


def _forget() -> None:
    """Delete what only proofs against earlier seals than the published one would need."""
    checkpoint = proofs.checkpoint()
    found = _published(checkpoint.size) if checkpoint else None
    if found is not None:
        MapEntry.objects.filter(gone__lte=found.until).delete()
        MapTile.objects.filter(gone__lte=found.until).delete()


def _published(size: int) -> MapSeal | None:
    return MapSeal.objects.filter(position__lte=size).order_by("-until").first()


def _held_at(until: int) -> Q:
    return Q(since__lte=until) & (Q(gone__isnull=True) | Q(gone__gt=until))


def _entries(rows: QuerySet[MapEntry], prefix: bytes) -> list[Entry]:
    found = rows.order_by("bucket", "key").values_list("key", "commitment", "linked")
    entries = (Entry(*map(bytes, row)) for row in found.iterator())
    return [entry for entry in entries if entry.key.startswith(prefix)]


def _bucket(key: bytes) -> int:
    return int.from_bytes(key[:LEVELS], "big")
