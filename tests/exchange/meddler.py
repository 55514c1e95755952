"""A man in the middle of a mirror and its platform."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx


class Meddler(httpx.BaseTransport):
    """Passes requests to the real server, and may change what one address answers."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.real = httpx.HTTPTransport()
        self.change: Callable[[Any], None] | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.real.handle_request(request)
        answer.read()
        if self.change is None or request.url.path != self.path:
            return answer
        found = json.loads(answer.content)
        self.change(found)
        return httpx.Response(answer.status_code, json=found)
