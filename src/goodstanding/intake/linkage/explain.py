"""Why a record was linked, or not: sentences for a clerk, in English or Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from goodstanding.intake.linkage.comparisons import COMPARISONS
from goodstanding.intake.linkage.decide import Reason, Thresholds, level_number
from goodstanding.intake.linkage.levels import Comparison


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a comparison: what was found, and how much it weighs (log2; 1 doubles the odds)."""

    code: str
    level: str
    weight: float
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision in words: the verdict, the parts that were compared, the second best candidate."""

    verdict_en: str
    verdict_zh: str
    parts: tuple[Part, ...]

    def text(self, *, language: str) -> str:
        """The whole as lines. `language`: "en" or "zh"."""
        verdict = self.verdict_en if language == "en" else self.verdict_zh
        return "\n".join([verdict, *(part.en if language == "en" else part.zh for part in self.parts)])


_VERDICTS: Final[dict[str, tuple[str, str]]] = {
    Reason.ABOVE: (
        "Linked to {candidate}: weight {weight:.1f}, from {link:.1f} on links are made.",
        "已关联至{candidate}：权重{weight:.1f}，达到关联阈值{link:.1f}。",
    ),
    Reason.BELOW: (
        "Not linked to {candidate}: weight {weight:.1f} is under {link:.1f}.",
        "未关联至{candidate}：权重{weight:.1f}低于关联阈值{link:.1f}。",
    ),
    Reason.MARGIN: (
        "Not linked to {candidate} (weight {weight:.1f}): the second best is within {margin:.1f}.",
        "未关联至{candidate}（权重{weight:.1f}）：与次优候选的差距小于{margin:.1f}。",
    ),
    Reason.OTHER_DIVISION: (
        "Not linked to {candidate} (weight {weight:.1f}): a namesake in another division; "
        "the name alone does not link.",
        "未关联至{candidate}（权重{weight:.1f}）：行政区划不同的同名主体，不能仅凭名称关联。",
    ),
    Reason.OTHER_BRANCH: (
        "Not linked to {candidate} (weight {weight:.1f}): a branch, or another branch, of the same organisation.",
        "未关联至{candidate}（权重{weight:.1f}）：属同一组织的分支机构或其他分支机构。",
    ),
    Reason.OTHER_NAME: (
        "Not linked to {candidate} (weight {weight:.1f}): too little of the name agrees, "
        "a sister company could be meant.",
        "未关联至{candidate}（权重{weight:.1f}）：名称相同部分过少，可能为关联企业。",
    ),
    Reason.OTHER_IDENTIFIER: (
        "Not linked to {candidate}: both have a valid identifier, and they differ.",
        "未关联至{candidate}：双方均有有效代码且不一致。",
    ),
    Reason.NO_CANDIDATE: ("Not linked: no candidate was found.", "未关联：没有找到候选主体。"),
}


def explain(row: Mapping[str, Any], *, thresholds: Thresholds | None = None) -> Explanation:
    """The explanation of one row of the table that `link` returns.

    Args:
        row: the row as a mapping.
        thresholds: those that `link` was called with.
    """
    limits = thresholds or Thresholds()
    values = {**row, "link": limits.link, "margin": limits.margin}
    en, zh = (sentence.format(**values) for sentence in _VERDICTS[row["reason"]])
    if row["second"] is not None:
        en += f" Second best: {row['second']}, weight {row['second_weight']:.1f}."
        zh += f"次优候选：{row['second']}，权重{row['second_weight']:.1f}。"
    elif row["candidate"] is not None:
        en += " There is no second candidate."
        zh += "没有其他候选主体。"
    parts = (
        tuple(_part(comparison, row) for comparison in COMPARISONS) if row["candidate"] is not None else ()
    )
    return Explanation(verdict_en=en, verdict_zh=zh, parts=parts)


def _part(comparison: Comparison, row: Mapping[str, Any]) -> Part:
    number, weight = row[f"level_{comparison.code}"], row[f"weight_{comparison.code}"]
    level = next(one for one in comparison.levels if level_number(comparison.code, one.code) == number)
    return Part(
        code=comparison.code,
        level=level.code,
        weight=weight,
        en=f"{comparison.en}: {level.en} ({weight:+.1f})",
        zh=f"{comparison.zh}：{level.zh}（{weight:+.1f}）",
    )
