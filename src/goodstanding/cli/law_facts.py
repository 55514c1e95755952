"""``goodstanding law facts``: the records of the registry as facts, for `law diff`, `law decide` and others."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click

from goodstanding.law.receipts.plain import plain_facts
from goodstanding.site.database import database

from .law_case import JSON


@click.command()
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--open-cases", is_flag=True, help="Only records with an open restoration case.")
@JSON
def facts(out: Path, open_cases: bool, as_json: bool) -> None:
    """Write the registry's adverse records that can be restored to OUT, one JSON line of facts each.

    A line has the record's public id and no name, code or number of anybody. What the applicant of an open case
    stated is among the facts.

    \b
    Example:
      goodstanding law facts open.jsonl --open-cases
      goodstanding law diff cn-ndrc-36-2025 changed.yaml --over open.jsonl --on 2026-12-01
    """
    kinds: Counter[str] = Counter()
    with database(migrate=False), out.open("w", encoding="utf-8") as lines:
        from goodstanding.casework.held import held_facts

        for record, found in held_facts(open_cases=open_cases):
            kinds[found.kind] += 1
            line = {"id": str(record.public_id), **plain_facts(found)}
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
    if as_json:
        click.echo(json.dumps({"out": str(out), "records": kinds.total(), "kinds": dict(kinds)}))
        return
    listed = ", ".join(f"{kind} {count:,}" for kind, count in sorted(kinds.items()))
    click.echo(f"{out}: {kinds.total():,} records{': ' if listed else ''}{listed}")
