"""Sharing agreements for their recipient: read them, sign a version, show that everything was deleted."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from goodstanding.exchange import agreement_queries as queries
from goodstanding.exchange import agreements
from goodstanding.exchange.models import Subscriber
from goodstanding.proof import SignedDeletion
from goodstanding.proof.keys import from_base64

from .auth import Bearer, caller
from .feed import subscriber

router = Router(tags=["agreements"])


class WaitingOut(Schema):
    """A version that waits for signatures: its document, its digest (hex), and what it changes."""

    version: str
    digest: str
    breaking: bool
    waits_for: list[str]
    document: dict[str, Any]
    changes: list[dict[str, Any]]


class AgreementOut(Schema):
    """An agreement: its state, the document in force, who signed it, what waits and what is owed."""

    agreement: str
    subscriber: str
    state: str
    version: str | None
    signed: dict[str, Any] | None
    suspended_on: str | None
    ended_on: str | None
    deletion_due: str | None
    deleted: int | None
    document: dict[str, Any]
    waiting: WaitingOut | None


class SignatureIn(Schema):
    """The recipient's signature (base64) over a version."""

    version: str
    signature: str


_DELETION_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["deletion", "public_key", "signature"],
                    "properties": {
                        "deletion": {
                            "type": "object",
                            "required": ["subscriber", "agreement", "position", "deleted", "deleted_at"],
                            "properties": {
                                "subscriber": {"type": "string"},
                                "agreement": {"type": "string"},
                                "position": {"type": "integer"},
                                "deleted": {"type": "integer"},
                                "deleted_at": {"type": "string", "format": "date-time"},
                            },
                        },
                        "public_key": {"type": "string", "contentEncoding": "base64"},
                        "signature": {"type": "string", "contentEncoding": "base64"},
                    },
                }
            }
        },
    }
}


def _of(request: HttpRequest) -> Subscriber | None:
    """Whose agreements the caller may read: all for the operator, else its own."""
    return None if caller(request).actor.is_operator else subscriber(request)


@router.get(
    "/agreements", response=list[AgreementOut], auth=Bearer("feed:read"), summary="Sharing agreements"
)
def listed(request: HttpRequest) -> list[dict[str, Any]]:
    """The caller's sharing agreements; the operator reads all of them."""
    rows = queries.agreements(of=_of(request), on=timezone.localdate())
    return [queries.document_of(row) for row in rows]


@router.get(
    "/agreements/{reference}", response=AgreementOut, auth=Bearer("feed:read"), summary="A sharing agreement"
)
def one(request: HttpRequest, reference: str) -> dict[str, Any]:
    """One agreement, by its id."""
    found = queries.agreement(reference, of=_of(request), on=timezone.localdate())
    return queries.document_of(found)


@router.post(
    "/agreements/{reference}/signature",
    response=AgreementOut,
    auth=Bearer("receipts:write"),
    summary="Sign a version",
)
def sign(request: HttpRequest, reference: str, given: SignatureIn) -> dict[str, Any]:
    """Hand in the recipient's signature over the version that waits; it is in force once both sides have signed."""
    own = subscriber(request)
    signature = from_base64(given.signature, code="receipt_malformed", place="signature")
    agreements.sign_as_recipient(
        reference=reference, version=given.version, signature=signature, by=own, at=timezone.now()
    )
    return queries.document_of(queries.agreement(reference, of=own, on=timezone.localdate()))


@router.post(
    "/agreements/{reference}/deletion",
    response=AgreementOut,
    auth=Bearer("receipts:write"),
    openapi_extra=_DELETION_BODY,
    summary="State the deletion",
)
def deletion(request: HttpRequest, reference: str) -> dict[str, Any]:
    """Hand in the signed statement that nothing is left. Sending it again is answered like the first time."""
    own = subscriber(request)
    queries.agreement(reference, of=own, on=timezone.localdate())
    signed = SignedDeletion.from_json(request.body)
    taken = agreements.take_deletion(subscriber=own, signed=signed, at=timezone.now())
    return queries.document_of(queries.agreement(taken.reference, of=own, on=timezone.localdate()))
