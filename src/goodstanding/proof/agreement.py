"""Signatures over a sharing agreement, and the recipient's signed statement that it has deleted what it held.

Both sides sign the same 32 bytes: the SHA-256 of the agreement's canonical JSON (RFC 8785). Each kind of signature
has a prefix of its own, so that none can be taken for another.
"""

import hashlib
from dataclasses import dataclass, fields
from typing import Final

from goodstanding.proof.canonical import MAX_INTEGER, Json, canonical
from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import public_key, sign_bytes, verify_bytes
from goodstanding.proof.signed_word import is_instant, load, read_signed, signed_object

_AGREEMENT: Final = b"goodstanding/agreement/v1\n"
_DELETION: Final = b"goodstanding/deletion/v1\n"


def agreement_digest(document: Json) -> bytes:
    """What both sides sign: the SHA-256 of the agreement as canonical JSON."""
    return hashlib.sha256(canonical(document)).digest()


def sign_agreement(digest: bytes, *, private_key: bytes) -> bytes:
    """Sign an agreement by its digest (32 bytes) with an Ed25519 private key. Returns 64 bytes."""
    return sign_bytes(_AGREEMENT + digest, private_key=private_key)


def verify_agreement(digest: bytes, *, signature: bytes, public_key: bytes, place: str) -> None:
    """Check a signature over an agreement. Raises ProofError `signature_invalid` or `key_malformed`."""
    verify_bytes(_AGREEMENT + digest, signature=signature, public_key=public_key, place=place)


@dataclass(frozen=True)
class Deletion:
    """What a recipient states when an agreement has ended: that nothing received under it is left.

    `subscriber` and `agreement`: their identifiers; `position`: the journal position up to which it had followed;
    `deleted`: how many records went, 0 where it held none; `deleted_at`: ISO 8601 with its zone. Raises ProofError
    `receipt_malformed` naming the field.
    """

    subscriber: str
    agreement: str
    position: int
    deleted: int
    deleted_at: str

    def __post_init__(self) -> None:
        for name in ("subscriber", "agreement"):
            text = getattr(self, name)
            _require(name, type(text) is str and 0 < len(text) <= 200 and text.isprintable())
        for name in ("position", "deleted"):
            value = getattr(self, name)
            _require(name, type(value) is int and 0 <= value <= MAX_INTEGER)
        _require("deleted_at", type(self.deleted_at) is str and is_instant(self.deleted_at))

    def as_object(self) -> dict[str, Json]:
        """The statement as JSON."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


@dataclass(frozen=True)
class SignedDeletion:
    """A statement of deletion with the public key (32 bytes) and the signature (64 bytes)."""

    deletion: Deletion
    public_key: bytes
    signature: bytes

    def to_json(self) -> bytes:
        """Write {"deletion": {...}, "public_key": base64, "signature": base64} as canonical JSON."""
        return canonical(self.as_object())

    def as_object(self) -> dict[str, Json]:
        """The statement and its signature as JSON."""
        word = self.deletion.as_object()
        return signed_object("deletion", word, public_key=self.public_key, signature=self.signature)

    @classmethod
    def from_json(cls, data: bytes | str) -> "SignedDeletion":
        """Read what `to_json` wrote, without trusting it. Raises ProofError `receipt_malformed`."""
        names = [item.name for item in fields(Deletion)]
        outer = load(data, most=10_000, code="receipt_malformed")
        inner, key, signature = read_signed(outer, name="deletion", names=names, code="receipt_malformed")
        return cls(deletion=Deletion(**inner), public_key=key, signature=signature)


def sign_deletion(deletion: Deletion, *, private_key: bytes) -> SignedDeletion:
    """Sign a statement of deletion with the recipient's Ed25519 private key (32 bytes)."""
    message = _DELETION + canonical(deletion.as_object())
    return SignedDeletion(deletion, public_key(private_key), sign_bytes(message, private_key=private_key))


def verify_deletion(signed: SignedDeletion, *, public_key: bytes) -> Deletion:
    """Check a statement against the key on file. Raises ProofError `signer_unknown` or `signature_invalid`."""
    place = f"deletion under {signed.deletion.agreement}"
    if signed.public_key != public_key:
        raise ProofError("signer_unknown", place=place)
    message = _DELETION + canonical(signed.deletion.as_object())
    verify_bytes(message, signature=signed.signature, public_key=public_key, place=place)
    return signed.deletion


def _require(name: str, condition: bool) -> None:
    if not condition:
        raise ProofError("receipt_malformed", place=name)
