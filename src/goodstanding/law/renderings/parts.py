"""What the renderings of a decision share: sections, words by language, facts in words, what is unset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from goodstanding.law.decide import Verdict
from goodstanding.law.facts import Facts
from goodstanding.law.model import Pack
from goodstanding.law.receipts.plain import plain_amount, plain_facts
from goodstanding.law.renderings.explain import Language
from goodstanding.law.renderings.words import DAY, FACT_NAMES, count_words, length_words
from goodstanding.law.trace import TraceStep


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of a rendering. code: its name for programs, the same in every language."""

    code: str
    title: str
    paragraphs: tuple[str, ...]


def pick(thing: object, field: str, language: Language) -> str:
    """The text of a bilingual thing: `pick(row, "text", "zh")` is `row.text_zh`."""
    return str(getattr(thing, f"{field}_{language}"))


def either(language: Language, en: str, zh: str) -> str:
    """The one of two wordings that is in the language."""
    return en if language == "en" else zh


def sentence(text: str) -> str:
    """The text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def make_section(
    code: str, titles: tuple[str, str], paragraphs: Iterable[str], language: Language
) -> Section:
    """A section with its title in the language."""
    return Section(code, either(language, *titles), tuple(paragraphs))


def facts_in_words(facts: Facts, pack: Pack, language: Language) -> list[str]:
    """Every fact that was stated, a line each."""
    colon = either(language, ": ", "：")
    return [
        sentence(either(language, *FACT_NAMES[name]))
        + colon
        + _value(name, getattr(facts, name), pack, language)
        for name in plain_facts(facts)
    ]


def _value(name: str, value: Any, pack: Pack, language: Language) -> str:
    if isinstance(value, bool):
        return either(language, "yes", "是")
    if isinstance(value, date):
        return DAY[language](value)
    if isinstance(value, Decimal):
        return plain_amount(value)
    if name == "subject":
        return either(language, "natural person", "自然人")
    listed: dict[str, Iterable[Any]] = {
        "kind": pack.kinds,
        "measures": pack.measures,
        "stated": pack.severities,
        "conduct": pack.conducts,
        "sector": pack.sectors,
        "use": pack.uses,
    }
    names = {row.code: pick(row, "name", language) for row in listed[name]}
    codes = sorted(value) if isinstance(value, frozenset) else [value]
    return either(language, ", ", "、").join(names.get(code, code) for code in codes)


def note_steps(verdict: Verdict, language: Language) -> list[TraceStep]:
    """The rows used of which something is contested, assumed or had to be left out as unset."""
    return [
        step
        for step in verdict.trace
        if (step.assumed or step.contested or step.table in ("conditions", "shield"))
        and pick(step, "note", language)
    ]


def notes(verdict: Verdict, language: Language) -> list[str]:
    """What is contested, assumed or unset in the rows used, a line each with the row's name."""
    marks = {
        (True, False): either(language, "contested", "有争议"),
        (False, True): either(language, "assumed", "推定"),
        (True, True): either(language, "contested, assumed", "有争议、推定"),
        (False, False): either(language, "note", "说明"),
    }
    return [
        either(
            language,
            f"{step.row} ({marks[step.contested, step.assumed]}): {step.note_en}",
            f"{step.row}（{marks[step.contested, step.assumed]}）：{step.note_zh}",
        )
        for step in note_steps(verdict, language)
    ]


def unset_deadlines(verdict: Verdict, language: Language) -> list[str]:
    """The deadlines and extensions whose length nobody has seen, a line each."""
    said = []
    for rule in verdict.deadlines:
        if rule.length.value is None:
            text = pick(rule, "text", language)
            said.append(either(language, f"Unset, how long: {text}", f"期限未设定：{text}"))
        if rule.extension is not None and rule.extension.length.value is None:
            ground = pick(rule.extension, "ground", language)
            said.append(
                either(language, f"Unset, by how much extended: {ground}", f"延长期限未设定：{ground}")
            )
    return said


def unset_rules(verdict: Verdict, pack: Pack, language: Language) -> list[str]:
    """The rules of which something was not seen, a line each."""
    if verdict.classification.severity is None:
        return []
    space = either(language, " ", "")
    return [
        f"{pick(statement, 'text', language)}{space}{pick(statement, 'unset', language)}"
        for statement in pack.statements
        if statement.unset_en is not None
    ]


def sanction_lines(verdict: Verdict, pack: Pack, language: Language) -> list[str]:
    """What a false commitment or false material brings, a line each; a length that nobody has seen says so."""
    if verdict.classification.severity is None:
        return []
    said = []
    for sanction in pack.sanctions:
        published, bar = (
            _months(pack.months(length), language) for length in (sanction.published, sanction.bar)
        )
        grounds = pick(sanction, "grounds", language)
        said.append(
            either(
                language,
                f"{grounds} Published for {published}; no new application for {bar}.",
                f"{grounds}公示期限：{published}；不得再次申请的期限：{bar}。",
            )
        )
    return said


def _months(months: int | None, language: Language) -> str:
    if months is None:
        return either(
            language,
            "a time that is unset (not seen in the official text)",
            "未设定（尚未见到官方文本中的数字）",
        )
    return count_words(months, "months", language)


def force_lines(verdict: Verdict, pack: Pack, language: Language) -> list[str]:
    """Where the finding or the day asked about lies outside the time in force: by which row it governs."""
    day, force = DAY[language], pack.in_force
    said = []
    if verdict.facts.found_on < force.from_:
        row = next(
            row
            for row in pack.transition
            if all(pack.switch(code) == option for code, option in row.when.switch.items())
        )
        text, cited = pick(row, "text", language), pack.cite(row.citation, language)
        said.append(
            either(
                language,
                f"The finding lies before it was in force ({day(force.from_)}). {text} ({cited})",
                f"认定之日早于施行之日（{day(force.from_)}）。{text}（{cited}）",
            )
        )
    if force.to is not None and verdict.on > force.to:
        said.append(
            either(
                language,
                f"It was in force until {day(force.to)}; for the day asked about it is taken as still governing.",
                f"该规定施行至 {day(force.to)}；对审查日仍按其规定处理。",
            )
        )
    return said


def deadline_line(rule: Any, language: Language) -> str:
    """Who acts within what: actor, deed, length."""
    length = length_words(rule.length, language) or either(language, "length unset", "期限未设定")
    actor, text = pick(rule, "actor", language), pick(rule, "text", language)
    return either(language, f"{sentence(actor)}: {text} ({length})", f"{actor}：{text}（{length}）")
