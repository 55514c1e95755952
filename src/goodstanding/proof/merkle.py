"""The Merkle tree of RFC 9162 section 2.1 (that of RFC 6962): hashes, proofs and their verification.

Proofs are built from a `Fetch`: fetch(level, index) gives the hash of the complete subtree over the leaves
[index * 2^level, (index + 1) * 2^level). Only complete subtrees are ever asked for, and only such as lie
within the tree, so they never change as the log grows and may be stored (`tiles`) and cached.

Verification needs nothing but the proof. It also covers subtrees (draft-ietf-plants-merkle-tree-certs section
4), of which whole trees are the case that starts at leaf 0.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from goodstanding.proof.errors import ProofError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

Fetch: TypeAlias = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """Hash one log entry: SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into their parent: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root hash over all `leaf_hashes` (32 bytes each), EMPTY_ROOT over none."""
    row = list(leaf_hashes)
    if not row:
        return EMPTY_ROOT
    while len(row) > 1:
        # An odd last hash rises unpaired; RFC 9162 splits at the largest power of two, which is the same
        # tree.
        paired = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        row = paired + row[len(paired) * 2 :]
    return row[0]


def range_root(*, start: int, end: int, fetch: Fetch) -> bytes:
    """Return the hash of the subtree over the leaves [start, end).

    `start` must be a multiple of the smallest power of two that is not less than `end - start`; start 0 gives
    the root of the tree of size `end`. Raises ProofError `tree_range`.
    """
    _require_subtree(start, end)
    if start == end:
        return EMPTY_ROOT
    result = b""
    position = end
    remaining = end - start
    while remaining:
        level = (remaining & -remaining).bit_length() - 1
        position -= 1 << level
        remaining -= 1 << level
        part = fetch(level, position >> level)
        result = node_hash(part, result) if result else part
    return result


def inclusion_proof(*, index: int, size: int, fetch: Fetch) -> list[bytes]:
    """Prove that leaf `index` is in the tree of `size` leaves.

    Returns sibling hashes from the leaf upwards. Raises ProofError `tree_range`. Source: RFC 9162 section
    2.1.3.1.
    """
    if not 0 <= index < size:
        raise ProofError("tree_range", place=f"leaf {index} in a tree of {size}")
    start, end = 0, size
    proof = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(range_root(start=middle, end=end, fetch=fetch))
            end = middle
        else:
            proof.append(range_root(start=start, end=middle, fetch=fetch))
            start = middle
    proof.reverse()
    return proof


def consistency_proof(*, old_size: int, new_size: int, fetch: Fetch) -> list[bytes]:
    """Prove that the tree of `new_size` leaves begins with the whole tree of `old_size` leaves.

    Returns the hashes in the order of RFC 9162 section 2.1.4.1, none when the sizes are equal. Raises
    ProofError `empty_tree` for old size 0 (a first checkpoint has nothing to be consistent with) and
    `tree_range`.
    """
    if old_size == 0:
        raise ProofError("empty_tree", place=f"consistency from size 0 to {new_size}")
    return subtree_consistency_proof(start=0, end=old_size, size=new_size, fetch=fetch)


def subtree_consistency_proof(*, start: int, end: int, size: int, fetch: Fetch) -> list[bytes]:
    """Prove that the subtree over [start, end) is part of the tree of `size` leaves.

    Raises ProofError `tree_range`. Source: draft-ietf-plants-merkle-tree-certs section 4.4.1.
    """
    _require_subtree(start, end)
    if end > size:
        raise ProofError("tree_range", place=f"subtree [{start}, {end}) in a tree of {size}")
    if start == end:
        return []
    low, high = 0, size
    known = True  # the verifier knows the hash of the subtree that the descent ends in
    proof = []
    while (low, high) != (start, end):
        middle = low + _split(high - low)
        if end <= middle:
            proof.append(range_root(start=middle, end=high, fetch=fetch))
            high = middle
        else:
            proof.append(range_root(start=low, end=middle, fetch=fetch))
            if start < middle:
                start, known = middle, False
            low = middle
    if not known:
        proof.append(range_root(start=low, end=high, fetch=fetch))
    proof.reverse()
    return proof


def verify_inclusion(*, leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that `leaf_hash` is leaf `index` of the tree of `size` leaves with hash `root`.

    Returns nothing; raises ProofError `tree_range`, `hash_length`, `proof_length` or `root_mismatch`.
    Source: RFC 9162 section 2.1.3.2.
    """
    place = f"inclusion of leaf {index} in a tree of {size}"
    if not 0 <= index < size:
        raise ProofError("tree_range", place=place)
    _require_hashes([leaf_hash, *proof], place)
    first, last = index, size - 1
    computed = leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofError("proof_length", place=place)
        if first & 1 or first == last:
            computed = node_hash(sibling, computed)
            while not first & 1 and first:
                first >>= 1
                last >>= 1
        else:
            computed = node_hash(computed, sibling)
        first >>= 1
        last >>= 1
    if last:
        raise ProofError("proof_length", place=place)
    _require_equal(computed, root, place)


def verify_subtree_inclusion(
    *, leaf_hash: bytes, index: int, start: int, end: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that `leaf_hash` is leaf `index` of the log, within its subtree [start, end) with hash `root`.

    Raises as `verify_inclusion`. Source: draft-ietf-plants-merkle-tree-certs section 4.3.
    """
    _require_subtree(start, end)
    verify_inclusion(leaf_hash=leaf_hash, index=index - start, size=end - start, proof=proof, root=root)


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree (new_size, new_root) begins with the whole tree (old_size, old_root).

    Returns nothing; raises ProofError `tree_range`, `empty_tree` (old size 0: nothing is proved),
    `hash_length`, `proof_length` or `root_mismatch`. Source: RFC 9162 section 2.1.4.2.
    """
    if old_size == 0:
        raise ProofError("empty_tree", place=f"consistency from size 0 to {new_size}")
    verify_subtree_consistency(
        start=0, end=old_size, size=new_size, subtree_root=old_root, root=new_root, proof=proof
    )


def verify_subtree_consistency(
    *, start: int, end: int, size: int, subtree_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the subtree [start, end) with hash `subtree_root` is part of the tree (size, root).

    An empty subtree is part of any tree. Raises as `verify_consistency`.
    Source: draft-ietf-plants-merkle-tree-certs section 4.4.3.
    """
    place = f"consistency of [{start}, {end}) with a tree of {size}"
    _require_subtree(start, end)
    if end > size:
        raise ProofError("tree_range", place=place)
    _require_hashes(proof, place)
    if start == end or (start == 0 and end == size):
        if proof:
            raise ProofError("proof_length", place=place)
        _require_equal(subtree_root, EMPTY_ROOT if start == end else root, place)
        return
    first, last, tree_last = start, end - 1, size - 1
    while first != last and (last == tree_last or last & 1):
        first, last, tree_last = first >> 1, last >> 1, tree_last >> 1
    if first == last:
        # The subtree is itself a node of the tree (complete, or on the right edge): its own hash starts the
        # path.
        computed_subtree = computed = subtree_root
        rest = list(proof)
    else:
        if not proof:
            raise ProofError("proof_length", place=place)
        computed_subtree = computed = proof[0]
        rest = list(proof[1:])
    for sibling in rest:
        if tree_last == 0:
            raise ProofError("proof_length", place=place)
        if last & 1 or last == tree_last:
            if first < last:
                computed_subtree = node_hash(sibling, computed_subtree)
            computed = node_hash(sibling, computed)
            while not last & 1 and last:
                first, last, tree_last = first >> 1, last >> 1, tree_last >> 1
        else:
            computed = node_hash(computed, sibling)
        first, last, tree_last = first >> 1, last >> 1, tree_last >> 1
    if tree_last:
        raise ProofError("proof_length", place=place)
    _require_equal(computed_subtree, subtree_root, place)
    _require_equal(computed, root, place)


def _split(count: int) -> int:
    """Return the largest power of two that is less than `count` (at least 2)."""
    return 1 << ((count - 1).bit_length() - 1)


def _require_subtree(start: int, end: int) -> None:
    width = end - start
    if start < 0 or width < 0 or (width and start & ((1 << (width - 1).bit_length()) - 1)):
        raise ProofError("tree_range", place=f"subtree [{start}, {end})")


def _require_hashes(hashes: Iterable[bytes], place: str) -> None:
    if any(len(item) != HASH_BYTES for item in hashes):
        raise ProofError("hash_length", place=place)


def _require_equal(computed: bytes, expected: bytes, place: str) -> None:
    if computed != expected:
        raise ProofError("root_mismatch", place=place)
