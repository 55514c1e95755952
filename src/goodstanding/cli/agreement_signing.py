"""``goodstanding agreement sign`` and ``deletion``: what the parties of a sharing agreement put their keys to."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .agreement_told import FILE, JSON, opened, refusals, tell

if TYPE_CHECKING:
    from goodstanding.exchange.agreement import Agreement


@click.command()
@click.argument("name")
@click.option("--paper", help="The recipient signed on paper: which one.")
@click.option("--version", "version", help="The version that the recipient's --signature is over.")
@click.option("--signature", help="The recipient's signature, base64.")
@click.option("--key-file", type=FILE, help="Sign the file NAME as its recipient, without a database.")
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
    with opened(as_json=as_json):
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
        tell(name, as_json=as_json)


def _sign_file(file: Path, key_file: Path, *, as_json: bool) -> None:
    with refusals(as_json=as_json):
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


@click.command()
@click.argument("reference")
@click.option("--subscriber", required=True, help="Its id as a subscriber.")
@click.option("--position", type=int, required=True, help="The feed position that it had reached.")
@click.option("--deleted", type=int, required=True, help="How many records it deleted.")
@click.option("--key-file", type=FILE, required=True, help="Its private key.")
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
