"""The page of a case: where it stands, every step with its reasons, the clocks day by day, the files."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from goodstanding.casework import commands, notes, queries, reasons, remedies
from goodstanding.casework.bars import bar_on, may_reopen, record_of_false_commitment
from goodstanding.casework.certified import is_certified
from goodstanding.casework.chart import Event, chart_of
from goodstanding.casework.clocks import pause_grounds
from goodstanding.casework.eligibility import pack_of
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.evidence import FILE_LIMIT
from goodstanding.casework.evidence_reading import evidence_of, materials_of
from goodstanding.casework.models import Case, Kind
from goodstanding.casework.own_motion import missing_proof
from goodstanding.casework.receipts import receipt_of
from goodstanding.casework.together import move_together, not_shielded_beside, others_of
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account

from ..clock import calendar_of
from ..columns import labelled
from ..context import actor_from, only_for
from ..forms import MoveForm, NoteForm
from ..language import problem, said
from ..progress import help_of, progress_of
from ..ways import ShownCase

PARTIES = (Account.Role.ENTITY, Account.Role.AUTHORITY, Account.Role.OPERATOR)


@only_for(*PARTIES)
@require_safe
def case(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One case as its entity, its authority or the operator sees it."""
    return _page(request, _case(request, public_id))


@only_for(*PARTIES)
@require_POST
def case_move(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take one step of a case, as its chart allows."""
    found = _case(request, public_id)
    form = MoveForm(request.POST)
    if not form.is_valid():
        raise Http404
    event, given = form.cleaned_data["event"], form.given
    if event in ("correct", "propose_correct"):
        given |= {"correction": {item["field"]: item["new"] for item in found.application.claim}}
    step: dict[str, Any] = {
        "actor": actor_from(request),
        "case": found,
        "at": timezone.now(),
        "today": timezone.localdate(),
        "version": form.cleaned_data["version"],
        "reasons": form.cleaned_data["reasons"],
        "given": given,
    }
    try:
        if event == "hand_over":
            notes.hand_over(with_notes=form.cleaned_data["notes"], **step)
        elif form.cleaned_data["together"]:
            for other, error in move_together(event, **step).refused:
                messages.error(request, f"{other.record.document_no}: {problem(error)}")
        else:
            commands.move(event, evidence=uploaded(request), **step)
    except CaseworkError as error:
        return _page(
            request,
            _case(request, public_id),
            refused=(event, form.cleaned_data["reasons"], error),
            status=409 if error.code in ("case.changed", "case.not_allowed") else 422,
        )
    done = said(chart_of(found.kind).event(event), "name")
    messages.success(request, _("Done: {step}").format(step=done))
    return redirect("case", public_id)


@only_for(Account.Role.AUTHORITY)
@require_POST
def case_note(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Write an internal note on a case."""
    found, form = _case(request, public_id), NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, found, note=form, status=422)
    try:
        notes.write(actor=actor_from(request), case=found, at=timezone.now(), **form.cleaned_data)
    except CaseworkError as error:
        form.add_error("text", problem(error))
        return _page(request, found, note=form, status=422)
    messages.success(request, _("The note is written."))
    return redirect(f"{reverse('case', args=[public_id])}#notes")


@only_for(*PARTIES)
@require_safe
def case_receipt(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The receipt of a case's decision: JSON that replays to the same bytes."""
    content = receipt_of(_case(request, public_id))
    if content is None:
        raise Http404
    return HttpResponse(
        content,
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="decision-receipt.json"'},
    )


def uploaded(request: HttpRequest) -> list[commands.NewEvidence]:
    """The files that came with a step; of one beyond the limit only as much is read as shows that it is."""
    return [
        commands.NewEvidence(
            name=file.name or "", media_type=file.content_type or "", content=file.read(FILE_LIMIT + 1)
        )
        for file in request.FILES.getlist("files")
        if isinstance(file, UploadedFile)
    ]


def _case(request: HttpRequest, public_id: uuid.UUID) -> Case:
    try:
        return queries.case_for(actor_from(request), public_id)
    except Case.DoesNotExist as error:
        raise Http404 from error


def _related(actor: Actor, case: Case) -> list[tuple[ShownCase, bool]]:
    """The case that this one is about (True) and those that followed it, as far as the reader may see them."""
    visible = queries.cases_visible_to(actor).order_by("opened_at", "pk")
    found = visible.filter(Q(pk=case.about_id) | Q(about=case))
    return [(ShownCase(item, chart_of(item.kind)), item.pk == case.about_id) for item in found]


def _picked(actor: Actor, case: Case, moves: Sequence[Event], template: str) -> tuple[str, str]:
    """The step for which an officer picked a template of reasons, and its text for the case; empty for none."""
    kept = {str(item.public_id): item for item in reasons.templates_of(actor)} if template else {}
    picked = kept.get(template)
    event = next((move for move in moves if picked is not None and picked.event == move.code), None)
    if picked is None or event is None or picked.kind != case.kind:
        return "", ""
    text = reasons.raw(picked)
    return event.code, reasons.filled(text, actor=actor, case=case, event=event, on=timezone.localdate())


def _claimed(case: Case) -> list[tuple[str, str, str]]:
    """What an objection wants to be different: each field's business name, what it said, what it should say."""
    names = {column: name for column, name, _value in labelled(case.record, "public")}
    return [
        (names.get(item["field"], item["field"]), item["old"], item["new"]) for item in case.application.claim
    ]


def _page(
    request: HttpRequest,
    found: Case,
    *,
    refused: tuple[str, str, CaseworkError] | None = None,
    note: NoteForm | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, today = actor_from(request), timezone.localdate()
    moves = queries.moves_for(actor, found, on=today)
    written = refused[:2] if refused else _picked(actor, found, moves, request.GET.get("template", ""))
    templates = reasons.fitting(actor, found, moves)
    course = queries.timeline(found, today)
    chart = chart_of(found.kind)
    grounds = next((item for item in chart.grounds if item.code == found.application.grounds), None)
    context = {
        "case": found,
        "chart": chart,
        "course": course,
        "calendars": [calendar_of(view, today=today) for view in course.clocks],
        # What leads on stands first; pauses and hand-overs after it.
        "moves": [
            (move, written[1] if written[0] == move.code else "", templates.get(move.code, []))
            for move in sorted(moves, key=lambda move: move.to is None)
        ],
        "may_note": notes.may_read(actor, found),
        "notes": notes.notes_of(actor, found),
        "note": note or NoteForm(initial={"key": uuid.uuid4()}),
        "officers": queries.officers_of(found),
        "authorities": queries.other_authorities(found),
        "pauses": pause_grounds(found),
        "sanctions": pack_of(found.record).sanctions,
        "claim": _claimed(found),
        "files": evidence_of(actor, found, on=today),
        "materials": materials_of(actor, found, on=today),
        "grounds": grounds,
        "receipt": receipt_of(found),
        "certified": is_certified(actor, found, on=today),
        "missing": missing_proof(found) if found.is_open else None,
        "bar": bar_on(found.record, on=today) if found.is_open and found.kind == Kind.RESTORATION else None,
        "entered": record_of_false_commitment(found),
        "beside": others_of(actor, found) if actor.role == Account.Role.AUTHORITY else [],
        "later": not_shielded_beside(found, on=today)
        if queries.mover_of(actor, found) != "consulted"
        else [],
        "progress": progress_of(found, actor=actor, on=today),
        "helped": help_of(found, actor=actor, on=today),
        "may_reopen": may_reopen(actor, found),
        "may_appeal": remedies.may_appeal(actor, found, on=today),
        "related": _related(actor, found),
        "refused_event": refused[0] if refused else "",
        "refusal": refused[2] if refused else None,
        "refusal_text": problem(refused[2]) if refused else "",
    }
    return render(request, "portal/case.html", context, status=status)
