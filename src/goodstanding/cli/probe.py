"""``goodstanding probe``: look from outside whether recipients still show what was removed from them."""

from __future__ import annotations

import json
import sys
import uuid
from typing import TYPE_CHECKING, Any

import click

from goodstanding.site.database import database

if TYPE_CHECKING:
    from goodstanding.exchange.models import ProbeFinding, ProbePlace, Subscriber
    from goodstanding.exchange.probes import Looked


def recipient_named(username: str, hint: str) -> Subscriber:
    """The recipient behind a login."""
    from goodstanding.exchange.models import Subscriber

    found = Subscriber.objects.filter(account__user__username=username).first()
    if found is None:
        raise click.BadParameter(f"there is no recipient {username!r} (没有该数据接收方)", param_hint=hint)
    return found


@click.group()
def probe() -> None:
    """Look at the public pages of recipients for records that were removed.

    \b
    Example:
      goodstanding probe place add mingjian --address "https://mingjian.example/company/{code}" \\
          --marker "{document_no}"
      goodstanding probe look
    """


@probe.group()
def place() -> None:
    """Say where recipients show records to the public.

    \b
    Example:
      goodstanding probe place list
    """


@place.command("add")
@click.argument("username")
@click.option("--address", required=True, help="https address with {code}, {document_no}, {record} in it.")
@click.option("--marker", default="{document_no}", show_default=True, help="What is there while it is shown.")
@click.option("--always", default="", help="A text of the page that is there whatever is shown.")
@click.option("--json", "as_json", is_flag=True, help="Print the place as JSON.")
def add_place(username: str, address: str, marker: str, always: str, as_json: bool) -> None:
    """Register a place at which the recipient with the login USERNAME shows records to the public.

    A page that answers 404 or 410, or that can be read and lacks the marker, shows nothing. Where the page is filled by
    a script, name its interface rather than the page. A page without the text of --always counts as unreadable.

    \b
    Example:
      goodstanding probe place add mingjian --address "https://mingjian.example/company/{code}" --always "企业信用"
    """
    with database():
        from django.utils import timezone

        from goodstanding.exchange import probe_places
        from goodstanding.exchange.errors import ExchangeError

        subscriber = recipient_named(username, "USERNAME")
        try:
            made = probe_places.add(
                subscriber=subscriber, address=address, marker=marker, always=always, at=timezone.now()
            )
        except ExchangeError as error:
            raise click.UsageError(f"{error.en} ({error.zh})") from error
        document = _place(made)
    click.echo(json.dumps(document, ensure_ascii=False, indent=2) if as_json else _line(document))


@place.command("list")
@click.option("--ended", is_flag=True, help="Those too that are looked at no longer.")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_places(ended: bool, as_json: bool) -> None:
    """List the places that are looked at.

    \b
    Example:
      goodstanding probe place list --ended --json
    """
    with database(migrate=False):
        from goodstanding.exchange import probe_places

        found = [_place(each) for each in probe_places.places(ended=ended)]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for document in found:
        click.echo(_line(document))


@place.command("end")
@click.argument("place_id", metavar="PLACE", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print the place as JSON.")
def end_place(place_id: uuid.UUID, as_json: bool) -> None:
    """Look at PLACE no longer; what was found there is over with it.

    \b
    Example:
      goodstanding probe place end 3f0c1c8e-6a0e-4f6e-9a55-0d6c5a1d7d11
    """
    with database():
        from django.utils import timezone

        from goodstanding.exchange import probe_places
        from goodstanding.exchange.errors import ExchangeError

        try:
            document = _place(probe_places.end(public_id=place_id, at=timezone.now()))
        except ExchangeError as error:
            raise click.UsageError(f"{error.en} ({error.zh})") from error
    click.echo(json.dumps(document, ensure_ascii=False, indent=2) if as_json else _line(document))


@probe.command()
@click.option("--recipient", help="The login of the one recipient to look at.")
@click.option("--record", type=click.UUID, help="Look for this removed record now, due or not.")
@click.option("--json", "as_json", is_flag=True, help="Print what was seen as JSON.")
def look(recipient: str | None, record: uuid.UUID | None, as_json: bool) -> None:
    """Look at what is due, as the worker does each minute; 1 where something removed is still shown.

    \b
    Example:
      goodstanding probe look --recipient mingjian
      goodstanding probe look --record 3f0c1c8e-6a0e-4f6e-9a55-0d6c5a1d7d11 --json
    """
    with database():
        from django.utils import timezone

        from goodstanding.exchange import probe_places, probes
        from goodstanding.registry.models import Record

        of = recipient_named(recipient, "--recipient") if recipient else None
        only = Record.objects.filter(public_id=record).first() if record else None
        if record and only is None:
            raise click.BadParameter("there is no such record (没有这条记录)", param_hint="--record")
        probes.void_findings(at=timezone.now())
        looked = probes.look(probe_places.places(of=of), at_clock=timezone.now, record=only)
        found = probes.still_shown(record=only)
        shown = [each for key, them in found.items() if of is None or key == of.pk for each in them]
        document = {
            "looked": [_looked(each) for each in looked],
            "still_shown": [_finding(each) for each in shown],
        }
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        for one in document["looked"]:
            why = f" ({one['reason']})" if one["reason"] else ""
            click.echo(f"{one['result']:<7} {one['recipient']}  {one['record']}{why}")
        for one in document["still_shown"]:
            said = "its receipt says gone" if one["answered"] else "no receipt, past its last day"
            click.echo(f"STILL SHOWN by {one['recipient']} since {one['found_at']}: {one['record']} ({said})")
        if not looked:
            click.echo("nothing is due")
    sys.exit(1 if shown else 0)


def _place(found: ProbePlace) -> dict[str, Any]:
    return {
        "place": str(found.public_id),
        "recipient": found.subscriber.account.user.username,
        "address": found.address,
        "marker": found.marker,
        "always": found.always,
        "ended_at": found.ended_at.isoformat() if found.ended_at else None,
    }


def _line(document: dict[str, Any]) -> str:
    ended = "  ended" if document["ended_at"] else ""
    return "{place}  {recipient}  {address}  {marker}".format(**document) + ended


def _looked(each: Looked) -> dict[str, Any]:
    return {
        "recipient": each.due.place.subscriber.account.user.username,
        "place": str(each.due.place.public_id),
        "record": str(each.due.record.public_id),
        "removal": each.due.removal,
        "at": each.at.isoformat(),
        "result": str(each.seen.result),
        "reason": each.seen.reason,
        "status": each.seen.status,
    }


def _finding(found: ProbeFinding) -> dict[str, Any]:
    return {
        "recipient": found.place.subscriber.account.user.username,
        "place": str(found.place.public_id),
        "record": str(found.known_as),
        "removal": found.removal_position,
        "answered": found.answered,
        "found_at": found.found_at.isoformat(),
    }
