"""Reconciliation for a recipient: claim what it holds, compare what differs, and get what it lacks."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from goodstanding.exchange import reconciliation as commands
from goodstanding.exchange import reconciliation_queries as queries
from goodstanding.exchange.envelope import entry_document
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.models import Reconciliation
from goodstanding.proof import ProofError
from goodstanding.proof.keys import from_base64, to_base64
from goodstanding.proof.set_digest import SHORT_BYTES, SignedClaim, parts, unpack_sums
from goodstanding.registry.actor import actor_of

from .answers import written
from .auth import Bearer, caller
from .feed import subscriber
from .problems import known_id

router = Router(tags=["reconciliation"])


class BeginIn(Schema):
    """A signed claim, and the sums of its 4,096 buckets (16 bytes each, base64)."""

    claim: dict[str, Any]
    sums: str = Field(max_length=100_000)


class RoundOut(Schema):
    """A round: what was claimed, what must be held, the differences of each kind, and the buckets left to compare."""

    reconciliation: str
    subscriber: str
    at: str
    result: str
    position: int
    confirmed: int
    count: int
    expected_count: int | None
    missing: int
    kept: int
    older: int
    unknown: int
    on_the_way: int
    event: int | None
    found: list[dict[str, Any]]
    buckets: list[int] = []


class ExtraIn(Schema):
    """A record held under an event, with its leaf's commitment (base64)."""

    record: uuid.UUID
    position: int = Field(ge=0, le=2**53)
    commitment: str = Field(max_length=44)


class BucketIn(Schema):
    """What differs in a bucket: short forms that are lacking (12 bytes each, base64), and what is held beside them."""

    bucket: int = Field(ge=0, le=4095)
    missing: str = Field(default="", max_length=2_000_000)
    extra: list[ExtraIn] = Field(default=[], max_length=50_000)


class ExplainIn(Schema):
    """What differs in up to 64 buckets; ``last`` where nothing else does."""

    buckets: list[BucketIn] = Field(max_length=commands.MAX_BUCKETS)
    last: bool


class VerdictOut(Schema):
    """What is wrong with a record, and the event under which it must be held."""

    kind: str
    record: str
    position: int | None


class ExplainedOut(Schema):
    """The round and the verdicts on what was listed."""

    round: RoundOut
    verdicts: list[VerdictOut]


class EntriesIn(Schema):
    """Which records are asked for, as of a sealed size of the log."""

    records: list[uuid.UUID] = Field(min_length=1, max_length=queries.MAX_RECORDS)
    size: int = Field(ge=1, le=2**53)


@router.post(
    "/reconciliation", response=RoundOut, auth=Bearer("receipts:write"), summary="Claim what is held"
)
def begin(request: HttpRequest, given: BeginIn) -> dict[str, Any]:
    """Begin a round of reconciliation with a signed claim. The answer names the buckets that differ."""
    made, differing = commands.begin(
        subscriber=subscriber(request),
        signed=SignedClaim.from_object(given.claim),
        sums=unpack_sums(_bytes(given.sums, "reconciliation.sums")),
        at=timezone.now(),
    )
    return _round(made) | {"buckets": differing}


@router.get("/reconciliation", response=list[RoundOut], auth=Bearer("feed:read"), summary="The last rounds")
def rounds(request: HttpRequest, limit: int = Query(50, ge=1, le=500)) -> list[dict[str, Any]]:
    """The last rounds, the newest first: a subscriber's own; the operator sees all."""
    of = None if caller(request).actor.is_operator else subscriber(request)
    return [_round(item) for item in queries.rounds(of=of, limit=limit)]


@router.get(
    "/reconciliation/{public_id}/buckets",
    response=dict[str, str],
    auth=Bearer("receipts:write"),
    summary="What must be held in some buckets",
)
def buckets(
    request: HttpRequest, public_id: str, numbers: str = Query(..., pattern=r"^\d{1,4}(,\d{1,4}){0,63}$")
) -> dict[str, str]:
    """The short forms of the elements that must be held in up to 64 buckets (``numbers``, with commas between them),
    sorted, 12 bytes each (base64).
    """
    number = [int(item) for item in numbers.split(",")]
    found = queries.reconciliation(known_id(public_id), of=subscriber(request))
    given = commands.shorts(reconciliation=found, buckets=number, at=timezone.now())
    return {str(bucket): to_base64(b"".join(items)) for bucket, items in given.items()}


@router.post(
    "/reconciliation/{public_id}/differences",
    response=ExplainedOut,
    auth=Bearer("receipts:write"),
    summary="List what differs",
)
def explain(request: HttpRequest, public_id: str, given: ExplainIn) -> dict[str, Any]:
    """List what differs in buckets. The answer says of each record what is wrong; ``last`` ends the round."""
    held, verdicts = commands.explain(
        reconciliation_id=known_id(public_id),
        subscriber=subscriber(request),
        listed=[_listed(item) for item in given.buckets],
        last=given.last,
        at=timezone.now(),
    )
    said = [{"kind": item.kind, "record": item.record, "position": item.position} for item in verdicts]
    return {"round": _round(held), "verdicts": said}


@router.post(
    "/reconciliation/entries",
    response=dict[str, Any],
    auth=Bearer("feed:read"),
    summary="How records stand now",
)
def entries(request: HttpRequest, given: EntriesIn) -> HttpResponse:
    """For each record its entry as on the feed, publication or removal, with its inclusion proof (``hashes``); without
    an ``entry`` the record must not be held.
    """
    asking = subscriber(request)
    found = queries.current_entries(
        subscriber=asking, records=given.records, size=given.size, on=timezone.localdate()
    )
    actor = actor_of(asking.account)
    items = []
    for item in found:
        document: dict[str, Any] = {"record": str(item.record), "entry": None}
        if item.entry is not None:
            document["entry"] = entry_document(item.entry, origin=settings.LOG_ORIGIN, actor=actor)
            document["hashes"] = [to_base64(hash_) for hash_ in item.hashes]
        items.append(document)
    return written(request, {"size": given.size, "entries": items})


def _listed(item: BucketIn) -> commands.Listed:
    missing = _bytes(item.missing, "reconciliation.listed")
    if len(missing) % SHORT_BYTES:
        raise ExchangeError("reconciliation.listed", place=f"bucket {item.bucket}")
    extra = []
    for one in item.extra:
        commitment = _bytes(one.commitment, "reconciliation.listed")
        if len(commitment) != 32:
            raise ExchangeError("reconciliation.listed", place=f"record {one.record}")
        extra.append(commands.Extra(one.record, one.position, commitment))
    return commands.Listed(item.bucket, tuple(parts(missing, SHORT_BYTES)), tuple(extra))


def _round(made: Reconciliation) -> dict[str, Any]:
    return {
        "reconciliation": str(made.public_id),
        "subscriber": str(made.subscriber.public_id),
        "at": made.at.isoformat(),
        "result": str(made.result),
        "position": made.position,
        "confirmed": made.confirmed,
        "count": made.count,
        "expected_count": made.expected_count,
        "missing": made.missing,
        "kept": made.kept,
        "older": made.older,
        "unknown": made.unknown,
        "on_the_way": made.on_the_way,
        "event": made.event_position,
        "found": made.found,
    }


def _bytes(text: str, code: str) -> bytes:
    try:
        return from_base64(text, code="document_malformed", place=code)
    except ProofError as error:
        raise ExchangeError(code, place="base64") from error
