"""How to verify: what a reader can check without trusting this site."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from goodstanding.exchange import status_filter
from goodstanding.exchange.anchors import rounds as anchors
from goodstanding.registry import seal


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """What the log promises, its last signed state, and how to check it."""
    used = anchors.shown()
    told = [item.newest for item in used if item.newest]
    context = {
        "checkpoint": seal.latest(),
        "origin": settings.LOG_ORIGIN,
        "witnessed": bool(settings.WITNESS_POLICY),
        "filter": status_filter.newest(),
        "anchors": used,
        "anchored": len(told),
        "anchored_at": max((item.anchored_at for item in told), default=None),
    }
    return render(request, "portal/verify.html", context)
