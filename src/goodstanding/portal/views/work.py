"""An authority's work list: open cases in the order of their statutory days."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from goodstanding.casework import queries
from goodstanding.casework.chart import chart_of
from goodstanding.registry.models import Account

from ..context import actor_from, only_for
from ..ways import ShownCase


@only_for(Account.Role.AUTHORITY, Account.Role.OPERATOR)
@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """What has to be decided, the most pressing first."""
    items = queries.work_list(actor=actor_from(request), on=timezone.localdate())
    shown = [(item, ShownCase(item.case, chart_of(item.case.kind))) for item in items]
    marks = {mark: sum(item.mark == mark for item in items) for mark in ("late", "soon", "ok")}
    return render(request, "portal/work.html", {"items": shown, "marks": marks})
