"""Telling subscribers that the feed has advanced: Standard Webhooks, signed, thin, safe to point anywhere.

The body says only up to which position the log is sealed; what happened is read from the feed. Nothing is stored
per delivery: a subscriber's row knows the size last announced and when to try again.
"""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import orjson
from django.conf import settings
from django.db.models import F, Q

from goodstanding.proof.keys import public_key, sign_bytes
from goodstanding.registry import seal
from goodstanding.registry.outbound import OutboundError, pinned

from .models import Subscriber

_TIMEOUT = httpx.Timeout(5.0)
#: Seconds for a whole round; a server that drips its answer does not hold up the worker.
_PATIENCE = 10.0
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What one round of pushes did."""

    sent: int
    failed: int


class PushError(Exception):
    """A push that was not delivered; the sentence says why."""


def signing_key() -> bytes:
    """The Ed25519 private key of pushes, made from the log's secret and good for nothing else."""
    return hashlib.sha256(b"goodstanding/push/v1\n" + settings.LOG_SECRET).digest()


def verifier_key() -> str:
    """The public key of pushes as Standard Webhooks writes it."""
    return "whpk_" + base64.b64encode(public_key(signing_key())).decode("ascii")


def dispatch(*, at: datetime, limit: int = 50) -> Dispatched:
    """Tell the subscribers that want to be told and are behind, all at once, within ten seconds.

    Args:
        at: the instant; it decides who is due and is the pushes' time.
        limit: the most subscribers to tell in this round.

    Returns:
        How many were told and how many could not be.
    """
    checkpoint = seal.latest()
    size = checkpoint.size if checkpoint else 0
    due = Subscriber.objects.filter(
        Q(push_after__isnull=True) | Q(push_after__lte=at),
        position__lt=size,
        pushed_position__lt=size,
    ).exclude(push_url="")
    chosen = list(due.order_by(F("push_after").asc(nulls_first=True), "pk")[:limit])
    failures = _push_all(chosen, position=size, at=at)
    for subscriber in chosen:
        row = Subscriber.objects.filter(pk=subscriber.pk)
        failure = failures.get(subscriber.pk)
        if failure is None:
            row.update(pushed_position=size, push_failures=0, push_after=None, push_error="")
        else:
            delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(subscriber.push_failures, 12))
            row.update(push_failures=F("push_failures") + 1, push_after=at + delay, push_error=failure[:500])
    return Dispatched(len(chosen) - len(failures), len(failures))


def _push_all(chosen: list[Subscriber], *, position: int, at: datetime) -> dict[int, str]:
    """Push side by side. Returns why it failed, by subscriber; whoever is slower than the limit failed too."""
    failures = {subscriber.pk: f"no answer within {_PATIENCE:g} seconds" for subscriber in chosen}
    lock = threading.Lock()

    def one(subscriber: Subscriber) -> None:
        failure = None
        try:
            push(subscriber, position=position, at=at)
        except PushError as error:
            failure = str(error)
        with lock:
            if failure is None:
                failures.pop(subscriber.pk, None)
            else:
                failures[subscriber.pk] = failure

    threads = [threading.Thread(target=one, args=(subscriber,), daemon=True) for subscriber in chosen]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + _PATIENCE
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    with lock:
        return dict(failures)


def push(subscriber: Subscriber, *, position: int, at: datetime) -> None:
    """Send one push.

    Raises:
        PushError: the address may not be used, cannot be reached, or did not answer with a 2xx status.
    """
    body = orjson.dumps(
        {"type": "feed.advanced", "timestamp": at.isoformat(), "data": {"position": position}}
    )
    identifier = f"{subscriber.public_id}.{position}"
    timestamp = str(int(at.timestamp()))
    signature = sign_bytes(f"{identifier}.{timestamp}.".encode() + body, private_key=signing_key())
    try:
        target = pinned(subscriber.push_url, private=settings.PUSH_TO_PRIVATE_ADDRESSES)
    except OutboundError as error:
        raise PushError(str(error)) from error
    headers = {
        "content-type": "application/json",
        "host": target.host,
        "webhook-id": identifier,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1a," + base64.b64encode(signature).decode("ascii"),
    }
    try:
        with (
            httpx.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST", target.url, content=body, headers=headers, extensions=target.extensions
            ) as answer,
        ):
            status = answer.status_code
    except httpx.HTTPError as error:
        raise PushError(f"no answer: {error!r}") from error
    if not 200 <= status < 300:
        raise PushError(f"status {status}")
