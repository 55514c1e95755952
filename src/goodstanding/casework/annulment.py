"""A body withdraws or corrects its own decision (撤销、更正): it was never right, so nothing is restored.

A withdrawn record leaves the public at once and leaves no trace there; its open cases lapse. A corrected one says the
right values from now on, and its class and dates follow where a fact of the law was wrong. Both rest on a document. The
journal says that it happened and not why; the entity is told by its notices and reads the reasons with the record.
Asked for twice, each happens once.

Of a record of the most serious class one officer proposes it and another one of the same body confirms it, or drops
it (``Annulment``); the database lets nobody confirm what he proposed.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from goodstanding.registry import commands as registry
from goodstanding.registry import corrections
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record, Withdrawal

from .admission import lock_case
from .annulment_tables import Annulment
from .details import checked_correction
from .effects import lapse_of
from .eligibility import RESTORABLE_STATES
from .errors import CaseworkError
from .guards import needs_second_look
from .judging import judged_after
from .models import Case
from .requests import REASONS_MINIMUM, TEXT_LIMIT, checked_text
from .steps import lapse

_DOCUMENT: Final = (2, 200)


def may_annul(actor: Actor, record: Record) -> bool:
    """Whether the actor is of the body that made the finding, and the record stands."""
    own = actor.role == "authority" and actor.authority_id == record.authority_id
    return own and record.state in RESTORABLE_STATES


def withdrawal_of(actor: Actor, record: Record) -> Withdrawal | None:
    """By which document and why a finding was withdrawn: to its entity, to the body that made it, to the operator."""
    own_body = actor.role == "authority" and actor.authority_id == record.authority_id
    own_record = actor.role == "entity" and actor.entity_id == record.entity_id
    if record.state != Record.State.WITHDRAWN or not (actor.is_operator or own_body or own_record):
        return None
    return Withdrawal.objects.filter(record=record).first()


@transaction.atomic
def withdraw_decision(
    *, actor: Actor, record: uuid.UUID, document: str, reasons: str, at: datetime, today: date
) -> Record:
    """Withdraw a finding of one's own body, with everything that hangs on it.

    Args:
        actor: an officer of the body that made the finding.
        record: its public id.
        document: the decision by which it was withdrawn or annulled, as it is cited.
        reasons: why, 10 to 4000 characters; the entity reads them.
        at: the instant. today: the day on which the clocks of open cases stop.

    Returns:
        The withdrawn record; one that was withdrawn before is returned as it is.

    Raises:
        CaseworkError: record.not_found, record.state, case.second_look (it is serious: ``propose`` it), or what is
            wrong with document or reasons.
    """
    document, reasons = _checked(Annulment.Act.WITHDRAW, document, reasons)
    held = _own_record(actor, record)
    if held.state == Record.State.WITHDRAWN:
        return held
    _refuse_unless_standing(held)
    _refuse_alone(held)
    return _withdraw(held, actor=actor, document=document, reasons=reasons, at=at, today=today)


@transaction.atomic
def correct_decision(
    *, actor: Actor, record: uuid.UUID, changes: Mapping[str, str], document: str, at: datetime
) -> Record:
    """Correct public values of a finding of one's own body; the law judges anew where its day, measures or
    amount change.

    Args:
        changes: the right value of each public column that was wrong.
        document: the document that proves it. The others as in ``withdraw_decision``.

    Returns:
        The corrected record; one that says all this already is returned as it is.

    Raises:
        CaseworkError: record.not_found, record.state, case.second_look, correction.facts, or what the registry
            refuses.
    """
    document, _ = _checked(Annulment.Act.CORRECT, document, "")
    held = _own_record(actor, record)
    _refuse_unless_standing(held)
    said = held.content["public"]
    if changes and all(said.get(field) == value for field, value in changes.items()):
        return held
    _refuse_alone(held)
    return _correct(held, changes=changes, document=document, at=at)


@transaction.atomic
def propose(
    *,
    actor: Actor,
    record: uuid.UUID,
    act: str,
    document: str,
    reasons: str = "",
    changes: Mapping[str, str] | None = None,
    at: datetime,
) -> Annulment:
    """Propose to withdraw or to correct a serious finding of one's own body; another officer decides.

    Args:
        act: a value of ``Annulment.Act``. reasons: of a withdrawal. changes: of a correction. The others as in
            ``withdraw_decision`` and ``correct_decision``.

    Raises:
        CaseworkError: record.not_found, record.state, case.alone (it is not serious: one officer does it),
            annulment.open, or what is wrong with document, reasons or changes.
    """
    act = Annulment.Act(act)
    document, reasons = _checked(act, document, reasons)
    held = _own_record(actor, record)
    _refuse_unless_standing(held)
    if not needs_second_look(held):
        raise CaseworkError(
            "case.alone",
            "One officer decides on this record.",
            "该记录由一名经办人决定即可。",
            place=str(record),
        )
    if Annulment.objects.filter(record=held, ended_at__isnull=True).exists():
        raise CaseworkError(
            "annulment.open",
            "Something is proposed for this record already; decide on that first.",
            "该记录已有待复核的撤销或者更正意见，请先处理。",
            place=str(record),
        )
    right = checked_correction(held, dict(changes or {})) if act == Annulment.Act.CORRECT else {}
    return Annulment.objects.create(
        record=held, act=act, document=document, reasons=reasons, changes=right, by_id=actor.account_id, at=at
    )


@transaction.atomic
def confirm(*, actor: Actor, annulment: uuid.UUID, at: datetime, today: date) -> Record:
    """Agree to what another officer of the same body proposed: it happens at once.

    Raises:
        CaseworkError: annulment.not_found, case.same_officer, record.state, or what the registry refuses.
    """
    held, found = _open(actor, annulment)
    if found.by_id == actor.account_id:
        raise CaseworkError(
            "case.same_officer",
            "Another officer than the one who proposed it decides.",
            "须由提出意见者以外的另一名经办人决定。",
            place=str(annulment),
        )
    _refuse_unless_standing(held)
    _end(found, actor, Annulment.Outcome.CONFIRMED, at=at)
    if found.act == Annulment.Act.CORRECT:
        return _correct(held, changes=found.changes, document=found.document, at=at)
    return _withdraw(held, actor=actor, document=found.document, reasons=found.reasons, at=at, today=today)


@transaction.atomic
def drop(*, actor: Actor, annulment: uuid.UUID, at: datetime) -> None:
    """Take back what was proposed, or turn it down. Raises CaseworkError: annulment.not_found."""
    _, found = _open(actor, annulment)
    _end(found, actor, Annulment.Outcome.DROPPED, at=at)


def waiting(actor: Actor, *, record: Record | None = None) -> list[Annulment]:
    """What waits for a second officer of the actor's body, oldest first: of one record, or of all."""
    if actor.role != "authority" or actor.authority_id is None:
        return []
    found = Annulment.objects.filter(ended_at__isnull=True, record__authority_id=actor.authority_id)
    if record is not None:
        found = found.filter(record=record)
    return list(found.select_related("record__entity", "by__user").order_by("pk"))


def _checked(act: str, document: str, reasons: str) -> tuple[str, str]:
    least = REASONS_MINIMUM if act == Annulment.Act.WITHDRAW else 0
    return checked_text(document, *_DOCUMENT, "document"), checked_text(reasons, least, TEXT_LIMIT, "reasons")


def _withdraw(
    held: Record, *, actor: Actor, document: str, reasons: str, at: datetime, today: date
) -> Record:
    """Withdraw a locked record that stands; its open cases lapse."""
    assert actor.account_id is not None, "only an account has records of its own body"
    open_ones = Case.objects.filter(record=held, ended_at__isnull=True).order_by("pk")
    cases = [lock_case(pk) for pk in open_ones.values_list("pk", flat=True)]
    withdrawn = registry.withdraw(record_id=held.pk, at=at)
    Withdrawal.objects.create(
        record=withdrawn, document=document, reasons=reasons, account_id=actor.account_id, at=at
    )
    for case in cases:
        if lapse_of(case) is not None:
            lapse(case, at=at, today=today)
    return withdrawn


def _correct(held: Record, *, changes: Mapping[str, str], document: str, at: datetime) -> Record:
    judged = judged_after(held, changes, today=timezone.localdate(at))
    try:
        return corrections.correct(
            record_id=held.pk, changes=changes, document=document, at=at, judged=judged
        )
    except registry.RegistryError as error:
        raise CaseworkError(error.code, error.en, error.zh, place=str(held.public_id)) from error


def _open(actor: Actor, public_id: uuid.UUID) -> tuple[Record, Annulment]:
    """A proposal of the actor's body that waits, with its record, both locked. Raises CaseworkError."""
    waits = next((item for item in waiting(actor) if item.public_id == public_id), None)
    if waits is not None:
        held = _own_record(actor, waits.record.public_id)
        found = Annulment.objects.select_for_update().filter(pk=waits.pk, ended_at__isnull=True).first()
        if found is not None:
            return held, found
    raise CaseworkError(
        "annulment.not_found", "There is no such proposal.", "没有该意见。", place=str(public_id)
    )


def _end(found: Annulment, actor: Actor, outcome: Annulment.Outcome, *, at: datetime) -> None:
    found.outcome, found.ended_by_id, found.ended_at = outcome, actor.account_id, at
    found.save(update_fields=["outcome", "ended_by", "ended_at"])


def _refuse_alone(record: Record) -> None:
    if needs_second_look(record):
        raise CaseworkError(
            "case.second_look",
            "The record is serious: one officer proposes and another one decides.",
            "该记录属于严重失信情形，须由一名经办人提出、另一名经办人决定。",
            place=str(record.public_id),
        )


def _own_record(actor: Actor, public_id: uuid.UUID) -> Record:
    """The record, locked, where the actor's body made the finding. Raises CaseworkError."""
    found = Record.objects.none()
    if actor.role == "authority" and actor.authority_id is not None and actor.account_id is not None:
        found = Record.objects.filter(public_id=public_id, authority_id=actor.authority_id)
    held = found.select_for_update(of=("self",)).select_related("entity", "authority").first()
    if held is None:
        raise CaseworkError(
            "record.not_found", "There is no such record.", "没有该记录。", place=str(public_id)
        )
    return held


def _refuse_unless_standing(record: Record) -> None:
    if record.state not in RESTORABLE_STATES:
        raise CaseworkError(
            "record.state",
            "This record has already been restored or withdrawn.",
            "该记录已修复或者已撤销。",
            place=str(record.public_id),
        )
