"""The neighbours: joining one, the keys and tokens, and the requests to one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings

from goodstanding import proof
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.mirror import MirrorError
from goodstanding.exchange.mirror.platform import Platform, json_object
from goodstanding.proof import CompactRange, ProofError, VerifierKey
from goodstanding.registry.models import Neighbour, Record

#: Seconds for a connection and for an answer; another instance may be slow, never for ever.
_TIMEOUT = httpx.Timeout(10.0, read=30.0)


class Connection(Platform):
    """The API of another instance, read with the token that it gave us."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(url, token, client=httpx.Client(timeout=_TIMEOUT, follow_redirects=False))

    def tile(self, path: str) -> bytes:
        """A tile or a bundle of entries of its log, by its path."""
        return self._ask("GET", f"/log/{path}").content

    def in_force(self) -> list[dict[str, Any]]:
        """The documents of our agreements with it that are in force."""
        return [one["document"] for one in self.agreements() if one.get("state") == "in_force"]

    def pass_up(self, signed: bytes) -> None:
        """Hand in what somebody further down answered."""
        headers = {"Content-Type": "application/json"}
        self._ask("POST", "/receipts/onward", content=signed, headers=headers)

    def hand_on(self, document: dict[str, Any]) -> dict[str, Any]:
        """Hand an application on. What it says of it; its refusal, with code and sentences, is an answer too."""
        return self._told("POST", "/federation/applications", json=document)

    def how_far(self, key: str) -> dict[str, Any]:
        """How far an application that was handed on is."""
        return self._told("GET", f"/federation/applications/{key}")

    def certificate(self, key: str) -> bytes:
        """The certificate of a restoration by an application that was handed on."""
        return self._ask("GET", f"/federation/applications/{key}/certificate").content

    def _told(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, self._base + path, headers=self._headers, **more)
        except httpx.HTTPError as error:
            raise MirrorError("platform.unreachable", place=f"{path}: {error!r}") from error
        try:
            said = json_object(answer)
        except MirrorError:
            said = {}
        if answer.status_code == 200 and said.get("state") in ("waiting", "open", "ended", "refused"):
            return dict(said)
        if answer.status_code in (404, 409, 422) and said.get("code"):
            return {
                "state": "refused",
                "code": said["code"],
                "en": said.get("title", ""),
                "zh": said.get("title_zh", ""),
            }
        raise MirrorError("platform.unreachable", place=f"{path}: status {answer.status_code}")


def private_key() -> bytes:
    """The Ed25519 key with which this instance signs its receipts for all its neighbours."""
    secret: bytes = settings.FEDERATION_SECRET
    return secret


def connect(neighbour: Neighbour) -> Connection:
    """A connection to a neighbour with its token.

    Raises:
        ExchangeError: federation.token, the file with the token is not there.
    """
    try:
        token = _token_file(neighbour.name).read_text("utf-8").strip()
    except OSError as error:
        raise ExchangeError("federation.token", place=neighbour.name) from error
    return Connection(neighbour.url, token)


def join(*, name: str, url: str, token: str, key: str = "", at: datetime) -> Neighbour:
    """Begin to follow another instance, or take a new address or token of a known one.

    Args:
        name: what it is called here: lower-case letters, digits and hyphens.
        url: its address, without ``/api/v1``.
        token: of this instance's account there, with the scopes feed:read and receipts:write.
        key: the verifier key of its log, where it was told by another way; empty takes what it shows and pins it.
        at: the instant.

    Returns:
        The neighbour.

    Raises:
        ExchangeError: federation.key (it shows another key), federation.self, federation.other (the name is taken by
            another log), federation.agreement (it gives us nothing).
        MirrorError: it does not answer, or refuses.
    """
    url = url.rstrip("/")
    connection = Connection(url, token)
    try:
        shown = connection.log_key()
        page = connection.feed(after=0, limit=1, wait=0)
        agreements = connection.in_force()
    finally:
        connection.close()
    held = Neighbour.objects.filter(name=name).first()
    pinned = held.key if held is not None else key.strip() or shown
    try:
        VerifierKey.decode(shown)
    except ProofError as error:
        raise MirrorError("platform.answer", place=f"/log/key: {error}") from error
    if shown != pinned or (key and key.strip() != shown):
        raise ExchangeError("federation.key", place=shown)
    origin, subscriber = str(page["origin"]), str(page["subscriber"])
    if origin == settings.LOG_ORIGIN:
        raise ExchangeError("federation.self", place=origin)
    if held is not None and (held.origin, held.subscriber) != (origin, subscriber):
        raise ExchangeError("federation.other", place=f"{held.origin} / {origin}")
    if not agreements:
        raise ExchangeError("federation.agreement", place=origin)
    _keep_token(name, token)
    neighbour = held or Neighbour(
        name=name,
        origin=origin,
        key=shown,
        subscriber=subscriber,
        joined_at=at,
        tree=CompactRange().to_bytes(),
    )
    neighbour.url, neighbour.agreements = url, agreements
    neighbour.failures, neighbour.next_at, neighbour.error = 0, None, ""
    neighbour.save()
    return neighbour


@dataclass(frozen=True, slots=True)
class Standing:
    """How it is with a neighbour: records of it that are published here, receipts not yet taken by it."""

    neighbour: Neighbour
    records: int
    owed: int


def standing() -> list[Standing]:
    """How it is with each neighbour, by name."""
    return [
        Standing(
            one,
            one.records.filter(record__state=Record.State.PUBLISHED).count(),
            one.receipts.filter(sent_at__isnull=True).count(),
        )
        for one in Neighbour.objects.order_by("name")
    ]


def last_checkpoint(neighbour: Neighbour) -> proof.Checkpoint | None:
    """The checkpoint of its log that was verified last."""
    if not neighbour.checkpoint:
        return None
    return proof.verify_checkpoint(
        neighbour.checkpoint, origin=neighbour.origin, keys=[VerifierKey.decode(neighbour.key)]
    )


def _token_file(name: str) -> Path:
    return Path(settings.FEDERATION_FOLDER) / f"{name}.token"


def _keep_token(name: str, token: str) -> None:
    """Keep a token in a file that only its owner reads; never in the database, which is copied more often."""
    path = _token_file(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(token.strip() + "\n", "utf-8")
    fresh.replace(path)
