"""Situations: readable cases beside each pack, run by the tests and shown to readers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pydantic import Field, ValidationError

from goodstanding.law.attested import Code, Strict, Text
from goodstanding.law.decide import Verdict, decide
from goodstanding.law.errors import PackRefused, Problem
from goodstanding.law.facts import FactsDocument
from goodstanding.law.load import PACKS, with_choices
from goodstanding.law.model import Pack
from goodstanding.law.yaml_lines import line_of, read, row_of


class Expected(Strict):
    """What must come out; only what is written is compared."""

    refused: Code | None = None
    severity: Code | None = None
    published: bool | None = None
    publish_from: date | None = None
    restorable_from: date | None = None
    publish_until: date | None = None
    publication: str | None = None
    eligible: bool | None = None
    earliest_on: date | None = None
    unmet: tuple[Code, ...] | None = None
    rows: tuple[Code, ...] | None = Field(default=None, description="Rows that must be among those used.")


class Situation(Strict):
    """One case: facts, the day asked about, and what must come out."""

    id: Code
    name_en: Text
    name_zh: Text
    switches: dict[Code, Code] = Field(default_factory=dict)
    parameters: dict[Code, int] = Field(default_factory=dict)
    facts: FactsDocument
    on: date
    expected: Expected

    def verdict(self, pack: Pack) -> Verdict:
        """The engine's answer, under the choices of this situation. Raises FactsRefused."""
        chosen = pack
        if self.switches or self.parameters:
            chosen = with_choices(pack, switches=self.switches, parameters=self.parameters)
        return decide(self.facts.facts(), pack=chosen, on=self.on)

    def differences(self, verdict: Verdict) -> list[str]:
        """Where the answer is not what is expected, in words; empty when all agrees."""
        found = verdict.classification
        answer: dict[str, object] = {
            "severity": found.severity,
            "published": found.published,
            "publish_from": found.publish_from,
            "restorable_from": found.restorable_from,
            "publish_until": found.publish_until,
            "publication": verdict.publication,
            "eligible": verdict.eligible,
            "earliest_on": verdict.earliest_on,
            "unmet": tuple(condition.code for condition in verdict.conditions if not condition.met),
        }
        wanted = {name: getattr(self.expected, name) for name in self.expected.model_fields_set}
        if "refused" in wanted:
            return [f"expected a refusal {wanted['refused']}, got an answer"]
        rows = wanted.pop("rows", None) or ()
        said = [
            f"{name}: expected {value}, got {answer[name]}"
            for name, value in wanted.items()
            if answer[name] != value
        ]
        return said + [f"row {row} was not used" for row in rows if row not in found.rows]


class Situations(Strict):
    pack: Code
    situations: tuple[Situation, ...]


def read_situations(path: Path) -> Situations:
    """The situations of one file. Raises PackRefused with file, line and reason."""
    file = path.name if PACKS not in path.parents else str(path.relative_to(PACKS))
    value, lines = read(path.read_text(encoding="utf-8"), file=file)
    try:
        return Situations.model_validate(value)
    except ValidationError as error:
        raise PackRefused(
            file=file,
            problems=tuple(
                Problem(file, line_of(item["loc"], lines), row_of(item["loc"], value), item["msg"])
                for item in error.errors()
            ),
        ) from error


def situation_files() -> tuple[Path, ...]:
    """The situations files of all shipped packs."""
    return tuple(sorted(PACKS.glob("*/*/*.situations.yaml")))
