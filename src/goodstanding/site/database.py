"""The database of this run: the server that DATABASE_URL names, or our own, started for as long as it is used."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from .embedded_postgres import running
from .home import home


@contextlib.contextmanager
def database(*, migrate: bool = True) -> Iterator[str]:
    """Make Django usable: find or start the database, load the settings, bring the tables up to date.

    Args:
        migrate: bring the tables up to date first.

    Yields:
        The database's address, also set as DATABASE_URL for child processes.
    """
    with contextlib.ExitStack() as stack:
        url = os.environ.get("DATABASE_URL")
        if not url:
            url = stack.enter_context(running(home() / "postgres")).url()
            os.environ["DATABASE_URL"] = url
            stack.callback(os.environ.pop, "DATABASE_URL", None)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "goodstanding.site.settings")
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        stack.callback(connections.close_all)
        if migrate:
            call_command("migrate", verbosity=0)
        yield url
