"""``goodstanding cases``: looking after the cases of an installation."""

from __future__ import annotations

import json
from collections import Counter

import click

from goodstanding.site.database import database

from .progress import shown


@click.group()
def cases() -> None:
    """Look after the cases of this installation.

    \b
    Example:
      goodstanding cases check
    """


@cases.command()
@click.option("--open", "with_open", is_flag=True, help="Cases that have not ended too.")
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON line for each deviation, progress as JSON lines."
)
def check(with_open: bool, as_json: bool) -> None:
    """Replay the trails of the finished cases against their charts and name every deviation with its article.

    Exit status 1 where there is one (a decision that came late is one).

    \b
    Examples:
      goodstanding cases check
      goodstanding cases check --open --json
    """
    with database(migrate=False):
        from goodstanding.casework.conformance import deviations, trails
        from goodstanding.casework.models import Case

        total = Case.objects.count()
        counts: Counter[str] = Counter()
        looked_at = 0
        with shown(as_json=as_json) as bar:
            progress = bar("cases", total)
            for trail in trails(only_ended=not with_open):
                looked_at += 1
                for item in deviations(trail):
                    counts[item.code] += 1
                    said = {"case": trail.case, "kind": trail.kind, "step": item.step, "code": item.code}
                    if as_json:
                        click.echo(json.dumps(said | {"en": item.en, "article": item.article_en}))
                    else:
                        article = f" ({item.article_en})" if item.article_en else ""
                        click.echo(
                            f"{trail.case} {trail.kind} step {item.step}: {item.code}: {item.en}{article}"
                        )
                progress(looked_at, total)
    if as_json:
        click.echo(json.dumps({"cases": looked_at, "deviations": dict(sorted(counts.items()))}))
    else:
        click.echo(f"{looked_at:,} cases replayed, {counts.total():,} deviations")
    if counts:
        raise SystemExit(1)
