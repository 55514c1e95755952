"""Evaluator for one case: class and window (`classify`), and the whole answer with reasons (`decide`).

Both are pure: they read the facts, the pack and, for `decide`, the day asked about. Periods count from
the finding date by the rule in `months`. On the corresponding day the minimum has passed (restorable from
that day) and the maximum is reached (no longer published from that day).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from goodstanding.law.facts import Classification, Facts
from goodstanding.law.model import (
    AdverseWhen,
    ConditionRow,
    DeadlineRule,
    Decides,
    MaterialRow,
    Pack,
)
from goodstanding.law.months import add_months
from goodstanding.law.tables import Outcome
from goodstanding.law.trace import TraceStep, cite, trace_outcome

Publication = Literal["information", "not_yet", "not_published", "published", "ended"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of restoration and how it stands on the day asked about.

    met_from: the day since which (or from which) it is met; None when that is not known or not yet fixed.
    remedy: what to do while it is not met.
    """

    code: str
    met: bool
    article: str
    article_zh: str
    text_en: str
    text_zh: str
    remedy_en: str
    remedy_zh: str
    met_from: date | None


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
        from goodstanding.law.explain import explain

        return explain(self, language)


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
    classification = _classification(facts, outcome)
    trace = trace_outcome(facts, outcome, pack=pack)
    if outcome.severity is None:
        return Verdict(
            facts=facts,
            on=on,
            pack_id=pack.id,
            pack_digest=pack.digest,
            classification=classification,
            severity_en="",
            severity_zh="",
            publication="information",
            eligible=False,
            earliest_on=None,
            conditions=(),
            materials=(),
            deadlines=(),
            decides=None,
            trace=trace,
        )
    severity = outcome.severity
    name = pack.severities[pack.tables.rank[severity]]
    rows = [row for row in pack.conditions if applies(row.when, kind=facts.kind, severity=severity)]
    conditions = tuple(_condition(row, facts, outcome, pack=pack, on=on) for row in rows)
    materials = tuple(row for row in pack.materials if applies(row.when, kind=facts.kind, severity=severity))
    return Verdict(
        facts=facts,
        on=on,
        pack_id=pack.id,
        pack_digest=pack.digest,
        classification=classification,
        severity_en=name.name_en,
        severity_zh=name.name_zh,
        publication=_publication(facts, classification, on=on),
        eligible=all(condition.met for condition in conditions),
        earliest_on=_earliest(conditions, facts, classification, on=on),
        conditions=conditions,
        materials=materials,
        deadlines=pack.deadlines,
        decides=pack.decides,
        trace=(
            *trace,
            *(cite("conditions", row.id, row.citation, pack=pack) for row in rows),
            *(cite("materials", row.id, row.citation, pack=pack) for row in materials),
            cite("decides", pack.decides.body, pack.decides.citation, pack=pack),
        ),
    )


def applies(when: AdverseWhen, *, kind: str, severity: str) -> bool:
    """Whether a condition or material row fits a kind in a class."""
    return (when.kind is None or kind in when.kind) and (when.severity is None or severity in when.severity)


def _publication(facts: Facts, classification: Classification, *, on: date) -> Publication:
    if on < facts.found_on:
        return "not_yet"
    if not classification.published:
        return "not_published"
    until = classification.publish_until
    return "ended" if until is not None and on >= until else "published"


def _condition(row: ConditionRow, facts: Facts, outcome: Outcome, *, pack: Pack, on: date) -> Condition:
    met_from: date | None = None
    if row.test == "minimum_reached":
        # The minimum of an excluded record runs too, although it leads nowhere.
        minimum = outcome.publication.minimum.months if outcome.publication else None
        met_from = None if minimum is None else add_months(facts.found_on, minimum)
        met = met_from is not None and on >= met_from
    elif row.test == "duty_performed":
        met_from = facts.performed_on
        met = met_from is not None and on >= met_from
    elif row.test == "committed":
        met = facts.committed
    elif row.test == "nothing_further":
        met = not facts.further_condition_open
    else:
        met = not facts.excluded_by_law
    day = met_from.isoformat() if met_from else ""
    return Condition(
        code=row.id,
        met=met,
        article=pack.cite(row.citation, "en"),
        article_zh=pack.cite(row.citation, "zh"),
        text_en=row.text_en,
        text_zh=row.text_zh,
        remedy_en=row.remedy_en.replace("{date}", day),
        remedy_zh=row.remedy_zh.replace("{date}", day),
        met_from=met_from,
    )


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
