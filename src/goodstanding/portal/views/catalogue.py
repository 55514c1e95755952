"""The catalogue of record kinds for everyone: what may be recorded at all, from whom, on whom, and on which ground."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from goodstanding.registry.catalogue import CatalogueList, Item, catalogue_on
from goodstanding.registry.catalogue.model import Instrument

from ..caching import revalidated

#: The order of the groups on the page.
_ORDER = (
    "registration",
    "administrative",
    "judicial",
    "commitment",
    "social_insurance",
    "tax",
    "utility",
    "intellectual_property",
    "commercial",
)
_LEVELS = ("national", "local", "market")


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item with the list that holds it and the instrument on which it rests."""

    item: Item
    list: CatalogueList
    instrument: Instrument


@require_safe
@revalidated
def catalogue(request: HttpRequest) -> HttpResponse:
    """The catalogue in force today by groups, and the lists that it is made of."""
    today = timezone.localdate()
    found = catalogue_on(today)
    groups: dict[str, list[ShownItem]] = {}
    for listed in found.listed:
        shown = ShownItem(listed.item, listed.list, listed.list.instruments[listed.item.citation.instrument])
        groups.setdefault(listed.item.group, []).append(shown)
    lists: dict[str, CatalogueList] = {listed.list.id: listed.list for listed in found.listed}
    return render(
        request,
        "portal/catalogue.html",
        {
            "groups": sorted(groups.items(), key=lambda group: _ORDER.index(group[0])),
            "lists": sorted(lists.values(), key=lambda one: (_LEVELS.index(one.level), one.id)),
            "count": len(found.listed),
            "today": today,
        },
    )
