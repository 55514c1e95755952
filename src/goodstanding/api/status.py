"""What runs, in numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from goodstanding.exchange import queries as exchange
from goodstanding.exchange.pace import Pace
from goodstanding.registry import queries as registry
from goodstanding.registry.actor import Actor

from .auth import Bearer, caller

router = Router(tags=["status"])


class SubscriberOut(Schema):
    """How far a subscriber is; to the operator and to the subscriber itself. ``behind``: by more than was agreed;
    ``silent``: it asks less often than was agreed; ``corrections``: records of which it has not shown that it has what
    was corrected, and how many of them are late."""

    id: str
    name_zh: str
    name_en: str
    position: int
    lag: int
    behind_seconds: float
    freshness_seconds: float | None
    behind: bool
    frequency_seconds: float | None
    silent: bool
    corrections: int
    corrections_late: int
    receipts: int
    receipts_due: int
    last_seen: datetime | None
    push: str
    push_next: datetime | None


class StatusOut(Schema):
    """Counts, the journal's end, and the subscribers as far as the caller may see them."""

    status: str
    database: str | None = None
    processes: dict[str, int] | None = None
    entities: int
    records: dict[str, int]
    facts: int
    journal_position: int
    sealed_size: int
    subscribers: list[SubscriberOut]


@router.get("/status", response=StatusOut, auth=Bearer("status:read", public=True), summary="What runs")
def status(request: HttpRequest) -> dict[str, Any]:
    """Entities, records by state, the journal's position and how far it is sealed. Open to everyone.

    With a token: the operator also sees every subscriber and what runs, a subscriber itself.
    """
    return described(caller(request).actor)


def pace_document(pace: Pace) -> dict[str, Any]:
    """How a recipient keeps the pace that was agreed."""
    return {
        "freshness_seconds": pace.freshness and pace.freshness.total_seconds(),
        "behind": pace.is_behind,
        "frequency_seconds": pace.frequency and pace.frequency.total_seconds(),
        "silent": pace.is_silent,
    }


def described(actor: Actor) -> dict[str, Any]:
    """What runs, as far as an actor may see it; the command line's status is the operator's."""
    found = exchange.subscriber_status(at=timezone.now()) if actor.role in ("operator", "subscriber") else []
    return {
        "status": "ok",
        **(registry.running() if actor.is_operator else {}),
        **registry.counts(),
        "subscribers": [
            {
                "id": str(item.subscriber.public_id),
                "name_zh": item.subscriber.name_zh,
                "name_en": item.subscriber.name_en,
                "position": item.position,
                "lag": item.lag,
                "behind_seconds": round(item.behind_seconds, 3),
                **pace_document(item.pace),
                "corrections": item.corrections.all,
                "corrections_late": item.corrections.late,
                "receipts": item.receipts,
                "receipts_due": item.receipts_due,
                "last_seen": item.last_seen,
                "push": item.push,
                "push_next": item.push_next,
            }
            for item in found
            if actor.is_operator or item.subscriber.account_id == actor.account_id
        ],
    }
