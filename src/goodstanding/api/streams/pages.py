"""Who may open a stream, and the pages of the feed for many readers at once. All of it asks the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import orjson
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from goodstanding.exchange import commands, feed, queries
from goodstanding.exchange.envelope import feed_document
from goodstanding.exchange.models import Subscriber
from goodstanding.registry import seal
from goodstanding.registry.models import Account, ApiToken

from ..auth import Bearer
from ..feed import subscriber
from ..problems import Problem

#: Entries in one event.
LIMIT = 500


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a stream, by which token."""

    token_id: int
    subscriber_id: int


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream: a page of the feed, and the position to which it leads."""

    position: int
    page: bytes


def admit(request: HttpRequest) -> tuple[Reader, int]:
    """The reader behind a request, and the position after which the stream begins.

    Raises:
        Problem: as for ``GET /feed``, or request.invalid.
    """
    connection.close_if_unusable_or_obsolete()
    request.auth = Bearer("feed:read")(request)  # type: ignore[attr-defined]
    found = subscriber(request)
    token = request.auth.token_id  # type: ignore[attr-defined]
    return Reader(token, found.pk), _after(request)


def _after(request: HttpRequest) -> int:
    text = request.headers.get("Last-Event-ID") or request.GET.get("after", "0")
    if text.isascii() and text.isdigit() and int(text) <= 2**53:
        return int(text)
    place = "Last-Event-ID" if "Last-Event-ID" in request.headers else "after"
    raise Problem(422, "request.invalid", "The request is not valid.", "请求无效。", detail=place)


def events(readers: Sequence[Reader], *, after: int, limit: int) -> dict[Reader, Event]:
    """The next event after a position, for each reader that is still admitted."""
    connection.close_if_unusable_or_obsolete()
    following = still_admitted(readers)
    stretch = feed.stretch(after=after, limit=limit)
    on = timezone.localdate()
    made = {}
    for reader, one in following.items():
        page = feed.page(stretch, scope=queries.scope_for(one), on=on)
        document = feed_document(page, subscriber=one, origin=settings.LOG_ORIGIN)
        made[reader] = Event(page.position, orjson.dumps(document))
    return made


def still_admitted(readers: Collection[Reader]) -> dict[Reader, Subscriber]:
    """The readers whose tokens are valid now, with their subscribers and agreements; it is noted that they are here."""
    connection.close_if_unusable_or_obsolete()
    at = timezone.now()
    tokens = ApiToken.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=at),
        pk__in={reader.token_id for reader in readers},
        revoked_at__isnull=True,
        scopes__contains=["feed:read"],
        account__user__is_active=True,
        account__role=Account.Role.SUBSCRIBER,
    )
    valid = set(tokens.values_list("pk", flat=True))
    admitted = [reader for reader in readers if reader.token_id in valid]
    subscribers = (
        Subscriber.objects.select_related("account")
        .prefetch_related(queries.AGREEMENTS)
        .in_bulk({reader.subscriber_id for reader in admitted})
    )
    commands.seen(subscribers=subscribers.values(), at=at)
    return {reader: subscribers[reader.subscriber_id] for reader in admitted}


def sealed_size() -> int:
    """How many positions are on the feed."""
    connection.close_if_unusable_or_obsolete()
    return seal.sealed_size()
