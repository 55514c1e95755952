"""Escalation: before a last day and after it, whoever it concerns is told, once (催办、督办).

A waiting case costs nothing: only cases whose last day is near or has passed are looked at, by the index of last days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from goodstanding.registry.journal import NewEvent, append

from .desk import soon_until
from .escalation_table import Escalation
from .models import Case, Pause

Stage = Escalation.Stage
#: Events of the journal, by stage, and whom each tells.
EVENTS: Final = {Stage.DUE: "case.due", Stage.LATE: "case.late"}
TELLS: Final = {
    "case.due": ("entity", "authority"),
    "case.late": ("entity", "authority", "operator"),
}
#: Cases told of in one transaction.
PORTION: Final = 1_000


@dataclass(frozen=True, slots=True)
class Escalated:
    """How many cases were told of: whose last day is near, and whose last day has passed."""

    due: int
    late: int


def escalate(*, on: date, at: datetime) -> Escalated:
    """Tell of every open case whose last day is near or has passed and of which that was not told yet.

    Args:
        on: the day. A last day is near while at most as many working days are left as the work list marks yellow.
        at: the instant of the events.
    """
    return Escalated(_all(Stage.DUE, on=on, at=at), _all(Stage.LATE, on=on, at=at))


def _all(stage: Escalation.Stage, *, on: date, at: datetime) -> int:
    told = 0
    while portion := _portion(stage, on=on, at=at):
        told += portion
    return told


@transaction.atomic
def _portion(stage: Escalation.Stage, *, on: date, at: datetime) -> int:
    cases = list(_untold(stage, on=on)[:PORTION])
    events = [
        NewEvent(
            EVENTS[stage],
            {
                "case": str(case.public_id),
                "case_kind": str(case.kind),
                "record": str(case.record.public_id),
                "due_on": str(case.due_on),
            },
            entity_id=case.entity_id,
            record_id=case.record_id,
        )
        for case in cases
    ]
    told = [Escalation(case=case, due_on=case.due_on, stage=stage) for case in cases]
    for row, position in zip(told, append(events, at=at), strict=True):
        row.position = position
    Escalation.objects.bulk_create(told)
    return len(told)


def _untold(stage: Escalation.Stage, *, on: date) -> QuerySet[Case]:
    """The open cases at a stage of which nothing was told, locked. One that somebody moves now is left for later."""
    told = Escalation.objects.filter(case=OuterRef("pk"), due_on=OuterRef("due_on"), stage=stage)
    paused = Pause.objects.filter(case=OuterRef("pk"), until_on__isnull=True)
    cases = Case.objects.filter(~Exists(told), ~Exists(paused), ended_at__isnull=True)
    if stage == Stage.LATE:
        cases = cases.filter(due_on__lt=on)
    else:
        cases = cases.filter(due_on__gte=on, due_on__lte=soon_until(on))
    return (
        cases.select_for_update(of=("self",), skip_locked=True)
        .select_related("record")
        .order_by("due_on", "pk")
    )
