"""Writing large answers."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse


def written(
    request: HttpRequest,
    document: dict[str, Any] | list[dict[str, Any]],
    *,
    content_type: str = "application/json",
) -> HttpResponse:
    """A document as JSON, as it is. Its shape is that of the endpoint's schema, to which tests hold it.

    Checking a page of 5,000 entries against the schema once more costs as much as making it.
    """
    headers = {"Cache-Control": "no-store"} if "Authorization" in request.headers else {}
    return HttpResponse(orjson.dumps(document), content_type=content_type, headers=headers)
