"""The verifiable map by its definition alone: every subtree from the set of keys under it, nothing kept."""

from __future__ import annotations

import hashlib


def _cut(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:30]


def bits(key: bytes) -> str:
    """A key as 256 characters 0 and 1."""
    return "".join(f"{byte:08b}" for byte in key)


def subtree(entries: dict[bytes, bytes], path: str = "") -> bytes:
    """The hash of what lies under a path of bits."""
    under = {key: value for key, value in entries.items() if bits(key).startswith(path)}
    if not under:
        return bytes(30)
    if len(under) > 1:
        return _cut(b"\x01" + subtree(under, path + "0") + subtree(under, path + "1"))
    ((key, value),) = under.items()
    found = _cut(b"\x00" + key + value)
    for place in reversed(range(16)):
        if place >= len(path) // 8:
            found = _cut(b"\x02" + key[place : place + 1] + found)
    return found


def way(entries: dict[bytes, bytes], key: bytes) -> list[bytes]:
    """The sibling hashes on the way to a key, the empty ones too, until at most one entry is under it."""
    siblings, path = [], ""
    while sum(bits(other).startswith(path) for other in entries) > 1:
        step = bits(key)[len(path)]
        siblings.append(subtree(entries, path + ("1" if step == "0" else "0")))
        path += step
    return siblings
