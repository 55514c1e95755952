"""The receipt of a decision: what was decided, by which law, from which facts, as bytes that anyone can make again.

Canonical JSON (RFC 8785) of codes, days and numbers; no sentence is in it, so better words do not change it.
`replay` decides again from a receipt alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import orjson

from goodstanding.law.calendar import Deadline, WorkingCalendar, deadline
from goodstanding.law.decide import Verdict
from goodstanding.law.errors import LawError
from goodstanding.law.model import Pack
from goodstanding.law.receipts.plain import plain_choices, plain_day, plain_facts
from goodstanding.law.renderings.kept import Kept
from goodstanding.law.rows import DeadlineRule
from goodstanding.law.trace import TraceStep

ENGINE: Final = 1
"""Version of the engine. To be raised whenever the same pack and facts may come to another result."""

FORMAT: Final = "goodstanding-decision-receipt/1"
"""Raised whenever the fields of a receipt change; a release reads and writes every format it ever wrote."""


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline dated from the day that starts it."""

    rule: DeadlineRule
    deadline: Deadline


def due(pack: Pack, *, starts: Mapping[str, date], calendar: WorkingCalendar) -> tuple[Due, ...]:
    """The pack's deadlines dated, as far as their length is set and the day that starts them is given.

    Arguments: starts, the day of receipt, acceptance, decision, objection or completion by that name.
    Raises CalendarUnknown for a start before the calendar.
    """
    return tuple(
        Due(rule, deadline(starts[rule.from_], length.value, calendar=calendar, unit=length.unit))
        for rule in pack.deadlines_as_set
        for length in (rule.length,)
        if rule.from_ in starts and length.value is not None
    )


def receipt(
    verdict: Verdict,
    *,
    pack: Pack,
    starts: Mapping[str, date] | None = None,
    calendar: WorkingCalendar | None = None,
    engine: int = ENGINE,
) -> bytes:
    """The receipt of a verdict as canonical bytes; `digest_of` gives its SHA-256.

    Arguments: pack, the one that decided; starts and calendar, to date its deadlines too (both or neither);
    engine, only for replaying what an earlier engine wrote.
    Raises LawError "receipt_of_another_pack" when the verdict is not by this pack.
    """
    if pack.id != verdict.pack_id:
        raise LawError(
            code="receipt_of_another_pack",
            en=f"The verdict is by {verdict.pack_id}, not by {pack.id}.",
            zh=f"该决定依据的是 {verdict.pack_id}，而不是 {pack.id}。",
            remedy_en="Give the pack that decided.",
            remedy_zh="请提供作出决定所依据的规则包。",
        )
    dated = due(pack, starts=starts, calendar=calendar) if starts and calendar is not None else ()
    content = {
        "format": FORMAT,
        "engine": engine,
        "pack": {"id": verdict.pack_id, "digest": verdict.pack_digest, **plain_choices(pack)},
        "calendar": _calendar(calendar) if dated and calendar is not None else None,
        "inputs": {
            "facts": plain_facts(verdict.facts),
            "on": verdict.on.isoformat(),
            "starts": {name: day.isoformat() for name, day in starts.items()} if starts else {},
        },
        "result": _result(verdict, dated),
        "trace": _TRACE.of(verdict.trace),
    }
    return canonical(content)


def canonical(content: Any) -> bytes:
    """Canonical JSON by RFC 8785. The keys are codes, whose order by bytes is that of RFC 8785; there are no
    fractions, and whole numbers stay within 2^53 - 1 (orjson refuses others).
    """
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)


def digest_of(content: bytes) -> str:
    """The SHA-256 of a receipt in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _calendar(calendar: WorkingCalendar) -> dict[str, str]:
    return {
        "jurisdiction": calendar.jurisdiction,
        "version": calendar.version,
        "digest": calendar.digest,
    }


def _result(verdict: Verdict, dated: tuple[Due, ...]) -> dict[str, Any]:
    found = verdict.classification
    return {
        "severity": found.severity,
        "published": found.published,
        "publication": verdict.publication,
        "publish_from": plain_day(found.publish_from),
        "restorable_from": plain_day(found.restorable_from),
        "publish_until": plain_day(found.publish_until),
        "clock_started": verdict.clock_started,
        "marks": [row.id for row in verdict.marks],
        "eligible": verdict.eligible,
        "earliest_on": plain_day(verdict.earliest_on),
        "conditions": [
            {"code": condition.code, "met": condition.met, "met_from": plain_day(condition.met_from)}
            for condition in verdict.conditions
        ],
        "materials": [row.id for row in verdict.materials],
        "deadlines": _DEADLINES.of(verdict.deadlines),
        "due": [
            {
                "code": one.rule.code,
                "start": one.deadline.start.isoformat(),
                "due_on": plain_day(one.deadline.due_on),
                "earliest_due_on": plain_day(one.deadline.earliest_due_on),
                "latest_due_on": plain_day(one.deadline.latest_due_on),
            }
            for one in dated
        ],
        "decides": verdict.decides and verdict.decides.body,
        "rows": list(found.rows),
    }


def _deadlines(rules: tuple[DeadlineRule, ...]) -> list[dict[str, Any]]:
    return [
        {
            "code": rule.code,
            "from": rule.from_,
            "length": rule.length.value,
            "unit": rule.length.unit,
            "extension": rule.extension
            and {"length": rule.extension.length.value, "unit": rule.extension.length.unit},
        }
        for rule in rules
    ]


def _trace(trace: tuple[TraceStep, ...]) -> list[dict[str, Any]]:
    return [
        {
            "table": step.table,
            "row": step.row,
            "confidence": step.confidence,
            "source": list(step.source),
            "contested": step.contested,
            "assumed": step.assumed,
        }
        for step in trace
    ]


_TRACE: Final[Kept[TraceStep, orjson.Fragment]] = Kept(
    lambda trace: orjson.Fragment(canonical(_trace(trace)))
)
_DEADLINES: Final[Kept[DeadlineRule, orjson.Fragment]] = Kept(
    lambda rules: orjson.Fragment(canonical(_deadlines(rules)))
)
"""The parts of a receipt that are the same for many, as canonical bytes."""
