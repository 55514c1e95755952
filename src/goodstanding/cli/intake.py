"""``goodstanding take-in`` and ``goodstanding contracts``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from goodstanding.site.database import database

from .progress import bars


def take_in_file(*, path: Path, contract: str, authority_id: int, progress: Any = None) -> Any:
    """Receive and run one file; returns its finished batch. Used by the commands of this package."""
    from django.utils import timezone

    from goodstanding.intake import commands

    batch = commands.receive(
        path=path,
        name=path.name,
        contract=contract,
        authority_id=authority_id,
        account_id=None,
        at=timezone.now(),
    )
    return commands.run(batch.pk, progress=progress, today=timezone.localdate(), at_clock=timezone.now)


def take_in_city(folder: Path, *, quiet: bool) -> list[Any]:
    """Take in every file of a generated city, in the order of its manifest."""
    from goodstanding.registry.commands import create_authority

    manifest = json.loads((folder / "manifest.json").read_text())
    authorities = {}
    for authority in manifest["authorities"]:
        authorities[authority["code"]] = create_authority(**authority)
    batches = []
    with bars(quiet=quiet) as bar:
        for file in manifest["files"]:
            done = bar(Path(file["path"]).name, file["rows"])
            batches.append(
                take_in_file(
                    path=folder / file["path"],
                    contract=file["contract"],
                    authority_id=authorities[file["authority"]].pk,
                    progress=done,
                )
            )
            done(file["rows"])
    return batches


def batch_summary(batch: Any) -> dict[str, object]:
    """What became of a file, for people and scripts."""
    return {
        "batch": str(batch.public_id),
        "file": batch.name,
        "contract": batch.contract,
        "state": batch.state,
        "rows": batch.rows,
        "committed": batch.committed,
        "unchanged": batch.unchanged,
        "superseding": batch.superseding,
        "rejected": batch.rejected,
        "error": batch.error,
    }


@click.command("take-in")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--contract", help="The data contract of the file (see `goodstanding contracts`).")
@click.option("--authority", help="The code of the authority that sends it.")
@click.option(
    "--returned", type=click.Path(path_type=Path, dir_okay=False), help="Write the rejected rows here."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def take_in(
    path: Path, contract: str | None, authority: str | None, returned: Path | None, as_json: bool
) -> None:
    """Take in an authority's file under its contract, or a generated city's folder.

    Exit status 1 when rows were rejected, 2 when the file could not be read.

    \b
    Examples:
      goodstanding take-in ./city
      goodstanding take-in penalties.csv --contract double-publicity-penalties \\
          --authority 1198010098000011XM --returned rejected.csv
    """
    with database():
        if path.is_dir():
            batches = take_in_city(path, quiet=as_json)
        else:
            batches = [_one_file(path, contract, authority, returned, quiet=as_json)]
        summaries = [batch_summary(batch) for batch in batches]
    if as_json:
        click.echo(json.dumps(summaries, ensure_ascii=False, indent=2))
    else:
        for summary in summaries:
            click.echo(
                "{file}: {rows:,} rows: {committed:,} committed, {unchanged:,} unchanged,"
                " {superseding:,} superseding, {rejected:,} rejected".format(**summary)
            )
            if summary["error"]:
                click.echo(f"  failed: {json.dumps(summary['error'], ensure_ascii=False)}", err=True)
    if any(summary["state"] == "failed" for summary in summaries):
        sys.exit(2)
    sys.exit(1 if any(summary["rejected"] for summary in summaries) else 0)


def _one_file(
    path: Path, contract: str | None, authority: str | None, returned: Path | None, *, quiet: bool
) -> Any:
    from goodstanding.intake import queries
    from goodstanding.intake.contract import all_contracts
    from goodstanding.registry.models import Authority

    known = {item.id for item in all_contracts()}
    if contract not in known:
        raise click.BadParameter(f"choose one of {', '.join(sorted(known))}", param_hint="--contract")
    sender = Authority.objects.filter(code=authority or "").first()
    if sender is None:
        raise click.BadParameter(f"no authority has the code {authority!r}", param_hint="--authority")
    with bars(quiet=quiet) as bar:
        batch = take_in_file(
            path=path, contract=contract, authority_id=sender.pk, progress=bar(path.name, None)
        )
    if returned is not None:
        with returned.open("wb") as file:
            file.writelines(queries.returned_file(batch))
    return batch


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def contracts(as_json: bool) -> None:
    """List the data contracts under which files are taken in.

    \b
    Example:
      goodstanding contracts
    """
    with database(migrate=False):
        from goodstanding.intake.contract import all_contracts

        rows = [{"id": item.id, "version": item.version, "name": item.name} for item in all_contracts()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            click.echo("{id}  {version}  {name}".format(**row))
