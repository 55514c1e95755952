"""How far each subscriber is: the operator sees all of them, a subscriber itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from goodstanding.exchange import queries
from goodstanding.registry.models import Account

from ..context import actor_from, only_for


@only_for(Account.Role.OPERATOR, Account.Role.SUBSCRIBER)
@require_safe
def feed_status(request: HttpRequest) -> HttpResponse:
    """Position, lag and receipts due of the subscribers that the reader may see."""
    actor = actor_from(request)
    now = timezone.now()
    statuses = queries.subscriber_status(at=now)
    if not actor.is_operator:
        own = queries.subscriber_of(actor.account_id)
        statuses = [status for status in statuses if own is not None and status.subscriber.pk == own.pk]
    head, sealed = queries.head()
    context = {"statuses": statuses, "head": head, "sealed": sealed, "now": now}
    return render(request, "portal/feed_status.html", context)
