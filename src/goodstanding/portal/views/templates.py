"""The page on which an authority keeps its templates of reasons."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from goodstanding.casework import reasons
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.placeholders import NAMES
from goodstanding.registry.models import Account

from ..context import actor_from, only_for
from ..work_form import TemplateForm, step_names


@only_for(Account.Role.AUTHORITY)
@require_http_methods(["GET", "HEAD", "POST"])
def templates(request: HttpRequest) -> HttpResponse:
    """What the authority keeps; write a template, change it (its next version), or end it."""
    actor, now = actor_from(request), timezone.now()
    kept, refusal = reasons.templates_of(actor), None
    asked = request.GET.get("change", "")
    changed = next((item for item in kept if str(item.public_id) == asked), None)
    form = TemplateForm(None if "end" in request.POST else request.POST or None, template=changed)
    try:
        if "end" in request.POST:
            reasons.end(actor=actor, template=request.POST["end"], at=now)
            messages.success(request, _("The template is offered no longer."))
            return redirect("templates")
        if form.is_valid():
            instead_of = changed.public_id if changed else None
            reasons.keep(actor=actor, instead_of=instead_of, at=now, **form.cleaned_data)
            messages.success(request, _("The template is kept."))
            return redirect("templates")
    except CaseworkError as error:
        refusal = error
    names = step_names()
    context = {
        "kept": [(item, names.get(f"{item.kind}.{item.event}", item.event)) for item in kept],
        "changed": changed,
        "form": form,
        "placeholders": [(f"{{{en}}}", f"{{{zh}}}", what) for what, (en, zh) in NAMES.items()],
        "refusal": refusal,
    }
    return render(request, "portal/templates.html", context, status=422 if refusal or form.errors else 200)
