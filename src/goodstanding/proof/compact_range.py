"""The right edge of a growing tree: enough to append for ever and to know the root, in 32 bytes per level."""

from collections.abc import Iterable, Sequence

from goodstanding.proof.errors import ProofError
from goodstanding.proof.merkle import EMPTY_ROOT, HASH_BYTES, node_hash, root


def heights_of_run(first: int, count: int) -> list[int]:
    """The heights of the largest complete subtrees that make up a run of leaves, left to right.

    Args:
        first: index of the first leaf, from 0. count: how many leaves; at most 126 subtrees hold 2^63.
    """
    heights, at, end = [], first, first + count
    while at < end:
        room = (end - at).bit_length() - 1
        heights.append(min(room, (at & -at).bit_length() - 1) if at else room)
        at += 1 << heights[-1]
    return heights


def hashes_of_run(first: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """The hashes of those subtrees, with which `CompactRange.append_run` passes over the run.

    Args:
        first: index of the first leaf, from 0. leaf_hashes: of each leaf of the run, 32 bytes each.
    """
    found, at = [], 0
    for height in heights_of_run(first, len(leaf_hashes)):
        found.append(root(leaf_hashes[at : at + (1 << height)]))
        at += 1 << height
    return found


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
        self._append(leaf_hash, 0)

    def append_run(self, count: int, hashes: Sequence[bytes]) -> None:
        """Add a run of leaves of which only the complete subtrees' hashes are known (see `hashes_of_run`).

        Raises ProofError `run_malformed` where there are not as many hashes as the run has subtrees, `hash_length`.
        Then nothing is added.
        """
        if count < 1 or count >= 1 << 63:
            raise ProofError("run_malformed", place=f"{count} leaves after {self._size}")
        heights = heights_of_run(self._size, count)
        if len(heights) != len(hashes):
            place = f"{len(hashes)} hashes for {count} leaves after {self._size}, which are {len(heights)} subtrees"
            raise ProofError("run_malformed", place=place)
        if any(len(item) != HASH_BYTES for item in hashes):
            raise ProofError("hash_length", place=f"{count} leaves after {self._size}")
        for height, item in zip(heights, hashes, strict=True):
            self._append(item, height)

    def _append(self, computed: bytes, height: int) -> None:
        if len(computed) != HASH_BYTES:
            raise ProofError("hash_length", place=f"leaf {self._size}")
        size = self._size >> height
        while size & 1:
            computed = node_hash(self._hashes.pop(), computed)
            size >>= 1
        self._hashes.append(computed)
        self._size += 1 << height

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
