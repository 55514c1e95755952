"""The verifiable map against its definition, and against everyone who would have it prove something else."""

from __future__ import annotations

import contextlib
import hashlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.proof import ProofError
from goodstanding.proof.vmap import EMPTY, MapProof, map_key, verify_absence, verify_presence
from goodstanding.proof.vmap_memory import MemoryMap
from goodstanding.proof.vmap_tree import map_root, map_root_in_order, tile_parts
from tests.oracles import sparse_tree


def digest(number: int) -> bytes:
    return hashlib.sha256(number.to_bytes(8, "big")).digest()


@st.composite
def near(draw: st.DrawFn) -> bytes:
    """Keys that agree in many bits, up to all but the last one."""
    key = bytearray(32)
    for place in draw(st.lists(st.sampled_from([0, 1, 2, 3, 4, 15, 16, 17, 31]), max_size=3)):
        key[place] = draw(st.sampled_from([1, 2, 128, 255]))
    return bytes(key)


keys = st.one_of(near(), st.integers(0, 40).map(digest))
values = st.integers(0, 2**32).map(digest)
batches = st.lists(st.dictionaries(keys, st.one_of(values, st.none()), max_size=12), max_size=5)


def proves(root: bytes, key: bytes, held: dict[bytes, bytes], proof: MapProof) -> None:
    if key in held:
        verify_presence(root=root, key=key, commitment=held[key], proof=proof)
    else:
        verify_absence(root=root, key=key, proof=proof)


@settings(max_examples=60, deadline=None)
@given(batches=batches, asked=st.lists(keys, max_size=8), few=st.integers(1, 9))
def test_root_and_proofs_are_those_of_the_definition(
    batches: list[dict[bytes, bytes | None]], asked: list[bytes], few: int
) -> None:
    made = MemoryMap(few=few)
    held: dict[bytes, bytes] = {}
    for batch in batches:
        made.update(batch)
        held.update({key: value for key, value in batch.items() if value is not None})
        for key, value in batch.items():
            if value is None:
                held.pop(key, None)
        assert made.root == sparse_tree.subtree(held) == map_root(held.items())
    for key in {*asked, *held}:
        proof = made.prove(key)
        proves(made.root, key, held, proof)
        assert MapProof.decode(proof.encode()) == proof
        way = sparse_tree.way(held, key)
        assert proof.siblings == tuple(item for item in way if item != EMPTY)
        assert proof.depth <= len(way)


@settings(max_examples=60, deadline=None)
@given(held=st.dictionaries(keys, values, max_size=20), asked=keys)
def test_a_proof_never_proves_the_contrary(held: dict[bytes, bytes], asked: bytes) -> None:
    made = MemoryMap()
    made.update(held)
    proof = made.prove(asked)
    with pytest.raises(ProofError):
        if asked in held:
            verify_absence(root=made.root, key=asked, proof=proof)
        else:
            verify_presence(root=made.root, key=asked, commitment=digest(1), proof=proof)
    if asked in held:
        with pytest.raises(ProofError):
            verify_presence(root=made.root, key=asked, commitment=bytes(32), proof=proof)
        for other in set(held) - {asked}:
            for way in (made.prove(other), proof):
                with pytest.raises(ProofError):
                    verify_absence(root=made.root, key=asked, proof=way)


@settings(max_examples=30, deadline=None)
@given(held=st.dictionaries(keys, values, min_size=2, max_size=12), asked=keys, data=st.data())
def test_a_changed_proof_is_refused(held: dict[bytes, bytes], asked: bytes, data: st.DataObject) -> None:
    made = MemoryMap()
    made.update(held)
    written = bytearray(made.prove(asked).encode())
    at = data.draw(st.integers(0, len(written) - 1))
    written[at] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(ProofError):
        changed = MapProof.decode(bytes(written))
        with pytest.raises(ProofError):
            proves(made.root, asked, held, changed)
    for cut in (bytes(written)[:-1], bytes(written) + b"\0"):
        with pytest.raises(ProofError):
            proves(made.root, asked, held, MapProof.decode(cut))


def test_every_byte_of_a_proof_is_needed() -> None:
    """Among 2,000 entries: each bit of a proof of presence and of each kind of absence, flipped."""
    made = MemoryMap()
    held = {digest(number): digest(number + 10**6) for number in range(2_000)}
    made.update(held)
    refused, ends = 0, set()
    for key in [digest(7), *(digest(number) for number in range(5_000, 5_005))]:
        proof = made.prove(key)
        ends.add((proof.empty, proof.other is not None))
        written = proof.encode()
        for at in range(8 * len(written)):
            changed = bytearray(written)
            changed[at // 8] ^= 1 << at % 8
            with pytest.raises(ProofError):
                proves(made.root, key, held, MapProof.decode(bytes(changed)))
            refused += 1
    assert ends == {(False, False), (True, False), (False, True)}
    print(f"{refused:,} changed proofs refused")


def test_an_absence_shows_nobody_elses_key_or_commitment() -> None:
    made = MemoryMap()
    held = {digest(number): digest(number + 10**6) for number in range(3_000)}
    made.update(held)
    ended_at_another = 0
    for number in range(5_000, 5_300):
        proof = made.prove(digest(number))
        ended_at_another += proof.other is not None
        assert proof.other is None or len(proof.other.shown) <= 3
        written = proof.encode()
        for key, value in held.items():
            assert key[4:12] not in written
            assert value[:8] not in written
    assert ended_at_another


def test_the_order_and_size_of_batches_do_not_matter() -> None:
    entries = [(digest(number), digest(number + 1)) for number in range(3_000)]
    order = random.Random(6)
    roots = set()
    for size, few in ((1, 2), (7, 1), (500, 8), (3_000, 254)):
        order.shuffle(entries)
        made = MemoryMap(few=few)
        for at in range(0, 3_000 if size > 1 else 300, size):
            made.update(dict(entries[at : at + size]))
        made.update(dict(entries))
        roots.add(made.root)
        assert [entry.key for entry in made.ordered()] == sorted(key for key, _ in entries)
    assert roots == {map_root(entries)}


@settings(max_examples=60, deadline=None)
@given(batches=batches, few=st.integers(1, 9))
def test_a_tile_stands_where_more_than_a_few_entries_lie_and_nowhere_else(
    batches: list[dict[bytes, bytes | None]], few: int
) -> None:
    made = MemoryMap(few=few)
    held: dict[bytes, bytes] = {}
    for batch in batches:
        made.update(batch)
        held = {key: value for key, value in (held | batch).items() if value is not None}
    names = [key.hex() for key in held]
    prefixes = {name[:digits] for name in names for digits in range(64)}
    under = {prefix: sum(name.startswith(prefix) for name in names) for prefix in prefixes}
    tiles = made.tiles({*prefixes, "ab", "000001"})
    assert tiles.keys() == {prefix for prefix, count in under.items() if count > few}
    for prefix, tile in tiles.items():
        for longer, part in tile_parts(prefix, tile).items():
            below = {key: value for key, value in held.items() if key.hex().startswith(longer)}
            path = "".join(f"{int(digit, 16):04b}" for digit in longer)
            assert part == (len(below), sparse_tree.subtree(below, path))


def test_entries_out_of_order_are_refused() -> None:
    first, second = sorted([digest(1), digest(2)])
    assert map_root_in_order([(first, first), (second, second)]) == map_root(
        [(second, second), (first, first)]
    )
    for wrong in ([second, first], [first, first]):
        with pytest.raises(ValueError, match="order"):
            map_root_in_order((key, key) for key in wrong)


def test_what_is_taken_away_leaves_no_trace() -> None:
    made = MemoryMap()
    before = made.update({digest(number): digest(0) for number in range(500)})
    made.update({digest(number): digest(1) for number in range(500, 900)})
    assert made.update({digest(number): None for number in range(500, 1_000)}) == before
    assert made.update({digest(number): None for number in range(500)}) == EMPTY == map_root([])
    verify_absence(root=EMPTY, key=digest(3), proof=made.prove(digest(3)))


def test_parts_of_a_key_cannot_be_shifted() -> None:
    assert map_key("ab", "c") != map_key("a", "bc") != map_key("abc") != map_key("abc", "")


def test_wrong_lengths_are_refused() -> None:
    made = MemoryMap()
    made.update({digest(1): digest(2)})
    proof = made.prove(digest(1))
    for root, key, commitment in (
        (bytes(32), digest(1), digest(2)),
        (made.root, digest(1)[:31], digest(2)),
        (made.root, digest(1), digest(2) + b"\0"),
    ):
        with pytest.raises(ProofError, match="hash_length"):
            verify_presence(root=root, key=key, commitment=commitment, proof=proof)
    with pytest.raises(ProofError, match="hash_length"):
        made.update({digest(1)[:8]: digest(2)})
