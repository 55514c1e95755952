"""Webhooks (Standard Webhooks): signed with Ed25519, sent once, safe to point anywhere.

What is sent, to whom, and when to try again is the matter of the rooms that send.
"""

from __future__ import annotations

import hashlib
import http.client
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings

from goodstanding.proof.keys import public_key, sign_bytes, to_base64

from .kept_connections import Connections
from .outbound import OutboundError


class NotDelivered(Exception):
    """A webhook that was not delivered; the sentence says why."""


@cache
def connections() -> Connections:
    """The connections of this process to whom webhooks are sent."""
    return Connections(authorities=settings.PUSH_AUTHORITIES)


def signing_key() -> bytes:
    """The Ed25519 private key of webhooks, made from the log's secret and good for nothing else."""
    secret: bytes = settings.LOG_SECRET
    return hashlib.sha256(b"goodstanding/push/v1\n" + secret).digest()


def verifier_key() -> str:
    """The public key of webhooks as Standard Webhooks writes it."""
    return "whpk_" + to_base64(public_key(signing_key()))


def is_address(url: str) -> bool:
    """Whether a text is an address to which a webhook can go: http or https, a host, no name or password in it."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False


def send(url: str, said: Mapping[str, Any], *, identifier: str, at: datetime) -> None:
    """Send one webhook. No redirect is followed.

    Args:
        url: where to.
        said: the body, sent as JSON.
        identifier: the same for every try, so that a receiver knows what it has had.
        at: the time that it is signed with.

    Raises:
        NotDelivered: the address may not be used, cannot be reached, or did not answer with a 2xx status.
    """
    body = orjson.dumps(said)
    timestamp = str(int(at.timestamp()))
    signature = sign_bytes(f"{identifier}.{timestamp}.".encode() + body, private_key=signing_key())
    headers = {
        "content-type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1a," + to_base64(signature),
    }
    try:
        status = connections().post(
            url, body=body, headers=headers, private=settings.PUSH_TO_PRIVATE_ADDRESSES
        )
    except OutboundError as error:
        raise NotDelivered(str(error)) from error
    except ssl.SSLCertVerificationError as error:
        raise NotDelivered(f"its certificate is not good: {error.verify_message}") from error
    except (OSError, http.client.HTTPException) as error:
        raise NotDelivered(f"no answer: {error!r}") from error
    if not 200 <= status < 300:
        raise NotDelivered(f"status {status}")


def side_by_side(sending: Mapping[int, Callable[[], None]], *, patience: float) -> dict[int, str]:
    """Send side by side.

    Args:
        sending: what sends, by its number; it raises NotDelivered and touches no database.
        patience: seconds for all of it together. Whoever is slower failed too.

    Returns:
        Why it failed, by number.
    """
    failures = {number: f"no answer within {patience:g} seconds" for number in sending}
    lock = threading.Lock()

    def one(number: int, send_it: Callable[[], None]) -> None:
        failure = None
        try:
            send_it()
        except NotDelivered as error:
            failure = str(error)
        with lock:
            if failure is None:
                failures.pop(number, None)
            else:
                failures[number] = failure

    threads = [threading.Thread(target=one, args=item, daemon=True) for item in sending.items()]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + patience
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    with lock:
        return dict(failures)
