"""Single entities and records as a subscriber's agreements with the method ``api`` show them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema

from goodstanding.exchange import agreed_reads

from .answers import written
from .auth import Bearer
from .feed import EntryOut, subscriber
from .problems import known_id

router = Router(tags=["agreements"])


class GivenUnderOut(Schema):
    """A version of an agreement, and the purpose for which it lets records be read."""

    agreement: str
    version: str
    purpose: str


class AgreedReadOut(Schema):
    """What was read on a day: an entry of each record, as on the feed, and the agreements that gave them."""

    subscriber: str
    origin: str
    on: date
    agreements: list[GivenUnderOut]
    records: list[EntryOut]


@router.get(
    "/agreed/entities/{scheme}/{value}",
    response=AgreedReadOut,
    auth=Bearer("agreed:read"),
    summary="Read an entity under agreements",
)
def entity(request: HttpRequest, scheme: str, value: str) -> HttpResponse:
    """The records of the organisation with a code (uscc, lei, org_code, registration_no) that agreements let be read.

    What was given is told of on the feed when it is removed. 429 where it was read within the agreement's frequency.
    """
    own, at = subscriber(request), timezone.now()
    return _answer(request, agreed_reads.read_entity(subscriber=own, scheme=scheme, code=value, at=at), own)


@router.get(
    "/agreed/records/{public_id}",
    response=AgreedReadOut,
    auth=Bearer("agreed:read"),
    summary="Read a record under agreements",
)
def record(request: HttpRequest, public_id: str) -> HttpResponse:
    """One record that agreements let be read; 404 where they do not, or there is none."""
    own, at = subscriber(request), timezone.now()
    return _answer(
        request, agreed_reads.read_record(subscriber=own, public_id=known_id(public_id), at=at), own
    )


def _answer(request: HttpRequest, read: agreed_reads.Read, own: Any) -> HttpResponse:
    return written(request, agreed_reads.read_document(read, subscriber=own, origin=settings.LOG_ORIGIN))
