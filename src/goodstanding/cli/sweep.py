"""``goodstanding sweep``: what the worker does each minute, asked for by hand or by a timer of one's own."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

import click

from goodstanding.site.database import database

from .progress import shown


@click.command()
@click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), help="The day, past or present; today unless said otherwise."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, progress as JSON lines.")
def sweep(on: datetime | None, as_json: bool) -> None:
    """End the publications whose last day is over, tell of the records that became restorable, and, where
    GOODSTANDING_OWN_MOTION says so, open the cases of restoration without applying.

    The running worker does the same each minute. Killed at any point it may simply be called again: no record is
    changed twice. Exit status 1 when others held records locked, which the next sweep takes.

    \b
    Examples:
      goodstanding sweep
      goodstanding sweep --on 2026-11-22 --json
    """
    with database(migrate=False):
        done = _sweep(on, as_json=as_json)
    if as_json:
        click.echo(json.dumps(done, indent=2))
    else:
        click.echo(
            "{on}: {ended:,} publications ended ({ending:,} due on the day, {overdue:,} overdue),"
            " {told:,} records became restorable, {found:,} found for restoration without applying,"
            " {held_up:,} held up; {seconds} s".format(**done)
        )
    if done["held_up"]:
        raise SystemExit(1)


def _sweep(on: datetime | None, *, as_json: bool) -> dict[str, Any]:
    from django.conf import settings
    from django.utils import timezone

    from goodstanding.casework import own_motion
    from goodstanding.registry import sweep as registry
    from goodstanding.registry.commands import RegistryError

    day = on.date() if on else timezone.localdate()
    begun = time.monotonic()
    with shown(as_json=as_json) as bar:
        progress = bar(f"sweep of {day}", registry.due(on=day).total)
        try:
            swept = registry.sweep(on=day, at_clock=timezone.now, progress=progress)
        except RegistryError as error:
            raise click.UsageError(f"{error.en} ({error.zh})") from error
        found = own_motion.sweep(on=day, at_clock=timezone.now).opened if settings.OWN_MOTION else 0
    return {
        "on": day.isoformat(),
        "ending": swept.found.ending,
        "overdue": swept.found.overdue,
        "restorable": swept.found.restorable,
        "ended": swept.ended,
        "told": swept.told,
        "found": found,
        "held_up": swept.held_up,
        "seconds": round(time.monotonic() - begun, 2),
    }
