"""``goodstanding findings`` and ``goodstanding snapshots``: what waits for the operator beside held batches."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import click

from goodstanding.site.database import database

from .progress import shown

if TYPE_CHECKING:
    from goodstanding.intake.models import Snapshot
    from goodstanding.registry.models import Account, SourceFinding


def operator_called(username: str) -> Account:
    from goodstanding.registry.models import Account

    account = Account.objects.filter(user__username=username, role=Account.Role.OPERATOR).first()
    if account is None:
        raise click.BadParameter(f"there is no operator's login {username!r}", param_hint="--account")
    return account


@click.group()
def findings() -> None:
    """Look at removed records that a source sent again, and decide on them.

    \b
    Example:
      goodstanding findings list
    """


@findings.command("list")
@click.option(
    "--decision",
    type=click.Choice(["open", "cleared", "upheld"]),
    default="open",
    help="Those that wait, or those decided on.",
)
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, help="At most so many, the newest first."
)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_findings(decision: str, limit: int, as_json: bool) -> None:
    """List attempts to report a removed record again, the newest first.

    \b
    Example:
      goodstanding findings list --decision upheld --json
    """
    with database(migrate=False):
        from goodstanding.intake.models import Batch
        from goodstanding.registry import source_findings

        found = list(source_findings.findings(decision="" if decision == "open" else decision)[:limit])
        batches = Batch.objects.in_bulk([finding.batch for finding in found if finding.batch])
        shown = [_finding(finding, batches.get(finding.batch or 0)) for finding in found]
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    for item in shown:
        click.echo("{finding}  {kind:<5}  {source}  {file} row {row:,}  removed: {record}".format(**item))


def _finding(finding: SourceFinding, batch: Any) -> dict[str, Any]:
    return {
        "finding": str(finding.public_id),
        "kind": finding.kind,
        "source": finding.source.code,
        "batch": None if batch is None else str(batch.public_id),
        "file": None if batch is None else batch.name,
        "row": finding.row,
        "at": finding.at.isoformat(),
        "record": None if finding.record is None else str(finding.record.public_id),
        "decision": finding.decision or None,
        "reasons": finding.reasons,
    }


@findings.command()
@click.argument("finding", type=click.UUID)
@click.argument("decision", type=click.Choice(["cleared", "upheld"]))
@click.option("--reasons", required=True, help="Why, at least 10 characters.")
@click.option("--account", "username", required=True, help="The login of the operator who decides.")
@click.option("--json", "as_json", is_flag=True, help="Print the finding as JSON.")
def decide(finding: uuid.UUID, decision: str, reasons: str, username: str, as_json: bool) -> None:
    """Decide on FINDING: cleared, its row enters when it is sent again; upheld, it stays out.

    \b
    Example:
      goodstanding findings decide 5e0c... upheld --account supervisor \\
        --reasons "The number has a new suffix; the decision is the one that was withdrawn."
    """
    with database():
        from django.utils import timezone

        from goodstanding.registry import source_findings
        from goodstanding.registry.commands import RegistryError
        from goodstanding.registry.models import SourceFinding

        account = operator_called(username)
        try:
            done = source_findings.decide(
                finding=finding,
                decision=decision,
                reasons=reasons,
                account_id=account.pk,
                at=timezone.now(),
            )
        except SourceFinding.DoesNotExist as error:
            raise click.BadParameter("there is no such finding (没有该事项)", param_hint="FINDING") from error
        except RegistryError as error:
            raise click.UsageError(f"{error.en} ({error.zh})") from error
        said = {"finding": str(done.public_id), "decision": done.decision, "reasons": done.reasons}
    click.echo(json.dumps(said, ensure_ascii=False, indent=2) if as_json else f"{finding}: {decision}")


@click.group()
def snapshots() -> None:
    """Look at full lists that wait because too much is missing from them, and settle them.

    \b
    Example:
      goodstanding snapshots list
    """


@snapshots.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the lists as JSON.")
def list_snapshots(as_json: bool) -> None:
    """List the full lists that wait, the oldest first.

    \b
    Example:
      goodstanding snapshots list --json
    """
    with database(migrate=False):
        from goodstanding.intake import snapshot

        found = [_snapshot(item) for item in snapshot.waiting()]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for item in found:
        click.echo("{batch}  {source}  {missing:,} of {listed_before:,} missing  {file}".format(**item))


def _snapshot(item: Snapshot) -> dict[str, Any]:
    return {
        "batch": str(item.batch.public_id),
        "file": item.batch.name,
        "source": item.batch.authority.code,
        "contract": item.batch.contract,
        "state": item.state,
        "listed_before": item.listed_before,
        "missing": item.missing,
        "spared": item.spared,
    }


@snapshots.command()
@click.argument("batch", type=click.UUID)
@click.option("--account", "username", required=True, help="The login of the operator who settles it.")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def settle(batch: uuid.UUID, username: str, as_json: bool) -> None:
    """Let leave what the full list BATCH does not name, though it is much.

    \b
    Example:
      goodstanding snapshots settle 5e0c... --account supervisor
    """
    with database():
        from django.utils import timezone

        from goodstanding.intake import snapshot
        from goodstanding.intake.contract import load_contract

        account, today = operator_called(username), timezone.localdate()
        waiting = {item.batch.public_id: item.batch for item in snapshot.waiting()}
        if batch not in waiting:
            raise click.BadParameter("this list does not wait (该名单未处于待核状态)", param_hint="BATCH")
        with shown(as_json=as_json) as bar:
            done = snapshot.settle(
                waiting[batch],
                contract=load_contract(waiting[batch].contract, on=today),
                today=today,
                at=timezone.now(),
                account_id=account.pk,
                told=bar("off the list", None),
            )
        assert done is not None  # a list that waits is a full list
        said = _snapshot(done)
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
    else:
        left = said["missing"] if said["state"] == "settled" else 0
        click.echo(f"{said['file']}: {said['state']}: {left:,} records left the list")
