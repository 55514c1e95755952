"""How to verify: what a reader can check without trusting this site."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from goodstanding.registry import seal


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """What the log promises, its last signed state, and how to check it."""
    return render(request, "portal/verify.html", {"checkpoint": seal.latest(), "origin": settings.LOG_ORIGIN})
