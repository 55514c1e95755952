"""Cases that lose their object because the source took the record back: their end follows the record's, by itself.

Intake withdraws and erases records and knows nothing of cases. This looks for what it left open. An application for
restoration lapses, as it does when an objection takes its record away; an objection stays open until it is answered.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record

from .chart import chart_of
from .models import Case, Kind
from .steps import lock_case, take_step

_TAKEN_BACK = (Record.State.WITHDRAWN, Record.State.REDACTED)


@transaction.atomic
def lapse_cases_of_removed_records(*, at: datetime, today: date, limit: int = 500) -> int:
    """End the open applications whose record was taken back. Returns how many.

    Args:
        at: the instant of their steps.
        today: the day on which their clocks stop.
        limit: the most to end in one transaction; call again while some are ended.
    """
    orphans = Case.objects.filter(
        kind=Kind.RESTORATION, state__in=Case.OPEN, record__state__in=_TAKEN_BACK
    ).order_by("record__natural_key")
    found = list(orphans.values_list("pk", "record_id")[:limit])
    # Records first, in the order of their keys, as every command of casework locks them.
    list(Record.objects.select_for_update().filter(pk__in=[r for _, r in found]).order_by("natural_key"))
    ended = 0
    for pk, _ in found:
        case = lock_case(pk)
        if case.state in Case.OPEN and case.record.state in _TAKEN_BACK:
            actor = Actor(role="authority", authority_id=case.authority_id)
            lapse = chart_of(case.kind).event("lapse")
            take_step(case, lapse, reasons="", actor=actor, at=at, today=today)
            ended += 1
    return ended
