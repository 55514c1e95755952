"""The wizard for restoration: choose records, look at the conditions, commit and hand in proof, review, done.

Each step is a page and a POST; what was entered lies in a draft, so going back, signing out or a broken
connection loses nothing. One application may name records of many authorities.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from goodstanding.casework import queries as casework
from goodstanding.casework.chart import chart_of
from goodstanding.casework.connectors import Connector
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.forwarding import visible_to
from goodstanding.casework.holders import holder_of
from goodstanding.casework.models import Application
from goodstanding.casework.queries import Prospect
from goodstanding.law.rows import MaterialRow
from goodstanding.registry.models import Account

from .. import drafts
from ..context import actor_from, entity_from, only_for
from ..forms import CommitmentForm, PerformedForm
from ..models import Draft, DraftFile
from ..timeline import axis_of
from ..ways import ShownCase, way_back

STEPS = [
    ("records", _("Choose records")),
    ("conditions", _("Conditions and materials")),
    ("commitment", _("Commitment and proof")),
    ("review", _("Review and send")),
]


@only_for(Account.Role.ENTITY)
@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: HttpRequest) -> HttpResponse:
    """Step 1: choose the records. A new draft begins here, or an old one is changed (``?draft=``)."""
    draft = _given_draft(request)
    open_now = [prospect for prospect in _prospects(request) if prospect.can_apply]
    allowed = {prospect.record.public_id for prospect in open_now}
    error: str | Promise = ""
    chosen = set(draft.records) if draft else _uuids(request.GET.getlist("record"))
    if request.method == "POST":
        chosen = _uuids(request.POST.getlist("records")) & allowed
        if chosen:
            ordered = [
                public_id for public_id in (p.record.public_id for p in open_now) if public_id in chosen
            ]
            now = timezone.now()
            if draft is None:
                draft = drafts.begin(actor=actor_from(request), records=ordered, at=now)
            else:
                drafts.change(draft, records=ordered, at=now)
            return redirect("apply-step", draft.key, "conditions")
        error = _("Choose at least one record.")
    today = timezone.localdate()
    axis = axis_of([prospect.record for prospect in open_now], today=today)
    context: dict[str, object] = {
        "ways": [
            way_back(prospect, on=today, axis=axis, reader=actor_from(request)) for prospect in open_now
        ],
        "chosen": chosen,
        "error": error,
        "draft": draft,
    }
    return _page(request, "records", draft, context)


@only_for(Account.Role.ENTITY)
@require_http_methods(["GET", "HEAD", "POST"])
def apply_step(request: HttpRequest, key: uuid.UUID, step: str) -> HttpResponseBase:
    """Steps 2 to 4 of a draft."""
    draft = _draft(request, key)
    if draft.sent_as is not None:
        return redirect("apply-done", draft.sent_as)
    steps = {"conditions": _conditions, "commitment": _commitment, "review": _review}
    if step not in steps:
        raise Http404
    return steps[step](request, draft, _chosen(request, draft))


def _conditions(request: HttpRequest, draft: Draft, chosen: list[Prospect]) -> HttpResponse:
    today = timezone.localdate()
    initial = {"performed_on": draft.performed_on}
    form = PerformedForm(request.POST or None, initial=initial, today=today)
    if form.is_valid():
        drafts.change(draft, performed_on=form.cleaned_data["performed_on"], at=timezone.now())
        return redirect("apply-step", draft.key, "commitment")
    materials, held = _materials(chosen)
    return _page(
        request, "conditions", draft, {"form": form, "chosen": chosen, "materials": materials, "held": held}
    )


def _commitment(request: HttpRequest, draft: Draft, chosen: list[Prospect]) -> HttpResponse:
    materials, held = _materials(chosen)
    scopes = [
        (str(prospect.record.public_id), f"{prospect.record.authority}: {prospect.record.document_no}")
        for prospect in chosen
    ]
    initial = {
        "commitment_name": draft.commitment_name,
        "statement": draft.statement,
        "agreed": bool(draft.commitment_name),
    }
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = CommitmentForm(*sent, initial=initial, materials=materials, scopes=scopes)
    refusal = None
    if form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("commitment_name", "statement")}
        drafts.change(draft, **said, at=timezone.now())
        try:
            codes = frozenset(row.id for row in [*materials, *(item.row for item in held)])
            drafts.add_files(draft, files=form.evidence(), materials=codes)
        except CaseworkError as error:
            refusal = error
        else:
            following = "commitment" if "more" in request.POST else "review"
            return redirect("apply-step", draft.key, following)
    condition = next((c for p in chosen for c in p.verdict.conditions if c.code == "committed"), None)
    context = {
        "form": form,
        "refusal": refusal,
        "condition": condition,
        "files": _files(draft, [*materials, *(item.row for item in held)]),
        "held": held,
    }
    return _page(request, "commitment", draft, context)


def _review(request: HttpRequest, draft: Draft, chosen: list[Prospect]) -> HttpResponse:
    refusal = None
    if request.method == "POST":
        try:
            now, today = timezone.now(), timezone.localdate()
            return redirect("apply-done", drafts.send(draft, actor=actor_from(request), at=now, today=today))
        except CaseworkError as error:
            refusal = error
    materials, held = _materials(chosen)
    files = _files(draft, [*materials, *(item.row for item in held)])
    given = {file.material for file, _name in files}
    missing = [row for row in materials if row.required and row.id not in given | {"commitment_letter"}]
    authorities = {prospect.record.authority for prospect in chosen}
    context = {
        "chosen": chosen,
        "refusal": refusal,
        "missing": missing,
        "authorities": authorities,
        "files": files,
        "held": held,
    }
    return _page(request, "review", draft, context)


@only_for(Account.Role.ENTITY)
@require_POST
def remove_file(request: HttpRequest, key: uuid.UUID, file: int) -> HttpResponseRedirect:
    """Take a file out of a draft."""
    draft = _draft(request, key)
    drafts.remove_file(draft, file_id=file)
    return redirect("apply-step", draft.key, "commitment")


@only_for(Account.Role.ENTITY)
@require_safe
def apply_done(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """What was opened: one case for each record, with the day by which each authority has to answer; and where it goes
    that another instance decides."""
    actor = actor_from(request)
    try:
        application = casework.application_for(actor, public_id)
    except Application.DoesNotExist as error:
        raise Http404 from error
    shown = []
    for case in casework.cases_of(actor, application).prefetch_related("clocks"):
        shown.append((ShownCase(case, chart_of(case.kind)), case.clocks.all()))
    forwarded = visible_to(actor).filter(application=application)
    context = {"application": application, "cases": shown, "forwarded": forwarded}
    return render(request, "portal/apply_done.html", context)


def _page(
    request: HttpRequest, step: str, draft: Draft | None, context: Mapping[str, object]
) -> HttpResponse:
    position = [code for code, _label in STEPS].index(step)
    steps = [
        {"code": code, "label": label, "done": number < position, "current": number == position}
        for number, (code, label) in enumerate(STEPS)
    ]
    return render(request, f"portal/apply_{step}.html", {"steps": steps, "draft": draft, **context})


def _prospects(request: HttpRequest) -> list[Prospect]:
    actor, entity = actor_from(request), entity_from(request)
    return casework.prospects(actor=actor, entity=entity, on=timezone.localdate())


def _chosen(request: HttpRequest, draft: Draft) -> list[Prospect]:
    return [p for p in _prospects(request) if p.record.public_id in set(draft.records)]


@dataclass(frozen=True, slots=True)
class Held:
    """A material that bodies of the government hold for every record of an application, so that nobody is asked."""

    row: MaterialRow
    holders: tuple[Connector, ...]


def _materials(chosen: Sequence[Prospect]) -> tuple[list[MaterialRow], list[Held]]:
    """What the law asks for: what the applicant hands in, and what is fetched for all of the records."""
    rows: dict[str, MaterialRow] = {}
    holders: dict[str, list[Connector | None]] = {}
    for prospect in chosen:
        for row in prospect.verdict.materials:
            rows.setdefault(row.id, row)
            held = holder_of(row.id, prospect.record) if row.required else None
            holders.setdefault(row.id, []).append(held)
    fetched = []
    for row in rows.values():
        known = [holder for holder in holders[row.id] if holder is not None]
        if len(known) == len(holders[row.id]):
            fetched.append(Held(row, tuple(dict.fromkeys(known))))
    codes = {item.row.id for item in fetched}
    return [row for row in rows.values() if row.id not in codes], fetched


def _files(draft: Draft, materials: Sequence[MaterialRow]) -> list[tuple[DraftFile, MaterialRow | None]]:
    names = {row.id: row for row in materials}
    return [(file, names.get(file.material)) for file in drafts.files_of(draft)]


def _draft(request: HttpRequest, key: uuid.UUID) -> Draft:
    try:
        return drafts.draft_for(actor_from(request), key)
    except Draft.DoesNotExist as error:
        raise Http404 from error


def _given_draft(request: HttpRequest) -> Draft | None:
    (key, *_rest) = [*_uuids([request.GET.get("draft", "")]), None]
    if key is None:
        return None
    draft = _draft(request, key)
    return draft if draft.sent_as is None else None


def _uuids(values: Sequence[str]) -> set[uuid.UUID]:
    found = set()
    for value in values:
        try:
            found.add(uuid.UUID(value))
        except ValueError:
            continue
    return found
