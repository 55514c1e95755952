"""What the commands about sharing agreements have in common: their options, their refusals, and how they show one."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from goodstanding.site.database import database

JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@contextlib.contextmanager
def refusals(*, as_json: bool) -> Iterator[None]:
    """What the exchange refuses becomes its two sentences, or JSON, and exit status 2."""
    from goodstanding.exchange.errors import AgreementRefused, ExchangeError

    try:
        yield
    except ExchangeError as error:
        said: dict[str, Any] = {"code": error.code, "en": error.en, "zh": error.zh, "place": error.place}
        if isinstance(error, AgreementRefused):
            said["faults"] = [
                {"file": error.file, "line": one.line, "path": one.path, "en": one.en, "zh": one.zh}
                for one in error.faults
            ]
        place = f" [{error.place}]" if error.place and not isinstance(error, AgreementRefused) else ""
        text = f"goodstanding: {error.en}{place}\n{error.zh}"
        click.echo(json.dumps(said, ensure_ascii=False) if as_json else text, err=True)
        sys.exit(2)


@contextlib.contextmanager
def opened(*, as_json: bool) -> Iterator[None]:
    """The database, with refusals told."""
    with database(), refusals(as_json=as_json):
        yield


def tell(reference: str, *, as_json: bool) -> None:
    """Print how an agreement stands."""
    from django.utils import timezone

    from goodstanding.exchange import agreement_queries as queries

    found = queries.agreement(reference, on=timezone.localdate())
    if as_json:
        click.echo(json.dumps(queries.document_of(found), ensure_ascii=False, indent=2))
        return
    click.echo(line(found))
    for change in found.changes:
        click.echo(f"  {change.effect:8}  {change.path}: {change.old} -> {change.new}")


def line(row: Any) -> str:
    """An agreement in a line."""
    parts = [row.agreement.reference, row.state.replace("_", " "), str(row.document.terms.recipient.name_zh)]
    if row.held:
        parts.append(f"version {row.held.version}")
    if row.waiting:
        parts.append(f"version {row.waiting.version} waits for {' and '.join(row.waits_for)}")
    if row.state == "owing":
        parts.append(f"statement of deletion due on {row.deletion_due or 'a day that is not known yet'}")
    if row.agreement.deleted is not None:
        parts.append(f"{row.agreement.deleted} records deleted")
    return ", ".join(parts)
