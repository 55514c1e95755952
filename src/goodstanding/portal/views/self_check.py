"""The public self-check: when can I be restored, and what is missing? Asked by address, stored nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from goodstanding import law
from goodstanding.law.receipts.receipt import receipt
from goodstanding.law.renderings.render import AUDIENCES, as_text
from goodstanding.law.renderings.render import render as render_decision
from goodstanding.registry.packs import packs

from ..caching import revalidated
from ..language import language, said
from ..self_check import Answer, answer, law_of, sectors_of
from ..self_check_form import CheckForm
from ..words import label


@require_safe
@revalidated
def self_check(request: HttpRequest) -> HttpResponse:
    """The questions, and below them the answer once they are answered."""
    today = timezone.localdate()
    chosen, unknown = _chosen(request)
    form, found = _asked(request, chosen, today)
    return render(
        request,
        "portal/self_check.html",
        {
            "form": form,
            "answer": found,
            "chosen": chosen,
            "unknown": unknown,
            "pack": form.pack,
            "laws": list(_laws(today)),
            "today": today,
            "query": request.GET.urlencode(),
        },
    )


@require_safe
@revalidated
def self_check_receipt(request: HttpRequest) -> HttpResponse:
    """The same answer as a receipt: JSON that replays to the same bytes. Wrong facts lead to the questions."""
    chosen, unknown = _chosen(request)
    _form, found = _asked(request, chosen, timezone.localdate())
    if found is None or unknown:
        return _back(request)
    return HttpResponse(
        receipt(found.verdict, pack=found.pack),
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="self-check.json"'},
    )


@require_safe
@revalidated
def self_check_text(request: HttpRequest, audience: str) -> HttpResponse:
    """The same answer as plain text for the entity, an officer or a court, in the page's language."""
    if audience not in AUDIENCES:
        raise Http404
    chosen, unknown = _chosen(request)
    _form, found = _asked(request, chosen, timezone.localdate())
    if found is None or unknown:
        return _back(request)
    sections = render_decision(found.verdict, pack=found.pack, audience=audience, language=language())
    return HttpResponse(as_text(sections) + "\n", content_type="text/plain; charset=utf-8")


def _back(request: HttpRequest) -> HttpResponse:
    """To the questions, which then say what must be mended."""
    return redirect(f"{reverse('check')}?{request.GET.urlencode()}")


def _chosen(request: HttpRequest) -> tuple[law.Pack | None, bool]:
    """The law that the reader chose, and whether he named one that is not there."""
    name = request.GET.get("pack", "")
    found = next((pack for pack in packs() if pack.id == name), None)
    return found, bool(name) and found is None


def _asked(request: HttpRequest, chosen: law.Pack | None, today: date) -> tuple[CheckForm, Answer | None]:
    """The form, and the answer where it could be given; a refusal of the law becomes an error of the form."""
    given = any(name != "pack" for name in request.GET)
    pack = chosen or law_of(today)
    sectors = [] if chosen else sectors_of(today)
    form = CheckForm(request.GET if given else None, pack=pack, today=today, sectors=sectors)
    if not given or not form.is_valid():
        return form, None
    try:
        return form, answer(form.facts(), chosen=chosen, on=form.cleaned_data.get("on") or today)
    except (law.FactsRefused, law.PackNotFound) as refused:
        form.add_error(_field(refused, form), f"{said(refused, 'message')} {said(refused, 'remedy')}")
        return form, None


def _field(refused: law.LawError, form: CheckForm) -> str | None:
    """The question that a refusal of the law is about; None where it is about all of them."""
    about = {
        "unknown_measure": "measures",
        "measure_not_on_organisations": "measures",
        "measures_not_expected": "measures",
        "no_pack_in_force": "found_on",
        "unclassified": "kind",
    }
    name = about.get(refused.code, refused.code.removeprefix("unknown_"))
    return name if name in form.fields else None


def _laws(today: date) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The laws to choose from, by place; the first choice is to leave it to the dates."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for pack in sorted(packs(), key=lambda pack: -pack.in_force.from_.toordinal()):
        place = pack.jurisdiction.split("-")[0]
        groups.setdefault(place, []).append((pack.id, _title(pack, today)))
    for place in sorted(groups, key=lambda place: (place != "CN", place)):
        yield label("jurisdiction", place), groups[place]


def _title(pack: law.Pack, today: date) -> str:
    name = said(pack, "name")
    if pack.example:
        return _("{law} (an example, no law anywhere)").format(law=name)
    if pack.in_force.to is not None and pack.in_force.to < today:
        return _("{law} (until {day})").format(law=name, day=pack.in_force.to.isoformat())
    return name
