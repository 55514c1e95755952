"""How far removals have come: of one record, of one recipient, and the public league table."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from goodstanding.exchange import recipients, suspensions
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.league import league as table
from goodstanding.exchange.league_figures import document
from goodstanding.exchange.models import SetDifference, Suspension
from goodstanding.exchange.probes import outside
from goodstanding.exchange.propagation import Line, board
from goodstanding.exchange.queries import subscriber_of, subscribers
from goodstanding.exchange.recipients import Recipient
from goodstanding.registry import queries
from goodstanding.registry.actor import Actor
from goodstanding.registry.calendars import known_calendar

from . import readings
from .auth import Bearer, caller, require_role
from .problems import known_id, not_found
from .records import is_party
from .status import pace_document

router = Router(tags=["propagation"])


class LineOut(Schema):
    """One recipient of a record: its state, the instants of the way there (null: not yet, or not known), its deadline
    (null: its agreement sets none, or the calendar does not reach so far; while the record is published, of its last
    correction, as ``sealed_at``, ``reminded_at`` and ``late_at`` are), since when it was seen to show the removed
    record still, and what the last reconciliation found of it (kept, older, missing; null: nothing), by which round,
    with the claim as it was signed and the receipt that it contradicts."""

    subscriber: str
    name_zh: str
    name_en: str
    state: str
    late: bool
    working_days_late: int | None
    removed_at: datetime | None
    sealed_at: datetime | None
    told_at: datetime | None
    confirmed_at: datetime | None
    answered_at: datetime | None
    due_on: date | None
    reminded_at: datetime | None
    late_at: datetime | None
    suspension: str | None
    suspension_on: date | None
    onward: list[str]
    receipt: str | None
    still_shown_since: datetime | None
    difference: str | None
    difference_since: datetime | None
    reconciliation: str | None
    claim: str | None
    contradicted: str | None


class BoardOut(Schema):
    """How far the removal of a record has come; while it is published, who holds it, and how far its last correction
    has: ``corrected`` and ``not_corrected`` count the recipients that have shown that they have it, and the others."""

    record: str
    on: date
    removed_at: datetime | None
    recipients: int
    answered: int
    corrected_at: datetime | None
    corrected: int
    not_corrected: int
    late: int
    lines: list[LineOut]


class StandingOut(Schema):
    """One recipient in the league table; a value that is not published is null. Counts are multiples of five or
    "fewer than 5"; times are seconds by steps, or "over"."""

    subscriber: str
    name_zh: str
    name_en: str
    removals: str
    half_within_seconds: str | None
    ninety_within_seconds: str | None
    in_time_percent: int | None
    late: str
    late_for: str | None
    trend: str | None


class LeagueOut(Schema):
    """The table of the last finished four weeks, named by the Mondays of the first and the last."""

    first_week: date | None
    last_week: date | None
    recipients: list[StandingOut]


class SuspensionOut(Schema):
    """What came of staying behind."""

    state: str
    by_clause: bool
    since: date
    removals: int
    began_at: datetime
    decided_at: datetime | None
    ended_at: datetime | None
    agreements: list[str]
    proposed_by: str | None
    proposed_because: str
    reason: str


class SuspensionIn(Schema):
    """What the operator does about a recipient that stays behind; a reason with everything but ``confirm``."""

    decision: Literal["propose", "confirm", "decline", "resume"]
    reason: str = Field("", max_length=500)


class StillShownOut(Schema):
    """A removed record that was seen at a public place of the recipient. ``answered``: its receipt says it is gone."""

    place: str
    record: str
    removal: int
    answered: bool
    found_at: datetime


class RecipientOut(Schema):
    """What a recipient has not answered, and how soon it has answered in the last 90 days (seconds, exact); the
    corrections that it has not taken over; whether it keeps to its agreements' freshness (``behind``) and frequency
    (``silent``)."""

    subscriber: str
    name_zh: str
    name_en: str
    last_seen: datetime | None
    push_failures: int
    freshness_seconds: float | None
    behind: bool
    frequency_seconds: float | None
    silent: bool
    unanswered: dict[str, int]
    corrections: dict[str, int]
    times: dict[str, float | None]
    still_shown: list[StillShownOut]
    suspensions: list[SuspensionOut]
    differences: dict[str, int]


class RecipientsOut(Schema):
    """All recipients, by name."""

    recipients: list[RecipientOut]


@router.get(
    "/records/{public_id}/propagation",
    response=BoardOut,
    auth=Bearer("records:read"),
    summary="How far a removal has come",
)
def propagation(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """For each recipient that could have got a record: to the entity itself, to the authority that found it, to the
    operator."""
    actor, today = caller(request).actor, timezone.localdate()
    found = queries.record_for(actor, known_id(public_id), on=today)
    if not is_party(actor, found):
        raise not_found()
    readings.note(request, actor=actor, entity=found.entity, records=[found])
    shown = board(found, on=today, calendar=known_calendar(), propose_after=settings.SUSPEND_AFTER)
    return {
        "record": str(found.public_id),
        "on": today,
        "removed_at": shown.removed_at,
        "recipients": len(shown.lines),
        "answered": shown.answered,
        "corrected_at": shown.corrected_at,
        "corrected": shown.corrected,
        "not_corrected": shown.not_corrected,
        "late": len(shown.late),
        "lines": [_line(line) for line in shown.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    came, awaited = line.came or line.correction, line.awaited or line.correction
    return {
        "subscriber": str(line.subscriber.public_id),
        "name_zh": line.subscriber.name_zh,
        "name_en": line.subscriber.name_en,
        "state": line.state,
        "late": line.late,
        "working_days_late": line.days_late,
        **{
            name: getattr(came, name, None)
            for name in ("removed_at", "sealed_at", "told_at", "confirmed_at", "due_on")
        },
        "answered_at": line.answered_at,
        "reminded_at": awaited.reminded_at if awaited else None,
        "late_at": awaited.late_at if awaited else None,
        "suspension": line.suspension.state if line.suspension else None,
        "suspension_on": line.suspension_on,
        "onward": [each.name for each in line.onward],
        "receipt": line.receipt.signed if line.receipt else None,
        "still_shown_since": line.shown[0].found_at if line.shown else None,
        **_difference(line.difference),
        "contradicted": line.contradicted.signed if line.contradicted else None,
    }


def _difference(found: SetDifference | None) -> dict[str, Any]:
    """What reconciliation found, by which round, and what the recipient had signed then."""
    if found is None:
        return dict.fromkeys(("difference", "difference_since", "reconciliation", "claim"))
    return {
        "difference": found.kind,
        "difference_since": found.since,
        "reconciliation": str(found.reconciliation.public_id),
        "claim": found.reconciliation.signed,
    }


@router.get(
    "/league",
    response=LeagueOut,
    auth=Bearer("status:read", public=True),
    summary="Time to gone, recipient by recipient",
)
def league(request: HttpRequest) -> dict[str, Any]:
    """How soon each recipient shows that a removed record is gone. Open to everyone; it changes every four weeks."""
    return document(table())


@router.get("/recipients", response=RecipientsOut, auth=Bearer("status:read"), summary="All recipients")
def all_recipients(request: HttpRequest) -> dict[str, Any]:
    """What each recipient has not answered: to the operator."""
    actor = require_role(request, "operator").actor
    return {"recipients": [_recipient(_found(each.public_id), to=actor) for each in subscribers()]}


@router.get(
    "/recipients/{public_id}", response=RecipientOut, auth=Bearer("status:read"), summary="One recipient"
)
def one_recipient(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """What a recipient has not answered: to the operator any of them, to a subscriber itself."""
    actor: Actor = require_role(request, "operator", "subscriber").actor
    own = None if actor.is_operator else subscriber_of(actor.account_id)
    asked = known_id(public_id)
    if not actor.is_operator and (own is None or own.public_id != asked):
        raise not_found()
    return _recipient(_found(asked), to=actor)


@router.post(
    "/recipients/{public_id}/suspension",
    response=SuspensionOut,
    auth=Bearer("recipients:write"),
    summary="Decide on the suspension of a recipient",
)
def decide(request: HttpRequest, public_id: str, given: SuspensionIn) -> dict[str, Any]:
    """Propose to suspend a recipient that is late, confirm or decline what was proposed, or resume it before it has
    answered: the operator. What an operator proposed another operator confirms."""
    actor = require_role(request, "operator").actor
    found = _found(known_id(public_id)).subscriber.public_id
    done = suspensions.decide(
        given.decision, actor=actor, subscriber=found, reason=given.reason, at=timezone.now()
    )
    return _suspension(done, to=actor)


def _suspension(found: Suspension, *, to: Actor) -> dict[str, Any]:
    """A suspension; which operator proposed it only the operator reads."""
    by = found.proposed_by if to.is_operator else None
    plain = {name: getattr(found, name) for name in SuspensionOut.model_fields if name != "proposed_by"}
    return plain | {"proposed_by": by.user.get_username() if by else None}


def _found(public_id: Any) -> Recipient:
    try:
        return recipients.recipient(public_id, on=timezone.localdate(), at=timezone.now())
    except ExchangeError as error:
        raise not_found() from error


def _recipient(found: Recipient, *, to: Actor) -> dict[str, Any]:
    return {
        "subscriber": str(found.subscriber.public_id),
        "name_zh": found.subscriber.name_zh,
        "name_en": found.subscriber.name_en,
        "last_seen": found.subscriber.seen_at,
        "push_failures": found.subscriber.push_failures,
        "unanswered": {name: getattr(found.unanswered, name) for name in found.unanswered.__slots__},
        "corrections": {name: getattr(found.corrections, name) for name in found.corrections.__slots__},
        **pace_document(found.pace),
        "times": {name: getattr(found.times, name) for name in found.times.__slots__},
        "still_shown": [
            {
                "place": str(each.place.public_id),
                "record": str(each.known_as),
                "removal": each.removal_position,
                "answered": each.answered,
                "found_at": each.found_at,
            }
            for each in outside(found.subscriber).shown
        ],
        "suspensions": [_suspension(each, to=to) for each in found.suspensions],
        "differences": found.differing,
    }
