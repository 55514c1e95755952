"""Applications about records that live in another instance: handed in here, sent to their home, its answers shown.

A record has one home, and only the home decides on it. An instance at which the entity hands something in keeps the
application with its files, vouches for the entity and hands it on to the neighbour that the record came by, which does
the same if it is not the home either. Nothing is decided here and no clock runs here.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from goodstanding.proof.keys import to_base64
from goodstanding.proof.voucher import Voucher, request_digest
from goodstanding.registry.actor import Actor
from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import ForeignRecord, Identifier, Record

from . import evidence_store
from .errors import CaseworkError
from .evidence import CheckedEvidence
from .models import Application, Evidence, Forwarding, Vouched

#: Schemes that say for certain which entity it is, the first one it has is vouched for.
DECISIVE = ("uscc", "lei")
#: A home is asked for news after this at the soonest, and at the latest after so much more.
SOONEST, LATEST = timedelta(seconds=2), timedelta(minutes=10)


def elsewhere(records: Sequence[Record]) -> bool:
    """Whether records live in another instance. Raises CaseworkError where some do and some do not."""
    foreign = [record for record in records if record.home]
    if foreign and len(foreign) < len(records):
        raise CaseworkError(
            "application.homes",
            "Some of these records are decided on in another instance; hand in for them on their own.",
            "部分记录由其他平台办理，请分别提交。",
            place=str(foreign[0].public_id),
        )
    return bool(foreign)


def forward(
    application: Application, records: Sequence[Record], files: Sequence[CheckedEvidence], *, at: datetime
) -> list[Forwarding]:
    """Keep an application's files and note for each record where it goes, inside the caller's transaction."""
    evidence_store.keep({file.sha256: file.content for file in files})
    Evidence.objects.bulk_create(
        Evidence(
            application=application,
            material=file.material,
            name=file.name,
            media_type=file.media_type,
            size=len(file.content),
            kept_id=file.sha256,
            by_id=application.account_id,
            added_at=at,
        )
        for file in files
    )
    code_of(application)
    paths = {path.record_id: path for path in ForeignRecord.objects.filter(record__in=records)}
    made = [
        Forwarding(
            application=application,
            record=record,
            neighbour_id=paths[record.pk].neighbour_id,
            changed_at=at,
            next_at=at,
        )
        for record in records
    ]
    Forwarding.objects.bulk_create(made)
    append([_event("application.forwarded", one) for one in made], at=at)
    return made


def code_of(application: Application) -> tuple[str, str]:
    """The scheme and code by which this instance knows the entity of an application.

    Raises:
        CaseworkError: application.no_code.
    """
    codes = dict(
        Identifier.objects.filter(
            entity_id=application.entity_id, scheme__in=DECISIVE, until=None
        ).values_list("scheme", "value")
    )
    for scheme in DECISIVE:
        if scheme in codes:
            return scheme, codes[scheme]
    raise CaseworkError(
        "application.no_code",
        "The entity has no code by which the instance that decides could know it.",
        "该主体没有可供办理平台识别的统一代码。",
        remedy_en="Hand in at the instance that decides.",
        remedy_zh="请直接向办理平台提交。",
    )


def key_of(one: Forwarding) -> str:
    """The key under which a forwarding is taken: the same whenever it is sent, also from a database put back."""
    said = f"{settings.LOG_ORIGIN} {one.application.key} {one.record.public_id}"
    return str(uuid.uuid5(uuid.NAMESPACE_URL, said))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes to a neighbour: the voucher to sign, and the request beside it."""

    voucher: Voucher
    request: dict[str, Any]


def due(*, at: datetime, limit: int = 50) -> list[Forwarding]:
    """What is to be sent or asked for now, the longest waiting first."""
    found = Forwarding.objects.filter(next_at__lte=at).select_related("application", "record", "neighbour")
    return list(found.order_by("next_at")[:limit])


def outgoing(one: Forwarding) -> Outgoing:
    """A forwarding as it is sent: the request with its files, and what is vouched for."""
    application = one.application
    files = Evidence.objects.filter(application=application, kept__isnull=False).order_by("pk")
    request = {
        "statement": application.statement,
        "commitment_name": application.commitment_name,
        "performed_on": application.performed_on.isoformat() if application.performed_on else "",
        "grounds": application.grounds,
        "claim": {item["field"]: item["new"] for item in application.claim},
        "evidence": [
            {
                "name": file.name,
                "media_type": file.media_type,
                "material": file.material,
                "content": to_base64(
                    evidence_store.content(bytes(file.kept_id or b""), place=str(file.public_id))
                ),
            }
            for file in files
        ],
    }
    scheme, code = code_of(application)
    vouched = Vouched.objects.filter(application=application).first()
    handed_in = vouched.handed_in_at if vouched is not None else application.submitted_at
    voucher = Voucher(
        instance=settings.LOG_ORIGIN,
        key=key_of(one),
        record=str(one.record.public_id),
        kind=application.kind,
        scheme=scheme,
        code=code,
        handed_in_at=handed_in.astimezone(UTC).isoformat(timespec="microseconds"),
        way=(*(vouched.way if vouched is not None else ()), settings.LOG_ORIGIN),
        request=request_digest(request),
    )
    return Outgoing(voucher, request)


@transaction.atomic
def note_answer(one: Forwarding, told: dict[str, Any], *, at: datetime) -> None:
    """Write down what the neighbour says of the case; a change of its state is an event of our journal."""
    held = Forwarding.objects.select_for_update().get(pk=one.pk)
    state = Forwarding.State(told["state"])
    changed = told != held.told
    if changed:
        held.told, held.changed_at = told, at
    before, held.state, held.error = held.state, state, ""
    pause = min(LATEST, max(SOONEST, (at - held.changed_at) / 20))
    held.next_at = at + pause if state in (Forwarding.State.WAITING, Forwarding.State.OPEN) else None
    held.save(update_fields=["state", "told", "changed_at", "next_at", "error"])
    if before != state or (changed and told.get("case_state")):
        append([_event("application.answered", held)], at=at)


def note_failure(one: Forwarding, error: str, *, at: datetime) -> None:
    """Write down that the neighbour did not answer; it is tried again, the more rarely the longer it has been away."""
    pause = min(LATEST, max(SOONEST, (at - one.changed_at) / 10))
    Forwarding.objects.filter(pk=one.pk).update(error=error[:500], next_at=at + pause)


def _event(kind: str, one: Forwarding) -> NewEvent:
    content = {
        "application": str(one.application.public_id),
        "record": str(one.record.public_id),
        "home": one.record.home,
        "state": str(one.state),
    }
    if one.told.get("case_state"):
        content["case_state"] = one.told["case_state"]
    return NewEvent(kind, content, entity_id=one.application.entity_id)


def visible_to(actor: Actor) -> QuerySet[Forwarding]:
    """The forwardings that an actor may read, newest first: an entity its own, the operator all."""
    found = Forwarding.objects.select_related(
        "application", "record__authority", "record__entity", "neighbour"
    ).order_by("-pk")
    if actor.is_operator:
        return found
    if actor.role == "entity" and actor.entity_id is not None:
        return found.filter(application__entity_id=actor.entity_id)
    return found.none()
