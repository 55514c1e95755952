"""``goodstanding request``: what subscribers ask for from the catalogue, and the operator's answers."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import click

from .agreement_told import JSON, opened

if TYPE_CHECKING:
    from goodstanding.exchange.models import SubscriptionRequest

_STATES = ("waiting", "drafted", "refused", "withdrawn")


@click.group()
def request() -> None:
    """List, show and answer subscription requests (订阅申请).

    \b
    Examples:
      goodstanding request list --state waiting
      goodstanding request draft 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11
    """


@request.command("list")
@click.option("--state", type=click.Choice(_STATES), help="Only those in this state.")
@click.option("--subscriber", "username", help="Only those of this login.")
@JSON
def list_(state: str | None, username: str | None, as_json: bool) -> None:
    """List requests, those that wait first, then the newest. Exit status 1 where one waits for the operator.

    \b
    Example:
      goodstanding request list --state waiting --json
    """
    with opened(as_json=as_json):
        from goodstanding.exchange import subscription_requests as requests
        from goodstanding.exchange.models import Subscriber

        of = None
        if username is not None:
            of = Subscriber.objects.filter(account__user__username=username).first()
            if of is None:
                raise click.BadParameter(f"{username} is no subscriber", param_hint="--subscriber")
        found = [one for one in requests.requests(of=of) if state in (None, one.state)]
        if as_json:
            click.echo(json.dumps([_document(one) for one in found], ensure_ascii=False, indent=2))
        else:
            for one in found:
                click.echo(_line(one))
    if any(one.state == "waiting" for one in found):
        raise SystemExit(1)


@request.command()
@click.argument("request_id", metavar="ID", type=click.UUID)
@JSON
def show(request_id: uuid.UUID, as_json: bool) -> None:
    """Show the request ID: what is asked for, for what, on which ground, and what became of it.

    \b
    Example:
      goodstanding request show 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11
    """
    with opened(as_json=as_json):
        from goodstanding.exchange import subscription_requests as requests

        _tell(requests.request(request_id), as_json=as_json)


@request.command()
@click.argument("request_id", metavar="ID", type=click.UUID)
@JSON
def draft(request_id: uuid.UUID, as_json: bool) -> None:
    """Answer the request ID with the draft of an agreement that says what was asked for; both sides then sign it.

    \b
    Example:
      goodstanding request draft 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11
      goodstanding agreement sign mingjian-2
    """
    with opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import subscription_requests as requests

        _tell(requests.draft(request=request_id, at=timezone.now()), as_json=as_json)


@request.command()
@click.argument("request_id", metavar="ID", type=click.UUID)
@click.option("--reasons", required=True, help="Why, 10 to 2,000 characters; the subscriber reads them.")
@JSON
def refuse(request_id: uuid.UUID, reasons: str, as_json: bool) -> None:
    """Turn the request ID down with reasons.

    \b
    Example:
      goodstanding request refuse 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11 --reasons "The purpose does not need it."
    """
    with opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import subscription_requests as requests

        done = requests.turn_down(request=request_id, reasons=reasons, at=timezone.now())
        _tell(done, as_json=as_json)


def _tell(one: SubscriptionRequest, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_document(one), ensure_ascii=False, indent=2))
        return
    click.echo(_line(one))
    click.echo(f"  purpose: {one.purpose}\n  legal basis: {one.legal_basis}")
    if one.reasons:
        click.echo(f"  reasons: {one.reasons}")


def _document(one: SubscriptionRequest) -> dict[str, Any]:
    from goodstanding.exchange.subscription_requests import document_of

    said = document_of(one)
    days = {name: said[name] and said[name].isoformat() for name in ("requested_at", "decided_at")}
    return said | days | {"username": one.subscriber.account.user.get_username()}


def _line(one: SubscriptionRequest) -> str:
    where = ", ".join(one.divisions) or "everywhere"
    answer = f" as {one.agreement.reference}" if one.agreement else ""
    return (
        f"{one.public_id}  {one.state}{answer}  {one.subscriber.name_zh}: {', '.join(one.items)} ({where})"
        f" by {', '.join(one.methods)}, asked {one.requested_at:%Y-%m-%d}"
    )
