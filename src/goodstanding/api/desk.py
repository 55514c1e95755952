"""The desk of a body with a system of its own: notes, templates of reasons, absence, decisions taken back."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from goodstanding.casework import absence, annulment, notes, queries, reasons
from goodstanding.casework.chart import chart_of
from goodstanding.casework.guards import needs_second_look
from goodstanding.casework.models import Absence, Annulment, Case, Note, ReasonsTemplate
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account, Record
from goodstanding.registry.queries import record_for

from .auth import Bearer, require_role
from .problems import known_id, not_found

router = Router(tags=["desk"])
READ, WRITE = Bearer("cases:read"), Bearer("cases:write")


class NoteIn(Schema):
    """An internal note; the same ``key`` again writes it once."""

    text: str = Field(min_length=1, max_length=4000)
    key: uuid.UUID


class NoteOut(Schema):
    """An internal note: who wrote it, when."""

    id: str
    at: datetime
    by: str
    text: str


def _note(note: Note) -> dict[str, Any]:
    return {"id": str(note.public_id), "at": note.at, "by": note.by.user.get_username(), "text": note.text}


def _held(actor: Actor, public_id: str) -> Case:
    """A case that the officer's body holds; to others its notes look like nothing."""
    case = queries.case_for(actor, known_id(public_id))
    if not notes.may_read(actor, case):
        raise not_found()
    return case


@router.get("/cases/{public_id}/notes", response=list[NoteOut], auth=READ, summary="Internal notes")
def notes_of(request: HttpRequest, public_id: str) -> list[dict[str, Any]]:
    """The internal notes on a case, oldest first; to officers of the body that holds it only."""
    actor = _officer(request)
    return [_note(note) for note in notes.notes_of(actor, _held(actor, public_id))]


@router.post("/cases/{public_id}/notes", response=NoteOut, auth=WRITE, summary="Write an internal note")
def write_note(request: HttpRequest, public_id: str, given: NoteIn) -> dict[str, Any]:
    """Write an internal note on a case of one's own body."""
    actor = _officer(request)
    case = _held(actor, public_id)
    return _note(notes.write(actor=actor, case=case, text=given.text, key=given.key, at=timezone.now()))


class TemplateIn(Schema):
    """A template of reasons; ``instead_of`` makes it the next version of one."""

    kind: str = Field(max_length=16)
    event: str = Field(max_length=16)
    name: str = Field(max_length=80)
    text_zh: str = Field(max_length=4000)
    text_en: str = Field("", max_length=4000)
    instead_of: uuid.UUID | None = None


class TemplateOut(Schema):
    """A template of reasons. ``text``: both texts, in the answer for a case with its placeholders filled."""

    id: str
    series: str
    version: int
    kind: str
    event: str
    name: str
    text: str
    text_zh: str
    text_en: str
    at: datetime
    by: str


def _template(item: ReasonsTemplate, text: str | None = None) -> dict[str, Any]:
    said = {
        name: getattr(item, name) for name in ("version", "kind", "event", "name", "text_zh", "text_en", "at")
    }
    ids = {"id": str(item.public_id), "series": str(item.series), "by": item.by.user.get_username()}
    return said | ids | {"text": reasons.raw(item) if text is None else text}


@router.get("/templates", response=list[TemplateOut], auth=READ, summary="Templates of reasons")
def templates(request: HttpRequest) -> list[dict[str, Any]]:
    """The templates that the caller's authority keeps now."""
    return [_template(item) for item in reasons.templates_of(_officer(request))]


@router.post("/templates", response=TemplateOut, auth=WRITE, summary="Keep a template")
def keep_template(request: HttpRequest, given: TemplateIn) -> dict[str, Any]:
    """Keep a template, or the next version of one."""
    return _template(reasons.keep(actor=_officer(request), at=timezone.now(), **given.dict()))


@router.post("/templates/{public_id}/end", response=list[TemplateOut], auth=WRITE, summary="End a template")
def end_template(request: HttpRequest, public_id: str) -> list[dict[str, Any]]:
    """Offer a template no longer; what is kept now."""
    reasons.end(actor=_officer(request), template=known_id(public_id), at=timezone.now())
    return templates(request)


@router.get(
    "/cases/{public_id}/templates", response=list[TemplateOut], auth=READ, summary="Templates for a case"
)
def templates_for_case(
    request: HttpRequest, public_id: str, event: str = Query("", max_length=16)
) -> list[dict[str, Any]]:
    """The templates for the steps that the caller may take with a case (or for one), filled from the case."""
    actor, today = _officer(request), timezone.localdate()
    case = queries.case_for(actor, known_id(public_id))
    moves = queries.moves_for(actor, case, on=today)
    found = reasons.fitting(actor, case, [move for move in moves if event in ("", move.code)])
    return [
        _template(
            item,
            reasons.filled(
                reasons.raw(item), actor=actor, case=case, event=chart_of(case.kind).event(code), on=today
            ),
        )
        for code, items in found.items()
        for item in items
    ]


class AbsenceIn(Schema):
    """From which day to which the caller is absent, and who (user name) of the same authority stands in."""

    stand_in: str = Field(max_length=150)
    from_on: date
    until_on: date


class AbsenceOut(AbsenceIn):
    """The absence that the caller said last."""


def _absence(said: Absence) -> dict[str, Any]:
    return {"stand_in": said.stand_in.user.get_username(), "from_on": said.from_on, "until_on": said.until_on}


@router.get("/absence", response=AbsenceOut | None, auth=READ, summary="Absence")
def absence_of(request: HttpRequest) -> dict[str, Any] | None:
    """The caller's own absence; null where there is none."""
    said = absence.absence_of(_officer(request))
    return _absence(said) if said else None


@router.post("/absence", response=AbsenceOut, auth=WRITE, summary="Be absent")
def set_absence(request: HttpRequest, given: AbsenceIn) -> dict[str, Any]:
    """Say when one is absent and who stands in; it takes the place of what was said before."""
    return _absence(absence.set_absence(actor=_officer(request), **given.dict()))


@router.post("/absence/end", response=AbsenceOut | None, auth=WRITE, summary="Be back")
def end_absence(request: HttpRequest) -> dict[str, Any] | None:
    """Be back; the answer is null."""
    absence.end_absence(actor=_officer(request))
    return absence_of(request)


class WithdrawalIn(Schema):
    """By which document a decision is withdrawn, and why (the entity reads it)."""

    document: str = Field(max_length=200)
    reasons: str = Field(max_length=4000)


class CorrectionIn(Schema):
    """The right value of each public column that is wrong, and the document that proves it."""

    document: str = Field(max_length=200)
    changes: dict[str, str] = Field(min_length=1)


class AnnulledOut(Schema):
    """The state of the record, and what waits for a second officer (null: it is done)."""

    record: str
    state: str
    proposed: str | None


class AnnulmentOut(Schema):
    """What one officer proposed to do with a serious record."""

    id: str
    record: str
    document_no: str
    act: str
    document: str
    reasons: str
    changes: dict[str, str]
    by: str
    at: datetime


def _own(actor: Actor, public_id: str) -> Record:
    """A record that the caller's body may take back."""
    record = record_for(actor, known_id(public_id), on=timezone.localdate())
    if not annulment.may_annul(actor, record):
        raise not_found()
    return record


def _annulled(record: Record, proposed: Annulment | None = None) -> dict[str, Any]:
    return {
        "record": str(record.public_id),
        "state": str(record.state),
        "proposed": str(proposed.public_id) if proposed else None,
    }


@router.post(
    "/records/{public_id}/withdrawal", response=AnnulledOut, auth=WRITE, summary="Withdraw a decision"
)
def withdraw(request: HttpRequest, public_id: str, given: WithdrawalIn) -> dict[str, Any]:
    """Withdraw a decision of one's own body; of a serious record, propose it to a second officer."""
    actor, now = _officer(request), timezone.now()
    record, said = _own(actor, public_id), given.dict()
    if needs_second_look(record):
        act = Annulment.Act.WITHDRAW
        return _annulled(
            record, annulment.propose(actor=actor, record=record.public_id, act=act, at=now, **said)
        )
    today = timezone.localdate(now)
    return _annulled(
        annulment.withdraw_decision(actor=actor, record=record.public_id, at=now, today=today, **said)
    )


@router.post(
    "/records/{public_id}/correction", response=AnnulledOut, auth=WRITE, summary="Correct a decision"
)
def correct(request: HttpRequest, public_id: str, given: CorrectionIn) -> dict[str, Any]:
    """Correct a decision of one's own body; of a serious record, propose it to a second officer."""
    actor, now = _officer(request), timezone.now()
    record, said = _own(actor, public_id), given.dict()
    if needs_second_look(record):
        act = Annulment.Act.CORRECT
        return _annulled(
            record, annulment.propose(actor=actor, record=record.public_id, act=act, at=now, **said)
        )
    return _annulled(annulment.correct_decision(actor=actor, record=record.public_id, at=now, **said))


@router.get("/annulments", response=list[AnnulmentOut], auth=READ, summary="What waits for a second officer")
def annulments(request: HttpRequest) -> list[dict[str, Any]]:
    """What officers of the caller's body proposed to do with serious records and nobody decided yet, oldest first."""
    return [
        {
            "id": str(item.public_id),
            "record": str(item.record.public_id),
            "document_no": item.record.document_no,
            "by": item.by.user.get_username(),
        }
        | {name: getattr(item, name) for name in ("act", "document", "reasons", "changes", "at")}
        for item in annulment.waiting(_officer(request))
    ]


@router.post(
    "/annulments/{public_id}/confirm", response=AnnulledOut, auth=WRITE, summary="Agree as second officer"
)
def confirm(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """Agree to what another officer of the same body proposed; it happens at once."""
    actor, now = _officer(request), timezone.now()
    return _annulled(
        annulment.confirm(actor=actor, annulment=known_id(public_id), at=now, today=timezone.localdate(now))
    )


@router.post(
    "/annulments/{public_id}/drop", response=list[AnnulmentOut], auth=WRITE, summary="Drop a proposal"
)
def drop(request: HttpRequest, public_id: str) -> list[dict[str, Any]]:
    """Take back what was proposed, or turn it down; what waits now."""
    annulment.drop(actor=_officer(request), annulment=known_id(public_id), at=timezone.now())
    return annulments(request)


def _officer(request: HttpRequest) -> Actor:
    """The officer who calls. Raises Problem: auth.role."""
    return require_role(request, Account.Role.AUTHORITY).actor
