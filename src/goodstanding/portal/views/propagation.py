"""The propagation board of a record, and the receipts on it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from goodstanding.exchange.models import Receipt
from goodstanding.exchange.propagation import board
from goodstanding.registry import queries
from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.models import Record

from ..charts import parts
from ..context import actor_from
from ..readings import note_if_not_public
from .record import is_concerned


@require_safe
def propagation(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """How far the removal of a record has come with each recipient; before it, who holds it."""
    found = _concerned(request, public_id)
    today = timezone.localdate()
    shown = board(found, on=today, calendar=known_calendar(), propose_after=settings.SUSPEND_AFTER)
    figures = {"gone": shown.answered, "late": len(shown.late), "waiting": shown.waiting} if shown.off else {}
    context = {
        "board": shown,
        "record": found,
        "noted": note_if_not_public(request, entity=found.entity, records=[found], at=timezone.now()),
        "total": len(shown.lines),
        "parts": parts(figures),
        "today": today,
    }
    return render(request, "portal/propagation.html", context)


@require_safe
def record_receipt(request: HttpRequest, public_id: uuid.UUID, position: int) -> HttpResponse:
    """A recipient's signed receipt for the removal of a record, byte for byte as it was signed."""
    found = _concerned(request, public_id)
    receipt = Receipt.objects.filter(record=found, position=position).first()
    if receipt is None:
        raise Http404
    note_if_not_public(request, entity=found.entity, records=[found], at=timezone.now())
    headers = {"Content-Disposition": f'attachment; filename="receipt-{position}.json"'}
    return HttpResponse(receipt.signed, content_type="application/json", headers=headers)


def _concerned(request: HttpRequest, public_id: uuid.UUID) -> Record:
    actor = actor_from(request)
    try:
        found = queries.record_for(actor, public_id, on=timezone.localdate())
    except Record.DoesNotExist as error:
        raise Http404 from error
    if not is_concerned(actor, found):
        raise Http404
    return found
