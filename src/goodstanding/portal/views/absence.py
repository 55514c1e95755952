"""An officer's absence, who stands in, and giving all open cases of one officer to another."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from goodstanding.casework import absence as absences
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.queries import officers_at
from goodstanding.registry.models import Account

from ..context import actor_from, only_for
from ..work_form import AbsenceForm, ReassignForm
from .work import outcome_page


@only_for(Account.Role.AUTHORITY)
@require_http_methods(["GET", "HEAD", "POST"])
def absence(request: HttpRequest) -> HttpResponse:
    """Say when one is absent, be back, or give all open cases of an officer to another."""
    actor = actor_from(request)
    assert actor.authority_id is not None  # the database gives every authority's account one
    officers = officers_at(actor.authority_id)
    doing = request.POST.get("doing", "")
    away = AbsenceForm(request.POST if doing == "absent" else None, officers=officers)
    given = ReassignForm(request.POST if doing == "reassign" else None, officers=officers)
    refusal = None
    try:
        if doing == "absent" and away.is_valid():
            absences.set_absence(actor=actor, **away.cleaned_data)
            messages.success(request, _("Your absence is set."))
            return redirect("absence")
        if doing == "back":
            absences.end_absence(actor=actor)
            messages.success(request, _("You are back."))
            return redirect("absence")
        if doing == "reassign" and given.is_valid():
            now = timezone.now()
            today = timezone.localdate(now)
            outcomes = absences.reassign(actor=actor, **given.cleaned_data, at=now, today=today)
            return outcome_page(request, "assign", outcomes)
    except CaseworkError as error:
        refusal = error
    context = {"away": away, "given": given, "said": absences.absence_of(actor), "refusal": refusal}
    status = 422 if request.method == "POST" else 200
    return render(request, "portal/absence.html", context, status=status)
