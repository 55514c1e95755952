"""``goodstanding lake``: look at the lake of everything ever reported, and keep it in order."""

from __future__ import annotations

import contextlib
import json
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import click

from goodstanding.site.database import database

from .progress import Bar, Done, shown

JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
SNAPSHOT = click.option(
    "--snapshot", type=int, help="The state of the table with this id (see `lake status`)."
)
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def lake() -> None:
    """The lake: every reported state of every record, in files that any engine reads.

    \b
    Examples:
      goodstanding lake status
      goodstanding lake history 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11 --on 2026-06-30
      goodstanding lake compact && goodstanding lake expire --days 30
    """


@contextlib.contextmanager
def opened(*, as_json: bool) -> Iterator[Any]:
    """The open lake; what goes wrong becomes a sentence, or JSON, and an exit code."""
    try:
        from goodstanding.intake.lake import LakeBusy, LakeError, LakeUnavailable, open_lake
    except ModuleNotFoundError as error:
        raise click.UsageError(str(error)) from error
    with database(migrate=False):
        try:
            yield open_lake()
        except LakeError as error:
            said = {"code": error.code, "en": error.en, "zh": error.zh}
            click.echo(
                json.dumps(said, ensure_ascii=False) if as_json else f"goodstanding: {error.en}", err=True
            )
            sys.exit(3 if isinstance(error, LakeBusy | LakeUnavailable) else 2)
        except ModuleNotFoundError as error:
            raise click.UsageError(str(error)) from error


@lake.command()
@click.option("--states", default=10, show_default=True, help="How many of the latest states to list.")
@JSON
def status(states: int, as_json: bool) -> None:
    """Say what the lake holds: rows, files, bytes, and the states that can be travelled to.

    \b
    Example:
      goodstanding lake status --json
    """
    from_lake: dict[str, Any]
    with opened(as_json=as_json) as found:
        from goodstanding.intake.lake import plan, snapshots

        files, kept = plan(found), snapshots(found)
        per_bucket: dict[int, int] = {}
        for file in files:
            per_bucket[file.bucket] = per_bucket.get(file.bucket, 0) + 1
        from_lake = {
            "folder": str(found.folder),
            "buckets": found.buckets,
            "rows": sum(file.rows for file in files),
            "files": len(files),
            "bytes": sum(file.bytes for file in files),
            "most_files_in_a_bucket": max(per_bucket.values(), default=0),
            "states": len(kept),
            "latest": [asdict(state) | {"at": state.at.isoformat()} for state in kept[-states:][::-1]],
        }
    if as_json:
        click.echo(json.dumps(from_lake, indent=2))
        return
    click.echo("{folder}: {rows:,} rows in {files:,} files, {bytes:,} bytes".format(**from_lake))
    click.echo("{buckets} buckets, at most {most_files_in_a_bucket} files in one".format(**from_lake))
    click.echo("{states:,} states:".format(**from_lake))
    for state in from_lake["latest"]:
        batch = f", batch {state['batch']}" if state["batch"] else ""
        click.echo(
            f"  {state['id']:<19} {state['at'][:19]} {state['operation']}, {state['rows']:,} rows{batch}"
        )


@lake.command()
@click.argument("entity", type=uuid.UUID)
@click.option("--on", type=DAY, help="Only what was known by the end of this day.")
@SNAPSHOT
@click.option("--current", "only_current", is_flag=True, help="Only records that are current.")
@JSON
def history(
    entity: uuid.UUID, on: datetime | None, snapshot: int | None, only_current: bool, as_json: bool
) -> None:
    """Show what was ever reported of an entity, by record and version; the public parts only.

    ENTITY is its public id.

    \b
    Example:
      goodstanding lake history 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11 --on 2026-06-30 --current
    """
    with opened(as_json=as_json) as found:
        from goodstanding.intake.lake import current
        from goodstanding.intake.lake import history as everything

        ask = current if only_current else everything
        rows = ask(found, entity=str(entity), on=on.date() if on else None, snapshot=snapshot).to_pylist()
    states = [_shown(row) for row in rows]
    if as_json:
        click.echo(json.dumps(states, ensure_ascii=False, indent=2))
        return
    click.echo(f"{len(states):,} reported states of {entity}")
    for row in states:
        until = row["publish_until"] or "no end"
        click.echo(
            f"  {row['known_from'][:10]} {row['change']:<8} v{row['version']:<3} {row['kind']:<14}"
            f" found {row['found_on']} {row['document_no']}, published until {until}, batch {row['batch']}"
        )


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row for a reader: digests in hexadecimal, days as text, of the content the public part."""
    row["public"] = json.loads(row.pop("content"))["public"]
    for name, value in row.items():
        if isinstance(value, bytes):
            row[name] = value.hex()
        elif isinstance(value, date):
            row[name] = value.isoformat()
        elif value is not None and not isinstance(value, str | int | list | dict):
            row[name] = str(value)
    return row


@lake.command()
@click.option("--entity", type=uuid.UUID, help="Only files that can hold rows of this entity (public id).")
@click.option("--batch", type=uuid.UUID, help="Only files that can hold rows of this batch (public id).")
@SNAPSHOT
@JSON
def files(entity: uuid.UUID | None, batch: uuid.UUID | None, snapshot: int | None, as_json: bool) -> None:
    """List the Parquet files that a scan needs, a path on each line, for any engine to read.

    \b
    Example:
      goodstanding lake files --entity 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11
    """
    with opened(as_json=as_json) as found:
        from goodstanding.intake.lake import plan

        planned = plan(
            found,
            entity=str(entity) if entity else None,
            batch=str(batch) if batch else None,
            snapshot=snapshot,
        )
    if as_json:
        click.echo(json.dumps([asdict(file) | {"path": str(file.path)} for file in planned], indent=2))
        return
    for file in planned:
        click.echo(file.path)


def _told(bar: Bar) -> Callable[[str, int, int], None]:
    """A bar for each thing that is done, from the moment when it is first told how much of it there is."""
    begun: dict[str, Done] = {}

    def progress(title: str, count: int, of: int) -> None:
        if title not in begun:
            begun[title] = bar(title, of)
        begun[title](count, of)

    return progress


@lake.command()
@click.option("--everything", is_flag=True, help="Rewrite large files too.")
@click.option("--memory", default="2GB", show_default=True, help="Most memory that sorting takes.")
@JSON
def compact(everything: bool, memory: str, as_json: bool) -> None:
    """Rewrite many small files as few sorted ones. Exit status 1 when another writer was faster at some.

    \b
    Example:
      goodstanding lake compact --memory 4GB
    """
    with opened(as_json=as_json) as found, shown(as_json=as_json) as bar:
        from goodstanding.intake.lake import compact as rewrite

        progress = partial(_told(bar), "rows rewritten")
        done = rewrite(found, everything=everything, memory=memory, progress=progress)
    if as_json:
        click.echo(json.dumps(asdict(done)))
    else:
        click.echo(
            f"{done.rows:,} rows: {done.files_before:,} files ({done.bytes_before:,} bytes)"
            f" became {done.files_after:,} ({done.bytes_after:,} bytes)"
        )
        if done.given_up:
            click.echo(f"{done.given_up:,} files were replaced by others meanwhile: run it again", err=True)
    sys.exit(1 if done.given_up else 0)


@lake.command()
@click.option("--days", default=30.0, show_default=True, help="End states of the table that are older.")
@JSON
def expire(days: float, as_json: bool) -> None:
    """End old states of the table and remove the files that only they needed.

    After a redaction this is what takes the content off the disk: `--days 0` ends every state but the newest.

    \b
    Example:
      goodstanding lake expire --days 30
    """
    with opened(as_json=as_json) as found, shown(as_json=as_json) as bar:
        from goodstanding.intake.lake import expire as end

        before = datetime.now(UTC) - timedelta(days=days)
        done = end(found, older_than=before, progress=_told(bar))
    if as_json:
        click.echo(json.dumps(asdict(done)))
    else:
        click.echo(f"{done.snapshots:,} states ended, {done.files:,} files ({done.bytes:,} bytes) removed")


@lake.command()
@click.option("--hours", default=24.0, show_default=True, help="Only files that nobody changed for so long.")
@click.option("--list", "only_list", is_flag=True, help="List the files, remove nothing.")
@JSON
def clean(hours: float, only_list: bool, as_json: bool) -> None:
    """Remove files that never became part of the table, as a process that died leaves them.

    Files of a batch under way look the same: less than a day is for a lake that nobody writes to.

    \b
    Example:
      goodstanding lake clean --list
    """
    with opened(as_json=as_json) as found, shown(as_json=as_json) as bar:
        from goodstanding.intake.lake import clean as sweep

        before = datetime.now(UTC) - timedelta(hours=hours)
        done = sweep(found, older_than=before, remove=not only_list, progress=_told(bar))
    if as_json:
        click.echo(json.dumps(asdict(done) | {"paths": [str(path) for path in done.paths]}, indent=2))
        return
    for path in done.paths:
        click.echo(path)
    click.echo(f"{done.files:,} files ({done.bytes:,} bytes) {'found' if only_list else 'removed'}")
