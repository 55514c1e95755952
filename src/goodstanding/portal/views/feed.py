"""How far each subscriber is: the operator sees all, and the neighbours that are followed; a subscriber itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from goodstanding.exchange import agreed_files, queries, reconciliation_queries
from goodstanding.exchange.federation.links import standing
from goodstanding.registry.models import Account

from ..context import actor_from, only_for


@only_for(Account.Role.OPERATOR, Account.Role.SUBSCRIBER)
@require_safe
def feed_status(request: HttpRequest) -> HttpResponse:
    """Position, lag, receipts due and the last reconciliations of the subscribers that the reader may see."""
    actor = actor_from(request)
    now = timezone.now()
    statuses = queries.subscriber_status(at=now)
    if not actor.is_operator:
        own = queries.subscriber_of(actor.account_id)
        statuses = [status for status in statuses if own is not None and status.subscriber.pk == own.pk]
    shown = {status.subscriber.pk for status in statuses}
    standings = [item for item in reconciliation_queries.standings(at=now) if item.subscriber.pk in shown]
    files = [item for item in agreed_files.standings(at=now) if item.agreement.subscriber_id in shown]
    head, sealed = queries.head()
    context = {
        "statuses": statuses,
        "standings": standings,
        "file_standings": files,
        "head": head,
        "sealed": sealed,
        "now": now,
        "actor": actor,
        "neighbours": standing() if actor.is_operator else [],
    }
    return render(request, "portal/feed_status.html", context)
