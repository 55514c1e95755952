"""Asking for items of the catalogue, and answering such requests."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from goodstanding.exchange import subscription_requests as requests
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.queries import subscriber_of
from goodstanding.registry.models import Account

from ..context import actor_from, only_for
from ..language import problem
from ..subscription_form import RequestForm
from .agreements import shown_agreements


@only_for(Account.Role.SUBSCRIBER)
@require_http_methods(["GET", "HEAD", "POST"])
def request_items(request: HttpRequest) -> HttpResponse:
    """Ask for items of the catalogue, with purpose, ground, places and way."""
    subscriber = subscriber_of(actor_from(request).account_id)
    if subscriber is None:
        raise Http404
    now = timezone.now()
    form = RequestForm(
        request.POST if request.method == "POST" else None,
        offered=requests.offered(at=now),
        subscriber=subscriber,
        initial={"methods": ["feed"]},
    )
    refusal = None
    if form.is_valid():
        try:
            requests.ask(subscriber=subscriber, at=now, **form.cleaned_data)
        except ExchangeError as error:
            refusal = error
        else:
            messages.success(request, _("Your request is with the operator."))
            return redirect("agreements")
    refused = refusal is not None or bool(form.errors)
    return render(
        request,
        "portal/request_items.html",
        {"form": form, "refusal": refusal},
        status=422 if refused else 200,
    )


@only_for(Account.Role.SUBSCRIBER)
@require_POST
def withdraw_request(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take one's own request back while it waits."""
    subscriber = subscriber_of(actor_from(request).account_id)
    if subscriber is None:
        raise Http404
    try:
        requests.withdraw(request=public_id, subscriber=subscriber, at=timezone.now())
    except ExchangeError as error:
        if error.code == "request.unknown":
            raise Http404 from error
        messages.error(request, problem(error))
    else:
        messages.success(request, _("Your request is withdrawn."))
    return redirect("agreements")


@only_for(Account.Role.OPERATOR)
@require_POST
def decide_request(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Draft an agreement from a request, or turn it down with reasons."""
    decision, reasons = request.POST.get("decision", ""), request.POST.get("reasons", "")
    now = timezone.now()
    try:
        if decision == "draft":
            done = requests.draft(request=public_id, at=now)
        elif decision == "turn_down":
            done = requests.turn_down(request=public_id, reasons=reasons, at=now)
        else:
            raise ExchangeError("request.decision")
    except ExchangeError as error:
        if error.code == "request.unknown":
            raise Http404 from error
        refused = {"request": public_id, "error": error, "reasons": reasons}
        return shown_agreements(request, refused, status=409 if error.code == "request.state" else 422)
    if done.agreement is None:
        messages.success(request, _("Turned down. The subscriber reads your reasons."))
        return redirect("agreements")
    messages.success(request, _("Drafted. It holds once both sides have signed."))
    return redirect("agreement", done.agreement.reference)
