"""``goodstanding contract``: look at data contracts, check and compare them, and lead a new version to its use.
``goodstanding catalogue``: what may be collected at all."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goodstanding.site.database import database

if TYPE_CHECKING:
    from goodstanding.intake.contract import Contract
    from goodstanding.intake.contract_versions import Standing
    from goodstanding.registry.actor import Actor


@click.group()
def contract() -> None:
    """Look at data contracts, check and compare them, and lead a new version to its use.

    \b
    Examples:
      goodstanding contract show double-publicity-penalties
      goodstanding contract diff ./penalties-1.yaml ./penalties-2.yaml
    """


def _document(found: Contract) -> dict[str, Any]:
    return found.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _written(found: Contract, *, as_json: bool) -> str:
    import yaml

    document = _document(found)
    if as_json:
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=110)


def _find(name: str) -> Contract:
    """A contract by its id, by id@version as it was accepted, or by its file."""
    from goodstanding.intake.contract import load_contract, read_contract
    from goodstanding.intake.contract_versions import contract_of

    if Path(name).suffix in (".yaml", ".yml"):
        return read_contract(Path(name))
    if "@" in name:
        return contract_of(_version(name))
    return load_contract(name)


def _version(name: str) -> Any:
    from goodstanding.intake.models import ContractVersion

    contract_id, _, version = name.partition("@")
    found = ContractVersion.objects.filter(contract=contract_id, version=version).first()
    if found is None:
        raise click.ClickException(f"{name} was never proposed or accepted here")
    return found


@contract.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
def show(name: str, as_json: bool) -> None:
    """Print a contract in the Open Data Contract Standard.

    NAME is an id, an id@version that was accepted here, or a file.

    \b
    Example:
      goodstanding contract show registration --json
    """
    with database(migrate=False):
        click.echo(_written(_find(name), as_json=as_json), nl=False)


@contract.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Write JSON files instead of YAML.")
def export(folder: Path, as_json: bool) -> None:
    """Write every contract of this installation into a folder, a file each.

    \b
    Example:
      goodstanding contract export ./contracts
    """
    with database(migrate=False):
        from goodstanding.intake.contract import all_contracts

        folder.mkdir(parents=True, exist_ok=True)
        for found in all_contracts():
            path = folder / f"{found.id}.{'json' if as_json else 'yaml'}"
            path.write_text(_written(found, as_json=as_json), encoding="utf-8")
            click.echo(path)


@contract.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def lint(files: tuple[Path, ...], as_json: bool) -> None:
    """Check contract files, or all contracts of this installation; 1, with file, line and reason, when one is faulty.

    \b
    Example:
      goodstanding contract lint ./penalties.yaml
    """
    from goodstanding.intake.errors import ContractRefused

    faults: list[dict[str, object]] = []
    with database(migrate=False):
        from goodstanding.intake.contract import folders, read_contract

        checked = files or tuple(path for folder in folders() for path in sorted(folder.glob("*.yaml")))
        for path in checked:
            try:
                read_contract(path)
            except ContractRefused as error:
                faults += [
                    {"file": str(path), "line": item.line, "reason": item.reason} for item in error.problems
                ]
    if as_json:
        click.echo(json.dumps({"checked": len(checked), "faults": faults}, ensure_ascii=False, indent=2))
    else:
        for fault in faults:
            click.echo("{file}:{line}: {reason}".format(**fault))
        click.echo(f"{len(checked)} contracts, {len(faults)} faults")
    sys.exit(1 if faults else 0)


@contract.command()
@click.argument("old")
@click.argument("new")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", help="The language of the sentences.")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
def diff(old: str, new: str, lang: str, as_json: bool) -> None:
    """What changed between two versions of a contract; 1 when something of it breaks senders or readers.

    OLD and NEW are ids, id@version, or files.

    \b
    Example:
      goodstanding contract diff registration@1.0.0 registration
    """
    with database(migrate=False):
        from goodstanding.intake.contract_diff import differences, required_version

        before, after = _find(old), _find(new)
        changes = differences(before, after)
    breaking = sum(change.breaking for change in changes)
    if as_json:
        document = {
            "old": before.reference,
            "new": after.reference,
            "breaking": breaking,
            "least_version": required_version(before, changes) if changes else before.version,
            "changes": [change.as_json() for change in changes],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        for change in changes:
            click.echo(f"{change.effect:10}  {change.zh if lang == 'zh' else change.en}")
        click.echo(f"{len(changes)} changes, {breaking} breaking")
    sys.exit(1 if breaking else 0)


def _consumers(found: Contract) -> list[int]:
    from django.utils import timezone

    from goodstanding.exchange import queries

    return queries.consumers(kind=found.record_kind, item=found.clauses.item, on=timezone.localdate())


def _tell(standing: Standing, *, as_json: bool) -> None:
    version = standing.version
    document = {
        "contract": version.contract,
        "version": version.version,
        "active": standing.active,
        "breaking": version.breaking,
        "missing": list(standing.missing),
        "objections": [{"consumer": who, "reason": why} for who, why in standing.objections],
        "changes": version.changes,
    }
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    click.echo(f"{version}: {'active' if standing.active else 'proposed'}")
    for change in version.changes:
        click.echo(f"  {change['effect']:10}  {change['en']}")
    if standing.missing:
        click.echo(f"  not signed by: {', '.join(standing.missing)}")
    for consumer, objection in standing.objections:
        click.echo(f"  {consumer} objects: {objection}")


@contract.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the version as JSON.")
def propose(name: str, as_json: bool) -> None:
    """Propose the version of a contract that lies in the folder; one that breaks nothing is active at once.

    \b
    Example:
      goodstanding contract propose double-publicity-penalties
    """
    with database():
        from django.utils import timezone

        from goodstanding.intake import contract_versions
        from goodstanding.intake.contract import load_contract

        standing = contract_versions.propose(
            name,
            subscribers=_consumers(load_contract(name)),
            on=timezone.localdate(),
            at=timezone.now(),
        )
        _tell(standing, as_json=as_json)


def _actor(username: str) -> Actor:
    from goodstanding.registry.actor import actor_of
    from goodstanding.registry.models import Account

    account = Account.objects.filter(user__username=username).first()
    if account is None:
        raise click.BadParameter(f"there is no login {username!r}", param_hint="--account")
    return actor_of(account)


@contract.command("sign-off")
@click.argument("name")
@click.option("--account", "username", required=True, help="The login for whose organisation it is signed.")
@click.option("--json", "as_json", is_flag=True, help="Print the version as JSON.")
def sign_off(name: str, username: str, as_json: bool) -> None:
    """Sign a proposed version (NAME is id@version) for one of its consumers.

    \b
    Example:
      goodstanding contract sign-off double-publicity-penalties@2.0.0 --account mingjian
    """
    with database():
        from django.utils import timezone

        from goodstanding.intake import contract_versions

        standing = contract_versions.sign_off(_version(name), actor=_actor(username), at=timezone.now())
        _tell(standing, as_json=as_json)


@contract.command("object")
@click.argument("name")
@click.option("--account", "username", required=True, help="The login for whose organisation it is said.")
@click.option("--reason", required=True, help="Why, 10 to 2,000 characters.")
@click.option("--json", "as_json", is_flag=True, help="Print the version as JSON.")
def object_to(name: str, username: str, reason: str, as_json: bool) -> None:
    """Object to a proposed version (NAME is id@version) for one of its consumers; a later signature ends it.

    \b
    Example:
      goodstanding contract object double-publicity-penalties@2.0.0 --account mingjian --reason "We read that column."
    """
    with database():
        from django.utils import timezone

        from goodstanding.intake import contract_versions

        actor = _actor(username)
        standing = contract_versions.object_to(_version(name), actor=actor, reason=reason, at=timezone.now())
        _tell(standing, as_json=as_json)


@contract.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the version as JSON.")
def activate(name: str, as_json: bool) -> None:
    """Let files come in under a proposed version (NAME is id@version) that everyone has signed.

    \b
    Example:
      goodstanding contract activate double-publicity-penalties@2.0.0
    """
    with database():
        from django.utils import timezone

        from goodstanding.intake import contract_versions

        version = _version(name)
        standing = contract_versions.activate(
            version,
            subscribers=_consumers(contract_versions.contract_of(version)),
            at=timezone.now(),
        )
        _tell(standing, as_json=as_json)


@click.command()
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The day; today unless said otherwise.")
@click.option("--schema", "as_schema", is_flag=True, help="Print the JSON Schema of a list instead.")
@click.option("--json", "as_json", is_flag=True, help="Print the items as JSON.")
def catalogue(on: datetime | None, as_schema: bool, as_json: bool) -> None:
    """List what may be collected on a day: items, from whom, on whom, and how far they are shown.

    \b
    Example:
      goodstanding catalogue --on 2026-11-22
    """
    with database(migrate=False):
        from django.utils import timezone

        from goodstanding.registry.catalogue import catalogue_on, schema

        if as_schema:
            click.echo(schema(), nl=False)
            return
        found = catalogue_on(on.date() if on else timezone.localdate())
    if as_json:
        rows = [
            {"list": entry.list.id, **entry.item.model_dump(mode="json", by_alias=True)}
            for entry in found.listed
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for entry in found.listed:
        item = entry.item
        click.echo(
            f"{item.id:28}  {item.polarity:8}  {item.disclosure:10}  {', '.join(item.providers)}"
            f"  ({entry.list.id}, {item.citation.confidence})"
        )
