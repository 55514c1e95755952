"""One fact out of the lake: its proof, and making it a record so that it can be objected to."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from goodstanding.intake import facts
from goodstanding.intake.errors import FactRefused
from goodstanding.registry.models import Account

from ..context import actor_from, only_for
from ..language import problem
from ..readings import note_if_not_public

#: The lake numbers rows with 64 bits.
_MOST_ROWS = 2**63


@only_for(Account.Role.ENTITY, Account.Role.AUTHORITY, Account.Role.OPERATOR)
@require_POST
def promote_fact(request: HttpRequest, batch: uuid.UUID, row: int) -> HttpResponse:
    """Make a fact a record of the registry; its entity goes on to the form of an objection."""
    actor, now = actor_from(request), timezone.now()
    if row >= _MOST_ROWS:
        raise Http404
    try:
        record = facts.promote_fact(actor, batch, row, today=timezone.localdate(now), at=now)
    except FactRefused as error:
        return _refused(request, error)
    return redirect("object" if actor.role == Account.Role.ENTITY else "record", record.public_id)


@require_safe
def fact_proof(request: HttpRequest, batch: uuid.UUID, row: int) -> HttpResponse:
    """Everything that is needed to check offline that a fact was announced as it is."""
    now = timezone.now()
    if row >= _MOST_ROWS:
        raise Http404
    try:
        fact = facts.fact_for(actor_from(request), batch, row, on=timezone.localdate(now))
        document = facts.proof_of(fact)
    except FactRefused as error:
        return _refused(request, error)
    note_if_not_public(request, entity=fact.entity, records=[], facts=[fact], at=now)
    if document is None:
        messages.info(
            request, _("It will be sealed in the log shortly; ask for the proof again in a minute.")
        )
        return redirect("entity", fact.entity.public_id)
    name = f"fact-{str(batch)[:8]}-{row}.json"
    return JsonResponse(
        document,
        json_dumps_params={"ensure_ascii": False, "indent": 2},
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _refused(request: HttpRequest, error: FactRefused) -> HttpResponse:
    """Where a refusal leads. Raises Http404 and PermissionDenied."""
    if error.code == "fact.not_found":
        raise Http404 from error
    if error.code == "fact.not_yours":
        raise PermissionDenied from error
    messages.error(request, problem(error))
    return redirect("home")
