"""The page on which an officer reopens a restoration that came from a false commitment or forged papers."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from goodstanding.casework import commands, queries
from goodstanding.casework.bars import may_reopen
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import Case
from goodstanding.registry.models import Account

from ..context import actor_from, only_for
from ..forms import EVIDENCE_HINT, FilesField
from ..remedies import proofs


class ReopeningForm(forms.Form):
    """Which facts, and what shows them."""

    key = forms.UUIDField(widget=forms.HiddenInput())
    document = forms.CharField(
        min_length=2, max_length=200, label=gettext_lazy("Source document (number or title)")
    )
    reasons = forms.CharField(
        min_length=10,
        max_length=4000,
        label=gettext_lazy("Which facts were false (the entity reads it)"),
        help_text=gettext_lazy("10 to 4,000 characters."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    files = FilesField(required=False, label=gettext_lazy("Files"), help_text=EVIDENCE_HINT)


@only_for(Account.Role.AUTHORITY)
@require_http_methods(["GET", "HEAD", "POST"])
def reopen(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Reopen a restoration that one's own body granted; the entity is heard before anything changes."""
    actor = actor_from(request)
    try:
        about = queries.case_for(actor, public_id)
    except Case.DoesNotExist as error:
        raise Http404 from error
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ReopeningForm(*sent, initial={"key": uuid.uuid4()})
    refusal = None
    if form.is_valid():
        try:
            made = commands.reopen(
                actor=actor,
                case=about.public_id,
                reasons=form.cleaned_data["reasons"],
                document=form.cleaned_data["document"],
                evidence=proofs(form.cleaned_data["files"]),
                key=form.cleaned_data["key"],
                at=timezone.now(),
                today=timezone.localdate(),
            )
        except CaseworkError as error:
            refusal = error
        else:
            messages.success(request, _("The case was reopened; the entity is told and may answer."))
            return redirect("case", made.public_id)
    elif request.method != "POST" and not may_reopen(actor, about):
        raise Http404
    return render(request, "portal/reopen.html", {"case": about, "form": form, "refusal": refusal})
