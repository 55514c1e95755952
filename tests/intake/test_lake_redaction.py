"""What is redacted is in no current file, and after `expire` on no disk: every byte below the folder is searched."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from goodstanding.intake.lake import (
    Lake,
    append,
    clean,
    compact,
    current,
    expire,
    history,
    open_lake,
    plan,
    redact,
)

from .lake_rows import Oracle, Row, sorted_rows, whole, written


def unpacked(path: Path) -> Iterator[bytes]:
    """The bytes of a file, and what they are when they are unpacked: Parquet's values, Avro's blocks."""
    data = path.read_bytes()
    yield data
    if path.suffix == ".parquet":
        for column in pq.read_table(path, partitioning=None).columns:
            yield from (repr(value).encode() for value in column.to_pylist())
            yield from (value for value in column.to_pylist() if isinstance(value, bytes))
    elif path.suffix == ".avro":
        plain = b"".join(avro_blocks(data))
        assert b".parquet" in plain or b".avro" in plain, f"{path} could not be unpacked"
        yield plain


def avro_blocks(data: bytes) -> Iterator[bytes]:
    """The unpacked blocks of an Avro file: after each sync mark a count, a length, and so many bytes of gzip."""
    mark = data[-16:]
    for block in data.split(mark)[1:-1]:
        at = block.index(b"\x1f\x8b") if b"\x1f\x8b" in block[:24] else None
        yield (
            zlib.decompress(block[at:], 31)
            if at is not None
            else zlib.decompress(block[varints(block, 2) :], -15)
        )


def varints(block: bytes, count: int) -> int:
    """How many bytes the first variable-length numbers of a block take."""
    at = 0
    for _ in range(count):
        while block[at] & 0x80:
            at += 1
        at += 1
    return at


def holding(folder: Path, words: set[bytes]) -> set[Path]:
    """The files below a folder that hold any of the words."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path for path in files for data in unpacked(path) if any(word in data for word in words)}


def traces(rows: list[Row]) -> set[bytes]:
    """What a redacted row must not leave behind: content, digest, document number, legal basis."""
    words = set()
    for row in rows:
        key = row["natural_key"].hex()[:12].encode()
        words |= {b"said-of-" + key, b"no-" + key, b"basis-" + key, row["content_digest"]}
    return words


@pytest.fixture
def lake(database: str, tmp_path: Path) -> Lake:
    return open_lake(folder=tmp_path / "lake", buckets=2)


def test_a_redacted_record_is_nowhere_on_the_disk_after_its_states_expired(lake: Lake) -> None:
    oracle = Oracle(random.Random(3), buckets=2)
    for _ in range(3):
        batch, rows = oracle.next_batch(30)
        append(lake, batch=batch, files=written(lake, batch, rows))
        oracle.rows += rows
    compact(lake)
    key = max(oracle.rows, key=lambda row: row["version"])["natural_key"]
    redacted = [row for row in oracle.rows if row["natural_key"] == key]
    words = traces(redacted)
    assert len(redacted) > 1 and holding(lake.folder, words)

    done = redact(lake, [key])
    assert (done.rows, done.files) == (len(redacted), 1)
    oracle.redact({key})
    assert whole(lake) == sorted_rows(oracle.rows)
    live = {file.path for file in plan(lake)}
    left = holding(lake.folder, words)
    assert left and not left & live  # earlier states hold it still
    entity = redacted[0]["entity"]
    assert key not in current(lake, entity=entity)["natural_key"].to_pylist()
    assert history(lake, entity=entity)["natural_key"].to_pylist().count(key) == len(redacted)

    expire(lake, older_than=datetime.now(UTC) + timedelta(minutes=1))
    assert holding(lake.folder, words) == set()
    assert holding(lake.folder, traces([row for row in oracle.rows if row["change"] != "redact"]))
    assert clean(lake, older_than=datetime.now(UTC) + timedelta(minutes=1)).files == 0
    assert whole(lake) == sorted_rows(oracle.rows)


def test_redacting_again_or_nothing_changes_nothing(lake: Lake) -> None:
    oracle = Oracle(random.Random(4), buckets=2)
    batch, rows = oracle.next_batch(30)
    append(lake, batch=batch, files=written(lake, batch, rows))
    key = rows[0]["natural_key"]
    assert redact(lake, [key]).rows >= 1
    before = lake.table().metadata_location
    for keys in ([key], [], [bytes(32)]):
        assert (redact(lake, keys).rows, redact(lake, keys).files) == (0, 0)
    assert lake.table().metadata_location == before
