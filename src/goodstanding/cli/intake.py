"""``goodstanding take-in`` and ``goodstanding contracts``."""

from __future__ import annotations

import glob
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from goodstanding.site.database import database

from .engine import engine_option, used
from .progress import Bar, Done, shown

#: What an authority may state its file to be written in.
ENCODINGS = ("utf-8", "utf-16", "gb18030", "big5", "shift_jis")


def take_in_file(
    *, path: Path, contract: str, authority_id: int, progress: Done | None = None, encoding: str = ""
) -> Any:
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
        encoding=encoding,
    )
    return commands.run(batch.pk, progress=progress, today=timezone.localdate(), at_clock=timezone.now)


def take_in_city(folder: Path, *, as_json: bool) -> list[Any]:
    """Take in every file of a generated city, in the order of its manifest."""
    from goodstanding.registry.commands import create_authority

    manifest = json.loads((folder / "manifest.json").read_text())
    authorities = {}
    for authority in manifest["authorities"]:
        authorities[authority["code"]] = create_authority(**authority)
    batches = []
    with shown(as_json=as_json) as bar:
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
    from goodstanding.intake.models import BatchQuality

    quality = BatchQuality.objects.filter(batch=batch).first()
    return {
        "batch": str(batch.public_id),
        "file": batch.name,
        "contract": batch.contract,
        "state": batch.state,
        "form": batch.form,
        "compression": batch.compression,
        "encoding": batch.encoding,
        "rows": batch.rows,
        "committed": batch.committed,
        "unchanged": batch.unchanged,
        "superseding": batch.superseding,
        "rejected": batch.rejected,
        "quality": float(quality.total) if quality is not None and quality.total is not None else None,
        "findings": quality.findings if quality is not None else [],
        "error": batch.error,
    }


def files_of(given: Sequence[str]) -> list[Path]:
    """The files that paths, folders and patterns name: each once, in the order of their paths.

    Of a folder, the files that lie in it; hidden ones are left out.

    Raises:
        click.BadParameter: something names no file.
    """
    found: set[Path] = set()
    for text in given:
        path = Path(text)
        if path.is_dir():
            named = [item for item in path.iterdir() if item.is_file() and not item.name.startswith(".")]
        elif path.exists():
            named = [path]
        else:
            named = [Path(item) for item in glob.glob(text, recursive=True) if Path(item).is_file()]
        if not named:
            raise click.BadParameter(f"{text} names no file", param_hint="PATH")
        found.update(named)
    return sorted(found)


@click.command("take-in")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--contract", help="The data contract of the files (see `goodstanding contracts`).")
@click.option("--authority", help="The code of the authority that sends them.")
@click.option("--encoding", type=click.Choice(ENCODINGS), help="What text files are written in, if known.")
@click.option(
    "--returned",
    type=click.Path(path_type=Path),
    help="Write the rejected rows here; with several files, a folder that gets one file for each.",
)
@engine_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, progress as JSON lines.")
def take_in(
    paths: tuple[str, ...],
    contract: str | None,
    authority: str | None,
    encoding: str | None,
    returned: Path | None,
    engine: str | None,
    as_json: bool,
) -> None:
    """Take in an authority's files under their contract, or a generated city's folder.

    PATH is a file, a folder or a pattern such as 'in/*.csv.gz'. Each file is a batch of its own, in the order of
    their paths; one that cannot be read does not stop the others.

    An engine other than `rows` takes files of a contract whose rows report findings or facts; it refuses any other.
    Of a city's folder it takes what it can, the rest goes row by row. See docs/reference/bulk.md for a cluster.

    Exit status 1 when rows were rejected or a file waits for the operator, 2 when a file could not be read, 3 when the
    engine is not there.

    \b
    Examples:
      goodstanding take-in ./city
      goodstanding take-in penalties.csv --contract double-publicity-penalties \\
          --authority 1198010098000011XM --returned rejected.csv
      goodstanding take-in 'in/**/*.csv.zst' --contract double-publicity-penalties \\
          --authority 1198010098000011XM --encoding gb18030 --json
      goodstanding take-in 'in/*.parquet' --contract utility-payments \\
          --authority 1198010098000011XM --engine spark://master.example:7077
    """
    city = Path(paths[0])
    with database():
        if len(paths) == 1 and (city / "manifest.json").is_file():
            with used(engine):
                batches = take_in_city(city, as_json=as_json)
        else:
            known = _known_contract(contract)
            with used(engine, contract=known), shown(as_json=as_json) as bar:
                batches = _files(files_of(paths), known, authority, encoding, returned, bar=bar)
        summaries = [batch_summary(batch) for batch in batches]
    _print(summaries, as_json=as_json)
    if any(summary["state"] == "failed" for summary in summaries):
        sys.exit(2)
    sys.exit(1 if any(summary["rejected"] or summary["state"] == "held" for summary in summaries) else 0)


def _print(summaries: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(summaries, ensure_ascii=False, indent=2))
        return
    for summary in summaries:
        click.echo(
            "{file}: {rows:,} rows: {committed:,} committed, {unchanged:,} unchanged,"
            " {superseding:,} superseding, {rejected:,} rejected".format(**summary)
        )
        if summary["state"] == "held":
            click.echo(
                f"  held for the operator: goodstanding batches release {summary['batch']} --reason ..."
            )
        for finding in summary["findings"]:  # type: ignore[attr-defined]
            click.echo(f"  {finding['en']} {finding['zh']}", err=True)
        if summary["error"]:
            click.echo(f"  failed: {json.dumps(summary['error'], ensure_ascii=False)}", err=True)


def _known_contract(contract: str | None) -> str:
    from goodstanding.intake.contract import all_contracts

    known = {item.id for item in all_contracts()}
    if contract not in known:
        raise click.BadParameter(f"choose one of {', '.join(sorted(known))}", param_hint="--contract")
    return contract


def _files(
    files: list[Path],
    contract: str,
    authority: str | None,
    encoding: str | None,
    returned: Path | None,
    *,
    bar: Bar,
) -> list[Any]:
    from goodstanding.registry.models import Authority

    sender = Authority.objects.filter(code=authority or "").first()
    if sender is None:
        raise click.BadParameter(f"no authority has the code {authority!r}", param_hint="--authority")
    if returned is not None and len(files) > 1:
        returned.mkdir(exist_ok=True)
    batches = []
    for number, path in enumerate(files, start=1):
        batch = take_in_file(
            path=path,
            contract=contract,
            authority_id=sender.pk,
            progress=bar(path.name, None),
            encoding=encoding or "",
        )
        batches.append(batch)
        if returned is not None:
            own = returned / f"{number:03d}-{path.stem}-returned.csv" if len(files) > 1 else returned
            _write_returned(batch, own)
    return batches


def _write_returned(batch: Any, path: Path) -> None:
    from goodstanding.intake import queries

    with path.open("wb") as file:
        file.writelines(queries.returned_file(batch))


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
