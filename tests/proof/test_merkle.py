"""The Merkle tree against a slow oracle written from the RFC, and against every flipped bit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.proof import (
    EMPTY_ROOT,
    CompactRange,
    ProofError,
    consistency_proof,
    hashes_of_run,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from goodstanding.proof.compact_range import heights_of_run
from goodstanding.proof.merkle import (
    range_root,
    subtree_consistency_proof,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from tests.oracles import merkle as oracle

ENTRIES = [b"entry %d" % number for number in range(300)]
ROOTS = [oracle.mth(ENTRIES[:size]) for size in range(len(ENTRIES) + 1)]


def fetch_of(entries):
    def fetch(level, index):
        part = entries[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "only complete subtrees may be asked for"
        return oracle.mth(part)

    return fetch


def flips(data: bytes):
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


def test_the_empty_tree_and_the_two_hash_prefixes_are_those_of_the_rfc():
    assert root([]) == EMPTY_ROOT == oracle.mth([])
    assert leaf_hash(b"x") == oracle.mth([b"x"])
    assert node_hash(leaf_hash(b"x"), leaf_hash(b"y")) == oracle.mth([b"x", b"y"])


@given(st.lists(st.binary(max_size=40), max_size=120))
def test_root_and_compact_range_agree_with_the_rfc(entries):
    hashes = [leaf_hash(entry) for entry in entries]
    assert root(hashes) == oracle.mth(entries)
    growing = CompactRange()
    for size, item in enumerate(hashes):
        assert growing.root() == oracle.mth(entries[:size])
        growing = CompactRange.from_bytes(growing.to_bytes())
        growing.append(item)
    assert (growing.root(), growing.size) == (oracle.mth(entries), len(entries))


def test_every_inclusion_proof_of_every_small_tree():
    for size in range(1, 66):
        for index in range(size):
            proof = inclusion_proof(index=index, size=size, fetch=fetch_of(ENTRIES[:size]))
            assert proof == oracle.path(index, ENTRIES[:size])
            verify_inclusion(
                leaf_hash=leaf_hash(ENTRIES[index]), index=index, size=size, proof=proof, root=ROOTS[size]
            )


def test_every_consistency_proof_of_every_small_tree():
    for new_size in range(1, 50):
        for old_size in range(1, new_size + 1):
            proof = consistency_proof(
                old_size=old_size, new_size=new_size, fetch=fetch_of(ENTRIES[:new_size])
            )
            assert proof == oracle.proof(old_size, ENTRIES[:new_size])
            verify_consistency(
                old_size=old_size,
                new_size=new_size,
                old_root=ROOTS[old_size],
                new_root=ROOTS[new_size],
                proof=proof,
            )


def test_every_subtree_of_every_small_tree():
    count = 0
    for size in range(1, 28):
        for start in range(size):
            for end in range(start + 1, size + 1):
                arguments = {"start": start, "end": end}
                if not oracle.is_subtree(start, end):
                    with pytest.raises(ProofError) as refusal:
                        range_root(**arguments, fetch=fetch_of(ENTRIES))
                    assert refusal.value.code == "tree_range"
                    continue
                entries = ENTRIES[:size]
                part = oracle.mth(entries[start:end])
                assert range_root(**arguments, fetch=fetch_of(entries)) == part
                proof = subtree_consistency_proof(**arguments, size=size, fetch=fetch_of(entries))
                assert proof == oracle.subtree_subproof(start, end, entries)
                verify_subtree_consistency(
                    **arguments, size=size, subtree_root=part, root=ROOTS[size], proof=proof
                )
                for index in range(start, end):
                    verify_subtree_inclusion(
                        **arguments,
                        leaf_hash=leaf_hash(entries[index]),
                        index=index,
                        proof=oracle.path(index - start, entries[start:end]),
                        root=part,
                    )
                count += 1
    assert count > 1000


@settings(max_examples=60)
@given(st.data())
def test_proofs_of_larger_trees(data):
    size = data.draw(st.integers(1, len(ENTRIES)))
    index = data.draw(st.integers(0, size - 1))
    old_size = data.draw(st.integers(1, size))
    entries = ENTRIES[:size]
    proof = inclusion_proof(index=index, size=size, fetch=fetch_of(entries))
    assert proof == oracle.path(index, entries)
    assert consistency_proof(old_size=old_size, new_size=size, fetch=fetch_of(entries)) == oracle.proof(
        old_size, entries
    )
    if other := data.draw(st.integers(0, size - 1).filter(lambda at: at != index)) if size > 1 else 0:
        with pytest.raises(ProofError):
            verify_inclusion(
                leaf_hash=leaf_hash(entries[index]), index=other, size=size, proof=proof, root=ROOTS[size]
            )


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 2), (6, 7), (5, 8), (4, 13)])
def test_any_flipped_bit_in_an_inclusion_proof_is_refused(index, size):
    proof = oracle.path(index, ENTRIES[:size])
    good = {
        "leaf_hash": leaf_hash(ENTRIES[index]),
        "index": index,
        "size": size,
        "proof": proof,
        "root": ROOTS[size],
    }
    verify_inclusion(**good)
    bad = [good | {name: changed} for name in ("leaf_hash", "root") for changed in flips(good[name])]
    bad += [
        good | {"proof": [*proof[:at], changed, *proof[at + 1 :]]}
        for at in range(len(proof))
        for changed in flips(proof[at])
    ]
    for arguments in bad:
        with pytest.raises(ProofError) as refusal:
            verify_inclusion(**arguments)
        assert refusal.value.code == "root_mismatch"


@pytest.mark.parametrize(("old_size", "new_size"), [(1, 1), (1, 2), (6, 7), (4, 8), (5, 13)])
def test_any_flipped_bit_in_a_consistency_proof_is_refused(old_size, new_size):
    proof = oracle.proof(old_size, ENTRIES[:new_size])
    good = {
        "old_size": old_size,
        "new_size": new_size,
        "old_root": ROOTS[old_size],
        "new_root": ROOTS[new_size],
        "proof": proof,
    }
    verify_consistency(**good)
    bad = [good | {name: changed} for name in ("old_root", "new_root") for changed in flips(good[name])]
    bad += [
        good | {"proof": [*proof[:at], changed, *proof[at + 1 :]]}
        for at in range(len(proof))
        for changed in flips(proof[at])
    ]
    for arguments in bad:
        with pytest.raises(ProofError) as refusal:
            verify_consistency(**arguments)
        assert refusal.value.code == "root_mismatch"


def test_a_proof_with_a_hash_too_few_or_too_many_is_refused():
    proof = oracle.path(5, ENTRIES[:13])
    for wrong in (
        proof[:-1],
        proof[1:],
        [*proof, proof[0]],
        [],
        [*proof, b""],
        [*proof[:-1], proof[-1][:31]],
    ):
        with pytest.raises(ProofError) as refusal:
            verify_inclusion(leaf_hash=leaf_hash(ENTRIES[5]), index=5, size=13, proof=wrong, root=ROOTS[13])
        assert refusal.value.code in {"proof_length", "hash_length", "root_mismatch"}


def test_nothing_is_proved_about_the_empty_tree():
    with pytest.raises(ProofError) as refusal:
        verify_consistency(old_size=0, new_size=3, old_root=EMPTY_ROOT, new_root=ROOTS[3], proof=[])
    assert refusal.value.code == "empty_tree"
    with pytest.raises(ProofError) as refusal:
        consistency_proof(old_size=0, new_size=3, fetch=fetch_of(ENTRIES[:3]))
    assert refusal.value.code == "empty_tree"
    with pytest.raises(ProofError) as refusal:
        inclusion_proof(index=0, size=0, fetch=fetch_of([]))
    assert refusal.value.code == "tree_range"


def test_sizes_and_indexes_out_of_order_are_refused():
    for index, size in ((-1, 3), (3, 3), (0, -1)):
        with pytest.raises(ProofError) as refusal:
            inclusion_proof(index=index, size=size, fetch=fetch_of(ENTRIES[:3]))
        assert refusal.value.code == "tree_range"
    for old_size, new_size in ((4, 3), (-1, 3)):
        with pytest.raises(ProofError) as refusal:
            consistency_proof(old_size=old_size, new_size=new_size, fetch=fetch_of(ENTRIES[:3]))
        assert refusal.value.code == "tree_range"


def test_a_stored_tree_state_that_does_not_add_up_is_refused():
    growing = CompactRange()
    growing.extend(leaf_hash(entry) for entry in ENTRIES[:13])
    stored = growing.to_bytes()
    assert CompactRange.from_bytes(stored).root() == ROOTS[13]
    for wrong in (b"", stored[:7], stored[:-1], stored[:-32], stored + bytes(32), bytes(7) + b"\x01"):
        with pytest.raises(ProofError) as refusal:
            CompactRange.from_bytes(wrong)
        assert refusal.value.code == "state_malformed"
    with pytest.raises(ProofError) as refusal:
        growing.append(b"short")
    assert refusal.value.code == "hash_length"
    assert growing.root() == ROOTS[13]


@given(st.integers(0, 300), st.integers(1, 300), st.data())
def test_a_run_passed_over_leaves_the_same_tree(first: int, count: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(number.to_bytes(4, "big")) for number in range(first + count)]
    whole, passing = CompactRange(), CompactRange()
    whole.extend(leaves)
    passing.extend(leaves[:first])
    hashes = hashes_of_run(first, leaves[first:])
    assert len(hashes) <= 2 * count.bit_length()
    wrong = data.draw(st.integers(1, 300))
    if len(heights_of_run(first, wrong)) != len(hashes):
        before = passing.to_bytes()
        with pytest.raises(ProofError, match="run_malformed"):
            passing.append_run(wrong, hashes)
        assert passing.to_bytes() == before
    passing.append_run(count, hashes)
    assert passing.to_bytes() == whole.to_bytes()
