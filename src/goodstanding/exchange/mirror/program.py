"""The command ``goodstanding mirror``: follow a platform's feed from the command line."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click
import orjson

from goodstanding import proof
from goodstanding.proof import ProofError

from .errors import MirrorError
from .follower import SNAPSHOT_FROM, News
from .library import Mirror
from .progress import MirrorAlarm, Progress
from .store import folder_beside, open_store
from .subcommands import SUBCOMMANDS

_FILE = click.Path(path_type=Path, dir_okay=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the options say; ``opened`` gives the mirror, closed again, its errors told, at the end."""

    url: str | None
    token_file: Path | None
    store: str
    key_file: Path | None
    policy: Path | None
    within: timedelta
    snapshot_from: int | None
    as_json: bool

    @property
    def private_key(self) -> bytes:
        """The key of the receipts, made at first use."""
        return read_private_key(self.key_file or folder_beside(self.store) / "key")

    @contextmanager
    def opened(self, *, online: bool = True) -> Iterator[Mirror]:
        """The mirror; ``online`` where the platform is asked."""
        if online and not self.token_file:
            raise click.UsageError("--token-file is needed")
        mirror = None
        try:
            store = open_store(self.store)
            state = store.state()
            url = self.url or (state.platform if state else "")
            if online and not url:
                raise click.UsageError("--url is needed the first time")
            token = self.token_file.read_text().strip() if self.token_file else ""
            mirror = Mirror(
                url,
                token,
                store,
                self.private_key,
                policy=_policy(self.policy),
                witnessed_within=self.within,
                snapshot_from=self.snapshot_from,
                loading=folder_beside(self.store),
            )
            yield mirror
        except MirrorError as error:
            if isinstance(error, MirrorAlarm):
                tell(error.progress, as_json=self.as_json)
            tell(error, as_json=self.as_json)
            sys.exit(error.exit_status)
        finally:
            if mirror:
                mirror.close()


@click.group(invoke_without_command=True)
@click.option("--url", help="Address of the platform, such as https://credit.example.cn; needed once.")
@click.option("--token-file", type=_FILE, help="File with the API token (feed:read, receipts:write).")
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
    the witnesses know another history; 4: they are late; 5: an agreement is not the one that was signed. The commands
    below take these options too, before their name.

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


for _command in SUBCOMMANDS:
    mirror.add_command(_command)


def read_private_key(path: Path) -> bytes:
    """The key in a file, as 32 bytes or 64 hex digits; a new one where there is no file yet."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        key = proof.generate_private_key()
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key.hex() + "\n")
        return key
    try:
        return data if len(data) == 32 else bytes.fromhex(data.decode("ascii").strip())
    except ValueError:
        raise click.ClickException(f"{path} holds neither 32 bytes nor 64 hex digits") from None


def tell(news: News, *, as_json: bool) -> None:
    """Say what a round did, or what went wrong."""
    if isinstance(news, MirrorError):
        if as_json:
            document = {"error": news.code, "en": news.en, "zh": news.zh, "place": news.place}
            document |= {"remedy": news.remedy, "remedy_zh": news.remedy_zh}
            click.echo(orjson.dumps(document))
        else:
            click.echo(f"{news}\n{news.zh} {news.remedy_zh}", err=True)
    elif as_json:
        click.echo(orjson.dumps(news.as_object()))
    elif not isinstance(news, Progress):
        click.echo(news.line())
    elif news.entries or news.receipts or news.ended or news.deleted:
        beside = f", {news.outside} outside every agreement" if news.outside else ""
        beside += f", {news.deleted} deleted as no agreement covers them" if news.deleted else ""
        click.echo(
            f"position {news.position} of {news.size}: {news.held} records held;"
            f" +{news.added} ~{news.updated} -{news.dropped}, {news.ended} ended by date,"
            f" {news.receipts} receipts taken{beside}"
        )


def _policy(path: Path | None) -> proof.Policy | None:
    if path is None:
        return None
    try:
        return proof.parse_policy(path.read_text(encoding="utf-8"))
    except (ProofError, OSError) as error:
        raise click.BadParameter(str(error), param_hint="--policy") from None
