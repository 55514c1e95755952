"""An entity's own desk: all its records with the way back of each, its cases and a draft it left."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from goodstanding.casework import queries as casework
from goodstanding.casework.chart import chart_of
from goodstanding.registry.models import Account

from .. import drafts
from ..context import actor_from, entity_from, only_for
from ..facts import facts_section
from ..progress import progress_of
from ..timeline import axis_of
from ..ways import ShownCase, way_back


@only_for(Account.Role.ENTITY)
@require_safe
def my(request: HttpRequest) -> HttpResponse:
    """Everything about the entity that the account belongs to."""
    actor, entity = actor_from(request), entity_from(request)
    today = timezone.localdate()
    prospects = casework.prospects(actor=actor, entity=entity, on=today)
    axis = axis_of([prospect.record for prospect in prospects], today=today)
    ways = [way_back(prospect, on=today, axis=axis, reader=actor) for prospect in prospects]
    cases = [
        (ShownCase(case, chart_of(case.kind)), progress_of(case, actor=actor, on=today))
        for case in casework.cases_visible_to(actor).select_related("about__record")[:200]
    ]
    return render(
        request,
        "portal/my.html",
        {
            "entity": entity,
            "now": [way for way in ways if way.prospect.can_apply],
            "later": [way for way in ways if way.later],
            "running": [way for way in ways if way.prospect.open_case],
            "closed": [way for way in ways if way.closed],
            "axis": axis,
            "cases": cases,
            "facts": facts_section(request, entity, on=today),
            "draft": drafts.open_draft(actor),
        },
    )
