"""``goodstanding link``: look for the subjects of rows that came without a usable code."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict

import click

from goodstanding.site.database import database

from .progress import shown


@click.command()
@click.argument("batches", nargs=-1, type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, progress as JSON lines.")
def link(batches: tuple[uuid.UUID, ...], as_json: bool) -> None:
    """Link quarantined rows of BATCHES by name and place, or of all batches that were not looked at yet.

    What is sure enters; what is less sure waits for a clerk in the portal, with its reasons. Needs the extra
    `linkage`. The running worker does the same each minute where the extra is installed.

    \b
    Examples:
      goodstanding link
      goodstanding link 3f0c1c8e-6a0e-4f6e-9a55-0d6c5a1d7d11 --json
    """
    with database(migrate=False):
        found = _link(batches, as_json=as_json)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        for name, counts in found.items():
            click.echo(
                "{0}: {linked:,} linked, {waiting:,} wait for a clerk, {none:,} without".format(
                    name, **counts
                )
            )


def _link(batches: tuple[uuid.UUID, ...], *, as_json: bool) -> dict[str, dict[str, int]]:
    from django.utils import timezone

    from goodstanding.intake import review
    from goodstanding.intake.models import Batch

    wanted = (
        Batch.objects.filter(public_id__in=batches)
        if batches
        else Batch.objects.filter(pk__in=review.unlinked())
    )
    if batches and wanted.count() != len(set(batches)):
        raise click.UsageError("there is no such batch (没有该批次)")
    found = {}
    with shown(as_json=as_json) as bar:
        for batch in wanted.order_by("pk"):
            done = bar(batch.name, batch.rejected)
            proposed = review.propose(batch.pk, today=timezone.localdate(), at=timezone.now(), progress=done)
            found[str(batch.public_id)] = asdict(proposed)
    return found
