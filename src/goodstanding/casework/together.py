"""Cases that go together: one court ruling ends the shield of every record of an application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record
from goodstanding.registry.queries import own_records

from .commands import move
from .errors import CaseworkError
from .models import Case, Kind
from .queries import cases_of

#: The kind of which the cases of one application rest on one document, and are decided alike.
TOGETHER: Final = Kind.REORGANISATION


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of the cases of an application: those that took the step, and why the others did not."""

    cases: tuple[Case, ...]
    refused: tuple[tuple[Case, CaseworkError], ...]


def others_of(actor: Actor, case: Case) -> list[Case]:
    """The other cases of an application that stand where a case stands, before the same authority."""
    if case.kind != TOGETHER or not case.is_open:
        return []
    beside = cases_of(actor, case.application).filter(
        kind=case.kind, state=case.state, authority_id=case.authority_id, ended_at__isnull=True
    )
    return list(beside.exclude(pk=case.pk).order_by("pk"))


def move_together(
    code: str,
    *,
    actor: Actor,
    case: Case,
    at: datetime,
    today: date,
    reasons: str = "",
    given: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Moved:
    """Take a step with a case and with those beside it, each in a transaction of its own.

    Killed between two, it is simply taken again: what has moved stands elsewhere and is left alone.

    Args:
        As in ``commands.move``; ``version`` is of the case that was looked at.

    Raises:
        CaseworkError: the step is refused to the case itself; then no other moved either.
    """
    beside = others_of(actor, case)
    moved = [
        move(
            code,
            actor=actor,
            case=case,
            at=at,
            today=today,
            reasons=reasons,
            given=given,
            version=version,
        )
    ]
    refused = []
    for other in beside:
        try:
            moved.append(
                move(code, actor=actor, case=other, at=at, today=today, reasons=reasons, given=given)
            )
        except CaseworkError as error:
            refused.append((other, error))
    return Moved(tuple(moved), tuple(refused))


def not_shielded_beside(case: Case, *, on: date) -> list[Record]:
    """Records of a shielded case's entity and authority that came in later and that nobody asked to shield yet."""
    if case.kind != Kind.REORGANISATION or case.state != "shielded":
        return []
    asked = Case.objects.filter(kind=Kind.REORGANISATION, ended_at__isnull=True).values("record_id")
    records = Record.objects.filter(
        own_records(case.entity_id, on=on),
        kind__in=Record.ADVERSE,
        authority_id=case.authority_id,
        state__in=[Record.State.PUBLISHED, Record.State.UNPUBLISHED],
    )
    return list(records.exclude(pk__in=asked).order_by("-found_on", "-pk"))
