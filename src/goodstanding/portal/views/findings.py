"""Removed records that were sent again, and removals that came before their report: the operator looks and decides."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from goodstanding.intake.models import Batch, RejectedRow
from goodstanding.registry import removals, source_findings
from goodstanding.registry.commands import RegistryError
from goodstanding.registry.models import Account, SourceFinding

from ..cells import Cell, cells_of
from ..context import account_from, only_for

PAGE_SIZE = 20
_OPEN = ""


@only_for(Account.Role.OPERATOR)
@require_safe
def findings(request: HttpRequest) -> HttpResponse:
    """Attempts to report a removed record again, the newest first: those that wait, or those decided on."""
    decision = request.GET.get("decision", _OPEN)
    if decision not in (_OPEN, *SourceFinding.Decision.values):
        raise Http404
    return _shown(request, decision)


def _shown(
    request: HttpRequest, decision: str, *, refused: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    found = source_findings.findings(decision=decision)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    batches = _batches(finding.batch for finding in page)
    cells = _cells(page, batches)
    context = {
        "rows": [(finding, batches.get(finding.batch or 0), cells.get(finding.pk)) for finding in page],
        "page": page,
        "decision": decision,
        "decisions": [(_OPEN, _("waiting for a decision")), *SourceFinding.Decision.choices],
        "keep": f"decision={decision}&" if decision else "",
        "refused": refused or {},
    }
    return render(request, "portal/findings.html", context, status=status)


def _batches(ids: Iterable[int | None]) -> dict[int, Batch]:
    return Batch.objects.in_bulk([pk for pk in ids if pk])


def _cells(page: Page[SourceFinding], batches: dict[int, Batch]) -> dict[int, list[Cell]]:
    """The cells of the rows that wait, as they came; those of a removed record itself are not kept."""
    wanted = {(finding.batch, finding.row): finding.pk for finding in page}
    rows = RejectedRow.objects.filter(batch__in=batches, row__in=[row for _batch, row in wanted])
    return {
        wanted[row.batch_id, row.row]: cells_of(batches[row.batch_id], row.values)
        for row in rows
        if (row.batch_id, row.row) in wanted
    }


@only_for(Account.Role.OPERATOR)
@require_POST
def decide_finding(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Let the row in when it is sent again, or keep it out, with reasons."""
    account = account_from(request)
    assert account is not None  # only_for sees to it
    decision, reasons = request.POST.get("decision", ""), request.POST.get("reasons", "")
    try:
        if decision not in SourceFinding.Decision.values:
            raise RegistryError("finding.decision", "choose one of the two decisions", "请选择处理结果")
        done = source_findings.decide(
            finding=public_id, decision=decision, reasons=reasons, account_id=account.pk, at=timezone.now()
        )
    except SourceFinding.DoesNotExist as error:
        raise Http404 from error
    except RegistryError as error:
        refused = {"finding": public_id, "error": error, "reasons": reasons}
        return _shown(request, _OPEN, refused=refused, status=409 if error.code == "finding.decided" else 422)
    if done.decision == SourceFinding.Decision.CLEARED:
        messages.success(request, _("Cleared. Exactly this row enters when its source sends it again."))
    else:
        messages.success(request, _("Upheld. The row stays out, and the source's quality page counts it."))
    return redirect("findings")


@only_for(Account.Role.OPERATOR)
@require_safe
def early_removals(request: HttpRequest) -> HttpResponse:
    """Removals of findings that nobody had reported: the report does not come in silently afterwards."""
    page = Paginator(removals.early_removals(), PAGE_SIZE).get_page(request.GET.get("page"))
    batches = _batches(removal.batch for removal in page)
    rows = [(removal, batches.get(removal.batch or 0)) for removal in page]
    return render(request, "portal/early_removals.html", {"rows": rows, "page": page})
