"""The law packs for everyone: the list, each pack's tables as a jurist reads them, and its files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from goodstanding.law import Pack, all_packs
from goodstanding.law.load import pack_files
from goodstanding.registry.packs import packs as installed

from ..caching import revalidated
from ..language import language
from ..law_words import LABELS
from ..pack_cells import Table
from ..pack_chart import windows
from ..pack_duties import duty_tables, list_tables, setting_tables
from ..pack_tables import decision_tables
from ..pack_unset import Unset, unset_of


@dataclass(frozen=True, slots=True)
class ListedPack:
    """A pack in the list: whether it is in force today, and how much of it is unset."""

    pack: Pack
    standing: str
    unset: Unset


@require_safe
@revalidated
def packs(request: HttpRequest) -> HttpResponse:
    """Every pack by jurisdiction, the one in force first; examples last."""
    today = timezone.localdate()
    groups: dict[str, list[ListedPack]] = {}
    for pack in sorted(installed(), key=_order):
        place = pack.jurisdiction.split("-")[0]
        groups.setdefault(place, []).append(ListedPack(pack, _standing(pack), unset_of(pack)))
    return render(request, "portal/packs.html", {"groups": list(groups.items()), "today": today})


def _order(pack: Pack) -> tuple[object, ...]:
    place = pack.jurisdiction.split("-")[0]
    return place != "CN", place, pack.example, -pack.in_force.from_.toordinal(), pack.id


def _standing(pack: Pack) -> str:
    today = timezone.localdate()
    if pack.example:
        return "example"
    if today < pack.in_force.from_:
        return "to_come"
    return "past" if pack.in_force.to is not None and pack.in_force.to < today else "in_force"


@require_safe
@revalidated
def law_pack(request: HttpRequest, pack_id: str) -> HttpResponse:
    """One pack: its tables with citations, sources, confidence, and every cell that is unset."""
    pack = _pack(pack_id)
    tables = _tables(pack.digest, pack_id, language())
    return render(
        request,
        "portal/pack.html",
        {
            "pack": pack,
            "standing": _standing(pack),
            "base": next((other for other in installed() if other.id == pack.base), None),
            "unset": unset_of(pack),
            "windows": windows(pack),
            "tables": tables,
            "instruments": list(pack.instruments.items()),
            "sources": list(pack.sources.items()),
            "confidence": list(LABELS["confidence"]),
        },
    )


@lru_cache(maxsize=64)
def _tables(digest: str, pack_id: str, spoken: str) -> tuple[Table, ...]:
    """The tables laid out once for each pack and language."""
    pack = _pack(pack_id)
    return (*decision_tables(pack), *duty_tables(pack), *setting_tables(pack), *list_tables(pack))


@require_safe
@revalidated
def pack_json(request: HttpRequest, pack_id: str) -> HttpResponse:
    """The canonical content of a pack; its SHA-256 is the digest that receipts name."""
    pack = _pack(pack_id)
    return _download(pack.canonical, "application/json", f"{pack.id}.json")


@require_safe
@revalidated
def pack_yaml(request: HttpRequest, pack_id: str) -> HttpResponse:
    """The file of a pack as it is written and reviewed."""
    pack = _pack(pack_id)
    path = next(path for path, found in zip(pack_files(), all_packs(), strict=True) if found.id == pack.id)
    return _download(path.read_bytes(), "application/yaml", f"{pack.id}.yaml")


def _download(content: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _pack(pack_id: str) -> Pack:
    """A pack of this installation. Nothing else is ever read from an address."""
    for pack in installed():
        if pack.id == pack_id:
            return pack
    raise Http404
