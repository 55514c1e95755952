"""A decision for the court: findings of fact, the law row by row, each date step by step, result and digests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from goodstanding.law.calendar import WorkingCalendar
from goodstanding.law.decide import Verdict
from goodstanding.law.model import Pack
from goodstanding.law.receipts.receipt import ENGINE, Due, digest_of, receipt
from goodstanding.law.renderings.computation import computation
from goodstanding.law.renderings.explain import Language, class_words, publication_words, restoration_words
from goodstanding.law.renderings.parts import (
    Section,
    either,
    facts_in_words,
    force_lines,
    make_section,
    notes,
    pick,
    unset_deadlines,
    unset_rules,
)
from goodstanding.law.renderings.words import CONFIDENCE, DAY, TABLES


def sections(
    verdict: Verdict,
    pack: Pack,
    language: Language,
    dated: tuple[Due, ...],
    starts: Mapping[str, date],
    calendar: WorkingCalendar | None,
) -> list[Section]:
    """The sections for a court."""
    digest = digest_of(receipt(verdict, pack=pack, starts=starts, calendar=calendar))
    facts = [
        *facts_in_words(verdict.facts, pack, language),
        either(
            language,
            "A fact that is not listed was not stated and is taken as absent.",
            "未列出的事实未经提供，视为不存在。",
        ),
    ]
    result = [class_words(verdict, language), *publication_words(verdict, language)]
    if verdict.classification.severity is not None:
        result += [*_conditions(verdict, language), restoration_words(verdict, language)]
    return [
        make_section("question", ("The question", "审查问题"), _question(verdict, pack, language), language),
        make_section("facts", ("Findings of fact", "认定事实"), facts, language),
        make_section("law", ("The law applied", "适用的规定"), _law(verdict, language), language),
        make_section(
            "dates",
            ("Computation of each date", "各日期的计算"),
            computation(verdict, pack, language),
            language,
        ),
        make_section(
            "deadlines",
            ("Computation of the deadlines", "办理时限的计算"),
            [line for one in dated for line in _counted(one, language)],
            language,
        ),
        make_section("result", ("Result", "结论"), result, language),
        make_section(
            "open",
            ("Contested, assumed or unset", "有争议、推定或者未设定的内容"),
            [
                *notes(verdict, language),
                *unset_deadlines(verdict, language),
                *unset_rules(verdict, pack, language),
            ],
            language,
        ),
        make_section("sources", ("Sources", "来源"), _sources(verdict, pack, language), language),
        make_section(
            "proof",
            ("Proof", "校验"),
            [
                either(
                    language,
                    f"Digest of the pack: {verdict.pack_digest}",
                    f"规则包摘要：{verdict.pack_digest}",
                ),
                either(language, f"Engine: version {ENGINE}", f"引擎：第 {ENGINE} 版"),
                either(language, f"Digest of the receipt: {digest}", f"凭据摘要：{digest}"),
            ],
            language,
        ),
    ]


def _question(verdict: Verdict, pack: Pack, language: Language) -> list[str]:
    day = DAY[language]
    since = day(pack.in_force.from_)
    said = [
        either(
            language,
            f"What does {pack.name_en} say of this record on {day(verdict.on)}?",
            f"截至 {day(verdict.on)}，{pack.name_zh}对该信息如何规定？",
        ),
        either(language, f"It is in force from {since}.", f"该规定自 {since}起施行。"),
    ]
    said += force_lines(verdict, pack, language)
    if pack.example:
        said.append(
            either(language, "It is an example, and no law anywhere.", "该规则包仅为示例，并非现行规定。")
        )
    for switch in pack.switches:
        option = next(row for row in switch.options if row.code == pack.switch(switch.code))
        chosen = either(language, "chosen" if switch.code in pack.chosen else "default",
                        "运营方选择" if switch.code in pack.chosen else "默认")  # fmt: skip
        said.append(
            either(
                language,
                f"Open question: {switch.question_en} Taken here: {option.name_en} ({chosen}).",
                f"待定问题：{switch.question_zh}本次采用：{option.name_zh}（{chosen}）。",
            )
        )
    return said


def _law(verdict: Verdict, language: Language) -> list[str]:
    said = []
    for number, step in enumerate(verdict.trace, start=1):
        table = either(language, *TABLES[step.table])
        attested = either(language, *CONFIDENCE[step.confidence])
        source = either(language, ", ", "、").join(step.source) or either(language, "none", "无")
        note = pick(step, "note", language)
        said.append(
            either(
                language,
                f"{number}. {table} “{step.row}”: {step.citation_en}; {attested}, source {source}.",
                f"{number}. {table}“{step.row}”：{step.citation_zh}；{attested}，来源 {source}。",
            )
            + (either(language, " ", "") + note if note else "")
        )
    return said


def _conditions(verdict: Verdict, language: Language) -> list[str]:
    said = []
    for condition in verdict.conditions:
        met = either(language, "met", "满足") if condition.met else either(language, "not met", "不满足")
        day = condition.met_from and DAY[language](condition.met_from)
        since = either(language, f", from {day}", f"，自 {day}起") if day else ""
        article = condition.article if language == "en" else condition.article_zh
        text = pick(condition, "text", language)
        said.append(
            either(language, f"{text} ({article}): {met}{since}.", f"{text}（{article}）：{met}{since}。")
        )
    return said


def _counted(one: Due, language: Language) -> list[str]:
    """A deadline and every day of its count."""
    found, day = one.deadline, DAY[language]
    text = pick(one.rule, "text", language)
    if found.due_on is not None:
        end = either(language, f"due on {day(found.due_on)}", f"截止 {day(found.due_on)}")
    else:
        end = pick(found, "reason", language)
    said = [
        either(
            language,
            f"{text} From {day(found.start)} (day zero): {end}.",
            f"{text}自 {day(found.start)}（第 0 日）起：{end}。",
        )
    ]
    for counted in found.days:
        number = "-" if counted.ordinal is None else str(counted.ordinal)
        said.append(f"  {number} {day(counted.day)} {pick(counted, 'reason', language)}")
    return said


def _sources(verdict: Verdict, pack: Pack, language: Language) -> list[str]:
    used = dict.fromkeys(code for step in verdict.trace for code in step.source)
    return [
        either(language, f"{code}: {pack.sources[code]}", f"来源 {code}：{pack.sources[code]}")
        for code in used
    ]
