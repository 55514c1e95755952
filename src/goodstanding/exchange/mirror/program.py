"""The command ``goodstanding mirror``: follow a platform's feed from the command line."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import click
import orjson

from goodstanding import proof

from .errors import MirrorError
from .follower import Mirror, Progress

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--url", help="Address of the platform, such as https://credit.example.cn.")
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
@click.option("--show-key", is_flag=True, help="Print the public key in hex, to be registered, and end.")
@click.option("--once", is_flag=True, help="Follow to the end of the log and end.")
@click.option("--interval", type=float, default=1.0, show_default=True, help="Seconds between rounds.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a round.")
def mirror(
    url: str | None,
    token_file: Path | None,
    store: str,
    key_file: Path | None,
    show_key: bool,
    once: bool,
    interval: float,
    as_json: bool,
) -> None:
    """Follow a platform's feed as a subscriber.

    Holds what the agreement covers, drops what is removed, and answers with signed receipts. Everything is
    verified before it is applied; at the first thing that is not proved it stops, with exit status 1.

    \b
    Examples:
      goodstanding mirror --show-key
      goodstanding mirror --url https://credit.example.cn --token-file subscriber.token --once
    """
    private_key = read_private_key(key_file or _key_beside(store))
    if show_key:
        click.echo(proof.public_key(private_key).hex())
        return
    if not url or not token_file:
        raise click.UsageError("--url and --token-file are needed")
    follower = None
    try:
        follower = Mirror(url, token_file.read_text().strip(), store, private_key)
        if once:
            _tell(follower.follow_once(), as_json=as_json)
        else:
            stop = threading.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
            follower.follow(stop, interval, wait=5, told=lambda news: _tell(news, as_json=as_json))
    except MirrorError as error:
        _tell(error, as_json=as_json)
        sys.exit(1)
    finally:
        if follower:
            follower.close()


def _key_beside(store: str) -> Path:
    """Where the key lies unless it is said: beside a file, in the present folder for a database."""
    path = store.removeprefix("sqlite:///")
    return Path("key") if "://" in path else Path(path).with_name("key")


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


def _tell(news: Progress | MirrorError, *, as_json: bool) -> None:
    if isinstance(news, MirrorError):
        if as_json:
            document = {"error": news.code, "en": news.en, "zh": news.zh, "place": news.place}
            document |= {"remedy": news.remedy, "remedy_zh": news.remedy_zh}
            click.echo(orjson.dumps(document))
        else:
            click.echo(f"{news}\n{news.zh} {news.remedy_zh}", err=True)
    elif as_json:
        click.echo(orjson.dumps(news.as_object()))
    elif news.entries or news.receipts or news.ended:
        click.echo(
            f"position {news.position} of {news.size}: {news.held} records held;"
            f" +{news.added} ~{news.updated} -{news.dropped}, {news.ended} ended by date,"
            f" {news.receipts} receipts taken"
        )
