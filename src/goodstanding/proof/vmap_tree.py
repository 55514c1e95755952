"""Making and changing a verifiable map, from entries in order and tiles of hashes; proofs from both.

A tile stands at every prefix, in hex digits, that more than `FEW` keys begin with. For each of the 16 next digits it
has how many entries lie there (255: that many or more) and the hash of their subtree. Where fewer lie there is no tile,
and the entries are read. So tiles reach as deep as entries lie close, a change touches one tile a digit, and nobody
says beforehand how many entries there will be. The roots do not depend on tiles at all.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple, Protocol

from goodstanding.proof.errors import ProofError
from goodstanding.proof.vmap import (
    EMPTY,
    KEY_BYTES,
    LINKS,
    NODE_BYTES,
    MapProof,
    bitmap_of,
    inner_hash,
    linked,
    lone_hash,
    other_entry,
)

#: The most entries under a prefix that has no tile.
FEW: Final = 8
_PARTS: Final = 16
_MANY: Final = 255
#: The byte of a key down to which its stored hash is linked: where entries stand among hundreds of millions.
_LINKED: Final = 3


class Entry(NamedTuple):
    """An entry as it is stored: key, commitment, and its lone hash 24 bits deep to save work."""

    key: bytes
    commitment: bytes
    linked: bytes


class Part(NamedTuple):
    """What lies under a prefix: how many entries, up to 255, and the hash of their subtree."""

    number: int
    hash: bytes


NOTHING: Final = Part(0, EMPTY)


class MapStore(Protocol):
    """Where a map is kept. Prefixes are lower-case hex digits."""

    def tiles(self, prefixes: Collection[str]) -> Mapping[str, bytes]:
        """The tiles at some prefixes, of those that have one."""
        ...

    def entries(self, prefixes: Collection[str]) -> Mapping[str, Sequence[Entry]]:
        """All entries under each of some prefixes, in the order of their keys."""
        ...


@dataclass(frozen=True)
class Changed:
    """What an update changed: tiles by their prefix (empty bytes: none any more), and the new root."""

    tiles: dict[str, bytes]
    root: bytes


def new_entry(key: bytes, commitment: bytes) -> Entry:
    """Make an entry. Raises ProofError `hash_length`."""
    if len(key) != KEY_BYTES or len(commitment) != KEY_BYTES:
        raise ProofError("hash_length", place="key or commitment of the map")
    return Entry(key, commitment, lone_hash(key, commitment, depth=8 * _LINKED))


def map_root(entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The root of the map of keys and commitments, from nothing else; any order, no key twice."""
    return map_root_in_order(sorted(entries))


def map_root_in_order(entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The same of entries that come in the order of their keys, of which one at a time is held.

    Raises ValueError where they do not.
    """
    return _subtree((new_entry(key, value) for key, value in entries), depth=0).hash


def root_of(store: MapStore) -> bytes:
    """The root of a map as it is stored."""
    tile = store.tiles([""]).get("")
    return tile_part("", tile).hash if tile else _subtree(store.entries([""])[""], depth=0).hash


def update_tiles(store: MapStore, keys: Iterable[bytes], *, few: int = FEW) -> Changed:
    """The tiles and the root after what is under `keys` changed.

    Arguments: `store` gives the changed entries already, and the tiles as they were; `few`, the most entries without
    a tile, 1 to 254, the same for all updates of a store. Nothing is written.
    """
    written: dict[str, bytes] = {}
    names = sorted({key.hex() for key in keys})
    if not names:
        return Changed(written, root_of(store))
    return Changed(written, _renewed(store, {"": names}, few, written)[""].hash)


def prove(store: MapStore, key: bytes) -> MapProof:
    """Prove what the map holds under a key: the proof of presence, or of absence."""
    siblings: list[bytes] = []
    name = key.hex()
    for digits in range(len(name) + 1):
        prefix = name[:digits]
        tile = store.tiles([prefix]).get(prefix)
        if tile is None:
            return _among(store.entries([prefix])[prefix], key, siblings)
        parts = _parts(tile)
        digit, low, high = int(name[digits], 16), 0, _PARTS
        while high - low > 1:
            if sum(part.number for part in parts[low:high]) <= 1:
                alone = [f"{prefix}{at:x}" for at in range(low, high) if parts[at].number]
                return _among(
                    [entry for each in store.entries(alone).values() for entry in each], key, siblings
                )
            middle = (low + high) // 2
            away = (low, middle) if digit >= middle else (middle, high)
            siblings.append(_over(prefix, parts, *away).hash)
            low, high = (middle, high) if digit >= middle else (low, middle)
    raise AssertionError("no two entries have all digits in common")


def tile_part(prefix: str, tile: bytes) -> Part:
    """What lies under a prefix, from its tile."""
    if 0 in tile[:_PARTS]:
        return _over(prefix, _parts(tile), 0, _PARTS)
    row = [tile[at : at + NODE_BYTES] for at in range(_PARTS, len(tile), NODE_BYTES)]
    while len(row) > 1:  # every subtree has entries on both sides: the common case
        each = iter(row)
        row = [inner_hash(one, two) for one, two in zip(each, each, strict=True)]
    return Part(min(_MANY, sum(tile[:_PARTS])), row[0])


def tile_parts(prefix: str, tile: bytes) -> dict[str, Part]:
    """What lies under each longer prefix, by a tile."""
    return {f"{prefix}{digit:x}": part for digit, part in enumerate(_parts(tile))}


def _parts(tile: bytes) -> list[Part]:
    starts = range(_PARTS, len(tile), NODE_BYTES)
    return [Part(count, tile[at : at + NODE_BYTES]) for count, at in zip(tile[:_PARTS], starts, strict=True)]


def _over(prefix: str, parts: Sequence[Part], low: int, high: int) -> Part:
    """What stands over some of the 16 parts below a prefix: over 1, 2, 4, 8 or all."""
    if high - low == 1:
        return parts[low]
    middle = (low + high) >> 1
    left, right = _over(prefix, parts, low, middle), _over(prefix, parts, middle, high)
    count = left.number + right.number
    if count > 1:
        return Part(min(_MANY, count), inner_hash(left.hash, right.hash))
    if count and high - low == 2 and len(prefix) % 2 and len(prefix) < 2 * LINKS:
        # an entry alone rises out of a byte of its key
        digit = low if left.number else middle
        return Part(
            1, linked(left.hash if left.number else right.hash, bytes.fromhex(f"{prefix[-1]}{digit:x}"))
        )
    return left if left.number else right


def _renewed(
    store: MapStore, asked: Mapping[str, list[str]], few: int, written: dict[str, bytes]
) -> dict[str, Part]:
    """What lies now under prefixes of one length, of which each has keys (in hex) that changed."""
    tiles = store.tiles(asked)
    bare = [prefix for prefix in asked if prefix not in tiles]
    news = {prefix: _planted(prefix, held, few, written) for prefix, held in store.entries(bare).items()}
    below: dict[str, list[str]] = {}
    for prefix in tiles:
        for name in asked[prefix]:
            below.setdefault(name[: len(prefix) + 1], []).append(name)
    changed: dict[str, list[tuple[int, Part]]] = {}
    if below:
        for name, part in _renewed(store, below, few, written).items():
            changed.setdefault(name[:-1], []).append((int(name[-1], 16), part))
    for prefix, parts in changed.items():
        tile = bytearray(tiles[prefix])
        for digit, part in parts:
            at = _PARTS + NODE_BYTES * digit
            tile[digit], tile[at : at + NODE_BYTES] = part
        news[prefix] = found = tile_part(prefix, bytes(tile))
        written[prefix] = bytes(tile) if found.number > few else b""
    return news


def _planted(prefix: str, held: Sequence[Entry], few: int, written: dict[str, bytes]) -> Part:
    """What lies under a prefix that had no tile, with the tiles that it has now."""
    if len(held) <= few:
        return _subtree(held, depth=4 * len(prefix))
    under: list[list[Entry]] = [[] for _ in range(_PARTS)]
    at, shift = len(prefix) >> 1, 0 if len(prefix) % 2 else 4
    for entry in held:
        under[entry.key[at] >> shift & 15].append(entry)
    parts = [_planted(f"{prefix}{digit:x}", each, few, written) for digit, each in enumerate(under)]
    tile = bytes(part.number for part in parts) + b"".join(part.hash for part in parts)
    written[prefix] = tile
    return tile_part(prefix, tile)


def _subtree(entries: Iterable[Entry], *, depth: int) -> Part:
    """The subtree `depth` bits deep over entries in the order of their keys, which agree above it."""
    waiting: list[
        tuple[int, bytes]
    ] = []  # left halves, with the depth at which they part from the right ones
    found, count, before = EMPTY, 0, depth - 1
    held: Entry | None = None
    for entry in chain(entries, (None,)):
        if held is not None:
            after = depth - 1 if entry is None else _parting(held.key, entry.key)
            at = max(before, after) + 1
            found = _lone(held, at)
            while waiting and waiting[-1][0] > after:
                parted, left = waiting.pop()
                found, at = inner_hash(left, _raised(found, held.key, at, parted + 1)), parted
            found = _raised(found, held.key, at, after + 1)
            if entry is not None:
                waiting.append((after, found))
            before, count = after, count + 1
        held = entry
    return Part(min(_MANY, count), found)


def _parting(key: bytes, later: bytes) -> int:
    """The first bit in which two keys differ."""
    if not key < later:
        raise ValueError("entries are not in the order of their keys")
    return 8 * KEY_BYTES - (int.from_bytes(key, "big") ^ int.from_bytes(later, "big")).bit_length()


def _lone(entry: Entry, depth: int) -> bytes:
    first = depth >> 3
    if first == _LINKED:
        return entry.linked
    if first > _LINKED:
        return lone_hash(entry.key, entry.commitment, depth=depth)
    return linked(entry.linked, entry.key[first:_LINKED])


def _raised(found: bytes, key: bytes, depth: int, to: int) -> bytes:
    """The hash `to` bits deep of a subtree of two entries or more that begins further down."""
    for above in range(depth - 1, to - 1, -1):
        found = inner_hash(EMPTY, found) if _bit(key, above) else inner_hash(found, EMPTY)
    return found


def _bit(key: bytes, depth: int) -> int:
    return key[depth >> 3] >> (7 - (depth & 7)) & 1


def _among(held: Sequence[Entry], key: bytes, siblings: list[bytes]) -> MapProof:
    """The rest of a proof, whose siblings lead down to these entries."""
    while len(held) > 1:
        depth, side = len(siblings), _bit(key, len(siblings))
        away = [entry for entry in held if _bit(entry.key, depth) != side]
        held = [entry for entry in held if _bit(entry.key, depth) == side]
        siblings.append(_subtree(away, depth=depth + 1).hash)
    way = MapProof(
        len(siblings),
        bitmap_of([item != EMPTY for item in siblings]),
        tuple(item for item in siblings if item != EMPTY),
        empty=not held,
    )
    if not held or held[0].key == key:
        return way
    other = other_entry(key, depth=way.depth, other_key=held[0].key, commitment=held[0].commitment)
    return MapProof(way.depth, way.bitmap, way.siblings, other=other)
