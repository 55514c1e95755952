"""Asking for items of the catalogue under an agreement, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status

from goodstanding.exchange import subscription_requests as requests

from .auth import Bearer, caller
from .feed import subscriber
from .problems import known_id

router = Router(tags=["agreements"])


class RequestIn(Schema):
    """What is asked for: items of the catalogue, divisions (six digits each; none: everywhere), for what, and how."""

    items: list[str]
    divisions: list[str] = []
    purpose: str
    legal_basis: str
    methods: list[str] = ["feed"]


class RequestOut(Schema):
    """A request: ``waiting``, ``drafted`` (with the agreement), ``refused`` (with reasons) or ``withdrawn``."""

    request: str
    subscriber: str
    items: list[str]
    divisions: list[str]
    purpose: str
    legal_basis: str
    methods: list[str]
    requested_at: datetime
    state: str
    decided_at: datetime | None
    reasons: str
    agreement: str | None


@router.get(
    "/subscription-requests",
    response=list[RequestOut],
    auth=Bearer("requests:write"),
    summary="Subscription requests",
)
def listed(request: HttpRequest) -> list[dict[str, Any]]:
    """The caller's requests, those that wait first, then the newest; the operator reads all of them."""
    own = None if caller(request).actor.is_operator else subscriber(request)
    return [requests.document_of(one) for one in requests.requests(of=own)]


@router.post(
    "/subscription-requests",
    response={200: RequestOut, 201: RequestOut},
    auth=Bearer("requests:write"),
    summary="Ask for items of the catalogue",
)
def ask(request: HttpRequest, given: RequestIn) -> Status[dict[str, Any]]:
    """Ask for items; the operator drafts an agreement from it, or turns it down with reasons.

    The same again, while the first waits, is that one: 200. 409 where only its words or methods differ.
    """
    at = timezone.now()
    asked = requests.ask(subscriber=subscriber(request), at=at, **given.dict())
    return Status(201 if asked.requested_at == at else 200, requests.document_of(asked))


@router.post(
    "/subscription-requests/{public_id}/withdraw",
    response=RequestOut,
    auth=Bearer("requests:write"),
    summary="Withdraw a request",
)
def withdraw(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """Take a request back that nobody has answered yet."""
    own = subscriber(request)
    return requests.document_of(
        requests.withdraw(request=known_id(public_id), subscriber=own, at=timezone.now())
    )
