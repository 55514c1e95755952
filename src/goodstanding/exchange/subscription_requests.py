"""Subscription requests: a subscriber asks for items of the catalogue, the operator drafts an agreement or refuses;
until then it may be withdrawn.

What is asked for is text of an organisation about itself; the journal names the request and nothing that it says.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Case, QuerySet, When
from django.utils import timezone

from goodstanding.registry.catalogue import catalogue_on
from goodstanding.registry.catalogue.dcat import ways
from goodstanding.registry.catalogue.load import Listed
from goodstanding.registry.journal import NewEvent, append

from . import agreements
from .agreement import METHODS
from .agreement_draft import compose
from .errors import ExchangeError
from .models import Subscriber, SubscriptionRequest

#: Requests of one subscriber that may wait at the same time.
LIMIT: Final = 10
_STATES: Final = SubscriptionRequest.State


def offered(*, at: datetime) -> list[Listed]:
    """The items of the catalogue that can be had under an agreement on the day of ``at``."""
    listed = catalogue_on(timezone.localdate(at)).listed
    return [one for one in listed if "feed" in ways(one.item)]


def requests(*, of: Subscriber | None = None) -> QuerySet[SubscriptionRequest]:
    """Requests, or those of one subscriber, those that wait first, then the newest."""
    found = SubscriptionRequest.objects.select_related("subscriber__account__user", "agreement")
    if of is not None:
        found = found.filter(subscriber=of)
    return found.order_by(Case(When(state=_STATES.WAITING, then=0), default=1), "-requested_at")


def request(public_id: uuid.UUID) -> SubscriptionRequest:
    """One request. Raises ExchangeError request.unknown."""
    found = requests().filter(public_id=public_id).first()
    if found is None:
        raise ExchangeError("request.unknown", place=str(public_id))
    return found


def open_to(subscriber: Subscriber) -> tuple[str, ...]:
    """The methods that a subscriber may ask for: pushes need an address."""
    return METHODS if subscriber.push_url else tuple(method for method in METHODS if method != "push")


@transaction.atomic
def ask(
    *,
    subscriber: Subscriber,
    items: Sequence[str],
    divisions: Sequence[str],
    purpose: str,
    legal_basis: str,
    methods: Sequence[str],
    at: datetime,
) -> SubscriptionRequest:
    """Ask for items of the catalogue. The same again, while the first waits, is that one.

    Args:
        items: their ids; each must be had under an agreement.
        divisions: six digits each; none means everywhere.
        purpose, legal_basis: 4 to 500 characters.
        methods: of ``feed``, ``api``, ``file``, and ``push`` where the subscriber has an address for it.

    Raises:
        ExchangeError: request.items, request.divisions, request.text, request.method, request.many; request.open, the
            same items and places are asked for already, in other words: ``place`` names that request.
    """
    subscriber = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    chosen = list(dict.fromkeys(items))
    unknown = sorted(set(chosen) - {one.item.id for one in offered(at=at)})
    if not chosen or unknown:
        raise ExchangeError("request.items", place=", ".join(unknown))
    wrong = [code for code in divisions if not re.fullmatch(r"[0-9]{6}", code)]
    if wrong or len(divisions) > 100:
        raise ExchangeError("request.divisions", place=", ".join(wrong))
    texts = {"purpose": purpose.strip(), "legal_basis": legal_basis.strip()}
    for name, text in texts.items():
        if not 4 <= len(text) <= 500:
            raise ExchangeError("request.text", place=name)
    ways = list(dict.fromkeys(methods))
    if not ways or not set(ways) <= set(open_to(subscriber)):
        raise ExchangeError("request.method", place=", ".join(ways))
    asked = SubscriptionRequest(
        subscriber=subscriber,
        items=chosen,
        divisions=list(dict.fromkeys(divisions)),
        methods=ways,
        requested_at=at,
        **texts,
    )
    waiting = list(subscriber.requests.filter(state=_STATES.WAITING).select_related("subscriber"))
    if (first := _same(asked, waiting)) is not None:
        return first
    if len(waiting) >= LIMIT:
        raise ExchangeError("request.many", place=str(LIMIT))
    asked.save()
    append([_event("requested", asked)], at=at)
    return asked


@transaction.atomic
def turn_down(*, request: uuid.UUID, reasons: str, at: datetime) -> SubscriptionRequest:
    """Turn a request down with reasons, which its subscriber reads.

    Raises:
        ExchangeError: request.unknown, request.state, request.reasons.
    """
    found = _waiting(request)
    if not 10 <= len(reasons.strip()) <= 2_000:
        raise ExchangeError("request.reasons", place=f"{len(reasons.strip())} characters")
    found.state, found.reasons, found.decided_at = _STATES.REFUSED, reasons.strip(), at
    found.save(update_fields=["state", "reasons", "decided_at"])
    append([_event("refused", found)], at=at)
    return found


@transaction.atomic
def draft(*, request: uuid.UUID, at: datetime) -> SubscriptionRequest:
    """Draft an agreement that says what was asked for, from today on; nobody has signed it yet.

    Raises:
        ExchangeError: request.unknown, request.state, or an ``agreement.*`` code.
    """
    found = _waiting(request)
    subscriber = found.subscriber
    document = compose(
        reference=agreements.free_reference(subscriber),
        **agreements.parties(subscriber),
        items=found.items,
        divisions=found.divisions,
        purpose=found.purpose,
        legal_basis=found.legal_basis,
        methods=found.methods,
        valid_from=timezone.localdate(at),
    )
    version = agreements.draft(document, at=at)
    found.state, found.agreement, found.decided_at = _STATES.DRAFTED, version.agreement, at
    found.save(update_fields=["state", "agreement", "decided_at"])
    append([_event("drafted", found, agreement=version.agreement.reference)], at=at)
    return found


@transaction.atomic
def withdraw(*, request: uuid.UUID, subscriber: Subscriber, at: datetime) -> SubscriptionRequest:
    """Take a request back that nobody has answered, as the subscriber that made it.

    Raises:
        ExchangeError: request.unknown (also of somebody else's), request.state.
    """
    found = _waiting(request, of=subscriber)
    found.state, found.decided_at = _STATES.WITHDRAWN, at
    found.save(update_fields=["state", "decided_at"])
    append([_event("withdrawn", found)], at=at)
    return found


def document_of(request: SubscriptionRequest) -> dict[str, Any]:
    """A request as JSON: what the API says."""
    return {
        "request": str(request.public_id),
        "subscriber": str(request.subscriber.public_id),
        "items": request.items,
        "divisions": request.divisions,
        "purpose": request.purpose,
        "legal_basis": request.legal_basis,
        "methods": request.methods,
        "requested_at": request.requested_at,
        "state": request.state,
        "decided_at": request.decided_at,
        "reasons": request.reasons,
        "agreement": request.agreement.reference if request.agreement else None,
    }


def _waiting(request: uuid.UUID, *, of: Subscriber | None = None) -> SubscriptionRequest:
    rows = SubscriptionRequest.objects.select_for_update(of=("self",)).select_related("subscriber")
    if of is not None:
        rows = rows.filter(subscriber=of)
    found = rows.filter(public_id=request).first()
    if found is None:
        raise ExchangeError("request.unknown", place=str(request))
    if found.state != _STATES.WAITING:
        raise ExchangeError("request.state", place=str(request))
    return found


def _same(asked: SubscriptionRequest, waiting: Sequence[SubscriptionRequest]) -> SubscriptionRequest | None:
    """The waiting request that asks for the same; None where none is for these items and places."""
    for one in waiting:
        if set(one.items) == set(asked.items) and set(one.divisions) == set(asked.divisions):
            words = (one.purpose, one.legal_basis, set(one.methods))
            if words == (asked.purpose, asked.legal_basis, set(asked.methods)):
                return one
            raise ExchangeError("request.open", place=str(one.public_id))
    return None


def _event(what: str, request: SubscriptionRequest, **more: str) -> NewEvent:
    subscriber = request.subscriber
    said = {
        "request": str(request.public_id),
        "subscriber": str(subscriber.public_id),
        "name": subscriber.name_zh,
    }
    return NewEvent(f"subscription.{what}", said | more)
