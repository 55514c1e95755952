"""Following the feed, and answering for removals."""

from __future__ import annotations

import threading
import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema

from goodstanding.exchange import commands, queries
from goodstanding.exchange.envelope import feed_batch, feed_document
from goodstanding.exchange.federation import onward as further_down
from goodstanding.exchange.models import Subscriber
from goodstanding.proof import SignedOnward, SignedReceipt
from goodstanding.registry import seal

from .answers import written
from .auth import Bearer, caller
from .problems import Problem

router = Router(tags=["feed"])

#: Requests that may wait for news at the same time in one process; the others are answered at once.
_waiting = threading.BoundedSemaphore(getattr(settings, "FEED_WAITERS", 2))
_LOOK_EVERY = 0.05
_BATCH = "application/cloudevents-batch+json"


class EntryOut(Schema):
    """One position; or a run of positions that hold nothing for the subscriber: ``position``, ``until``, ``hashes``."""

    position: int
    until: int | None = None
    hashes: list[str] | None = None
    leaf_hash: str | None = None
    note: str | None = None
    removal: bool | None = None
    salt: str | None = None
    event: dict[str, Any] | None = None
    record: dict[str, Any] | None = None


class FeedOut(Schema):
    """A page of the feed with the checkpoint that covers it."""

    subscriber: str
    origin: str
    after: int
    position: int
    size: int
    checkpoint: str | None
    extends: list[str]
    consistency: list[str]
    entries: list[EntryOut]


class PositionIn(Schema):
    """The last position that is applied."""

    position: int


class DueOut(Schema):
    """A removal that waits for a receipt."""

    position: int
    record: str


class PositionOut(Schema):
    """What the platform has on file, and the removals up to there that wait for a receipt, the first 1,000."""

    position: int
    due: list[DueOut]


class ReceiptOut(Schema):
    """A receipt that was taken, with the position of its own event."""

    record: str
    removal: int
    action: str
    position: int


_RECEIPT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["receipt", "public_key", "signature"],
                    "properties": {
                        "receipt": {
                            "type": "object",
                            "required": [
                                "subscriber",
                                "position",
                                "record",
                                "action",
                                "removed",
                                "onward",
                                "applied_at",
                                "checkpoint_size",
                            ],
                            "properties": {
                                "subscriber": {"type": "string"},
                                "position": {"type": "integer"},
                                "record": {"type": "string"},
                                "action": {"type": "string", "enum": ["dropped", "not_held"]},
                                "removed": {"type": "integer"},
                                "onward": {"type": "array", "items": {"type": "string"}},
                                "applied_at": {"type": "string", "format": "date-time"},
                                "checkpoint_size": {"type": "integer"},
                            },
                        },
                        "public_key": {"type": "string", "contentEncoding": "base64"},
                        "signature": {"type": "string", "contentEncoding": "base64"},
                    },
                }
            }
        },
    }
}


def subscriber(request: HttpRequest) -> Subscriber:
    """The subscriber behind a request. Raises Problem where the account is none."""
    found = caller(request)
    subscribed = queries.subscriber_of(found.actor.account_id)
    if subscribed is None or found.actor.role != "subscriber":
        raise Problem(
            403,
            "auth.role",
            "This account does not subscribe.",
            "该账户不是数据接收方。",
            detail="subscriber",
        )
    return subscribed


@router.get("/feed", response=FeedOut, auth=Bearer("feed:read"), summary="The change feed")
def feed(
    request: HttpRequest,
    after: int = Query(0, ge=0, le=2**53),
    limit: int = Query(1000, ge=1, le=5000),
    wait: float = Query(0, ge=0, le=25),
) -> HttpResponse:
    """The entries after a position, without a gap: with content where an agreement covers it, else runs to pass over.

    With ``wait`` the answer is held back up to so many seconds until there is news. Where ``Accept`` names
    ``application/cloudevents-batch+json``, only the events come, and the header ``Goodstanding-Position`` says how far.
    """
    following = subscriber(request)
    commands.seen(subscribers=[following], at=timezone.now())
    _wait_for_news(after, wait)
    page = queries.feed(subscriber=following, after=after, limit=limit, on=timezone.localdate())
    if _BATCH in request.headers.get("Accept", ""):
        batch = feed_batch(page, subscriber=following, origin=settings.LOG_ORIGIN)
        answer = written(request, batch, content_type=_BATCH)
        answer["Goodstanding-Position"] = str(page.position)
        return answer
    document = feed_document(page, subscriber=following, origin=settings.LOG_ORIGIN)
    return written(request, document)


def _wait_for_news(after: int, seconds: float) -> None:
    if seconds <= 0 or not _waiting.acquire(blocking=False):
        return
    try:
        deadline = time.monotonic() + seconds
        while seal.sealed_size() <= after and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY)
    finally:
        _waiting.release()


@router.get("/feed/stream", auth=Bearer("feed:read"), summary="The change feed as Server-Sent Events")
def stream(request: HttpRequest, after: int = Query(0, ge=0, le=2**53)) -> HttpResponse:
    """The feed page by page as it grows (text/event-stream), from the position in ``Last-Event-ID`` or ``after``.

    A process of its own answers this (goodstanding.site.streams). Whoever asks the web server for it gets its address.
    """
    subscriber(request)
    raise Problem(
        421,
        "feed.stream_elsewhere",
        "Streams are served by a process of their own, at another address.",
        "数据流（SSE）由另一进程在其他地址提供。",
        detail=settings.STREAM_URL,
    )


@router.post("/feed/position", response=PositionOut, auth=Bearer("feed:read"), summary="Confirm the position")
def confirm(request: HttpRequest, given: PositionIn) -> dict[str, Any]:
    """Say up to where the feed is applied. It moves forward only and never past the sealed log."""
    held = commands.confirm(subscriber=subscriber(request), position=given.position, at=timezone.now())
    due = queries.removals_due(held)
    return {
        "position": held.position,
        "due": [{"position": each.position, "record": each.content["record"]} for each in due],
    }


@router.post(
    "/receipts",
    response=ReceiptOut,
    auth=Bearer("receipts:write"),
    openapi_extra=_RECEIPT_BODY,
    summary="Hand in a signed receipt",
)
def receipt(request: HttpRequest) -> dict[str, Any]:
    """Take a signed receipt for a removal. Sending it again is answered like the first time."""
    signed = SignedReceipt.from_json(request.body)
    taken = commands.take_receipt(subscriber=subscriber(request), signed=signed, at=timezone.now())
    return {
        "record": signed.receipt.record,
        "removal": taken.removal_position,
        "action": taken.action,
        "position": taken.position,
    }


class OnwardOut(Schema):
    """An answer from further down that was taken, with the position of its own event."""

    record: str
    removal: int
    holder: str
    action: str
    position: int


_ONWARD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["onward", "public_key", "signature"],
                    "properties": {
                        "onward": {
                            "type": "object",
                            "required": ["subscriber", "position", "record", "holder", "via", "receipt"],
                            "properties": {
                                "subscriber": {"type": "string"},
                                "position": {"type": "integer"},
                                "record": {"type": "string"},
                                "holder": {"type": "string"},
                                "via": {"type": "array", "items": {"type": "string"}},
                                "receipt": {"type": "string"},
                            },
                        },
                        "public_key": {"type": "string", "contentEncoding": "base64"},
                        "signature": {"type": "string", "contentEncoding": "base64"},
                    },
                }
            }
        },
    }
}


@router.post(
    "/receipts/onward",
    response=OnwardOut,
    auth=Bearer("receipts:write"),
    openapi_extra=_ONWARD_BODY,
    summary="Hand in a receipt from further down",
)
def onward_receipt(request: HttpRequest) -> dict[str, Any]:
    """Take what a subscriber says of a holder to whom it had passed a record on, with that holder's signed receipt."""
    signed = SignedOnward.from_json(request.body)
    taken = further_down.take_onward(subscriber=subscriber(request), signed=signed, at=timezone.now())
    return {
        "record": signed.onward.record,
        "removal": signed.onward.position,
        "holder": taken.holder,
        "action": taken.action,
        "position": taken.position,
    }
