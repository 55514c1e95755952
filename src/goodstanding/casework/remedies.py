"""What is open to an entity that does not agree: to appeal, to attach a statement, to ask for a shield.

A statement (附注声明) may stand beside a record once the entity has objected to it and was not upheld: where nothing
more can be decided, readers still hear both sides.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Final

from django.db import transaction

from goodstanding.registry import statements
from goodstanding.registry.actor import Actor
from goodstanding.registry.commands import RegistryError
from goodstanding.registry.models import Record
from goodstanding.registry.queries import own_records

from . import mandates
from .eligibility import RESTORABLE_STATES
from .errors import CaseworkError
from .models import Case, Kind
from .queries import mover_of

#: Against which ends of which kinds an appeal lies.
APPEALABLE: Final = frozenset(
    {
        (Kind.RESTORATION, "refused"),
        (Kind.RESTORATION, "denied"),
        (Kind.OBJECTION, "refused"),
        (Kind.OBJECTION, "denied"),
    }
)


def may_appeal(actor: Actor, case: Case, *, on: date) -> bool:
    """Whether a case ended against the actor's entity and was not appealed against yet."""
    if not mandates.covers(actor, Kind.APPEAL, on=on):
        return False
    if mover_of(actor, case) != "entity" or (case.kind, case.state) not in APPEALABLE:
        return False
    return not Case.objects.filter(kind=Kind.APPEAL, about=case).exists()


def may_state(actor: Actor, record: Record, *, on: date) -> bool:
    """Whether the actor may attach a statement: the record is its entity's own and stands, no shield speaks for it,
    and the last objection to it was not upheld.
    """
    if not _owns(actor, record) or record.state not in RESTORABLE_STATES or _shielded(record):
        return False
    if not mandates.covers(actor, Kind.OBJECTION, on=on):
        return False
    objections = Case.objects.filter(record=record, kind=Kind.OBJECTION)
    last = objections.order_by("-opened_at", "-pk").values_list("state", flat=True).first()
    return last in ("refused", "denied")


def may_take_off(actor: Actor, record: Record, *, on: date) -> bool:
    """Whether the actor may take the statement off a record of its own."""
    stands = record.state in RESTORABLE_STATES and not _shielded(record)
    covered = mandates.covers(actor, Kind.OBJECTION, on=on)
    return _owns(actor, record) and stands and covered and bool(statements.said(record))


@transaction.atomic
def attach(*, actor: Actor, record: uuid.UUID, text: str, at: datetime, today: date) -> Record:
    """Attach a statement to a record of one's own, in place of the one that it has.

    Args:
        record: public id.
        text: plain text of at most 500 characters.
        at: the instant of its event.
        today: the day of it.

    Raises:
        CaseworkError: record.not_found, statement.forbidden, or what is wrong with the text.
    """
    mandates.require(actor, Kind.OBJECTION, on=today)
    held = _own(actor, record)
    if not may_state(actor, held, on=today):
        raise CaseworkError(
            "statement.forbidden",
            "A statement is attached where an objection to the record was not upheld.",
            "异议未成立的，方可对该记录附加声明。",
            place=str(record),
            remedy_en="Object to the record first; the answer comes with reasons.",
            remedy_zh="请先提出异议，认定单位将说明理由予以答复。",
        )
    try:
        return statements.attach_statement(record_id=held.pk, text=text, account_id=actor.account_id, at=at)
    except RegistryError as error:
        raise CaseworkError(error.code, error.en, error.zh, place=str(record)) from error


@transaction.atomic
def take_off(*, actor: Actor, record: uuid.UUID, at: datetime, today: date) -> Record:
    """Take the statement off a record of one's own. Its history stays.

    Raises:
        CaseworkError: record.not_found, statement.forbidden.
    """
    mandates.require(actor, Kind.OBJECTION, on=today)
    held = _own(actor, record)
    if not may_take_off(actor, held, on=today):
        raise CaseworkError(
            "statement.forbidden",
            "There is no statement here that you could take off.",
            "没有您可以撤下的声明。",
            place=str(record),
        )
    return statements.remove_statement(record_id=held.pk, account_id=actor.account_id, at=at)


def shieldable(actor: Actor, *, on: date) -> list[Record]:
    """The records for which the actor's entity may ask a shield on a day, newest finding first."""
    if actor.role != "entity" or actor.entity_id is None:
        return []
    asked = Case.objects.filter(kind=Kind.REORGANISATION, ended_at__isnull=True).values("record_id")
    states = [s for s in RESTORABLE_STATES if s not in (Record.State.ENDED, Record.State.SHIELDED)]
    held = Record.objects.filter(
        own_records(actor.entity_id, on=on), kind__in=Record.ADVERSE, state__in=states
    )
    return list(held.exclude(pk__in=asked).select_related("authority").order_by("-found_on", "-pk"))


def _own(actor: Actor, public_id: uuid.UUID) -> Record:
    found = Record.objects.select_for_update(of=("self",)).filter(public_id=public_id).first()
    if found is None or not _owns(actor, found):
        raise CaseworkError(
            "record.not_found", "There is no such record.", "没有该记录。", place=str(public_id)
        )
    return found


def _owns(actor: Actor, record: Record) -> bool:
    return actor.role == "entity" and actor.entity_id is not None and actor.entity_id == record.entity_id


def _shielded(record: Record) -> bool:
    """While it is shielded the statement is the authority's: that it is, and on which ruling."""
    return record.state == Record.State.SHIELDED
