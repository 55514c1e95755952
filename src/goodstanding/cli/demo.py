"""``goodstanding demo``: the main job on a small city, then the portal."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from goodstanding.site.database import database

from .intake import batch_summary, take_in_city
from .progress import console, shown


@click.command()
@click.option("--entities", default=1_000, show_default=True, help="How many entities the city has.")
@click.option("--seed", default=1, show_default=True, help="The seed of the city.")
@click.option(
    "--port", default=8000, show_default=True, help="Port of the portal; the next free one when taken."
)
@click.option("--serve/--no-serve", "keep_serving", default=True, help="Serve the portal afterwards.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def demo(entities: int, seed: int, port: int, keep_serving: bool, as_json: bool) -> None:
    """Set up a small city, run the main job end to end, and serve the portal.

    Generate, take in, link, classify, publish, restore, propagate, receipt: every step is the real one.
    A second start keeps the data and only serves.

    \b
    Example:
      goodstanding demo --no-serve
    """
    started = time.perf_counter()
    os.environ.setdefault("GOODSTANDING_OWN_MOTION", "yes")  # for the worker that is started below
    with database():
        from goodstanding.site import demo as story
        from goodstanding.site.serve import platform, serve_until_stopped

        state = story.State.load()
        try:
            story.refuse_a_used_registry(state)
            city = story.folder() / "city"
            state.once("city", lambda: _generate(city, entities, seed, as_json=as_json))
            batches = state.once(
                "intake", lambda: [batch_summary(batch) for batch in take_in_city(city, as_json=as_json)]
            )
            logins = state.once("logins", story.make_logins)
            state.once("subscriber", story.make_subscriber)
            with platform(host="127.0.0.1", port=port, workers=2) as running:
                story.mirror_until_caught_up(running.url)
                running.extra.append(story.mirror_command(running.url))
                running.keep_running()
                restored = state.once("restored", lambda: story.restore_one(running.url))
                state.once("open cases", story.leave_cases_open)
                summary = _summary(batches, restored, logins, running.url, time.perf_counter() - started)
                if as_json:
                    click.echo(json.dumps(summary, ensure_ascii=False, indent=2))
                else:
                    _print(summary, serving=keep_serving)
                if keep_serving:
                    serve_until_stopped(running)
        except story.DemoError as error:
            click.echo(f"goodstanding demo: {error}", err=True)
            sys.exit(3)


def _generate(city: Path, entities: int, seed: int, *, as_json: bool) -> dict[str, Any]:
    from django.utils import timezone

    from goodstanding.world import generate

    with shown(as_json=as_json) as bar:
        manifest = generate(
            city,
            entities=entities,
            seed=seed,
            on=timezone.localdate(),
            progress=bar("generating the city", None),
        )
    return {"folder": str(city), "files": len(manifest.files)}


def _summary(
    batches: list[dict[str, Any]],
    restored: dict[str, Any],
    logins: dict[str, dict[str, str]],
    url: str,
    seconds: float,
) -> dict[str, Any]:
    from .status import collect

    return {
        "files": batches,
        "restored": restored,
        "status": collect(),
        "logins": list(logins.values()),
        "url": url,
        "seconds": round(seconds, 1),
    }


def _print(summary: dict[str, Any], *, serving: bool) -> None:
    from rich.console import Console

    out = Console()
    table = Table(title="What became of the authorities' files", title_justify="left")
    for column in ("file", "rows", "committed", "unchanged", "superseding", "rejected"):
        table.add_column(column, justify="left" if column == "file" else "right", overflow="fold")
    for file in summary["files"]:
        numbers = (file[name] for name in ("rows", "committed", "unchanged", "superseding", "rejected"))
        table.add_row(file["file"], *(f"{number:,}" for number in numbers))
    out.print(table)
    status, restored = summary["status"], summary["restored"]
    records = ", ".join(f"{count:,} {state}" for state, count in status["records"].items())
    out.print(f"entities {status['entities']:,}; records: {records}")
    out.print(f"journal: position {status['journal_position']:,}, sealed up to {status['sealed_size']:,}")
    out.print(
        f"restored: a penalty of {restored['entity']}, decided by {restored['authority']},"
        f" journal position {restored['position']:,}; the subscriber dropped it and its signed receipt"
        f" came {restored['seconds_to_receipt']} s after the decision"
    )
    logins = Table(title="Demo logins", title_justify="left")
    logins.add_column("user")
    logins.add_column("password")
    for login in summary["logins"]:
        logins.add_row(login["username"], login["password"])
    out.print(logins)
    out.print(f"done in {summary['seconds']} s")
    if serving:
        console.print(f"The portal: [bold]{summary['url']}[/bold]   (Ctrl-C stops it, the data stays)")
