"""What ``goodstanding mirror`` shows of itself: where it stands, proofs, statements of deletion, and who got what."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from .settings import Settings, say
from .standing import LATE_AFTER


@click.command()
@click.option(
    "--late-after",
    type=click.IntRange(min=1),
    default=int(LATE_AFTER.total_seconds()),
    show_default=True,
    help="Seconds without a whole round after which the mirror is late.",
)
@click.pass_obj
def status(settings: Settings, late_after: int) -> None:
    """Say where the mirror stands, from its store; how far behind the platform, too, with --token-file.

    For a monitor. Exit status 0: well; 1: stopped by what is not proved or not allowed; 3: the witnesses contradict;
    4: they are late; 5: an agreement is not proved; 6: no whole round for too long; 7: the last reconciliation did
    not come out equal.

    \b
    Examples:
      goodstanding mirror --store mirror.sqlite3 status
      goodstanding mirror --token-file subscriber.token --json status --late-after 120
    """
    with settings.opened(online=False) as mirror:
        found = mirror.standing(late_after=timedelta(seconds=late_after), ask=settings.token_file is not None)
    say(settings, found.as_object(), "\n".join(found.lines()))
    sys.exit(found.exit_status)


@click.command()
@click.argument("record")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write to; else it is printed."
)
@click.pass_obj
def proof(settings: Settings, record: str, out: Path | None) -> None:
    """Write the proof (C2SP tlog-proof) of the event by which RECORD is held, or by which it went.

    It is checked offline, for years, with `goodstanding log verify`.

    \b
    Example:
      goodstanding mirror --token-file subscriber.token proof 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11 --out gone.tlog-proof
      goodstanding log verify gone.tlog-proof --key "$(cat log.key)"
    """
    with settings.opened() as mirror:
        made = mirror.proof_of(record)
    text, position = made.encode(), made.index + 1
    told = {"record": record, "position": position, "bytes": len(text.encode())}
    if out is None:
        say(settings, told | {"proof": text}, text.removesuffix("\n"))
    else:
        out.write_text(text, encoding="utf-8")
        say(settings, told | {"file": str(out)}, f"{out}: position {position}, {len(text.encode()):,} bytes")


@click.command()
@click.pass_obj
def deleted(settings: Settings) -> None:
    """Print the statements of deletion: under which ended agreement how much went and when it was signed.

    With --json each comes with its signature, as the platform got it.

    \b
    Example:
      goodstanding mirror --store mirror.sqlite3 deleted
    """
    with settings.opened(online=False) as mirror:
        for signed, taken in mirror.deletions():
            stated = signed.deletion
            state = "taken by the platform" if taken else "not yet taken"
            say(
                settings,
                {"statement": signed.as_object(), "taken": taken},
                f"{stated.agreement}: {stated.deleted} records deleted, signed {stated.deleted_at}"
                f" at position {stated.position}; {state}",
            )


@click.command()
@click.argument("record", required=False)
@click.pass_obj
def onward(settings: Settings, record: str | None) -> None:
    """Print who got which record, or RECORD: it is held still, or it is gone and they have to be told, or were told.

    \b
    Example:
      goodstanding mirror --store mirror.sqlite3 onward
    """
    words = {"held": "held", "to_tell": "gone, to be told", "told": "gone, told"}
    with settings.opened(online=False) as mirror:
        for one in mirror.onward():
            if record in (None, one.record):
                document = {"record": one.record, "to": one.to, "state": one.state, "gone_at": one.gone_at}
                say(settings, document, f"{one.record}  {one.to}  {words[one.state]}")


REPORTS: Final = (status, proof, deleted, onward)
