"""The page of an entity: who it is, and its records on one time axis."""

from __future__ import annotations

import uuid
from functools import partial

from django.core.paginator import Paginator
from django.db.models import Case, Count, IntegerField, Q, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from goodstanding.casework.eligibility import false_commitment_on
from goodstanding.registry import merges, queries
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Entity, EntityLink, Record

from ..context import actor_from
from ..explained import explain
from ..facts import facts_section
from ..language import language
from ..readings import note_if_not_public
from ..timeline import axis_of

PAGE_SIZE = 50
SHOWN_SCHEMES = ["uscc", "org_code", "registration_no", "lei"]


@require_safe
def entity(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Everything that the reader may see of an entity. A constant number of queries."""
    actor = actor_from(request)
    today = timezone.localdate()
    try:
        found = queries.entity_for(actor, public_id)
    except Entity.DoesNotExist as error:
        raise Http404 from error
    adverse_first = Case(
        When(kind__in=Record.ADVERSE, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    members = merges.members_of(found)
    visible = queries.records_visible_to(actor, on=today).filter(entity_id__in=members)
    counted = visible.aggregate(all=Count("pk"), adverse=Count("pk", filter=Q(kind__in=Record.ADVERSE)))
    paginator = Paginator(visible.order_by(adverse_first, "-found_on", "pk"), PAGE_SIZE)
    paginator.count = counted["all"]
    page = paginator.get_page(request.GET.get("page"))
    records = list(page)
    adverse = [record for record in records if record.adverse]
    axis = axis_of(adverse, today=today)
    facts = facts_section(request, found, on=today)
    name = queries.shown_name(found, actor)
    told = partial(explain, on=today, reader=actor, false_commitment=false_commitment_on(found.pk))
    return render(
        request,
        "portal/entity.html",
        {
            "entity": found,
            "name": name,
            "masked": name != found.name,
            "own": actor.entity_id == found.pk,
            "links": [_link(link, actor) for link in merges.links_of(members)],
            "identifiers": [item for item in found.identifiers.all() if item.scheme in SHOWN_SCHEMES],
            "noted": note_if_not_public(
                request, entity=found, records=records, facts=facts.shown, at=timezone.now()
            ),
            "facts": facts,
            "adverse": [told(record, axis=axis) for record in adverse],
            "adverse_count": counted["adverse"],
            "others": [told(record, axis=None) for record in records if not record.adverse],
            "other_count": counted["all"] - counted["adverse"],
            "axis": axis,
            "page": page,
        },
    )


def _link(link: EntityLink, actor: Actor) -> tuple[EntityLink, list[tuple[uuid.UUID, str]], list[str]]:
    """A link, the two entities as the reader may see them, and its grounds where both names are shown whole."""
    both = [(item, queries.shown_name(item, actor)) for item in (link.one, link.other)]
    whole = all(item.name == name for item, name in both)
    lines = link.explanation.get(language(), []) if whole else []
    return link, [(item.public_id, name) for item, name in both], lines
