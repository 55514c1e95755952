"""The status filter against the exact set, and against everyone who would have it say something else."""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.proof import ProofError, SignerKey
from goodstanding.proof import status_filter_make as make
from goodstanding.proof.status_filter import (
    Header,
    StatusFilter,
    cell_of,
    hash_id,
    mix,
    read_filter,
    sign_section,
)
from goodstanding.proof.status_filter_make import BulkFilter, Chunk, make_body

SIGNER = SignerKey(name="linhu.example/log", private_key=bytes(range(32)))
OTHER = SignerKey(name="linhu.example/log", private_key=bytes(32))
#: Of each cell its records, and whether each is removed.
Truth = dict[str, dict[uuid.UUID, bool]]


def chunks(truth: Truth, size: int = 1_000) -> Iterator[Chunk]:
    for cell, records in truth.items():
        members = list(records.items())
        for start in range(0, len(members) or 1, size):
            part = members[start : start + size]
            halves = [(record.int >> 64, record.int % 2**64) for record, _ in part]
            ids = np.array(halves, np.uint64).reshape(-1, 2)
            yield Chunk(cell, ids, np.array([marked for _, marked in part], bool))


def section(
    truth: Truth, *, size: int = 7, held: StatusFilter | None = None, signer: SignerKey = SIGNER
) -> bytes:
    """A section that says a truth, as a delta where a filter is held already."""
    if held is not None:
        bulk = BulkFilter(held)
        parts = [
            Chunk(part.cell, part.ids, part.marked ^ bulk.removed(part.cell, part.ids))
            for part in chunks(truth)
        ]
        body = make_body(lambda: iter(parts), seed=size)
    else:
        body = make_body(lambda: chunks(truth), seed=size)
    partition = "" if set(truth) <= {""} else "item/year"
    header = Header(
        "linhu.example/log", size, "2026-11-22T10:00:00+08:00", held.digest if held else "", partition
    )
    return sign_section(header, body, signer=signer)


def read(data: bytes, held: StatusFilter | None = None) -> StatusFilter:
    return read_filter(data, key=SIGNER.verifier, after=held)


def says(found: StatusFilter, truth: Truth) -> bool:
    """Whether a filter, one by one and many at once, says exactly the truth."""
    bulk = BulkFilter(found)
    alone = all(
        (found.check(record, cell=cell) == "removed") == removed
        for cell, records in truth.items()
        for record, removed in records.items()
    )
    return alone and all((bulk.removed(part.cell, part.ids) == part.marked).all() for part in chunks(truth))


def population(chance: random.Random, cells: dict[str, tuple[int, int]]) -> Truth:
    """Records of each cell: so many removed, so many published."""
    return {
        cell: {
            uuid.UUID(int=chance.getrandbits(128), version=4): n < removed for n in range(removed + published)
        }
        for cell, (removed, published) in cells.items()
    }


amounts = st.tuples(st.integers(0, 40), st.integers(0, 40))
cells = st.dictionaries(st.sampled_from(["penalty/2024", "penalty/2025", "permit/2025"]), amounts)


@settings(max_examples=80, deadline=None)
@given(cells=st.one_of(cells, st.builds(lambda amount: {"": amount}, amounts)), number=st.integers(0, 2**32))
def test_it_is_exact_for_everything_ever_published(cells: dict[str, tuple[int, int]], number: int) -> None:
    truth = population(random.Random(number), cells)
    assert says(read(section(truth)), truth)


@settings(max_examples=40, deadline=None)
@given(number=st.integers(0, 2**32), steps=st.integers(1, 4), split=st.booleans())
def test_deltas_keep_it_exact(number: int, steps: int, split: bool) -> None:
    chance = random.Random(number)
    names = ["penalty/2024", "penalty/2025"] if split else [""]
    truth = population(chance, {name: (chance.randrange(20), chance.randrange(300)) for name in names})
    data = section(truth)
    found = read(data)
    for step in range(steps):
        if split and step == 1:
            names = [*names, "permit/2026"]
        for cell, records in population(chance, {name: (chance.randrange(3), 20) for name in names}).items():
            truth.setdefault(cell, {}).update(records)
        for records in truth.values():
            for record in chance.sample(list(records), len(records) // 9):
                records[record] = not records[record]
        more = section(truth, size=8 + step, held=found)
        data, found = data + more, read(more, found)
        assert says(found, truth)
    again = read(data)
    assert says(again, truth) and again.digest == found.digest and again.header == found.header


def test_it_is_exact_and_small_at_a_hundred_thousand() -> None:
    removed, published = 2_000, 98_000
    ids = np.random.default_rng(6).integers(0, 2**64, (removed + published, 2), dtype=np.uint64)
    marked = np.arange(removed + published) < removed
    body = make_body(lambda: iter([Chunk("", ids, marked)]), seed=1)
    header = Header("linhu.example/log", 1, "2026-11-22T10:00:00+08:00", "", "")
    found = read(sign_section(header, body, signer=SIGNER))
    assert (BulkFilter(found).removed("", ids) == marked).all()
    share = removed / (removed + published)
    entropy = -share * math.log2(share) - (1 - share) * math.log2(1 - share)
    assert len(body) * 8 < 1.1 * entropy * (removed + published)


def test_cells_that_are_all_one_answer_cost_nothing() -> None:
    truth = population(random.Random(1), {"penalty/2020": (5_000, 0), "penalty/2026": (0, 5_000)})
    data = section(truth)
    assert len(data) < 600 and says(read(data), truth)


def test_what_is_not_covered_is_said_as_far_as_it_is_known() -> None:
    truth = population(random.Random(2), {"penalty/2025": (3, 30)})
    found = read(section(truth))
    record = next(iter(truth["penalty/2025"]))
    assert cell_of(partition="item/year", item="penalty", published_on=date(2025, 3, 1)) == "penalty/2025"
    assert cell_of(partition="", item="penalty", published_on=date(2025, 3, 1)) == ""
    assert found.check(record, cell="permit/2025") == "not_covered"
    assert found.check(str(record), cell="penalty/2025", published_on=date(2026, 11, 23)) == "not_covered"
    assert found.check(record, cell="penalty/2025", published_on=date(2026, 11, 22)) == "removed"
    with pytest.raises(ProofError, match="filter_id"):
        found.check("nothing", cell="penalty/2025")


def test_every_changed_byte_is_found() -> None:
    chance = random.Random(3)
    truth = population(chance, {"": (5, 40)})
    first = section(truth)
    data = first + section(truth | population(chance, {"": (1, 4)}), size=8, held=read(first))
    read(data)
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << chance.randrange(8)
        with pytest.raises(ProofError):
            read(bytes(changed))
    for length in (*range(len(first)), *range(len(first) + 1, len(data))):
        with pytest.raises(ProofError):
            read(data[:length])


def test_sections_that_do_not_continue_each_other_are_refused() -> None:
    truth = population(random.Random(4), {"": (5, 40)})
    first, other = section(truth), section(truth, size=6)
    delta = section(truth, size=8, held=read(first))
    for wrong in (delta, other + delta, first + first, first + delta + delta):
        with pytest.raises(ProofError, match="filter_order"):
            read(wrong)
    older = section(truth, size=6, held=read(first))
    with pytest.raises(ProofError, match="filter_order"):
        read(first + older)
    split = section(population(random.Random(5), {"penalty/2025": (1, 1)}), size=8, held=read(first))
    with pytest.raises(ProofError, match="filter_order"):
        read(first + split)
    with pytest.raises(ProofError, match="signature_invalid"):
        read(section(truth, signer=OTHER))
    with pytest.raises(ProofError, match="origin_mismatch"):
        read_filter(first, key=SignerKey(name="other/log", private_key=bytes(range(32))).verifier)


def test_an_id_with_two_answers_is_refused() -> None:
    ids = np.array([[1, 2], [1, 2], [3, 4], [5, 6]], np.uint64)
    part = Chunk("", ids, np.array([True, False, False, False]))
    with pytest.raises(ProofError, match="filter_malformed"):
        make_body(lambda: iter([part]), seed=1)


def test_the_hashes_are_those_of_the_format() -> None:
    """The vectors of docs/reference/status-filter.md."""
    assert [f"{mix(value):016x}" for value in (0, 1)] == ["0000000000000000", "5692161d100b05e5"]
    asked = uuid.UUID("3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11").int
    high, low = asked >> 64, asked % 2**64
    found = [hash_id(high, low, seed=7, function=function) for function in (0, 1)]
    ids = np.array([[high, low]], np.uint64)
    assert [int(make.hashes(ids, seed=7, function=function)[0]) for function in (0, 1)] == found
    assert [f"{value:016x}" for value in found] == ["7c47148f5a2960a4", "607c210bf7bba3ba"]
