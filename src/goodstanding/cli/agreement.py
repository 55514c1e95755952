"""``goodstanding agreement``: sharing agreements, from the draft to the proof that everything was deleted."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goodstanding.site.database import database

if TYPE_CHECKING:
    from goodstanding.exchange.agreement import Agreement

JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


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


@contextlib.contextmanager
def _refusals(*, as_json: bool) -> Iterator[None]:
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
def _opened(*, as_json: bool) -> Iterator[None]:
    with database(), _refusals(as_json=as_json):
        yield


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
    with _opened(as_json=False):
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
@click.argument("file", type=_FILE, required=False)
@click.option("--schema", "as_schema", is_flag=True, help="Print the JSON Schema of such a file instead.")
@JSON
def check(file: Path | None, as_schema: bool, as_json: bool) -> None:
    """Read FILE and say what is wrong with it: file, line, path and remedy. Needs no database.

    \b
    Examples:
      goodstanding agreement check agreement.yaml
      goodstanding agreement check --schema > agreement.schema.json
    """
    with _refusals(as_json=as_json):
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
@click.argument("file", type=_FILE)
@JSON
def draft(file: Path, as_json: bool) -> None:
    """Put the agreement in FILE, or its next version, before its parties. It says what changes and who must sign.

    \b
    Example:
      goodstanding agreement draft agreement.yaml
    """
    with _opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import agreements
        from goodstanding.exchange.agreement import read_agreement

        made = agreements.draft(read_agreement(file), at=timezone.now())
        _tell(made.agreement.reference, as_json=as_json)


@agreement.command()
@click.argument("name")
@click.option("--paper", help="The recipient signed on paper: which one.")
@click.option("--version", "version", help="The version that the recipient's --signature is over.")
@click.option("--signature", help="The recipient's signature, base64.")
@click.option("--key-file", type=_FILE, help="Sign the file NAME as its recipient, without a database.")
@JSON
def sign(
    name: str,
    paper: str | None,
    version: str | None,
    signature: str | None,
    key_file: Path | None,
    as_json: bool,
) -> None:
    """Sign the version of the agreement NAME that waits: with the log's key, or as the recipient signed.

    With --key-file NAME is a file: the recipient signs it on its own machine, and sends what is printed.

    \b
    Examples:
      goodstanding agreement sign mingjian-1
      goodstanding agreement sign mingjian-1 --paper "no. 2 of 2026-11-20"
      goodstanding agreement sign agreement.yaml --key-file mirror/key --json
    """
    if key_file is not None:
        _sign_file(Path(name), key_file, as_json=as_json)
        return
    if bool(signature) != bool(version) or (signature and paper):
        raise click.UsageError("give --signature together with --version, or --paper, or none of them")
    with _opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import agreements
        from goodstanding.proof import ProofError
        from goodstanding.proof.keys import from_base64

        now = timezone.now()
        if paper is not None:
            agreements.sign_on_paper(reference=name, paper=paper, at=now)
        elif signature and version:
            try:
                taken = from_base64(signature, code="receipt_malformed", place="--signature")
            except ProofError as error:
                raise click.BadParameter("it is not base64", param_hint="--signature") from error
            agreements.sign_as_recipient(reference=name, version=version, signature=taken, at=now)
        else:
            agreements.sign_as_provider(reference=name, at=now)
        _tell(name, as_json=as_json)


def _sign_file(file: Path, key_file: Path, *, as_json: bool) -> None:
    with _refusals(as_json=as_json):
        from goodstanding import proof
        from goodstanding.exchange.agreement import read_agreement
        from goodstanding.exchange.mirror.settings import read_private_key
        from goodstanding.proof.keys import to_base64

        found, key = _read(file, read_agreement), read_private_key(key_file)
        if proof.public_key(key).hex() != found.terms.recipient.key:
            raise click.BadParameter(
                "it is not the recipient's key in the agreement", param_hint="--key-file"
            )
        signature = to_base64(proof.sign_agreement(found.digest, private_key=key))
        said = {"version": found.version, "signature": signature}
        text = f"{found.reference}, digest {found.digest.hex()}\nsignature: {signature}"
        click.echo(json.dumps(said) if as_json else text)


def _read(file: Path, read: Any) -> Agreement:
    if not file.is_file():
        raise click.BadParameter(f"there is no file {file}", param_hint="NAME")
    found: Agreement = read(file)
    return found


@agreement.command()
@click.argument("old", type=_FILE)
@click.argument("new_file", metavar="NEW", type=_FILE)
@JSON
def diff(old: Path, new_file: Path, as_json: bool) -> None:
    """Say what NEW changes of OLD, and whether the recipient must sign again. Exit status 1 when it must.

    \b
    Example:
      goodstanding agreement diff agreement-1.yaml agreement-2.yaml
    """
    with _opened(as_json=as_json):
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
    with _opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import agreements

        agreements.suspend(reference=reference, reason=reason, at=timezone.now())
        _tell(reference, as_json=as_json)


@agreement.command()
@click.argument("reference")
@JSON
def resume(reference: str, as_json: bool) -> None:
    """Send again under the suspended agreement REFERENCE.

    \b
    Example:
      goodstanding agreement resume mingjian-1
    """
    with _opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import agreements

        agreements.resume(reference=reference, at=timezone.now())
        _tell(reference, as_json=as_json)


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
    with _opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import agreements

        now = timezone.now()
        day = on.date() if on else timezone.localdate(now)
        agreements.end(reference=reference, on=day, reason=reason, at=now)
        _tell(reference, as_json=as_json)


@agreement.command()
@click.argument("reference")
@click.option("--subscriber", required=True, help="Its id as a subscriber.")
@click.option("--position", type=int, required=True, help="The feed position that it had reached.")
@click.option("--deleted", type=int, required=True, help="How many records it deleted.")
@click.option("--key-file", type=_FILE, required=True, help="Its private key.")
def deletion(reference: str, subscriber: str, position: int, deleted: int, key_file: Path) -> None:
    """Sign, as the recipient, that nothing received under the ended agreement REFERENCE is left. Needs no database.

    What is printed goes to the platform: POST /api/v1/agreements/REFERENCE/deletion.

    \b
    Example:
      goodstanding agreement deletion mingjian-1 --subscriber 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11 \\
          --position 1200 --deleted 31 --key-file mirror/key > deletion.json
    """
    from datetime import UTC

    from goodstanding import proof
    from goodstanding.exchange.mirror.settings import read_private_key

    try:
        stated = proof.Deletion(subscriber, reference, position, deleted, datetime.now(UTC).isoformat())
    except proof.ProofError as error:
        raise click.UsageError(str(error)) from error
    click.echo(proof.sign_deletion(stated, private_key=read_private_key(key_file)).to_json().decode())


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
    with _opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import agreement_queries as queries

        today = timezone.localdate()
        if reference is not None and as_yaml:
            click.echo(queries.agreement(reference, on=today).document.to_yaml(), nl=False)
        elif reference is not None:
            _tell(reference, as_json=as_json)
        elif as_json:
            rows = [queries.document_of(row) for row in queries.agreements(on=today)]
            click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        else:
            for row in queries.agreements(on=today):
                click.echo(_line(row))


def _tell(reference: str, *, as_json: bool) -> None:
    from django.utils import timezone

    from goodstanding.exchange import agreement_queries as queries

    found = queries.agreement(reference, on=timezone.localdate())
    if as_json:
        click.echo(json.dumps(queries.document_of(found), ensure_ascii=False, indent=2))
        return
    click.echo(_line(found))
    for change in found.changes:
        click.echo(f"  {change.effect:8}  {change.path}: {change.old} -> {change.new}")


def _line(row: Any) -> str:
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
