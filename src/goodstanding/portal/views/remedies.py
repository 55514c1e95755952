"""Pages of an entity that does not agree: appeal against a result, a statement beside a record, a shield."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from goodstanding.casework import commands as casework
from goodstanding.casework import queries, remedies
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import Case
from goodstanding.registry import queries as registry
from goodstanding.registry.models import Account, Record

from ..context import actor_from, only_for
from ..remedies import AppealForm, ShieldForm, StatementForm


@only_for(Account.Role.ENTITY)
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Appeal against a case of one's own that ended against one."""
    actor = actor_from(request)
    try:
        about = queries.case_for(actor, public_id)
    except Case.DoesNotExist as error:
        raise Http404 from error
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = AppealForm(*sent, initial={"key": uuid.uuid4()})
    refusal = None
    if form.is_valid():
        try:
            made = casework.appeal(
                actor=actor,
                case=about.public_id,
                grounds=form.cleaned_data["grounds"],
                statement=form.cleaned_data["statement"],
                evidence=form.evidence(),
                key=form.cleaned_data["key"],
                at=timezone.now(),
                today=timezone.localdate(),
            )
        except CaseworkError as error:
            refusal = error
        else:
            messages.success(request, _("Your appeal is with the supervising body."))
            return redirect("case", made.public_id)
    elif request.method != "POST" and not remedies.may_appeal(actor, about, on=timezone.localdate()):
        raise Http404
    return render(request, "portal/appeal.html", {"case": about, "form": form, "refusal": refusal})


@only_for(Account.Role.ENTITY)
@require_http_methods(["GET", "HEAD", "POST"])
def shield(request: HttpRequest) -> HttpResponse:
    """Hand in a court's ruling, so that records are shielded while the plan is carried out."""
    actor, today = actor_from(request), timezone.localdate()
    records = remedies.shieldable(actor, on=today)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ShieldForm(*sent, records=records, initial={"key": uuid.uuid4()})
    refusal = None
    if form.is_valid():
        try:
            application = casework.ask_shield(
                actor=actor,
                records=form.cleaned_data["records"],
                statement=form.cleaned_data["statement"],
                evidence=form.evidence(),
                key=form.cleaned_data["key"],
                at=timezone.now(),
                today=today,
            )
        except CaseworkError as error:
            refusal = error
        else:
            return redirect("apply-done", application.public_id)
    return render(request, "portal/shield.html", {"form": form, "refusal": refusal, "records": records})


@only_for(Account.Role.ENTITY)
@require_http_methods(["GET", "HEAD", "POST"])
def statement(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Attach a statement to a record of one's own, or change it."""
    actor, record = actor_from(request), _record(request, public_id)
    form = StatementForm(request.POST or None, record=record)
    refusal = None
    if form.is_valid():
        try:
            remedies.attach(
                actor=actor,
                record=public_id,
                text=form.cleaned_data["text"],
                at=timezone.now(),
                today=timezone.localdate(),
            )
        except CaseworkError as error:
            refusal = error
        else:
            messages.success(request, _("Your statement stands beside the record."))
            return redirect("record", public_id)
    elif not remedies.may_state(actor, record, on=timezone.localdate()):
        raise Http404
    return render(request, "portal/statement.html", {"record": record, "form": form, "refusal": refusal})


@only_for(Account.Role.ENTITY)
@require_POST
def remove_statement(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take the statement off a record of one's own."""
    _record(request, public_id)
    try:
        remedies.take_off(
            actor=actor_from(request), record=public_id, at=timezone.now(), today=timezone.localdate()
        )
    except CaseworkError as error:
        raise Http404 from error
    messages.success(request, _("The statement was taken off."))
    return redirect("record", public_id)


def _record(request: HttpRequest, public_id: uuid.UUID) -> Record:
    actor = actor_from(request)
    try:
        found = registry.record_for(actor, public_id, on=timezone.localdate())
    except Record.DoesNotExist as error:
        raise Http404 from error
    if found.entity_id != actor.entity_id:
        raise Http404
    return found
