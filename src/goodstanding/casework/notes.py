"""Internal notes (内部备注): what officers tell each other about a case.

They are read by the officers of the body that holds the case, and by nobody else: not the entity, its agent, another
body (asked or former), nor the operator; no journal event, notice, export or answer to others holds them. On a
hand-over they stay with the body that wrote them, unless its officer sends them along; who handed the case over reads
none of them any more. They are erased with the content of the case's record (``sql/notes.sql``).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, QuerySet

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record

from . import commands
from .admission import lock_case
from .errors import CaseworkError
from .models import Case
from .note_tables import Note
from .requests import checked_text

_TEXT: Final = (1, 4000)


def may_read(actor: Actor, case: Case) -> bool:
    """Whether the actor is an officer of the body that holds a case."""
    return (
        actor.role == "authority"
        and actor.authority_id is not None
        and actor.authority_id == case.authority_id
    )


def notes_of(actor: Actor, case: Case) -> list[Note]:
    """The notes on a case that the actor may read, oldest first."""
    if not may_read(actor, case):
        return []
    return list(_readable(actor).filter(case=case).select_related("by__user").order_by("pk"))


def counts(actor: Actor, cases: Sequence[Case]) -> dict[int, int]:
    """How many notes on each of some cases the actor may read, by the case's key; cases without any are left out."""
    held = [case.pk for case in cases if may_read(actor, case)]
    if not held:
        return {}
    found = _readable(actor).filter(case__in=held).order_by().values_list("case_id")
    return dict(found.annotate(Count("pk")))


@transaction.atomic
def write(*, actor: Actor, case: Case, text: str, at: datetime, key: uuid.UUID | None = None) -> Note:
    """Write a note on a case of one's own body, open or ended.

    Args:
        text: 1 to 4000 characters.
        key: chosen by the client; the same note sent again with it is written once.

    Raises:
        CaseworkError: note.forbidden (another body holds the case, or its record was erased), or what is wrong with
            the text.
    """
    text = checked_text(text, *_TEXT, "text")
    record = Record.objects.select_for_update().get(pk=case.record_id)
    held = lock_case(case.pk, record=record)
    if not may_read(actor, held) or record.state == Record.State.REDACTED:
        raise CaseworkError(
            "note.forbidden",
            "Notes are written by officers of the body that holds the case, while its record is not erased.",
            "只有办理该案件的单位可以添加内部备注，信息已删除的除外。",
            place=str(case.public_id),
        )
    said: dict[str, Any] = {
        "authority_id": actor.authority_id,
        "by_id": actor.account_id,
        "text": text,
        "at": at,
    }
    made, _ = Note.objects.get_or_create(case=held, key=key or uuid.uuid4(), defaults=said)
    return made


@transaction.atomic
def hand_over(*, actor: Actor, case: Case, with_notes: bool, **step: Any) -> Case:
    """Hand a case over to another authority, and the notes with it where the officer says so.

    Args:
        step: as ``commands.move`` takes them.

    Raises:
        CaseworkError: as ``commands.move``; then the notes stay too.
    """
    moved = commands.move("hand_over", actor=actor, case=case, **step)
    if with_notes:
        _readable(actor).filter(case=moved).update(authority_id=moved.authority_id)
    return moved


def _readable(actor: Actor) -> QuerySet[Note]:
    """Notes whose readers are the officers of the actor's body."""
    return Note.objects.filter(authority_id=actor.authority_id)
