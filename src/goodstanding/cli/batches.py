"""``goodstanding batches``: what came in, what waits for the operator, and how good the sources are."""

from __future__ import annotations

import json
import uuid
from typing import Any

import click

from goodstanding.site.database import database

from .engine import engine_option, used
from .intake import batch_summary
from .progress import shown

STATES = ("received", "running", "done", "failed", "held", "refused")


@click.group()
def batches() -> None:
    """List batches, decide on held ones, and print the quality of sources.

    \b
    Example:
      goodstanding batches list --state held
    """


@batches.command("list")
@click.option("--state", type=click.Choice(STATES), default=None, help="Only batches in this state.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, help="At most so many, the newest first."
)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_batches(state: str | None, limit: int, as_json: bool) -> None:
    """List batches, the newest first.

    \b
    Example:
      goodstanding batches list --state held --json
    """
    with database(migrate=False):
        from goodstanding.intake import queries
        from goodstanding.registry.actor import Actor

        asked = queries.Asked(state=state or "")
        found = queries.batches_asked_for(Actor(role="operator"), asked)[:limit]
        summaries = [batch_summary(batch) for batch in found]
    if as_json:
        click.echo(json.dumps(summaries, ensure_ascii=False, indent=2))
        return
    for summary in summaries:
        click.echo("{batch}  {state:<8}  {rows:>9,} rows  quality {quality}  {file}".format(**summary))


@batches.command()
@click.argument("batch", type=click.UUID)
@click.option("--reason", required=True, help="Why, 10 to 2,000 characters; the source reads it.")
@engine_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def release(batch: uuid.UUID, reason: str, engine: str | None, as_json: bool) -> None:
    """Let a held batch in as it is, and take it in.

    \b
    Examples:
      goodstanding batches release 5e0c... --reason "The source confirmed the short file."
      goodstanding batches release 5e0c... --reason "The source confirmed it." --engine rows
    """
    _decide(batch, "released", reason, as_json=as_json, engine=engine)


@batches.command()
@click.argument("batch", type=click.UUID)
@click.option("--reason", required=True, help="Why, 10 to 2,000 characters; the source reads it.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def refuse(batch: uuid.UUID, reason: str, as_json: bool) -> None:
    """Refuse a held batch whole: nothing of it enters, and its file is removed.

    \b
    Example:
      goodstanding batches refuse 5e0c... --reason "A third of the rows has no date; mend them."
    """
    _decide(batch, "refused", reason, as_json=as_json)


def _decide(
    public_id: uuid.UUID, decision: str, reason: str, *, as_json: bool, engine: str | None = None
) -> None:
    with database(), used(engine):
        from django.utils import timezone

        from goodstanding.intake import commands
        from goodstanding.intake.models import Batch, Hold
        from goodstanding.registry.actor import Actor

        batch = commands.decide_held(
            actor=Actor(role="operator"),
            public_id=public_id,
            decision=Hold.Decision(decision),
            reason=reason,
            at=timezone.now(),
        )
        if batch.state == Batch.State.RECEIVED:
            with shown(as_json=as_json) as bar:
                progress = bar(batch.name, None)
                today = timezone.localdate()
                batch = commands.run(batch.pk, progress=progress, today=today, at_clock=timezone.now)
        summary = batch_summary(batch)
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        click.echo(
            "{file}: {state}: {committed:,} committed, {unchanged:,} unchanged, {superseding:,} superseding,"
            " {rejected:,} rejected".format(**summary)
        )


@batches.command()
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def sources(as_json: bool) -> None:
    """Print the score of every source, as the public page does, with the counts behind it.

    \b
    Example:
      goodstanding batches sources --json
    """
    with database(migrate=False):
        from django.utils import timezone

        from goodstanding.intake.sources import known_sources, source_qualities

        found = [_source(item) for item in source_qualities(known_sources(), on=timezone.localdate())]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for item in found:
        scores = ", ".join(f"{code} {score}" for code, score in item["measures"].items())
        click.echo(f"{item['total']!s:>5}  {item['authority']}  {item['name']}  ({scores})")
        for finding in item["findings"]:
            click.echo(f"       {finding['en']}")


def _source(item: Any) -> dict[str, Any]:
    def number(score: Any) -> float | None:
        return None if score is None else float(score)

    return {
        "authority": item.authority.code,
        "name": item.authority.name_zh,
        "total": number(item.total),
        "measures": {measure.code: number(measure.score) for measure in item.measures},
        "counts": item.counts.as_json(),
        "batches": item.batches,
        "unreadable": item.unreadable,
        "refused": item.refused,
        "findings": [finding.as_json() for finding in item.findings],
        "months": {str(month.first)[:7]: number(month.total) for month in item.months},
    }
