"""The tree over a batch's rows: the same root and the same proofs as RFC 9162 written down as it reads."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding import proof
from goodstanding.proof import BLOCK_ROWS, ProofError, RowTree, row_tree

from ..oracles import merkle as oracle


def digests(count: int) -> list[bytes]:
    return [sha256(b"%d" % number).digest() for number in range(count)]


def checked(tree: RowTree, rows: list[bytes], index: int) -> list[bytes]:
    block = tree.block_of(index)
    hashes = tree.inclusion(index=index, block=b"".join(rows[block.start : block.stop]))
    proof.verify_inclusion(
        leaf_hash=proof.leaf_hash(rows[index]), index=index, size=tree.rows, proof=hashes, root=tree.root
    )
    return hashes


@given(count=st.integers(1, 200), pieces=st.integers(1, 9), chance=st.randoms())
def test_a_small_batch_has_the_root_and_the_proofs_of_the_standard(
    count: int, pieces: int, chance: random.Random
) -> None:
    rows = digests(count)
    tree = row_tree(b"".join(rows[at : at + pieces]) for at in range(0, count, pieces))
    index = chance.randrange(count)
    assert tree.root == oracle.mth(rows)
    assert checked(tree, rows, index) == oracle.path(index, rows)


def test_a_batch_of_several_blocks_has_the_root_and_the_proofs_of_the_standard() -> None:
    rows = digests(3 * BLOCK_ROWS + 7)
    tree = row_tree([b"".join(rows)])
    assert tree.root == oracle.mth(rows)
    for index in (0, BLOCK_ROWS - 1, BLOCK_ROWS, 2 * BLOCK_ROWS + 12_345, len(rows) - 1):
        assert checked(tree, rows, index) == oracle.path(index, rows)
    assert RowTree.from_bytes(tree.to_bytes(), rows=tree.rows) == tree


def test_no_rows_have_the_empty_root_and_no_proof() -> None:
    tree = row_tree([])
    assert tree.root == proof.EMPTY_ROOT
    with pytest.raises(ProofError, match="tree_range"):
        tree.block_of(0)


def test_another_row_is_not_proved() -> None:
    rows = digests(9)
    tree = row_tree([b"".join(rows)])
    hashes = tree.inclusion(index=4, block=b"".join(rows))
    for leaf, index in ((rows[5], 4), (rows[4], 5)):
        with pytest.raises(ProofError, match="root_mismatch"):
            proof.verify_inclusion(
                leaf_hash=proof.leaf_hash(leaf), index=index, size=9, proof=hashes, root=tree.root
            )


def test_a_block_that_was_changed_proves_nothing() -> None:
    rows = digests(9)
    tree = row_tree([b"".join(rows)])
    with pytest.raises(ProofError, match="root_mismatch"):
        tree.inclusion(index=0, block=b"".join([*rows[:8], rows[0]]))
    with pytest.raises(ProofError, match="hash_length"):
        tree.inclusion(index=0, block=b"".join(rows[:8]))


def test_parts_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ProofError, match="hash_length"):
        row_tree([b"x" * 33])
    for rows, blocks in ((1, 0), (1, 64), (BLOCK_ROWS + 1, 32), (1, 31)):
        with pytest.raises(ProofError, match="state_malformed"):
            RowTree.from_bytes(b"x" * blocks, rows=rows)
