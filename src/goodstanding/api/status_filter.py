"""The status filter: check offline whether an old copy may still be held. Open to everyone; it lists nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from ninja import Query, Router

from goodstanding.exchange import status_filter
from goodstanding.exchange.errors import ExchangeError

from .problems import not_found

router = Router(tags=["log"])
_DIGEST = re.compile(r"[0-9a-f]{64}")


def _answer(
    request: HttpRequest, read: Callable[[status_filter.File], bytes | None], *, after: str = ""
) -> HttpResponse:
    """The bytes that ``read`` takes from the file; they are read only where the asker has not got them already."""
    newest = status_filter.newest()
    if newest is None:
        raise not_found()
    headers = {"Cache-Control": "public, max-age=300", "ETag": quote_etag(after + newest.digest)}
    known = get_conditional_response(request, etag=headers["ETag"])
    if known is not None and known.status_code == 304:
        return known
    found = status_filter.current()
    data = None if found is None else read(found)
    if data is None:
        raise not_found()
    return HttpResponse(data, content_type="application/octet-stream", headers=headers)


@router.get("/status-filter", summary="The status filter")
def status_filter_file(request: HttpRequest) -> HttpResponse:
    """The whole file: whoever holds old copies checks them with it offline, by ids that he has.

    404 while none was issued. The ETag is the digest of its newest section.
    """
    return _answer(request, lambda file: file.data)


@router.get("/status-filter/delta", summary="What continues a status filter")
def status_filter_delta(request: HttpRequest, after: str = Query(..., max_length=64)) -> HttpResponse:
    """What continues the file whose newest section has the digest ``after``: nothing where that is the newest one.

    404 where the file has begun anew since; then fetch the whole.
    """
    if not _DIGEST.fullmatch(after):
        raise not_found()
    return _answer(request, lambda file: file.since(after), after=f"{after}-")


@router.get("/status-filter/proof", summary="Proof that the status filter was announced")
def status_filter_proof(request: HttpRequest) -> HttpResponse:
    """The proof (C2SP tlog-proof) that the digest of the newest section stands in the log, so that all are given one.

    404 while its event is not under the published checkpoint.
    """
    try:
        text = status_filter.issue_proof().encode()
    except ExchangeError as error:
        raise not_found() from error
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"})
