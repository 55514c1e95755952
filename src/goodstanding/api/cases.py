"""Cases of restoration and objection: applying, deciding, following."""

from __future__ import annotations

import base64
import binascii
import uuid
from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from goodstanding.casework import commands, queries
from goodstanding.casework.models import Case
from goodstanding.registry.actor import Actor

from .auth import Bearer, caller
from .problems import Problem, known_id

router = Router(tags=["cases"])


class EvidenceIn(Schema):
    """A file, base64. ``material`` is the code of the material that it serves; ``record`` confines it to one case."""

    name: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    content: str
    material: str = ""
    record: uuid.UUID | None = None


class CaseIn(Schema):
    """An application for restoration of one or many records, or an objection to one.

    ``key`` makes it idempotent: the same key again returns what it made.
    """

    kind: Literal["restoration", "objection"]
    records: list[uuid.UUID] = Field(min_length=1, max_length=200)
    key: uuid.UUID
    statement: str = ""
    commitment_name: str = ""
    performed_on: date | None = None
    grounds: str = ""
    evidence: list[EvidenceIn] = Field(default_factory=list, max_length=50)


class MoveIn(Schema):
    """Reasons, and the version of the case that the decision is about (any, if left out)."""

    reasons: str = ""
    version: int | None = None


class CaseOut(Schema):
    """A case with its clocks and steps."""

    id: str
    kind: str
    state: str
    version: int
    record: str
    document_no: str
    entity: str
    authority: str
    authority_name_zh: str
    reasons: str
    opened_at: datetime
    ended_at: datetime | None
    moves: list[str]
    clocks: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []


class CasesOut(Schema):
    """Cases, the newest first."""

    total: int
    cases: list[CaseOut]


def _document(case: Case, actor: Actor) -> dict[str, Any]:
    return {
        "id": str(case.public_id),
        "kind": case.kind,
        "state": str(case.state),
        "version": case.version,
        "record": str(case.record.public_id),
        "document_no": case.record.document_no,
        "entity": str(case.entity.public_id),
        "authority": case.authority.code,
        "authority_name_zh": case.authority.name_zh,
        "reasons": case.reasons,
        "opened_at": case.opened_at,
        "ended_at": case.ended_at,
        "moves": [event.code for event in queries.moves_for(actor, case)],
    }


def _whole(case: Case, actor: Actor) -> dict[str, Any]:
    course = queries.timeline(case, timezone.localdate())
    return _document(case, actor) | {
        "clocks": [
            {
                "code": view.clock.code,
                "started_on": view.clock.started_on,
                "due_on": view.clock.due_on,
                "working_days": view.clock.working_days,
                "working_days_left": view.working_days_left,
                "running": view.running,
                "mark": view.mark,
                "text_en": view.clock.text_en,
                "text_zh": view.clock.text_zh,
                "article_en": view.clock.article_en,
                "article_zh": view.clock.article_zh,
            }
            for view in course.clocks
        ],
        "steps": [
            {
                "number": item.step.number,
                "at": item.step.at,
                "event": item.step.event,
                "from": item.step.from_state,
                "to": item.step.to_state,
                "role": item.step.role,
                "note": item.step.note,
                "position": item.step.position,
            }
            for item in course.steps
        ],
    }


@router.get("/cases", response=CasesOut, auth=Bearer("cases:read"), summary="Cases")
def cases(
    request: HttpRequest,
    state: str = Query("", max_length=20),
    limit: int = Query(100, ge=1, le=500),
    offset: int = Query(0, ge=0, le=1_000_000),
) -> dict[str, Any]:
    """The cases that the account may see: an entity its own, an authority its own, the operator all."""
    actor = caller(request).actor
    visible = queries.cases_visible_to(actor)
    if state:
        visible = visible.filter(state=state)
    return {
        "total": visible.count(),
        "cases": [_document(case, actor) for case in visible[offset : offset + limit]],
    }


@router.get("/cases/{public_id}", response=CaseOut, auth=Bearer("cases:read"), summary="Case")
def case(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """One case with its steps and its clocks."""
    actor = caller(request).actor
    return _whole(queries.case_for(actor, known_id(public_id)), actor)


@router.post("/cases", response=CasesOut, auth=Bearer("cases:write"), summary="Apply or object")
def submit(request: HttpRequest, given: CaseIn) -> dict[str, Any]:
    """Apply once for the restoration of one or many records, or object to one. Only the entity itself may."""
    actor = caller(request).actor
    now = timezone.now()
    evidence = [_evidence(file, number) for number, file in enumerate(given.evidence)]
    common: dict[str, Any] = {
        "actor": actor,
        "statement": given.statement,
        "evidence": evidence,
        "key": given.key,
        "at": now,
        "today": timezone.localdate(now),
    }
    if given.kind == "restoration":
        application = commands.apply(
            records=given.records,
            commitment_name=given.commitment_name,
            performed_on=given.performed_on,
            **common,
        )
        made = list(queries.cases_of(actor, application))
    else:
        if len(given.records) != 1:
            raise Problem(
                422, "objection.one_record", "An objection is about one record.", "一次异议只针对一条记录。"
            )
        made = [commands.object_to(record=given.records[0], grounds=given.grounds, **common)]
    return {"total": len(made), "cases": [_document(item, actor) for item in made]}


def _evidence(file: EvidenceIn, number: int) -> commands.NewEvidence:
    try:
        content = base64.b64decode(file.content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem(
            422,
            "evidence.base64",
            "The file's content is not base64.",
            "文件内容不是有效的 base64。",
            detail=f"evidence[{number}].content",
        ) from error
    return commands.NewEvidence(
        name=file.name,
        media_type=file.media_type,
        content=content,
        material=file.material,
        record=file.record,
    )


def _move(request: HttpRequest, public_id: str, code: str, given: MoveIn) -> dict[str, Any]:
    actor = caller(request).actor
    held = queries.case_for(actor, known_id(public_id))
    now = timezone.now()
    more: dict[str, Any] = {} if code in ("accept", "withdraw") else {"reasons": given.reasons}
    step = getattr(commands, code)
    step(actor=actor, case=held, at=now, today=timezone.localdate(now), version=given.version, **more)
    return _whole(queries.case_for(actor, known_id(public_id)), actor)


@router.post("/cases/{public_id}/accept", response=CaseOut, auth=Bearer("cases:write"), summary="Accept")
def accept(request: HttpRequest, public_id: str, given: MoveIn) -> dict[str, Any]:
    """Accept an application, or take up an objection."""
    return _move(request, public_id, "accept", given)


@router.post("/cases/{public_id}/refuse", response=CaseOut, auth=Bearer("cases:write"), summary="Refuse")
def refuse(request: HttpRequest, public_id: str, given: MoveIn) -> dict[str, Any]:
    """Do not accept it, with reasons."""
    return _move(request, public_id, "refuse", given)


@router.post("/cases/{public_id}/grant", response=CaseOut, auth=Bearer("cases:write"), summary="Grant")
def grant(request: HttpRequest, public_id: str, given: MoveIn) -> dict[str, Any]:
    """Restore the record, or uphold the objection; publication ends in the same transaction."""
    return _move(request, public_id, "grant", given)


@router.post("/cases/{public_id}/deny", response=CaseOut, auth=Bearer("cases:write"), summary="Deny")
def deny(request: HttpRequest, public_id: str, given: MoveIn) -> dict[str, Any]:
    """Deny it, with reasons."""
    return _move(request, public_id, "deny", given)


@router.post("/cases/{public_id}/withdraw", response=CaseOut, auth=Bearer("cases:write"), summary="Withdraw")
def withdraw(request: HttpRequest, public_id: str, given: MoveIn) -> dict[str, Any]:
    """Take one's own application or objection back."""
    return _move(request, public_id, "withdraw", given)
