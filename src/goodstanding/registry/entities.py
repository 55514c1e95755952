"""Writing entities: registering them in bulk and bringing known ones up to date.

An entity is found again by its primary identifier. Where the name reported under a known identifier disagrees
with the name held, nothing is merged: the row is refused unless it names the old name as a former one.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from goodstanding.identity import disagree

from .bulk import array_text, copy_rows, next_ids
from .journal import NewEvent, append
from .models import Entity
from .reported import Outcome
from .reserved_codes import reserved


@dataclass(frozen=True, slots=True)
class ReportedEntity:
    """A checked row of registration data.

    ``identifiers`` are (scheme, value) pairs, the primary one first; it must be of a scheme that is unique.
    """

    row: int
    identifiers: tuple[tuple[str, str], ...]
    kind: str
    name: str
    name_key: str
    name_latin: str = ""
    entity_type: str = ""
    division: str = ""
    address: str = ""
    registered_on: date | None = None
    status: str = ""
    capital: str = ""
    former_names: tuple[str, ...] = ()
    registered_by_id: int | None = None
    known_by_name_only: bool = False


@dataclass(slots=True)
class _Known:
    id: int
    public_id: uuid.UUID
    values: tuple[Any, ...]
    name: str
    is_new: bool = False
    changed: bool = False
    identifiers: list[tuple[str, str]] = field(default_factory=list)


_FIELDS = (
    "kind",
    "name",
    "name_key",
    "name_latin",
    "entity_type",
    "division",
    "address",
    "registered_on",
    "status",
    "capital",
    "former_names",
    "registered_by_id",
    "known_by_name_only",
)


def _values(row: ReportedEntity) -> tuple[Any, ...]:
    return tuple(
        list(value) if isinstance(value, tuple) else value
        for value in (getattr(row, name) for name in _FIELDS)
    )


def register(
    reported: Sequence[ReportedEntity],
    *,
    at: datetime,
    later: list[NewEvent] | None = None,
    repeated: bool = False,
) -> list[Outcome]:
    """Register entities with their events, inside the caller's transaction.

    Args:
        reported: rows of one chunk, in file order.
        at: the instant for their events.
        later: takes the events instead of the journal; the caller appends them last, before its own.
        repeated: the same file was taken in before; it may add entities, and changes none that is known.

    Returns:
        One outcome for each row; ``record_id`` holds the entity's id. Refused rows carry
        ``link.code_and_name_disagree`` or ``link.code_reserved``.

    Raises:
        django.db.IntegrityError: another transaction registered one of the codes meanwhile; run the chunk again.
    """
    given_to_nobody = reserved({pair for row in reported for pair in row.identifiers})
    known = _lock_known(sorted({row.identifiers[0] for row in reported}))
    ids = iter(next_ids("registry_entity", sum(row.identifiers[0] not in known for row in reported)))
    outcomes: list[Outcome] = []
    events: list[NewEvent] = []
    for row in reported:
        values = _values(row)
        held = known.get(row.identifiers[0])
        if not given_to_nobody.isdisjoint(row.identifiers):
            outcomes.append(Outcome("refused", None, "link.code_reserved"))
        elif held is None:
            held = _Known(next(ids), uuid.uuid4(), values, row.name, True, False, list(row.identifiers))
            known[row.identifiers[0]] = held
            outcomes.append(Outcome("committed", held.id))
            events.append(_event("entity.registered", held, row))
        elif held.values == values or (repeated and row.name in held.values[_FIELDS.index("former_names")]):
            outcomes.append(Outcome("unchanged", held.id))
        elif disagree(held.name, row.name) and held.name not in row.former_names:
            outcomes.append(Outcome("refused", held.id, "link.code_and_name_disagree"))
        elif repeated:
            outcomes.append(Outcome("unchanged", held.id))
        else:
            held.values, held.name, held.changed = values, row.name, True
            held.identifiers.extend(pair for pair in row.identifiers if pair not in held.identifiers)
            outcomes.append(Outcome("superseding", held.id))
            events.append(_event("entity.changed", held, row))
    if events:
        _insert([item for item in known.values() if item.is_new])
        _update([item for item in known.values() if item.changed and not item.is_new])
        if later is None:
            append(events, at=at)
        else:
            later.extend(events)
    return outcomes


def _lock_known(identifiers: list[tuple[str, str]]) -> dict[tuple[str, str], _Known]:
    columns = ", ".join(f"e.{name}" for name in _FIELDS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT i.scheme, i.value, e.id, e.public_id, {columns} FROM registry_identifier i"
            " JOIN registry_entity e ON e.id = i.entity_id"
            " WHERE (i.scheme, i.value) IN (SELECT * FROM unnest(%s::text[], %s::text[]))"
            " ORDER BY e.id FOR NO KEY UPDATE OF e",
            [[scheme for scheme, _ in identifiers], [value for _, value in identifiers]],
        )
        return {
            (scheme, value): _Known(pk, public_id, tuple(values), values[1])
            for scheme, value, pk, public_id, *values in cursor.fetchall()
        }


def _event(kind: str, held: _Known, row: ReportedEntity) -> NewEvent:
    content = {"entity": str(held.public_id), "entity_kind": row.kind}
    return NewEvent(kind, content, entity_id=held.id)


def _insert(items: list[_Known]) -> None:
    if not items:
        return
    # In code order, so that two transactions with the same new codes wait for each other and never deadlock.
    items = sorted(items, key=lambda item: item.identifiers[0])
    copy_rows(
        "registry_entity",
        f"id, public_id, {', '.join(_FIELDS)}",
        (
            (item.id, item.public_id, *(array_text(v) if type(v) is list else v for v in item.values))
            for item in items
        ),
    )
    copy_rows(
        "registry_identifier",
        "entity_id, scheme, value",
        ((item.id, scheme, value) for item in items for scheme, value in item.identifiers),
    )


def _update(items: list[_Known]) -> None:
    for item in items:
        Entity.objects.filter(pk=item.id).update(**dict(zip(_FIELDS, item.values, strict=True)))
        with connection.cursor() as cursor:
            for scheme, value in item.identifiers:
                cursor.execute(
                    "INSERT INTO registry_identifier (entity_id, scheme, value) VALUES (%s, %s, %s)"
                    " ON CONFLICT DO NOTHING",
                    [item.id, scheme, value],
                )


@dataclass(frozen=True, slots=True)
class Linked:
    """An entity that an identifier leads to."""

    id: int
    public_id: uuid.UUID
    kind: str
    name: str
    former_names: tuple[str, ...] = ()


def entities_by_identifier(
    identifiers: Sequence[tuple[str, str]],
) -> dict[tuple[str, str], list[Linked]]:
    """Find the entities under each (scheme, value); an older code may lead to several."""
    found: dict[tuple[str, str], list[Linked]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.scheme, i.value, e.id, e.public_id, e.kind, e.name, e.former_names FROM registry_identifier i"
            " JOIN registry_entity e ON e.id = i.entity_id"
            " WHERE (i.scheme, i.value) IN (SELECT * FROM unnest(%s::text[], %s::text[])) ORDER BY e.id",
            [[scheme for scheme, _ in identifiers], [value for _, value in identifiers]],
        )
        for scheme, value, pk, public_id, kind, name, former in cursor.fetchall():
            found.setdefault((scheme, value), []).append(Linked(pk, public_id, kind, name, tuple(former)))
    return found
