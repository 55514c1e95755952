"""How to verify: what a reader can check without trusting this site."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from goodstanding.exchange import proofs, status_filter, vmap
from goodstanding.exchange.anchors import rounds as anchors
from goodstanding.registry import seal


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """What the log promises, its last signed state and the one that proofs rest upon, and how to check it."""
    used = anchors.shown()
    published = proofs.checkpoint()
    told = [item.newest for item in used if item.newest]
    sealed = seal.latest()
    context = {
        "sealed": sealed,
        "unwitnessed": (sealed.size if sealed else 0) - (published.size if published else 0),
        "checkpoint": published,
        "witnesses": [key.name for key in published.witnesses] if published else [],
        "map": vmap.published(published.size) if published else None,
        "origin": settings.LOG_ORIGIN,
        "witnessed": bool(settings.WITNESS_POLICY),
        "filter": status_filter.newest(),
        "anchors": used,
        "anchored": len(told),
        "anchored_at": max((item.anchored_at for item in told), default=None),
    }
    return render(request, "portal/verify.html", context)
