"""The command ``goodstanding mirror``: follow a platform's feed from the command line."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from pathlib import Path

import click

from goodstanding import proof

from .beside import BESIDE
from .follower import SNAPSHOT_FROM
from .reports import REPORTS
from .settings import Settings, tell
from .subcommands import SUBCOMMANDS

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(invoke_without_command=True)
@click.option("--url", help="Address of the platform, such as https://credit.example.cn; needed once.")
@click.option(
    "--token-file",
    type=_FILE,
    help="File with the API token (feed:read, receipts:write; agreed:read for files and single reads).",
)
@click.option(
    "--store",
    default="mirror.sqlite3",
    show_default=True,
    help="SQLite file to keep, or postgresql://user@host/database?schema=name.",
)
@click.option(
    "--key-file",
    type=_FILE,
    help="File with the private key, made at first use. Default: a file named key beside the store.",
)
@click.option(
    "--policy", type=_FILE, help="File with the log and the witnesses that you trust (C2SP tlog-policy)."
)
@click.option(
    "--witnessed-within",
    type=click.IntRange(min=0),
    default=3600,
    show_default=True,
    help="Seconds that what was applied may be without a witnessed checkpoint, with --policy.",
)
@click.option(
    "--snapshot-from",
    type=click.IntRange(min=1),
    default=SNAPSHOT_FROM,
    show_default=True,
    help="Positions from which on a new store loads the platform's snapshot first.",
)
@click.option("--no-snapshot", is_flag=True, help="Let a new store follow the feed from its beginning.")
@click.option("--show-key", is_flag=True, help="Print the public key in hex, to be registered, and end.")
@click.option("--once", is_flag=True, help="Follow to the end of the log and end.")
@click.option(
    "--interval", type=float, default=1.0, show_default=True, help="Seconds between rounds without a stream."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a round, or a line.")
@click.pass_context
def mirror(
    context: click.Context,
    url: str | None,
    token_file: Path | None,
    store: str,
    key_file: Path | None,
    policy: Path | None,
    witnessed_within: int,
    snapshot_from: int,
    no_snapshot: bool,
    show_key: bool,
    once: bool,
    interval: float,
    as_json: bool,
) -> None:
    """Follow a platform's feed as a subscriber.

    Holds what the agreements cover, drops what is removed, and answers with signed receipts. Everything is
    verified before it is applied; at the first thing that is not proved it stops, with exit status 1. Exit status 3:
    the witnesses know another history; 4: they are late; 5: an agreement is not the one that was signed; 8: the clocks
    are minutes apart. The commands below take these options too, before their name.

    \b
    Examples:
      goodstanding mirror --show-key
      goodstanding mirror --url https://credit.example.cn --token-file subscriber.token --once
      goodstanding mirror --token-file subscriber.token agreements
    """
    settings = Settings(
        url,
        token_file,
        store,
        key_file,
        policy,
        within=timedelta(seconds=witnessed_within),
        snapshot_from=None if no_snapshot else snapshot_from,
        as_json=as_json,
    )
    context.obj = settings
    if context.invoked_subcommand:
        return
    if show_key:
        click.echo(proof.public_key(settings.private_key).hex())
        return
    with settings.opened() as follower:
        if once:
            tell(follower.follow_once(told=lambda news: tell(news, as_json=as_json)), as_json=as_json)
        else:
            stop = threading.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
            follower.follow(stop, interval, wait=5, told=lambda news: tell(news, as_json=as_json))


for _command in (*REPORTS, *SUBCOMMANDS, *BESIDE):
    mirror.add_command(_command)
