"""What a holder of records commits to: a digest of its whole set, kept up to date a record at a time, and its claim.

An element stands for one record under the event by which it is held. The set has three views, each a function of the
elements alone, whatever their order:

- `SetDigest`, the commitment: LtHash with 1,024 lanes of 16 bits (Bellare and Micciancio 1997; Lewi, Kim, Maykov and
  Weis 2019, who give it at least 200 bits). Elements are widened by SHAKE128, so two sets with one digest cost 2^128.
- 4,096 bucket sums of 16 bytes: which part of two sets differs. A hint, signed by nobody; an honest difference
  escapes it once in 2^128.
- the short forms of a bucket's elements, 12 bytes each: which records of a bucket differ. A hint as well: what the
  hints lead to must explain the difference of the two digests, or the claim was not true.
"""

import hashlib
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Final

from goodstanding.proof.canonical import MAX_INTEGER, Json, canonical
from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import public_key, sign_bytes, verify_bytes
from goodstanding.proof.signed_word import is_instant, load, read_signed, signed_object

BUCKETS: Final = 4096
SUM_BYTES: Final = 16
SHORT_BYTES: Final = 12
DIGEST_BYTES: Final = 2048

_ELEMENT: Final = b"goodstanding/set-element/v1\n"
_CLAIM: Final = b"goodstanding/set-claim/v1\n"
_SUM_MASK: Final = (1 << 8 * SUM_BYTES) - 1
#: The lanes lie in slots of 32 bits, those with even and with odd numbers apart, so that sums do not run over.
_SLOTS: Final = DIGEST_BYTES // 4
_LANES: Final = int.from_bytes(b"\xff\xff\x00\x00" * _SLOTS, "little")
_FULL: Final = int.from_bytes(b"\x00\x00\x01\x00" * _SLOTS, "little")
#: So many additions of at most 2^16 fit into a slot.
_ROOM: Final = 2**15


def set_element(*, record: uuid.UUID, position: int, commitment: bytes) -> bytes:
    """The element (32 bytes) of a record that is held under the event at `position` with the leaf's `commitment`."""
    return hashlib.sha256(_ELEMENT + record.bytes + position.to_bytes(8, "big") + commitment).digest()


def bucket_of(record: uuid.UUID) -> int:
    """The bucket of a record, whatever its event: the first 12 bits of SHA-256 of its id's 16 bytes."""
    return int.from_bytes(hashlib.sha256(record.bytes).digest()[:2], "big") >> 4


def short_of(element: bytes) -> bytes:
    """The short form of an element: its first 12 bytes."""
    return element[:SHORT_BYTES]


class SetDigest:
    """The digest of a set that changes. Adding what is in it already, or removing what is not, is not noticed."""

    __slots__ = ("_even", "_odd", "_room")

    def __init__(self) -> None:
        """The empty set."""
        self._even = self._odd = 0
        self._room = _ROOM

    def add(self, element: bytes) -> None:
        """Put an element in."""
        wide = _wide(element)
        self._sum(wide & _LANES, (wide >> 16) & _LANES)

    def remove(self, element: bytes) -> None:
        """Take an element out."""
        wide = _wide(element)
        self._sum(_FULL - (wide & _LANES), _FULL - ((wide >> 16) & _LANES))

    def join(self, other: "SetDigest") -> None:
        """Put in all of another set, or, where that was made by removals, take out what it lacks."""
        other._reduce()
        self._sum(other._even, other._odd)

    def to_bytes(self) -> bytes:
        """The digest, 2,048 bytes: 1,024 lanes of 16 bits, little end first."""
        self._reduce()
        return (self._even | self._odd << 16).to_bytes(DIGEST_BYTES, "little")

    @classmethod
    def from_bytes(cls, data: bytes) -> "SetDigest":
        """Read what `to_bytes` wrote. Raises ProofError `state_malformed`."""
        if len(data) != DIGEST_BYTES:
            raise ProofError("state_malformed", place=f"set digest of {len(data)} bytes")
        made, wide = cls(), int.from_bytes(data, "little")
        made._even, made._odd = wide & _LANES, (wide >> 16) & _LANES
        return made

    def fingerprint(self) -> bytes:
        """SHA-256 of the digest: what a claim signs."""
        return hashlib.sha256(self.to_bytes()).digest()

    def _sum(self, even: int, odd: int) -> None:
        self._even += even
        self._odd += odd
        self._room -= 1
        if not self._room:
            self._reduce()

    def _reduce(self) -> None:
        self._even &= _LANES
        self._odd &= _LANES
        self._room = _ROOM


def _wide(element: bytes) -> int:
    return int.from_bytes(hashlib.shake_128(element).digest(DIGEST_BYTES), "little")


def sum_of(elements: Iterable[bytes], *, less: Iterable[bytes] = ()) -> int:
    """The sum of a bucket: of the first 16 bytes of its elements as integers, modulo 2^128."""
    total = sum(int.from_bytes(item[:SUM_BYTES], "big") for item in elements)
    return (total - sum(int.from_bytes(item[:SUM_BYTES], "big") for item in less)) & _SUM_MASK


def add_sums(one: int, other: int) -> int:
    """The sum of two buckets together."""
    return (one + other) & _SUM_MASK


def pack_sums(sums: Iterable[int]) -> bytes:
    """Sums as bytes, 16 each, the first end first."""
    return b"".join(item.to_bytes(SUM_BYTES, "big") for item in sums)


def unpack_sums(data: bytes) -> list[int]:
    """Read what `pack_sums` wrote. Raises ProofError `state_malformed`."""
    if len(data) % SUM_BYTES:
        raise ProofError("state_malformed", place=f"sums of {len(data)} bytes")
    return [int.from_bytes(item, "big") for item in parts(data, SUM_BYTES)]


def parts(data: bytes, size: int) -> Iterator[bytes]:
    """Cut bytes into parts of a size."""
    return (data[start : start + size] for start in range(0, len(data), size))


@dataclass(frozen=True)
class SetClaim:
    """What a subscriber says that it holds.

    `subscriber`: its identifier; `position`: the journal position up to which it has applied the feed; `count`: how
    many records it holds; `digest`: the fingerprint of its set (hex); `claimed_at`: ISO 8601 with its zone. Raises
    ProofError `claim_malformed` naming the field.
    """

    subscriber: str
    position: int
    count: int
    digest: str
    claimed_at: str

    def __post_init__(self) -> None:
        text = self.subscriber
        _require("subscriber", type(text) is str and 0 < len(text) <= 200 and text.isprintable())
        for name in ("position", "count"):
            value = getattr(self, name)
            _require(name, type(value) is int and 0 <= value <= MAX_INTEGER)
        _require("digest", type(self.digest) is str and bool(re.fullmatch("[0-9a-f]{64}", self.digest)))
        _require("claimed_at", type(self.claimed_at) is str and is_instant(self.claimed_at))

    def as_object(self) -> dict[str, Json]:
        """The claim as JSON."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


@dataclass(frozen=True)
class SignedClaim:
    """A claim with the public key (32 bytes) and the signature (64 bytes)."""

    claim: SetClaim
    public_key: bytes
    signature: bytes

    def as_object(self) -> dict[str, Json]:
        """{"claim": {...}, "public_key": base64, "signature": base64}."""
        word = self.claim.as_object()
        return signed_object("claim", word, public_key=self.public_key, signature=self.signature)

    def to_json(self) -> bytes:
        """The same as canonical JSON."""
        return canonical(self.as_object())

    @classmethod
    def from_object(cls, outer: object) -> "SignedClaim":
        """Read what `as_object` made, without trusting it. Raises ProofError `claim_malformed`."""
        names = [item.name for item in fields(SetClaim)]
        inner, key, signature = read_signed(outer, name="claim", names=names, code="claim_malformed")
        return cls(claim=SetClaim(**inner), public_key=key, signature=signature)

    @classmethod
    def from_json(cls, data: bytes | str) -> "SignedClaim":
        """Read what `to_json` wrote, without trusting it. Raises ProofError `claim_malformed`."""
        return cls.from_object(load(data, most=10_000, code="claim_malformed"))


def sign_claim(claim: SetClaim, *, private_key: bytes) -> SignedClaim:
    """Sign with the subscriber's Ed25519 private key (32 bytes). Raises ProofError `key_malformed`."""
    message = _CLAIM + canonical(claim.as_object())
    return SignedClaim(claim, public_key(private_key), sign_bytes(message, private_key=private_key))


def verify_claim(signed: SignedClaim, *, public_key: bytes) -> SetClaim:
    """Check a claim against the key on file. Raises ProofError `signer_unknown` or `signature_invalid`."""
    place = f"claim of {signed.claim.subscriber} at {signed.claim.position}"
    if signed.public_key != public_key:
        raise ProofError("signer_unknown", place=place)
    message = _CLAIM + canonical(signed.claim.as_object())
    verify_bytes(message, signature=signed.signature, public_key=public_key, place=place)
    return signed.claim


def _require(name: str, condition: bool) -> None:
    if not condition:
        raise ProofError("claim_malformed", place=name)
