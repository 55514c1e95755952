"""An authority's work list: open cases in the order of their statutory days, filtered, a page at a time."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from goodstanding.casework import annulment, desk, many, notes, queries, reasons
from goodstanding.casework.chart import chart_of
from goodstanding.casework.errors import CaseworkError
from goodstanding.registry.models import Account

from ..context import actor_from, only_for
from ..language import said
from ..ways import ShownCase
from ..work_form import ManyForm, WorkForm


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
    kept.pop("template", None)
    templates = [item for item in reasons.templates_of(actor) if item.event in many.STEPS]
    picked = next((t for t in templates if str(t.public_id) == request.GET.get("template", "")), None)
    noted = notes.counts(actor, [item.case for item in page.items])
    context = {
        "items": [
            (item, ShownCase(item.case, chart_of(item.case.kind)), noted.get(item.case.pk, 0))
            for item in page.items
        ],
        "waiting": annulment.waiting(actor),
        "templates": templates,
        "picked": picked,
        "written": reasons.raw(picked) if picked else "",
        "marks": desk.pressing(actor=actor, on=today),
        "form": form,
        "is_narrowed": wanted != desk.Wanted(),
        "after": page.after,
        "first": "after" not in request.GET,
        "keep": f"{kept.urlencode()}&" if kept else "",
        "kept": kept.urlencode(),
        "steps": many_steps() if actor.authority_id is not None and not wanted.asked else [],
        "officers": queries.officers_at(actor.authority_id) if actor.authority_id is not None else [],
    }
    return render(request, "portal/work.html", context)


@only_for(Account.Role.AUTHORITY)
@require_POST
def work_decide(request: HttpRequest) -> HttpResponse:
    """Take one step for the cases chosen in the list, and say case by case what became of it."""
    form = ManyForm(request.POST)
    if not form.is_valid():
        raise Http404
    chosen = [found for text in request.POST.getlist("chosen") if (found := _chosen(text)) is not None]
    refusal, outcomes = None, []
    try:
        outcomes = many.move_many(
            form.cleaned_data["event"],
            actor=actor_from(request),
            chosen=chosen,
            at=timezone.now(),
            today=timezone.localdate(),
            reasons=form.cleaned_data["reasons"],
            given={"officer": officer} if (officer := form.cleaned_data["officer"]) else {},
        )
    except CaseworkError as error:
        refusal = error
    return outcome_page(request, form.cleaned_data["event"], outcomes, refusal=refusal)


def outcome_page(
    request: HttpRequest, code: str, outcomes: list[many.Outcome], *, refusal: CaseworkError | None = None
) -> HttpResponse:
    """What became of each of many cases."""
    context = {
        "refusal": refusal,
        "outcomes": outcomes,
        "step": dict(many_steps()).get(code, ""),
        "done": sum(outcome.refused is None for outcome in outcomes),
    }
    return render(request, "portal/work_done.html", context, status=422 if refusal else 200)


def many_steps() -> list[tuple[str, str]]:
    """The steps that can be taken for many cases, named as the chart of restoration names them."""
    chart = chart_of("restoration")
    return [(code, said(chart.event(code), "name")) for code in many.STEPS]


def _chosen(text: str) -> many.Chosen | None:
    """A case and its version as the list's box sends them; None for what is neither."""
    public_id, _, version = text.partition(".")
    try:
        return many.Chosen(uuid.UUID(public_id), int(version))
    except ValueError:
        return None
