"""Counting for supervision what a step means for how an authority keeps its days, in the step's own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from .chart import Event
from .models import Case, Clock, Handled

#: The states that say whether an authority decided for or against an applicant.
_RESULTS: Final = frozenset({"granted", "denied", "refused"})
_OWN_CLOCKS: Final = frozenset({Clock.Code.ACCEPT, Clock.Code.DECIDE})


def count(case: Case, event: Event, before: str, stopped: Sequence[Clock], *, today: date) -> None:
    """Write down an acceptance, a decision, or that clocks of these were stopped; nothing for any other step.

    Args:
        case: with its application, as the step left it. before: the state that it left.
        stopped: the clocks that the step stopped.
    """
    decided = case.state in _RESULTS and case.state != before
    stages = Handled.Stage
    stage = stages.ACCEPT if event.code == "accept" else stages.DECIDE if decided else stages.OTHER
    last_days = [clock.due_on or clock.latest_on for clock in stopped if clock.code in _OWN_CLOCKS]
    if stage == stages.OTHER and not last_days:
        return
    Handled.objects.create(
        on=today,
        authority_id=case.authority_id,
        kind=case.kind,
        stage=stage,
        state=case.state,
        days=(today - case.application.received_on).days,
        clocks=len(last_days),
        late=sum(last is not None and today > last for last in last_days),
    )
