"""Making the body of a section of the status filter (needs numpy; reading one does not).

Each function from keys to bits is many small systems of linear equations over GF(2), one for each bucket of some 500
keys: as many unknowns as keys and one or two more. So a key costs hardly more than the bits of its value; a library's
binary fuse filter costs an eighth more, and eight bits at least (docs/decisions/0028-status-filter.md).
"""

import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np
import numpy.typing as npt

from goodstanding.proof.errors import ProofError
from goodstanding.proof.status_filter import GAMMA, Lookup, Section, StatusFilter

Words = npt.NDArray[np.uint64]
Bits = npt.NDArray[np.bool_]

#: Keys of a bucket, on average.
BUCKET: Final = 500
#: Unknowns beyond the keys of a bucket that rows are made for; that more are needed has a chance of 2^-64.
_SPARE: Final = 64
#: The most that one byte says beyond the narrowest bucket.
_SPREAD: Final = 255
_MAX_BITS: Final = 40
_SEEDS: Final = 64


@dataclass(frozen=True)
class Chunk:
    """Some members of a cell: the halves of their ids, one row each, and whether the answer for each is yes."""

    cell: str
    ids: Words
    marked: Bits


Source = Callable[[], Iterator[Chunk]]


class _Retry(Exception):
    """Two keys share their hash, or the buckets are too uneven: another seed is needed."""


@dataclass(frozen=True)
class _Made:
    """A function laid out for many lookups at once."""

    lookup: Lookup
    #: Bucket, bit, words; the first unknown is the highest bit of the first word.
    planes: Words

    @classmethod
    def of(cls, lookup: Lookup) -> "_Made":
        """Lay out a function."""
        words = (max(lookup.widths, default=0) + 63) // 64
        laid = np.zeros((len(lookup.widths), lookup.bits, words * 64), np.uint8)
        flat = np.unpackbits(np.frombuffer(lookup.data, np.uint8))
        for bucket, (start, width) in enumerate(zip(lookup.starts, lookup.widths, strict=False)):
            end = start + width * lookup.bits
            laid[bucket, :, :width] = flat[start:end].reshape(lookup.bits, width)
        packed = np.packbits(laid, axis=-1)
        return cls(lookup, packed.view(">u8").astype(np.uint64))

    def bit(self, keys: Words, index: int) -> Words:
        """Bit `index` of the value at each hash, as `Lookup.bit`."""
        buckets = ((keys >> np.uint64(32)) * np.uint64(len(self.planes))) >> np.uint64(32)
        at, planes = buckets.astype(np.int64), self.planes[:, index, :]
        total = np.zeros(len(keys), np.uint64)
        for word in range(planes.shape[1]):
            total ^= _row_word(keys, word) & planes[at, word]
        return np.bitwise_count(total).astype(np.uint64) & np.uint64(1)

    def passes(self, ids: Words, *, seed: int, number: int) -> npt.NDArray[np.int64]:
        """The indices of the ids that this first level of a cell lets through."""
        at = np.arange(len(ids), dtype=np.int64)
        keys = hashes(ids, seed=seed, function=2 * number)
        prints = _mix(keys)
        for index in range(self.lookup.bits):
            wanted = (prints[at] >> np.uint64(index)) & np.uint64(1)
            at = at[self.bit(keys[at], index) == wanted]
        return at


_NOTHING: Final = Lookup(0, (0,), (), b"")


class BulkFilter:
    """A verified file laid out to answer for many records at once."""

    def __init__(self, file: StatusFilter) -> None:
        self._sections: list[tuple[Section, _Made, dict[str, _Made]]] = [
            (
                section,
                _Made.of(section.exact),
                {name: _Made.of(cell.rare) for name, cell in section.cells.items() if cell.rare},
            )
            for section in file.sections
        ]

    def removed(self, cell: str, ids: Words) -> Bits:
        """Whether each record of a cell is removed, as `StatusFilter.check` says it."""
        total = np.zeros(len(ids), np.bool_)
        for section, exact, levels in self._sections:
            found = section.cells.get(cell)
            if found is None:
                continue
            rare = np.zeros(len(ids), np.bool_)
            if cell in levels:
                at = levels[cell].passes(ids, seed=section.seed, number=found.number)
                keys = hashes(ids[at], seed=section.seed, function=2 * found.number + 1)
                rare[at] = exact.bit(keys, 0).astype(np.bool_)
            total ^= rare ^ found.common
        return total


def make_body(source: Source, *, seed: int) -> bytes:
    """The body of a section that answers yes for exactly the marked members.

    Arguments: `source` gives all members, the same at each call (it is called three times); an id occurs once in a
    cell. `seed` (64 bits) makes the result reproducible; where it is unlucky another is made from it. Returns the
    body. Raises ProofError `filter_malformed` where an id has two answers.
    """
    for attempt in range(_SEEDS):
        try:
            return _make(source, (seed + attempt * GAMMA) % 2**64)
        except _Retry:
            continue
    raise ProofError("filter_malformed", place="an id has two answers")


def _make(source: Source, seed: int) -> bytes:
    counts: dict[str, list[int]] = {}
    for chunk in source():
        count = counts.setdefault(chunk.cell, [0, 0])
        marked = int(np.count_nonzero(chunk.marked))
        count[0], count[1] = count[0] + len(chunk.marked) - marked, count[1] + marked
    names = sorted(counts)
    numbers = {name: number for number, name in enumerate(names)}
    common = {name: counts[name][1] > counts[name][0] for name in names}
    kept: dict[str, list[Words]] = {name: [] for name in names}
    for chunk in source():
        kept[chunk.cell].append(chunk.ids[chunk.marked != common[chunk.cell]])
    rare = {name: np.concatenate(parts) for name, parts in kept.items()}
    first = {name: _first_level(rare[name], max(counts[name]), seed, numbers[name]) for name in names}
    exact = _exact_level(source, rare, first, numbers, common, seed)
    written = [struct.pack(">QH", seed, len(names)), _encode(exact)]
    for name in names:
        text = name.encode("ascii")
        flags = int(common[name]) | (2 if len(rare[name]) else 0)
        written += [bytes([len(text)]), text, bytes([flags]), _encode(first[name])]
    return b"".join(written)


def _first_level(rare: Words, others: int, seed: int, number: int) -> Lookup:
    """The approximate function of a cell: of as many bits as make both levels together smallest."""
    bits = min(range(_MAX_BITS + 1), key=lambda k: len(rare) * k + others * math.pow(2.0, -k))
    if not bits or not len(rare):
        return _NOTHING
    keys = hashes(rare, seed=seed, function=2 * number)
    return _function(keys, _mix(keys) & np.uint64(2**bits - 1), bits=bits)


def _exact_level(
    source: Source,
    rare: dict[str, Words],
    first: dict[str, Lookup],
    numbers: dict[str, int],
    common: dict[str, bool],
    seed: int,
) -> Lookup:
    """One bit for each rare member, and for each other that its cell's first level lets through."""
    levels = {name: _Made.of(first[name]) for name in numbers if len(rare[name])}
    keys, values = [np.zeros(0, np.uint64)], [np.zeros(0, np.uint64)]
    for name, ids in rare.items():
        keys.append(hashes(ids, seed=seed, function=2 * numbers[name] + 1))
        values.append(np.ones(len(ids), np.uint64))
    for chunk in source():
        if chunk.cell not in levels:
            continue
        others = chunk.ids[chunk.marked == common[chunk.cell]]
        number = numbers[chunk.cell]
        through = others[levels[chunk.cell].passes(others, seed=seed, number=number)]
        keys.append(hashes(through, seed=seed, function=2 * number + 1))
        values.append(np.zeros(len(through), np.uint64))
    if not any(map(len, keys)):
        return _NOTHING
    return _function(np.concatenate(keys), np.concatenate(values), bits=1)


def _function(keys: Words, values: Words, *, bits: int) -> Lookup:
    """The function that has these values at these hashes."""
    buckets = max(1, round(len(keys) / BUCKET))
    of = (((keys >> np.uint64(32)) * np.uint64(buckets)) >> np.uint64(32)).astype(np.int64)
    order = np.argsort(of, kind="stable")
    ends = np.cumsum(np.bincount(of, minlength=buckets)).tolist()
    keys, values = keys[order], values[order]
    widths, data, start, rest, held = [], [], 0, 0, 0
    for end in ends:
        width, planes = _solve(keys[start:end], values[start:end].tolist(), bits=bits)
        widths.append(width)
        for plane in planes:
            rest, held = rest << width | plane, held + width
        data.append((rest >> held % 8).to_bytes(held // 8, "big"))
        rest, held = rest & (1 << held % 8) - 1, held % 8
        start = end
    data.append((rest << -held % 8).to_bytes((held + 7) // 8, "big"))
    if max(widths) - min(widths) > _SPREAD:
        raise _Retry
    starts = [0, *accumulate(width * bits for width in widths)]
    return Lookup(bits, starts, widths, b"".join(data))


def _solve(keys: Words, values: list[int], *, bits: int) -> tuple[int, list[int]]:
    """Solve one bucket by elimination. Returns how many unknowns it has and, for each bit, these, the first highest."""
    words = (len(keys) + _SPARE + 63) // 64
    size = 64 * words
    table = np.stack([_row_word(keys, word) for word in range(words)], axis=1).astype(">u8").tobytes()
    pivots = [0] * (size + bits + 1)
    for number, value in enumerate(values):
        row = int.from_bytes(table[8 * words * number : 8 * words * (number + 1)], "big") << bits | value
        while (place := row.bit_length()) > bits:
            if not pivots[place]:
                pivots[place] = row
                break
            row ^= pivots[place]
        else:
            if row:
                raise _Retry
    planes, width = [0] * bits, 0
    for place, row in enumerate(pivots):
        if row:
            width = width or size + bits - place + 1
            known = row >> bits
            for index in range(bits):
                if (row >> index ^ (known & planes[index]).bit_count()) & 1:
                    planes[index] |= 1 << place - bits - 1
    return width, [plane >> size - width for plane in planes]


def _encode(lookup: Lookup) -> bytes:
    base = min(lookup.widths, default=0)
    lead = struct.pack(">BHI", lookup.bits, base, len(lookup.widths))
    return lead + bytes(width - base for width in lookup.widths) + lookup.data


def hashes(ids: Words, *, seed: int, function: int) -> Words:
    """The hashes of ids (two halves each) for a function, as `status_filter.hash_id`."""
    start = _mix(np.array([(seed + function) % 2**64], np.uint64))
    return _mix(ids[:, 1] ^ _mix(ids[:, 0] ^ start))


def _row_word(keys: Words, word: int) -> Words:
    return _mix(keys + np.uint64((word + 1) * GAMMA % 2**64))


def _mix(values: Words) -> Words:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
