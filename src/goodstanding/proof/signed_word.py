"""How what a recipient signs travels: its word under a name, the public key that signed it, and the signature.

Receipts, what is said of those further down, statements of deletion and claims about a whole set all have this form.
What a word must hold, and what exactly is signed, stands beside each of them.
"""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import orjson

from goodstanding.proof.canonical import Json
from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import from_base64, to_base64

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def signed_object(name: str, word: Json, *, public_key: bytes, signature: bytes) -> dict[str, Json]:
    """{name: {...}, "public_key": base64, "signature": base64}."""
    return {name: word, "public_key": to_base64(public_key), "signature": to_base64(signature)}


def load(data: bytes | str, *, most: int, code: str) -> object:
    """Read JSON of at most so many bytes or characters. Raises ProofError `code`."""
    if len(data) > most:
        raise ProofError(code, place=f"{len(data)} characters")
    try:
        loaded: object = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise ProofError(code, place="not JSON") from None
    return loaded


def read_signed(
    outer: object, *, name: str, names: Collection[str], code: str
) -> tuple[dict[str, Any], bytes, bytes]:
    """Read what `signed_object` made, without trusting it.

    Arguments: name, of the word; names, of the word's fields: it has all of them and no others. Returns the word,
    the public key and the signature. Raises ProofError `code`.
    """
    if not isinstance(outer, dict) or outer.keys() != {name, "public_key", "signature"}:
        raise ProofError(code, place="fields")
    word = outer[name]
    if not isinstance(word, dict) or word.keys() != set(names):
        raise ProofError(code, place=f"fields of {name}")
    keys = []
    for part in ("public_key", "signature"):
        if type(outer[part]) is not str:
            raise ProofError(code, place=part)
        keys.append(from_base64(outer[part], code=code, place=part))
    return word, keys[0], keys[1]


def is_text(value: object) -> bool:
    """Whether it is a text of 1 to 1,000 characters that UTF-8 can hold."""
    return type(value) is str and 0 < len(value) <= 1000 and not any("\ud800" <= c <= "\udfff" for c in value)


def is_instant(text: str) -> bool:
    """Whether a text is an ISO 8601 instant with its zone."""
    if not _INSTANT.fullmatch(text):
        return False
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
