"""What the options of ``goodstanding mirror`` say, the mirror that they open, and how its news are told."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import orjson

from goodstanding import proof
from goodstanding.proof import ProofError

from .errors import MirrorError
from .follower import News
from .library import Mirror
from .progress import MirrorAlarm, Progress
from .store import folder_beside, open_store, store_exists


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
        """The mirror; ``online`` where the platform is asked, and a new store may be made."""
        if online and not self.token_file:
            raise click.UsageError("--token-file is needed")
        mirror = None
        try:
            if not online and not store_exists(self.store):
                raise MirrorError("store.missing", place=self.store)
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


def say(settings: Settings, document: dict[str, Any], text: str) -> None:
    """Print a document or, without --json, its text."""
    click.echo(orjson.dumps(document).decode() if settings.as_json else text)


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
