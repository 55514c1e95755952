"""``goodstanding law receipt | replay``: a decision as bytes that can be made again, and making them again."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from goodstanding.law.decide import decide
from goodstanding.law.errors import LawError
from goodstanding.law.receipts.archive import archive_pack
from goodstanding.law.receipts.receipt import digest_of
from goodstanding.law.receipts.receipt import receipt as receipt_of
from goodstanding.law.receipts.replay import ReplayFailed
from goodstanding.law.receipts.replay import replay as replay_receipt
from goodstanding.law.renderings.explain import Language
from goodstanding.law.renderings.render import AUDIENCES, Audience, as_text, render

from .law_case import (
    JSON,
    LANGUAGE,
    START,
    Question,
    calendar_of,
    case_options,
    error_document,
    error_words,
    one_case,
    refuse,
    start_days,
)


@click.command()
@case_options
@START
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the receipt to this file."
)
@click.option(
    "--with-pack",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Archive the pack that decided in this folder, under its digest.",
)
@LANGUAGE
@JSON
def receipt(
    question: Question,
    starts: tuple[str, ...],
    out: Path | None,
    folder: Path | None,
    lang: Language,
    as_json: bool,
) -> None:
    """Decide one case and write the receipt: pack, engine, calendar, facts and result as canonical JSON.

    Without --out the bytes go to standard output, and nothing else.

    \b
    Example:
      goodstanding law receipt --facts case.json --on 2026-11-22 --start receipt=2026-11-20 --out receipt.json
    """
    days = start_days(starts)
    case = one_case(question, lang=lang, as_json=as_json)
    try:
        calendar = calendar_of(case.pack) if days else None
        verdict = decide(case.record.facts, pack=case.pack, on=case.on)
        content = receipt_of(verdict, pack=case.pack, starts=days, calendar=calendar)
    except LawError as error:
        refuse(error, lang=lang, as_json=as_json)
    archived = None if folder is None else archive_pack(case.pack, folder)
    if out is None:
        sys.stdout.buffer.write(content)
        return
    out.write_bytes(content)
    if as_json:
        document = {"receipt": str(out), "digest": digest_of(content), "pack": case.pack.id}
        document |= {"pack_digest": case.pack.digest, "archived": str(archived) if archived else ""}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    click.echo(f"{out}: {digest_of(content)}")
    if archived is not None:
        click.echo(str(archived))


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--archive",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of archived packs, to look in when the pack is not shipped any more.",
)
@click.option("--audience", type=click.Choice(AUDIENCES), help="Explain the decision to this reader, too.")
@LANGUAGE
@JSON
def replay(
    file: Path, archive: Path | None, audience: Audience | None, lang: Language, as_json: bool
) -> None:
    """Decide again from the receipt in FILE alone. Exit status 1, with what differs, unless the bytes are the same.

    \b
    Example:
      goodstanding law replay receipt.json --archive packs --audience court
    """
    try:
        found = replay_receipt(file.read_bytes(), archive=archive)
    except LawError as error:
        _not_the_same(error, lang=lang, as_json=as_json)
    if as_json:
        document = {"same": True, "digest": found.digest, "pack": found.verdict.pack_id}
        document |= {"pack_digest": found.verdict.pack_digest, "on": found.verdict.on.isoformat()}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    pack, on = found.verdict.pack_id, found.verdict.on
    click.echo(
        f"SAME: decided again by {pack} for {on}; receipt {found.digest}"
        if lang == "en"
        else f"一致：依据 {pack} 对 {on} 重新作出的决定相同；凭据摘要 {found.digest}"
    )
    if audience is not None:
        sections = render(
            found.verdict,
            pack=found.pack,
            audience=audience,
            language=lang,
            starts=found.starts,
            calendar=found.calendar,
        )
        click.echo(f"\n{as_text(sections)}")


def _not_the_same(error: LawError, *, lang: Language, as_json: bool) -> None:
    """What differs, or why it cannot be replayed; ends with exit code 1."""
    if as_json:
        document = {"same": False, **error_document(error)}
        if isinstance(error, ReplayFailed):
            document["differences"] = [
                {"path": path, "recorded": was, "now": now} for path, was, now in error.differences
            ]
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        click.echo(("NOT THE SAME: " if lang == "en" else "不一致：") + error_words(error, lang), err=True)
    sys.exit(1)
