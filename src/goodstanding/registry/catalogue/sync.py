"""Holding the catalogue in the database, where every record refers to its item."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from ..models import CatalogueItem, CatalogueItemVersion
from .errors import CatalogueProblem, CatalogueRefused
from .load import contents, lists_in_use

_Key = tuple[str, str, date, date | None]


@transaction.atomic
def sync() -> int:
    """Bring the items and their versions up to date with the lists in use. Returns how many rows changed.

    An item that is in no list any more stays, for its records; without a version nothing more can enter under it.

    Raises:
        CatalogueRefused: a list is faulty, or gives an item another kind than its records have.
    """
    wanted: dict[_Key, dict[str, Any]] = {}
    kinds: dict[str, str | None] = {}
    for one in lists_in_use():
        for item in one.items:
            days = one.in_force_of(item)
            if kinds.setdefault(item.id, item.record_kind) != item.record_kind:
                raise _other_kind(one.id, item.id)
            wanted[item.id, one.id, days.from_, days.to] = contents(item)
    held = dict(CatalogueItem.objects.values_list("code", "kind"))
    for code, kind in held.items():
        if code in kinds and kinds[code] != kind:
            raise _other_kind("the catalogue", code)
    fresh = [CatalogueItem(code=code, kind=kind) for code, kind in kinds.items() if code not in held]
    CatalogueItem.objects.bulk_create(fresh, ignore_conflicts=True)
    stale = []
    for version in CatalogueItemVersion.objects.all():
        key = (version.item_id, version.catalogue, version.in_force_from, version.in_force_to)
        if wanted.get(key) == version.content:
            del wanted[key]
        else:
            stale.append(version.pk)
    CatalogueItemVersion.objects.filter(pk__in=stale).delete()
    CatalogueItemVersion.objects.bulk_create(
        [
            CatalogueItemVersion(
                item_id=code, catalogue=one, in_force_from=first, in_force_to=last, content=content
            )
            for (code, one, first, last), content in wanted.items()
        ],
        ignore_conflicts=True,
    )
    return len(fresh) + len(stale) + len(wanted)


def _other_kind(where: str, code: str) -> CatalogueRefused:
    problem = CatalogueProblem(
        1, f"{code} was an item of another kind of record; give the new one an id of its own"
    )
    return CatalogueRefused(file=where, problems=(problem,))
