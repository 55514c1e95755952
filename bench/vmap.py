"""The verifiable map: updates a second, proofs and checks a second, and the bytes of a proof.

Method: a map of a million entries in memory, levels 2, pure Python with hashlib, one process; then batches of 10,000
updates (half new keys, half changed ones) and 1,000 single ones. The length of the proof of every one of the million
entries is counted from the sorted keys; the longest and 1,000 others are made, checked and compared with the count.
Absences: 2,000 keys that are not there. For 180 million nothing is built: the lengths are computed from what random
keys give (the expected number of entries below each number of branchings), and the same formula is printed for a
million, to be compared with what is built. Processor seconds, so that other work on the machine counts for little.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import random
import time
from collections import Counter

from goodstanding.proof.vmap import NODE_BYTES, verify_absence, verify_presence
from goodstanding.proof.vmap_tree import MemoryMap

from .common import machine

ENTRIES = 1_000_000
NATION = 180_000_000


def main() -> None:
    """Measure and print."""
    print("vmap:", machine())
    keys = [_digest(number) for number in range(ENTRIES)]
    made = MemoryMap()
    started = time.process_time()
    made.update({key: key for key in keys})
    used = time.process_time() - started
    print(f"build of {ENTRIES:,} entries: {used:.1f} s, {ENTRIES / used:,.0f}/s")
    chance = random.Random(6)
    for size, batches in ((100_000, 2), (10_000, 5), (1, 1_000)):
        started = time.process_time()
        for number in range(batches):
            first = 10**9 + number * size + size * 10**6
            half = [_digest(first + at) for at in range(size // 2)]
            changes = {key: _digest(number) for key in (*half, *chance.sample(keys, size - size // 2))}
            made.update(changes)
            keys += half
        used = time.process_time() - started
        print(f"updates in batches of {size:,}: {batches * size / used:,.0f}/s")
    _proofs(made, keys, chance)
    for entries in (ENTRIES, NATION):
        _computed(entries)


def _proofs(made: MemoryMap, keys: list[bytes], chance: random.Random) -> None:
    lengths = _lengths(sorted(keys))
    counted = sorted(lengths.values())
    over = sum(item > 800 for item in counted)
    print(
        f"presence, all {len(counted):,}: mean {sum(counted) / len(counted):.0f} B, 99.9 % within"
        f" {counted[int(0.999 * len(counted))]} B, longest {counted[-1]} B, {over} over 800 B"
    )
    asked = [max(lengths, key=lengths.__getitem__), *chance.sample(keys, 1_000)]
    started = time.process_time()
    proofs = [made.prove(key) for key in asked]
    used = time.process_time() - started
    assert all(len(proof.encode()) == lengths[key] for key, proof in zip(asked, proofs, strict=True))
    held = {entry.key: entry.commitment for key in asked for entry in made.entries(key)}
    checking = time.process_time()
    for key, proof in zip(asked, proofs, strict=True):
        verify_presence(root=made.root, key=key, commitment=held[key], proof=proof)
    checked = time.process_time() - checking
    print(f"proofs {len(asked) / used:,.0f}/s, checks {len(asked) / checked:,.0f}/s")
    absent = []
    for number in range(2_000):
        key = _digest(10**12 + number)
        proof = made.prove(key)
        verify_absence(root=made.root, key=key, proof=proof)
        absent.append(len(proof.encode()))
    bound = counted[-1] + 1 + 3 + NODE_BYTES
    print(
        f"absence, {len(absent):,}: mean {sum(absent) / len(absent):.0f} B, longest {max(absent)} B;"
        f" none can be longer than {bound} B"
    )


def _digest(number: int) -> bytes:
    return hashlib.sha256(number.to_bytes(8, "big")).digest()


def _lengths(ordered: list[bytes]) -> dict[bytes, int]:
    """The bytes of the proof of each of the keys, which are in order: from where each branches off its neighbours."""
    numbers = [int.from_bytes(key[:16], "big") for key in ordered]
    apart = [128 - (one ^ two).bit_length() for one, two in itertools.pairwise(numbers)]
    left, right = _branchings(apart), _branchings(apart[::-1])[::-1]
    depths = [1 + max(pair) for pair in zip([-1, *apart], [*apart, -1], strict=True)]
    return {
        key: 3 + -(-depth // 8) + NODE_BYTES * (one + two)
        for key, depth, one, two in zip(ordered, depths, left, right, strict=True)
    }


def _branchings(apart: list[int]) -> list[int]:
    """Of each key the number of branchings above it to whose right it lies."""
    found, above = [0], list[int]()
    for depth in apart:
        while above and above[-1] >= depth:
            above.pop()
        above.append(depth)
        found.append(len(above))
    return found


def _computed(entries: int) -> None:
    """The lengths that random keys give: expected entries with k branchings above them, by halving a Poisson number."""
    below = Counter({0: 2.0**-40})
    mean = 2.0**-40
    steps = math.ceil(math.log2(entries / mean))
    mean = entries / 2.0**steps
    below = Counter({0: mean})
    for _ in range(steps):
        alone = math.exp(-mean)
        above: Counter[int] = Counter()
        for branchings, expected in below.items():
            above[branchings] += 2 * expected * alone
            above[branchings + 1] += 2 * expected * (1 - alone)
        below, mean = Counter({k: v for k, v in above.items() if v > 1e-12}), 2 * mean
    average = sum(k * v for k, v in below.items()) / entries
    longest = max(k for k in below if sum(v for m, v in below.items() if m >= k) >= 0.5)
    overhead = 3 + 5
    print(
        f"computed for {entries:,}: mean {overhead + NODE_BYTES * average:.0f} B, longest"
        f" {overhead + NODE_BYTES * longest} B of a presence, {overhead + NODE_BYTES * longest + 34} B of an absence"
    )


if __name__ == "__main__":
    main()
