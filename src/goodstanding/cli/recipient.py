"""``goodstanding recipient``: recipients that stay behind with removals, and what the operator does about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from goodstanding.site.database import database

if TYPE_CHECKING:
    from goodstanding.exchange.models import Suspension
    from goodstanding.exchange.suspensions import Decision

_ACCOUNT = click.option("--account", "username", required=True, help="The operator's login that decides.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print the suspension as JSON.")


@click.group()
def recipient() -> None:
    """See which recipients stay behind with removals, and suspend them or not.

    \b
    Example:
      goodstanding recipient list
      goodstanding recipient suspend mingjian --account operator
    """


@recipient.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_(as_json: bool) -> None:
    """List all recipients: removals not answered, how many of them are late, records found kept, suspension.

    Where there is something to say: corrections that were not taken over in time, and who asks for the feed less often
    than was agreed. Exit status 1 where somebody is late or was found to keep a record.

    \b
    Example:
      goodstanding recipient list --json
    """
    with database(migrate=False):
        from django.utils import timezone

        from goodstanding.exchange.queries import subscribers
        from goodstanding.exchange.recipients import recipient as found_recipient

        on, at = timezone.localdate(), timezone.now()
        rows = []
        for each in subscribers():
            found = found_recipient(each.public_id, on=on, at=at)
            waiting = found.proposal or found.suspension
            rows.append(
                {
                    "username": each.account.user.get_username(),
                    "subscriber": str(each.public_id),
                    "name_zh": each.name_zh,
                    "unanswered": found.unanswered.all,
                    "late": found.unanswered.late,
                    "kept": found.differing.get("kept", 0),
                    "corrections": found.corrections.all,
                    "corrections_late": found.corrections.late,
                    "silent": found.pace.is_silent,
                    "suspension": str(waiting.state) if waiting else None,
                }
            )
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            click.echo(
                f"{row['username']}  {row['unanswered']} unanswered, {row['late']} late, {row['kept']} kept"
                + (f", corrections late: {row['corrections_late']}" if row["corrections_late"] else "")
                + (", asks too seldom" if row["silent"] else "")
                + (f", {row['suspension']}" if row["suspension"] else "")
            )
    if any(row["late"] or row["kept"] or row["corrections_late"] for row in rows):
        raise SystemExit(1)


@recipient.command()
@click.argument("name")
@_ACCOUNT
@click.option(
    "--reason", default="", help="Propose it for this reason; without one, confirm what is proposed."
)
@_JSON
def suspend(name: str, username: str, reason: str, as_json: bool) -> None:
    """Suspend the recipient with the login NAME as proposed, or, with --reason, propose it.

    What one operator proposed another one confirms.

    \b
    Example:
      goodstanding recipient suspend mingjian --account operator --reason "no answer by telephone either"
      goodstanding recipient suspend mingjian --account second-operator
    """
    _decide("propose" if reason else "confirm", name, username, reason, as_json=as_json)


@recipient.command()
@click.argument("name")
@_ACCOUNT
@click.option("--reason", required=True, help="Why it is not suspended; the recipient reads it.")
@_JSON
def decline(name: str, username: str, reason: str, as_json: bool) -> None:
    """Do not suspend the recipient with the login NAME, though it is proposed.

    \b
    Example:
      goodstanding recipient decline mingjian --account operator --reason "its server burnt down"
    """
    _decide("decline", name, username, reason, as_json=as_json)


@recipient.command()
@click.argument("name")
@_ACCOUNT
@click.option("--reason", required=True, help="Why sending begins again; the recipient reads it.")
@_JSON
def resume(name: str, username: str, reason: str, as_json: bool) -> None:
    """Resume the recipient with the login NAME before it has answered. By itself it is resumed once it has.

    \b
    Example:
      goodstanding recipient resume mingjian --account operator --reason "it has answered on paper"
    """
    _decide("resume", name, username, reason, as_json=as_json)


def _decide(decision: Decision, name: str, username: str, reason: str, *, as_json: bool) -> None:
    with database():
        from django.utils import timezone

        from goodstanding.exchange import suspensions
        from goodstanding.exchange.errors import ExchangeError
        from goodstanding.exchange.models import Subscriber
        from goodstanding.registry.actor import actor_of
        from goodstanding.registry.models import Account

        account = Account.objects.filter(user__username=username).first()
        if account is None:
            raise click.BadParameter(f"there is no login {username!r}", param_hint="--account")
        held = Subscriber.objects.filter(account__user__username=name).first()
        if held is None:
            raise click.BadParameter(f"there is no recipient {name!r}", param_hint="NAME")
        try:
            done = suspensions.decide(
                decision,
                actor=actor_of(account),
                subscriber=held.public_id,
                reason=reason,
                at=timezone.now(),
            )
        except ExchangeError as error:
            raise click.ClickException(f"{error.code}: {error.en} [{error.place}]\n{error.zh}") from error
        document = _document(name, done)
    click.echo(
        json.dumps(document, ensure_ascii=False, indent=2) if as_json else f"{name}  {document['state']}"
    )


def _document(name: str, done: Suspension) -> dict[str, Any]:
    return {
        "recipient": name,
        "state": str(done.state),
        "since": done.since.isoformat(),
        "removals": done.removals,
        "agreements": done.agreements,
        "reason": done.reason or done.proposed_because,
    }
