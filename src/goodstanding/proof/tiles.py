"""The tree cut into tiles of 256 hashes (C2SP tlog-tiles), to be stored, served and cached as plain files.

`new_tiles` says what to write when leaves are appended; `tile_fetch` answers from what was written, so roots,
inclusion proofs and consistency proofs come straight from tiles and nothing else need be kept. `TileProver` makes the
same inclusion proofs, many at a time:

    fetch = tile_fetch(size=checkpoint.size, store=store)
    proof = inclusion_proof(index=4711, size=checkpoint.size, fetch=fetch)
    proofs = TileProver(size=checkpoint.size, store=store).inclusions([4711, 4712])
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from goodstanding.proof.errors import ProofError
from goodstanding.proof.merkle import HASH_BYTES, Fetch, range_root

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
MAX_LEVEL: Final = 63

_PATH: Final = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)


@dataclass(frozen=True)
class Tile:
    """`width` consecutive 32-byte hashes, concatenated: the `index`-th tile of a `level`."""

    level: int
    index: int
    width: int
    data: bytes

    @property
    def path(self) -> str:
        """Where this tile is served, below the log's prefix."""
        return tile_path(level=self.level, index=self.index, width=self.width)


class TileStore(Protocol):
    """Where tiles lie. A store that holds a wider tile may answer with its first `width` hashes."""

    def read(self, level: int, index: int, width: int) -> bytes:
        """Return the tile's `width` hashes, `width` * 32 bytes. Raises an error of its own if it has none."""
        ...


def tile_path(*, level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Return a tile's path, for example tile/1/x001/x234/067.p/17.

    Arguments: `level` 0..63, `index` from 0, `width` 1..256 hashes (256 is a full tile). Raises ProofError
    `tile_path`.
    """
    if not 0 <= level <= MAX_LEVEL:
        raise ProofError("tile_path", place=f"level {level}")
    return f"tile/{level}/{_index_path(index, width)}"


def entries_path(*, index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of the entries under the level 0 tile `index`. Raises ProofError `tile_path`."""
    return f"tile/entries/{_index_path(index, width)}"


def parse_tile_path(path: str) -> tuple[int | None, int, int]:
    """Read a path back into (level, index, width); the level is None for a bundle of entries.

    Only the one spelling that `tile_path` writes is accepted. Raises ProofError `tile_path`.
    """
    match = _PATH.fullmatch(path)
    if not match:
        raise ProofError("tile_path", place=path[:200])
    level = None if match[1] == "entries" else int(match[1])
    index = int(match[2].replace("/", "").replace("x", ""))
    width = int(match[3]) if match[3] else TILE_WIDTH
    if (width == TILE_WIDTH) == bool(match[3]):
        raise ProofError("tile_path", place=path[:200])
    spelled = (
        entries_path(index=index, width=width)
        if level is None
        else tile_path(level=level, index=index, width=width)
    )
    if spelled != path:
        raise ProofError("tile_path", place=path[:200])
    return level, index, width


def tile_width(*, level: int, index: int, size: int) -> int:
    """Return how many hashes the tile has in a log of `size` leaves: 256 when full, 0 when there is none."""
    return max(0, min(TILE_WIDTH, (size >> (TILE_HEIGHT * level)) - TILE_WIDTH * index))


def new_tiles(*, old_size: int, new_leaf_hashes: Iterable[bytes], store: TileStore) -> Iterator[Tile]:
    """Append leaves to a log of `old_size` leaves; yield every tile that this creates.

    Full tiles come as soon as they are full, level 0 before level 1; the partial tiles of the new right edge
    come last. Tiles must be stored before a checkpoint of the new size is published. At most one tile per
    level is held in memory, and only the partial tiles at the old right edge are read from `store`. Raises
    ProofError `tile_malformed` (what was read has the wrong length) or `hash_length`.
    """
    if old_size < 0:
        raise ProofError("tree_range", place=f"old size {old_size}")
    open_tiles: list[bytearray] = []
    indexes: list[int] = []

    def open_level(level: int) -> None:
        index, width = divmod(old_size >> (TILE_HEIGHT * level), TILE_WIDTH)
        open_tiles.append(bytearray(_read(store, level, index, width)) if width else bytearray())
        indexes.append(index)

    size = old_size
    for leaf in new_leaf_hashes:
        if len(leaf) != HASH_BYTES:
            raise ProofError("hash_length", place=f"leaf {size}")
        size += 1
        level, risen = 0, leaf
        while True:
            if level == len(open_tiles):
                open_level(level)
            tile = open_tiles[level]
            tile += risen
            if len(tile) < TILE_WIDTH * HASH_BYTES:
                break
            data = bytes(tile)
            yield Tile(level=level, index=indexes[level], width=TILE_WIDTH, data=data)
            tile.clear()
            indexes[level] += 1
            risen = _rows(data)[-1][0]
            level += 1
    for level, tile in enumerate(open_tiles):
        if tile:
            yield Tile(level=level, index=indexes[level], width=len(tile) // HASH_BYTES, data=bytes(tile))


def tile_fetch(*, size: int, store: TileStore) -> Fetch:
    """Return a `Fetch` over the tiles of a log of `size` leaves, for `inclusion_proof` and its kin.

    It keeps up to 512 tiles with their inner hashes in memory (some 20 MB), so make one for a batch of proofs at
    one size. Calls raise ProofError `tree_range` for a subtree that is not complete within `size`,
    `tile_malformed` for a wrong tile, and whatever the store raises when it has none.
    """

    return _fetch_from(_tile_rows(size, store), size)


def _fetch_from(rows: Callable[[int, int], list[list[bytes]]], size: int) -> Fetch:
    def fetch(level: int, index: int) -> bytes:
        if level < 0 or index < 0 or (index + 1) << level > size:
            raise ProofError("tree_range", place=f"subtree {index} at height {level} in a tree of {size}")
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile_index, offset = divmod(index, TILE_WIDTH >> height)
        return rows(tile_level, tile_index)[height][offset]

    return fetch


class TileProver:
    """Inclusion proofs in a log of one size, straight from its tiles.

    It reads off a full tile the eight hashes of a proof at once, and keeps the right edge, so many proofs at one size
    cost little more than one. It keeps up to 512 tiles as `tile_fetch` does.
    """

    def __init__(self, *, size: int, store: TileStore) -> None:
        """`size`: leaves of the log. What is read and raised is as with `tile_fetch`."""
        self.size = size
        self._tile = _tile_rows(size, store)
        self._fetch = _fetch_from(self._tile, size)
        self._edges: dict[int, bytes] = {}
        #: What all leaves of a tile have in common; the last 512 tiles.
        self._above = lru_cache(maxsize=512)(self._path)

    def inclusion(self, index: int) -> list[bytes]:
        """What `inclusion_proof` returns for the leaf `index`. Raises ProofError `tree_range`."""
        if not 0 <= index < self.size:
            raise ProofError("tree_range", place=f"leaf {index} in a tree of {self.size}")
        return self._path(0, index)

    def _path(self, level: int, position: int) -> list[bytes]:
        """The hashes beside the way from a hash of a level of tiles up to the root."""
        tile, offset = divmod(position, TILE_WIDTH)
        if tile >= self.size >> (TILE_HEIGHT * (level + 1)):  # the tile is not full
            return self._edge_path(TILE_HEIGHT * level, position)
        return _beside(self._tile(level, tile), offset) + self._above(level + 1, tile)

    def _edge_path(self, height: int, position: int) -> list[bytes]:
        """The same from a hash at a height near the right edge, where nodes may be incomplete or missing."""
        proof: list[bytes] = []
        last = (self.size - 1) >> height
        while last:
            sibling = position ^ 1
            if sibling < last:
                proof.append(self._fetch(height, sibling))
            elif sibling == last:
                proof.append(self._edge(height, last))
            position, last, height = position >> 1, last >> 1, height + 1
        return proof

    def inclusions(self, indexes: Sequence[int]) -> list[list[bytes]]:
        """The proofs of many leaves, in the order given; made tile by tile, so that each tile is read once."""
        made = {index: self.inclusion(index) for index in sorted(indexes)}
        return [made[index] for index in indexes]

    def _edge(self, height: int, last: int) -> bytes:
        """The hash of the last node at a height, which may be incomplete."""
        if height not in self._edges:
            self._edges[height] = range_root(start=last << height, end=self.size, fetch=self._fetch)
        return self._edges[height]


def node(*, level: int, index: int, size: int, store: TileStore) -> bytes:
    """Return the hash of the complete subtree over the leaves [index * 2^level, (index + 1) * 2^level).

    `size` is that of the log, which says how wide its last tiles are. Raises as `tile_fetch`.
    """
    return tile_fetch(size=size, store=store)(level, index)


def root_at(*, size: int, store: TileStore) -> bytes:
    """Return the root hash at `size` leaves, from tiles alone. Raises as `tile_fetch`."""
    return range_root(start=0, end=size, fetch=tile_fetch(size=size, store=store))


def bundle(entries: Iterable[bytes]) -> bytes:
    """Write up to 256 entries as one bundle, each after its 2-byte length.

    Raises ProofError `tile_malformed`.
    """
    parts = []
    for number, entry in enumerate(entries):
        if number == TILE_WIDTH or len(entry) > 0xFFFF:
            raise ProofError("tile_malformed", place=f"entry {number} of {len(entry)} bytes")
        parts.append(len(entry).to_bytes(2, "big") + entry)
    return b"".join(parts)


def parse_bundle(data: bytes, *, width: int) -> list[bytes]:
    """Read the `width` entries of a bundle. Raises ProofError `tile_malformed` on any other number."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise ProofError("tile_malformed", place=f"entry {len(entries)} at byte {at}")
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) != width:
        raise ProofError("tile_malformed", place=f"{len(entries)} entries instead of {width}")
    return entries


def _index_path(index: int, width: int) -> str:
    if index < 0 or not 1 <= width <= TILE_WIDTH:
        raise ProofError("tile_path", place=f"index {index}, width {width}")
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([*("x" + group for group in groups[:-1]), groups[-1]])
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def _read(store: TileStore, level: int, index: int, width: int) -> bytes:
    data = store.read(level, index, width)
    if len(data) != width * HASH_BYTES:
        place = tile_path(level=level, index=index, width=width)
        raise ProofError("tile_malformed", place=f"{place}: {len(data)} bytes")
    return bytes(data)


def _tile_rows(size: int, store: TileStore) -> Callable[[int, int], list[list[bytes]]]:
    """Read tiles of a log of `size` leaves, each with its inner hashes; the last 512 are kept."""

    @lru_cache(maxsize=512)
    def rows(level: int, index: int) -> list[list[bytes]]:
        width = tile_width(level=level, index=index, size=size)
        return _rows(_read(store, level, index, width))

    return rows


def _beside(rows: list[list[bytes]], at: int) -> list[bytes]:
    """The eight hashes beside the way up through a full tile. Written out: it runs once a proof and tile."""
    a, b, c, d, e, f, g, h, _ = rows
    low = [a[at ^ 1], b[at >> 1 ^ 1], c[at >> 2 ^ 1], d[at >> 3 ^ 1]]
    return [*low, e[at >> 4 ^ 1], f[at >> 5 ^ 1], g[at >> 6 ^ 1], h[at >> 7 ^ 1]]


def _rows(data: bytes) -> list[list[bytes]]:
    """Return the complete subtrees within a tile, row by row: its own hashes, their parents, and so on."""
    sha256 = hashlib.sha256  # `node_hash` written out: it runs 255 times a tile
    rows = [[data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]]
    while len(data) >= 2 * HASH_BYTES:
        whole = len(data) - len(data) % (2 * HASH_BYTES)
        row = [sha256(b"\x01" + data[at : at + 64]).digest() for at in range(0, whole, 64)]
        rows.append(row)
        data = b"".join(row)
    return rows
