"""Cases of restoration and objection: applying, deciding, following."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from goodstanding.casework import commands, forwarding, notes, objections, queries
from goodstanding.casework.evidence_reading import evidence_of
from goodstanding.casework.models import Application, Case, Forwarding
from goodstanding.casework.receipts import receipt_of
from goodstanding.registry.actor import Actor

from .auth import Bearer, caller
from .case_files import EvidenceIn, FileOut, evidence_from, file_document
from .problems import Problem, known_id

router = Router(tags=["cases"])


class CaseIn(Schema):
    """What is handed in: an application for the restoration of one or many records, an objection to one (``claim``:
    what its fields should say), a court's ruling for a shield, an appeal against a case or, by its authority, the
    reopening of one (``case``; ``document`` shows its facts, ``statement`` says them).

    ``key`` makes it idempotent: the same key again returns what it made.
    """

    kind: Literal["restoration", "objection", "reorganisation", "appeal", "reopening"]
    records: list[uuid.UUID] = Field(default_factory=list, max_length=200)
    case: uuid.UUID | None = None
    claim: dict[str, str] = Field(default_factory=dict)
    document: str = ""
    key: uuid.UUID
    statement: str = ""
    commitment_name: str = ""
    performed_on: date | None = None
    grounds: str = ""
    evidence: list[EvidenceIn] = Field(default_factory=list, max_length=50)


class MoveIn(Schema):
    """What a step says: its reasons and what else the chart asks for by name (``given``: officer, authority, ground,
    document, correction, sanction). ``version`` of the case that the decision is about (any, if left out); the same
    ``key`` again changes nothing. ``notes``: a hand-over sends the internal notes along.
    """

    reasons: str = ""
    given: dict[str, Any] = Field(default_factory=dict)
    evidence: list[EvidenceIn] = Field(default_factory=list, max_length=20)
    version: int | None = None
    key: uuid.UUID | None = None
    notes: bool = False


class FetchOut(Schema):
    """A material that a body of the government holds: whether it came, or why not."""

    material: str
    holder_en: str
    holder_zh: str
    state: str
    reason_en: str
    reason_zh: str
    next_at: datetime | None


class CaseOut(Schema):
    """A case with its clocks, its steps and its files."""

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
    evidence: list[FileOut] = []
    fetches: list[FetchOut] = []


class ForwardedOut(Schema):
    """What was handed in here and is decided in another instance (``home``).

    ``state`` is waiting, open, ended or refused; ``told`` is what that instance says of it: its case, its state,
    reasons, dates, and the receipt of the decision.
    """

    id: str
    kind: str
    state: str
    record: str
    home: str
    handed_in_at: datetime
    told: dict[str, Any]


class CasesOut(Schema):
    """Cases, the newest first; ``forwarded`` are those of them that another instance decides."""

    total: int
    cases: list[CaseOut]
    forwarded: list[ForwardedOut] = []


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
        "moves": [event.code for event in queries.moves_for(actor, case, on=timezone.localdate())],
    }


def _forwarded(found: Iterable[Forwarding]) -> list[dict[str, Any]]:
    return [
        {
            "id": str(one.public_id),
            "kind": one.application.kind,
            "state": str(one.state),
            "record": str(one.record.public_id),
            "home": one.record.home,
            "handed_in_at": one.application.submitted_at,
            "told": one.told,
        }
        for one in found
    ]


def _whole(case: Case, actor: Actor) -> dict[str, Any]:
    today = timezone.localdate()
    course = queries.timeline(case, today)
    return _document(case, actor) | {
        "evidence": [file_document(shown) for shown in evidence_of(actor, case, on=today)],
        "fetches": list(case.fetches.order_by("pk")),
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
        "forwarded": [] if state else _forwarded(forwarding.visible_to(actor)[offset : offset + limit]),
    }


@router.get("/cases/{public_id}", response=CaseOut, auth=Bearer("cases:read"), summary="Case")
def case(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """One case with its steps and its clocks."""
    actor = caller(request).actor
    return _whole(queries.case_for(actor, known_id(public_id)), actor)


@router.get("/cases/{public_id}/receipt", auth=Bearer("cases:read"), summary="Receipt of a decision")
def receipt(request: HttpRequest, public_id: str) -> HttpResponse:
    """What the law said when the case was decided, as canonical JSON that replays to the same bytes."""
    content = receipt_of(queries.case_for(caller(request).actor, known_id(public_id)))
    if content is None:
        raise Problem(
            404,
            "receipt.none",
            "No decision on the matter was made in this case, or its record was erased.",
            "该案件尚无依规则作出的决定，或者有关信息已被删除。",
        )
    return HttpResponse(content, content_type="application/json; charset=utf-8")


@router.post("/cases", response=CasesOut, auth=Bearer("cases:write"), summary="Hand in")
def submit(request: HttpRequest, given: CaseIn) -> dict[str, Any]:
    """Hand something in: an application, an objection, a court's ruling, an appeal; or reopen a restoration."""
    actor = caller(request).actor
    now = timezone.now()
    common: dict[str, Any] = {
        "actor": actor,
        "evidence": evidence_from(given.evidence),
        "key": given.key,
        "at": now,
        "today": timezone.localdate(now),
    }
    made = _handed_in(given, common)
    if isinstance(made, Application):
        sent = forwarding.visible_to(actor).filter(application=made)
        return {"total": 0, "cases": [], "forwarded": _forwarded(sent)}
    return {"total": len(made), "cases": [_document(item, actor) for item in made]}


def _handed_in(given: CaseIn, common: dict[str, Any]) -> list[Case] | Application:
    """The cases that were opened; the application where it goes to another instance."""
    statement = {"statement": given.statement}
    if given.kind in ("appeal", "reopening"):
        if given.case is None or given.records:
            raise Problem(
                422, "case.one", f"Name the case of the {given.kind}, and no records.", "请指明所涉案件。"
            )
        if given.kind == "appeal":
            return [commands.appeal(case=given.case, grounds=given.grounds, **statement, **common)]
        reasons = {"reasons": given.statement, "document": given.document}
        return [commands.reopen(case=given.case, **reasons, **common)]
    if given.kind == "objection":
        if len(given.records) != 1:
            raise Problem(
                422, "objection.one_record", "An objection is about one record.", "一次异议只针对一条记录。"
            )
        about = {"record": given.records[0], "grounds": given.grounds, "claim": given.claim}
        if queries.lives_elsewhere(given.records[0]):
            return objections.object_elsewhere(**about, **statement, **common)
        return [objections.object_to(**about, **statement, **common)]
    if given.kind == "reorganisation":
        application = commands.ask_shield(records=given.records, **statement, **common)
    else:
        application = commands.apply(
            records=given.records,
            commitment_name=given.commitment_name,
            performed_on=given.performed_on,
            **statement,
            **common,
        )
    if application.forwardings.exists():
        return application
    return list(queries.cases_of(common["actor"], application))


@router.post(
    "/cases/{public_id}/moves/{code}", response=CaseOut, auth=Bearer("cases:write"), summary="Take a step"
)
def move(request: HttpRequest, public_id: str, code: str, given: MoveIn) -> dict[str, Any]:
    """Take one step of a case: an event of its kind's chart that the case offers the caller under ``moves``."""
    actor = caller(request).actor
    held = queries.case_for(actor, known_id(public_id))
    now = timezone.now()
    step: dict[str, Any] = {
        "actor": actor,
        "case": held,
        "at": now,
        "today": timezone.localdate(now),
        "reasons": given.reasons,
        "given": given.given,
        "evidence": evidence_from(given.evidence),
        "version": given.version,
        "key": given.key,
    }
    if code == "hand_over":
        notes.hand_over(with_notes=given.notes, **step)
    else:
        commands.move(code, **step)
    return _whole(queries.case_for(actor, known_id(public_id)), actor)
