"""Which decision a restoration certificate is about, and who may ask for one.

It is the entity's own paper: the entity asks for it, or its agent under a mandate for the matter, and nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account, Authority, Record

from . import mandates
from .chart import chart_of
from .errors import CaseworkError
from .models import Case, Step


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
        raise CaseworkError(
            "certificate.forbidden",
            "Only the entity itself asks for its certificate.",
            "信用修复证明只能由信用主体本人申领。",
            place=str(case.public_id),
            remedy_en="Ask the entity to show it to you.",
            remedy_zh="请向该信用主体索取。",
        )
    with transaction.atomic():
        mandates.require(actor, case.kind, on=on)
    found = decision_of(case)
    if found is None:
        raise CaseworkError(
            "certificate.none",
            "This case did not restore the record, or the record stands again.",
            "该案件未使有关信息得到修复，或者该信息已恢复公示。",
            place=str(case.public_id),
            remedy_en="Look at the record: its page says which case decided last.",
            remedy_zh="请查看该记录页面，了解最近一次决定。",
        )
    return found


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
