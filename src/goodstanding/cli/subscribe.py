"""``goodstanding subscribe``: a subscriber with its key and its first sharing agreement."""

from __future__ import annotations

import json

import click

from goodstanding.site.database import database

from .accounts import account_named


@click.command()
@click.argument("username")
@click.option("--name-zh", required=True, help="Its name in Chinese.")
@click.option("--name-en", default="", help="Its name in English.")
@click.option("--key", required=True, help="Its public key in hex (`goodstanding mirror --show-key`).")
@click.option(
    "--kind", "kinds", multiple=True, required=True, help="A kind of record; several times for more."
)
@click.option(
    "--division", "divisions", multiple=True, help="A division code; several times; none: everywhere."
)
@click.option("--onward", multiple=True, help="To whom it may pass them on, by name; none: to nobody.")
@click.option("--purpose", required=True, help="For what it may use the records.")
@click.option("--legal-basis", required=True, help="On which ground.")
@click.option("--push-url", default="", help="HTTPS address to call when the log has grown.")
@click.option(
    "--instance", "instance_url", default="", help="Address of its own instance of the platform, if any."
)
@click.option("--json", "as_json", is_flag=True, help="Print the subscriber as JSON.")
def subscribe(
    username: str,
    name_zh: str,
    name_en: str,
    key: str,
    kinds: tuple[str, ...],
    divisions: tuple[str, ...],
    onward: tuple[str, ...],
    purpose: str,
    legal_basis: str,
    push_url: str,
    instance_url: str,
    as_json: bool,
) -> None:
    """Register a login of the role subscriber as a subscriber, with its first sharing agreement from today.

    The agreement's document is written and signed with the log's key; --legal-basis names the paper that the subscriber
    has signed. `goodstanding agreement` leads all others.

    \b
    Example:
      goodstanding account mingjian --role subscriber --no-password
      goodstanding subscribe mingjian --name-zh 明鉴征信 --name-en "Mingjian Credit Service" \\
          --key $(goodstanding mirror --show-key) --kind penalty --kind serious_list \\
          --purpose "third-party credit service" --legal-basis "sharing agreement no. 1"
    """
    if not name_zh.strip():
        raise click.BadParameter("give the subscriber's name", param_hint="--name-zh")
    public_key = checked_key(key, "--key")
    with database():
        from django.utils import timezone

        from goodstanding.exchange import commands
        from goodstanding.exchange.agreement import agreement_of
        from goodstanding.exchange.errors import ExchangeError
        from goodstanding.exchange.models import Subscriber
        from goodstanding.registry.models import Record

        unknown = [kind for kind in kinds if kind not in Record.Kind.values]
        if unknown:
            raise click.BadParameter(
                f"there is no kind {', '.join(unknown)}; choose of {', '.join(Record.Kind.values)}",
                param_hint="--kind",
            )
        account = account_named(username)
        if Subscriber.objects.filter(account=account).exists():
            raise click.BadParameter(
                f"{username} is a subscriber already; conclude a further agreement with `goodstanding agreement new`",
                param_hint="USERNAME",
            )
        try:
            made = commands.subscribe(
                account=account,
                name_zh=name_zh.strip(),
                name_en=name_en.strip(),
                public_key=public_key,
                push_url=push_url,
                instance_url=instance_url,
                kinds=list(dict.fromkeys(kinds)),
                divisions=list(dict.fromkeys(divisions)),
                onward=list(dict.fromkeys(onward)),
                purpose=purpose,
                legal_basis=legal_basis,
                valid_from=timezone.localdate(),
                at=timezone.now(),
            )
        except ExchangeError as error:
            place = f" [{error.place}]" if error.place else ""
            raise click.UsageError(f"{error.en}{place}") from error
        agreement = made.agreements.get()
        terms = agreement_of(agreement.versions.get().document).terms
        document = {
            "subscriber": str(made.public_id),
            "username": username,
            "name_zh": made.name_zh,
            "name_en": made.name_en,
            "agreement": agreement.reference,
            "kinds": list(terms.scope.kinds),
            "divisions": list(terms.scope.divisions),
            "valid_from": terms.validity.first.isoformat(),
        }
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    where = ", ".join(terms.scope.divisions) or "everywhere"
    click.echo(
        f"{made.name_en or made.name_zh} subscribed to {', '.join(terms.scope.kinds)} ({where})"
        f" from {terms.validity.first} under {agreement.reference}; its id is {made.public_id}"
    )


def checked_key(text: str, hint: str) -> bytes:
    """An Ed25519 public key in hex, as `goodstanding mirror --show-key` prints it: 32 bytes."""
    text = text.strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32 or len(text) != 64:
        raise click.BadParameter(
            "a public key is 64 hex digits, as `goodstanding mirror --show-key` prints them", param_hint=hint
        )
    return key
