"""A verifiable map in memory: for measurements, for auditors, and for whoever keeps one elsewhere."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence

from goodstanding.proof.vmap import EMPTY, KEY_BYTES, NODE_BYTES, MapProof
from goodstanding.proof.vmap_tree import FEW, Entry, new_entry, prove, update_tiles

_ROW = 2 * KEY_BYTES + NODE_BYTES
_SHELF = 4


class MemoryMap:
    """A map in memory, some 130 bytes an entry.

    An entry is one string of bytes, key first, and those whose keys begin with the same two bytes stand on one shelf,
    in order.
    """

    def __init__(self, *, few: int = FEW) -> None:
        """`few`: the most entries without a tile (`update_tiles`)."""
        self.root = EMPTY
        self._few = few
        self._tiles: dict[str, bytes] = {}
        self._shelves: dict[bytes, list[bytes]] = {}

    def tiles(self, prefixes: Collection[str]) -> Mapping[str, bytes]:
        """The tiles at some prefixes, of those that have one."""
        held = self._tiles
        return {prefix: held[prefix] for prefix in prefixes if prefix in held}

    def entries(self, prefixes: Collection[str]) -> Mapping[str, Sequence[Entry]]:
        """All entries under each of some prefixes, in the order of their keys."""
        return {prefix: [_entry(row) for row in self._rows(prefix)] for prefix in prefixes}

    def ordered(self) -> Iterator[Entry]:
        """All entries in the order of their keys."""
        return (_entry(row) for shelf in sorted(self._shelves) for row in self._shelves[shelf])

    def update(self, changes: Mapping[bytes, bytes | None]) -> bytes:
        """Set the commitments of keys; None takes the entry away. Returns the new root."""
        for key, commitment in changes.items():
            shelf = self._shelves.setdefault(key[: _SHELF // 2], [])
            at = bisect_left(shelf, key)
            there = at < len(shelf) and shelf[at].startswith(key)
            if commitment is None:
                del shelf[at : at + there]
            else:
                shelf[at : at + there] = [b"".join(new_entry(key, commitment))]
        changed = update_tiles(self, changes, few=self._few)
        for prefix, tile in changed.tiles.items():
            if tile:
                self._tiles[prefix] = tile
            else:
                self._tiles.pop(prefix, None)
        self.root = changed.root
        return self.root

    def prove(self, key: bytes) -> MapProof:
        """Prove what is under a key, or that nothing is."""
        return prove(self, key)

    def _rows(self, prefix: str) -> list[bytes]:
        low = bytes.fromhex(prefix.ljust(2 * KEY_BYTES, "0"))
        high = bytes.fromhex(prefix.ljust(2 * _ROW, "f"))
        if len(prefix) < _SHELF:
            within = sorted(shelf for shelf in self._shelves if low[:2] <= shelf <= high[:2])
            return [row for shelf in within for row in self._shelves[shelf]]
        shelf = self._shelves.get(low[: _SHELF // 2], [])
        return shelf[bisect_left(shelf, low) : bisect_right(shelf, high)]


def _entry(row: bytes) -> Entry:
    return Entry(row[:KEY_BYTES], row[KEY_BYTES : 2 * KEY_BYTES], row[2 * KEY_BYTES :])
