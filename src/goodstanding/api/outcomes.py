"""What followed a removal: bodies report what they lifted or did anew, the entity reads who did and who lags."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from goodstanding.casework import outcomes
from goodstanding.casework.outcomes import Followed
from goodstanding.registry import queries
from goodstanding.registry.models import Account, Authority, Outcome, Record

from .auth import Bearer, caller
from .problems import known_id, not_found

router = Router(tags=["outcomes"])


class OutcomeIn(Schema):
    """What a body did about one part: ``part`` (measure, evaluation, credit, exclusion, decision), ``measure`` (its
    code, for a measure), ``use`` (its id, for a decision that used the record), ``result`` (done, refused, nothing),
    ``on`` (the day, where it was done), ``reasons`` (where it is refused; of a decision where it was done: what came of
    it). The same ``key`` again changes nothing; a later report on the same part corrects an earlier one.
    """

    part: str
    measure: str = ""
    use: uuid.UUID | None = None
    result: str
    on: date | None = None
    reasons: str = ""
    key: uuid.UUID


class OutcomeOut(Schema):
    """A report as it was taken, with the position of its event."""

    id: str
    record: str
    part: str
    measure: str
    result: str
    on: date | None
    position: int


class FollowedOut(Schema):
    """One part: whose it is (an authority by its code; else the role of the account), what it said last, for how many
    days it has lagged (or took), and by when the law wants it (null: the law gives no number)."""

    authority: str | None
    role: str
    part: str
    measure: str
    name: str
    name_zh: str
    asked: bool
    result: str | None
    on: date | None
    reasons: str
    days: int
    due_on: date | None


class FollowedPageOut(Schema):
    """What followed on a day, as far as the reader may know."""

    record: str
    on: date
    followed: list[FollowedOut]


def _document(row: Followed) -> dict[str, Any]:
    body, answer = row.body, row.answer
    return {
        "authority": body.code if isinstance(body, Authority) else None,
        "role": body.role if isinstance(body, Account) else "authority",
        "part": row.part,
        "measure": row.measure,
        "name": row.name_en,
        "name_zh": row.name_zh,
        "asked": row.asked,
        "result": answer.result if answer else None,
        "on": answer.on if answer else None,
        "reasons": answer.reasons if answer else "",
        "days": row.days,
        "due_on": row.law.due_on if row.law else None,
    }


@router.get(
    "/records/{public_id}/outcomes",
    response=FollowedPageOut,
    auth=Bearer("records:read"),
    summary="What followed a removal",
)
def followed(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """What bodies did once a record was removed or corrected: to its entity and the operator all of it, to the body
    that made the finding what it was asked and what it said."""
    actor, today = caller(request).actor, timezone.localdate()
    found: Record = queries.record_for(actor, known_id(public_id), on=today)
    rows = outcomes.followed(found, actor=actor, on=today)
    if not rows and not outcomes.may_ask(actor, found):
        raise not_found()
    return {"record": str(found.public_id), "on": today, "followed": [_document(row) for row in rows]}


@router.post(
    "/records/{public_id}/outcomes",
    response=OutcomeOut,
    auth=Bearer("outcomes:write"),
    summary="Report what followed a removal",
)
def report(request: HttpRequest, public_id: str, given: OutcomeIn) -> dict[str, Any]:
    """Say what one's body did: as the body that made the finding, or as a bank, an institution or another authority
    about a record that was public."""
    now = timezone.now()
    outcome: Outcome = outcomes.report(
        actor=caller(request).actor,
        record=known_id(public_id),
        at=now,
        today=timezone.localdate(now),
        **given.dict(),
    )
    return {
        "id": str(outcome.public_id),
        "record": str(outcome.record.public_id),
        "part": outcome.part,
        "measure": outcome.measure,
        "result": outcome.result,
        "on": outcome.on,
        "position": outcome.position,
    }
