"""Looks from outside for programs of the operator: the places that are looked at, what was seen and found there."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema, Status

from goodstanding.exchange import probe_places, probes
from goodstanding.exchange.models import ProbeFinding, ProbeLook, ProbePlace
from goodstanding.exchange.queries import subscriber_known_as

from .auth import Bearer, require_role
from .problems import known_id, not_found

router = Router(tags=["propagation"])


class PlaceIn(Schema):
    """A place of a recipient: an address and a marker with placeholders, and a text that is there whatever is shown."""

    recipient: uuid.UUID
    address: str
    marker: str = "{document_no}"
    always: str = ""


class PlaceOut(Schema):
    """A place at which a recipient shows records to the public, how often it was looked at and when last."""

    place: str
    recipient: str
    address: str
    marker: str
    always: str
    began_at: datetime
    ended_at: datetime | None
    looks: int
    last_look: datetime | None


class LookOut(Schema):
    """One look for one removed record: ``shown``, ``absent``, or ``unknown`` with its reason. ``canary``: it is one."""

    record: str
    canary: bool
    removal: int
    at: datetime
    result: str
    reason: str
    status: int | None


class FindingOut(Schema):
    """A removed record that the place showed. ``answered``: the receipt said that it was gone; else its last day had
    passed. ``ended_by``: absent, published, place_ended; empty while it stands."""

    record: str
    canary: bool
    removal: int
    answered: bool
    found_at: datetime
    ended_at: datetime | None
    ended_by: str


class PlaceSeenOut(PlaceOut):
    """A place with what was found there, and its looks, the newest first."""

    findings: list[FindingOut]
    seen: list[LookOut]


@router.get("/probes/places", response=list[PlaceOut], auth=Bearer("status:read"), summary="Places looked at")
def places(request: HttpRequest, ended: bool = False) -> list[dict[str, Any]]:
    """The places of all recipients, with ``ended`` those too that are looked at no longer: to the operator."""
    require_role(request, "operator")
    return [_place(each) for each in probe_places.places(ended=ended)]


@router.post(
    "/probes/places", response={201: PlaceOut}, auth=Bearer("recipients:write"), summary="Add a place"
)
def add(request: HttpRequest, given: PlaceIn) -> Status[dict[str, Any]]:
    """Say where a recipient shows records to the public: the operator. It is looked at from then on."""
    require_role(request, "operator")
    subscriber = subscriber_known_as(given.recipient)
    if subscriber is None:
        raise not_found()
    made = probe_places.add(
        subscriber=subscriber,
        address=given.address,
        marker=given.marker,
        always=given.always,
        at=timezone.now(),
    )
    return Status(201, _place(made))


@router.get(
    "/probes/places/{public_id}",
    response=PlaceSeenOut,
    auth=Bearer("status:read"),
    summary="One place, and what was seen there",
)
def one_place(
    request: HttpRequest,
    public_id: str,
    limit: int = Query(100, ge=1, le=500),
    offset: int = Query(0, ge=0, le=1_000_000),
) -> dict[str, Any]:
    """A place with up to ``limit`` of its looks and of its findings: to the operator."""
    require_role(request, "operator")
    found, page = probe_places.place(known_id(public_id)), slice(offset, offset + limit)
    return _place(found) | {
        "findings": [_finding(each) for each in probes.findings(found)[page]],
        "seen": [_look(each) for each in probes.looks(found)[page]],
    }


@router.post(
    "/probes/places/{public_id}/end",
    response=PlaceOut,
    auth=Bearer("recipients:write"),
    summary="Look at a place no longer",
)
def end(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """End a place; what was found there and stands is over with it: the operator."""
    require_role(request, "operator")
    return _place(probe_places.end(public_id=known_id(public_id), at=timezone.now()))


def _place(of: ProbePlace) -> dict[str, Any]:
    seen = probes.seen(of)
    plain = {name: getattr(of, name) for name in ("address", "marker", "always", "began_at", "ended_at")}
    return plain | {
        "place": str(of.public_id),
        "recipient": str(of.subscriber.public_id),
        "looks": seen.looks,
        "last_look": seen.last.at if seen.last else None,
    }


def _look(of: ProbeLook) -> dict[str, Any]:
    return _of(of) | {name: getattr(of, name) for name in ("at", "result", "reason", "status")}


def _finding(of: ProbeFinding) -> dict[str, Any]:
    return _of(of) | {name: getattr(of, name) for name in ("answered", "found_at", "ended_at", "ended_by")}


def _of(row: ProbeLook | ProbeFinding) -> dict[str, Any]:
    return {
        "record": str(row.known_as),
        "canary": row.canary_id is not None,
        "removal": row.removal_position,
    }
