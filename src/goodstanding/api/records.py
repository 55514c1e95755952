"""One record: what it says, the proof of its events, and who holds it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from goodstanding import law
from goodstanding.casework.eligibility import verdict_of
from goodstanding.exchange import proofs
from goodstanding.exchange import queries as exchange
from goodstanding.exchange.content import record_document
from goodstanding.proof.keys import to_base64
from goodstanding.registry import queries
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record

from . import readings
from .auth import Bearer, caller
from .problems import known_id, not_found

router = Router(tags=["records"])


class StatementOut(Schema):
    """A statement attached to a record: its text, when it was attached (ISO 8601), and the journal position that
    says so."""

    text: str
    at: str
    position: int


class RecordOut(Schema):
    """A record: who said what of whom, on which ground, until when, and what the law says of it today.

    ``home`` is the log of the instance where it lives and is decided on.
    """

    id: str
    home: str
    kind: str
    item: str
    state: str
    version: int
    disputed: bool
    entity: dict[str, Any]
    authority: dict[str, Any]
    source: dict[str, Any]
    contract: str
    document_no: str
    legal_basis: str
    found_on: date
    measures: list[str]
    amount_yuan: str | None
    pack: str
    severity: str | None
    publish_from: date | None
    publish_until: date | None
    restorable: bool
    restorable_from: date | None
    content: dict[str, Any]
    statement: StatementOut | None
    explanation: list[str]
    explanation_zh: list[str]


class EventProofOut(Schema):
    """An event of the record with the proof that it is in the log."""

    position: int
    kind: str
    content: dict[str, Any]
    salt: str
    leaf_hash: str
    index: int
    hashes: list[str]


class ProofOut(Schema):
    """The proofs of a record's events against one checkpoint."""

    record: str
    origin: str
    size: int
    checkpoint: str
    key: str
    events: list[EventProofOut]


class FurtherDownOut(Schema):
    """What a subscriber says, signed, of a holder to whom it had passed the record on; ``via`` whom, nearest first."""

    holder: str
    via: list[str]
    action: str
    signed: str


class OnwardOut(Schema):
    """One to whom a subscriber had passed a record on; with its id and state where it is a subscriber itself."""

    name: str
    told_at: datetime
    subscriber: str | None
    state: str | None


class HolderOut(Schema):
    """What one subscriber has of a record, to whom it had passed it on, and what they answered."""

    subscriber: str
    name_zh: str
    name_en: str
    state: str
    since: datetime | None
    receipt: str | None
    onward: list[OnwardOut]
    further_down: list[FurtherDownOut]


class HoldersOut(Schema):
    """Who holds a record."""

    record: str
    on: date
    holders: list[HolderOut]


def with_explanation(
    record: Record, actor: Actor, *, on: date, entity: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A record's document with what the law says of it on a day, in both languages.

    ``entity`` is the entity's document where it is at hand already.
    """
    en: list[str] = []
    zh: list[str] = []
    if record.adverse:
        try:
            verdict = verdict_of(record, on=on)
            en, zh = verdict.explain("en"), verdict.explain("zh")
        except law.FactsRefused as error:
            en, zh = [str(error)], [str(error)]
    said = {"home": record.home or settings.LOG_ORIGIN, "explanation": en, "explanation_zh": zh}
    return record_document(record, actor, entity=entity) | said


@router.get(
    "/records/{public_id}", response=RecordOut, auth=Bearer("records:read", public=True), summary="Record"
)
def record(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """One record as the reader may see it today. Reading what is not public is written down."""
    actor = caller(request).actor
    today = timezone.localdate()
    found = queries.record_for(actor, known_id(public_id), on=today)
    readings.note(request, actor=actor, entity=found.entity, records=[found])
    return with_explanation(found, actor, on=today)


@router.get(
    "/records/{public_id}/proof",
    response=ProofOut,
    auth=Bearer("records:read", public=True),
    summary="Proof of a record's events",
)
def proof(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """The record's sealed events, each with salt, content and inclusion proof: enough to verify them offline.

    The public gets the events that published the record; its entity, its authority and the operator get all.
    """
    actor = caller(request).actor
    found = queries.record_for(actor, known_id(public_id), on=timezone.localdate())
    readings.note(request, actor=actor, entity=found.entity, records=[found])
    proved = proofs.record_proof(found, everything=is_party(actor, found))
    if proved is None:
        raise not_found()
    return {
        "record": str(found.public_id),
        "origin": proofs.origin(),
        "size": proved.checkpoint.size,
        "checkpoint": proved.checkpoint.note,
        "key": proofs.log_key(),
        "events": [
            {
                "position": item.event.position,
                "kind": item.event.kind,
                "content": item.event.content,
                "salt": to_base64(item.event.salt or b""),
                "leaf_hash": to_base64(item.leaf_hash),
                "index": item.event.position - 1,
                "hashes": [to_base64(value) for value in item.hashes],
            }
            for item in proved.events
        ],
    }


@router.get(
    "/records/{public_id}/holders",
    response=HoldersOut,
    auth=Bearer("records:read"),
    summary="Who holds a record",
)
def holders(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """What each subscriber has of a record: to the entity itself, to the authority that found it, to the operator."""
    actor = caller(request).actor
    today = timezone.localdate()
    found = queries.record_for(actor, known_id(public_id), on=today)
    if not is_party(actor, found):
        raise not_found()
    readings.note(request, actor=actor, entity=found.entity, records=[found])
    return {
        "record": str(found.public_id),
        "on": today,
        "holders": [
            {
                "subscriber": str(holder.subscriber.public_id),
                "name_zh": holder.subscriber.name_zh,
                "name_en": holder.subscriber.name_en,
                "state": holder.state,
                "since": holder.since,
                "receipt": holder.receipt.signed if holder.receipt else None,
                "onward": [
                    {
                        "name": one.name,
                        "told_at": one.told_at,
                        "subscriber": str(one.subscriber.public_id) if one.subscriber else None,
                        "state": one.state,
                    }
                    for one in holder.onward
                ],
                "further_down": list(holder.receipt.further_down.all()) if holder.receipt else [],
            }
            for holder in exchange.holders(found, today)
        ],
    }


def is_party(actor: Actor, record: Record) -> bool:
    """Whether the actor is the record's entity, the authority that found it, or the operator."""
    if actor.is_operator or (actor.entity_id is not None and actor.entity_id == record.entity_id):
        return True
    return actor.role == "authority" and actor.authority_id == record.authority_id
