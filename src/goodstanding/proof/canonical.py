"""Canonical JSON (RFC 8785) for what the journal holds, and salted commitments to it.

The journal carries no numbers but integers: amounts and instants are strings, so no two programs can round
them differently. Floats and Decimals are therefore refused, not converted. On the remaining types the output
equals RFC 8785 byte for byte.
"""

import hashlib
from typing import Final, TypeAlias

import orjson

from goodstanding.proof.errors import ProofError

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"

MAX_INTEGER: Final = 2**53 - 1
MAX_DEPTH: Final = 128
SALT_BYTES: Final = 32

_PLAIN: Final = frozenset((str, bool, type(None)))


def canonical(value: Json) -> bytes:
    """Write `value` as canonical JSON.

    Arguments: `value` of str, int within 2^53-1, bool, None, list, dict with str keys; exactly these types,
    since a subclass (an enum, say) may carry more than its text. Returns UTF-8 bytes. Raises ProofError with
    a `canonical_*` code and the JSON path of the offending part. Source: RFC 8785 section 3.2.
    """
    try:
        # orjson sorts keys by UTF-8 bytes, which is code point order. RFC 8785 section 3.2.3 sorts by UTF-16
        # units; the two differ only where a key has a character beyond U+FFFF.
        if _check(value, "$", 0):
            return orjson.dumps(_sort_by_utf16(value))
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        raise ProofError("canonical_text", place=_lone_surrogate(value, "$")) from None


def commitment(*, salt: bytes, content: "Json | bytes") -> bytes:
    """Commit to `content` without showing it: SHA-256(salt || canonical(content)).

    Arguments: `salt`, 32 random bytes of this record alone; `content`, a JSON value, or bytes that are
    already canonical. Returns 32 bytes. Whoever destroys the salt forgets the content; the commitment stays
    provable. Raises ProofError `salt_length` or a `canonical_*` code.
    """
    if len(salt) != SALT_BYTES:
        raise ProofError("salt_length", place=f"salt of {len(salt)} bytes")
    return hashlib.sha256(salt + (content if isinstance(content, bytes) else canonical(content))).digest()


def _check(value: object, path: str, depth: int) -> bool:
    """Refuse what canonical JSON does not carry; say whether any key has a character beyond U+FFFF."""
    kind = type(value)
    if kind in _PLAIN:
        return False
    if kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]
            raise ProofError("canonical_integer", place=path)
        return False
    if depth == MAX_DEPTH:
        raise ProofError("canonical_depth", place=path[:200])
    wide = False
    if kind is dict:
        for key, item in value.items():  # type: ignore[attr-defined]
            if type(key) is not str:
                raise ProofError("canonical_type", place=f"{path}, key {key!r} of type {type(key).__name__}")
            if not key.isascii() and max(key) > "\uffff":
                wide = True
            inner = type(item)
            if inner in _PLAIN or (inner is int and -MAX_INTEGER <= item <= MAX_INTEGER):
                continue
            if _check(item, f"{path}.{key}", depth + 1):
                wide = True
        return wide
    if kind is list:
        for index, item in enumerate(value):  # type: ignore[arg-type]
            if type(item) not in _PLAIN and _check(item, f"{path}[{index}]", depth + 1):
                wide = True
        return wide
    raise ProofError("canonical_type", place=f"{path} of type {kind.__name__}")


def _sort_by_utf16(value: object) -> object:
    if type(value) is dict:
        return {
            key: _sort_by_utf16(item)
            for key, item in sorted(
                value.items(), key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass")
            )
        }
    if type(value) is list:
        return [_sort_by_utf16(item) for item in value]
    return value


def _lone_surrogate(value: object, path: str) -> str:
    """Find the path of the first text that UTF-8 cannot hold."""
    if isinstance(value, str):
        return path if any("\ud800" <= character <= "\udfff" for character in value) else ""
    if isinstance(value, dict):
        parts = [(key, f"{path}, key {key!a}") for key in value]
        parts += [(item, f"{path}.{key}") for key, item in value.items()]
    elif isinstance(value, list):
        parts = [(item, f"{path}[{index}]") for index, item in enumerate(value)]
    else:
        return ""
    return next((found for part, place in parts if (found := _lone_surrogate(part, place))), "")
