"""Who lags behind a removal: for each body, what it was asked, what it did, and what it has said nothing of.

Everything is found from records, events and reports on reading; nothing is written but reminders.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from goodstanding.registry.actor import Actor
from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import Authority, Record

from .errors import CaseworkError
from .outcomes import OFF, OPENING, Followed, followed

#: Records listed on a page of what lags, and reminded of at once.
PAGE: Final = 25
REMINDED: Final = 200
#: The shortest time between two reminders of one record.
QUIET: Final = timedelta(days=14)

_ASKED: Final = """
    WITH opened AS (
        SELECT r.id, r.authority_id, e.position, e.at, n.kind = 'natural_person' AS person,
            CASE WHEN r.state = ANY(%(off)s) THEN r.measures ELSE '{}' END AS measures
        FROM registry_record r
        JOIN registry_entity n ON n.id = r.entity_id
        CROSS JOIN LATERAL (
            SELECT v.position, v.kind, v.at FROM registry_event v
            WHERE v.record_id = r.id AND v.kind = ANY(%(opening)s) ORDER BY v.position DESC LIMIT 1
        ) e
        WHERE r.kind = ANY(%(adverse)s) AND r.home = ''
            AND (%(authority)s::bigint IS NULL OR r.authority_id = %(authority)s)
            AND (r.state = ANY(%(off)s) OR (r.state <> 'redacted' AND e.kind = 'record.corrected'
                AND r.id IN (SELECT record_id FROM registry_correction)))
    ), asked AS (
        SELECT o.id, o.authority_id, o.at, o.position, (
            SELECT x.result FROM registry_outcome x WHERE x.record_id = o.id AND x.authority_id = o.authority_id
            AND x.part = d.part AND x.measure = d.measure AND x.position > o.position
            ORDER BY x.position DESC LIMIT 1
        ) AS result
        FROM opened o CROSS JOIN LATERAL (
            SELECT 'evaluation' AS part, '' AS measure WHERE NOT o.person
            UNION ALL SELECT 'measure', m FROM unnest(o.measures) m
        ) d
    )
"""
_LEAGUE: Final = f"""{_ASKED}
    SELECT authority_id, count(*), count(*) FILTER (WHERE result IN ('done', 'nothing')),
        count(*) FILTER (WHERE result = 'refused'), count(*) FILTER (WHERE result IS NULL),
        min(at) FILTER (WHERE result IS NULL)
    FROM asked GROUP BY authority_id
"""
_LAGGING: Final = f"""{_ASKED}
    SELECT id FROM asked WHERE result IS NULL
        AND (%(quiet)s::timestamptz IS NULL OR NOT EXISTS (
            SELECT 1 FROM registry_event v WHERE v.record_id = asked.id AND v.kind = 'outcome.reminded'
            AND v.at > %(quiet)s AND v.position > asked.position))
    GROUP BY id ORDER BY min(at), id LIMIT %(limit)s OFFSET %(offset)s
"""


@dataclass(frozen=True, slots=True)
class Laggard:
    """An authority: parts it was asked, of these done (or nothing to do), refused, and unanswered since ``oldest``."""

    authority: Authority
    asked: int
    done: int
    refused: int
    lagging: int
    oldest: datetime | None


def laggards(actor: Actor) -> list[Laggard]:
    """Every authority that was asked anything, those with most unanswered first; to others than the operator none."""
    if not actor.is_operator:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LEAGUE, _values(authority=None))
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    found = [Laggard(authority, *rows[authority.pk]) for authority in Authority.objects.filter(pk__in=rows)]
    return sorted(found, key=lambda item: (-item.lagging, item.authority.code))


def waiting(actor: Actor, *, on: date, page: int = 1) -> list[tuple[Record, tuple[Followed, ...]]]:
    """The records of the actor's own body about which it still owes a word, the oldest first: one page, with one
    record more where there is a next page.

    Args:
        on: the day up to which what lags is counted. page: from 1.
    """
    if actor.role != "authority" or actor.authority_id is None:
        return []
    offset = PAGE * (max(1, page) - 1)
    found = _lagging(authority=actor.authority_id, limit=PAGE + 1, offset=offset)
    rows = [(record, followed(record, actor=actor, on=on)) for record in found]
    return [(record, tuple(row for row in parts if row.lags)) for record, parts in rows]


@transaction.atomic
def remind(*, actor: Actor, authority: str, at: datetime) -> int:
    """Remind an authority of up to 200 records about which it owes a word, the oldest first, each once in 14 days.

    Each reminder is an event of the record (``outcome.reminded``), of which the authority has a notice.

    Args:
        actor: the operator. authority: the code of the body. at: the instant.

    Returns:
        Of how many records it was reminded.

    Raises:
        CaseworkError: outcome.forbidden, authority.unknown.
    """
    if not actor.is_operator:
        raise CaseworkError(
            "outcome.forbidden", "Only the operator reminds.", "只有平台运营方可以催办。", place=authority
        )
    found = Authority.objects.select_for_update(no_key=True).filter(code=authority).first()
    if found is None:
        raise CaseworkError(
            "authority.unknown", "There is no such authority.", "没有该单位。", place=authority
        )
    records = _lagging(authority=found.pk, limit=REMINDED, quiet=at - QUIET)
    append(
        [
            NewEvent(
                "outcome.reminded",
                {"record": str(record.public_id)},
                entity_id=record.entity_id,
                record_id=record.pk,
            )
            for record in records
        ],
        at=at,
    )
    return len(records)


def _lagging(*, authority: int, limit: int, offset: int = 0, quiet: datetime | None = None) -> list[Record]:
    values = _values(authority=authority) | {"limit": limit, "offset": offset, "quiet": quiet}
    with connection.cursor() as cursor:
        cursor.execute(_LAGGING, values)
        ids = [row[0] for row in cursor.fetchall()]
    records = Record.objects.select_related("entity", "authority", "source").in_bulk(ids)
    return [records[pk] for pk in ids]


def _values(*, authority: int | None) -> dict[str, Any]:
    off = [str(state) for state in OFF]
    return {"authority": authority, "off": off, "opening": list(OPENING), "adverse": Record.ADVERSE}
