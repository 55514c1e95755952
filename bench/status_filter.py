"""The status filter: bytes for each removal, a day's delta, and the time to make and to ask.

Method: random ids of 16 bytes, 250,000 removals in 28,125,000 records (8 million in 900 million, by 32), in one process
with numpy. Three populations: removals spread evenly, with nothing else known of a record; the same number spread over
cells of item and year whose rates differ (ASSUMED: permits are many and hardly ever removed, penalties few and often;
the shares and rates are printed); and the even one a day later, as a delta (removals and new records of three years
spread over their days). Every answer is compared with the truth. Bytes for 8 million are those measured times 32: what
a removal costs hangs on the rates only. The bound is log2 of the number of ways to choose the removals. Processor
seconds.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Iterator

import numpy as np

from goodstanding.proof import SignerKey
from goodstanding.proof.status_filter import Header, StatusFilter, read_filter, sign_section
from goodstanding.proof.status_filter_make import BulkFilter, Chunk, make_body

from .common import machine

SCALE = 32
RECORDS, REMOVED, DAYS = 900_000_000 // SCALE, 8_000_000 // SCALE, 3 * 365
#: Share of all records, and of these removed; assumed.
CELLS = {
    "permit/2024": (0.28, 0.0005),
    "permit/2025": (0.28, 0.0004),
    "permit/2026": (0.28, 0.0002),
    "penalty/2024": (0.05, 0.09),
    "penalty/2025": (0.05, 0.06),
    "penalty/2026": (0.05, 0.016),
    "abnormal-list/2024": (0.003, 0.10),
    "abnormal-list/2025": (0.004, 0.05),
    "abnormal-list/2026": (0.003, 0.02),
}
_PART = 250_000
_SIGNER = SignerKey(name="bench/log", private_key=bytes(32))


def main() -> None:
    """Measure and print."""
    print("status_filter:", machine())
    chance = np.random.default_rng(6)
    truth = {"": _cell(chance, RECORDS, REMOVED)}
    found = _measure("even", truth, held=None)
    ids, marked = truth[""]
    _ask(found, ids[:20_000])
    new = _cell(chance, RECORDS // DAYS, 0)
    later = marked.copy()
    later[-(REMOVED // DAYS) :] = True
    _measure(
        "a day later", {"": (np.concatenate([ids, new[0]]), np.concatenate([later, new[1]]))}, held=found
    )
    del truth, ids, marked, later
    total = sum(share * rate for share, rate in CELLS.values()) * RECORDS
    for cell, (share, rate) in CELLS.items():
        print(f"  assumed {cell}: {share:.1%} of records, {rate:.2%} removed")
    cells = {
        cell: _cell(chance, int(share * RECORDS), int(share * rate * RECORDS * REMOVED / total))
        for cell, (share, rate) in CELLS.items()
    }
    _measure("by item and year", cells, held=None)


Truth = dict[str, tuple["np.ndarray", "np.ndarray"]]


def _cell(chance: np.random.Generator, records: int, removed: int) -> tuple[np.ndarray, np.ndarray]:
    ids = chance.integers(0, 2**64, (records, 2), dtype=np.uint64)
    return ids, np.arange(records) < removed


def _chunks(truth: Truth, bulk: BulkFilter | None = None) -> Iterator[Chunk]:
    for cell, (ids, marked) in truth.items():
        for start in range(0, len(ids), _PART):
            part, answers = ids[start : start + _PART], marked[start : start + _PART]
            yield Chunk(cell, part, answers ^ bulk.removed(cell, part) if bulk else answers)


def _measure(name: str, truth: Truth, *, held: StatusFilter | None) -> StatusFilter:
    started = time.process_time()
    bulk = BulkFilter(held) if held else None
    body = make_body(list(_chunks(truth, bulk)).__iter__, seed=6)
    used = time.process_time() - started
    partition = "" if "" in truth else "item/year"
    header = Header("bench/log", 1, "2026-11-22T00:00:00+08:00", held.digest if held else "", partition)
    data = sign_section(header, body, signer=_SIGNER)
    found = read_filter(data, key=_SIGNER.verifier, after=held)
    read = BulkFilter(found)
    right = all((read.removed(part.cell, part.ids) == part.marked).all() for part in _chunks(truth))
    print(f"{name}: {len(data):,} bytes, made in {used:.1f} s; every answer right: {right}")
    if held:
        print(f"  times {SCALE}: {SCALE * len(data) / 1000:,.0f} kB a day of {8_000_000 // DAYS:,} removals")
        return found
    removed = sum(int(marked.sum()) for _, marked in truth.values())
    bound = sum(_bits(len(marked), int(marked.sum())) for _, marked in truth.values())
    records = sum(len(ids) for ids, _ in truth.values())
    print(
        f"  {8 * len(data) / removed:.3f} bits a removal ({removed:,} of {records:,};"
        f" bound {bound / removed:.3f}): {len(data) / removed * 8:.2f} MB for 8 million, bound {bound / removed:.2f} MB"
    )
    return found


def _bits(all_: int, chosen: int) -> float:
    """log2 of the number of ways to choose."""
    return (math.lgamma(all_ + 1) - math.lgamma(chosen + 1) - math.lgamma(all_ - chosen + 1)) / math.log(2)


def _ask(found: StatusFilter, ids: np.ndarray) -> None:
    asked = [uuid.UUID(int=high << 64 | low) for high, low in ids.tolist()]
    started = time.process_time()
    for record in asked:
        found.check(record)
    print(f"one at a time, without numpy: {len(asked) / (time.process_time() - started):,.0f} checks/s")


if __name__ == "__main__":
    main()
