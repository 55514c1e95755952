"""``goodstanding serve``, ``worker`` and ``migrate``."""

from __future__ import annotations

import json
import signal
import threading

import click

from goodstanding.site.database import database
from goodstanding.site.serve import platform, serve_until_stopped

from .engine import engine_option, used


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port; the next free one when taken.")
@click.option("--workers", default=2, show_default=True, help="Web server processes.")
@click.option("--json", "as_json", is_flag=True, help="Print the address as one line of JSON.")
def serve(host: str, port: int, workers: int, as_json: bool) -> None:
    """Serve the portal and the API, with the worker beside them, until interrupted.

    \b
    Example:
      goodstanding serve --port 8000
    """
    with database(), platform(host=host, port=port, workers=workers) as running:
        click.echo(json.dumps({"url": running.url}) if as_json else f"Goodstanding serves {running.url}")
        serve_until_stopped(running)


@click.command()
@engine_option
def worker(engine: str | None) -> None:
    """Seal the journal, end publications at their maximum, take up interrupted batches, push, until interrupted.

    \b
    Examples:
      goodstanding worker
      goodstanding worker --engine spark://master.example:7077
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with database(migrate=False) as url, used(engine):
        from goodstanding.site.worker import work

        work(url, stop)


@click.command()
def migrate() -> None:
    """Bring the database's tables up to date.

    \b
    Example:
      DATABASE_URL=postgresql://user:secret@server/goodstanding goodstanding migrate
    """
    with database():
        click.echo("the tables are up to date")
