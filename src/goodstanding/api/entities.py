"""Finding entities, and the report of one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema

from goodstanding.exchange.content import entity_document
from goodstanding.registry import queries
from goodstanding.registry.report import report_for

from . import readings
from .answers import written
from .auth import Bearer, caller
from .problems import known_id
from .records import RecordOut, with_explanation

router = Router(tags=["entities"])


class IdentifierOut(Schema):
    """A code under which an entity is known."""

    scheme: str
    value: str


class EntityOut(Schema):
    """An entity as the reader may see it."""

    id: str
    kind: str
    name: str
    division: str
    identifiers: list[IdentifierOut]


class HitOut(Schema):
    """One search result."""

    id: str
    kind: str
    name: str
    code: str
    records: int


class HitsOut(Schema):
    """Search results, the best first."""

    results: list[HitOut]


class ReportOut(Schema):
    """An entity with its records as the reader may see them on the day."""

    on: date
    entity: EntityOut
    total: int
    records: list[RecordOut]


@router.get("/entities", response=HitsOut, auth=Bearer("entities:read", public=True), summary="Search")
def search(
    request: HttpRequest, q: str = Query(..., max_length=200), limit: int = Query(20, ge=1, le=100)
) -> dict[str, Any]:
    """Find organisations by name, Chinese or Latin, or any entity but a person by its exact code."""
    actor = caller(request).actor
    hits = queries.search(q, on=timezone.localdate(), limit=limit)
    return {
        "results": [
            {
                "id": str(hit.entity.public_id),
                "kind": hit.entity.kind,
                "name": queries.shown_name(hit.entity, actor),
                "code": hit.code,
                "records": hit.records,
            }
            for hit in hits
        ]
    }


@router.get(
    "/entities/{public_id}", response=ReportOut, auth=Bearer("entities:read", public=True), summary="Report"
)
def report(
    request: HttpRequest,
    public_id: str,
    limit: int = Query(500, ge=1, le=1000),
    offset: int = Query(0, ge=0, le=1_000_000),
) -> HttpResponse:
    """The report of an entity: who it is, and its records with their dates and what the law says of each.

    Without a token: what is published today. An entity sees all of its own records, an authority also those that it
    found, the operator all; reading what is not public is written down (header ``Purpose``).
    """
    actor = caller(request).actor
    today = timezone.localdate()
    found = report_for(actor, known_id(public_id), on=today, limit=limit, offset=offset)
    readings.note(request, actor=actor, entity=found.entity, records=found.records)
    whole = offset == 0 and len(found.records) < limit
    entity = entity_document(found.entity, actor, identifiers=found.identifiers)
    if whole:
        total = len(found.records)
    else:
        total = queries.records_visible_to(actor, on=today).filter(entity=found.entity).count()
    document = {
        "on": today,
        "entity": entity,
        "total": total,
        "records": [with_explanation(record, actor, on=today, entity=entity) for record in found.records],
    }
    return written(request, document)
