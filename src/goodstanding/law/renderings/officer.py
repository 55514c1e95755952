"""A decision as the officer's checklist: each condition, its article and what shows it, deadlines and who acts."""

from __future__ import annotations

from goodstanding.law.decide import Verdict
from goodstanding.law.facts import Facts
from goodstanding.law.model import Pack
from goodstanding.law.plan import Condition
from goodstanding.law.receipts.receipt import Due
from goodstanding.law.renderings.explain import Language, class_words, publication_words
from goodstanding.law.renderings.parts import (
    Section,
    deadline_line,
    either,
    facts_in_words,
    force_lines,
    make_section,
    notes,
    pick,
    sanction_lines,
    unset_deadlines,
    unset_rules,
)
from goodstanding.law.renderings.words import DAY, FACT_NAMES
from goodstanding.law.rows import Test

_SHOWN_BY: dict[Test, str] = {
    "not_excluded": "excluded_by_law",
    "duty_performed": "performed_on",
    "committed": "committed",
    "trained": "trained",
    "nothing_further": "further_condition_open",
    "not_barred": "false_commitment_on",
}
"""The fact on which each test rests; minimum_reached rests on the computed day, never on none."""


def sections(verdict: Verdict, pack: Pack, language: Language, dated: tuple[Due, ...]) -> list[Section]:
    """The sections for an officer."""
    tests = {row.id: row.test for row in pack.conditions}
    checks = [
        _check(condition, tests[condition.code], verdict.facts, language) for condition in verdict.conditions
    ]
    materials = [_material(row, language) for row in verdict.materials]
    adverse = verdict.classification.severity is not None
    duties = [
        f"{pick(row, 'actor', language)}{either(language, ': ', '：')}{pick(row, 'text', language)}"
        for row in pack.notices
    ]
    holders = [
        f"{pick(row, 'holder', language)}{either(language, ': ', '：')}{pick(row, 'text', language)}"
        for row in pack.holders
    ]
    return [
        make_section(
            "case",
            ("The case", "案件"),
            [
                *facts_in_words(verdict.facts, pack, language),
                either(
                    language,
                    f"Asked for {DAY['en'](verdict.on)} by {pack.name_en}",
                    f"审查日期 {DAY['zh'](verdict.on)}，依据{pack.name_zh}",
                ),
                *force_lines(verdict, pack, language),
            ],
            language,
        ),
        make_section("class", ("Class and publication", "类别与公示"), _class(verdict, language), language),
        make_section("checklist", ("Conditions of restoration", "修复条件核对"), checks, language),
        make_section("materials", ("Materials", "申请材料"), materials, language),
        make_section("result", ("Result", "结论"), [_result(verdict, language)] if adverse else [], language),
        make_section("deadlines", ("Deadlines", "办理时限"), _deadlines(verdict, dated, language), language),
        make_section("notices", ("Whom to tell", "告知义务"), duties if adverse else [], language),
        make_section(
            "holders",
            ("Who must stop using it once restored", "修复后应停止使用的单位"),
            holders if adverse else [],
            language,
        ),
        make_section(
            "sanctions",
            ("What false material or a false commitment brings", "虚假材料、虚假承诺的后果"),
            sanction_lines(verdict, pack, language),
            language,
        ),
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
    ]


def _class(verdict: Verdict, language: Language) -> list[str]:
    said = [class_words(verdict, language)]
    for step in verdict.trace:
        if step.table in ("classification", "publication"):
            note = pick(step, "note", language)
            said.append(
                f"{step.row}{either(language, ': ', '：')}{pick(step, 'citation', language)} {note}".rstrip()
            )
    return said + publication_words(verdict, language)


def _check(condition: Condition, test: Test, facts: Facts, language: Language) -> str:
    box = "[x]" if condition.met else "[ ]"
    article = condition.article if language == "en" else condition.article_zh
    said = f"{box} {pick(condition, 'text', language)} {either(language, f'({article})', f'（{article}）')}"
    shown = _shown(condition, test, facts, language)
    if condition.met:
        return said + shown
    return said + shown + either(language, " To do: ", "待办：") + pick(condition, "remedy", language)


def _shown(condition: Condition, test: Test, facts: Facts, language: Language) -> str:
    """What the answer rests on."""
    if condition.met_from is not None:
        day = DAY[language](condition.met_from)
        return either(language, f" Met from {day}.", f"自 {day}起满足。")
    fact = _SHOWN_BY.get(test)
    if fact is None:
        return ""
    name = either(language, *FACT_NAMES[fact])
    stated = getattr(facts, fact) not in (None, False)
    answer = either(language, "yes", "是") if stated else either(language, "not stated", "未提供")
    return either(language, f" On file, {name}: {answer}.", f"卷内记载，{name}：{answer}。")


def _material(row: object, language: Language) -> str:
    required = getattr(row, "required", False)
    mark = (
        either(language, "required", "必须")
        if required
        else either(language, "only where asked", "仅在要求时")
    )
    return f"[ ] {pick(row, 'name', language)} {either(language, f'({mark})', f'（{mark}）')}"


def _result(verdict: Verdict, language: Language) -> str:
    if verdict.eligible:
        return either(
            language, "Every condition is met: it can be granted.", "各项条件均已满足，可以准予修复。"
        )
    unmet = either(language, ", ", "、").join(c.code for c in verdict.conditions if not c.met)
    if verdict.earliest_on is None:
        return either(language, f"Cannot be granted: {unmet}.", f"不得准予修复：{unmet}。")
    day = DAY[language](verdict.earliest_on)
    return either(
        language,
        f"Not yet: {unmet}; earliest on {day}.",
        f"暂不符合：{unmet}；最早可于 {day}符合。",
    )


def _deadlines(verdict: Verdict, dated: tuple[Due, ...], language: Language) -> list[str]:
    days = {one.rule.code: one.deadline for one in dated}
    said = []
    for rule in verdict.deadlines:
        line = deadline_line(rule, language)
        found = days.get(rule.code)
        if found is not None and found.due_on is not None:
            line += either(
                language, f", due on {DAY['en'](found.due_on)}", f"，截止 {DAY['zh'](found.due_on)}"
            )
        elif found is not None:
            line += either(
                language,
                f", due not before {DAY['en'](found.earliest_due_on)}",
                f"，不早于 {DAY['zh'](found.earliest_due_on)}",
            )
        said.append(line)
    return said
