"""``goodstanding map``: the verifiable map of publishable records."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from goodstanding.proof.map_document import ADVERSE, CLASSES

from .log import JSON, opened


@click.group("map")
def map_() -> None:
    """The verifiable map: prove that an entity has, or has no, publishable record of a class.

    \b
    Examples:
      goodstanding map seal
      goodstanding map proof 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11 --class adverse --out clean.json
      goodstanding verify clean.json --key "$(cat log.key)"
      goodstanding map audit
    """


@map_.command("proof")
@click.argument("entity")
@click.option(
    "--class", "class_", type=click.Choice(CLASSES), default=ADVERSE, show_default=True, help="Which class."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the proof here.")
@JSON
def proof_of(entity: str, class_: str, out: Path | None, as_json: bool) -> None:
    """Write the proof that ENTITY (its public id) has, or has no, publishable record of a class.

    Against the newest root of the map under the published checkpoint; `goodstanding verify` checks it offline. It
    shows nothing of any other entity or class.

    \b
    Example:
      goodstanding map proof 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11 --class penalty
    """
    with opened(as_json=as_json):
        from django.core.exceptions import ValidationError

        from goodstanding.exchange.errors import ExchangeError
        from goodstanding.exchange.vmap import state_proof
        from goodstanding.registry.models import Entity

        try:
            found = Entity.objects.get(public_id=entity)
        except (Entity.DoesNotExist, ValidationError):
            raise ExchangeError("map.no_entity", place=entity) from None
        document = state_proof(found, class_=class_)
    text = json.dumps(document, ensure_ascii=False, indent=2)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
    if as_json:
        said = {"entity": entity, "class": class_, "has": document["has"], "position": document["position"]}
        click.echo(json.dumps(said | ({"file": str(out)} if out else {"proof": document})))
    elif out is None:
        click.echo(text)
    else:
        has = "has" if document["has"] else "has no"
        click.echo(f"{out}: {has} publishable record of {class_} as of position {document['position']}")


@map_.command("seal")
@JSON
def seal_map(as_json: bool) -> None:
    """Bring the map up to the journal and append its root to it, as the worker does each minute.

    \b
    Example:
      goodstanding map seal --json
    """
    with opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange.vmap import advance

        changed, until, position = 0, 0, 0
        while done := advance(at=timezone.now()):
            changed, until, position = changed + done.changed, done.until, done.position
    if as_json:
        click.echo(json.dumps({"changed": changed, "until": until or None, "position": position or None}))
    elif position:
        click.echo(
            f"{changed:,} entries changed; map up to position {until:,}, root at position {position:,}"
        )
    else:
        click.echo("nothing has happened to records since the last root")


@map_.command("audit")
@JSON
def audit_map(as_json: bool) -> None:
    """Make the map anew from the journal and compare its root with the last one and with the tables.

    Exit status 1 when one differs.

    \b
    Example:
      goodstanding map audit
    """
    with opened(as_json=as_json):
        from goodstanding.exchange.errors import ExchangeError
        from goodstanding.exchange.vmap import audit

        found = audit()
        if found is None:
            raise ExchangeError("map.empty")
    newest, stored, made = found
    told = bytes(newest.root)
    sound = told == stored == made
    if as_json:
        document = {"sound": sound, "until": newest.until, "position": newest.position, "root": told.hex()}
        click.echo(json.dumps(document | {"tables": stored.hex(), "journal": made.hex()}))
    else:
        click.echo(f"root of position {newest.position:,}, up to position {newest.until:,}: {told.hex()}")
        for name, root in (("the tables", stored), ("the journal", made)):
            click.echo(
                f"{name}: {'the same' if root == told else root.hex() or 'their tiles and entries differ'}"
            )
    if not sound:
        sys.exit(1)
