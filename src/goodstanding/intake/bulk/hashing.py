"""Natural keys and content digests of many rows, in this process.

Through OpenSSL, which uses the processor's own instructions: DuckDB's SHA-256 takes several times as long. The key of
the platform is held here and stands in no query.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]

from .job import PREPARED, same
from .plain import PURPOSE

_PURPOSE = PURPOSE.encode() + b"\0"
#: Rows whose bytes are cut out of their columns together: few enough to stay near the processor.
TOGETHER = 2_000

Places = npt.NDArray[Any]


def hasher(secret: bytes, stated: Mapping[str, str]) -> Callable[[pa.Table], pa.Table]:
    """A function that makes `PREPARED` out of rows of `plain.UNHASHED`, under the platform's key.

    The rows are without the columns of ``stated``, which say the same in all of them.
    """
    inner, outer = (hashlib.sha256(pad) for pad in pads(secret))
    inner.update(_PURPOSE)

    def keyed(personal: str) -> bytes:
        first, second = inner.copy(), outer.copy()
        first.update(personal.encode())
        second.update(first.digest())
        return second.digest()

    def hashed(rows: pa.Table) -> pa.Table:
        keys, digests = [], []
        for part in rows.select(["key_data", "content", "public_at", "personal"]).to_batches(TOGETHER):
            data, starts, ends = _cells(part["key_data"])
            keys.append(_digests(data.tobytes(), starts, ends))
            data, starts, ends = _cells(part["content"])
            said = data.copy()
            said[ends - 1] = 0  # after the public part: a zero byte in place of the brace
            persons = part["personal"]
            follow = None if persons.null_count == len(persons) else persons.to_pylist()
            more = follow and [b"" if personal is None else keyed(personal) for personal in follow]
            starts = starts + part["public_at"].to_numpy()
            digests.append(_digests(said.tobytes(), starts, ends, more))
        made = {"natural_key": of_32(keys), "content_digest": of_32(digests)}
        made |= {name: same(text, len(rows)) for name, text in stated.items()}
        return pa.table(
            [
                made[field.name] if field.name in made else rows[field.name].cast(field.type)
                for field in PREPARED
            ],
            schema=PREPARED,
        )

    return hashed


def _cells(column: Any) -> tuple[npt.NDArray[np.uint8], Places, Places]:
    """The bytes of a column's cells, and where each of them begins and ends."""
    _, places, data = column.buffers()
    at = np.frombuffer(places, np.int32, len(column) + 1, column.offset * 4)
    return np.frombuffer(data, np.uint8)[at[0] : at[-1]], at[:-1] - at[0], at[1:] - at[0]


def _digests(data: bytes, starts: Places, ends: Places, follow: list[bytes] | None = None) -> bytes:
    """The digests of stretches of the bytes, each with what follows it, one after another."""
    sha256, places = hashlib.sha256, zip(starts.tolist(), ends.tolist(), strict=True)
    if follow is None:
        return b"".join([sha256(data[start:end]).digest() for start, end in places])
    both = zip(places, follow, strict=True)
    return b"".join([sha256(data[start:end] + more).digest() for (start, end), more in both])


def of_32(digests: list[bytes]) -> pa.Array:
    """Digests of 32 bytes, many in each of the texts, as Arrow has them."""
    data = b"".join(digests)
    places = np.arange(0, len(data) + 1, 32, dtype=np.int32)
    return pa.Array.from_buffers(
        pa.binary(), len(data) // 32, [None, pa.py_buffer(places), pa.py_buffer(data)]
    )


def pads(secret: bytes) -> tuple[bytes, bytes]:
    """The inner and outer pad of HMAC-SHA256 (RFC 2104), 64 bytes each, tried against the standard library's once."""
    key = (hashlib.sha256(secret).digest() if len(secret) > 64 else secret).ljust(64, b"\0")
    inner, outer = bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)
    ours = hashlib.sha256(outer + hashlib.sha256(inner + _PURPOSE).digest()).digest()
    assert ours == hmac.digest(secret, _PURPOSE, "sha256")
    return inner, outer
