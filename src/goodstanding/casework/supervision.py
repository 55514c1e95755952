"""Supervision across authorities: what lies where, how long it took, how much was late, what appeals changed.

Open cases are counted in their index alone; what was done is counted in what its steps left for it (``Handled``), of
which a quarter of a year is one range of an index. No case is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db import connection

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Authority

from .desk import soon_until

#: Days that the figures of what is done look back.
BACK: Final = 90
#: Open cases due within so many working days are counted as due.
DUE_WITHIN: Final = 3


@dataclass(frozen=True, slots=True)
class Took:
    """How many days something took, from receipt: in half of the cases at most, and in 95 of 100."""

    number: int
    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class Supervised:
    """One authority: its open cases as of a day, and its last ``BACK`` days.

    ``clocks``: of acceptance and decision, stopped; ``clocks_late``: of these, after their last day. ``refused``,
    ``denied``: cases not accepted, and decided against the applicant. ``appeals``: decided appeals against its results;
    ``upheld``: of these, in favour of the applicant.
    """

    authority: Authority
    open: int
    late: int
    due: int
    accepted: Took | None
    decided: Took | None
    clocks: int
    clocks_late: int
    refused: int
    denied: int
    appeals: int
    upheld: int

    @property
    def late_share(self) -> float | None:
        """Per cent of the stopped clocks that were late; None where none was stopped."""
        return 100 * self.clocks_late / self.clocks if self.clocks else None


_OPEN = """
    SELECT authority_id, count(*), count(*) FILTER (WHERE due_on < %(on)s),
           count(*) FILTER (WHERE due_on BETWEEN %(on)s AND %(due)s)
    FROM casework_case WHERE ended_at IS NULL GROUP BY authority_id
"""
_DONE = """
    SELECT authority_id,
        count(*) FILTER (WHERE accepted),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE accepted),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY days) FILTER (WHERE accepted),
        count(*) FILTER (WHERE decided),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE decided),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY days) FILTER (WHERE decided),
        coalesce(sum(clocks) FILTER (WHERE own), 0), coalesce(sum(late) FILTER (WHERE own), 0),
        count(*) FILTER (WHERE decided AND state = 'refused'), count(*) FILTER (WHERE decided AND state = 'denied'),
        count(*) FILTER (WHERE appealed), count(*) FILTER (WHERE appealed AND state = 'granted')
    FROM (
        SELECT authority_id, days, clocks, late, state, kind = ANY(%(kinds)s) AS own,
            kind = ANY(%(kinds)s) AND stage = 'accept' AS accepted,
            kind = ANY(%(kinds)s) AND stage = 'decide' AS decided,
            kind = 'appeal' AND stage = 'decide' AND state IN ('granted', 'denied') AS appealed
        FROM casework_handled WHERE "on" > %(since)s AND "on" <= %(on)s
    ) AS handled GROUP BY authority_id
"""


def supervision(*, actor: Actor, on: date) -> list[Supervised]:
    """Every authority that has or had cases, those with most late ones first; nothing for others than the operator.

    Args:
        on: the day by which open cases are late or due; what is done is counted over the ``BACK`` days up to it.
    """
    if not actor.is_operator:
        return []
    asked = {
        "on": on,
        "due": soon_until(on, within=DUE_WITHIN),
        "since": on - timedelta(days=BACK),
        "kinds": ["restoration", "objection", "reorganisation"],
    }
    open_, done = _rows(_OPEN, asked), _rows(_DONE, asked)
    found = []
    for authority in Authority.objects.filter(pk__in=open_.keys() | done.keys()):
        lies = open_.get(authority.pk, (0, 0, 0))
        did = done.get(authority.pk, (0,) * 12)
        found.append(
            Supervised(
                authority=authority,
                open=lies[0],
                late=lies[1],
                due=lies[2],
                accepted=Took(*did[0:3]) if did[0] else None,
                decided=Took(*did[3:6]) if did[3] else None,
                clocks=did[6],
                clocks_late=did[7],
                refused=did[8],
                denied=did[9],
                appeals=did[10],
                upheld=did[11],
            )
        )
    return sorted(found, key=lambda row: (-row.late, -row.open, row.authority.code))


def _rows(sql: str, asked: dict[str, Any]) -> dict[int, Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        return {row[0]: row[1:] for row in cursor.fetchall()}
