"""``goodstanding law decide | explain | repair``: one case, or a line of JSON for each of many."""

from __future__ import annotations

import json
import sys
from typing import Any

import click
import orjson

from goodstanding.law.decide import Verdict
from goodstanding.law.decide import decide as decide_case
from goodstanding.law.errors import LawError
from goodstanding.law.receipts.plain import plain_decision
from goodstanding.law.renderings.explain import Language
from goodstanding.law.renderings.render import AUDIENCES, Audience, as_text, render
from goodstanding.law.repair import plain_repair, repair_words
from goodstanding.law.repair import repair as repair_case

from .law_case import (
    JSON,
    LANGUAGE,
    START,
    Case,
    Question,
    calendar_of,
    case_options,
    one_case,
    refuse,
    say_error,
    start_days,
)


@click.command()
@case_options
@LANGUAGE
@JSON
def decide(question: Question, lang: Language, as_json: bool) -> None:
    """Say what the law says of a record on a day: class, publication, conditions, deadlines, with the rows used.

    Many records are answered with one JSON line each, in their order. Those that cannot be read or that the pack
    refuses are named on standard error and passed over; the exit status is then 1.

    \b
    Examples:
      goodstanding law decide --kind penalty --measure fine --found-on 2026-04-10 --on 2026-11-22
      goodstanding law decide --pack cn-ndrc-36-2025 --facts - --on 2026-11-22 < facts.jsonl > decisions.jsonl
    """
    if question.many:
        _decide_many(question, lang=lang, as_json=as_json)
        return
    case = one_case(question, lang=lang, as_json=as_json)
    verdict = _decided(case, lang=lang, as_json=as_json)
    if as_json:
        click.echo(json.dumps(_document(case, verdict), ensure_ascii=False, indent=2))
        return
    click.echo(_heading(case, lang))
    for sentence in verdict.explain(lang):
        click.echo(sentence)


@click.command()
@case_options
@click.option(
    "--audience", type=click.Choice(AUDIENCES), default="entity", show_default=True, help="Who is to read it."
)
@START
@LANGUAGE
@JSON
def explain(
    question: Question, audience: Audience, starts: tuple[str, ...], lang: Language, as_json: bool
) -> None:
    """Explain one decision to the entity, to the officer as a checklist, or to the court with every computation.

    \b
    Example:
      goodstanding law explain --facts case.json --on 2026-11-22 --audience court --lang zh
    """
    days = start_days(starts)
    case = one_case(question, lang=lang, as_json=as_json)
    verdict = _decided(case, lang=lang, as_json=as_json)
    try:
        calendar = calendar_of(case.pack) if days else None
        sections = render(
            verdict, pack=case.pack, audience=audience, language=lang, starts=days, calendar=calendar
        )
    except LawError as error:
        refuse(error, lang=lang, as_json=as_json)
    if as_json:
        document = [
            {"code": section.code, "title": section.title, "paragraphs": list(section.paragraphs)}
            for section in sections
        ]
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    click.echo(f"{_heading(case, lang)}\n\n{as_text(sections)}")


@click.command()
@case_options
@LANGUAGE
@JSON
def repair(question: Question, lang: Language, as_json: bool) -> None:
    """Say the least that must be done for a restoration to succeed, and the earliest day; or what is left.

    Exit status 1 when nothing makes it succeed.

    \b
    Example:
      goodstanding law repair --kind penalty --measure fine --found-on 2026-10-10 --on 2026-11-22
    """
    case = one_case(question, lang=lang, as_json=as_json)
    try:
        found = repair_case(case.record.facts, pack=case.pack, on=case.on)
    except LawError as error:
        refuse(error, lang=lang, as_json=as_json)
    if as_json:
        document = {"pack": {"id": case.pack.id, "digest": case.pack.digest}, "on": case.on.isoformat()}
        click.echo(json.dumps({**document, **plain_repair(found)}, ensure_ascii=False, indent=2))
    else:
        for sentence in repair_words(found, lang):
            click.echo(sentence)
    if found.status == "impossible":
        sys.exit(1)


def _decided(case: Case, *, lang: Language, as_json: bool) -> Verdict:
    try:
        return decide_case(case.record.facts, pack=case.pack, on=case.on)
    except LawError as error:
        refuse(error, lang=lang, as_json=as_json)


def _decide_many(question: Question, *, lang: Language, as_json: bool) -> None:
    failed = 0
    out = sys.stdout.buffer
    for case in question.cases():
        try:
            if isinstance(case, LawError):
                raise case
            verdict = decide_case(case.record.facts, pack=case.pack, on=case.on)
        except LawError as error:
            failed += 1
            if isinstance(case, Case):
                error.place = case.record.place
            say_error(error, lang=lang, as_json=as_json)
            continue
        out.write(orjson.dumps(_document(case, verdict, line=case.record.number)) + b"\n")
    out.flush()
    if failed:
        sys.exit(1)


def _document(case: Case, verdict: Verdict, line: int | None = None) -> dict[str, Any]:
    """The decision as data, with what the record bore."""
    borne: dict[str, Any] = {"id": case.record.id, "line": line, "transition": case.transition}
    return {**{name: value for name, value in borne.items() if value is not None}, **plain_decision(verdict)}


def _heading(case: Case, lang: Language) -> str:
    """By which pack, and by which row of transition it governs an older record."""
    name = case.pack.name_en if lang == "en" else case.pack.name_zh
    if case.transition is None:
        return f"{name} [{case.pack.id}]"
    return f"{name} [{case.pack.id}, {case.transition}]"
