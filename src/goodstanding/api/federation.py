"""What one instance hands on to another: applications about records that live here."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from goodstanding.casework import vouching
from goodstanding.casework.certified import Elsewhere, vouched_for
from goodstanding.exchange import certificates, queries
from goodstanding.exchange import feed as pages
from goodstanding.exchange.federation.certificates import fetch
from goodstanding.exchange.federation.kept import given_back
from goodstanding.exchange.models import Subscriber
from goodstanding.proof.certificate import MEDIA_TYPE
from goodstanding.proof.keys import from_base64
from goodstanding.proof.voucher import Voucher, verify_voucher
from goodstanding.registry.models import Record

from .auth import Bearer
from .feed import subscriber
from .problems import known_id, not_found

router = Router(tags=["federation"])


class VoucherIn(Schema):
    """What the instance vouches for; see docs/reference/federation.md."""

    instance: str
    key: str
    record: str
    kind: str
    scheme: str
    code: str
    handed_in_at: str
    way: list[str] = Field(max_length=20)
    request: str


class FileIn(Schema):
    """A file of the request, its content in base64."""

    name: str
    media_type: str
    material: str
    content: str


class RequestIn(Schema):
    """What the entity asked, as it said it. ``performed_on`` is empty for an objection."""

    statement: str
    commitment_name: str
    performed_on: str
    grounds: str
    claim: dict[str, str]
    evidence: list[FileIn] = Field(max_length=50)


class HandedOnIn(Schema):
    """An application that an instance hands on, with its signature (base64) over the voucher."""

    voucher: VoucherIn
    signature: str
    request: RequestIn


class ToldOut(Schema):
    """How far it is: ``waiting``, ``open``, ``ended`` or ``refused``; the rest as its home says it."""

    state: str
    taken: bool
    home: str = ""
    case: str = ""
    case_state: str = ""
    state_en: str = ""
    state_zh: str = ""
    authority_zh: str = ""
    authority_en: str = ""
    reasons: str = ""
    received_on: str = ""
    due_on: str | None = None
    ended_at: str | None = None
    receipt: str | None = None
    code: str = ""
    en: str = ""
    zh: str = ""


class KeptOut(Schema):
    """The newest checkpoint of a followed log that was verified here, and the commitments after a position (base64)."""

    checkpoint: str
    after: int
    commitments: list[str]


@router.get("/federation/kept", response=KeptOut, summary="What is kept of a followed log")
def kept(
    request: HttpRequest,
    origin: str = Query(..., min_length=1, max_length=200),
    after: int = Query(0, ge=0, le=2**53),
) -> dict[str, Any]:
    """Give the end of a log back to the instance that lost it. Open to everyone, as the log is: commitments only."""
    return given_back(origin=origin, after=after)


@router.post(
    "/federation/applications",
    response=ToldOut,
    auth=Bearer("cases:forward"),
    summary="Hand on an application",
)
def hand_on(request: HttpRequest, given: HandedOnIn) -> dict[str, Any]:
    """Take an application about a record that lives here, or came through here, and that the caller may hold."""
    by, now = subscriber(request), timezone.now()
    voucher = Voucher(**given.voucher.dict() | {"way": tuple(given.voucher.way)})
    signature = from_base64(given.signature, code="receipt_malformed", place="signature")
    asked = given.request.dict()
    verify_voucher(voucher, signature=signature, public_key=bytes(by.public_key), request=asked)
    application = vouching.take(
        voucher,
        signature=signature,
        request=asked,
        record=_held(voucher.record, by),
        account=by.account,
        at=now,
        today=timezone.localdate(now),
    )
    return vouching.told(application, origin=settings.LOG_ORIGIN)


@router.get(
    "/federation/applications/{key}",
    response=ToldOut,
    auth=Bearer("cases:forward"),
    summary="How far an application that was handed on is",
)
def how_far(request: HttpRequest, key: str) -> dict[str, Any]:
    """The state of an application that the caller handed on, with the decision and its receipt once there is one."""
    found = vouching.application_of(known_id(key), account=subscriber(request).account)
    return vouching.told(found, origin=settings.LOG_ORIGIN)


@router.get(
    "/federation/applications/{key}/certificate",
    auth=Bearer("cases:forward"),
    summary="Restoration certificate of an application that was handed on",
)
def certificate(request: HttpRequest, key: str) -> HttpResponse:
    """What proves the restoration, as of now, for the entity that the caller vouched for. Canonical JSON."""
    application = vouching.application_of(known_id(key), account=subscriber(request).account)
    found = vouched_for(application)
    made = fetch(found) if isinstance(found, Elsewhere) else certificates.make(found, at=timezone.now())
    return HttpResponse(made, content_type=MEDIA_TYPE)


def _held(public_id: str, by: Subscriber) -> Record:
    """A record that a subscriber may hold today, published or not. Raises Problem as for what does not exist."""
    found = Record.objects.select_related("entity", "foreign").filter(public_id=known_id(public_id)).first()
    if found is None:
        raise not_found()
    scope = queries.scope_for(by)
    view = scope.view(
        kind=found.kind, item=found.item_id, division=found.entity.division, on=timezone.localdate()
    )
    if view is None or not pages.passed_on(found, scope=scope):
        raise not_found()
    return found
