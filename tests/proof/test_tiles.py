"""Tiles: what is written answers every root and proof, however the log grew."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.proof import (
    CompactRange,
    ProofError,
    TileProver,
    bundle,
    consistency_proof,
    entries_path,
    inclusion_proof,
    leaf_hash,
    new_tiles,
    node,
    parse_bundle,
    parse_tile_path,
    root_at,
    tile_fetch,
    tile_path,
    verify_consistency,
    verify_inclusion,
)
from tests.oracles import merkle as oracle

ENTRIES = [b"event %d" % number for number in range(1100)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


class DictTiles:
    """Tiles in memory. Without `keep_partial` a partial tile goes when its full tile comes, as logs may do."""

    def __init__(self, keep_partial: bool = True) -> None:
        self.tiles: dict[tuple[int, int, int], bytes] = {}
        self.keep_partial = keep_partial
        self.reads = 0

    def read(self, level: int, index: int, width: int) -> bytes:
        self.reads += 1
        if (level, index, width) not in self.tiles:
            return self.tiles[level, index, 256][: width * 32]
        return self.tiles[level, index, width]

    def write(self, tile) -> None:
        assert 1 <= tile.width <= 256 and len(tile.data) == 32 * tile.width
        key = (tile.level, tile.index, tile.width)
        assert self.tiles.setdefault(key, tile.data) == tile.data, "a tile never changes"
        if tile.width == 256 and not self.keep_partial:
            for width in range(1, 256):
                self.tiles.pop((tile.level, tile.index, width), None)

    def grow(self, old_size: int, leaves: list[bytes]) -> None:
        for tile in list(new_tiles(old_size=old_size, new_leaf_hashes=leaves, store=self)):
            self.write(tile)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 400), max_size=8), st.booleans())
def test_a_log_grown_in_any_batches_answers_every_size_it_had(batches, keep_partial):
    store = DictTiles(keep_partial)
    sizes = [0]
    for batch in batches:
        size = min(sizes[-1] + batch, len(LEAVES))
        store.grow(sizes[-1], LEAVES[sizes[-1] : size])
        sizes.append(size)
    growing = CompactRange()
    roots = {0: growing.root()}
    for size, leaf in enumerate(LEAVES[: sizes[-1]], 1):
        growing.append(leaf)
        roots[size] = growing.root()
    for size in sizes:
        assert root_at(size=size, store=store) == roots[size]
    last = sizes[-1]
    fetch = tile_fetch(size=last, store=store)
    for old_size in {size for size in sizes if size}:
        proof = consistency_proof(old_size=old_size, new_size=last, fetch=fetch)
        verify_consistency(
            old_size=old_size, new_size=last, old_root=roots[old_size], new_root=roots[last], proof=proof
        )
    for index in range(0, last, 37):
        proof = inclusion_proof(index=index, size=last, fetch=fetch)
        verify_inclusion(leaf_hash=LEAVES[index], index=index, size=last, proof=proof, root=roots[last])


def test_proofs_from_tiles_are_those_of_the_rfc_across_tile_boundaries():
    store = DictTiles()
    old_size = 0
    for size in (1, 2, 255, 256, 257, 511, 512, 513, 1023, 1100):
        store.grow(old_size, LEAVES[old_size:size])
        old_size = size
        fetch = tile_fetch(size=size, store=store)
        assert root_at(size=size, store=store) == oracle.mth(ENTRIES[:size])
        for index in {0, size // 2, size - 1}:
            assert inclusion_proof(index=index, size=size, fetch=fetch) == oracle.path(index, ENTRIES[:size])
        for first in {1, size // 2 or 1, size}:
            proof = consistency_proof(old_size=first, new_size=size, fetch=fetch)
            assert proof == oracle.proof(first, ENTRIES[:size])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, len(LEAVES)), st.data())
def test_the_prover_makes_the_same_proofs(size, data):
    store = DictTiles()
    store.grow(0, LEAVES[:size])
    fetch = tile_fetch(size=size, store=store)
    prover = TileProver(size=size, store=store)
    indexes = [*data.draw(st.lists(st.integers(0, size - 1), max_size=20)), 0, size - 1]
    expected = [inclusion_proof(index=index, size=size, fetch=fetch) for index in indexes]
    assert prover.inclusions(indexes) == expected
    for index in (-1, size):
        with pytest.raises(ProofError) as refusal:
            prover.inclusion(index)
        assert refusal.value.code == "tree_range"


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 70_000])
def test_the_prover_makes_the_same_proofs_at_three_levels(size):
    store = DictTiles()
    store.grow(0, [leaf_hash(number.to_bytes(4, "big")) for number in range(size)])
    fetch = tile_fetch(size=size, store=store)
    indexes = [*range(0, size, 997), size - 1, size - 2]
    expected = [inclusion_proof(index=index, size=size, fetch=fetch) for index in indexes]
    assert TileProver(size=size, store=store).inclusions(indexes) == expected


def test_the_tree_of_70000_leaves_has_the_tiles_that_the_specification_counts():
    store = DictTiles()
    store.grow(0, [leaf_hash(number.to_bytes(4, "big")) for number in range(70_000)])
    widths = {level: sorted(key[2] for key in store.tiles if key[0] == level) for level in range(4)}
    assert widths == {0: [112] + [256] * 273, 1: [17, 256], 2: [1], 3: []}
    growing = CompactRange()
    growing.extend(leaf_hash(number.to_bytes(4, "big")) for number in range(70_000))
    assert root_at(size=70_000, store=store) == growing.root()
    assert node(level=16, index=0, size=70_000, store=store) == store.tiles[2, 0, 1]


def test_a_tree_of_256_leaves_is_one_full_tile_and_one_hash_above():
    store = DictTiles()
    store.grow(0, LEAVES[:256])
    assert sorted(store.tiles) == [(0, 0, 256), (1, 0, 1)]


def test_appending_reads_only_the_old_right_edge():
    store = DictTiles()
    store.grow(0, LEAVES[:1000])
    store.reads = 0
    store.grow(1000, LEAVES[1000:1010])
    assert store.reads == 1
    store.reads = 0
    store.grow(1010, LEAVES[1010:1100])
    assert store.reads == 2
    assert list(new_tiles(old_size=1100, new_leaf_hashes=[], store=store)) == []


def test_a_subtree_that_is_not_complete_is_not_answered():
    store = DictTiles()
    store.grow(0, LEAVES[:300])
    for level, index in ((0, 300), (8, 1), (9, 0), (-1, 0), (0, -1)):
        with pytest.raises(ProofError) as refusal:
            node(level=level, index=index, size=300, store=store)
        assert refusal.value.code == "tree_range"


def test_a_tile_of_the_wrong_length_is_named():
    store = DictTiles()
    store.grow(0, LEAVES[:300])
    store.tiles[0, 1, 44] = store.tiles[0, 1, 44][:-1]
    for attempt in (
        lambda: root_at(size=300, store=store),
        lambda: list(new_tiles(old_size=300, new_leaf_hashes=LEAVES[300:301], store=store)),
    ):
        with pytest.raises(ProofError) as refusal:
            attempt()
        assert refusal.value.code == "tile_malformed"
        assert "tile/0/001.p/44" in refusal.value.place


def test_a_changed_tile_never_yields_a_proof_that_verifies():
    store = DictTiles()
    store.grow(0, LEAVES[:300])
    expected = root_at(size=300, store=store)
    spoiled = bytearray(store.tiles[0, 0, 256])
    spoiled[32 * 9 + 5] ^= 4
    store.tiles[0, 0, 256] = bytes(spoiled)
    fetch = tile_fetch(size=300, store=store)
    with pytest.raises(ProofError) as refusal:
        verify_inclusion(
            leaf_hash=LEAVES[8],
            index=8,
            size=300,
            proof=inclusion_proof(index=8, size=300, fetch=fetch),
            root=expected,
        )
    assert refusal.value.code == "root_mismatch"


def test_paths_are_spelled_as_in_the_specification():
    assert tile_path(level=1, index=1234067, width=17) == "tile/1/x001/x234/067.p/17"
    assert tile_path(level=0, index=0) == "tile/0/000"
    assert tile_path(level=63, index=1000) == "tile/63/x001/000"
    assert entries_path(index=999, width=1) == "tile/entries/999.p/1"


@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 2**56), st.integers(1, 256))
def test_every_path_is_read_back(level, index, width):
    path = (
        entries_path(index=index, width=width)
        if level is None
        else tile_path(level=level, index=index, width=width)
    )
    assert parse_tile_path(path) == (level, index, width)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/07",
        "tile/0/000.p/",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/0/../000",
        "tile/-1/000",
        "tile/0/٠٠٠",
    ],
)
def test_any_other_spelling_of_a_path_is_refused(path):
    with pytest.raises(ProofError) as refusal:
        parse_tile_path(path)
    assert refusal.value.code == "tile_path"


def test_paths_of_impossible_tiles_are_refused():
    for arguments in (
        {"level": 64, "index": 0},
        {"level": 0, "index": -1},
        {"level": 0, "index": 0, "width": 0},
    ):
        with pytest.raises(ProofError) as refusal:
            tile_path(**arguments)
        assert refusal.value.code == "tile_path"


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_a_bundle_is_read_back(entries):
    assert parse_bundle(bundle(entries), width=len(entries)) == entries


def test_a_bundle_that_does_not_add_up_is_refused():
    good = bundle([b"one", b"", b"three"])
    for data, width in ((good, 2), (good, 4), (good[:-1], 3), (good + b"\x00", 3), (b"", 1)):
        with pytest.raises(ProofError) as refusal:
            parse_bundle(data, width=width)
        assert refusal.value.code == "tile_malformed"
    for entries in ([b""] * 257, [bytes(65536)]):
        with pytest.raises(ProofError) as refusal:
            bundle(entries)
        assert refusal.value.code == "tile_malformed"
