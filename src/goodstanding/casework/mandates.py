"""Representation (委托代理): an entity lets an agent act for it, and takes that back whenever it likes.

An agent acts as the principal's entity with its own account. Whether its mandate lives and covers the matter is asked
in the database on every read that offers something and in every command, never remembered.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from goodstanding.registry.actor import Actor
from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import Account, Entity

from .errors import CaseworkError
from .mandate_tables import Mandate
from .models import Kind

#: In which kinds of case a mandate lets the agent act.
COVERED: Final[dict[str, frozenset[str]]] = {
    Mandate.Scope.APPLY: frozenset({Kind.RESTORATION, Kind.OWN_MOTION}),
    Mandate.Scope.OBJECT: frozenset({Kind.OBJECTION, Kind.APPEAL}),
    Mandate.Scope.ALL: frozenset(Kind.values),
}


def living(*, on: date) -> QuerySet[Mandate]:
    """The mandates that live on a day."""
    return Mandate.objects.filter(revoked_at__isnull=True, until__gte=on)


def given_by(actor: Actor) -> list[Mandate]:
    """Every mandate that the actor's own entity has given, newest first."""
    if not _is_principal(actor):
        return []
    given = Mandate.objects.filter(entity_id=actor.entity_id).select_related("agent__user", "agent__entity")
    return list(given.order_by("-given_at", "-pk"))


def held_by(account_id: int | None, *, on: date) -> list[Mandate]:
    """The living mandates of an account, by the name of the principal."""
    held = living(on=on).filter(agent_id=account_id, agent__user__is_active=True)
    return list(held.select_related("entity").order_by("entity__name", "pk"))


def acting(mandate: uuid.UUID, *, account_id: int | None, on: date) -> Actor:
    """The actor by which an account acts under a mandate: the principal's entity with the agent's account.

    Raises:
        Mandate.DoesNotExist: there is none that lives and is this account's; all look the same.
    """
    held = living(on=on).filter(agent_id=account_id, agent__user__is_active=True).get(public_id=mandate)
    return Actor(role=Account.Role.ENTITY, account_id=held.agent_id, entity_id=held.entity_id)


def acting_for(entity: uuid.UUID, *, account_id: int | None, on: date) -> Actor:
    """The same by the public id of the principal. Raises Mandate.DoesNotExist."""
    held = living(on=on).filter(agent_id=account_id, entity__public_id=entity)
    return acting(held.get().public_id, account_id=account_id, on=on)


def covers(actor: Actor, kind: str, *, on: date) -> bool:
    """Whether an entity's actor may act in cases of a kind: as the entity itself, or under a living mandate."""
    if actor.role != Account.Role.ENTITY or _is_principal(actor):
        return True
    scopes = [scope for scope, kinds in COVERED.items() if kind in kinds]
    held = living(on=on).filter(agent_id=actor.account_id, entity_id=actor.entity_id, scope__in=scopes)
    return held.filter(agent__user__is_active=True).exists()


def hold(actor: Actor, *, on: date) -> None:
    """Keep an agent's mandate from being revoked until the transaction ends. It comes before every other lock."""
    if actor.role == Account.Role.ENTITY and not _is_principal(actor):
        held = living(on=on).filter(agent_id=actor.account_id, entity_id=actor.entity_id)
        list(held.select_for_update())


def require(actor: Actor, kind: str, *, on: date) -> None:
    """Refuse an agent without a living mandate for a kind of case.

    Raises:
        CaseworkError: mandate.none.
    """
    hold(actor, on=on)
    if not covers(actor, kind, on=on):
        raise CaseworkError(
            "mandate.none",
            "You have no mandate for this that lives.",
            "您没有有效的相应委托。",
            remedy_en="Ask the entity for a mandate that covers it.",
            remedy_zh="请由信用主体出具包含该事项的委托。",
        )


@transaction.atomic
def give_mandate(*, actor: Actor, agent: str, scope: str, until: date, at: datetime, today: date) -> Mandate:
    """Let an account of another organisation act for one's entity. One that has run out makes room for a new one.

    Args:
        actor: the entity's own account; an agent gives no mandates.
        agent: user name of an account of an organisation.
        scope: a value of ``Mandate.Scope``.
        until: the last day on which it lives, today or later.
        at: the instant of its event ``mandate.given``.
        today: the day of giving.

    Raises:
        CaseworkError: mandate.forbidden, mandate.agent, mandate.scope, mandate.until, mandate.given.
    """
    principal = _principal(actor)
    account = Account.objects.filter(
        user__username=agent.strip(), user__is_active=True, role=Account.Role.ENTITY
    )
    found = account.exclude(entity=principal).filter(entity__kind=Entity.Kind.ORGANISATION).first()
    if found is None:
        raise CaseworkError(
            "mandate.agent",
            "No other organisation has an account of this user name.",
            "没有其他单位使用该用户名。",
            place="agent",
        )
    if scope not in COVERED:
        raise CaseworkError("mandate.scope", "Say what the agent may do.", "请选择委托事项。", place="scope")
    if until < today:
        raise CaseworkError("mandate.until", "The last day lies in the past.", "截止日已过。", place="until")
    Entity.objects.select_for_update().get(pk=principal.pk)  # the second of two at once sees the first
    before = Mandate.objects.filter(entity=principal, agent=found, revoked_at__isnull=True).first()
    if before is not None and before.until >= today:
        raise CaseworkError(
            "mandate.given",
            "This agent has a mandate already; revoke it before you give another one.",
            "该代理人已有委托，请先撤销再重新委托。",
            place="agent",
        )
    if before is not None:
        before.revoked_at = at
        before.save(update_fields=["revoked_at"])
    made = Mandate.objects.create(entity=principal, agent=found, scope=scope, until=until, given_at=at)
    append([_event("mandate.given", made)], at=at)
    return made


@transaction.atomic
def revoke_mandate(*, actor: Actor, mandate: uuid.UUID, at: datetime) -> Mandate:
    """Take a mandate back; from this transaction on the agent can do and see nothing under it. Twice changes nothing.

    Raises:
        CaseworkError: mandate.forbidden, mandate.not_found.
    """
    principal = _principal(actor)
    held = Mandate.objects.select_for_update().filter(public_id=mandate, entity=principal).first()
    if held is None:
        raise CaseworkError("mandate.not_found", "There is no such mandate.", "没有该委托。")
    if held.revoked_at is None:
        held.revoked_at = at
        held.save(update_fields=["revoked_at"])
        append([_event("mandate.revoked", held)], at=at)
    return held


def _is_principal(actor: Actor) -> bool:
    if actor.vouched:
        return True
    own = Account.objects.filter(pk=actor.account_id, role=Account.Role.ENTITY)
    return own.filter(entity_id=actor.entity_id).exists()


def _principal(actor: Actor) -> Entity:
    if actor.role != Account.Role.ENTITY or actor.entity_id is None or not _is_principal(actor):
        raise CaseworkError(
            "mandate.forbidden",
            "Only the entity itself gives and revokes mandates.",
            "只有信用主体本人可以委托和撤销委托。",
        )
    return Entity.objects.get(pk=actor.entity_id)


def _event(kind: str, mandate: Mandate) -> NewEvent:
    """It names the mandate and its principal; the agent and the matter stay behind the mandate's id."""
    content = {"mandate": str(mandate.public_id), "entity": str(mandate.entity.public_id)}
    return NewEvent(kind, content, entity_id=mandate.entity_id)
