"""``goodstanding law prove``: packs proved sound, and a sector's or a place's pack proved no harsher than its base."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from goodstanding.law.errors import LawError, SettingRefused
from goodstanding.law.load import all_packs, load_pack
from goodstanding.law.model import Pack
from goodstanding.law.prove import Check, Note, assumptions, checks_against, checks_of
from goodstanding.law.renderings.explain import Language

from .law_case import JSON, LANGUAGE, choices, chosen_pack, refuse


@dataclass(frozen=True, slots=True)
class Part:
    """One proof of a pack. decisive: it decides whether the pack is proved; else it is for information."""

    code: str
    en: str
    zh: str
    decisive: bool
    given: tuple[Note, ...]
    checks: tuple[tuple[Check, float], ...]

    @property
    def proved(self) -> bool:
        return all(check.proved for check, _ in self.checks)


@click.command()
@click.argument("packs", nargs=-1, metavar="[PACK]...")
@click.option("--against", metavar="BASE", help="The pack to compare with, instead of the base it names.")
@choices()[0]
@choices()[1]
@click.option(
    "--notes", is_flag=True, help="Also list what is no fault, such as rows decided by their order."
)
@LANGUAGE
@JSON
def prove(
    packs: tuple[str, ...],
    against: str | None,
    switches: tuple[str, ...],
    parameters: tuple[str, ...],
    notes: bool,
    lang: Language,
    as_json: bool,
) -> None:
    """Prove PACKS (ids or files; all shipped ones when none is named) over every combination of facts and days.

    Each pack is proved sound: no gap, no overlap, no row that can never fit, always a way out, whatever the
    operator chooses. A pack that names a base is also proved nowhere harsher than it: no longer wait, no longer
    publication, no material more, no narrower eligibility, no longer deadline or bar. A counterexample is a
    readable case that was replayed on the evaluator. Exit status 1 when there is one.

    \b
    Examples:
      goodstanding law prove
      goodstanding law prove packs/cn/our-city/2027-01-01.yaml --against cn-ndrc-36-2025 --lang zh
    """
    if against is not None and not packs:
        raise click.UsageError("--against needs a PACK to compare")
    try:
        chosen = _chosen(packs or tuple(pack.id for pack in all_packs()), against, switches, parameters)
        found = [(pack, base, tuple(_parts(pack, base))) for pack, base in chosen]
    except LawError as error:
        refuse(error, lang=lang, as_json=as_json, status=3 if error.code == "replay_disagrees" else 2)
    if as_json:
        click.echo(json.dumps([_document(*one) for one in found], ensure_ascii=False, indent=2))
    else:
        for one in found:
            for line in _words(*one, lang=lang, notes=notes):
                click.echo(line)
    if not all(part.proved for _, _, parts in found for part in parts if part.decisive):
        sys.exit(1)


def _chosen(
    names: Sequence[str], against: str | None, switches: tuple[str, ...], parameters: tuple[str, ...]
) -> list[tuple[Pack, Pack | None]]:
    """The packs with their bases, each with the choices that it offers."""
    offered: set[str] = set()

    def choose(name: str) -> Pack:
        pack = load_pack(name)
        codes = {row.code for row in pack.switches} | {row.code for row in pack.parameters}
        offered.update(codes)
        mine, numbers = (
            tuple(text for text in texts if text.partition("=")[0] in codes)
            for texts in (switches, parameters)
        )
        return chosen_pack(name, mine, numbers)

    found = []
    for name in names:
        pack = choose(name)
        base = against or pack.base
        found.append((pack, None if base is None else choose(base)))
    for text in (*switches, *parameters):
        if text.partition("=")[0] not in offered:
            raise SettingRefused(
                code="setting_refused",
                en=f"None of the packs offers the setting {text}.",
                zh=f"所选规则包均不支持设置 {text}。",
                remedy_en=f"They offer: {', '.join(sorted(offered))}.",
                remedy_zh=f"可用设置：{'、'.join(sorted(offered))}。",
            )
    return found


def _parts(pack: Pack, base: Pack | None) -> Iterator[Part]:
    yield Part(
        "sound",
        "sound, whatever the operator chooses",
        "在任何选项下均完备",
        True,
        (),
        _timed(checks_of(pack)),
    )
    if base is None:
        return
    yield Part(
        "harsher",
        f"nowhere harsher than {base.id}",
        f"均不严于“{base.id}”",
        True,
        assumptions(pack, base),
        _timed(checks_against(pack, base)),
    )
    if pack.readings:
        yield Part(
            "without_readings",
            f"for information, without the readings: nowhere harsher than {base.id}",
            f"供参考，不采用所列解读时：均不严于“{base.id}”",
            False,
            assumptions(pack, base, readings=False),
            _timed(checks_against(pack, base, readings=False)),
        )
    yield Part(
        "every_choice",
        f"for information, under every choice of the operator: nowhere harsher than {base.id}",
        f"供参考，在运营方任何选项下：均不严于“{base.id}”",
        False,
        assumptions(pack, base, choices="every"),
        _timed(checks_against(pack, base, choices="every")),
    )


def _timed(checks: Iterable[Check]) -> tuple[tuple[Check, float], ...]:
    found = []
    before = time.perf_counter()
    for check in checks:
        now = time.perf_counter()
        found.append((check, now - before))
        before = now
    return tuple(found)


def _document(pack: Pack, base: Pack | None, parts: Sequence[Part]) -> dict[str, Any]:
    return {
        "pack": pack.id,
        "digest": pack.digest,
        "base": base and base.id,
        "proved": all(part.proved for part in parts if part.decisive),
        "proofs": [
            {
                "code": part.code,
                "en": part.en,
                "zh": part.zh,
                "decisive": part.decisive,
                "proved": part.proved,
                "given": [{"en": note.en, "zh": note.zh} for note in part.given],
                "checks": [
                    {
                        "code": check.code,
                        "en": check.en,
                        "zh": check.zh,
                        "proved": check.proved,
                        "seconds": round(seconds, 4),
                        "counterexamples": [finding.situation() for finding in check.findings],
                        "notes": [{"en": note.en, "zh": note.zh} for note in check.notes],
                    }
                    for check, seconds in part.checks
                ],
            }
            for part in parts
        ],
    }


def _words(
    pack: Pack, base: Pack | None, parts: Sequence[Part], *, lang: Language, notes: bool
) -> Iterator[str]:
    english = lang == "en"
    seconds = sum(taken for part in parts for _, taken in part.checks)
    proved = all(part.proved for part in parts if part.decisive)
    verdict = ("PROVED" if english else "已证明") if proved else ("COUNTEREXAMPLE" if english else "存在反例")
    yield f"{pack.id}: {verdict}, {seconds:.2f} s" if english else f"{pack.id}：{verdict}，{seconds:.2f} 秒"
    for part in parts:
        yield f"  {part.en if english else part.zh}{': ' if english else '：'}{_holds(part.proved, lang)}"
        for note in part.given:
            yield f"    {'given' if english else '前提'}: {note.en if english else note.zh}"
        for check, taken in part.checks:
            mark = "+" if check.proved else "-"
            yield f"    {mark} {check.en if english else check.zh} ({taken:.2f} s)"
            for note in check.notes if notes else ():
                yield f"        {note.en if english else note.zh}"
            for finding in check.findings:
                yield f"      {finding.en if english else finding.zh}"
                if part.decisive:
                    yield from (f"        {line}" for line in finding.yaml().splitlines())


def _holds(proved: bool, lang: Language) -> str:
    if lang == "en":
        return "proved" if proved else "not so"
    return "成立" if proved else "不成立"
