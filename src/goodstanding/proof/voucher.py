"""The word of one instance for what a person asked at it: who it was, for which record, when, and the request's digest.

The instance that decides does not know the person's login. The instance at which the person signed in does, and has
verified the code: it signs for that, and answers for it. The request itself is not in the voucher, only its SHA-256,
so a voucher can be kept when what was said has been erased.
"""

import hashlib
from dataclasses import dataclass, fields
from typing import Any, Final

from goodstanding.proof.canonical import Json, canonical
from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import sign_bytes, verify_bytes

_PREFIX: Final = b"goodstanding/voucher/v1\n"


@dataclass(frozen=True)
class Voucher:
    """What an instance vouches for.

    `instance`: the name of its log; `key`: a UUID of its own, by which it is taken once; `record`: the
    record's id; `kind`: restoration or objection; `scheme` and `code`: of the entity that asked; `handed_in_at`: an
    ISO 8601 instant with its zone; `way`: the instances that it came through, where it was handed in first;
    `request`: SHA-256 of the request's canonical JSON in hex. Raises ProofError `receipt_malformed`.
    """

    instance: str
    key: str
    record: str
    kind: str
    scheme: str
    code: str
    handed_in_at: str
    way: tuple[str, ...]
    request: str

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            texts = value if item.name == "way" else (value,)
            if (
                type(texts) is not tuple
                or not texts
                or not all(type(t) is str and 0 < len(t) <= 500 for t in texts)
            ):
                raise ProofError("receipt_malformed", place=item.name)

    def to_json(self) -> bytes:
        """Write it as canonical JSON: what is signed."""
        return canonical(self.as_object())

    def as_object(self) -> dict[str, Json]:
        """As JSON."""
        named: dict[str, Json] = {item.name: getattr(self, item.name) for item in fields(self)}
        return named | {"way": list(self.way)}


def request_digest(request: dict[str, Any]) -> str:
    """SHA-256 of a request's canonical JSON in hex."""
    return hashlib.sha256(canonical(request)).hexdigest()


def sign_voucher(voucher: Voucher, *, private_key: bytes) -> bytes:
    """The signature (64 bytes) with the instance's Ed25519 private key (32 bytes)."""
    return sign_bytes(_PREFIX + voucher.to_json(), private_key=private_key)


def verify_voucher(voucher: Voucher, *, signature: bytes, public_key: bytes, request: dict[str, Any]) -> None:
    """Check that the instance with this key (32 bytes) vouches for exactly this request.

    Raises ProofError `signature_invalid`, or `receipt_malformed` where the request is another one.
    """
    place = f"voucher of {voucher.instance} for {voucher.key}"
    verify_bytes(_PREFIX + voucher.to_json(), signature=signature, public_key=public_key, place=place)
    if request_digest(request) != voucher.request:
        raise ProofError("receipt_malformed", place=f"{place}: request")
