"""The work list, and one step for many of its cases."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from goodstanding.casework import desk, many, notes

from .auth import Bearer, caller

router = Router(tags=["cases"])


class WorkOut(Schema):
    """An open case on a desk: its last day, working days left and mark (late, soon, ok). What the caller may do with it
    stands under ``moves`` of the case itself.
    """

    id: str
    kind: str
    state: str
    version: int
    record: str
    document_no: str
    entity: str
    entity_name: str
    authority: str
    opened_at: datetime
    notes: int
    due_on: date | None
    working_days_left: int | None
    mark: str
    officer: str | None


class WorkPageOut(Schema):
    """A page of the work list: how many of all are late or due soon, and ``after`` for the next page (empty: none)."""

    late: int
    soon: int
    after: str
    cases: list[WorkOut]


@router.get("/cases/work", response=WorkPageOut, auth=Bearer("cases:read"), summary="Work list")
def work(
    request: HttpRequest,
    kind: str = Query("", max_length=16),
    state: str = Query("", max_length=16),
    mark: Literal["", "late", "soon"] = Query(""),
    whose: Literal["", "mine", "unassigned"] = Query(""),
    officer: str = Query("", max_length=150),
    authority: str = Query("", max_length=18),
    before: date | None = None,
    text: str = Query("", max_length=200),
    asked: bool = False,
    after: str = Query("", max_length=60),
    limit: int = Query(50, ge=1, le=500),
) -> dict[str, Any]:
    """The open cases that the caller works on, by their last days, filtered; ``after`` of a page asks for the next."""
    actor, today = caller(request).actor, timezone.localdate()
    inside = actor.authority_id is not None
    wanted = desk.Wanted(
        kind=kind,
        state=state,
        mark=mark,
        whose=whose,
        officer=officer if inside else "",
        authority=authority,
        before=before,
        text=text,
        asked=asked,
    )
    page = desk.work_list(actor=actor, on=today, wanted=wanted, after=after, limit=limit)
    counts = desk.pressing(actor=actor, on=today)
    noted = notes.counts(actor, [item.case for item in page.items])
    return {
        "late": counts.late,
        "soon": counts.soon,
        "after": page.after,
        "cases": [_line(item, inside=inside, noted=noted.get(item.case.pk, 0)) for item in page.items],
    }


def _line(item: desk.WorkItem, *, inside: bool, noted: int) -> dict[str, Any]:
    case = item.case
    return {
        "id": str(case.public_id),
        "kind": case.kind,
        "state": str(case.state),
        "version": case.version,
        "record": str(case.record.public_id),
        "document_no": case.record.document_no,
        "entity": str(case.entity.public_id),
        "entity_name": case.entity.name,
        "authority": case.authority.code,
        "opened_at": case.opened_at,
        "notes": noted,
        "due_on": item.due_on,
        "working_days_left": item.working_days_left,
        "mark": item.mark,
        "officer": case.officer.user.get_username() if inside and case.officer else None,
    }


class ChosenIn(Schema):
    """A case as the officer saw it."""

    id: uuid.UUID
    version: int


class ManyIn(Schema):
    """One step for many cases; placeholders in ``reasons`` are filled from each."""

    cases: list[ChosenIn] = Field(min_length=1, max_length=many.MOST)
    reasons: str = ""
    given: dict[str, Any] = Field(default_factory=dict)


class OutcomeOut(Schema):
    """What became of one case: ``code`` is empty where the step was taken, else why not."""

    id: str
    code: str
    title: str
    title_zh: str


@router.post(
    "/cases/moves/{code}",
    response=list[OutcomeOut],
    auth=Bearer("cases:write"),
    summary="A step for many cases",
)
def move_many(request: HttpRequest, code: str, given: ManyIn) -> list[dict[str, str]]:
    """Take one step for many cases, each on its own: accept, assign, grant. A refusal stops none of the others."""
    now = timezone.now()
    outcomes = many.move_many(
        code,
        actor=caller(request).actor,
        chosen=[many.Chosen(item.id, item.version) for item in given.cases],
        at=now,
        today=timezone.localdate(now),
        reasons=given.reasons,
        given=given.given,
    )
    return [
        {
            "id": str(outcome.chosen.public_id),
            "code": outcome.refused.code if outcome.refused else "",
            "title": outcome.refused.en if outcome.refused else "",
            "title_zh": outcome.refused.zh if outcome.refused else "",
        }
        for outcome in outcomes
    ]
