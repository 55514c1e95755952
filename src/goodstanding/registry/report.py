"""The entity report: the registry's most frequent read, in two statements written out.

It gives what ``queries.entity_for`` and ``queries.records_visible_to`` give, several times cheaper, because the
server prepares the statements once and nothing is composed at each request. A property test compares the two.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
import psycopg
from django.db import connection

from .actor import Actor
from .models import Authority, Entity, Identifier, Record

_ENTITY_COLUMNS = [field.attname for field in Entity._meta.concrete_fields]
_RECORD_COLUMNS = [field.attname for field in Record._meta.concrete_fields]
_AUTHORITY_COLUMNS = [field.attname for field in Authority._meta.concrete_fields]

_ENTITY = f"""
    SELECT {", ".join(f"e.{name}" for name in _ENTITY_COLUMNS)}, i.id, i.scheme, i.value
    FROM registry_entity e LEFT JOIN registry_identifier i ON i.entity_id = e.id
    WHERE e.public_id = %(public_id)s
      AND (e.kind <> 'natural_person' OR %(all)s OR e.id = %(own)s OR EXISTS (
          SELECT FROM registry_record r WHERE r.entity_id = e.id AND r.authority_id = %(authority)s))
    ORDER BY i.id
"""

_RECORDS = f"""
    SELECT {", ".join(f"r.{name}" for name in _RECORD_COLUMNS)},
           {", ".join(f"a.{name}" for name in _AUTHORITY_COLUMNS)},
           {", ".join(f"s.{name}" for name in _AUTHORITY_COLUMNS)}
    FROM registry_entity e
    CROSS JOIN LATERAL (
        SELECT coalesce(e.head_id, e.id) AS id
        UNION ALL SELECT same.id FROM registry_entity same WHERE same.head_id = coalesce(e.head_id, e.id)
    ) AS members
    JOIN registry_record r ON r.entity_id = members.id
    JOIN registry_authority a ON a.id = r.authority_id
    JOIN registry_authority s ON s.id = r.source_id
    WHERE e.public_id = %(public_id)s
      AND ((e.kind <> 'natural_person' AND r.state = 'published' AND r.publish_from <= %(on)s
            AND (r.publish_until IS NULL OR r.publish_until > %(on)s))
           OR %(all)s OR r.entity_id = %(own)s OR r.authority_id = %(authority)s)
    ORDER BY r.found_on DESC, r.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""


@dataclass(frozen=True, slots=True)
class Report:
    """An entity and a page of the records that the reader may see, newest finding first.

    The records are those of all entities that are one with it (``merges``); ``record.entity`` says whose each is.
    """

    entity: Entity
    identifiers: list[Identifier]
    records: list[Record]


def report_for(actor: Actor, public_id: uuid.UUID, *, on: date, limit: int = 500, offset: int = 0) -> Report:
    """The report of an entity as an actor may read it on a day.

    Raises:
        Entity.DoesNotExist: there is none, or the actor may not know of it.
    """
    asked = {
        "public_id": public_id,
        "on": on,
        "all": actor.is_operator,
        "own": actor.entity_id or 0,
        "authority": (actor.authority_id or 0) if actor.role == "authority" else 0,
        "limit": limit,
        "offset": offset,
    }
    connection.ensure_connection()
    server = connection.connection
    # Django's own cursors bind parameters on the client, so nothing would be prepared; and in a pipeline the two
    # statements cost one journey to the server.
    with (
        connection.wrap_database_errors,
        psycopg.Cursor(server) as subject,
        psycopg.Cursor(server) as findings,
    ):
        with server.pipeline():
            subject.execute(_ENTITY, asked, prepare=True)
            findings.execute(_RECORDS, asked, prepare=True)
        rows = subject.fetchall()
        if not rows:
            raise Entity.DoesNotExist
        width = len(_ENTITY_COLUMNS)
        entity = Entity.from_db(connection.alias, _ENTITY_COLUMNS, list(rows[0][:width]))
        identifiers = [
            Identifier(id=row[width], entity=entity, scheme=row[width + 1], value=row[width + 2])
            for row in rows
            if row[width] is not None
        ]
        known: dict[int, Authority] = {}
        records = [_record(entity, row, known) for row in findings.fetchall()]
    _name_the_others(records, entity)
    return Report(entity, identifiers, records)


def _name_the_others(records: list[Record], entity: Entity) -> None:
    """Give records that were reported to another entity, one with the asked one, their own entity."""
    elsewhere = [record for record in records if record.entity_id != entity.pk]
    others = Entity.objects.in_bulk({record.entity_id for record in elsewhere}) if elsewhere else {}
    for record in elsewhere:
        record.entity = others[record.entity_id]


def _record(entity: Entity, row: tuple[Any, ...], known: dict[int, Authority]) -> Record:
    end, middle = len(_RECORD_COLUMNS), len(_RECORD_COLUMNS) + len(_AUTHORITY_COLUMNS)
    record = Record.from_db(connection.alias, _RECORD_COLUMNS, list(row[:end]))
    record.content = orjson.loads(record.content)  # a cursor on Django's connection gives jsonb as text
    record.statement = orjson.loads(record.statement) if record.statement else None
    if record.entity_id == entity.pk:
        record.entity = entity
    record.authority = _authority(row[end:middle], known)
    record.source = _authority(row[middle:], known)
    return record


def _authority(row: tuple[Any, ...], known: dict[int, Authority]) -> Authority:
    found = known.get(row[0])
    if found is None:
        found = known[row[0]] = Authority.from_db(connection.alias, _AUTHORITY_COLUMNS, list(row))
    return found
