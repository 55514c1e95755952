"""Replaying a log: sound when nothing changed, and every changed byte located."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.proof import (
    FAULTS,
    Checkpoint,
    Fault,
    audit_tree,
    bundle,
    entries_path,
    leaf_hash,
    new_tiles,
    root_at,
    tile_path,
    tile_width,
)


class MemoryLog:
    """A log as the files that would be served: path to bytes."""

    def __init__(self, entries: list[bytes]) -> None:
        self.files: dict[str, bytes] = {}
        self.size = len(entries)
        for tile in list(new_tiles(old_size=0, new_leaf_hashes=map(leaf_hash, entries), store=self)):
            self.files[tile.path] = tile.data
        for index in range(-(-self.size // 256)):
            width = tile_width(level=0, index=index, size=self.size)
            self.files[entries_path(index=index, width=width)] = bundle(
                entries[256 * index : 256 * index + width]
            )

    def read(self, level: int, index: int, width: int) -> bytes:
        return self.files[tile_path(level=level, index=index, width=width)]

    def entries(self, index: int, width: int) -> bytes:
        return self.files[entries_path(index=index, width=width)]

    def place(self, level: int | None, index: int, width: int, number: int | None) -> str:
        path = (
            entries_path(index=index, width=width)
            if level is None
            else tile_path(level=level, index=index, width=width)
        )
        return path if number is None else f"{path} {number}"

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(origin="log", size=self.size, root=root_at(size=self.size, store=self))


ENTRIES = [b"event %d" % number for number in range(1100)]


def flip(data: bytes, at: int, mask: int) -> bytes:
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 512, 513, 1100])
def test_a_log_that_nobody_touched_is_sound(size):
    log = MemoryLog(ENTRIES[:size])
    seen, told = [], []
    faults = audit_tree(checkpoint=log.checkpoint(), source=log, leaves=seen.extend, done=told.append)
    assert faults == []
    assert seen == [leaf_hash(entry) for entry in ENTRIES[:size]]
    assert told[-1:] == ([size] if size else [])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_flipped_byte_in_any_file_is_located(data):
    size = data.draw(st.sampled_from([1, 2, 200, 256, 300, 512, 700, 1100]))
    log = MemoryLog(ENTRIES[:size])
    checkpoint = log.checkpoint()
    path = data.draw(st.sampled_from(sorted(log.files)))
    at = data.draw(st.integers(0, len(log.files[path]) - 1))
    log.files[path] = flip(log.files[path], at, 1 << data.draw(st.integers(0, 7)))
    (fault,) = audit_tree(checkpoint=checkpoint, source=log)
    found, _, number = fault.place.partition(" ")
    assert found == path
    if "entries" not in path:
        assert fault == Fault(f"{path} {at // 32}", "changed")
    else:
        assert fault.code in ("changed", "malformed")
        assert int(number) == number_of_entry(path, at)


def number_of_entry(path: str, at: int) -> int:
    """Which entry of its bundle a byte belongs to."""
    index = int(path.split("/")[2].split(".")[0])
    end = 0
    for number, entry in enumerate(ENTRIES[256 * index :]):
        end += 2 + len(entry)
        if at < end:
            return number
    raise AssertionError(path)


def test_the_codes_are_those_that_are_listed():
    assert {"changed", "missing", "malformed", "undecided", "replaced", "unsigned", "unknown"} == FAULTS


@pytest.mark.parametrize(
    "path", ["tile/0/001", "tile/1/000.p/4", "tile/entries/002", "tile/entries/004.p/76"]
)
def test_a_missing_and_a_short_file_are_named(path):
    log = MemoryLog(ENTRIES)
    checkpoint = log.checkpoint()
    held = log.files.pop(path)
    assert audit_tree(checkpoint=checkpoint, source=log) == [Fault(path, "missing")]
    log.files[path] = held[:-1]
    (fault,) = audit_tree(checkpoint=checkpoint, source=log)
    assert (fault.place.split(" ")[0], fault.code) == (path, "malformed")


def test_many_flips_in_different_places_are_all_located():
    chance = random.Random(20261122)
    log = MemoryLog(ENTRIES)
    checkpoint = log.checkpoint()
    expected = []
    for path, slot in (("tile/0/000", 3), ("tile/0/000", 77), ("tile/0/004.p/76", 5), ("tile/1/000.p/4", 2)):
        log.files[path] = flip(log.files[path], 32 * slot + chance.randrange(32), 64)
        expected.append(Fault(f"{path} {slot}", "changed"))
    assert audit_tree(checkpoint=checkpoint, source=log) == sorted(expected)


def test_entries_replaced_together_with_their_tile_are_found_by_the_tile_above():
    changed = [*ENTRIES[:300], b"something else", *ENTRIES[301:]]
    log, other = MemoryLog(ENTRIES), MemoryLog(changed)
    checkpoint = log.checkpoint()
    for path in ("tile/0/001", "tile/entries/001"):
        log.files[path] = other.files[path]
    assert audit_tree(checkpoint=checkpoint, source=log) == [Fault("tile/0/001", "replaced")]


def test_a_whole_other_log_under_the_checkpoint_is_found():
    log = MemoryLog(ENTRIES[:300])
    other = MemoryLog([b"other", *ENTRIES[1:300]])
    assert audit_tree(checkpoint=log.checkpoint(), source=other) == [Fault("the signed root", "replaced")]


def test_what_nothing_above_can_decide_is_named_on_both_sides():
    log = MemoryLog(ENTRIES[:300])
    checkpoint = log.checkpoint()
    log.files["tile/0/000"] = flip(log.files["tile/0/000"], 32 * 9, 1)
    log.files["tile/1/000.p/1"] = flip(log.files["tile/1/000.p/1"], 0, 1)
    found = audit_tree(checkpoint=checkpoint, source=log)
    assert Fault("tile/0/000 9", "undecided") in found
    assert Fault("tile/1/000.p/1 0", "changed") in found


def test_a_flip_above_66000_entries_is_located_in_its_tile():
    entries = [number.to_bytes(4, "big") for number in range(66_000)]
    log = MemoryLog(entries)
    checkpoint = log.checkpoint()
    assert audit_tree(checkpoint=checkpoint, source=log) == []
    for path, slot in (("tile/2/000.p/1", 0), ("tile/1/000", 200), ("tile/1/001.p/1", 0)):
        held = log.files[path]
        log.files[path] = flip(held, 32 * slot + 7, 2)
        assert audit_tree(checkpoint=checkpoint, source=log) == [Fault(f"{path} {slot}", "changed")]
        log.files[path] = held
