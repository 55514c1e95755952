"""Replaying a whole log from its entries, and locating whatever does not agree with the signed root.

Every hash of the tree is computed again from the entries below it and compared with the tile that holds it. Where two
disagree, the hash above says which of them changed: the tile above holds the hash of the full tile, and the signed root
stands above the tiles of the right edge. So a single change is located for certain; of several on one path up the
tree those that nothing above can decide between are named together.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from goodstanding.proof.checkpoint import Checkpoint
from goodstanding.proof.errors import ProofError
from goodstanding.proof.merkle import EMPTY_ROOT, HASH_BYTES, leaf_hash, range_root, root
from goodstanding.proof.tiles import TILE_HEIGHT, TILE_WIDTH, parse_bundle, tile_width

#: What can be wrong at a place. `undecided`: this or what it stands for changed, and nothing above says which.
FAULTS: Final = frozenset({"changed", "missing", "malformed", "undecided", "replaced", "unsigned", "unknown"})


class LogSource(Protocol):
    """Where tiles and entries are read for an audit. `read` and `entries` raise LookupError for what is missing."""

    def read(self, level: int, index: int, width: int) -> bytes:
        """The tile's `width` hashes, or whatever stands in their place."""
        ...

    def entries(self, index: int, width: int) -> bytes:
        """The bundle of `width` entries under the level 0 tile `index`, or whatever stands in its place."""
        ...

    def place(self, level: int | None, index: int, width: int, number: int | None) -> str:
        """Where hash `number` of a tile lies, or that entry of a bundle (level None), or all of it (number None)."""
        ...


@dataclass(frozen=True, order=True)
class Fault:
    """Something that does not agree with the signed root: `code` of FAULTS, and the `place`."""

    place: str
    code: str


@dataclass(frozen=True)
class _Edge:
    """A partial tile that disagrees with what lies below: only the signed root can say which of them changed."""

    level: int
    index: int
    computed: list[bytes]
    stored: list[bytes]


def audit_tree(
    *,
    checkpoint: Checkpoint,
    source: LogSource,
    leaves: Callable[[Sequence[bytes]], None] = lambda _: None,
    done: Callable[[int], None] = lambda _: None,
) -> list[Fault]:
    """Replay the log that `checkpoint` (believed) speaks of.

    Arguments: `leaves` is called with the leaf hashes of each bundle in order, as they are believed to have been;
    `done` with how many leaves were replayed. Returns what was found, sorted by place; nothing when every entry and
    every tile leads to the root.
    """
    replay = _Replay(checkpoint.size, source)
    for index in range(-(-checkpoint.size // TILE_WIDTH)):
        believed = replay.bundle(index)
        if len(believed) == TILE_WIDTH:
            leaves(believed)
        done(min(checkpoint.size, (index + 1) * TILE_WIDTH))
    replay.close(checkpoint.root)
    leaves(replay.open[0])  # the partial tile, if there is one: only the root has decided what it was
    return sorted(set(replay.faults))


class _Replay:
    """One pass over a log: of each level the tile that is not full yet, and what was found."""

    def __init__(self, size: int, source: LogSource) -> None:
        self.size = size
        self.source = source
        self.faults: list[Fault] = []
        self.open: list[list[bytes]] = [[]]
        self.closed: list[int] = [0]
        self.edges: list[_Edge] = []
        self.lost = False

    def bundle(self, index: int) -> list[bytes]:
        """Replay one bundle with all that it completes. Returns its leaf hashes as believed."""
        width = self._width(0, index)
        stored = self._stored(0, index)
        believed, top = self._judge(0, index, self._leaf_hashes(index, width, stored), stored)
        if width == TILE_WIDTH:
            self._rise(1, top)
        else:
            self.open[0] = believed
        return believed

    def close(self, expected: bytes) -> None:
        """Judge the partial tiles of the right edge, by the root that was signed."""
        for level in range(1, len(self.open)):
            if self.open[level]:
                index = self.closed[level]
                stored = self._stored(level, index)
                self.open[level], _ = self._judge(level, index, self.open[level], stored)
        if self.lost:
            return
        for choice in itertools.product((True, False), repeat=len(self.edges)):
            for edge, below in zip(self.edges, choice, strict=True):
                self.open[edge.level] = edge.computed if below else edge.stored
            if self._root() == expected:
                for edge, below in zip(self.edges, choice, strict=True):
                    changed = _differing(edge.computed, edge.stored)
                    if below:
                        self._tile(edge.level, edge.index, changed, "changed")
                    else:
                        self._below(edge.level, edge.index, changed)
                return
        for edge in self.edges:
            changed = _differing(edge.computed, edge.stored)
            self._tile(edge.level, edge.index, changed, "undecided")
            self._below(edge.level, edge.index, changed, code="undecided")
        if not self.faults:
            self.faults.append(Fault("the signed root", "replaced"))

    def _rise(self, level: int, top: bytes) -> None:
        """Put the hash of a full tile into the tile above it."""
        if level == len(self.open):
            self.open.append([])
            self.closed.append(0)
        tile = self.open[level]
        tile.append(top)
        if len(tile) == TILE_WIDTH:
            index = self.closed[level]
            _, above = self._judge(level, index, tile, self._stored(level, index))
            self.open[level] = []
            self.closed[level] += 1
            self._rise(level + 1, above)

    def _judge(
        self, level: int, index: int, computed: list[bytes] | None, stored: list[bytes] | None
    ) -> tuple[list[bytes], bytes]:
        """Compare a tile with what lies below it. Returns its hashes as believed, and the hash of the whole."""
        if computed is None and stored is None:
            above = self._above(level, index)
            self.lost = self.lost or above is None
            nothing = [EMPTY_ROOT] * self._width(level, index)
            return nothing, above or EMPTY_ROOT
        if computed is None or stored is None or computed == stored:
            believed = computed or stored or []
            return believed, root(believed)
        if len(computed) < TILE_WIDTH:
            self.edges.append(_Edge(level, index, computed, stored))
            return computed, EMPTY_ROOT
        changed = _differing(computed, stored)
        above, below, own = self._above(level, index), root(computed), root(stored)
        if above == below:
            self._tile(level, index, changed, "changed")
        elif above == own:
            self._below(level, index, changed)
            return stored, own
        else:
            self._tile(level, index, changed, "undecided")
            self._below(level, index, changed, code="undecided")
        return computed, below

    def _leaf_hashes(self, index: int, width: int, stored: list[bytes] | None) -> list[bytes] | None:
        try:
            data = self.source.entries(index, width)
        except LookupError:
            self._fault(None, index, None, "missing")
            return None
        try:
            return [leaf_hash(entry) for entry in parse_bundle(data, width=width)]
        except ProofError:
            self._fault(None, index, _first_wrong(data, stored or []), "malformed")
            return None

    def _stored(self, level: int, index: int) -> list[bytes] | None:
        """The hashes of a tile as they lie there; None, and a fault, where they do not."""
        width = self._width(level, index)
        try:
            data = self.source.read(level, index, width)
        except LookupError:
            self._fault(level, index, None, "missing")
            return None
        if len(data) != width * HASH_BYTES:
            self._fault(level, index, None, "malformed")
            return None
        return _cut(data)

    def _above(self, level: int, index: int) -> bytes | None:
        """The hash of a full tile as the tile above it has it; None where that cannot be read."""
        parent, slot = divmod(index, TILE_WIDTH)
        width = self._width(level + 1, parent)
        try:
            data = self.source.read(level + 1, parent, width)
        except LookupError:
            return None
        return _cut(data)[slot] if len(data) == width * HASH_BYTES and slot < width else None

    def _root(self) -> bytes:
        """The root hash of the whole log by the tiles of its right edge."""

        def fetch(level: int, index: int) -> bytes:
            tile_level, height = divmod(level, TILE_HEIGHT)
            start = (index << height) % TILE_WIDTH
            return root(self.open[tile_level][start : start + (1 << height)])

        return range_root(start=0, end=self.size, fetch=fetch)

    def _width(self, level: int, index: int) -> int:
        return tile_width(level=level, index=index, size=self.size)

    def _tile(self, level: int, index: int, numbers: Sequence[int], code: str) -> None:
        for number in numbers:
            self._fault(level, index, number, code)

    def _below(self, level: int, index: int, numbers: Sequence[int], *, code: str = "") -> None:
        """What lies under these hashes of a tile changed: the entries, or whole tiles with all below them."""
        for number in numbers:
            if level == 0:
                self._fault(None, index, number, code or "changed")
            else:
                self._fault(level - 1, index * TILE_WIDTH + number, None, code or "replaced")

    def _fault(self, level: int | None, index: int, number: int | None, code: str) -> None:
        width = self._width(level or 0, index)
        self.faults.append(Fault(self.source.place(level, index, width, number), code))


def _cut(data: bytes) -> list[bytes]:
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def _differing(one: Sequence[bytes], other: Sequence[bytes]) -> list[int]:
    return [number for number, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]


def _first_wrong(data: bytes, stored: Sequence[bytes]) -> int:
    """The number of the first entry of a bundle that cannot be cut out, or that is not the one hashed in the tile."""
    at = number = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        wrong = number < len(stored) and leaf_hash(data[at + 2 : end]) != stored[number]
        if end > len(data) or wrong or number >= len(stored) > 0:
            break
        at, number = end, number + 1
    return number
