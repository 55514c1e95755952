"""Making and changing a verifiable map, from entries in order and tiles of hashes; proofs from both.

A tile is what a subtree whose root is 8 bits times its prefix's length deep shows of its 256 parts, 8 bits deeper:
for each part that is not empty the byte, whether it is one entry alone, and the hash. Tiles stand at the prefixes of
0, 1 .. `levels` - 1 bytes; below them the entries themselves are read, so `levels` follows the number of entries
(2 up to some ten millions, 3 beyond). The roots do not depend on it.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, NamedTuple, Protocol

from goodstanding.proof.errors import ProofError
from goodstanding.proof.vmap import (
    EMPTY,
    KEY_BYTES,
    NODE_BYTES,
    MapProof,
    bitmap_of,
    inner_hash,
    linked,
    lone_hash,
    other_entry,
)

_ROW: Final = 2 + NODE_BYTES


class Entry(NamedTuple):
    """An entry as it is stored: key, commitment, and its lone hash 8 times `levels` bits deep to save work."""

    key: bytes
    commitment: bytes
    linked: bytes


class Part(NamedTuple):
    """A part of a tile: its prefix, its hash, and whether it is one entry alone."""

    key: bytes
    hash: bytes
    lone: bool


class MapStore(Protocol):
    """Where a map is kept."""

    def tile(self, prefix: bytes) -> bytes:
        """The tile at a prefix; empty bytes where there is none."""
        ...

    def entries(self, prefix: bytes) -> Sequence[Entry]:
        """All entries under a prefix, in the order of their keys."""
        ...


@dataclass(frozen=True)
class Changed:
    """What an update changed: tiles by their prefix (empty bytes: none any more), and the new root."""

    tiles: dict[bytes, bytes]
    root: bytes


def new_entry(key: bytes, commitment: bytes, *, levels: int) -> Entry:
    """Make an entry. Raises ProofError `hash_length`."""
    if len(key) != KEY_BYTES or len(commitment) != KEY_BYTES:
        raise ProofError("hash_length", place="key or commitment of the map")
    return Entry(key, commitment, lone_hash(key, commitment, depth=8 * levels))


def map_root(entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The root of the map of keys and commitments, from nothing else; any order, no key twice."""
    made = [new_entry(key, value, levels=1) for key, value in sorted(entries)]
    return _subtree(made, 0, len(made), 0, 1)


def update_tiles(store: MapStore, prefixes: Iterable[bytes], *, levels: int) -> Changed:
    """The tiles and the root after the entries under `prefixes` (`levels` bytes each) changed.

    Arguments: `store` gives the changed entries already, and the tiles as they were. Nothing is written.
    """
    changed: dict[bytes, Part | None] = {}
    for prefix in set(prefixes):
        held = store.entries(prefix)
        changed[prefix] = _part(prefix, held, levels)
    written: dict[bytes, bytes] = {}
    for level in range(levels - 1, -1, -1):
        above: dict[bytes, dict[bytes, Part | None]] = {}
        for prefix, part in changed.items():
            above.setdefault(prefix[:level], {})[prefix] = part
        changed = {}
        for prefix, news in above.items():
            written[prefix] = tile = _new_tile(store.tile(prefix), news)
            if len(tile) == 256 * _ROW and 1 not in tile[1::_ROW]:
                changed[prefix] = Part(prefix, _full_root(tile), False)
            else:
                changed[prefix] = _part(prefix, _parts(tile, prefix), level + 1)
    if not written:
        return Changed(written, root_of(store))
    top = changed[b""]
    return Changed(written, top.hash if top else EMPTY)


def root_of(store: MapStore) -> bytes:
    """The root of a map as it is stored."""
    parts = _parts(store.tile(b""), b"")
    return _subtree(parts, 0, len(parts), 0, 1)


def prove(store: MapStore, key: bytes, *, levels: int) -> MapProof:
    """Prove what the map holds under a key: the proof of presence, or of absence."""
    siblings: list[bytes] = []
    for level in range(levels + 1):
        items: Sequence[Entry | Part]
        items = (
            store.entries(key[:levels]) if level == levels else _parts(store.tile(key[:level]), key[:level])
        )
        low, high = 0, len(items)
        depth = 8 * level
        while depth < 8 * (level + 1) or level == levels:
            if high == low or (high - low == 1 and _is_lone(items[low])):
                break
            middle = _middle(items, low, high, depth)
            right = _bit(key, depth)
            away = (low, middle) if right else (middle, high)
            siblings.append(_subtree(items, *away, depth + 1, min(level + 1, levels)))
            low, high = (middle, high) if right else (low, middle)
            depth += 1
        if high == low:
            return _way(siblings, empty=True)
        if _is_lone(items[low]):
            return _end(store.entries(items[low].key)[0], key, siblings)
    raise AssertionError("entries are lone")


def _end(entry: Entry, key: bytes, siblings: list[bytes]) -> MapProof:
    way = _way(siblings)
    if entry.key == key:
        return way
    other = other_entry(key, depth=way.depth, other_key=entry.key, commitment=entry.commitment)
    return MapProof(way.depth, way.bitmap, way.siblings, other=other)


def _way(siblings: list[bytes], *, empty: bool = False) -> MapProof:
    present = [item != EMPTY for item in siblings]
    return MapProof(
        len(siblings), bitmap_of(present), tuple(item for item in siblings if item != EMPTY), empty
    )


def _parts(tile: bytes, prefix: bytes) -> list[Part]:
    return [
        Part(prefix + tile[at : at + 1], tile[at + 2 : at + _ROW], tile[at + 1] == 1)
        for at in range(0, len(tile), _ROW)
    ]


def _new_tile(tile: bytes, news: Mapping[bytes, Part | None]) -> bytes:
    """The tile with some of its parts changed, by their prefixes."""
    rows = {tile[at]: tile[at : at + _ROW] for at in range(0, len(tile), _ROW)}
    for key, part in news.items():
        if part is None:
            rows.pop(key[-1], None)
        else:
            rows[key[-1]] = bytes([key[-1], part.lone]) + part.hash
    return b"".join(rows[byte] for byte in sorted(rows))


def _full_root(tile: bytes) -> bytes:
    """The root of a tile with 256 parts of more than one entry each: the common case, written out."""
    sha256 = hashlib.sha256
    row = [tile[at : at + NODE_BYTES] for at in range(2, len(tile), _ROW)]
    while len(row) > 1:
        each = iter(row)
        row = [sha256(b"\x01" + one + two).digest()[:NODE_BYTES] for one, two in zip(each, each, strict=True)]
    return row[0]


def _part(prefix: bytes, items: Sequence[Entry | Part], level: int) -> Part | None:
    if not items:
        return None
    lone = len(items) == 1 and _is_lone(items[0])
    return Part(prefix, _subtree(items, 0, len(items), 8 * len(prefix), level), lone)


def _is_lone(item: Entry | Part) -> bool:
    return type(item) is Entry or item[2] is True


def _bit(key: bytes, depth: int) -> int:
    return key[depth >> 3] >> (7 - (depth & 7)) & 1


def _middle(items: Sequence[Entry | Part], low: int, high: int, depth: int) -> int:
    """The first of the items, which agree above `depth`, whose key has a 1 there."""
    byte, mask = depth >> 3, 128 >> (depth & 7)
    while low < high:
        middle = (low + high) >> 1
        if items[middle][0][byte] & mask:
            high = middle
        else:
            low = middle + 1
    return low


def _subtree(items: Sequence[Entry | Part], low: int, high: int, depth: int, level: int) -> bytes:
    """The hash of the subtree `depth` bits deep over items whose hashes stand `level` bytes deep."""
    if high - low > 1:
        middle = _middle(items, low, high, depth)
        deeper = depth + 1
        halves = []
        for start, stop in ((low, middle), (middle, high)):
            alone = items[start] if stop - start == 1 else None
            if (
                type(alone) is Entry and deeper >> 3 == level
            ):  # the common case: as high as its hash is stored
                halves.append(alone.linked)
            else:
                halves.append(_subtree(items, start, stop, deeper, level))
        return inner_hash(*halves)
    if high == low:
        return EMPTY
    item = items[low]
    first = depth >> 3
    if type(item) is Entry:
        if first > level:
            return lone_hash(item.key, item.commitment, depth=depth)
        return linked(item.linked, item.key[first:level])
    key, found, lone = item
    if lone:
        return linked(found, key[first:level])
    for above in range(8 * level - 1, depth - 1, -1):
        found = inner_hash(EMPTY, found) if _bit(key, above) else inner_hash(found, EMPTY)
    return found


class MemoryMap:
    """A map in memory: the store for measurements, for auditors, and for whoever keeps one elsewhere."""

    def __init__(self, *, levels: int = 2) -> None:
        self.levels = levels
        self.root = EMPTY
        self._tiles: dict[bytes, bytes] = {}
        self._entries: dict[bytes, list[Entry]] = {}

    def tile(self, prefix: bytes) -> bytes:
        """The tile at a prefix; empty bytes where there is none."""
        return self._tiles.get(prefix, b"")

    def entries(self, prefix: bytes) -> Sequence[Entry]:
        """All entries under a prefix, in the order of their keys."""
        if len(prefix) >= self.levels:
            held = self._entries.get(prefix[: self.levels], [])
            return (
                held if len(prefix) == self.levels else [item for item in held if item.key.startswith(prefix)]
            )
        found = (held for start, held in self._entries.items() if start.startswith(prefix))
        return sorted(item for held in found for item in held)

    def update(self, changes: Mapping[bytes, bytes | None]) -> bytes:
        """Set the commitments of keys; None takes the entry away. Returns the new root."""
        touched: dict[bytes, list[Entry]] = {}
        for key, commitment in changes.items():
            prefix = key[: self.levels]
            held = touched.get(prefix)
            if held is None:
                held = touched[prefix] = self._entries.setdefault(prefix, [])
            at = bisect_left(held, key, key=itemgetter(0))
            there = at < len(held) and held[at].key == key
            if commitment is None:
                if there:
                    del held[at]
                continue
            entry = new_entry(key, commitment, levels=self.levels)
            if there:
                held[at] = entry
            else:
                held.insert(at, entry)
        changed = update_tiles(self, touched, levels=self.levels)
        self._tiles.update(changed.tiles)
        self.root = changed.root
        return self.root

    def prove(self, key: bytes) -> MapProof:
        """Prove what is under a key, or that nothing is."""
        return prove(self, key, levels=self.levels)
