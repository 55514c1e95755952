"""What the journal says of a record, told the same way for every kind of change."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from datetime import date
from typing import Any

import orjson

from goodstanding.proof import canonical


def public_digest(content: dict[str, Any]) -> str:
    """SHA-256 (hex) of a record's public content in canonical form: what a subscriber can check it against."""
    return hashlib.sha256(canonical(content["public"])).hexdigest()


def content_digest(content: dict[str, Any], *, secret: bytes) -> bytes:
    """SHA-256 over both parts of a record's content, the personal part under the platform's key.

    So nobody who sees the digest and the public part can find out a name by trying.
    """
    digest = hashlib.sha256(orjson.dumps(content["public"], option=orjson.OPT_SORT_KEYS) + b"\0")
    if content["personal"]:
        said = orjson.dumps(content["personal"], option=orjson.OPT_SORT_KEYS)
        digest.update(hmac.digest(secret, b"goodstanding/personal-part\0" + said, "sha256"))
    return digest.digest()


def record_content(
    *,
    record: uuid.UUID,
    entity: uuid.UUID,
    record_kind: str,
    state: str,
    disputed: bool,
    version: int,
    content_digest: bytes,
    public_digest: str,
    publish_from: date | None,
    publish_until: date | None,
    beneath: str | None = None,
    statement: str | None = None,
) -> dict[str, Any]:
    """The content of an event about a record: public ids, its state after the event, digests, never its content.

    ``beneath`` is the state beneath a shield. ``statement`` is the text attached to it; the event says its SHA-256.
    Both are left out where there is none.
    """
    more = {"beneath": str(beneath)} if beneath else {}
    if statement:
        more["statement"] = hashlib.sha256(statement.encode()).hexdigest()
    return more | {
        "record": str(record),
        "entity": str(entity),
        "record_kind": record_kind,
        "state": str(state),
        "disputed": disputed,
        "version": version,
        "digest": content_digest.hex(),
        "public_digest": public_digest,
        "publish_from": publish_from.isoformat() if publish_from else None,
        "publish_until": publish_until.isoformat() if publish_until else None,
    }
