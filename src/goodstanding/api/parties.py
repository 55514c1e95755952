"""What an entity with a system of its own does beside its cases: statements on records, mandates of agents."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from goodstanding.casework import mandates, remedies
from goodstanding.casework.models import Mandate
from goodstanding.registry.models import Account

from .auth import Bearer, require_role
from .problems import known_id
from .records import StatementOut

router = Router(tags=["parties"])
READ, WRITE = Bearer("cases:read"), Bearer("cases:write")


class StatementIn(Schema):
    """Plain text of at most 500 characters."""

    text: str = Field(min_length=1, max_length=500)


@router.post(
    "/records/{public_id}/statement", response=StatementOut | None, auth=WRITE, summary="Attach a statement"
)
def attach(request: HttpRequest, public_id: str, given: StatementIn) -> dict[str, Any] | None:
    """Attach a statement to a record of one's own whose objection was not upheld, in place of the one that it has."""
    actor, now = require_role(request, Account.Role.ENTITY).actor, timezone.now()
    today = timezone.localdate(now)
    record = remedies.attach(actor=actor, record=known_id(public_id), text=given.text, at=now, today=today)
    return record.statement


@router.post(
    "/records/{public_id}/statement/remove",
    response=StatementOut | None,
    auth=WRITE,
    summary="Take a statement off",
)
def take_off(request: HttpRequest, public_id: str) -> dict[str, Any] | None:
    """Take the statement off a record of one's own; the answer is null."""
    actor, now = require_role(request, Account.Role.ENTITY).actor, timezone.now()
    today = timezone.localdate(now)
    return remedies.take_off(actor=actor, record=known_id(public_id), at=now, today=today).statement


class MandateIn(Schema):
    """To whom (user name of an account of another organisation), for what (``apply``, ``object``, ``all``), until which
    day.
    """

    agent: str = Field(max_length=150)
    scope: str = Field(max_length=6)
    until: date


class MandateOut(Schema):
    """A mandate that the entity gave."""

    id: str
    agent: str
    agent_name: str
    scope: str
    until: date
    given_at: datetime
    revoked_at: datetime | None


def _mandate(held: Mandate) -> dict[str, Any]:
    return {
        "id": str(held.public_id),
        "agent": held.agent.user.get_username(),
        "agent_name": held.agent.entity.name if held.agent.entity else "",
    } | {name: getattr(held, name) for name in ("scope", "until", "given_at", "revoked_at")}


@router.get("/mandates", response=list[MandateOut], auth=READ, summary="Mandates")
def given(request: HttpRequest) -> list[dict[str, Any]]:
    """Every mandate that the caller's entity has given, newest first."""
    return [_mandate(held) for held in mandates.given_by(require_role(request, Account.Role.ENTITY).actor)]


@router.post("/mandates", response=MandateOut, auth=WRITE, summary="Give a mandate")
def give(request: HttpRequest, given: MandateIn) -> dict[str, Any]:
    """Let an account of another organisation act for the entity."""
    actor, now = require_role(request, Account.Role.ENTITY).actor, timezone.now()
    return _mandate(mandates.give_mandate(actor=actor, at=now, today=timezone.localdate(now), **given.dict()))


@router.post("/mandates/{public_id}/revoke", response=MandateOut, auth=WRITE, summary="Revoke a mandate")
def revoke(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """Take a mandate back; from now on the agent can do and see nothing under it."""
    actor = require_role(request, Account.Role.ENTITY).actor
    return _mandate(mandates.revoke_mandate(actor=actor, mandate=known_id(public_id), at=timezone.now()))
