"""An authority's deliveries: hand in a file under a contract, see what became of its rows, fetch what came back."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from urllib.parse import quote

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from goodstanding.intake import commands, queries
from goodstanding.intake.contract import all_contracts
from goodstanding.intake.errors import IntakeError
from goodstanding.intake.models import Batch
from goodstanding.registry.models import Account

from ..context import account_from, actor_from, only_for
from ..forms import DeliveryForm

PAGE_SIZE = 25
RUNNING = (Batch.State.RECEIVED, Batch.State.RUNNING)


@only_for(Account.Role.AUTHORITY)
@require_http_methods(["GET", "HEAD", "POST"])
def deliveries(request: HttpRequest) -> HttpResponse:
    """The authority's batches, newest first, and the form for another file."""
    account = account_from(request)
    assert account is not None and account.authority_id is not None  # only_for and the database see to it
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = DeliveryForm(*sent, contracts=all_contracts())
    refusal = None
    if form.is_valid():
        try:
            batch = _receive(form.cleaned_data["file"], form.cleaned_data["contract"], account)
        except IntakeError as error:
            refusal = error
        else:
            messages.success(request, _("The file is received. Its rows are being checked and taken in."))
            return redirect("delivery", batch.public_id)
    found = queries.batches_visible_to(actor_from(request))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "portal/deliveries.html", {"form": form, "refusal": refusal, "page": page})


def _receive(file: UploadedFile[bytes], contract: str, account: Account) -> Batch:
    with tempfile.NamedTemporaryFile(prefix="delivery-") as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        assert account.authority_id is not None
        return commands.receive(
            path=Path(copy.name),
            name=file.name or "file",
            contract=contract,
            authority_id=account.authority_id,
            account_id=account.pk,
            at=timezone.now(),
        )


@only_for(Account.Role.AUTHORITY, Account.Role.OPERATOR)
@require_safe
def delivery(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One batch: how far it is, the four counts, and the first rows that came back with their reasons."""
    batch = _batch(request, public_id)
    context = {
        "batch": batch,
        "running": batch.state in RUNNING,
        "reasons": queries.counts_by_reason(batch) if batch.rejected else {},
    }
    return render(request, "portal/delivery.html", context)


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
