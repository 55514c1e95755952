"""Cases that lose their object because the source took the record back: their end follows the record's, by itself.

Intake withdraws and erases records and knows nothing of cases. This looks for what it left open. What the chart lets
lapse lapses, as it does when another case takes its record away; an objection stays open until it is answered.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from goodstanding.registry.models import Record

from .admission import lock_case
from .effects import lapse_of
from .eligibility import GONE
from .models import Case, Kind
from .steps import lapse

_LAPSING = (Kind.RESTORATION, Kind.OWN_MOTION, Kind.REORGANISATION)


@transaction.atomic
def lapse_cases_of_removed_records(*, at: datetime, today: date, limit: int = 500) -> int:
    """End the open cases whose record is gone and whose chart lets them lapse. Returns how many.

    Args:
        at: the instant of their steps.
        today: the day on which their clocks stop.
        limit: the most to end in one transaction; call again while some are ended.
    """
    orphans = Case.objects.filter(kind__in=_LAPSING, ended_at__isnull=True, record__state__in=GONE).order_by(
        "record__natural_key"
    )
    found = list(orphans.values_list("pk", "record_id")[:limit])
    # Records first, in the order of their keys, as every command of casework locks them.
    list(Record.objects.select_for_update().filter(pk__in=[r for _, r in found]).order_by("natural_key"))
    ended = 0
    for pk, _ in found:
        case = lock_case(pk)
        if lapse_of(case) is not None and case.record.state in GONE:
            lapse(case, at=at, today=today)
            ended += 1
    return ended
