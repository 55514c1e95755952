"""The restoration certificate: given to the entity from the page of its case, verified by anyone in the browser."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from goodstanding.casework.certified import Elsewhere, asked
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import Case
from goodstanding.exchange import certificates, proofs
from goodstanding.exchange.certificate_paper import paper
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.federation.certificates import fetch
from goodstanding.proof.certificate import MEDIA_TYPE
from goodstanding.registry.models import Account

from ..certificate_words import words
from ..context import actor_from, only_for
from ..language import problem


@require_safe
def certificate(request: HttpRequest) -> HttpResponse:
    """The page on which a certificate is verified by the reader's own browser; nothing is sent to the server."""
    return render(request, "portal/certificate.html", {"key": proofs.log_key(), "words": words()})


@only_for(Account.Role.ENTITY)
@require_safe
def case_certificate(request: HttpRequest, public_id: uuid.UUID, form: str) -> HttpResponse:
    """The certificate of the restoration by a case, made now: the file (``json``) or the paper (``pdf``).

    ``public_id`` may also be of what was handed in here and decided in another instance, which makes the certificate.
    """
    actor, now = actor_from(request), timezone.now()
    try:
        decision = asked(actor, public_id, on=timezone.localdate(now))
    except (Case.DoesNotExist, CaseworkError) as error:
        raise Http404 from error
    try:
        elsewhere = isinstance(decision, Elsewhere)
        made = fetch(decision) if elsewhere else certificates.make(decision, at=now)
        content = paper(made) if form == "pdf" else made
    except ExchangeError as error:
        messages.error(request, problem(error))
        return redirect("record", decision.record.public_id) if elsewhere else redirect("case", public_id)
    return HttpResponse(
        content,
        content_type="application/pdf" if form == "pdf" else MEDIA_TYPE,
        headers={"Content-Disposition": f'attachment; filename="restoration-certificate.{form}"'},
    )
