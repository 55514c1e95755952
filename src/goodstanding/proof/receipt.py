"""A subscriber's signed receipt: what it did with a record that the journal removed or changed.

Shaped after OpenDSR: whose request (`record` at journal `position`), what was done, how many copies went, to
whom it was passed on. The signature covers the canonical JSON of the receipt behind a prefix of its own, so
it can never be taken for a signature over anything else.
"""

from dataclasses import dataclass, fields
from typing import Final, Literal, get_args

from goodstanding.proof.canonical import MAX_INTEGER, Json, canonical
from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import public_key, sign_bytes, verify_bytes
from goodstanding.proof.signed_word import is_instant, is_text, load, read_signed, signed_object

Action = Literal["dropped", "updated", "not_held"]
ACTIONS: Final[tuple[str, ...]] = get_args(Action)
MAX_RECEIPT_BYTES: Final = 1_000_000

_PREFIX: Final = b"goodstanding/receipt/v1\n"


@dataclass(frozen=True)
class Receipt:
    """What one subscriber did about one journal event.

    `subscriber`: its identifier; `position`: of the event in the journal; `record`: the record's identifier;
    `action`: dropped, updated, or not_held (it never had it); `removed`: copies that are gone, 0 when not
    held; `onward`: identifiers of those to whom it had passed the record on and whom it has told;
    `applied_at`: when, an ISO 8601 instant with its zone; `checkpoint_size`: leaves in the last checkpoint
    that it had verified, 0 for none. Raises ProofError `receipt_malformed` naming the field.
    """

    subscriber: str
    position: int
    record: str
    action: Action
    removed: int
    onward: tuple[str, ...]
    applied_at: str
    checkpoint_size: int

    def __post_init__(self) -> None:
        for name in ("subscriber", "record"):
            _require(name, is_text(getattr(self, name)))
        for name in ("position", "removed", "checkpoint_size"):
            value = getattr(self, name)
            _require(name, type(value) is int and 0 <= value <= MAX_INTEGER)
        _require("action", self.action in ACTIONS)
        _require("onward", type(self.onward) is tuple and all(map(is_text, self.onward)))
        _require("applied_at", type(self.applied_at) is str and is_instant(self.applied_at))
        _require("removed", (self.action != "not_held" or self.removed == 0))
        _require("removed", (self.action != "dropped" or self.removed > 0))

    def to_json(self) -> bytes:
        """Write the receipt as canonical JSON."""
        return canonical(self._as_object())

    def _as_object(self) -> dict[str, Json]:
        named: dict[str, Json] = {item.name: getattr(self, item.name) for item in fields(self)}
        return named | {"onward": list(self.onward)}


@dataclass(frozen=True)
class SignedReceipt:
    """A receipt with the public key (32 bytes) that signed it and the signature (64 bytes)."""

    receipt: Receipt
    public_key: bytes
    signature: bytes

    def to_json(self) -> bytes:
        """Write {"public_key": base64, "receipt": {...}, "signature": base64} as canonical JSON."""
        word = self.receipt._as_object()
        return canonical(signed_object("receipt", word, public_key=self.public_key, signature=self.signature))

    @classmethod
    def from_json(cls, data: bytes | str) -> "SignedReceipt":
        """Read what `to_json` wrote, without trusting it. Raises ProofError `receipt_malformed`."""
        names = [item.name for item in fields(Receipt)]
        outer = load(data, most=MAX_RECEIPT_BYTES, code="receipt_malformed")
        inner, key, signature = read_signed(outer, name="receipt", names=names, code="receipt_malformed")
        _require("onward", type(inner["onward"]) is list)
        receipt = Receipt(**inner | {"onward": tuple(inner["onward"])})
        return cls(receipt=receipt, public_key=key, signature=signature)


def sign_receipt(receipt: Receipt, *, private_key: bytes) -> SignedReceipt:
    """Sign with the subscriber's Ed25519 private key (32 bytes). Raises ProofError `key_malformed`."""
    return SignedReceipt(
        receipt=receipt,
        public_key=public_key(private_key),
        signature=sign_bytes(_PREFIX + receipt.to_json(), private_key=private_key),
    )


def verify_receipt(signed: SignedReceipt, *, public_key: bytes) -> Receipt:
    """Check that `signed` was signed with the key that the platform has on file for this subscriber.

    The key inside the receipt is only a hint; it must equal `public_key` (32 bytes). Returns the receipt.
    Raises ProofError `signer_unknown` (another key) or `signature_invalid`.
    """
    place = f"receipt of {signed.receipt.subscriber} for position {signed.receipt.position}"
    if signed.public_key != public_key:
        raise ProofError("signer_unknown", place=place)
    message = _PREFIX + signed.receipt.to_json()
    verify_bytes(message, signature=signed.signature, public_key=public_key, place=place)
    return signed.receipt


def _require(name: str, condition: bool) -> None:
    if not condition:
        raise ProofError("receipt_malformed", place=name)
