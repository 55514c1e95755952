"""Decisions that used a record: reported, and looked at again when the record is removed or corrected."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema

from goodstanding.casework import uses
from goodstanding.registry.actor import Actor
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


class AnswerOut(Schema):
    """What the maker said when it looked at the decision again."""

    result: str
    on: date | None
    reasons: str
    at: datetime


class AffectedOut(Schema):
    """A decision whose record was removed or corrected at ``since``, and its answer (null: none yet).

    ``maker``: the code of the authority, or the login of another body; ``reference`` only to the maker itself.
    """

    id: str
    record: str
    kind: str
    on: date
    reference: str
    position: int
    look_again: bool
    since: datetime
    maker: str
    answer: AnswerOut | None


class UsesOut(Schema):
    """One page of decisions to look at again, the unanswered first, of them the oldest; ``more``: there is a next."""

    uses: list[AffectedOut]
    more: bool


def _document(use: Use) -> dict[str, Any]:
    return {
        "id": str(use.public_id),
        "record": str(use.record.public_id),
        "kind": use.kind,
        "on": use.on,
        "reference": use.reference,
        "position": use.position,
    }


def _affected(found: uses.Affected, *, to: Actor) -> dict[str, Any]:
    use, answer = found.use, found.answer
    maker = use.authority.code if use.authority else use.account.user.get_username()
    return (
        _document(use)
        | {"look_again": answer is None, "since": found.since, "maker": maker}
        | {"answer": answer and {name: getattr(answer, name) for name in AnswerOut.model_fields}}
        | ({"reference": ""} if to.is_operator else {})
    )


@router.post(
    "/uses", response=UseOut, auth=Bearer("outcomes:write"), summary="Report a decision that used a record"
)
def report_use(request: HttpRequest, given: UseIn) -> dict[str, Any]:
    """Say that a credit decision, a tender, a licence or another decision used a record, so that its maker is told when
    the record is removed or corrected."""
    now = timezone.now()
    said = given.dict() | {"record": known_id(given.record)}
    use = uses.report_use(actor=caller(request).actor, at=now, today=timezone.localdate(now), **said)
    return _document(use) | {"look_again": uses.looks_again(use)}


@router.get("/uses", response=UsesOut, auth=Bearer("outcomes:write"), summary="Decisions to look at again")
def affected_uses(
    request: HttpRequest,
    state: uses.State = "open",
    kind: Literal["", "credit", "tender", "licence", "other"] = "",
    page: int = Query(1, ge=1, le=100_000),
) -> dict[str, Any]:
    """The decisions of one's own body whose records were removed or corrected since, to the operator those of all.

    Answer with ``POST /records/{public_id}/outcomes``, ``part`` ``decision`` and ``use``.
    """
    actor = caller(request).actor
    found = uses.affected(actor, state=state, kind=kind, page=page)
    return {
        "uses": [_affected(each, to=actor) for each in found[: uses.PAGE]],
        "more": len(found) > uses.PAGE,
    }
