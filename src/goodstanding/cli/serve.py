"""``goodstanding serve``, ``worker`` and ``migrate``."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
from collections.abc import Iterator

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
    with database(), _recovered(), platform(host=host, port=port, workers=workers) as running:
        click.echo(json.dumps({"url": running.url}) if as_json else f"Goodstanding serves {running.url}")
        serve_until_stopped(running)


@contextlib.contextmanager
def _recovered() -> Iterator[None]:
    """Before anything is appended: take back what followers hold of a log that was put back to an earlier state."""
    from django.db import connection
    from django.utils import timezone

    from goodstanding.exchange.federation.recover import recover

    found = recover(at=timezone.now())
    connection.close()
    if found.positions:
        click.echo(f"{found.positions} lost positions of the log came back from its followers", err=True)
    for name in found.contradicted:
        click.echo(f"{name} holds another history of this log; nothing is sealed", err=True)
    yield


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
