"""What `decide` can say of a combination of facts before any date is known: rows, words and trace, made once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from goodstanding.law.trace import TraceStep, cite, trace_outcome

if TYPE_CHECKING:
    from goodstanding.law.facts import Facts
    from goodstanding.law.model import AdverseWhen, ConditionRow, MaterialRow, Pack, Severity
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
    """A condition row that fits, with its two undated answers ready."""

    row: ConditionRow
    met: Condition
    unmet: Condition

    def at(self, met_from: date | None, *, on: date) -> Condition:
        """The answer of a dated condition."""
        ready = self.met if met_from is not None and on >= met_from else self.unmet
        if met_from is None:
            return ready
        day = met_from.isoformat()
        return Condition(
            ready.code,
            ready.met,
            ready.article,
            ready.article_zh,
            ready.text_en,
            ready.text_zh,
            ready.remedy_en.replace("{date}", day),
            ready.remedy_zh.replace("{date}", day),
            met_from,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """The undated part of a verdict. severity is None for kinds that are not adverse."""

    severity: Severity | None
    minimum: int | None
    asked: tuple[Asked, ...]
    materials: tuple[MaterialRow, ...]
    trace: tuple[TraceStep, ...]


def make_plan(facts: Facts, outcome: Outcome, *, pack: Pack) -> Plan:
    """The plan of an outcome. Depends on the facts' kind only, beside the outcome."""
    trace = trace_outcome(facts, outcome, pack=pack)
    if outcome.severity is None or outcome.publication is None:
        return Plan(None, None, (), (), trace)
    code = outcome.severity
    rows = [row for row in pack.conditions if applies(row.when, kind=facts.kind, severity=code)]
    materials = tuple(row for row in pack.materials if applies(row.when, kind=facts.kind, severity=code))
    return Plan(
        severity=pack.severities[pack.tables.rank[code]],
        minimum=outcome.publication.minimum.months,
        asked=tuple(Asked(row, _condition(row, True, pack), _condition(row, False, pack)) for row in rows),
        materials=materials,
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


def _condition(row: ConditionRow, met: bool, pack: Pack) -> Condition:
    return Condition(
        code=row.id,
        met=met,
        article=pack.cite(row.citation, "en"),
        article_zh=pack.cite(row.citation, "zh"),
        text_en=row.text_en,
        text_zh=row.text_zh,
        remedy_en=row.remedy_en,
        remedy_zh=row.remedy_zh,
        met_from=None,
    )
