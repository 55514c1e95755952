"""Evaluator for one case: class and window (`classify`), and the whole answer with reasons (`decide`).

Both are pure: they read the facts, the pack and, for `decide`, the day asked about. Periods count from
the anchor of the publication row by the rule in `months`. On the corresponding day the minimum has passed
(restorable from that day) and the maximum is reached (no longer published from that day).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from goodstanding.law.facts import Classification, Facts
from goodstanding.law.model import Pack
from goodstanding.law.months import add_months
from goodstanding.law.plan import Asked, Condition, Plan
from goodstanding.law.renderings.explain import explain as explain_verdict
from goodstanding.law.rows import DeadlineRule, Decides, EventRow, MaterialRow
from goodstanding.law.tables import Event, Outcome
from goodstanding.law.trace import TraceStep

Publication = Literal["information", "not_yet", "not_published", "published", "shielded", "ended"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one record on one day.

    publication: "published", "shielded" (a reorganisation plan is being carried out), "ended" (the maximum
    has passed or an event removed it), "not_published" (in principle), "not_yet" (found later than the day
    asked about) or "information" (not adverse, nothing to restore). eligible: whether an application on
    that day meets every condition. earliest_on: the earliest day on which it can, when what is still open
    is done on the day asked about; once eligible, the first day on which every condition was met as far as
    the facts date it; None when it can never be restored or needs no restoration. clock_started: whether
    the day from which the periods count is known. marks: what the record carries while it stays.
    """

    facts: Facts
    on: date
    pack_id: str
    pack_digest: str
    classification: Classification
    severity_en: str
    severity_zh: str
    publication: Publication
    clock_started: bool
    marks: tuple[EventRow, ...]
    eligible: bool
    earliest_on: date | None
    conditions: tuple[Condition, ...]
    materials: tuple[MaterialRow, ...]
    deadlines: tuple[DeadlineRule, ...]
    decides: Decides | None
    trace: tuple[TraceStep, ...]

    def explain(self, language: Literal["en", "zh"]) -> list[str]:
        """The verdict in plain sentences for the entity, in English or Simplified Chinese."""
        return explain_verdict(self, language)


def classify(facts: Facts, *, pack: Pack) -> Classification:
    """Class and publication window of one record by a pack. Does not depend on today; fit for bulk intake.

    Raises FactsRefused for a kind, measure or other code that the pack does not list.
    """
    return _classification(facts, pack.tables.outcome(facts))


def decide(facts: Facts, *, pack: Pack, on: date) -> Verdict:
    """Everything the law says of one record on one day, with reasons.

    Arguments: facts of the record; pack in force; on, the day asked about.
    Raises FactsRefused for a kind, measure or other code that the pack does not list.
    """
    tables = pack.tables
    outcome = tables.outcome(facts)
    plan = tables.plan(facts, outcome)
    classification = _classification(facts, outcome)
    if plan.severity is None:
        return _information(facts, plan, classification, pack=pack, on=on)
    start = _start(facts, outcome)
    bar = tables.bar
    first = classification.restorable_from
    conditions = tuple([_condition(asked, facts, plan, start, first, bar, on=on) for asked in plan.asked])
    return Verdict(
        facts,
        on,
        pack.id,
        pack.digest,
        classification,
        plan.severity.name_en,
        plan.severity.name_zh,
        _publication(facts, classification, shield=plan.shield_step is not None, on=on),
        start is not None,
        _marks(facts, outcome, on=on) if outcome.marking else (),
        on >= facts.found_on and all([condition.met for condition in conditions]),
        _earliest(conditions, facts, outcome, first, on=on),
        conditions,
        plan.materials,
        pack.deadlines_as_set,
        pack.decides,
        _trace(facts, outcome, plan),
    )


def _information(
    facts: Facts, plan: Plan, classification: Classification, *, pack: Pack, on: date
) -> Verdict:
    return Verdict(
        facts=facts,
        on=on,
        pack_id=pack.id,
        pack_digest=pack.digest,
        classification=classification,
        severity_en="",
        severity_zh="",
        publication="not_yet" if on < facts.found_on else "information",
        clock_started=True,
        marks=(),
        eligible=False,
        earliest_on=None,
        conditions=(),
        materials=(),
        deadlines=(),
        decides=None,
        trace=plan.trace,
    )


def _start(facts: Facts, outcome: Outcome) -> date | None:
    """The day from which the periods count; None while it is not known."""
    if outcome.anchor == "found_on":
        return facts.found_on
    return facts.ended_on if outcome.anchor == "ended_on" else facts.performed_on


def _classification(facts: Facts, outcome: Outcome) -> Classification:
    found = facts.found_on
    start = found if outcome.plain else _start(facts, outcome)
    until = None
    if start is not None and outcome.maximum is not None:
        until = add_months(start, outcome.maximum)
        if not outcome.plain:
            until = _later(until, facts, outcome)
    for event in outcome.events:
        day = _happened(event, facts)
        if day is not None and event.row.effect == "removed" and (until is None or day < until):
            until = day
    return Classification(
        outcome.severity,
        outcome.published,
        found if outcome.published else None,
        None if outcome.minimum is None or start is None else add_months(start, outcome.minimum),
        until,
        outcome.rows,
    )


def _later(until: date, facts: Facts, outcome: Outcome) -> date | None:
    """The end of publication where another day may be later than the maximum."""
    limitation = facts.limitation_ends_on
    if outcome.or_until and limitation is not None and limitation > until:
        until = limitation
    if outcome.holds:
        return None if facts.performed_on is None else max(until, facts.performed_on)
    return until


def _happened(event: Event, facts: Facts) -> date | None:
    """The day of an event, where it has come and in time."""
    name = event.row.event
    day = (
        facts.performed_on
        if name == "performed_on"
        else facts.set_aside_on
        if name == "set_aside_on"
        else facts.plan_completed_on
    )
    if day is None or (event.within is not None and day > add_months(facts.found_on, event.within)):
        return None
    return day


def _marks(facts: Facts, outcome: Outcome, *, on: date) -> tuple[EventRow, ...]:
    happened = [(event.row, _happened(event, facts)) for event in outcome.events]
    return tuple(row for row, day in happened if row.effect == "marked" and day is not None and day <= on)


def _publication(facts: Facts, classification: Classification, *, shield: bool, on: date) -> Publication:
    if on < facts.found_on:
        return "not_yet"
    if not classification.published:
        return "not_published"
    until = classification.publish_until
    if until is not None and on >= until:
        return "ended"
    if shield and facts.plan_approved_on is not None and facts.plan_approved_on <= on:
        ends = (facts.plan_completed_on, facts.plan_failed_on)
        if all(day is None or on < day for day in ends):
            return "shielded"
    return "published"


def _condition(
    asked: Asked,
    facts: Facts,
    plan: Plan,
    start: date | None,
    restorable_from: date | None,
    bar: int | None,
    *,
    on: date,
) -> Condition:
    test = asked.test
    if test == "minimum_reached":
        if restorable_from is None and start is not None and plan.minimum is not None:
            # The minimum of an excluded record runs too, although it leads nowhere.
            restorable_from = add_months(start, plan.minimum)
        return asked.at(restorable_from, on=on)
    if test == "duty_performed":
        return asked.at(facts.performed_on, on=on)
    if test == "not_barred":
        if bar is None or facts.false_commitment_on is None:
            return asked.met
        return asked.at(add_months(facts.false_commitment_on, bar), on=on)
    if test == "committed":
        return asked.met if facts.committed else asked.unmet
    if test == "trained":
        return asked.met if facts.trained else asked.unmet
    if test == "nothing_further":
        return asked.unmet if facts.further_condition_open else asked.met
    if test == "never":
        return asked.unmet
    return asked.unmet if facts.excluded_by_law else asked.met


def _earliest(
    conditions: tuple[Condition, ...],
    facts: Facts,
    outcome: Outcome,
    restorable_from: date | None,
    *,
    on: date,
) -> date | None:
    if outcome.minimum is None:
        return None
    if restorable_from is None:
        restorable_from = add_months(on, outcome.minimum)
    earliest = max(facts.found_on, restorable_from)
    for condition in conditions:
        day = condition.met_from
        if day is None and not condition.met:
            day = on
        if day is not None and day > earliest:
            earliest = day
    return earliest


def _trace(facts: Facts, outcome: Outcome, plan: Plan) -> tuple[TraceStep, ...]:
    """The rows used: those of the plan, and those of events that have happened."""
    happened = [
        step
        for step, event in zip(plan.event_steps, outcome.events, strict=True)
        if _happened(event, facts) is not None
    ]
    if plan.shield_step is not None and facts.plan_approved_on is not None:
        happened.append(plan.shield_step)
    return (*plan.trace, *happened) if happened else plan.trace
