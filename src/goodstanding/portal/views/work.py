"""An authority's work list: open cases in the order of their statutory days, filtered, a page at a time."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from goodstanding.casework import desk
from goodstanding.casework.chart import chart_of
from goodstanding.registry.models import Account

from ..context import actor_from, only_for
from ..ways import ShownCase
from ..work_form import WorkForm


@only_for(Account.Role.AUTHORITY, Account.Role.OPERATOR)
@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """What has to be decided, the most pressing first."""
    actor, today = actor_from(request), timezone.localdate()
    form = WorkForm(request.GET, actor=actor)
    wanted = form.wanted()
    page = desk.work_list(actor=actor, on=today, wanted=wanted, after=request.GET.get("after", ""))
    kept = request.GET.copy()
    kept.pop("after", None)
    context = {
        "items": [(item, ShownCase(item.case, chart_of(item.case.kind))) for item in page.items],
        "marks": desk.pressing(actor=actor, on=today),
        "form": form,
        "is_narrowed": wanted != desk.Wanted(),
        "after": page.after,
        "first": "after" not in request.GET,
        "keep": f"{kept.urlencode()}&" if kept else "",
        "kept": kept.urlencode(),
    }
    return render(request, "portal/work.html", context)
