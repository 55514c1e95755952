"""Three renderings of a decision, each in English and Chinese, all from the same verdict and its trace.

For the entity: class, until when, what to do and when, what is unset. For the officer: a checklist. For the
court: findings of fact, the law row by row, each date computed step by step, and the digests.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from goodstanding.law.calendar import WorkingCalendar
from goodstanding.law.decide import Verdict
from goodstanding.law.model import Pack
from goodstanding.law.receipts.receipt import due
from goodstanding.law.renderings import court, officer
from goodstanding.law.renderings.explain import Language, class_words, deadline_words, publication_words
from goodstanding.law.renderings.parts import (
    Section,
    either,
    force_lines,
    make_section,
    note_steps,
    pick,
    sanction_lines,
    unset_rules,
)
from goodstanding.law.repair import repair, repair_words

Audience = Literal["entity", "officer", "court"]
AUDIENCES: tuple[Audience, ...] = ("entity", "officer", "court")

__all__ = ["AUDIENCES", "Audience", "Section", "as_text", "render"]


def render(
    verdict: Verdict,
    *,
    pack: Pack,
    audience: Audience,
    language: Language,
    starts: Mapping[str, date] | None = None,
    calendar: WorkingCalendar | None = None,
) -> tuple[Section, ...]:
    """The decision for one reader.

    Arguments: pack, the one that decided; starts and calendar, to date its deadlines (both or neither).
    Returns sections of paragraphs; a section that would be empty is left out.
    """
    dated = due(pack, starts=starts, calendar=calendar) if starts and calendar is not None else ()
    if audience == "officer":
        found = officer.sections(verdict, pack, language, dated)
    elif audience == "court":
        found = court.sections(verdict, pack, language, dated, starts or {}, calendar)
    else:
        found = _entity(verdict, pack, language)
    return tuple(one for one in found if one.paragraphs)


def as_text(sections: tuple[Section, ...]) -> str:
    """The sections as plain text: titles, and a line for each paragraph."""
    return "\n\n".join("\n".join([one.title, *(f"  {line}" for line in one.paragraphs)]) for one in sections)


def _entity(verdict: Verdict, pack: Pack, language: Language) -> list[Section]:
    said = [
        class_words(verdict, language),
        *publication_words(verdict, language),
        *force_lines(verdict, pack, language),
    ]
    todo = repair_words(repair(verdict.facts, pack=pack, on=verdict.on), language)
    materials = [
        pick(row, "name", language)
        + ("" if row.required else either(language, " (only where asked)", "（仅在要求时）"))
        for row in verdict.materials
    ]
    who = [] if verdict.decides is None else [pick(verdict.decides, "text", language)]
    who += [deadline_words(rule, language) for rule in verdict.deadlines]
    return [
        make_section("law", ("What the law says of this record", "法律对该信息的规定"), said, language),
        make_section("todo", ("What to do, and when", "需要做什么，何时办理"), todo, language),
        make_section("materials", ("What to hand in", "需要提交的材料"), materials, language),
        make_section(
            "sanctions",
            ("What false material or a false commitment brings", "虚假材料、虚假承诺的后果"),
            sanction_lines(verdict, pack, language),
            language,
        ),
        make_section("deciders", ("Who decides, and by when", "由谁办理，何时办结"), who, language),
        make_section(
            "open",
            ("What is not certain or not known", "尚不确定或者尚不明确的内容"),
            [
                *(pick(step, "note", language) for step in note_steps(verdict, language)),
                *unset_rules(verdict, pack, language),
            ],
            language,
        ),
    ]
