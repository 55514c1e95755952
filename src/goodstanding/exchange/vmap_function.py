"""The published function that makes the verifiable map from the journal: docs/reference/map.md.

`made_of_records` is what a portion of the journal changes, `rebuild` the function read off that page, over the whole
journal. Both hold a portion in memory, whatever the journal's length.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
from django.db import connection, transaction

from goodstanding import proof
from goodstanding.proof.map_document import ADVERSE, ADVERSE_KINDS, CLASSES, state_key

#: How many entries are handed to the database at once to be sorted.
_PORTION = 10_000

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
    SELECT last.content->>'entity' AS entity, last.position, last.content::text, s.salt, last.commitment
    FROM (
        SELECT DISTINCT ON (e.record_id) e.position, e.content, e.commitment FROM registry_event e
        WHERE e.kind LIKE 'record.%%' AND e.record_id IS NOT NULL AND e.position <= %s
        ORDER BY e.record_id, e.position DESC
    ) last
    LEFT JOIN registry_salt s ON s.event_id = last.position
    WHERE last.content->>'state' = 'published'
    ORDER BY entity
"""


@dataclass(frozen=True, slots=True)
class _Word:
    """What the journal said last of a record."""

    position: int
    content: dict[str, Any]
    salt: bytes


@dataclass(frozen=True, slots=True)
class Made:
    """An entry as the journal makes it: the state, and the salt of its commitment."""

    state: dict[str, Any]
    salt: bytes

    @property
    def commitment(self) -> bytes:
        """What the map holds of it."""
        return proof.commitment(salt=self.salt, content=self.state)


def made_of_records(records: list[int], *, until: int) -> tuple[dict[bytes, Made], list[bytes]]:
    """The entries of all entities that some records ever were of, and every key that those may have."""
    with connection.cursor() as cursor:
        cursor.execute(_ENTITIES, [records, until])
        entities = {entity for (entity,) in cursor.fetchall()}
        cursor.execute(_LAST_WORDS, [sorted(entities), records, until])
        made = _fold(_words(cursor.fetchall()), only=entities)
    keys = [state_key(entity=entity, class_=class_) for entity in sorted(entities) for class_ in CLASSES]
    return made, keys


@transaction.atomic
def rebuild(*, until: int) -> bytes:
    """The root of the map of all events up to a position, from the journal alone. The database sorts."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE map_made (key bytea, commitment bytea) ON COMMIT DROP")
        pending: list[tuple[bytes, bytes]] = []
        for entry in _all_made(until):
            pending.append(entry)
            if len(pending) == _PORTION:
                _put(pending)
                pending = []
        _put(pending)
        with connection.chunked_cursor() as ordered:
            ordered.execute("SELECT key, commitment FROM map_made ORDER BY key")
            root = proof.map_root_in_order((bytes(key), bytes(commitment)) for key, commitment in ordered)
        cursor.execute("DROP TABLE map_made")
    return root


def _all_made(until: int) -> Iterator[tuple[bytes, bytes]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(_ALL_LAST_WORDS, [until])
        for _, rows in groupby(cursor, key=itemgetter(0)):
            for key, made in _fold(_words(row[1:] for row in rows)).items():
                yield key, made.commitment


def _put(entries: list[tuple[bytes, bytes]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO map_made SELECT * FROM unnest(%s::bytea[], %s::bytea[])",
            [[key for key, _ in entries], [commitment for _, commitment in entries]],
        )


def _words(rows: Iterable[tuple[Any, ...]]) -> Iterator[_Word]:
    for position, content, salt, commitment in rows:
        yield _Word(position, orjson.loads(content), bytes(commitment if salt is None else salt))


def _fold(words: Iterable[_Word], *, only: set[str] | None = None) -> dict[bytes, Made]:
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
        made[key] = Made(state, hashlib.sha256(b"goodstanding map salt\0" + key + newest.salt).digest())
    return made
