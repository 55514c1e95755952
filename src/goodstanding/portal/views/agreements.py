"""Sharing agreements: the operator sees all of them, a subscriber its own."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from goodstanding.exchange import agreement_queries as queries
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.models import Subscriber
from goodstanding.exchange.queries import subscriber_of
from goodstanding.registry.models import Account

from ..context import actor_from, only_for


@only_for(Account.Role.OPERATOR, Account.Role.SUBSCRIBER)
@require_safe
def agreements(request: HttpRequest) -> HttpResponse:
    """The agreements that the reader may see: those that wait for somebody first."""
    is_all, of = _whose(request)
    rows = queries.agreements(of=of, on=timezone.localdate()) if is_all or of else []
    return render(request, "portal/agreements.html", {"rows": rows, "is_all": is_all})


@only_for(Account.Role.OPERATOR, Account.Role.SUBSCRIBER)
@require_safe
def agreement(request: HttpRequest, reference: str) -> HttpResponse:
    """What one agreement says, who has signed it, what would change, and what is owed."""
    is_all, of = _whose(request)
    if not is_all and of is None:
        raise Http404
    try:
        row = queries.agreement(reference, of=of, on=timezone.localdate())
    except ExchangeError as error:
        raise Http404 from error
    context = {
        "row": row,
        "terms": row.document.terms,
        "digest": bytes(row.held.digest).hex() if row.held else "",
        "waiting_digest": bytes(row.waiting.digest).hex() if row.waiting else "",
    }
    return render(request, "portal/agreement.html", context)


def _whose(request: HttpRequest) -> tuple[bool, Subscriber | None]:
    """Whether the reader sees all agreements, and else whose."""
    actor = actor_from(request)
    return actor.is_operator, None if actor.is_operator else subscriber_of(actor.account_id)
