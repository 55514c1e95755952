"""Bad weather between a platform and its subscribers: answers lost, requests doubled, old answers that come late."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

import httpx

#: Earlier answers of the feed that may come once more.
REMEMBERED = 100


class Weather(httpx.BaseTransport):
    """Passes requests to the real server. ``share`` of them meet with an accident, of each kind in turn."""

    def __init__(self, chance: random.Random, *, share: float) -> None:
        self.chance, self.share = chance, share
        self.accidents: dict[str, int] = {}
        self._real = httpx.HTTPTransport()
        self._pages: deque[tuple[int, bytes]] = deque(maxlen=REMEMBERED)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        accidents: dict[str, Callable[[httpx.Request], httpx.Response]] = {
            "old page": self._old_page,
            "answer lost": self._answer_lost,
            "request doubled": self._doubled,
            "request lost": self._request_lost,
        }
        if self.chance.random() >= self.share:
            return self._pass(request)
        if not (request.url.path.endswith("/feed") and self._pages):
            del accidents["old page"]
        name = min(accidents, key=lambda each: self.accidents.get(each, 0))  # whichever has been rarest
        self.accidents[name] = self.accidents.get(name, 0) + 1
        return accidents[name](request)

    def close(self) -> None:
        self._real.close()

    def _pass(self, request: httpx.Request) -> httpx.Response:
        answer = self._real.handle_request(request)
        content = answer.read()
        if request.url.path.endswith("/feed"):
            self._pages.append((answer.status_code, content))
        return httpx.Response(answer.status_code, content=content)

    def _request_lost(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("lost on the way there", request=request)

    def _answer_lost(self, request: httpx.Request) -> httpx.Response:
        self._pass(request)
        raise httpx.ReadError("lost on the way back", request=request)

    def _doubled(self, request: httpx.Request) -> httpx.Response:
        self._pass(request)
        return self._pass(request)

    def _old_page(self, request: httpx.Request) -> httpx.Response:
        status, content = self.chance.choice(self._pages)
        return httpx.Response(status, content=content)
