"""Supervision: how each authority keeps its days, and which cases are late, since when."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from goodstanding.casework import desk
from goodstanding.casework.chart import chart_of
from goodstanding.casework.supervision import BACK, DUE_WITHIN, supervision
from goodstanding.registry.models import Account

from ..charts import bars
from ..context import actor_from, only_for
from ..ways import ShownCase

LATE = desk.Wanted(mark="late")


@only_for(Account.Role.OPERATOR)
@require_safe
def supervise(request: HttpRequest) -> HttpResponse:
    """Every authority with its figures, and the cases that are late, the longest late first."""
    actor, today = actor_from(request), timezone.localdate()
    found = supervision(actor=actor, on=today)
    late = desk.work_list(actor=actor, on=today, wanted=LATE)
    names = {row.authority.code: row for row in found}
    context = {
        "rows": found,
        "chart": [
            (names[bar.code].authority, bar) for bar in bars({code: names[code].late for code in names})
        ],
        "late": [(item, ShownCase(item.case, chart_of(item.case.kind))) for item in late.items],
        "more": bool(late.after),
        "back": BACK,
        "within": DUE_WITHIN,
        "due_before": desk.soon_until(today, within=DUE_WITHIN) + timedelta(days=1),
    }
    return render(request, "portal/supervision.html", context)
