"""Applications that another instance hands on: it vouches, by its signature, for the entity that asked.

Why its word is believed is written with the application (``Vouched``): which instance, which code it verified, what it
signed. The entity is the one that the record is about, and the code must be one of its own; so an instance can vouch
wrongly only for the entities of records that it holds under its agreements, and everyone can see that it did.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from django.db import transaction

from goodstanding.proof import ProofError
from goodstanding.proof.keys import from_base64
from goodstanding.proof.voucher import Voucher
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account, Identifier, Record

from . import commands, objections
from .chart import chart_of
from .errors import CaseworkError
from .evidence import NewEvidence
from .models import Application, Forwarding, Kind, Vouched
from .receipts import receipt_of


def take(
    voucher: Voucher,
    *,
    signature: bytes,
    request: dict[str, Any],
    record: Record,
    account: Account,
    at: datetime,
    today: date,
) -> Application:
    """Take an application that an instance vouches for. The same key again returns the first one.

    Args:
        voucher: verified under the instance's key. signature: over it.
        request: what the entity asked, with its files in base64; its digest is in the voucher.
        record: what it is about, which the instance may hold.
        account: of the instance.
        at: the instant of receipt here. today: its day, day zero of the clocks.

    Raises:
        CaseworkError: application.not_the_entity, or what is refused and why.
    """
    known = Application.objects.filter(key=_key(voucher), vouched__account=account).first()
    if known is not None:
        return known
    codes = Identifier.objects.filter(entity_id=record.entity_id, scheme=voucher.scheme, value=voucher.code)
    if not codes.exists():
        raise CaseworkError(
            "application.not_the_entity",
            "The entity that was vouched for is not the one that the record is about.",
            "所证明的主体与记录所涉主体不一致。",
            place=voucher.record,
        )
    files = _files(request)
    actor = Actor(role="entity", account_id=account.pk, entity_id=record.entity_id, vouched=True)
    common: dict[str, Any] = {"actor": actor, "key": _key(voucher), "at": at, "today": today}
    with transaction.atomic():
        application = _hand_in(voucher, request, files, record, common)
        Vouched.objects.get_or_create(
            application=application,
            defaults={
                "account": account,
                "scheme": voucher.scheme,
                "code": voucher.code,
                "way": list(voucher.way),
                "handed_in_at": datetime.fromisoformat(voucher.handed_in_at),
                "voucher": voucher.to_json().decode(),
                "signature": signature,
            },
        )
    return application


def _hand_in(
    voucher: Voucher,
    request: dict[str, Any],
    files: list[NewEvidence],
    record: Record,
    common: dict[str, Any],
) -> Application:
    said = {"statement": request["statement"], "evidence": files}
    if voucher.kind == Kind.RESTORATION:
        performed = date.fromisoformat(request["performed_on"]) if request["performed_on"] else None
        return commands.apply(
            records=[record.public_id],
            commitment_name=request["commitment_name"],
            performed_on=performed,
            **said,
            **common,
        )
    said |= {"grounds": request["grounds"], "claim": request["claim"]}
    if record.home:
        return objections.object_elsewhere(record=record.public_id, **said, **common)
    return objections.object_to(record=record.public_id, **said, **common).application


def told(application: Application, *, origin: str) -> dict[str, Any]:
    """What is said of an application to the instance that handed it on.

    ``state`` is open or ended (or, on the way, waiting or refused); the others say what the home decided and why.
    """
    further = Forwarding.objects.filter(application=application).first()
    if further is not None:
        return {**further.told, "state": str(further.state), "taken": True}
    case = application.cases.select_related("authority").get()
    state = chart_of(case.kind).state(case.state)
    receipt = receipt_of(case)
    return {
        "state": "ended" if case.ended_at else "open",
        "taken": True,
        "home": origin,
        "case": str(case.public_id),
        "case_state": str(case.state),
        "state_en": state.en,
        "state_zh": state.zh,
        "authority_zh": case.authority.name_zh,
        "authority_en": case.authority.name_en,
        "reasons": case.reasons,
        "received_on": application.received_on.isoformat(),
        "due_on": case.due_on.isoformat() if case.due_on else None,
        "ended_at": case.ended_at.isoformat() if case.ended_at else None,
        "receipt": receipt.decode() if receipt else None,
    }


def application_of(key: uuid.UUID, *, account: Account) -> Application:
    """An application that an instance handed on, by its key. Raises Application.DoesNotExist."""
    return Application.objects.get(key=key, vouched__account=account)


def _key(voucher: Voucher) -> uuid.UUID:
    try:
        return uuid.UUID(voucher.key)
    except ValueError as error:
        raise CaseworkError("record.not_found", "The key is no UUID.", "编号格式有误。") from error


def _files(request: dict[str, Any]) -> list[NewEvidence]:
    try:
        return [
            NewEvidence(
                name=file["name"],
                media_type=file["media_type"],
                content=from_base64(file["content"], code="document_malformed", place="content"),
                material=file["material"],
            )
            for file in request["evidence"]
        ]
    except (KeyError, TypeError, ProofError) as error:
        raise CaseworkError(
            "evidence.type", "A file of the application cannot be read.", "申请所附文件无法读取。"
        ) from error
