"""``goodstanding anchor``: checkpoints of the log given to anchors, and their receipts checked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from .log import JSON, opened
from .trust import plain

if TYPE_CHECKING:
    from goodstanding.exchange.anchors.rounds import Outcome


@click.group()
def anchor() -> None:
    """Anchors of the log: time-stamp authorities, a contract on a chain, a file on another disk.

    Which ones are used stands in the file of GOODSTANDING_ANCHORS.

    \b
    Examples:
      goodstanding anchor now
      goodstanding anchor list --anchor tsa
      goodstanding anchor verify --newest 3
      goodstanding anchor deploy consortium
    """


@anchor.command()
@JSON
def now(as_json: bool) -> None:
    """Give the published checkpoint to every anchor that has not anchored it yet, whatever its schedule.

    Exit status 1 when one of them fails; the worker tries it again.

    \b
    Example:
      goodstanding anchor now --json
    """
    with opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange.anchors.rounds import anchor_due, configured

        found = anchor_due(configured(), at=timezone.now(), now=True)
    _tell(found, as_json=as_json, nothing="no anchor waits for this checkpoint")


@anchor.command("list")
@click.option("--anchor", "name", help="Receipts of this anchor only.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="The newest so many.")
@JSON
def list_(name: str | None, limit: int, as_json: bool) -> None:
    """List the receipts of anchors, the newest first.

    \b
    Example:
      goodstanding anchor list --anchor tsa --limit 5
    """
    with opened(as_json=as_json):
        from goodstanding.exchange.models import AnchoredCheckpoint

        rows = AnchoredCheckpoint.objects.order_by("-position")
        found = list((rows if name is None else rows.filter(anchor=name))[:limit])
    if as_json:
        said = [
            {
                "anchor": row.anchor,
                "kind": row.kind,
                "size": row.size,
                "root": bytes(row.root).hex(),
                "anchored_at": row.anchored_at.isoformat(),
                "received_at": row.received_at.isoformat(),
                "reference": row.reference,
                "position": row.position,
            }
            for row in found
        ]
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    for row in found:
        click.echo(
            f"{row.anchor} ({row.kind}): {row.size:,} at {row.anchored_at.isoformat()}, {row.reference}"
        )
    if not found:
        click.echo("no receipts")


@anchor.command()
@click.option(
    "--newest", type=click.IntRange(1), help="Of each anchor only the newest so many; all if not given."
)
@JSON
def verify(newest: int | None, as_json: bool) -> None:
    """Check kept receipts: note and root by the log, the receipt by its anchor, asked where it keeps something.

    Exit status 1 when one does not hold or its anchor cannot be asked.

    \b
    Example:
      goodstanding anchor verify --newest 3
    """
    with opened(as_json=as_json):
        from goodstanding.exchange.anchors.rounds import configured, verify_all

        found = list(verify_all(configured(), newest=newest))
    _tell(found, as_json=as_json, nothing="no receipts")


@anchor.command()
@click.argument("anchor_id")
@JSON
def deploy(anchor_id: str, as_json: bool) -> None:
    """Put the contract for this log on the chain of the anchor ANCHOR_ID, and print the address to write into its file.

    \b
    Example:
      goodstanding anchor deploy consortium
    """
    with opened(as_json=as_json):
        from django.conf import settings

        from goodstanding.exchange.anchors.chain import Chain
        from goodstanding.exchange.anchors.rounds import configured
        from goodstanding.exchange.errors import ExchangeError

        chosen = [one.anchor for one in configured() if one.id == anchor_id]
        if not chosen or not isinstance(chosen[0], Chain):
            raise ExchangeError("anchor.unknown", place=anchor_id)
        address = chosen[0].deploy(settings.LOG_ORIGIN)
    click.echo(json.dumps({"contract": address}) if as_json else f"contract: '{address}'")


def _tell(found: Iterable[Outcome], *, as_json: bool, nothing: str) -> None:
    """Print what became of each, and end with 1 where something went wrong."""
    outcomes = list(found)
    if as_json:
        click.echo(json.dumps([_said(item) for item in outcomes], ensure_ascii=False, indent=2))
    for item in () if as_json else outcomes:
        if item.receipt is not None:
            at, where = item.receipt.anchored_at.isoformat(), item.receipt.reference
            click.echo(plain(f"{item.anchor}: {item.size:,} at {at}, {where}"))
        elif item.error is not None:
            click.echo(
                plain(f"{item.anchor}: {item.size:,} FAILED: {item.error}\n  {item.error.zh}"), err=True
            )
    if not outcomes and not as_json:
        click.echo(nothing)
    if any(item.error for item in outcomes):
        sys.exit(1)


def _said(item: Outcome) -> dict[str, Any]:
    said: dict[str, Any] = {"anchor": item.anchor, "size": item.size, "holds": item.error is None}
    if item.receipt is not None:
        said |= {"anchored_at": item.receipt.anchored_at.isoformat(), "reference": item.receipt.reference}
    if item.error is not None:
        said |= {"code": item.error.code, "place": item.error.place, "en": item.error.en, "zh": item.error.zh}
    return said
