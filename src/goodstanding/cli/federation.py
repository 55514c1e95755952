"""``goodstanding federation``: the instances whose feeds this one follows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goodstanding import proof
from goodstanding.site.database import database
from goodstanding.site.home import secret

if TYPE_CHECKING:
    from goodstanding.registry.models import Neighbour


@click.group()
def federation() -> None:
    """Join the feeds of other instances: a province follows its cities, the nation its provinces.

    \b
    Example:
      goodstanding federation key
      goodstanding federation join linhu https://credit.linhu.example --token-file token
      goodstanding federation list
      goodstanding federation reconcile linhu
    """


@federation.command("key")
def key() -> None:
    """Print the public key of this instance's receipts in hex, for `goodstanding subscribe --key` at the other one.

    \b
    Example:
      goodstanding federation key
    """
    click.echo(proof.public_key(secret("federation")).hex())


@federation.command("join")
@click.argument("name")
@click.argument("url")
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="File with the API token that the other instance gave (feed:read, receipts:write, cases:forward).",
)
@click.option(
    "--key", default="", help="The verifier key of its log, told by another way; else what it shows."
)
@click.option("--json", "as_json", is_flag=True, help="Print the neighbour as JSON.")
def join(name: str, url: str, token_file: Path, key: str, as_json: bool) -> None:
    """Begin to follow another instance under the name NAME, or take its new address or token.

    The worker follows it from then on. The key of its log is pinned: compare it with what its operator tells you.

    \b
    Example:
      goodstanding federation join linhu https://credit.linhu.example --token-file token
    """
    with database():
        from django.utils import timezone

        from goodstanding.exchange.errors import ExchangeError
        from goodstanding.exchange.federation import links
        from goodstanding.exchange.mirror import MirrorError

        if not name.replace("-", "").isalnum() or not name.isascii() or name != name.lower():
            raise click.BadParameter("lower-case letters, digits and hyphens", param_hint="NAME")
        try:
            made = links.join(
                name=name, url=url, token=token_file.read_text("utf-8").strip(), key=key, at=timezone.now()
            )
        except (ExchangeError, MirrorError) as error:
            raise click.ClickException(f"{error.en} [{error.place}]\n{error.zh}") from error
        if as_json:
            click.echo(json.dumps(_document(made), ensure_ascii=False, indent=2))
            return
        click.echo(f"following {made.origin} at {made.url}; its log's key is {made.key}")


@federation.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def listed(as_json: bool) -> None:
    """The neighbours: how far each was followed, and why the last round failed where it did.

    \b
    Example:
      goodstanding federation list --json
    """
    with database():
        from goodstanding.registry.models import Neighbour

        rows = [_document(one) for one in Neighbour.objects.order_by("name")]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        state = row["error"] or f"{row['records']} records, position {row['position']}"
        click.echo(f"{row['name']:20} {row['origin']:30} {state}")
    if not rows:
        click.echo("no neighbours; `goodstanding federation join` follows one")


@federation.command("follow")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def follow(name: str, as_json: bool) -> None:
    """Follow a neighbour to the end of its log now, and say what came of it. The worker does the same by itself.

    Exit status 1: something was not proved, or it does not answer.

    \b
    Example:
      goodstanding federation follow linhu
    """
    with database():
        from dataclasses import asdict

        from django.utils import timezone

        from goodstanding.exchange.errors import ExchangeError
        from goodstanding.exchange.federation import follow as following
        from goodstanding.exchange.mirror import MirrorError
        from goodstanding.registry.commands import RegistryError

        try:
            done = following.follow(_named(name), at_clock=timezone.now)
        except (ExchangeError, MirrorError, RegistryError) as error:
            raise click.ClickException(f"{error}\n{error.zh}") from error
        if as_json:
            click.echo(json.dumps(asdict(done)))
            return
        click.echo(
            f"{done.entries} entries read, {done.removed} records removed, {done.sent} receipts sent,"
            f" {done.passed_up} passed up"
        )


@federation.command("reconcile")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print what it came to as JSON.")
def reconcile(name: str, as_json: bool) -> None:
    """Sign what is held of a neighbour's records, let it say what differs, and mend that.

    The worker does the same at its start and once a day. Exit status 1: it does not come out equal, something was not
    proved, or the neighbour does not answer.

    \b
    Example:
      goodstanding federation reconcile linhu
    """
    with database():
        from django.utils import timezone

        from goodstanding.exchange.errors import ExchangeError
        from goodstanding.exchange.federation import reconcile as reconciling
        from goodstanding.exchange.mirror import MirrorError
        from goodstanding.registry.commands import RegistryError

        try:
            found = reconciling.reconcile(_named(name), at_clock=timezone.now)
        except (ExchangeError, MirrorError, RegistryError) as error:
            raise click.ClickException(f"{error}\n{error.zh}") from error
    click.echo(json.dumps(found.as_object()) if as_json else found.line())
    if found.result != "equal":
        sys.exit(1)


def _named(name: str) -> Neighbour:
    """The neighbour of a name."""
    from goodstanding.exchange.errors import ExchangeError
    from goodstanding.registry.models import Neighbour

    neighbour = Neighbour.objects.filter(name=name).first()
    if neighbour is None:
        raise click.BadParameter(ExchangeError("federation.unknown").en, param_hint="NAME")
    return neighbour


def _document(neighbour: Neighbour) -> dict[str, Any]:
    at = neighbour.followed_at
    return {
        "name": neighbour.name,
        "url": neighbour.url,
        "origin": neighbour.origin,
        "key": neighbour.key,
        "subscriber": neighbour.subscriber,
        "position": neighbour.position,
        "confirmed": neighbour.confirmed,
        "records": neighbour.records.filter(record__state="published").count(),
        "receipts_owed": neighbour.receipts.filter(sent_at__isnull=True).count(),
        "followed_at": at.isoformat() if at else None,
        "reconciled_at": neighbour.reconciled_at.isoformat() if neighbour.reconciled_at else None,
        "reconciled": neighbour.reconciled,
        "failures": neighbour.failures,
        "error": neighbour.error,
    }
