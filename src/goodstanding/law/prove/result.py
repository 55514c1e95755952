"""What a proof comes to: checks that hold, or findings, each with a case that the evaluator for one case replays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import yaml

from goodstanding.law.decide import Verdict, decide
from goodstanding.law.errors import FactsRefused
from goodstanding.law.facts import Facts
from goodstanding.law.load import with_choices
from goodstanding.law.model import Pack
from goodstanding.law.receipts.plain import plain_day, plain_facts

DECIDING = ("classification", "publication", "exemptions", "at_maximum", "events", "shield")
"""Tables whose rows a case names; of conditions and materials it names those that are unmet or required."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one pack says of a case: a verdict of the evaluator for one case, or why there is none.

    pack: with the choices of the case; switches and parameters: those choices, as far as they are not the
    pack's own. failed: the code of the refusal, or "no_row" where a table has no row to go on with.
    """

    pack: Pack
    facts: Facts
    on: date
    switches: Mapping[str, str]
    parameters: Mapping[str, int | None]
    verdict: Verdict | None
    failed: str | None
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A counterexample. sides: what the pack says of the case, and what its base says, where there is one.

    code: of the kind of finding. shown: what a side cannot show, for example due days.
    """

    code: str
    en: str
    zh: str
    sides: tuple[Side, ...]
    shown: tuple[tuple[str, object], ...] = ()

    def situation(self) -> dict[str, object]:
        """The case as a readable situation, in values that YAML and JSON can write."""
        first = self.sides[0]
        return {
            "id": self.code.replace("_", "-"),
            "name_en": self.en,
            "name_zh": self.zh,
            "facts": plain_facts(first.facts),
            "on": first.on.isoformat(),
            "answers": [_answer(side, first=first) for side in self.sides],
            **dict(self.shown),
        }

    def yaml(self) -> str:
        """The case as YAML."""
        return yaml.safe_dump(self.situation(), allow_unicode=True, sort_keys=False, width=110)


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know that is no fault."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was to be proved; it holds where there is no finding."""

    code: str
    en: str
    zh: str
    findings: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def proved(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """All checks of one pack, or of a pack against its base. assumptions: what was taken as given."""

    pack_id: str
    base_id: str | None
    assumptions: tuple[Note, ...]
    checks: tuple[Check, ...]

    @property
    def proved(self) -> bool:
        return all(check.proved for check in self.checks)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for check in self.checks for finding in check.findings)


def replay(
    pack: Pack,
    facts: Facts,
    *,
    on: date,
    switches: Mapping[str, str],
    parameters: Mapping[str, int | None],
) -> Side:
    """What the evaluator for one case says of a case under the choices given."""
    chosen = with_choices(pack, switches=switches, parameters=parameters)
    verdict, failed, said = None, None, ""
    try:
        verdict = decide(facts, pack=chosen, on=on)
    except FactsRefused as error:
        failed, said = error.code, str(error)
    except KeyError:
        raise
    except (LookupError, StopIteration) as error:
        failed, said = "no_row", str(error) or "no row of the table fits"
    return Side(
        pack=chosen,
        facts=facts,
        on=on,
        switches=switches,
        parameters=parameters,
        verdict=verdict,
        failed=failed,
        said=said,
    )


def _answer(side: Side, *, first: Side) -> dict[str, object]:
    answer: dict[str, object] = {"pack": side.pack.id}
    if side.facts != first.facts:
        mine, theirs = plain_facts(side.facts), plain_facts(first.facts)
        answer["facts"] = {
            name: mine.get(name) for name in (*mine, *theirs) if mine.get(name) != theirs.get(name)
        }
    answer |= {"switches": dict(side.switches)} if side.switches else {}
    answer |= {"parameters": dict(side.parameters)} if side.parameters else {}
    if side.verdict is None:
        return answer | {"failed": side.failed, "said": side.said}
    found = side.verdict.classification
    unmet = [condition.code for condition in side.verdict.conditions if not condition.met]
    required = [row.id for row in side.verdict.materials if row.required]
    return answer | {
        "severity": found.severity,
        "publication": side.verdict.publication,
        "publish_until": plain_day(found.publish_until),
        "restorable_from": plain_day(found.restorable_from),
        "earliest_on": plain_day(side.verdict.earliest_on),
        "eligible": side.verdict.eligible,
        "unmet": unmet,
        "required": required,
        "rows": [
            {
                "row": f"{step.table}/{step.row}",
                "citation_en": step.citation_en,
                "citation_zh": step.citation_zh,
            }
            for step in side.verdict.trace
            if step.table in DECIDING
            or (step.table == "conditions" and step.row in unmet)
            or (step.table == "materials" and step.row in required)
        ],
    }
