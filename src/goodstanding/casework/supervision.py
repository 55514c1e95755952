"""Supervision across authorities: what lies where, how long it took, how much was late, what appeals changed.

Everything is counted from the cases, steps and clocks themselves on reading; nothing is written for it.
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
_TOOK = """
    SELECT c.authority_id, count(*),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY s."on" - a.received_on),
           percentile_cont(0.95) WITHIN GROUP (ORDER BY s."on" - a.received_on)
    FROM casework_step s JOIN casework_case c ON c.id = s.case_id JOIN casework_application a ON a.id = c.application_id
    WHERE s."on" > %(since)s AND s."on" <= %(on)s AND c.kind = ANY(%(kinds)s) AND {which}
    GROUP BY c.authority_id
"""
_ACCEPTED = _TOOK.format(which="s.event = 'accept'")
_DECIDED = _TOOK.format(which="s.to_state = ANY('{granted,denied,refused}') AND s.from_state <> s.to_state")
_CLOCKS = """
    SELECT c.authority_id, count(*), count(*) FILTER (WHERE k.stopped_on > coalesce(k.due_on, k.latest_on))
    FROM casework_clock k JOIN casework_case c ON c.id = k.case_id
    WHERE k.stopped_on > %(since)s AND k.stopped_on <= %(on)s AND k.code IN ('accept', 'decide')
      AND c.kind = ANY(%(kinds)s)
    GROUP BY c.authority_id
"""
_AGAINST = """
    SELECT c.authority_id, count(*) FILTER (WHERE s.to_state = 'refused'),
           count(*) FILTER (WHERE s.to_state = 'denied')
    FROM casework_step s JOIN casework_case c ON c.id = s.case_id
    WHERE s."on" > %(since)s AND s."on" <= %(on)s AND s.to_state IN ('refused', 'denied')
      AND s.from_state <> s.to_state AND c.kind = ANY(%(kinds)s)
    GROUP BY c.authority_id
"""
_APPEALS = """
    SELECT b.authority_id, count(*), count(*) FILTER (WHERE c.state = 'granted')
    FROM casework_case c JOIN casework_case b ON b.id = c.about_id
    JOIN casework_step s ON s.case_id = c.id AND s.to_state = c.state AND s.from_state <> s.to_state
    WHERE c.kind = 'appeal' AND c.state IN ('granted', 'denied') AND s."on" > %(since)s AND s."on" <= %(on)s
    GROUP BY b.authority_id
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
    open_, accepted, decided, clocks, against, appeals = (
        _rows(sql, asked) for sql in (_OPEN, _ACCEPTED, _DECIDED, _CLOCKS, _AGAINST, _APPEALS)
    )
    known = {*open_, *accepted, *decided, *clocks, *against, *appeals}
    none: Sequence[Any] = (0, 0, 0)
    found = []
    for authority in Authority.objects.filter(pk__in=known):
        key = authority.pk
        lies, stopped, lost, appealed = (rows.get(key, none) for rows in (open_, clocks, against, appeals))
        found.append(
            Supervised(
                authority=authority,
                open=lies[0],
                late=lies[1],
                due=lies[2],
                accepted=_took(accepted.get(key)),
                decided=_took(decided.get(key)),
                clocks=stopped[0],
                clocks_late=stopped[1],
                refused=lost[0],
                denied=lost[1],
                appeals=appealed[0],
                upheld=appealed[1],
            )
        )
    return sorted(found, key=lambda row: (-row.late, -row.open, row.authority.code))


def _rows(sql: str, asked: dict[str, Any]) -> dict[int, Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        return {row[0]: row[1:] for row in cursor.fetchall()}


def _took(row: Sequence[Any] | None) -> Took | None:
    return Took(*row) if row else None
