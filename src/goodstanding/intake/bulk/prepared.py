"""Prepared rows between the columns and the lake: in memory, or on the disk where they are many.

On the disk they lie apart by the first byte of their entity, so that they can be sorted and written in portions: a
portion holds all rows of its entities, and portions in their order make the files of the lake in theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]

from .job import PREPARED

#: Bytes of rows that stay in memory.
HEAVY: Final = 1 << 30
#: What deduplication and the batch's tree ask of a row.
KEYS: Final = ("seq", "row", "natural_key", "content_digest")

Numbers = npt.NDArray[np.uint64]


class Prepared:
    """Prepared rows of a run. ``folder`` is made when there are more than so many ``rows``, or heavy ones."""

    def __init__(self, folder: Path, *, rows: int) -> None:
        self._folder, self._most = folder, rows
        self._parts: list[pa.Table] = []
        self._keys: list[pa.Table] = []
        self._spilled = 0

    def add(self, rows: pa.Table) -> None:
        """Keep rows (columns of `PREPARED`); all that come later have greater seqs."""
        keys = rows.select(KEYS)
        order = _by_seq(rows)
        self._parts.append(rows)
        self._keys.append(keys if order is None else keys.take(pa.array(order)))

    @property
    def full(self) -> bool:
        """Whether more is in memory than should be."""
        return sum(map(len, self._parts)) > self._most or sum(part.nbytes for part in self._parts) > HEAVY

    @property
    def spilled(self) -> bool:
        """Whether rows lie on the disk."""
        return self._spilled > 0

    def spill(self) -> None:
        """Put what is in memory on the disk, one part after another: sorting makes a copy of it."""
        self._folder.mkdir(exist_ok=True)
        while self._parts:
            self._write(self._parts.pop(0), self._keys.pop(0))
            self._spilled += 1

    def _write(self, part: pa.Table, keys: pa.Table) -> None:
        first = (uuid_words(part["entity"])[0] >> np.uint64(56)).astype(np.uint8)
        order = np.argsort(first, kind="stable")
        ends = np.cumsum(np.bincount(first, minlength=256))
        rows = part.take(pa.array(order))
        path = self._folder / f"rows-{self._spilled:06d}.arrow"
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, PREPARED, options=options) as writer:
            for start, end in zip([0, *ends[:-1]], ends, strict=True):
                writer.write_batch(_one_batch(rows.slice(start, end - start)))
        path = self._folder / f"keys-{self._spilled:06d}.arrow"
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, keys.schema) as writer:
            writer.write_table(keys)

    def narrow(self) -> Iterator[pa.Table]:
        """Seq, row, key and digest of every row, in the order of the rows."""
        for number in range(self._spilled):
            with pa.memory_map(str(self._folder / f"keys-{number:06d}.arrow")) as file:
                yield pa.ipc.open_file(file).read_all()
        yield from self._keys

    def portions(self) -> Iterator[pa.Table]:
        """The rows, those of an entity together; all at once where they are in memory."""
        if not self._spilled:
            yield pa.concat_tables([PREPARED.empty_table(), *self._parts])
            return
        self.spill()
        files = [pa.memory_map(str(path)) for path in sorted(self._folder.glob("rows-*.arrow"))]
        readers = [pa.ipc.open_file(file) for file in files]
        for first in range(256):
            yield pa.Table.from_batches([reader.get_batch(first) for reader in readers], PREPARED)
        for file in files:
            file.close()


def _one_batch(rows: pa.Table) -> pa.RecordBatch:
    columns = [column.combine_chunks() if len(rows) else pa.array([], column.type) for column in rows.columns]
    return pa.record_batch(columns, schema=PREPARED)


def _by_seq(rows: pa.Table) -> npt.NDArray[np.int64] | None:
    """The order of the rows by seq; None where they are in it."""
    seq = rows["seq"].to_numpy()
    return None if bool((seq[1:] > seq[:-1]).all()) else np.argsort(seq, kind="stable")


_HEX: Final = [at for at in range(36) if at not in (8, 13, 18, 23)]


def uuid_words(column: Any) -> tuple[Numbers, Numbers]:
    """Ids written as UUIDs in lower case, as two numbers each that sort as the texts do."""
    texts = _bytes_of(column, 36)[:, _HEX]
    digits = (texts & 0x0F) + 9 * (texts >> 6)
    packed = np.ascontiguousarray(digits[:, ::2] << 4 | digits[:, 1::2]).view(">u8")
    return packed[:, 0].astype(np.uint64), packed[:, 1].astype(np.uint64)


def first_word(column: Any) -> Numbers:
    """The first eight bytes of digests of 32 bytes, as numbers that sort as they do."""
    return np.ascontiguousarray(_bytes_of(column, 32)[:, :8]).view(">u8")[:, 0].astype(np.uint64)


def _bytes_of(column: Any, width: int) -> npt.NDArray[np.uint8]:
    """The cells of a column without nulls, each of so many bytes."""
    parts = [np.zeros((0, width), np.uint8)]
    for chunk in column.chunks:
        if len(chunk):
            _, places, data = chunk.buffers()
            at = np.frombuffer(places, np.int32, len(chunk) + 1, chunk.offset * 4)
            if (np.diff(at) != width).any():
                raise ValueError(f"cells of other than {width} bytes")
            parts.append(np.frombuffer(data, np.uint8, width * len(chunk), int(at[0])).reshape(-1, width))
    return parts[1] if len(parts) == 2 else np.concatenate(parts)
