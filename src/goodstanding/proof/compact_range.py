"""The right edge of a growing tree: enough to append for ever and to know the root, in 32 bytes per level."""

from collections.abc import Iterable

from goodstanding.proof.errors import ProofError
from goodstanding.proof.merkle import EMPTY_ROOT, HASH_BYTES, node_hash


class CompactRange:
    """A Merkle tree that remembers only its complete subtrees' hashes, the largest first.

    `append` and `extend` add leaves, `root` gives the hash at the present `size`. `to_bytes` and `from_bytes`
    store and restore it: an 8-byte big-endian size, then 32 bytes for each bit that is set in it.
    """

    def __init__(self, *, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        """Start from `size` leaves whose complete subtrees have `hashes`, largest first.

        Raises ProofError `state_malformed` when these do not belong together.
        """
        self._size = size
        self._hashes = list(hashes)
        if size < 0 or size.bit_count() != len(self._hashes):
            raise ProofError("state_malformed", place=f"{len(self._hashes)} hashes for {size} leaves")
        if any(len(item) != HASH_BYTES for item in self._hashes):
            raise ProofError("state_malformed", place=f"hash length at {size} leaves")

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The complete subtrees' hashes, largest first."""
        return tuple(self._hashes)

    def append(self, leaf_hash: bytes) -> None:
        """Add one leaf by its hash (32 bytes). Raises ProofError `hash_length`."""
        if len(leaf_hash) != HASH_BYTES:
            raise ProofError("hash_length", place=f"leaf {self._size}")
        computed = leaf_hash
        size = self._size
        while size & 1:
            computed = node_hash(self._hashes.pop(), computed)
            size >>= 1
        self._hashes.append(computed)
        self._size += 1

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add leaves in order. On a wrong hash the leaves before it stay added."""
        for item in leaf_hashes:
            self.append(item)

    def root(self) -> bytes:
        """Return the root hash over all leaves, EMPTY_ROOT over none."""
        if not self._hashes:
            return EMPTY_ROOT
        computed = self._hashes[-1]
        for left in self._hashes[-2::-1]:
            computed = node_hash(left, computed)
        return computed

    def to_bytes(self) -> bytes:
        """Serialise."""
        return self._size.to_bytes(8, "big") + b"".join(self._hashes)

    @classmethod
    def from_bytes(cls, data: bytes) -> "CompactRange":
        """Restore what `to_bytes` wrote. Raises ProofError `state_malformed`."""
        body = data[8:]
        if len(data) < 8 or len(body) % HASH_BYTES:
            raise ProofError("state_malformed", place=f"{len(data)} bytes")
        hashes = (body[at : at + HASH_BYTES] for at in range(0, len(body), HASH_BYTES))
        return cls(size=int.from_bytes(data[:8], "big"), hashes=hashes)
