"""``goodstanding agreement files`` and ``reads``: what was given under sharing agreements beside the feed."""

from __future__ import annotations

import json

import click

from .agreement_told import JSON, opened


@click.command()
@click.argument("reference", required=False)
@JSON
def files(reference: str | None, as_json: bool) -> None:
    """List the sets of files made under the agreement REFERENCE, or all: instant, records, fetched or not, stale.

    Exit status 1 where a recipient has left files waiting for longer than the freshness that was agreed.

    \b
    Examples:
      goodstanding agreement files
      goodstanding agreement files mingjian-1 --json
    """
    with opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import agreed_files, agreement_queries

        at = timezone.now()
        if reference is not None:
            agreement_queries.agreement(reference, on=timezone.localdate(at))
        stale = [one.agreement.reference for one in agreed_files.standings(at=at) if one.stale]
        rows = [
            {
                "agreement": each.agreement.reference,
                "instant": each.instant.isoformat(),
                "position": each.position,
                "records": sum(file["rows"] for file in each.files),
                "bytes": sum(file["bytes"] for file in each.files),
                "fetched_at": each.fetched_at and each.fetched_at.isoformat(),
                "stale": each.agreement.reference in stale and each.fetched_at is None,
            }
            for each in agreed_files.kept(reference)
        ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            state = f"fetched {row['fetched_at']}" if row["fetched_at"] else "not fetched"
            late = ", stale" if row["stale"] else ""
            click.echo(f"{row['agreement']}  {row['instant']}  {row['records']} records, {state}{late}")
    if any(row["stale"] for row in rows):
        raise SystemExit(1)


@click.command()
@click.argument("reference")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many.")
@JSON
def reads(reference: str, limit: int, as_json: bool) -> None:
    """List what was read one by one under the agreement REFERENCE, the newest first: record, position, when.

    A state of a record stands here once, however often it was read.

    \b
    Example:
      goodstanding agreement reads mingjian-1 --limit 20
    """
    with opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import agreed_reads, agreement_queries

        agreement_queries.agreement(reference, on=timezone.localdate())
        rows = [
            {
                "record": str(each.record.public_id),
                "position": each.position,
                "version": each.version.version,
                "at": each.at.isoformat(),
            }
            for each in agreed_reads.given_under(reference)[:limit]
        ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            click.echo(f"{row['record']}  position {row['position']}, version {row['version']}, {row['at']}")
