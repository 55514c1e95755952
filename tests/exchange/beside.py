"""For tests of mirrors beside the feed: a mirror with all scopes and a clock of its own, and a server that replays."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from goodstanding.exchange import agreed_files, queries
from goodstanding.exchange.mirror import Mirror
from goodstanding.exchange.models import Subscriber
from goodstanding.registry.models import Record

from .places import Place
from .stage import now, today, token_of

HOUR = timedelta(hours=1)
SCOPES = ("feed:read", "receipts:write", "agreed:read")


@dataclass
class Clock:
    """The present instant of a mirror and of the worker that makes its files; it is put forward by hand."""

    at: datetime = field(default_factory=now)

    def __call__(self) -> datetime:
        return self.at

    def make_files(self) -> int:
        """Make the files that are due. How many sets were made."""
        return agreed_files.work(at_clock=self).made


class Replay(httpx.BaseTransport):
    """Passes requests to the real server, and gives again what it was told to give again."""

    def __init__(self) -> None:
        self.real = httpx.HTTPTransport()
        self.told: dict[str, httpx.Response] = {}
        self.seen: dict[str, httpx.Response] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path in self.told:
            told = self.told[path]
            return httpx.Response(told.status_code, content=told.content, headers={"Date": "x"})
        answer = self.real.handle_request(request)
        answer.read()
        self.seen[path] = answer
        return answer

    def client(self) -> httpx.Client:
        return httpx.Client(transport=self, timeout=60)


def mirror_beside(url: str, subscriber: Subscriber, key: bytes, place: Place, **more: Any) -> Mirror:
    """The subscriber's own mirror, which asks for agreements and files at every round."""
    return Mirror(url, token_of(subscriber, *SCOPES), place.store, key, agreements_every=0, **more)


def state_of(record: Record, subscriber: Subscriber) -> str:
    """What the platform says that a subscriber has of a record."""
    record.refresh_from_db()
    return next(each.state for each in queries.holders(record, today()) if each.subscriber == subscriber)


def words_of(mirror: Mirror) -> set[str]:
    """The words of the records that a mirror holds."""
    return {holding.document["content"]["word"] for holding in mirror.holdings() if holding.document}
