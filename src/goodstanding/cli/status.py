"""``goodstanding status``: what runs, with counts."""

from __future__ import annotations

import json
from typing import Any

import click
from django.db import connection

from goodstanding.site.database import database


def collect() -> dict[str, Any]:
    """The state of the platform as its operator sees it, as plain data."""
    from goodstanding.api.status import described
    from goodstanding.registry.actor import Actor

    found = described(Actor(role="operator"))
    for subscriber in found["subscribers"]:
        subscriber["last_seen"] = subscriber["last_seen"] and subscriber["last_seen"].isoformat()
    return found


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def status(as_json: bool) -> None:
    """Say what runs and what it holds: entities, records by state, journal position, subscribers and their lag.

    \b
    Example:
      goodstanding status --json
    """
    with database(migrate=False):
        if "registry_record" not in connection.introspection.table_names():
            raise click.ClickException("the tables are not there yet: run `goodstanding migrate` first")
        found = collect()
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    processes = ", ".join(f"{name} ({count} connections)" for name, count in found["processes"].items())
    click.echo(f"{found['database']}; running: {processes or 'neither web server nor worker'}")
    click.echo(f"entities           {found['entities']:>12,}")
    for state, count in found["records"].items():
        click.echo(f"records {state:<11}{count:>12,}")
    click.echo(f"facts in the lake  {found['facts']:>12,}")
    click.echo(f"journal position   {found['journal_position']:>12,}")
    click.echo(f"sealed up to       {found['sealed_size']:>12,}")
    for subscriber in found["subscribers"]:
        click.echo(
            f"subscriber {subscriber['name_en'] or subscriber['name_zh']}: position {subscriber['position']:,},"
            f" lag {subscriber['lag']:,}, receipts {subscriber['receipts']:,}, due {subscriber['receipts_due']:,}"
        )
