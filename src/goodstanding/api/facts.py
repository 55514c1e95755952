"""The facts of an entity that lie in the lake, and the proof of one."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query, Router, Schema

from goodstanding.intake import facts as intake
from goodstanding.intake.facts import Fact
from goodstanding.registry import queries

from . import readings
from .auth import Bearer, caller
from .problems import known_id, not_found
from .records import EventProofOut

router = Router(tags=["facts"])


class FactOut(Schema):
    """A fact as the reader may see it; ``batch`` and ``row`` name it."""

    batch: str
    row: int
    entity: str
    item: str
    document_no: str
    found_on: date
    amount_yuan: str | None
    state: str
    publish_from: date | None
    publish_until: date | None
    source: dict[str, str]
    contract: str
    legal_basis: str
    version: int
    content: dict[str, Any]


class FactsOut(Schema):
    """A page of the facts of an entity, the newest first."""

    on: date
    total: int
    facts: list[FactOut]


class FactProofOut(Schema):
    """A fact with the way from its content to the signed log; ``goodstanding verify`` checks it."""

    batch: str
    row: int
    content: dict[str, Any]
    personal: str
    index: int
    hashes: list[str]
    origin: str
    size: int
    checkpoint: str
    key: str
    event: EventProofOut


@router.get(
    "/entities/{public_id}/facts",
    response=FactsOut,
    auth=Bearer("records:read", public=True),
    summary="Facts of an entity",
)
def facts_of(
    request: HttpRequest,
    public_id: str,
    limit: int = Query(100, ge=1, le=1000),
    offset: int = Query(0, ge=0, le=100_000_000),
) -> dict[str, Any]:
    """Mass facts that lie in the lake: to the entity itself, to whoever sent or stated them, to the operator.

    Without a token: what the catalogue publishes. Those that were taken up as records are in the report.
    """
    actor = caller(request).actor
    today = timezone.localdate()
    entity = queries.entity_for(actor, known_id(public_id))
    found = intake.facts_of(actor, entity, on=today, limit=limit, offset=offset)
    readings.note(request, actor=actor, entity=entity, records=[], facts=found.page)
    return {"on": today, "total": found.total, "facts": [_document(fact, on=today) for fact in found.page]}


@router.get(
    "/facts/{batch}/{row}/proof",
    response=FactProofOut,
    auth=Bearer("records:read", public=True),
    summary="Proof of a fact",
)
def proof(request: HttpRequest, batch: str, row: int = Path(..., ge=0, lt=2**63)) -> dict[str, Any]:
    """Everything that is needed to check offline that a fact was announced as it is."""
    actor = caller(request).actor
    fact = intake.fact_for(actor, known_id(batch), row, on=timezone.localdate())
    readings.note(request, actor=actor, entity=fact.entity, records=[], facts=[fact])
    document = intake.proof_of(fact)
    if document is None:
        raise not_found()
    return document


def _document(fact: Fact, *, on: date) -> dict[str, Any]:
    lies, source = fact.lies, fact.source
    return {
        "batch": str(uuid.UUID(lies.batch)),
        "row": lies.row,
        "entity": lies.entity,
        "item": lies.item,
        "document_no": lies.document_no,
        "found_on": lies.found_on,
        "amount_yuan": None if lies.amount_yuan is None else str(lies.amount_yuan),
        "state": fact.state(on=on),
        "publish_from": lies.publish_from,
        "publish_until": lies.publish_until,
        "source": {"code": source.code, "name_zh": source.name_zh, "name_en": source.name_en},
        "contract": lies.contract,
        "legal_basis": lies.legal_basis,
        "version": lies.version,
        "content": fact.content.get("public", {}),
    }
