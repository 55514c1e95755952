"""Whom an entity lets act for it, and for whom it acts itself."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from goodstanding.casework import mandates
from goodstanding.casework.errors import CaseworkError
from goodstanding.registry.actor import actor_of
from goodstanding.registry.models import Account

from .. import acting
from ..context import account_from, only_for
from ..remedies import MandateForm


@only_for(Account.Role.ENTITY)
@require_http_methods(["GET", "HEAD", "POST"])
def agents(request: HttpRequest) -> HttpResponse:
    """The mandates that the reader's entity gave, a form for another one, and those that the reader holds."""
    account, today = _account(request), timezone.localdate()
    actor = actor_of(account)
    form = MandateForm(request.POST or None, today=today)
    refusal = None
    if form.is_valid():
        try:
            mandates.give_mandate(actor=actor, **form.cleaned_data, at=timezone.now(), today=today)
        except CaseworkError as error:
            refusal = error
        else:
            messages.success(request, _("The agent can act for you from now on."))
            return redirect("agents")
    context = {
        "form": form,
        "refusal": refusal,
        "given": mandates.given_by(actor),
        "held": mandates.held_by(account.pk, on=today),
        "today": today,
    }
    return render(request, "portal/agents.html", context)


@only_for(Account.Role.ENTITY)
@require_POST
def revoke_mandate(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take a mandate back at once."""
    try:
        mandates.revoke_mandate(actor=actor_of(_account(request)), mandate=public_id, at=timezone.now())
    except CaseworkError as error:
        raise Http404 from error
    messages.success(
        request, _("The mandate is revoked; the agent can no longer see or do anything for you.")
    )
    return redirect("agents")


@only_for(Account.Role.ENTITY)
@require_POST
def act_for(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Act for a principal from now on."""
    acting.choose(request, _account(request), public_id)
    return redirect("my")


@only_for(Account.Role.ENTITY)
@require_POST
def act_for_oneself(request: HttpRequest) -> HttpResponse:
    """Act for oneself again."""
    acting.choose(request, _account(request), None)
    return redirect("my")


def _account(request: HttpRequest) -> Account:
    account = account_from(request)
    assert account is not None  # only_for sees to it
    return account
