"""What ``goodstanding mirror`` does beside the feed: single reads, and files for oneself."""

from __future__ import annotations

import sys
import time
import uuid
from pathlib import Path
from typing import Final

import click

from .agreed import methods_of
from .errors import MirrorError, ReadTooSoon
from .library import Mirror
from .settings import Settings, say, tell
from .single_reads import Read

_SCHEMES: Final = ("uscc", "lei", "org_code", "registration_no")


@click.command()
@click.argument("targets", metavar="CODE_OR_RECORD...", nargs=-1, required=True)
@click.option(
    "--scheme", type=click.Choice(_SCHEMES), default="uscc", show_default=True, help="Of what the codes are."
)
@click.option(
    "--wait",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seconds to wait at most until the same may be read again.",
)
@click.pass_obj
def read(settings: Settings, targets: tuple[str, ...], scheme: str, wait: int) -> None:
    """Read organisations by their codes, or records by their ids, under the agreements with the method api.

    What comes is proved and held; the platform tells of its removal, which the mirror that follows drops and
    receipts. Exit status 1 where something could not be read.

    \b
    Examples:
      goodstanding mirror --token-file subscriber.token read 91330100MA27XW3K8A
      goodstanding mirror --token-file subscriber.token read 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11 --wait 3600
    """
    failed = False
    with settings.opened() as mirror:
        for target in targets:
            try:
                found = _read(mirror, target, scheme, wait)
            except MirrorError as error:
                if not error.code.startswith("read."):
                    raise
                tell(error, as_json=settings.as_json)
                failed = True
                continue
            document = {"read": target, "kept": found.kept, "passed_over": found.passed_over}
            purposes = f" for: {'; '.join(found.purposes)}" if found.purposes else ""
            over = f", {len(found.passed_over)} passed over" if found.passed_over else ""
            text = [
                f"{target}: {len(found.kept)} records{over}{purposes}",
                *(f"  {one}" for one in found.kept),
            ]
            say(settings, document | {"purposes": found.purposes}, "\n".join(text))
    if failed:
        sys.exit(1)


@click.command()
@click.argument("reference", required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="New or empty folder for the files of the newest set of REFERENCE; nobody but you deletes them there.",
)
@click.pass_obj
def files(settings: Settings, reference: str | None, out: Path | None) -> None:
    """List the sets of files of agreement REFERENCE, or of all, or fetch the newest one for a program of your own.

    A mirror that follows fetches and applies by itself what comes by files alone.

    \b
    Examples:
      goodstanding mirror --token-file subscriber.token files
      goodstanding mirror --token-file subscriber.token files mingjian-1 --out today
    """
    if out is not None and reference is None:
        raise click.UsageError("name the agreement whose files are fetched")
    with settings.opened() as mirror:
        if out is not None and reference is not None:
            found = mirror.fetch_files(reference, out)
            names = [file.sha256 for file in found.files] if found else []
            instant = found and found.instant.isoformat()
            text = f"{out}: {len(names)} files of {instant}" if found else "nothing was made yet"
            say(settings, {"agreement": reference, "instant": instant, "files": names}, text)
            return
        named = [reference] if reference else _with_files(mirror)
        for one in named:
            for found in mirror.file_sets(one):
                size = sum(file.bytes for file in found.files)
                document = {
                    "agreement": one,
                    "instant": found.instant.isoformat(),
                    "position": found.position,
                }
                say(
                    settings,
                    document | {"files": [file.sha256 for file in found.files], "bytes": size},
                    f"{one}  {found.instant.isoformat()}  position {found.position}, {len(found.files)} files,"
                    f" {size:,} bytes",
                )


BESIDE: Final = (read, files)


def _read(mirror: Mirror, target: str, scheme: str, wait: int) -> Read:
    """Read one of them; where it is too soon, once more when it may be read, if that is within what may be waited."""
    try:
        return _once(mirror, target, scheme)
    except ReadTooSoon as error:
        if error.retry_after > wait:
            raise
        time.sleep(error.retry_after)
    return _once(mirror, target, scheme)


def _once(mirror: Mirror, target: str, scheme: str) -> Read:
    try:
        record = str(uuid.UUID(target)) if len(target) == 36 else None
    except ValueError:
        record = None
    return mirror.read_record(record) if record else mirror.read_entity(target, scheme=scheme)


def _with_files(mirror: Mirror) -> list[str]:
    return [
        one.reference
        for one in mirror.agreements()
        if one.state == "in_force" and "file" in methods_of(one.clauses)
    ]
