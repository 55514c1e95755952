"""The verifiable map: a sparse Merkle tree from keys to commitments, with proofs of presence and of absence.

A key is 32 bytes and names a place among 2^256: its bits, from the first, lead from the root downwards (0 is left).
The hash of a subtree is

    nothing in it       30 zero bytes
    one entry           its lone hash: the entry's hash, then one link for each byte of the key from byte 15 back to the
                        one in which the subtree lies
    more                SHA-256(0x01 || left || right)
    the entry           SHA-256(0x00 || key || commitment)
    a link              SHA-256(0x02 || byte || what lies below)

each cut to its first 30 bytes. So an entry stands as high as it is alone, and a proof has as many hashes as other
subtrees branch off above it. Absence ends at a subtree that is empty, or that holds another entry alone: then it shows
that entry's key up to the first byte that differs, and a hash of the rest; never the whole key, never its commitment.
For one root and one key nobody can prove both, nor two commitments, however the tree was made.

30 bytes, so that the longest proof at a million entries stays under 800 bytes (decision record 26).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from goodstanding.proof.errors import ProofError

KEY_BYTES: Final = 32
COMMITMENT_BYTES: Final = 32
#: Length of a hash inside the map.
NODE_BYTES: Final = 30
#: Bytes of a key that are linked one by one. Two keys that agree in all of them are told apart whole.
LINKS: Final = 16
#: The hash of a subtree without entries, and of an empty map.
EMPTY: Final = bytes(NODE_BYTES)

_CODE: Final = "map_proof_malformed"
_OWN, _EMPTY, _OTHER = 0, 1, 2
#: What stands before each link, by the byte that it links.
_LINK: Final = tuple(bytes([2, byte]) for byte in range(256))
_sha256 = hashlib.sha256


def map_key(*parts: str) -> bytes:
    """The key of what `parts` name: SHA-256 over each part's length (4 bytes) and UTF-8 text."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(4, "big") + data)
    return digest.digest()


def entry_hash(key: bytes, commitment: bytes) -> bytes:
    """The hash of an entry by itself."""
    return _sha256(b"\x00" + key + commitment).digest()[:NODE_BYTES]


def inner_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a subtree with more than one entry."""
    return _sha256(b"\x01" + left + right).digest()[:NODE_BYTES]


def linked(below: bytes, data: bytes) -> bytes:
    """Link the bytes `data` of a key over what lies below the last of them."""
    for byte in reversed(data):
        below = _sha256(_LINK[byte] + below).digest()[:NODE_BYTES]
    return below


def lone_hash(key: bytes, commitment: bytes, *, depth: int) -> bytes:
    """The hash of a subtree whose root stands `depth` bits deep and which holds this entry alone."""
    return linked(entry_hash(key, commitment), key[min(depth // 8, LINKS) : LINKS])


@dataclass(frozen=True)
class Other:
    """An entry that stands where another key was looked for.

    `shown`: the bytes of its key from the one in which its subtree lies to the first that differs from the sought key;
    `rest`: the hash below it. Where no linked byte differs, `shown` is the key to its end and `rest` the commitment.
    """

    shown: bytes
    rest: bytes


@dataclass(frozen=True)
class MapProof:
    """The way from a subtree `depth` bits deep up to the root.

    `siblings` are the other halves on the way that are not empty, from the root downwards; `bitmap` says where:
    bit `d` (of byte d // 8, the highest first) for the one whose root is d + 1 bits deep. `other` and `empty` say how
    an absence ends; a proof of presence has neither.
    """

    depth: int
    bitmap: bytes
    siblings: tuple[bytes, ...]
    empty: bool = False
    other: Other | None = None

    def __post_init__(self) -> None:
        """Raises ProofError `map_proof_malformed` when the parts do not belong together."""
        if not 0 <= self.depth <= 8 * KEY_BYTES or len(self.bitmap) != -(-self.depth // 8):
            raise ProofError(_CODE, place="depth and bitmap")
        bits = int.from_bytes(self.bitmap, "big")
        if bits & ((1 << -self.depth % 8) - 1) or bits.bit_count() != len(self.siblings):
            raise ProofError(_CODE, place="bitmap and number of siblings")
        if any(len(item) != NODE_BYTES or item == EMPTY for item in self.siblings):
            raise ProofError(_CODE, place="siblings")
        if self.empty and self.other is not None:
            raise ProofError(_CODE, place="the end of the way")

    def encode(self) -> bytes:
        """Write the proof: depth (2 bytes), end (1), bitmap, siblings, and of another entry the count of bytes, these
        and the rest."""
        end = _EMPTY if self.empty else _OTHER if self.other else _OWN
        parts = [self.depth.to_bytes(2, "big"), bytes([end]), self.bitmap, *self.siblings]
        if self.other:
            parts += [bytes([len(self.other.shown)]), self.other.shown, self.other.rest]
        return b"".join(parts)

    @classmethod
    def decode(cls, data: bytes) -> "MapProof":
        """Read what `encode` wrote, without trusting it. Raises ProofError `map_proof_malformed`."""
        depth, end = int.from_bytes(data[:2], "big"), data[2] if len(data) > 2 else -1
        if end not in (_OWN, _EMPTY, _OTHER) or depth > 8 * KEY_BYTES:
            raise ProofError(_CODE, place="depth or end")
        at = 3 + -(-depth // 8)
        bitmap = data[3:at]
        stop = at + NODE_BYTES * int.from_bytes(bitmap, "big").bit_count()
        siblings = tuple(data[start : start + NODE_BYTES] for start in range(at, stop, NODE_BYTES))
        other = None
        if end == _OTHER:
            shown = stop + 1 + (data[stop] if stop < len(data) else 0)
            other = Other(data[stop + 1 : shown], data[shown:])
        elif len(data) != stop:
            raise ProofError(_CODE, place=f"{len(data)} bytes instead of {stop}")
        return cls(depth, bitmap, siblings, end == _EMPTY, other)


def verify_presence(*, root: bytes, key: bytes, commitment: bytes, proof: MapProof) -> None:
    """Check that the map with this root holds `commitment` under `key`.

    Raises ProofError `map_proof_malformed`, `root_mismatch`, `hash_length`.
    """
    _require_lengths(root, key)
    if len(commitment) != COMMITMENT_BYTES:
        raise ProofError("hash_length", place="commitment")
    if proof.empty or proof.other is not None:
        raise ProofError(_CODE, place="a proof of absence")
    _require_root(root, key, lone_hash(key, commitment, depth=proof.depth), proof)


def verify_absence(*, root: bytes, key: bytes, proof: MapProof) -> None:
    """Check that the map with this root holds nothing under `key`.

    Raises ProofError `map_proof_malformed`, `root_mismatch`, `hash_length`.
    """
    _require_lengths(root, key)
    if proof.other is not None:
        _require_root(root, key, _other_hash(key, proof.depth, proof.other), proof)
    elif proof.empty:
        _require_root(root, key, EMPTY, proof)
    else:
        raise ProofError(_CODE, place="a proof of presence")


def other_entry(key: bytes, *, depth: int, other_key: bytes, commitment: bytes) -> Other:
    """What an absence of `key` shows of the entry that stands alone in the subtree `depth` bits deep on its way."""
    first = depth // 8
    differs = next(at for at in range(KEY_BYTES) if key[at] != other_key[at])
    if differs >= LINKS:
        return Other(other_key[min(first, LINKS) :], commitment)
    rest = linked(entry_hash(other_key, commitment), other_key[differs + 1 : LINKS])
    return Other(other_key[first : differs + 1], rest)


def _other_hash(key: bytes, depth: int, other: Other) -> bytes:
    """The hash of the subtree that holds another entry alone. That it is another one is checked here."""
    first = min(depth // 8, LINKS)
    end = first + len(other.shown)
    place = "the other entry"
    if not other.shown or end > KEY_BYTES or LINKS < end < KEY_BYTES:
        raise ProofError(_CODE, place=place)
    other_key = key[:first] + other.shown + key[end:]
    above = 8 * KEY_BYTES - depth
    if int.from_bytes(key, "big") >> above != int.from_bytes(other_key, "big") >> above:
        raise ProofError(_CODE, place=f"{place} lies elsewhere")
    if end <= LINKS:
        if other.shown[-1] == key[end - 1] or other_key[: end - 1] != key[: end - 1]:
            raise ProofError(_CODE, place=f"{place} does not differ in the last byte shown, and there first")
        if len(other.rest) != NODE_BYTES:
            raise ProofError(_CODE, place=place)
        return linked(other.rest, other.shown)
    if other_key[:LINKS] != key[:LINKS] or other_key == key or len(other.rest) != COMMITMENT_BYTES:
        raise ProofError(_CODE, place=place)
    return lone_hash(other_key, other.rest, depth=depth)


def _require_root(root: bytes, key: bytes, found: bytes, proof: MapProof) -> None:
    path, bitmap = int.from_bytes(key, "big"), int.from_bytes(proof.bitmap, "big") >> (-proof.depth % 8)
    siblings = list(proof.siblings)
    for depth in range(proof.depth - 1, -1, -1):
        sibling = siblings.pop() if bitmap >> (proof.depth - 1 - depth) & 1 else EMPTY
        right = path >> (8 * KEY_BYTES - 1 - depth) & 1
        found = inner_hash(sibling, found) if right else inner_hash(found, sibling)
    if found != root:
        raise ProofError("root_mismatch", place="root of the map")


def _require_lengths(root: bytes, key: bytes) -> None:
    if len(root) != NODE_BYTES or len(key) != KEY_BYTES:
        raise ProofError("hash_length", place="root or key of the map")


def bitmap_of(present: Sequence[bool]) -> bytes:
    """The bitmap of a way, from the root downwards."""
    bits = 0
    for item in present:
        bits = bits << 1 | item
    width = -(-len(present) // 8)
    return (bits << -len(present) % 8).to_bytes(width, "big")
