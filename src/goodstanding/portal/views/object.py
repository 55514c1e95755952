"""The form of an objection to one record."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from goodstanding.casework import objections
from goodstanding.casework.errors import CaseworkError
from goodstanding.registry import queries
from goodstanding.registry.models import Account, Record

from ..context import actor_from, only_for
from ..remedies import ObjectionForm


@only_for(Account.Role.ENTITY)
@require_http_methods(["GET", "HEAD", "POST"])
def object_to(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Object to a record of one's own. From the same moment on every reader sees that it is disputed."""
    actor, today = actor_from(request), timezone.localdate()
    try:
        record = queries.record_for(actor, public_id, on=today)
    except Record.DoesNotExist as error:
        raise Http404 from error
    if record.entity_id != actor.entity_id or not (record.adverse or record.kind == Record.Kind.FACT):
        raise Http404
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ObjectionForm(*sent, record=record, initial={"key": uuid.uuid4()})
    refusal = None
    if form.is_valid():
        try:
            said: dict[str, Any] = {
                "actor": actor,
                "record": record.public_id,
                "grounds": form.cleaned_data["grounds"],
                "statement": form.cleaned_data["statement"],
                "claim": form.claim(),
                "evidence": form.evidence(),
                "key": form.cleaned_data["key"],
                "at": timezone.now(),
                "today": today,
            }
            if record.home:
                return redirect("apply-done", objections.object_elsewhere(**said).public_id)
            case = objections.object_to(**said)
        except CaseworkError as error:
            refusal = error
        else:
            messages.success(
                request, _("Your objection is in. Every reader now sees that the record is disputed.")
            )
            return redirect("case", case.public_id)
    return render(request, "portal/object.html", {"record": record, "form": form, "refusal": refusal})
