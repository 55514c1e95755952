"""The trace of a decision: every row that was used, with its citation and what is unset or contested in
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from goodstanding.law.attested import Citation
    from goodstanding.law.facts import Facts
    from goodstanding.law.model import Pack
    from goodstanding.law.tables import Outcome


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One row used. confidence: how well its text is attested. note: what is assumed, contested or unset."""

    table: str
    row: str
    citation_en: str
    citation_zh: str
    confidence: str
    source: tuple[str, ...]
    contested: bool = False
    assumed: bool = False
    note_en: str = ""
    note_zh: str = ""


def cite(
    table: str,
    row: str,
    citation: Citation,
    *,
    pack: Pack,
    contested: bool = False,
    assumed: bool = False,
    note_en: str = "",
    note_zh: str = "",
) -> TraceStep:
    """A trace step for a row of a table."""
    return TraceStep(
        table=table,
        row=row,
        citation_en=pack.cite(citation, "en"),
        citation_zh=pack.cite(citation, "zh"),
        confidence=citation.confidence,
        source=citation.source,
        contested=contested,
        assumed=assumed,
        note_en=note_en,
        note_zh=note_zh,
    )


def trace_outcome(facts: Facts, outcome: Outcome, *, pack: Pack) -> tuple[TraceStep, ...]:
    """The steps of kind, classification (one per measure), publication, exemption and the end at the maximum."""
    kind = pack.tables.kinds[facts.kind]
    steps = [cite("kinds", kind.code, kind.citation, pack=pack)]
    for hit in outcome.hits:
        measure = pack.tables.measures[hit.measure] if hit.measure else None
        notes_en = [f"For {measure.name_en}."] if measure else []
        notes_zh = [f"措施：{measure.name_zh}。"] if measure else []
        if hit.row.note_en and hit.row.note_zh:
            notes_en.append(hit.row.note_en)
            notes_zh.append(hit.row.note_zh)
        for code in hit.unset:
            parameter = next(parameter for parameter in pack.parameters if parameter.code == code)
            notes_en.append(f"Unset, so not applied: {parameter.name_en}.")
            notes_zh.append(f"尚未设定，未适用：{parameter.name_zh}。")
        for code, option in hit.row.when.switch.items():
            notes_en.append(f"Switch {code} stands at {option}.")
            notes_zh.append(f"选项 {code} 当前为 {option}。")
        steps.append(
            cite(
                "classification",
                hit.row.id,
                hit.row.citation,
                pack=pack,
                contested=hit.row.contested,
                assumed=hit.row.assumed,
                note_en=" ".join(notes_en),
                note_zh="".join(notes_zh),
            )
        )
    if outcome.publication is not None:
        row = outcome.publication
        steps.append(
            cite(
                "publication",
                row.id,
                row.citation,
                pack=pack,
                note_en=row.note_en or "",
                note_zh=row.note_zh or "",
            )
        )
    if outcome.exemption is not None:
        use = outcome.exemption
        steps.append(
            cite("exemptions", use.id, use.citation, pack=pack, note_en=use.text_en, note_zh=use.text_zh)
        )
    if outcome.at_maximum is not None:
        end = outcome.at_maximum
        steps.append(
            cite(
                "at_maximum",
                end.id,
                end.citation,
                pack=pack,
                contested=end.contested,
                assumed=end.assumed,
                note_en=end.text_en,
                note_zh=end.text_zh,
            )
        )
    return tuple(steps)
