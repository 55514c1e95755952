"""Which decision a restoration certificate is about, and who may ask for one.

It is the entity's own paper: the entity asks for it, or its agent under a mandate for the matter, and nobody else.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account, Authority, Neighbour, Record

from . import mandates, queries
from .chart import chart_of
from .errors import CaseworkError
from .forwarding import key_of, visible_to
from .models import Application, Case, Forwarding, Step


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision by which a record was restored.

    ``position``: of its event in the journal. ``authority``: who decided. ``pack`` and ``pack_digest``: the law.
    """

    record: Record
    position: int
    authority: Authority
    pack: str
    pack_digest: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A decision that another instance made on what was handed in here: it is asked for under ``key``."""

    record: Record
    neighbour: Neighbour
    key: str


def asked(actor: Actor, public_id: uuid.UUID, *, on: date) -> Decision | Elsewhere:
    """What a certificate for an actor is about: a case of its own, or what it handed in here and the home decided.

    Raises:
        Case.DoesNotExist: it is neither, or the actor may not see it.
        CaseworkError: certificate.forbidden, mandate.none, certificate.none.
    """
    forwarded = visible_to(actor).filter(public_id=public_id).first()
    if forwarded is None:
        return decision_for(actor, queries.case_for(actor, public_id), on=on)
    if actor.role != Account.Role.ENTITY:
        raise _forbidden(public_id)
    with transaction.atomic():
        mandates.require(actor, forwarded.application.kind, on=on)
    return _elsewhere(forwarded)


def vouched_for(application: Application) -> Decision | Elsewhere:
    """What a certificate is about that an instance asks for, of an application that it handed on.

    Raises:
        CaseworkError: certificate.none.
    """
    forwarded = (
        Forwarding.objects.filter(application=application).select_related("record", "neighbour").first()
    )
    if forwarded is not None:
        return _elsewhere(forwarded)
    case = application.cases.select_related("authority", "record").get()
    found = decision_of(case)
    if found is None:
        raise _none(case.public_id)
    return found


def _elsewhere(one: Forwarding) -> Elsewhere:
    if not one.restored:
        raise _none(one.public_id)
    return Elsewhere(one.record, one.neighbour, key_of(one))


def is_certified(actor: Actor, case: Case, *, on: date) -> bool:
    """Whether the actor may have a certificate of the restoration that a case ended with."""
    own = actor.role == Account.Role.ENTITY and actor.entity_id == case.entity_id
    return own and mandates.covers(actor, case.kind, on=on) and decision_of(case) is not None


def decision_for(actor: Actor, case: Case, *, on: date) -> Decision:
    """The decision that a certificate for an actor is about.

    Args:
        actor: the entity, or its agent. case: one that the actor may see. on: the day of asking.

    Raises:
        CaseworkError: certificate.forbidden, mandate.none, certificate.none.
    """
    if actor.role != Account.Role.ENTITY or actor.entity_id != case.entity_id:
        raise _forbidden(case.public_id)
    with transaction.atomic():
        mandates.require(actor, case.kind, on=on)
    found = decision_of(case)
    if found is None:
        raise _none(case.public_id)
    return found


def _forbidden(public_id: uuid.UUID) -> CaseworkError:
    return CaseworkError(
        "certificate.forbidden",
        "Only the entity itself asks for its certificate.",
        "信用修复证明只能由信用主体本人申领。",
        place=str(public_id),
        remedy_en="Ask the entity to show it to you.",
        remedy_zh="请向该信用主体索取。",
    )


def _none(public_id: uuid.UUID) -> CaseworkError:
    return CaseworkError(
        "certificate.none",
        "This case did not restore the record, or the record stands again.",
        "该案件未使有关信息得到修复，或者该信息已恢复公示。",
        place=str(public_id),
        remedy_en="Look at the record: its page says which case decided last.",
        remedy_zh="请查看该记录页面，了解最近一次决定。",
    )


def decision_of(case: Case) -> Decision | None:
    """The decision of a case by which its record was restored; None where it was not, or not for good."""
    record = case.record
    if record.state != Record.State.RESTORED:
        return None
    step = restoring_step(record)
    if step is None or step.case_id != case.pk:
        return None
    return Decision(record, step.position, case.authority, case.pack, case.pack_digest)


def restoring_step(record: Record) -> Step | None:
    """The last step of a case of a record by which it was restored."""
    steps = Step.objects.filter(case__record=record).select_related("case__authority")
    return next(
        (
            step
            for step in steps.order_by("-position")
            if chart_of(step.case.kind).event(step.event).record == "restore"
        ),
        None,
    )
