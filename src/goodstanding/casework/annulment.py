"""A body withdraws or corrects its own decision (撤销、更正): it was never right, so nothing is restored.

A withdrawn record leaves the public at once and leaves no trace there; its open cases lapse. A corrected one says the
right values from now on, and its class and dates follow where its day was wrong. Both rest on a document. The journal
says that it happened and not why; the entity is told by its notices. Asked for twice, each happens once.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from django.db import transaction

from goodstanding.registry import commands as registry
from goodstanding.registry import corrections
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record, Withdrawal

from .eligibility import RESTORABLE_STATES, judged_after
from .errors import CaseworkError
from .models import Case
from .requests import REASONS_MINIMUM, TEXT_LIMIT, checked_text
from .steps import lapse_of, lock_case, take_step

_DOCUMENT: Final = (2, 200)


def may_annul(actor: Actor, record: Record) -> bool:
    """Whether the actor is of the body that made the finding, and the record stands."""
    own = actor.role == "authority" and actor.authority_id == record.authority_id
    return own and record.state in RESTORABLE_STATES


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
        CaseworkError: record.not_found, record.state, or what is wrong with document or reasons.
    """
    document = checked_text(document, *_DOCUMENT, "document")
    reasons = checked_text(reasons, REASONS_MINIMUM, TEXT_LIMIT, "reasons")
    held = _own_record(actor, record)
    assert actor.account_id is not None, "only an account has records of its own body"
    if held.state == Record.State.WITHDRAWN:
        return held
    _refuse_unless_standing(held)
    open_ones = Case.objects.filter(record=held, ended_at__isnull=True).order_by("pk")
    cases = [lock_case(pk) for pk in open_ones.values_list("pk", flat=True)]
    withdrawn = registry.withdraw(record_id=held.pk, at=at)
    Withdrawal.objects.create(
        record=withdrawn, document=document, reasons=reasons, account_id=actor.account_id, at=at
    )
    for case in cases:
        event = lapse_of(case)
        if event is not None:
            take_step(case, event, actor=Actor(), at=at, today=today)
    return withdrawn


@transaction.atomic
def correct_decision(
    *, actor: Actor, record: uuid.UUID, changes: Mapping[str, str], document: str, at: datetime
) -> Record:
    """Correct public values of a finding of one's own body; the law judges anew where its day changes.

    Args:
        changes: the right value of each public column that was wrong.
        document: the document that proves it. The others as in ``withdraw_decision``.

    Returns:
        The corrected record; one that says all this already is returned as it is.

    Raises:
        CaseworkError: record.not_found, record.state, correction.day, or what the registry refuses.
    """
    document = checked_text(document, *_DOCUMENT, "document")
    held = _own_record(actor, record)
    _refuse_unless_standing(held)
    said = held.content["public"]
    if changes and all(said.get(field) == value for field, value in changes.items()):
        return held
    try:
        return corrections.correct(
            record_id=held.pk, changes=changes, document=document, at=at, judged=judged_after(held, changes)
        )
    except registry.RegistryError as error:
        raise CaseworkError(error.code, error.en, error.zh, place=str(record)) from error


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
