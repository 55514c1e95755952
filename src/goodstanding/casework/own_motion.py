"""Restoration without applying (免申即享): find who is restorable tomorrow, and say which proof is missing.

A run looks at the records whose earliest day of restoration lies between a month ago and tomorrow, in the order of an
index, then at those with an earlier day whose dispute ended within the month, and opens a case where the law has
nothing left against it that the platform can check. Each case is one
transaction that holds the record's row and looks whether the record ever had such a case: killed at any point, or run
twice at once, it opens one for each record and never two. It keeps no cursor; what has its case is left out by the
query. The officer confirms or sets aside; nobody applies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection
from django.utils import timezone

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Authority, Record

from .commands import find
from .eligibility import OWN_MOTION_CLASSES, verdict_of
from .models import Case, Kind
from .queries import cases_visible_to

#: How far back a run looks, in days: records are reported late, and minor ones are restorable from their first day.
LOOK_BACK: Final = 31
#: The most cases that one run opens; the next run goes on.
LIMIT: Final = 2_000
#: Records looked at in one query.
PORTION: Final = 500

#: The proof of performance in every pack's list of materials.
_PROOF: Final = "proof_of_performance"
#: Who signs this in an application; nobody does where nobody applied.
_COMMITMENT: Final = "commitment_letter"
#: Measures of which the body that imposed them keeps the proof of performance in its own file.
_ON_THE_FINDERS_FILE: Final = frozenset(
    {"warning", "criticism", "fine", "confiscation_of_gains", "confiscation_of_goods"}
)

_BY_DAY: Final = "registry_record r"
#: Records that were disputed when their day came: the end of the objection brings them here, by an index of such ends.
_BY_DISPUTE: Final = """
    (SELECT DISTINCT record_id FROM casework_case WHERE kind = 'objection' AND ended_at >= %(ended)s) o
    JOIN registry_record r ON r.id = o.record_id
"""
_CANDIDATES: Final = """
    SELECT r.restorable_from, r.id FROM {records}
    WHERE r.restorable AND r.restorable_from IS NOT NULL
    AND r.restorable_from <= %(until)s AND (r.restorable_from, r.id) > (%(day)s, %(id)s)
    AND r.state IN ('published', 'unpublished') AND NOT r.disputed AND r.severity = ANY(%(classes)s)
    AND r.pack NOT LIKE 'contract:%%' AND r.home = ''
    AND NOT EXISTS (
        SELECT FROM casework_case c
        WHERE c.record_id = r.id AND (c.kind = 'own_motion' OR c.ended_at IS NULL)
    )
    ORDER BY r.restorable_from, r.id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What a run did: records that might be restored and were looked at, and cases that it opened."""

    looked_at: int
    opened: int


def sweep(*, on: date, at_clock: Callable[[], datetime], limit: int = LIMIT, portion: int = PORTION) -> Found:
    """Open the cases of restoration without applying that are due on a day.

    Args:
        on: the day of the run; records restorable on the day after are found, so that they are there in the morning.
        at_clock: the instant of each case.
        limit: the most cases to open.
        portion: records looked at in one query.

    Returns:
        What was looked at and opened.
    """
    looked_at = opened = 0
    for record in _candidates(on=on, portion=portion):
        if opened >= limit:
            break
        looked_at += 1
        opened += find(record=record, at=at_clock(), today=on) is not None
    return Found(looked_at, opened)


def _candidates(*, on: date, portion: int) -> Iterator[Record]:
    """Records that nothing on their own row and no case of theirs speaks against, oldest day first."""
    since, tomorrow = on - timedelta(days=LOOK_BACK), on + timedelta(days=1)
    yield from _portions(_BY_DAY, after=since, until=tomorrow, ended=since, portion=portion)
    yield from _portions(_BY_DISPUTE, after=date.min, until=since, ended=since, portion=portion)


def _portions(records: str, *, after: date, until: date, ended: date, portion: int) -> Iterator[Record]:
    """Candidates with a day behind ``after`` up to ``until``, read portion by portion."""
    asked = {"until": until, "ended": ended, "classes": list(OWN_MOTION_CLASSES), "limit": portion}
    day, last = after, 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_CANDIDATES.format(records=records), asked | {"day": day, "id": last})
            rows = cursor.fetchall()
        if not rows:
            return
        held = Record.objects.in_bulk([pk for _, pk in rows])
        for _, pk in rows:
            yield held[pk]
        day, last = rows[-1]


@dataclass(frozen=True, slots=True)
class MissingProof:
    """A proof that the law asks for and that nobody handed in. ``holder`` is None where it is not known who has it."""

    code: str
    name_en: str
    name_zh: str
    holder: Authority | None
    why_en: str
    why_zh: str


def missing_proof(case: Case) -> MissingProof | None:
    """The one proof that an own-motion case still wants, and who holds it; None where the law asks for none.

    The law's other material is the commitment letter, which only an applicant signs; whether it is wanted where nobody
    applies was not seen in any text, so the officer decides.
    """
    if case.kind != Kind.OWN_MOTION:
        return None
    materials = verdict_of(case.record, on=timezone.localdate(case.opened_at)).materials
    wanted = next((row for row in materials if row.required and row.id != _COMMITMENT), None)
    if wanted is None or case.application.evidence.filter(material=wanted.id).exists():
        return None
    holder, why_en, why_zh = None, _UNKNOWN[0], _UNKNOWN[1]
    if wanted.id == _PROOF and _on_the_finders_file(case.record):
        holder, (why_en, why_zh) = case.record.authority, _FILE
    elif wanted.id == _PROOF and case.record.kind == Record.Kind.ABNORMAL_LIST:
        holder, (why_en, why_zh) = case.record.authority, _LIST
    return MissingProof(wanted.id, wanted.name_en, wanted.name_zh, holder, why_en, why_zh)


def open_own_motion(actor: Actor, record: Record) -> Case | None:
    """The open case of restoration without applying of a record, where the actor may see it."""
    cases = cases_visible_to(actor).filter(record=record, kind=Kind.OWN_MOTION, ended_at__isnull=True)
    return cases.first()


def _on_the_finders_file(record: Record) -> bool:
    measures = frozenset(record.measures)
    return record.kind == Record.Kind.PENALTY and bool(measures) and measures <= _ON_THE_FINDERS_FILE


_FILE: Final = (
    "The authority that imposed the measure collected the money or the goods, or served the warning: the proof is in "
    "its own file.",
    "罚没款物由作出决定的单位收缴，警告、通报批评由其送达，证明在该单位案卷中。",
)
_LIST: Final = (
    "The authority that keeps the list sees in its own register whether the reason for the entry is gone.",
    "列入名录的原因是否消除，由管理该名录的单位在其系统中查明。",
)
_UNKNOWN: Final = (
    "It is not known here which body holds the proof; the officer finds out, or asks the entity for it.",
    "尚不清楚由哪个单位持有该证明，由经办人查明，或者请信用主体提供。",
)
