"""The conditions of a move beyond its state and its mover, one function for each guard that a chart can name.

A guard looks at the case as it lies in the database and says why the move is refused now, or nothing. The same
functions decide which buttons a page offers and what a command takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record

from .chart import Event, Guard, chart_of
from .clocks import extension_of, pause_grounds
from .eligibility import APPLICANTS, AUTHORITYS, GONE, pack_of, unmet, verdict_of
from .models import Case


@dataclass(frozen=True, slots=True)
class Asked:
    """A move that somebody wants to make on a day."""

    case: Case
    event: Event
    actor: Actor
    on: date


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a guard refuses a move. ``code`` is for machines, ``en`` and ``zh`` are for people."""

    code: str
    en: str
    zh: str


def refusal(asked: Asked) -> Refusal | None:
    """The first reason why a move is refused now, beyond its state and its mover; None where nothing forbids it."""
    for guard in asked.event.guards:
        found = _GUARDS[guard](asked)
        if found is not None:
            return found
    return None


def needs_second_look(record: Record) -> bool:
    """Whether two officers decide on a record: it is of the most serious class."""
    return record.severity == "serious" or record.kind == Record.Kind.SERIOUS_LIST


def _alone_decides(asked: Asked) -> Refusal | None:
    if needs_second_look(asked.case.record):
        return Refusal(
            "case.second_look",
            "The record is serious: one officer proposes and another one decides.",
            "该记录属于严重失信情形，须由一名经办人提出、另一名经办人决定。",
        )
    return None


def _second_looks(asked: Asked) -> Refusal | None:
    if not needs_second_look(asked.case.record):
        return Refusal("case.alone", "One officer decides on this record.", "该记录由一名经办人决定即可。")
    return None


def _other_officer(asked: Asked) -> Refusal | None:
    """Whoever brought the case into its state does not decide it."""
    into = asked.case.steps.filter(to_state=asked.case.state).exclude(from_state=asked.case.state)
    last = into.order_by("-number").first()
    if last is not None and last.by_id == asked.actor.account_id:
        return Refusal(
            "case.same_officer",
            "Another officer than the one who proposed it decides.",
            "须由提出意见者以外的另一名经办人决定。",
        )
    return None


def _other_deciders(asked: Asked) -> Refusal | None:
    """After an upheld appeal nobody decides who decided before."""
    before = asked.case.about
    if before is None or before.kind != asked.case.kind:
        return None
    deciding = {event.code for event in chart_of(before.kind).events if event.to in Case.DECIDED}
    if before.steps.filter(by_id=asked.actor.account_id, event__in=deciding).exists():
        return Refusal(
            "case.same_officer",
            "The case is decided anew by others than those who decided it before.",
            "案件重新办理，须由原经办人以外的人员决定。",
        )
    return None


def _extendable(asked: Asked) -> Refusal | None:
    clock = asked.case.clocks.filter(code=asked.event.extends, stopped_on__isnull=True).first()
    if clock is None or clock.length is None or extension_of(clock) is None:
        return Refusal(
            "clock.no_extension",
            "The law pack gives no number for the time or for its extension; set it before you extend.",
            "规则包未给出办理时限或者延长时限的数字，设定后方可延长。",
        )
    if clock.extended_on is not None:
        return Refusal("clock.extended", "The time was extended once already.", "该时限已延长过一次。")
    last = clock.due_on or clock.latest_on
    if last is not None and asked.on > last:
        return Refusal(
            "clock.late",
            "The time has run out; an extension is told beforehand.",
            "时限已届满，延长须在届满前告知。",
        )
    return None


def _pausable(asked: Asked) -> Refusal | None:
    if asked.case.pauses.filter(until_on__isnull=True).exists():
        return Refusal("clock.paused", "The time stands still already.", "时限已中止计算。")
    if not pause_grounds(asked.case):
        return Refusal(
            "clock.no_ground",
            "The law pack lists no ground on which this time may stand still.",
            "规则包未列出可以中止计算该时限的事由。",
        )
    return None


def _paused(asked: Asked) -> Refusal | None:
    if not asked.case.pauses.filter(until_on__isnull=True).exists():
        return Refusal("clock.running", "The time is not paused.", "时限未中止。")
    return None


def _not_asked(asked: Asked) -> Refusal | None:
    if asked.case.steps.filter(event=asked.event.code).exists():
        return Refusal(
            "case.asked",
            "The applicant was asked once for everything; nothing more can be asked for.",
            "已一次性告知全部补正内容，不得再次要求补正。",
        )
    return None


def _correctable(asked: Asked) -> Refusal | None:
    if not asked.case.application.claim:
        return Refusal(
            "claim.empty",
            "The objection claims no field to be corrected; uphold it by withdrawing the record, or deny it.",
            "异议未提出需要更正的字段，可撤销该记录或者认定异议不成立。",
        )
    if asked.case.record.state in GONE:
        return Refusal(
            "record.state",
            "The record is gone; there is nothing left in it to correct.",
            "该记录已退出公示，无内容可更正。",
        )
    return None


def _eligible(asked: Asked) -> Refusal | None:
    record = asked.case.record
    blocking = unmet(verdict_of(record, on=asked.on), pack=pack_of(record), besides=APPLICANTS | AUTHORITYS)
    if blocking:
        return Refusal("record.not_eligible", blocking[0].text_en, blocking[0].text_zh)
    return None


_GUARDS: Final[dict[Guard, Callable[[Asked], Refusal | None]]] = {
    "alone_decides": _alone_decides,
    "second_looks": _second_looks,
    "other_officer": _other_officer,
    "other_deciders": _other_deciders,
    "extendable": _extendable,
    "pausable": _pausable,
    "paused": _paused,
    "not_asked": _not_asked,
    "correctable": _correctable,
    "eligible": _eligible,
}
