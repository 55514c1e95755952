"""``goodstanding law diff``: what a change of law would do to records before it is law."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import click

from goodstanding.law.diff import Change, Difference, Effect, compare, plain_difference
from goodstanding.law.errors import LawError
from goodstanding.law.facts import Facts
from goodstanding.law.receipts.plain import Unreadable
from goodstanding.law.records import read_records
from goodstanding.law.renderings.explain import Language
from goodstanding.law.renderings.words import DAY

from .law_case import JSON, LANGUAGE, ON, choices, chosen_pack, refuse, say_error

EFFECTS: dict[Effect, tuple[str, str]] = {
    "no_longer_published": ("no longer published", "不再公示"),
    "ends_earlier": ("publication ends earlier", "公示提前结束"),
    "leaves_publication": ("leaves publication on the day", "当日停止公示"),
    "restorable_earlier": ("restorable earlier", "可更早修复"),
    "becomes_eligible": ("becomes eligible on the day", "当日转为可修复"),
    "newly_published": ("newly published", "新增公示"),
    "ends_later": ("publication ends later", "公示延后结束"),
    "enters_publication": ("enters publication on the day", "当日转为公示"),
    "restorable_later": ("restorable later", "须更晚修复"),
    "ceases_to_be_eligible": ("ceases to be eligible on the day", "当日转为不可修复"),
    "class_changed": ("class changes", "类别变化"),
    "refused_before": ("refused by A only", "仅 A 不受理"),
    "refused_after": ("refused by B only", "仅 B 不受理"),
}
OUTCOMES = {
    "gains": ("gain", "受益"),
    "loses": ("lose", "受损"),
    "mixed": ("gain in one thing and lose in another", "有利有弊"),
    "same": ("neither gain nor lose", "无变化"),
}


def _both(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed([*choices("a"), *choices("b")]):
        command = option(command)
    return command


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option(
    "--over",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="The records: .parquet (extra `columns`) or .jsonl, with the fields of the facts and an id.",
)
@ON
@_both
@click.option(
    "--examples", type=click.IntRange(0), default=3, show_default=True, help="How many of each effect."
)
@LANGUAGE
@JSON
def diff(
    before: str,
    after: str,
    over: Path,
    on: date,
    switches_a: tuple[str, ...],
    parameters_a: tuple[str, ...],
    switches_b: tuple[str, ...],
    parameters_b: tuple[str, ...],
    examples: int,
    lang: Language,
    as_json: bool,
) -> None:
    """Decide every record by pack A and by pack B (ids or files) and say who gains, who loses and which cases flip.

    Records that cannot be read are named on standard error and passed over; the exit status is then 1.

    \b
    Examples:
      goodstanding law diff cn-ndrc-58-2023 cn-ndrc-36-2025 --over records.parquet --on 2026-11-22
      goodstanding law diff cn-ndrc-36-2025 cn-ndrc-36-2025 --switch-b suspension_class=serious \\
        --over records.jsonl --on 2026-11-22 --json
    """
    unread: list[Unreadable] = []
    try:
        found = compare(
            _records(over, unread),
            before=chosen_pack(before, switches_a, parameters_a),
            after=chosen_pack(after, switches_b, parameters_b),
            on=on,
            examples=examples,
        )
    except LawError as error:
        refuse(error, lang=lang, as_json=as_json)
    for problem in unread:
        say_error(problem, lang=lang, as_json=as_json)
    if as_json:
        click.echo(
            json.dumps({**plain_difference(found), "unread": len(unread)}, ensure_ascii=False, indent=2)
        )
    else:
        click.echo("\n".join(_words(found, lang)))
    if unread:
        sys.exit(1)


def _records(path: Path, unread: list[Unreadable]) -> Iterator[tuple[str, Facts]]:
    for record in read_records(path):
        if isinstance(record, Unreadable):
            unread.append(record)
        else:
            yield record.id or str(record.number), record.facts


def _words(found: Difference, lang: Language) -> Iterator[str]:
    which = 0 if lang == "en" else 1
    day = DAY[lang](found.on)
    yield (
        f"{found.records:,} records, A {found.before.id}, B {found.after.id}, on {day}",
        f"共 {found.records:,} 条，A 为 {found.before.id}，B 为 {found.after.id}，截至 {day}",
    )[which]
    for outcome, words in OUTCOMES.items():
        yield f"{found.outcomes[outcome]:>12,}  {words[which]}"  # type: ignore[index]
    yield ""
    for effect, words in EFFECTS.items():
        if found.effects[effect]:
            yield f"{found.effects[effect]:>12,}  {words[which]}"
            for change in found.examples.get(effect, []):
                yield f"{'':14}{_example(change, which)}"
    yield ""
    for total in found.totals:
        yield (
            f"{total.count:>12,}  {total.kind}: {total.severity_before or '-'} > {total.severity_after or '-'}, "
            f"{OUTCOMES[total.outcome][which]}"
        )


def _example(change: Change, which: int) -> str:
    """One record under both packs in one line: its class, window and earliest day by A and by B."""
    sides = []
    for letter, verdict in (("A", change.before), ("B", change.after)):
        if verdict is None:
            sides.append(f"{letter} {change.refused}")
            continue
        known = verdict.classification
        eligible = (("eligible", "not eligible"), ("可修复", "不可修复"))[which][0 if verdict.eligible else 1]
        window = f"[{known.restorable_from or '-'}, {known.publish_until or '-'})"
        sides.append(f"{letter} {known.severity or '-'} {window} {eligible}")
    return f"{change.id}: {'; '.join(sides)}"
