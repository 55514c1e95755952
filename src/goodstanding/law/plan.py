"""What `decide` can say of a combination of facts before any date is known: rows, words and trace, made once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from goodstanding.law.trace import TraceStep, cite, trace_outcome

if TYPE_CHECKING:
    from goodstanding.law.facts import Facts
    from goodstanding.law.model import Pack, Severity
    from goodstanding.law.rows import ConditionRow, MaterialRow, Test
    from goodstanding.law.tables import Outcome


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of restoration and how it stands on the day asked about.

    article: where it stands, in words. met_from: the day since which (or from which) it is met; None when
    that is not known or not yet fixed. remedy: what to do while it is not met.
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
class Asked:
    """A condition row that fits, with its two undated answers and its remedies ready."""

    test: Test
    met: Condition
    unmet: Condition
    remedy_en: str
    remedy_zh: str
    dated: bool
    """Whether the remedy names the day."""

    def at(self, met_from: date | None, *, on: date) -> Condition:
        """The answer of a dated condition."""
        ready = self.met if met_from is not None and on >= met_from else self.unmet
        if met_from is None:
            return ready
        day = met_from.isoformat() if self.dated else ""
        return Condition(
            ready.code,
            ready.met,
            ready.article,
            ready.article_zh,
            ready.text_en,
            ready.text_zh,
            self.remedy_en.replace("{date}", day) if self.dated else self.remedy_en,
            self.remedy_zh.replace("{date}", day) if self.dated else self.remedy_zh,
            met_from,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """The undated part of a verdict. severity is None for kinds that are not adverse.

    minimum: months from the anchor, also where nothing can be restored. event_steps: for the trace, once
    an event of `Outcome.events` has happened; shield_step: once a plan was approved.
    """

    severity: Severity | None
    minimum: int | None
    asked: tuple[Asked, ...]
    materials: tuple[MaterialRow, ...]
    trace: tuple[TraceStep, ...]
    event_steps: tuple[TraceStep, ...]
    shield_step: TraceStep | None


def make_plan(facts: Facts, outcome: Outcome, *, pack: Pack) -> Plan:
    """The plan of an outcome. Depends on the facts' kind only, beside the outcome."""
    trace = trace_outcome(facts, outcome, pack=pack)
    if outcome.severity is None or outcome.publication is None:
        return Plan(None, None, (), (), trace, (), None)
    kind, code = facts.kind, outcome.severity
    rows = [row for row in pack.conditions if row.when.applies(kind=kind, severity=code)]
    materials = tuple(row for row in pack.materials if row.when.applies(kind=kind, severity=code))
    minimum = outcome.publication.minimum
    shield = pack.shield if outcome.published else None
    return Plan(
        severity=pack.severities[pack.tables.rank[code]],
        minimum=None if minimum is None else pack.months(minimum),
        asked=tuple(
            Asked(
                row.test,
                _condition(row, True, pack),
                _condition(row, False, pack),
                row.remedy_en,
                row.remedy_zh,
                "{date}" in row.remedy_en + row.remedy_zh,
            )
            for row in rows
        ),
        materials=materials,
        trace=(
            *trace,
            *(_condition_step(row, pack) for row in rows),
            *(cite("materials", row.id, row.citation, pack=pack) for row in materials),
            cite("decides", pack.decides.body, pack.decides.citation, pack=pack),
        ),
        event_steps=tuple(
            cite("events", event.row.id, event.row.citation, pack=pack) for event in outcome.events
        ),
        shield_step=None
        if shield is None
        else cite(
            "shield",
            "shield",
            shield.citation,
            pack=pack,
            note_en=shield.unset_en or "",
            note_zh=shield.unset_zh or "",
        ),
    )


def _condition_step(row: ConditionRow, pack: Pack) -> TraceStep:
    """The step of a condition; a bar whose length nobody has seen says so."""
    if row.test != "not_barred" or pack.tables.bar is not None:
        return cite("conditions", row.id, row.citation, pack=pack)
    return cite(
        "conditions",
        row.id,
        row.citation,
        pack=pack,
        note_en="Unset, so not applied: how long a false commitment bars a new application.",
        note_zh="尚未设定，未适用：虚假承诺后多长时间内不得再次申请。",
    )


def _condition(row: ConditionRow, met: bool, pack: Pack) -> Condition:
    return Condition(
        code=row.id,
        met=met,
        article=pack.cite(row.citation, "en"),
        article_zh=pack.cite(row.citation, "zh"),
        text_en=row.text_en,
        text_zh=row.text_zh,
        remedy_en=row.remedy_en.replace("{date}", "the day on which the period ends (not known yet)"),
        remedy_zh=row.remedy_zh.replace("{date}", "期限届满之日（尚不能确定）"),
        met_from=None,
    )
