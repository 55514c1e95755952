"""Decisions that used a record: reported, and looked at again when the record is removed or corrected."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema

from goodstanding.casework import uses
from goodstanding.registry.models import Use

from .auth import Bearer, caller
from .problems import known_id

router = Router(tags=["outcomes"])


class UseIn(Schema):
    """That a decision of one's body used a record: ``kind`` (credit, tender, licence, other), its day, one's own
    ``reference`` for it (nobody else reads it); nothing of what it says. The same ``key`` again changes nothing.
    """

    record: str
    kind: str
    on: date
    reference: str = ""
    key: uuid.UUID


class UseOut(Schema):
    """A decision as it was reported, and whether it is to be looked at again."""

    id: str
    record: str
    kind: str
    on: date
    reference: str
    position: int
    look_again: bool


class UsesOut(Schema):
    """One page of decisions to look at again, the oldest first; ``more``: whether there is a next page."""

    uses: list[UseOut]
    more: bool


def _document(use: Use) -> dict[str, Any]:
    return {
        "id": str(use.public_id),
        "record": str(use.record.public_id),
        "kind": use.kind,
        "on": use.on,
        "reference": use.reference,
        "position": use.position,
        "look_again": uses.looks_again(use),
    }


@router.post(
    "/uses", response=UseOut, auth=Bearer("outcomes:write"), summary="Report a decision that used a record"
)
def report_use(request: HttpRequest, given: UseIn) -> dict[str, Any]:
    """Say that a credit decision, a tender, a licence or another decision used a record, so that its maker is told when
    the record is removed or corrected."""
    now = timezone.now()
    said = given.dict() | {"record": known_id(given.record)}
    return _document(
        uses.report_use(actor=caller(request).actor, at=now, today=timezone.localdate(now), **said)
    )


@router.get("/uses", response=UsesOut, auth=Bearer("outcomes:write"), summary="Decisions to look at again")
def waiting_uses(request: HttpRequest, page: int = Query(1, ge=1, le=100_000)) -> dict[str, Any]:
    """The decisions of one's own body whose records were removed or corrected since, and of which it has said nothing.

    Answer with ``POST /records/{public_id}/outcomes``, ``part`` ``decision`` and ``use``.
    """
    found = uses.waiting_uses(caller(request).actor, page=page)
    return {"uses": [_document(use) for use in found[: uses.PAGE]], "more": len(found) > uses.PAGE}
