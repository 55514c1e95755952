"""``goodstanding agreement``: sharing agreements, from the draft to the proof that everything was deleted."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from . import agreement_given, agreement_signing
from .agreement_told import FILE, JSON, line, opened, refusals, tell


@click.group()
def agreement() -> None:
    """Draft, check, sign, compare, suspend, end and show sharing agreements (共享协议).

    \b
    Examples:
      goodstanding agreement new mingjian --kind penalty --purpose "credit service" --legal-basis "no. 2" > a.yaml
      goodstanding agreement check a.yaml
      goodstanding agreement draft a.yaml
      goodstanding agreement sign mingjian-1
    """


@agreement.command()
@click.argument("username")
@click.option("--id", "reference", help="Its id; the login with a number unless said otherwise.")
@click.option("--kind", "kinds", multiple=True, help="A kind of record; several times for more.")
@click.option("--item", "items", multiple=True, help="An item of the catalogue; several times for more.")
@click.option("--division", "divisions", multiple=True, help="A division code; none: everywhere.")
@click.option("--field", "fields", multiple=True, help="A field of the content; none: all.")
@click.option(
    "--mask", "masking", multiple=True, help="Hide name, identifiers or documentNo; several times for more."
)
@click.option(
    "--method",
    "methods",
    multiple=True,
    type=click.Choice(["feed", "push", "api", "file"]),
    help="How records leave; several times for more. push where it has an address, else feed.",
)
@click.option("--purpose", required=True, help="For what it may use the records.")
@click.option("--legal-basis", required=True, help="On which ground.")
@click.option("--onward", multiple=True, help="To whom it may pass them on; none: to nobody.")
@click.option("--canaries", is_flag=True, help="Canaries may be among what is sent.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day; today if not given.")
@click.option("--until", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day; none: until it is ended.")
def new(
    username: str, reference: str | None, first: datetime | None, last: datetime | None, **more: Any
) -> None:
    """Write the document of a first agreement with the subscriber USERNAME, as YAML, to be edited and drafted.

    \b
    Example:
      goodstanding agreement new mingjian --item administrative-penalty --mask identifiers \\
          --purpose "credit service" --legal-basis "agreement no. 2" > agreement.yaml
    """
    with opened(as_json=False):
        from django.utils import timezone

        from goodstanding.exchange.agreement_draft import compose
        from goodstanding.exchange.agreements import parties
        from goodstanding.exchange.models import Subscriber

        subscriber = Subscriber.objects.filter(account__user__username=username).first()
        if subscriber is None:
            raise click.BadParameter(
                f"{username} is no subscriber; register it with `goodstanding subscribe`",
                param_hint="USERNAME",
            )
        made = compose(
            reference=reference or f"{username}-{subscriber.agreements.count() + 1}",
            **parties(subscriber),
            kinds=more["kinds"],
            items=more["items"],
            divisions=more["divisions"],
            fields=more["fields"] or None,
            masking=more["masking"],
            purpose=more["purpose"],
            legal_basis=more["legal_basis"],
            methods=more["methods"] or ["push" if subscriber.push_url else "feed"],
            onward=more["onward"],
            canaries=more["canaries"],
            valid_from=first.date() if first else timezone.localdate(),
            valid_until=last.date() if last else None,
        )
        click.echo(made.to_yaml(), nl=False)


@agreement.command()
@click.argument("file", type=FILE, required=False)
@click.option("--schema", "as_schema", is_flag=True, help="Print the JSON Schema of such a file instead.")
@JSON
def check(file: Path | None, as_schema: bool, as_json: bool) -> None:
    """Read FILE and say what is wrong with it: file, line, path and remedy. Needs no database.

    \b
    Examples:
      goodstanding agreement check agreement.yaml
      goodstanding agreement check --schema > agreement.schema.json
    """
    with refusals(as_json=as_json):
        from goodstanding.exchange.agreement import json_schema, read_agreement

        if as_schema:
            click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))
            return
        if file is None:
            raise click.UsageError("name the file, or ask for --schema")
        found = read_agreement(file)
        said = {"agreement": found.id, "version": found.version, "digest": found.digest.hex()}
        text = f"{found.reference} is in order; both sides sign the digest {found.digest.hex()}"
        click.echo(json.dumps(said) if as_json else text)


@agreement.command()
@click.argument("file", type=FILE)
@JSON
def draft(file: Path, as_json: bool) -> None:
    """Put the agreement in FILE, or its next version, before its parties. It says what changes and who must sign.

    \b
    Example:
      goodstanding agreement draft agreement.yaml
    """
    with opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import agreements
        from goodstanding.exchange.agreement import read_agreement

        made = agreements.draft(read_agreement(file), at=timezone.now())
        tell(made.agreement.reference, as_json=as_json)


@agreement.command()
@click.argument("old", type=FILE)
@click.argument("new_file", metavar="NEW", type=FILE)
@JSON
def diff(old: Path, new_file: Path, as_json: bool) -> None:
    """Say what NEW changes of OLD, and whether the recipient must sign again. Exit status 1 when it must.

    \b
    Example:
      goodstanding agreement diff agreement-1.yaml agreement-2.yaml
    """
    with opened(as_json=as_json):
        from goodstanding.exchange.agreement import read_agreement
        from goodstanding.exchange.agreement_diff import differences
        from goodstanding.exchange.agreement_queries import changes_document
        from goodstanding.exchange.agreements import kinds_of_items

        changes = differences(read_agreement(old), read_agreement(new_file), kinds=kinds_of_items())
        breaking = any(change.effect == "breaking" for change in changes)
        if as_json:
            said = {"breaking": breaking, "changes": changes_document(changes)}
            click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        else:
            for change in changes:
                click.echo(f"{change.effect:8}  {change.path}: {change.old} -> {change.new}")
            click.echo("the recipient must sign again" if breaking else "the recipient need not sign again")
    sys.exit(1 if breaking else 0)


@agreement.command()
@click.argument("reference")
@click.option("--reason", required=True, help="Why, 4 to 500 characters.")
@JSON
def suspend(reference: str, reason: str, as_json: bool) -> None:
    """Stop sending under the agreement REFERENCE from now on; removals are still sent.

    \b
    Example:
      goodstanding agreement suspend mingjian-1 --reason "removals unanswered for three days"
    """
    with opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import agreements

        agreements.suspend(reference=reference, reason=reason, at=timezone.now())
        tell(reference, as_json=as_json)


@agreement.command()
@click.argument("reference")
@JSON
def resume(reference: str, as_json: bool) -> None:
    """Send again under the suspended agreement REFERENCE.

    \b
    Example:
      goodstanding agreement resume mingjian-1
    """
    with opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import agreements

        agreements.resume(reference=reference, at=timezone.now())
        tell(reference, as_json=as_json)


@agreement.command()
@click.argument("reference")
@click.option("--reason", required=True, help="Why, 4 to 500 characters.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The first day without it; today if not given.")
@JSON
def end(reference: str, reason: str, on: datetime | None, as_json: bool) -> None:
    """End the agreement REFERENCE; its recipient then owes a signed statement of deletion.

    \b
    Example:
      goodstanding agreement end mingjian-1 --reason "the service was closed"
    """
    with opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import agreements

        now = timezone.now()
        day = on.date() if on else timezone.localdate(now)
        agreements.end(reference=reference, on=day, reason=reason, at=now)
        tell(reference, as_json=as_json)


@agreement.command()
@click.argument("reference", required=False)
@click.option("--yaml", "as_yaml", is_flag=True, help="Print the document alone, as a file.")
@JSON
def show(reference: str | None, as_yaml: bool, as_json: bool) -> None:
    """Show the agreement REFERENCE, or all of them: state, who has signed, what waits, what is owed.

    \b
    Examples:
      goodstanding agreement show
      goodstanding agreement show mingjian-1 --yaml > agreement.yaml
    """
    with opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import agreement_queries as queries

        today = timezone.localdate()
        if reference is not None and as_yaml:
            click.echo(queries.agreement(reference, on=today).document.to_yaml(), nl=False)
        elif reference is not None:
            tell(reference, as_json=as_json)
        elif as_json:
            rows = [queries.document_of(row) for row in queries.agreements(on=today)]
            click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        else:
            for row in queries.agreements(on=today):
                click.echo(line(row))


for _command in (
    agreement_signing.sign,
    agreement_signing.deletion,
    agreement_given.files,
    agreement_given.reads,
):
    agreement.add_command(_command)
