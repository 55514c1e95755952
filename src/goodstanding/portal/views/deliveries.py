"""Deliveries: hand in a file under a contract, see what became of its rows and how good it is, decide on held ones."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from goodstanding.intake import commands, queries
from goodstanding.intake.contract import all_contracts
from goodstanding.intake.errors import IntakeError
from goodstanding.intake.models import Batch, BatchQuality, Hold
from goodstanding.intake.quality import measures
from goodstanding.intake.scoring import counts_of
from goodstanding.intake.sources import known_sources
from goodstanding.registry.models import Account

from ..charts import bars, parts
from ..context import account_from, actor_from, only_for
from ..forms import BatchesForm, DeliveryForm

PAGE_SIZE = 25
HELD = queries.Asked(state=Batch.State.HELD)
RUNNING = (Batch.State.RECEIVED, Batch.State.RUNNING)


@only_for(Account.Role.AUTHORITY, Account.Role.OPERATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def deliveries(request: HttpRequest) -> HttpResponse:
    """Batches, newest first, narrowed as asked: an authority's own with the form for another file, or all."""
    account = account_from(request)
    assert account is not None  # only_for sees to it
    hands_in = account.role == Account.Role.AUTHORITY
    if request.method == "POST" and not hands_in:
        raise PermissionDenied
    contracts = all_contracts()
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = DeliveryForm(*sent, contracts=contracts) if hands_in else None
    refusal = None
    if form is not None and form.is_valid():
        try:
            batch = _receive(form.cleaned_data, account)
        except IntakeError as error:
            refusal = error
        else:
            messages.success(request, _("The file is received. Its rows are being checked and taken in."))
            return redirect("delivery", batch.public_id)
    narrowed = BatchesForm(
        request.GET, auto_id="asked_%s", contracts=contracts, senders=() if hands_in else known_sources()
    )
    asked = narrowed.asked()
    found = queries.batches_asked_for(actor_from(request), asked)
    context = {
        "form": form,
        "refusal": refusal,
        "narrowed": narrowed,
        "is_narrowed": asked != queries.Asked(),
        "page": Paginator(found, PAGE_SIZE).get_page(request.GET.get("page")),
        "keep": _kept(request),
        "held": 0 if hands_in else queries.batches_asked_for(actor_from(request), HELD).count(),
    }
    return render(request, "portal/deliveries.html", context)


def _kept(request: HttpRequest) -> str:
    """The query string without its page, to go before another page's number."""
    given = request.GET.copy()
    given.pop("page", None)
    return f"{given.urlencode()}&" if given else ""


def _receive(given: dict[str, Any], account: Account) -> Batch:
    file: UploadedFile[bytes] = given["file"]
    with tempfile.NamedTemporaryFile(prefix="delivery-") as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        assert account.authority_id is not None
        return commands.receive(
            path=Path(copy.name),
            name=file.name or "file",
            contract=given["contract"],
            authority_id=account.authority_id,
            account_id=account.pk,
            at=timezone.now(),
            encoding=given["encoding"],
        )


@only_for(Account.Role.AUTHORITY, Account.Role.OPERATOR)
@require_safe
def delivery(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One batch: its outcomes, how it was read, its quality, why it is held, and the rows that came back."""
    batch = _batch(request, public_id)
    return _shown(request, batch)


def _shown(
    request: HttpRequest, batch: Batch, *, refusal: IntakeError | None = None, status: int = 200
) -> HttpResponse:
    kept = BatchQuality.objects.filter(batch=batch).first()
    reasons = queries.counts_by_reason(batch) if batch.rejected else {}
    reason = request.GET.get("reason", "")
    rejected = queries.rejected_rows(batch, reason=reason if reason in reasons else "")
    outcomes = {name: getattr(batch, name) for name in ("committed", "unchanged", "superseding", "rejected")}
    context = {
        "batch": batch,
        "running": batch.state in RUNNING,
        "outcomes": parts(outcomes) if batch.next_row else [],
        "reasons": bars(reasons),
        "reason": reason if reason in reasons else "",
        "rows": Paginator(rejected, PAGE_SIZE).get_page(request.GET.get("page")),
        "keep": _kept(request),
        "quality": kept,
        "measures": measures(counts_of(kept)) if kept is not None and kept.rows else (),
        "hold": Hold.objects.filter(batch=batch).first(),
        "refusal": refusal,
        "reason_given": request.POST.get("reason", ""),
    }
    return render(request, "portal/delivery.html", context, status=status)


@only_for(Account.Role.OPERATOR)
@require_POST
def decide_delivery(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The operator releases or refuses a held batch."""
    batch = _batch(request, public_id)
    given = request.POST.get("decision", "")
    try:
        if given not in Hold.Decision.values:
            raise IntakeError(
                code="batch.decision", en="Choose to release or to refuse.", zh="请选择放行或者拒收。"
            )
        commands.decide_held(
            actor=actor_from(request),
            public_id=batch.public_id,
            decision=Hold.Decision(given),
            reason=request.POST.get("reason", ""),
            at=timezone.now(),
        )
    except IntakeError as error:
        return _shown(request, batch, refusal=error, status=409 if error.code == "batch.not_held" else 422)
    if given == Hold.Decision.RELEASED:
        messages.success(request, _("The batch is released. Its rows are being taken in."))
    else:
        messages.success(request, _("The batch is refused. Nothing of it entered, and its file is removed."))
    return redirect("delivery", batch.public_id)


@only_for(Account.Role.AUTHORITY, Account.Role.OPERATOR)
@require_safe
def returned_file(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The rejected rows as a CSV file: the columns as they came, and the reasons of each."""
    batch = _batch(request, public_id)
    response = StreamingHttpResponse(queries.returned_file(batch), content_type="text/csv; charset=utf-8")
    name = f"{Path(batch.name).stem}-returned.csv"
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def _batch(request: HttpRequest, public_id: uuid.UUID) -> Batch:
    try:
        return queries.batch_for(actor_from(request), public_id)
    except Batch.DoesNotExist as error:
        raise Http404 from error
