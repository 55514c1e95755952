"""The first page: search, with its results on the same page. Anyone may use it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from goodstanding.registry import queries
from goodstanding.registry.models import Entity

from ..context import actor_from


@dataclass(frozen=True, slots=True)
class ShownHit:
    """A search result with the name that the reader may see."""

    entity: Entity
    name: str
    masked: bool
    code: str
    records: int


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Search by name in Chinese or Latin letters, or by code."""
    text = request.GET.get("q", "").strip()[:200]
    actor = actor_from(request)
    hits = []
    for hit in queries.search(text, on=timezone.localdate()):
        name = queries.shown_name(hit.entity, actor)
        hits.append(ShownHit(hit.entity, name, name != hit.entity.name, hit.code, hit.records))
    return render(request, "portal/home.html", {"text": text, "hits": hits})
