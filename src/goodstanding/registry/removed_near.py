"""What of a whole batch the firewall must look at: entities and natural keys near what was removed or corrected.

A batch of millions is joined with these few; every other row of it cannot be a removed record. What is found goes on
to ``tombstones.check``.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

#: Entities with a tombstone, and those of the same name where either of the two is known by its name only.
_ENTITIES = """
    SELECT e.public_id::text FROM registry_tombstone t JOIN registry_entity e ON e.id = t.entity_id
    WHERE t.position > %(since)s
    UNION
    SELECT o.public_id::text FROM registry_tombstone t JOIN registry_entity e ON e.id = t.entity_id
    JOIN registry_entity o ON o.name_key = e.name_key AND o.id <> e.id AND o.kind <> 'natural_person'
    WHERE t.position > %(since)s AND (e.known_by_name_only OR o.known_by_name_only)
"""
_KEYS = """
    SELECT r.natural_key FROM registry_tombstone t JOIN registry_record r ON r.id = t.record_id
    WHERE t.position > %(since)s
    UNION SELECT natural_key FROM registry_correction WHERE position > %(since)s
    UNION SELECT natural_key FROM registry_earlyremoval
"""


@dataclass(frozen=True, slots=True)
class Near:
    """Public ids of entities and natural keys, each once."""

    entities: tuple[str, ...]
    natural_keys: tuple[bytes, ...]

    def __bool__(self) -> bool:
        return bool(self.entities or self.natural_keys)


def near_removed(*, since: int = 0) -> Near:
    """The entities and natural keys whose rows the firewall must look at.

    Args:
        since: only what was removed after this journal position; removals that came before their report (few, and
            without a position) are always among them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ENTITIES, {"since": since})
        entities = tuple(row[0] for row in cursor.fetchall())
        cursor.execute(_KEYS, {"since": since})
        return Near(entities, tuple(bytes(row[0]) for row in cursor.fetchall()))
