"""``goodstanding filter``: whether old copies may still be held, checked offline."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from goodstanding import proof
from goodstanding.proof.status_filter import Answer, StatusFilter, cell_of, read_filter

from .log import JSON, opened
from .trust import refuse, verifier_key

_FILE = click.Path(exists=True, path_type=Path, dir_okay=False)
_KEY = click.option(
    "--key", "key_text", required=True, help="The log's verifier key, as you know it from elsewhere."
)
_WORDS: dict[Answer, str] = {
    "removed": "removed: it may no longer be held",
    "published": "published",
    "not_covered": "not covered by this filter",
}


@click.group("filter")
def filter_() -> None:
    """The status filter: check old copies offline, without saying whom you check.

    \b
    Examples:
      curl -O https://HOST/api/v1/status-filter
      goodstanding filter check status-filter --key "$(cat log.key)" 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11
      goodstanding filter make
    """


@filter_.command()
@click.argument("file", type=_FILE)
@click.argument("copies", nargs=-1, required=True, metavar="ID[,ITEM,DAY]...")
@_KEY
@JSON
def check(file: Path, copies: tuple[str, ...], key_text: str, as_json: bool) -> None:
    """Say of records by their public ids whether FILE lets them be held; - reads a list of lines from standard input.

    Exact for every record ever published up to the filter's position; of any other id the answer means nothing.
    With the first day of publication, a record that is newer than the filter is told apart; a filter that is split by
    item and year needs both. Nothing is sent anywhere. Exit status 1 when anything is removed or not covered.

    \b
    Examples:
      goodstanding filter check status-filter --key "$(cat log.key)" 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11
      goodstanding filter check status-filter --key "$(cat log.key)" - < ids.csv
    """
    asked = [line.strip() for line in sys.stdin if line.strip()] if copies == ("-",) else copies
    told: list[tuple[str, Answer]] = []
    found = _read(file, key_text, as_json=as_json)
    for text in asked:
        record, item, day = _copy(text, found.header.partition)
        cell = cell_of(partition=found.header.partition, item=item, published_on=day or date.min)
        try:
            told.append((record, found.check(record, cell=cell, published_on=day)))
        except proof.ProofError as error:
            refuse(error, as_json=as_json)
            sys.exit(2)
    if as_json:
        click.echo(json.dumps(_said(found) | {"records": dict(told)}))
    else:
        for record, answer in told:
            click.echo(f"{record} {_WORDS[answer]}")
    if any(answer != "published" for _, answer in told):
        sys.exit(1)


@filter_.command()
@click.argument("file", type=_FILE)
@_KEY
@JSON
def verify(file: Path, key_text: str, as_json: bool) -> None:
    """Check FILE: signatures, digests, and that its parts continue each other; say what it is of.

    Its digest is what the journal announced (`filter.issued`): compare it with
    `goodstanding log verify` of GET /api/v1/status-filter/proof. Exit status 1 when anything does not hold.

    \b
    Example:
      goodstanding filter verify status-filter --key "$(cat log.key)"
    """
    found = _read(file, key_text, as_json=as_json)
    _say(found, as_json=as_json)


@filter_.command()
@click.argument("file", type=_FILE)
@click.argument("delta_file", type=_FILE)
@_KEY
@JSON
def delta(file: Path, delta_file: Path, key_text: str, as_json: bool) -> None:
    """Check that DELTA_FILE continues FILE, and append it.

    Fetch it from GET /api/v1/status-filter/delta?after=DIGEST, with the digest that `filter verify` says. Exit
    status 1, FILE untouched, when anything does not hold.

    \b
    Examples:
      curl -o delta "https://HOST/api/v1/status-filter/delta?after=DIGEST"
      goodstanding filter delta status-filter delta --key "$(cat log.key)"
    """
    held = _read(file, key_text, as_json=as_json)
    found = _read(delta_file, key_text, as_json=as_json, after=held)
    written = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        written.write_bytes(file.read_bytes() + delta_file.read_bytes())
        written.replace(file)
    finally:
        written.unlink(missing_ok=True)
    _say(found, as_json=as_json)


@filter_.command()
@click.option("--whole", is_flag=True, help="Begin the file anew, not with a delta.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the file here too.")
@JSON
def make(whole: bool, out: Path | None, as_json: bool) -> None:
    """Issue the filter of everything published up to now, as the worker does every few hours.

    \b
    Example:
      goodstanding filter make --out status-filter
    """
    with opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import status_filter
        from goodstanding.exchange.errors import ExchangeError

        issued = status_filter.issue(at=timezone.now(), whole=whole)
        found = status_filter.current()
        if found is None:
            raise ExchangeError("filter.none")
        newest, data = found.newest, found.data
    if out is not None:
        out.write_bytes(data)
    if as_json:
        said = {
            "issued": issued is not None,
            "size": newest.size,
            "digest": newest.digest,
            "bytes": len(data),
        }
        click.echo(
            json.dumps(said | {"position": newest.position, "added": len(issued.data) if issued else 0})
        )
        return
    what = (
        f"{len(issued.data):,} bytes issued"
        if issued
        else "nothing has happened to a record since the last one"
    )
    click.echo(f"{what}; as of position {newest.size:,}, {len(data):,} bytes in all, digest {newest.digest}")


def _read(file: Path, key_text: str, *, as_json: bool, after: StatusFilter | None = None) -> StatusFilter:
    try:
        return read_filter(file.read_bytes(), key=verifier_key(key_text), after=after)
    except proof.ProofError as error:
        refuse(error, as_json=as_json)
        sys.exit(1)


def _copy(text: str, partition: str) -> tuple[str, str, date | None]:
    """An id with the item and the first day of publication of its copy, where they are given."""
    record, *more = (part.strip() for part in text.split(","))
    try:
        item, day = (more[0], date.fromisoformat(more[1])) if more else ("", None)
    except (IndexError, ValueError):
        raise click.UsageError(f"{text}: write ID or ID,ITEM,YYYY-MM-DD") from None
    if partition and not item:
        raise click.UsageError(f"{text}: this filter is split by {partition}; write ID,ITEM,YYYY-MM-DD")
    return record, item, day


def _said(found: StatusFilter) -> dict[str, Any]:
    header = found.header
    told = {"origin": header.origin, "size": header.size, "issued_at": header.issued_at}
    return told | {"partition": header.partition, "digest": found.digest}


def _say(found: StatusFilter, *, as_json: bool) -> None:
    length = sum(section.bytes for section in found.sections)
    if as_json:
        click.echo(json.dumps(_said(found) | {"sections": len(found.sections), "bytes": length}))
        return
    header = found.header
    click.echo(
        f"status filter of {header.origin}, as of position {header.size:,}, issued at {header.issued_at}"
    )
    click.echo(f"{length:,} bytes in {len(found.sections)} sections; digest {found.digest}")
