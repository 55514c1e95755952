"""``goodstanding law lint | schema``: check pack files, and print the schemas."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from goodstanding.law.errors import LawError
from goodstanding.law.lint import Linted
from goodstanding.law.lint import lint as lint_file
from goodstanding.law.load import pack_files
from goodstanding.law.renderings.explain import Language
from goodstanding.law.schema import DOCUMENTS, schema_of

from .law_case import JSON, LANGUAGE, refuse


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@LANGUAGE
@JSON
def lint(files: tuple[Path, ...], lang: Language, as_json: bool) -> None:
    """Check pack FILES (the shipped ones when none is named) and run the situations beside each.

    Every problem is named with file, line, row and reason. Exit status 1 when a file is refused or a situation
    comes out otherwise.

    \b
    Example:
      goodstanding law lint packs/cn/our-city/2027-01-01.yaml
    """
    try:
        found = [lint_file(path) for path in files or pack_files()]
    except LawError as error:
        refuse(error, lang=lang, as_json=as_json)
    if as_json:
        click.echo(json.dumps([_document(one) for one in found], ensure_ascii=False, indent=2))
    else:
        for one in found:
            for line in _words(one, lang):
                click.echo(line)
    if not all(one.sound for one in found):
        sys.exit(1)


@click.command()
@click.argument("name", type=click.Choice(list(DOCUMENTS)), default="facts")
@click.option("--json", "as_json", is_flag=True, help="JSON, which it always is.")
def schema(name: str, as_json: bool) -> None:
    """Print the JSON Schema (2020-12) of facts, decision, pack or receipt.

    \b
    Example:
      goodstanding law schema decision
    """
    click.echo(schema_of(name), nl=False)


def _document(found: Linted) -> dict[str, Any]:
    return {
        "file": found.file,
        "sound": found.sound,
        "pack": found.pack and found.pack.id,
        "digest": found.pack and found.pack.digest,
        "problems": [
            {"file": problem.file, "line": problem.line, "row": problem.row, "reason": problem.reason}
            for problem in found.problems
        ],
        "situations": found.situations,
        "failed": [{"situation": name, "differences": list(why)} for name, why in found.failed],
    }


def _words(found: Linted, lang: Language) -> list[str]:
    english = lang == "en"
    said = [str(problem) for problem in found.problems]
    for name, why in found.failed:
        said.append(
            f"{found.file}: situation {name}: {'; '.join(why)}"
            if english
            else f"{found.file}：情形 {name}：{'；'.join(why)}"
        )
    if found.pack is not None and found.sound:
        said.append(
            f"{found.file}: {found.pack.id} is sound, {found.situations} situations agree"
            if english
            else f"{found.file}：{found.pack.id} 通过检查，{found.situations} 个情形一致"
        )
    return said
