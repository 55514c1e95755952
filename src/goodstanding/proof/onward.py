"""That a recipient passed a removal on: its signed word, with the receipt of whom it had passed the record on to.

The provider of the record does not know the keys of those further down. Whoever passed the record on does: it checks
their receipt against the key that it has on file, and signs for it.
"""

from dataclasses import dataclass, fields
from typing import Final

from goodstanding.proof.canonical import MAX_INTEGER, Json, canonical
from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import public_key, sign_bytes, verify_bytes
from goodstanding.proof.receipt import MAX_RECEIPT_BYTES, SignedReceipt, verify_receipt
from goodstanding.proof.signed_word import is_text, load, read_signed, signed_object

_PREFIX: Final = b"goodstanding/onward/v1\n"


@dataclass(frozen=True)
class Onward:
    """What one recipient says of a holder further down.

    `subscriber`: its own id with the provider; `position`: of the removal in the provider's journal; `record`: the
    record's id; `holder`: by its name, to whom the record had been passed on; `via`: the names between, nearest
    first, empty where it passed the record on itself; `receipt`: the holder's signed receipt, byte for byte.
    Raises ProofError `receipt_malformed` naming the field.
    """

    subscriber: str
    position: int
    record: str
    holder: str
    via: tuple[str, ...]
    receipt: str

    def __post_init__(self) -> None:
        for name in ("subscriber", "record", "holder"):
            _require(name, is_text(getattr(self, name)))
        _require("position", type(self.position) is int and 0 <= self.position <= MAX_INTEGER)
        _require("via", type(self.via) is tuple and len(self.via) <= 20 and all(map(is_text, self.via)))
        _require("receipt", type(self.receipt) is str and len(self.receipt) <= MAX_RECEIPT_BYTES)

    def holders_receipt(self) -> SignedReceipt:
        """The holder's receipt, its signature checked under the key that it names.

        Raises ProofError: it cannot be read, is not in canonical form, not signed, or is about another record.
        """
        signed = SignedReceipt.from_json(self.receipt)
        _require("receipt", signed.to_json() == self.receipt.encode())
        verify_receipt(signed, public_key=signed.public_key)
        _require("receipt", signed.receipt.record == self.record)
        return signed

    def to_json(self) -> bytes:
        """Write it as canonical JSON."""
        return canonical(self._as_object())

    def _as_object(self) -> dict[str, Json]:
        named: dict[str, Json] = {item.name: getattr(self, item.name) for item in fields(self)}
        return named | {"via": list(self.via)}


@dataclass(frozen=True)
class SignedOnward:
    """The word with the public key (32 bytes) that signed it and the signature (64 bytes)."""

    onward: Onward
    public_key: bytes
    signature: bytes

    def to_json(self) -> bytes:
        """Write {"onward": {...}, "public_key": base64, "signature": base64} as canonical JSON."""
        word = self.onward._as_object()
        return canonical(signed_object("onward", word, public_key=self.public_key, signature=self.signature))

    @classmethod
    def from_json(cls, data: bytes | str) -> "SignedOnward":
        """Read what `to_json` wrote, without trusting it. Raises ProofError `receipt_malformed`."""
        names = [item.name for item in fields(Onward)]
        outer = load(data, most=2 * MAX_RECEIPT_BYTES, code="receipt_malformed")
        inner, key, signature = read_signed(outer, name="onward", names=names, code="receipt_malformed")
        _require("via", type(inner["via"]) is list)
        onward = Onward(**inner | {"via": tuple(inner["via"])})
        return cls(onward=onward, public_key=key, signature=signature)


def sign_onward(onward: Onward, *, private_key: bytes) -> SignedOnward:
    """Sign with the Ed25519 private key (32 bytes) of whoever passed the record on."""
    return SignedOnward(
        onward=onward,
        public_key=public_key(private_key),
        signature=sign_bytes(_PREFIX + onward.to_json(), private_key=private_key),
    )


def verify_onward(signed: SignedOnward, *, public_key: bytes) -> Onward:
    """Check the signature under the key that the provider has on file for the signer (32 bytes).

    Raises ProofError `signer_unknown` (another key) or `signature_invalid`.
    """
    place = f"onward receipt of {signed.onward.subscriber} for position {signed.onward.position}"
    if signed.public_key != public_key:
        raise ProofError("signer_unknown", place=place)
    message = _PREFIX + signed.onward.to_json()
    verify_bytes(message, signature=signed.signature, public_key=public_key, place=place)
    return signed.onward


def _require(name: str, condition: bool) -> None:
    if not condition:
        raise ProofError("receipt_malformed", place=name)
