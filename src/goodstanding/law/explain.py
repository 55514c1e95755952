"""A verdict in plain words, in English and Simplified Chinese."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from goodstanding.law.decide import Verdict


def explain(verdict: Verdict, language: Literal["en", "zh"]) -> list[str]:
    """The sentences of one verdict: class, publication, conditions, what follows, what is assumed or
    unset.
    """
    return _english(verdict) if language == "en" else _chinese(verdict)


def _english(verdict: Verdict) -> list[str]:
    found = verdict.classification
    if found.severity is None:
        return ["This record is not adverse. It is shown as information and there is nothing to restore."]
    said = [
        f"The law puts this record in the class “{verdict.severity_en}”, counted from {day_en(verdict.facts.found_on)}."
    ]
    until = day_en(found.publish_until) if found.publish_until else ""
    if verdict.publication == "not_published":
        said.append("Records of this class are in principle not published.")
    elif verdict.publication == "ended":
        said.append(f"Its publication ended by itself on {until}, when the maximum was reached.")
    elif until:
        said.append(
            f"It is published at the longest to the day before {until}; then publication ends by itself."
        )
    if verdict.eligible:
        said.append("Every condition is met: an application for restoration can succeed now.")
    elif verdict.earliest_on is None:
        said.append("A law expressly excludes it from restoration.")
    else:
        said.append(f"The earliest day on which an application can succeed is {day_en(verdict.earliest_on)}.")
    for condition in verdict.conditions:
        if not condition.met:
            said.append(f"Not met: {condition.text_en} {condition.remedy_en} ({condition.article}.)")
    if verdict.decides is not None:
        said.append(verdict.decides.text_en)
    for rule in verdict.deadlines:
        if rule.working_days is not None:
            said.append(f"{rule.text_en} ({rule.working_days} working days from {rule.from_}.)")
        else:
            said.append(f"{rule.text_en} (The number of days is unset: not seen in the official text.)")
    said += [f"Note: {step.note_en}" for step in verdict.trace if step.assumed or step.contested]
    return said


_FROM_ZH = {"receipt": "收到", "acceptance": "受理", "decision": "作出决定", "objection": "收到异议"}


def _chinese(verdict: Verdict) -> list[str]:
    found = verdict.classification
    if found.severity is None:
        return ["该信息不属于失信信息，仅作信息公示，无需修复。"]
    said = [f"该信息依法归为{verdict.severity_zh}，自 {day_zh(verdict.facts.found_on)}认定之日起计算。"]
    until = day_zh(found.publish_until) if found.publish_until else ""
    if verdict.publication == "not_published":
        said.append("该类信息原则上不予公示。")
    elif verdict.publication == "ended":
        said.append(f"最长公示期已届满，自 {until}起自动停止公示。")
    elif until:
        said.append(f"最长公示至 {until}的前一日，届满自动停止公示。")
    if verdict.eligible:
        said.append("各项条件均已满足，现在即可申请信用修复。")
    elif verdict.earliest_on is None:
        said.append("法律法规明确规定不予修复。")
    else:
        said.append(f"最早可于 {day_zh(verdict.earliest_on)}申请修复。")
    for condition in verdict.conditions:
        if not condition.met:
            said.append(f"未满足：{condition.text_zh}{condition.remedy_zh}（{condition.article_zh}）")
    if verdict.decides is not None:
        said.append(verdict.decides.text_zh)
    for rule in verdict.deadlines:
        if rule.working_days is not None:
            said.append(f"{rule.text_zh}（自{_FROM_ZH[rule.from_]}之日起 {rule.working_days} 个工作日）")
        else:
            said.append(f"{rule.text_zh}（期限未设定：尚未见到官方文本中的数字）")
    said += [f"说明：{step.note_zh}" for step in verdict.trace if step.assumed or step.contested]
    return said


def day_en(day: date) -> str:
    """A date as English readers write it, for example 1 April 2026."""
    return f"{day.day} {day:%B %Y}"


def day_zh(day: date) -> str:
    """A date as Chinese readers write it, for example 2026年4月1日."""
    return f"{day.year}年{day.month}月{day.day}日"
