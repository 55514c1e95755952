"""One step taken for many cases: each in a transaction of its own, by the same command as one case.

Only steps that the law lets one officer take without weighing one case against another are offered: accepting, giving
to an officer, granting. A serious record is refused by its guard, whoever chose it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from goodstanding.registry.actor import Actor

from . import commands, placeholders
from .chart import chart_of
from .errors import CaseworkError
from .models import Case
from .queries import case_for
from .reasons import filled

#: The steps that can be taken for many cases at once.
STEPS: Final = ("accept", "assign", "grant")
#: At most so many cases at once.
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Chosen:
    """A case as the officer saw it."""

    public_id: uuid.UUID
    version: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one chosen case: ``refused`` is None where the step was taken, ``case`` where the officer may see
    none.
    """

    chosen: Chosen
    case: Case | None
    refused: CaseworkError | None


def move_many(
    code: str,
    *,
    actor: Actor,
    chosen: Sequence[Chosen],
    at: datetime,
    today: date,
    reasons: str = "",
    given: Mapping[str, Any] | None = None,
) -> list[Outcome]:
    """Take one step for each of many cases, in the order given; a refusal stops none of the others.

    Args:
        code: one of ``STEPS``.
        chosen: cases, each with the version that the officer saw; at most ``MOST``.
        reasons: for every case, with its placeholders (``placeholders.NAMES``) filled from that case.
        The others as in ``commands.move``, the same for every case.

    Raises:
        CaseworkError: many.not_allowed, many.too_many, template.placeholder; nothing was done.
    """
    if code not in STEPS:
        raise CaseworkError(
            "many.not_allowed",
            "This step is taken case by case.",
            "该操作须逐案进行。",
            remedy_en=f"For many at once: {', '.join(STEPS)}.",
            remedy_zh=f"可批量进行的操作：{'、'.join(STEPS)}。",
        )
    if len(chosen) > MOST:
        raise CaseworkError(
            "many.too_many", f"At most {MOST} cases at once.", f"一次最多处理 {MOST} 个案件。"
        )
    placeholders.check(reasons, place="reasons")
    return [
        _one(code, actor=actor, chosen=item, at=at, today=today, reasons=reasons, given=given or {})
        for item in chosen
    ]


def _one(
    code: str,
    *,
    actor: Actor,
    chosen: Chosen,
    at: datetime,
    today: date,
    reasons: str,
    given: Mapping[str, Any],
) -> Outcome:
    try:
        case = case_for(actor, chosen.public_id)
    except Case.DoesNotExist:
        missing = CaseworkError(
            "case.not_found", "There is no such case.", "没有该案件。", place=str(chosen.public_id)
        )
        return Outcome(chosen, None, missing)
    event = next((event for event in chart_of(case.kind).events if event.code == code), None)
    own = filled(reasons, actor=actor, case=case, event=event, on=today) if event else reasons
    try:
        case = commands.move(
            code,
            actor=actor,
            case=case,
            at=at,
            today=today,
            reasons=own,
            given=given,
            version=chosen.version,
        )
    except CaseworkError as refused:
        return Outcome(chosen, case, refused)
    return Outcome(chosen, case, None)
