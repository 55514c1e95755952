"""Restoration certificates: to the entity alone, or to its agent under a mandate for the matter."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from goodstanding.casework.certified import Elsewhere, asked
from goodstanding.exchange import certificates
from goodstanding.exchange.certificate_paper import paper
from goodstanding.exchange.federation.certificates import fetch
from goodstanding.proof.certificate import MEDIA_TYPE

from .auth import Bearer, caller
from .problems import known_id

router = Router(tags=["cases"])
_CASES = Bearer("cases:read")


@router.get("/cases/{public_id}/certificate", auth=_CASES, summary="Restoration certificate")
def certificate(request: HttpRequest, public_id: str) -> HttpResponse:
    """What proves that the case restored its record, with the receipts of those who dropped it, as of now.

    It may also be what was handed in here and decided in another instance (`forwarded`): the home makes it.

    Canonical JSON; check it with `goodstanding certificate verify`. It is made on demand and kept nowhere.
    """
    return HttpResponse(_made(request, public_id), content_type=MEDIA_TYPE)


@router.get("/cases/{public_id}/certificate.pdf", auth=_CASES, summary="Restoration certificate on paper")
def certificate_on_paper(request: HttpRequest, public_id: str) -> HttpResponse:
    """The certificate as a PDF in both languages, with the JSON attached and a code that leads to the verifier."""
    return HttpResponse(paper(_made(request, public_id)), content_type="application/pdf")


def _made(request: HttpRequest, public_id: str) -> bytes:
    actor, now = caller(request).actor, timezone.now()
    found = asked(actor, known_id(public_id), on=timezone.localdate(now))
    return fetch(found) if isinstance(found, Elsewhere) else certificates.make(found, at=now)
