"""The verifiable map: updates a second, proofs and checks a second, the bytes of a proof, and the memory it takes.

Method: a map of BENCH_ENTRIES entries (a million where it is not said) in memory, pure Python with hashlib, one
process; then batches of updates, half of them new keys and half changed ones. The root is compared with that of all
entries in order, computed from nothing else. The length of the proof of every entry is counted from the sorted keys;
1,000 proofs are made, checked and compared with the count. Absences: 2,000 keys that are not there. For 180 million
nothing is built: the lengths are computed from what random keys give (the expected number of entries below each number
of branchings), and the same formula is printed for the number that is built. Processor seconds, so that other work on
the machine counts for little. `BENCH_TABLES=200000` measures updates in the tables of a database too.

    BENCH_ENTRIES=20000000 python -m bench vmap
"""

from __future__ import annotations

import gc
import hashlib
import math
import os
import random
import resource
import time
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence

from goodstanding.proof.vmap import NODE_BYTES, verify_absence, verify_presence
from goodstanding.proof.vmap_memory import MemoryMap
from goodstanding.proof.vmap_tree import map_root_in_order

from .common import installation, machine

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "1000000"))
#: Entries in the tables of a database; none where it is not said.
TABLES = int(os.environ.get("BENCH_TABLES", "0"))
NATION = 180_000_000
#: How many entries are built at once, and after how many of these a line tells how far it is.
_PORTION = 100_000
_TELL = 20


def main() -> None:
    """Measure and print."""
    print("vmap:", machine(), flush=True)
    made, number = _built(), ENTRIES
    chance = random.Random(6)
    for size, batches in ((100_000, 2), (10_000, 10), (1_000, 10), (1, 1_000)):
        used = 0.0
        for _ in range(batches):
            half = [_digest(number + at) for at in range(size // 2)]
            changed = [_digest(chance.randrange(ENTRIES)) for _ in range(size - size // 2)]
            changes = {key: _digest(number) for key in (*half, *changed)}
            number += size // 2
            started = time.process_time()
            made.update(changes)
            used += time.process_time() - started
        print(f"updates in batches of {size:,}: {batches * size / used:,.0f}/s", flush=True)
    _same_root(made)
    _proofs(made, [_digest(chance.randrange(number)) for _ in range(1_000)])
    for entries in (ENTRIES, NATION):
        _computed(entries)
    if TABLES:
        _tables()


def _built() -> MemoryMap:
    """The map of all entries, built a portion at a time, with lines that tell how far it is."""
    gc.disable()  # nothing here refers to itself, and the collector would walk every tile again and again
    made = MemoryMap()
    started, used = time.process_time(), 0.0
    for first in range(0, ENTRIES, _PORTION):
        keys = [_digest(number) for number in range(first, min(ENTRIES, first + _PORTION))]
        before = time.process_time()
        made.update(dict(zip(keys, keys, strict=True)))
        used += time.process_time() - before
        done = first + len(keys)
        if done % (_TELL * _PORTION) == 0:
            spent = time.process_time() - started
            print(f"  {done:,} entries, {spent:.0f} s, {_megabytes():,.0f} MB", flush=True)
    print(
        f"build of {ENTRIES:,} entries: {used:.1f} s, {ENTRIES / used:,.0f}/s, {_megabytes():,.0f} MB",
        flush=True,
    )
    return made


def _same_root(made: MemoryMap) -> None:
    started = time.process_time()
    assert map_root_in_order((entry.key, entry.commitment) for entry in made.ordered()) == made.root
    used = time.process_time() - started
    print(f"the root of all entries in order, one at a time in memory: the same, {used:.1f} s", flush=True)


def _proofs(made: MemoryMap, asked: Sequence[bytes]) -> None:
    counted, lengths = _lengths((entry.key for entry in made.ordered()), set(asked))
    entries = sum(counted.values())
    within = _quantile(counted, 0.999)
    over = sum(count for length, count in counted.items() if length > 800)
    print(
        f"presence, all {entries:,}: mean {sum(k * v for k, v in counted.items()) / entries:.0f} B, 99.9 % within"
        f" {within} B, longest {max(counted)} B, {over} over 800 B",
        flush=True,
    )
    started = time.process_time()
    proofs = [made.prove(key) for key in asked]
    used = time.process_time() - started
    assert all(len(proof.encode()) == lengths[key] for key, proof in zip(asked, proofs, strict=True))
    held = [made.entries([key.hex()])[key.hex()][0].commitment for key in asked]
    checking = time.process_time()
    for key, commitment, proof in zip(asked, held, proofs, strict=True):
        verify_presence(root=made.root, key=key, commitment=commitment, proof=proof)
    checked = time.process_time() - checking
    print(f"proofs {len(asked) / used:,.0f}/s, checks {len(asked) / checked:,.0f}/s")
    absent = []
    for number in range(2_000):
        key = _digest(10**12 + number)
        proof = made.prove(key)
        verify_absence(root=made.root, key=key, proof=proof)
        absent.append(len(proof.encode()))
    bound = max(counted) + 1 + 3 + NODE_BYTES
    print(
        f"absence, {len(absent):,}: mean {sum(absent) / len(absent):.0f} B, longest {max(absent)} B;"
        f" none can be longer than {bound} B",
        flush=True,
    )


def _digest(number: int) -> bytes:
    return hashlib.sha256(number.to_bytes(8, "big")).digest()


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _quantile(counted: Counter[int], share: float) -> int:
    seen, total = 0, sum(counted.values())
    for length in sorted(counted):
        seen += counted[length]
        if seen >= share * total:
            break
    return length


def _lengths(ordered: Iterable[bytes], asked: set[bytes]) -> tuple[Counter[int], dict[bytes, int]]:
    """How many proofs have which length, and the lengths of those asked for: from where each of the keys, which are in
    order, branches off its neighbours."""
    apart, places, before = array("B"), dict[int, bytes](), -1
    for place, key in enumerate(ordered):
        number = int.from_bytes(key[:16], "big")
        if before >= 0:
            apart.append(128 - (before ^ number).bit_length())
        before = number
        if key in asked:
            places[place] = key
    left, right = _branchings(apart), _branchings(reversed(apart))
    counted, lengths, above = Counter[int](), dict[bytes, int](), -1
    last = len(apart)
    for place in range(last + 1):
        below = apart[place] if place < last else -1
        depth = 1 + max(above, below)
        length = 3 + -(-depth // 8) + NODE_BYTES * (left[place] + right[last - place])
        counted[length] += 1
        if place in places:
            lengths[places[place]] = length
        above = below
    return counted, lengths


def _branchings(apart: Iterable[int]) -> array[int]:
    """Of each key the number of branchings above it to whose right it lies."""
    found, above = array("B", [0]), list[int]()
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


def _tables() -> None:
    """The map's rows in a database: entries and tiles written, those that nothing needs any more deleted."""
    with installation():
        from django.db import transaction

        from goodstanding.exchange.vmap_function import Made
        from goodstanding.exchange.vmap_rows import DatabaseMap, forget, write_entries, write_tiles

        state = {"from": "2026-01-01", "records": 1, "until": None}
        for done, first in enumerate(range(0, TABLES, 20_000), start=1):
            wanted = {_digest(first + at): Made(state, _digest(first + at)) for at in range(20_000)}
            wall, started = time.perf_counter(), time.process_time()
            with transaction.atomic():
                root = write_tiles(write_entries(wanted, list(wanted), until=done), until=done)
                forget(done - 1)
            used, wall = time.process_time() - started, time.perf_counter() - wall
            print(
                f"tables, {first + len(wanted):,} entries: a batch of {len(wanted):,} in {wall:.2f} s, of them"
                f" {used:.2f} s Python; {len(wanted) / wall:,.0f}/s",
                flush=True,
            )
        asked = [_digest(number) for number in range(200)]
        started = time.perf_counter()
        from goodstanding.proof.vmap_tree import prove

        for key in asked:
            held = DatabaseMap(done).entries([key.hex()])[key.hex()][0]
            found = prove(DatabaseMap(done), key)
            verify_presence(root=root, key=key, commitment=held.commitment, proof=found)
        print(f"tables: proofs {len(asked) / (time.perf_counter() - started):,.0f}/s")


if __name__ == "__main__":
    main()
