"""Natural keys and content digests of many rows, in this process.

Through OpenSSL, which uses the processor's own instructions: DuckDB's SHA-256 takes several times as long. The key of
the platform is held here and stands in no query.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from .job import PREPARED
from .plain import PURPOSE

_PURPOSE = PURPOSE.encode() + b"\0"


def hasher(secret: bytes) -> Callable[[pa.Table], pa.Table]:
    """A function that makes `PREPARED` out of rows of `plain.UNHASHED`, under the platform's key."""
    inner, outer = (hashlib.sha256(pad) for pad in pads(secret))
    inner.update(_PURPOSE)

    def keyed(personal: str | None) -> bytes:
        if personal is None:
            return b"\0"
        first, second = inner.copy(), outer.copy()
        first.update(personal.encode())
        second.update(first.digest())
        return b"\0" + second.digest()

    def hashed(rows: pa.Table) -> pa.Table:
        sha256 = hashlib.sha256
        keys = [sha256(data).digest() for data in rows["key_data"].to_pylist()]
        said = zip(_as_bytes(rows["content"]), rows["public_at"].to_pylist(), strict=True)
        if rows["personal"].null_count == len(rows):
            digests = [sha256(text[start:-1] + b"\0").digest() for text, start in said]
        else:
            persons = map(keyed, rows["personal"].to_pylist())
            digests = [
                sha256(text[start:-1] + part).digest()
                for (text, start), part in zip(said, persons, strict=True)
            ]
        made = {"natural_key": of_32(keys), "content_digest": of_32(digests)}
        return pa.table(
            [made[name] if name in made else rows[name] for name in PREPARED.names], schema=PREPARED
        )

    return hashed


def of_32(digests: list[bytes]) -> pa.Array:
    """Digests of 32 bytes each as Arrow has them."""
    places = np.arange(0, 32 * len(digests) + 1, 32, dtype=np.int32)
    return pa.Array.from_buffers(
        pa.binary(), len(digests), [None, pa.py_buffer(places), pa.py_buffer(b"".join(digests))]
    )


def _as_bytes(column: Any) -> list[bytes]:
    found: list[bytes] = column.cast(pa.binary()).to_pylist()
    return found


def pads(secret: bytes) -> tuple[bytes, bytes]:
    """The inner and outer pad of HMAC-SHA256 (RFC 2104), 64 bytes each, tried against the standard library's once."""
    key = (hashlib.sha256(secret).digest() if len(secret) > 64 else secret).ljust(64, b"\0")
    inner, outer = bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)
    ours = hashlib.sha256(outer + hashlib.sha256(inner + _PURPOSE).digest()).digest()
    assert ours == hmac.digest(secret, _PURPOSE, "sha256")
    return inner, outer
