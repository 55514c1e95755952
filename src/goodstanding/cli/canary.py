"""``goodstanding canary``: records of firms that do not exist, each for one recipient, and whose copy came out."""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goodstanding.site.database import database

from .probe import recipient_named

if TYPE_CHECKING:
    from goodstanding.exchange.canaries import Life
    from goodstanding.exchange.models import Canary


@click.group()
def canary() -> None:
    """Plant records of firms that do not exist, each for one recipient, and recognise them in copies.

    \b
    Example:
      goodstanding canary plant mingjian
      goodstanding canary check leaked.csv
    """


@canary.command()
@click.argument("username")
@click.option("--json", "as_json", is_flag=True, help="Print the canary as JSON.")
def plant(username: str, as_json: bool) -> None:
    """Make a canary for the recipient with the login USERNAME and send it by its feed.

    An agreement of the recipient must say that canaries may be sent (`probing: {canaries: true}`). The code is valid,
    nobody has it, and nobody is registered under it from now on.

    \b
    Example:
      goodstanding canary plant mingjian --json
    """
    with database():
        from django.utils import timezone

        from goodstanding.exchange import canaries
        from goodstanding.exchange.errors import ExchangeError

        subscriber = recipient_named(username, "USERNAME")
        try:
            document = _document(canaries.plant(subscriber=subscriber, at=timezone.now()))
        except ExchangeError as error:
            raise click.UsageError(f"{error.en} ({error.zh})") from error
    _tell(document, "planted for {recipient}: {canary}  {name}  {code}", as_json=as_json)


@canary.command("list")
@click.option("--recipient", help="The login of the one recipient whose canaries are listed.")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_canaries(recipient: str | None, as_json: bool) -> None:
    """List the canaries, and what is known of each: whether its recipient took it, and whether it dropped it.

    \b
    Example:
      goodstanding canary list --recipient mingjian --json
    """
    with database(migrate=False):
        from goodstanding.exchange import canaries

        of = recipient_named(recipient, "--recipient") if recipient else None
        found = [_life(each) for each in canaries.lives(of=of)]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for each in found:
        known = ", ".join(name for name in _KNOWN if each[name]) or "nothing known yet"
        click.echo("{canary}  {recipient}  {name}  {code}: ".format(**each) + known)


@canary.command()
@click.argument("canary_id", metavar="CANARY", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print the canary as JSON.")
def remove(canary_id: uuid.UUID, as_json: bool) -> None:
    """Remove CANARY, as a record that was restored; its recipient owes a receipt for it.

    \b
    Example:
      goodstanding canary remove 3f0c1c8e-6a0e-4f6e-9a55-0d6c5a1d7d11
    """
    with database():
        from django.utils import timezone

        from goodstanding.exchange import canaries
        from goodstanding.exchange.errors import ExchangeError

        try:
            document = _document(canaries.remove(canary=canary_id, at=timezone.now()))
        except ExchangeError as error:
            raise click.UsageError(f"{error.en} ({error.zh})") from error
    _tell(document, "removed from {recipient}: {canary}  {name}  {code}", as_json=as_json)


@canary.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print what was recognised as JSON.")
def check(file: Path, as_json: bool) -> None:
    """Say which canaries are in FILE (text, CSV or JSON), and so from whom it comes; 1 where there is one.

    What is found is told to the operator by a notice, and to nobody else.

    \b
    Example:
      goodstanding canary check leaked.csv
    """
    text = _text(file)
    with database():
        from django.utils import timezone

        from goodstanding.exchange import canaries

        found = canaries.recognise(text)
        canaries.tell(found, at=timezone.now())
        document = {
            "canaries": [_document(each.canary) | {"by": list(each.by)} for each in found],
            "recipients": [each.account.user.username for each in canaries.sources(found)],
        }
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        for each in document["canaries"]:
            click.echo("{recipient}: {name}  {code} (by {by})".format(**each | {"by": ", ".join(each["by"])}))
        if not found:
            click.echo("no canary is in it")
    sys.exit(1 if found else 0)


def _text(file: Path) -> str:
    data = file.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise click.BadParameter("the file is neither UTF-8 nor GB 18030 text", param_hint="FILE")


_KNOWN = ("confirmed", "held", "shown", "answered", "dropped", "gone")


def _document(found: Canary) -> dict[str, Any]:
    return {
        "canary": str(found.public_id),
        "recipient": found.subscriber.account.user.username,
        "record": str(found.record_id),
        "name": found.name,
        "code": found.code,
        "document_no": found.document_no,
        "planted_at": found.planted_at.isoformat(),
        "removed_at": found.removed_at.isoformat() if found.removed_at else None,
    }


def _life(each: Life) -> dict[str, Any]:
    return _document(each.canary) | {name: getattr(each, name) for name in _KNOWN}


def _tell(document: dict[str, Any], words: str, *, as_json: bool) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2) if as_json else words.format(**document))
