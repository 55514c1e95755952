"""The Merkle tree over the rows of a whole batch: its root in one pass, and a proof that reads one block only.

It is the tree of RFC 9162 (`merkle`) with the rows' digests as entries, in row order. Since it never grows, it is
kept as the hashes of its blocks of 65,536 leaves (5 KB for ten million rows): a proof of one row needs these and
the digests of the row's own block. `verify_inclusion` checks it like any other.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from goodstanding.proof import merkle
from goodstanding.proof.errors import ProofError
from goodstanding.proof.merkle import HASH_BYTES

BLOCK_LEVEL: Final = 16
#: Leaves of one block, a complete subtree.
BLOCK_ROWS: Final = 1 << BLOCK_LEVEL


@dataclass(frozen=True, slots=True)
class RowTree:
    """The tree over `rows` digests, kept as the hashes of its blocks; the last block may be short."""

    rows: int
    blocks: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Raises ProofError `state_malformed` when rows and blocks do not belong together."""
        if len(self.blocks) != -(-self.rows // BLOCK_ROWS) or any(len(b) != HASH_BYTES for b in self.blocks):
            raise ProofError("state_malformed", place=f"{len(self.blocks)} blocks for {self.rows} rows")

    @property
    def root(self) -> bytes:
        """The hash of the whole tree, EMPTY_ROOT over no rows."""
        return merkle.root(self.blocks)

    def block_of(self, index: int) -> range:
        """The rows of the block that holds row `index`: the digests that its proof is made from.

        Raises ProofError `tree_range`.
        """
        if not 0 <= index < self.rows:
            raise ProofError("tree_range", place=f"row {index} of {self.rows}")
        start = index - index % BLOCK_ROWS
        return range(start, min(start + BLOCK_ROWS, self.rows))

    def inclusion(self, *, index: int, block: bytes) -> list[bytes]:
        """Prove that row `index` is in the tree, from the digests of its block.

        Arguments: `index` from 0; `block`, the digests of the rows `block_of(index)`, 32 bytes each, one after
        the other. Returns sibling hashes from the leaf upwards, as `inclusion_proof` does. Raises ProofError
        `tree_range`, `hash_length` where the block has another size, `root_mismatch` where it is not the block
        that the tree was made from.
        """
        rows = self.block_of(index)
        number = index >> BLOCK_LEVEL
        place = f"block {number} of {len(self.blocks)}"
        if len(block) != HASH_BYTES * len(rows):
            raise ProofError("hash_length", place=place)
        levels = list(_levels(block))
        if levels[-1][0] != self.blocks[number]:
            raise ProofError("root_mismatch", place=place)
        inside = merkle.inclusion_proof(
            index=index - rows.start, size=len(rows), fetch=lambda level, at: levels[level][at]
        )
        return inside + merkle.inclusion_proof(
            index=number, size=len(self.blocks), fetch=lambda level, at: _above(self.blocks, level, at)
        )

    def to_bytes(self) -> bytes:
        """The blocks' hashes, one after the other."""
        return b"".join(self.blocks)

    @classmethod
    def from_bytes(cls, data: bytes, *, rows: int) -> "RowTree":
        """Restore what `to_bytes` wrote. Raises ProofError `state_malformed`."""
        blocks = (data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))
        return cls(rows=rows, blocks=tuple(blocks))


def row_tree(digests: Iterable[bytes | memoryview]) -> RowTree:
    """Build the tree over digests of 32 bytes each, given in row order as buffers of any number of digests.

    Raises ProofError `hash_length` when a buffer does not hold whole digests.
    """
    blocks: list[bytes] = []
    rows = 0
    pending = bytearray()
    size = BLOCK_ROWS * HASH_BYTES
    for buffer in digests:
        if len(buffer) % HASH_BYTES:
            raise ProofError("hash_length", place=f"digests after row {rows}")
        rows += len(buffer) // HASH_BYTES
        pending += buffer
        whole = len(pending) - len(pending) % size
        for start in range(0, whole, size):
            blocks.append(_block_root(bytes(pending[start : start + size])))
        del pending[:whole]
    if pending:
        blocks.append(_block_root(bytes(pending)))
    return RowTree(rows=rows, blocks=tuple(blocks))


def _leaves(block: bytes) -> list[bytes]:
    """The leaf hashes of a block: `leaf_hash` of each digest, written out because it runs once a row."""
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + block[at : at + 32]).digest() for at in range(0, len(block), 32)]


def _parents(row: Sequence[bytes]) -> list[bytes]:
    sha256 = hashlib.sha256
    each = iter(row)
    parents = [sha256(b"\x01" + left + right).digest() for left, right in zip(each, each, strict=False)]
    if len(row) & 1:
        parents.append(row[-1])  # an odd last hash rises unpaired, see merkle.root
    return parents


def _levels(block: bytes) -> Iterable[list[bytes]]:
    row = _leaves(block)
    yield row
    while len(row) > 1:
        row = _parents(row)
        yield row


def _block_root(block: bytes) -> bytes:
    *_, top = _levels(block)
    return top[0]


def _above(blocks: Sequence[bytes], level: int, index: int) -> bytes:
    return merkle.root(blocks[index << level : (index + 1) << level])
