"""Every read of the registry. What a reader may see is decided here and nowhere else.

- The public sees organisations and, of them, published records inside their publication window on the day.
- An individual business is found by its exact code only, its name masked: the name is often a person's.
- A natural person is seen by that person, by the authorities whose records name them, and by the operator.
- An entity sees all its own records; an authority all that it found; the operator all.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce

from goodstanding.identity import mask_person, normalise, standardise

from . import seal
from .actor import Actor
from .models import ApiToken, Entity, Event, Reading, Record


def public_on(day: date) -> Q:
    """The condition under which anyone may see a record of an organisation on a day."""
    return (
        Q(state=Record.State.PUBLISHED, publish_from__lte=day)
        & (Q(publish_until__isnull=True) | Q(publish_until__gt=day))
        & ~Q(entity__kind=Entity.Kind.NATURAL_PERSON)
    )


def own_records(entity_id: int, *, on: date) -> Q:
    """The condition for records that an entity acts on as its own: all that were reported to it, and what is
    published on a day of entities that are one with it."""
    head = Entity.objects.filter(pk=entity_id).values(one=Coalesce("head_id", "pk"))
    members = Entity.objects.filter(Q(pk__in=head) | Q(head_id__in=head)).values("pk")
    return Q(entity_id=entity_id) | (Q(entity_id__in=members) & public_on(on))


def records_visible_to(actor: Actor, *, on: date) -> QuerySet[Record]:
    """The records that an actor may read on a day, with entity and authority loaded."""
    records = Record.objects.select_related("entity", "authority", "source")
    if actor.is_operator:
        return records
    condition = public_on(on)
    if actor.entity_id is not None:
        condition |= Q(entity_id=actor.entity_id)
    if actor.role == "authority" and actor.authority_id is not None:
        condition |= Q(authority_id=actor.authority_id)
    return records.filter(condition)


def entities_visible_to(actor: Actor) -> QuerySet[Entity]:
    """The entities whose page an actor may open."""
    if actor.is_operator:
        return Entity.objects.all()
    condition = ~Q(kind=Entity.Kind.NATURAL_PERSON)
    if actor.entity_id is not None:
        condition |= Q(pk=actor.entity_id)
    if actor.role == "authority" and actor.authority_id is not None:
        condition |= Q(pk__in=Record.objects.filter(authority_id=actor.authority_id).values("entity_id"))
    return Entity.objects.filter(condition)


def entity_for(actor: Actor, public_id: uuid.UUID | str) -> Entity:
    """The entity that an actor asks for.

    Raises:
        Entity.DoesNotExist: there is none, or the actor may not know of it; the two look the same.
    """
    try:
        return entities_visible_to(actor).prefetch_related("identifiers").get(public_id=public_id)
    except (ValueError, ValidationError) as error:
        raise Entity.DoesNotExist from error


def record_for(actor: Actor, public_id: uuid.UUID | str, *, on: date) -> Record:
    """The record that an actor asks for. Raises Record.DoesNotExist as ``entity_for`` does."""
    try:
        return records_visible_to(actor, on=on).get(public_id=public_id)
    except (ValueError, ValidationError) as error:
        raise Record.DoesNotExist from error


def shown_name(entity: Entity, actor: Actor) -> str:
    """The name as the actor may see it: a person's and an individual business's is masked for the public."""
    if entity.kind == Entity.Kind.ORGANISATION or actor.is_operator or actor.role == "authority":
        return entity.name
    if actor.entity_id == entity.pk:
        return entity.name
    return mask_person(entity.name)


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result: an entity and how many published records it has on the day."""

    entity: Entity
    code: str
    records: int


def search(text: str, *, on: date, limit: int = 20) -> list[Hit]:
    """Find organisations by name (Chinese or Latin, parts of it) or any entity but a person by its exact code.

    Args:
        text: what the user typed.
        on: the day whose published records are counted.
        limit: the most results to return.

    Returns:
        Results, exact and prefix matches of the name first, then the most similar. Entities that are one are
        one result, under the one that has the code.
    """
    found = search_entities(text, limit=limit)
    entities = Entity.objects.in_bulk(found)
    counts = dict(
        Record.objects.filter(Q(entity_id__in=found) | Q(entity__head_id__in=found), public_on(on))
        .annotate(one=Coalesce("entity__head_id", "entity_id"))
        .values_list("one")
        .annotate(Count("pk"))
        .order_by()
    )
    codes: dict[int, str] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT entity_id, value FROM registry_identifier WHERE entity_id = ANY(%s) AND scheme <> 'person_key'"
            " AND scheme <> 'name_at_source' ORDER BY scheme = 'uscc', until IS NULL, id DESC",
            [found],
        )
        codes = dict(cursor.fetchall())
    return [Hit(entities[pk], codes.get(pk, ""), counts.get(pk, 0)) for pk in found if pk in entities]


def search_entities(text: str, *, limit: int) -> list[int]:
    """The keys of what ``search`` finds, in the same order, without a look at their records."""
    text = text.strip()[:200]
    if not text or "\x00" in text:
        return []
    heads = dict(
        Entity.objects.filter(pk__in=(matched := _by_code(standardise(text)) or _by_name(text, limit)))
        .annotate(one=Coalesce("head_id", "pk"))
        .values_list("pk", "one")
    )
    return list(dict.fromkeys(heads[pk] for pk in matched if pk in heads))


def _by_code(code: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT e.id FROM registry_identifier i JOIN registry_entity e ON e.id = i.entity_id"
            " WHERE i.value = %s AND i.scheme IN ('uscc', 'lei', 'org_code', 'registration_no')"
            " AND e.kind <> 'natural_person' LIMIT 20",
            [code],
        )
        return [row[0] for row in cursor.fetchall()]


_SEARCH = """
    SELECT id FROM (
        SELECT id, 0 AS rank, name_key AS sorted, 0::real AS distance FROM registry_entity
        WHERE kind = 'organisation' AND name_key LIKE %(prefix)s
        UNION ALL
        (SELECT id, 1, name_key, name_key <-> %(key)s FROM registry_entity
         WHERE kind = 'organisation' AND name_key LIKE %(inside)s LIMIT 500)
        UNION ALL
        (SELECT id, 2, name_key, 1 - word_similarity(%(latin)s, upper(name_latin)) FROM registry_entity
         WHERE kind = 'organisation' AND upper(name_latin) LIKE %(latin_inside)s LIMIT 500)
        UNION ALL
        (SELECT id, 3, name_key, name_key <-> %(key)s FROM registry_entity
         WHERE kind = 'organisation' AND name_key %% %(key)s LIMIT 500)
    ) AS hits GROUP BY id ORDER BY min(rank), min(distance), min(sorted), id LIMIT %(limit)s
"""


def _by_name(text: str, limit: int) -> list[int]:
    key = normalise(text)

    def like(value: str) -> str:
        return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

    with connection.cursor() as cursor:
        cursor.execute(
            _SEARCH,
            {
                "key": key,
                "prefix": like(key) + "%",
                "inside": "%" + like(key) + "%",
                "latin": text.upper(),
                "latin_inside": "%" + like(text.upper()) + "%",
                "limit": limit,
            },
        )
        return [row[0] for row in cursor.fetchall()]


def readings_of(entity: Entity, *, limit: int = 200) -> list[Reading]:
    """Who read what of the entity, newest first."""
    return list(
        Reading.objects.filter(entity=entity)
        .select_related("reader__user", "reader__authority", "record")
        .order_by("-at")[:limit]
    )


def history_of(record: Record) -> list[Event]:
    """The journal events of a record, oldest first."""
    return list(Event.objects.filter(record=record).order_by("position"))


def last_position(record: Record) -> int:
    """The journal position of the last change of a record."""
    return int(
        Event.objects.filter(record=record).order_by("-position").values_list("position", flat=True)[0]
    )


def token_account(secret: str, *, at: datetime) -> ApiToken | None:
    """The valid token behind a secret, with its account, or None."""
    token = (
        ApiToken.objects.select_related("account__user")
        .filter(digest=hashlib.sha256(secret.encode()).digest(), revoked_at__isnull=True)
        .first()
    )
    if token is None or (token.expires_at is not None and token.expires_at <= at):
        return None
    return token if token.account.user.is_active else None


def counts() -> dict[str, int | dict[str, int]]:
    """Entities, records by state, facts that batches brought into the lake, and the journal's end.

    For the status page and for scripts.
    """
    by_state = dict(Record.objects.values_list("state").annotate(Count("pk")).order_by())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM registry_entity), (SELECT position FROM registry_journalhead),"
            " (SELECT coalesce(sum(rows), 0)::bigint FROM registry_lakebatch)"
        )
        entities, position, facts = cursor.fetchone()
    return {
        "entities": entities,
        "records": {state: by_state.get(state, 0) for state in Record.State.values},
        "facts": facts,
        "journal_position": position,
        "sealed_size": seal.sealed_size(),
    }


def running() -> dict[str, str | dict[str, int]]:
    """The database server's version, and how many connections each of our processes holds (by application name)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        version = str(cursor.fetchone()[0])
        cursor.execute(
            "SELECT substring(application_name from '^goodstanding-(.*)'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'goodstanding-%' GROUP BY 1 ORDER BY 1"
        )
        return {"database": f"PostgreSQL {version}", "processes": dict(cursor.fetchall())}
