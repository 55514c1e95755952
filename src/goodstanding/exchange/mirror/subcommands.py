"""What ``goodstanding mirror`` does besides following: show, verify, sign, and note to whom records were passed on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

import click
import orjson

from .agreed import Agreed
from .settings import Settings, say


@click.command()
@click.pass_obj
def held(settings: Settings) -> None:
    """Print what is held, one record a line: its id, kind, entity and last day; with --json whole.

    \b
    Example:
      goodstanding mirror --store mirror.sqlite3 held
    """
    with settings.opened(online=False) as mirror:
        for holding in mirror.holdings():
            document = holding.document or {}
            line = "  ".join(
                str(part)
                for part in (
                    holding.record,
                    document["kind"],
                    document["entity"]["name"],
                    document["publish_until"] or "",
                )
            )
            came = mirror.came_by(holding.record)
            say(settings, {"record": holding.record, "document": document, "came_by": came}, line)


@click.command()
@click.argument("records", nargs=-1)
@click.pass_obj
def verify(settings: Settings, records: tuple[str, ...]) -> None:
    """Prove that RECORDS, or all that are held, came by events of the verified log.

    \b
    Example:
      goodstanding mirror --token-file subscriber.token verify
    """
    with settings.opened() as mirror:
        count = 0
        for record in records or (holding.record for holding in mirror.holdings()):
            mirror.verify_holding(record)
            count += 1
        say(settings, {"verified": count}, f"{count} records verified: their events are in the log")


@click.command()
@click.pass_obj
def reconcile(settings: Settings) -> None:
    """Hold the store against what it must hold, and mend what differs; exit status 1 where it does not come out equal.

    \b
    Example:
      goodstanding mirror --token-file subscriber.token reconcile
    """
    with settings.opened() as mirror:
        found = mirror.reconcile()
    say(settings, found.as_object(), found.line())
    if found.result != "equal":
        sys.exit(1)


@click.command()
@click.pass_obj
def agreements(settings: Settings) -> None:
    """Fetch the sharing agreements, prove them, and print each with what waits for a signature.

    \b
    Example:
      goodstanding mirror --token-file subscriber.token agreements
    """
    with settings.opened() as mirror:
        for one in mirror.agreements():
            say(settings, _document(one), "\n".join(_lines(one)))


@click.command()
@click.argument("reference")
@click.option("--version", required=True, help="Which version, as `goodstanding mirror agreements` shows it.")
@click.option("--yes", is_flag=True, help="Do not show the document and ask first.")
@click.pass_obj
def sign(settings: Settings, reference: str, version: str, yes: bool) -> None:
    """Sign the version of agreement REFERENCE that waits, with the key of the receipts.

    \b
    Example:
      goodstanding mirror --token-file subscriber.token sign mingjian-1 --version 1.1.0
    """
    with settings.opened() as mirror:
        if not yes:
            found = next((one for one in mirror.agreements() if one.reference == reference), None)
            if found and found.waiting:
                click.echo(
                    orjson.dumps(found.waiting.document, option=orjson.OPT_INDENT_2).decode(), err=True
                )
            click.confirm(f"Sign {reference}@{version}?", abort=True, err=True)
        signed = mirror.sign(reference, version=version)
        say(settings, _document(signed), "\n".join(_lines(signed)))


@click.command("passed-on")
@click.argument("record")
@click.option("--to", required=True, help="A name, or the id of another subscriber of the platform.")
@click.pass_obj
def passed_on(settings: Settings, record: str, to: str) -> None:
    """Note that RECORD is passed on to somebody, who will have to be told when it is gone.

    \b
    Example:
      goodstanding mirror passed-on 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11 --to "Linhu Rural Bank"
    """
    with settings.opened(online=False) as mirror:
        mirror.passed_on(record, to=to)
        say(settings, {"record": record, "to": to}, f"noted: {record} is passed on to {to}")


@click.command("to-tell")
@click.pass_obj
def to_tell(settings: Settings) -> None:
    """Print who has still to be told that a record is gone. Until all are, its receipt is not sent.

    \b
    Example:
      goodstanding mirror to-tell
    """
    with settings.opened(online=False) as mirror:
        for one in mirror.to_tell():
            say(settings, asdict(one), f"{one.record}  {one.to}")


@click.command()
@click.argument("record")
@click.option("--to", required=True, help="Whom, as `goodstanding mirror to-tell` shows it.")
@click.pass_obj
def told(settings: Settings, record: str, to: str) -> None:
    """Note that somebody was told that RECORD is gone; the next round sends the receipt once all were.

    \b
    Example:
      goodstanding mirror told 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11 --to "Linhu Rural Bank"
    """
    with settings.opened(online=False) as mirror:
        mirror.told(record, to=to)
        say(settings, {"record": record, "to": to}, f"noted: {to} was told that {record} is gone")


@click.command()
@click.pass_obj
def evidence(settings: Settings) -> None:
    """Print the two checkpoints that contradict each other, where the witnesses knew another history.

    \b
    Example:
      goodstanding mirror evidence
    """
    with settings.opened(online=False) as mirror:
        found = mirror.evidence()
        say(settings, {"evidence": found}, found or "no contradiction was found")


SUBCOMMANDS: Final = (held, verify, reconcile, agreements, sign, passed_on, to_tell, told, evidence)


def _document(one: Agreed) -> dict[str, Any]:
    waiting = one.waiting
    return {
        "agreement": one.reference,
        "state": one.state,
        "version": one.version,
        "signed": one.signed if one.version else None,
        "ended_on": one.ended_on,
        "deletion_due": one.deletion_due,
        "document": one.document,
        "waiting": waiting
        and {
            "version": waiting.version,
            "digest": waiting.digest.hex(),
            "breaking": waiting.breaking,
            "waits_for": waiting.waits_for,
            "changes": waiting.changes,
            "document": waiting.document,
        },
    }


def _lines(one: Agreed) -> Iterator[str]:
    scope = one.clauses["scope"]
    carries = ", ".join([*scope["kinds"], *scope["items"]])
    where = ", ".join(scope["divisions"]) or "everywhere"
    version = f"{one.version}, signed by the provider" if one.version else "not concluded"
    yield f"{one.reference}: {one.state}; {version}; {carries} ({where})"
    if one.ended_on:
        yield f"  ends or ended on {one.ended_on}; deletion due {one.deletion_due or 'then'}"
    if one.waiting:
        missing = " and ".join(one.waiting.waits_for)
        yield f"  version {one.waiting.version} waits for {missing}; digest {one.waiting.digest.hex()}"
        for change in one.waiting.changes:
            yield f"    {change['effect']}: {change['path']}"
