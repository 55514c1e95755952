"""Evaluator for one case: class and window (`classify`), and the whole answer with reasons (`decide`).

Both are pure: they read the facts, the pack and, for `decide`, the day asked about. Periods count from
the finding date by the rule in `months`. On the corresponding day the minimum has passed (restorable from
that day) and the maximum is reached (no longer published from that day).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from goodstanding.law.explain import explain as explain_verdict
from goodstanding.law.facts import Classification, Facts
from goodstanding.law.model import DeadlineRule, Decides, MaterialRow, Pack
from goodstanding.law.months import add_months
from goodstanding.law.plan import Asked, Condition, Plan
from goodstanding.law.tables import Outcome
from goodstanding.law.trace import TraceStep

Publication = Literal["information", "not_yet", "not_published", "published", "ended"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one record on one day.

    publication: "published", "ended" (the maximum has passed), "not_published" (in principle), "not_yet"
    (found later than the day asked about) or "information" (not adverse, nothing to restore). eligible:
    whether an application on that day meets every condition. earliest_on: the earliest day on which it
    can, when what is still open is done on the day asked about; once eligible, the first day on which
    every condition was met as far as the facts date it; None when it can never be restored or needs no
    restoration.
    """

    facts: Facts
    on: date
    pack_id: str
    pack_digest: str
    classification: Classification
    severity_en: str
    severity_zh: str
    publication: Publication
    eligible: bool
    earliest_on: date | None
    conditions: tuple[Condition, ...]
    materials: tuple[MaterialRow, ...]
    deadlines: tuple[DeadlineRule, ...]
    decides: Decides | None
    trace: tuple[TraceStep, ...]

    def explain(self, language: Literal["en", "zh"]) -> list[str]:
        """The verdict in plain sentences, in English or Simplified Chinese."""
        return explain_verdict(self, language)


def classify(facts: Facts, *, pack: Pack) -> Classification:
    """Class and publication window of one record by a pack. Does not depend on today; fit for bulk intake.

    Raises FactsRefused for a kind or measure that the pack does not list.
    """
    return _classification(facts, pack.tables.outcome(facts))


def _classification(facts: Facts, outcome: Outcome) -> Classification:
    found = facts.found_on
    return Classification(
        outcome.severity,
        outcome.published,
        found if outcome.published else None,
        None if outcome.minimum is None else add_months(found, outcome.minimum),
        None if outcome.maximum is None else add_months(found, outcome.maximum),
        outcome.rows,
    )


def decide(facts: Facts, *, pack: Pack, on: date) -> Verdict:
    """Everything the law says of one record on one day, with reasons.

    Arguments: facts of the record; pack in force; on, the day asked about.
    Raises FactsRefused for a kind or measure that the pack does not list.
    """
    outcome = pack.tables.outcome(facts)
    plan = pack.tables.plan(facts, outcome)
    classification = _classification(facts, outcome)
    if plan.severity is None:
        publication: Publication = "not_yet" if on < facts.found_on else "information"
        conditions: tuple[Condition, ...] = ()
    else:
        publication = _publication(facts, classification, on=on)
        conditions = tuple(_condition(asked, facts, plan, on=on) for asked in plan.asked)
    adverse = plan.severity is not None
    return Verdict(
        facts=facts,
        on=on,
        pack_id=pack.id,
        pack_digest=pack.digest,
        classification=classification,
        severity_en=plan.severity.name_en if plan.severity else "",
        severity_zh=plan.severity.name_zh if plan.severity else "",
        publication=publication,
        eligible=adverse and on >= facts.found_on and all(condition.met for condition in conditions),
        earliest_on=_earliest(conditions, facts, classification, on=on),
        conditions=conditions,
        materials=plan.materials,
        deadlines=pack.deadlines if adverse else (),
        decides=pack.decides if adverse else None,
        trace=plan.trace,
    )


def _publication(facts: Facts, classification: Classification, *, on: date) -> Publication:
    if on < facts.found_on:
        return "not_yet"
    if not classification.published:
        return "not_published"
    until = classification.publish_until
    return "ended" if until is not None and on >= until else "published"


def _condition(asked: Asked, facts: Facts, plan: Plan, *, on: date) -> Condition:
    test = asked.row.test
    if test == "minimum_reached":
        # The minimum of an excluded record runs too, although it leads nowhere.
        return asked.at(None if plan.minimum is None else add_months(facts.found_on, plan.minimum), on=on)
    if test == "duty_performed":
        return asked.at(facts.performed_on, on=on)
    if test == "committed":
        return asked.met if facts.committed else asked.unmet
    if test == "nothing_further":
        return asked.unmet if facts.further_condition_open else asked.met
    return asked.unmet if facts.excluded_by_law else asked.met


def _earliest(
    conditions: tuple[Condition, ...], facts: Facts, classification: Classification, *, on: date
) -> date | None:
    if facts.excluded_by_law or classification.restorable_from is None:
        return None
    days = [facts.found_on, classification.restorable_from]
    for condition in conditions:
        if condition.met_from is not None:
            days.append(condition.met_from)
        elif not condition.met:
            days.append(on)
    return max(days)
