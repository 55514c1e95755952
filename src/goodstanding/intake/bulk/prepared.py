"""Prepared rows between the columns and the lake: in memory, or on the disk where they are many.

They are put in small parts, each in the order of the lake's buckets and in these of the first byte of the entity. So
they are sorted and written in portions, each of some bytes of one bucket: a portion holds all rows of its entities,
and portions in their order make the files of the lake in theirs. Portions and parts are small because memory that is
used again costs less than memory that the system must give.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]

from .job import PREPARED, REPEATED

#: Bytes of rows that stay in memory.
HEAVY: Final = 1 << 30
#: Rows of a part, and of a portion, about.
TOGETHER: Final = 65_536
#: What deduplication and the batch's tree ask of a row.
KEYS: Final = ("seq", "row", "natural_key", "content_digest")

#: On the disk there are no dictionaries.
SPILLED: Final = pa.schema(
    [field.with_type(pa.string()) if field.type == REPEATED else field for field in PREPARED]
)

Numbers = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]


class Prepared:
    """Prepared rows of a run.

    ``folder`` is made when there are more than so many ``rows``, or heavy ones; ``buckets`` are those of the lake.
    """

    def __init__(self, folder: Path, *, rows: int, buckets: int) -> None:
        self._folder, self._most = folder, rows
        first = np.arange(256)
        # By first byte of the entity the place of its rows, and by place the bucket.
        self._place = ((first % buckets) * (256 // buckets) + first // buckets).astype(np.uint8)
        self._bucket = first // (256 // buckets)
        self._counts = np.zeros(256, np.int64)
        self._parts: list[tuple[pa.Table, Places]] = []
        self._slice: list[pa.Table] = []
        self._keys: list[pa.Table] = []
        self._spilled = 0

    def add(self, rows: pa.Table) -> None:
        """Keep rows (columns of `PREPARED`, at most about `TOGETHER`) of a slice."""
        place = self._place[first_bytes(rows["entity"])]
        counts = np.bincount(place, minlength=256)
        taken = rows.take(pa.array(np.argsort(place, kind="stable")))
        self._parts.append((taken, np.concatenate([[0], np.cumsum(counts)])))
        self._counts += counts
        # Copied, so that the memory of the engine's rows serves the next ones.
        self._slice.append(rows.select(KEYS).take(pa.array(np.arange(len(rows)))))

    def end_slice(self) -> pa.Table:
        """`KEYS` of the rows kept since the last slice, in the order of the rows; the next slice has greater seqs."""
        keys = _by_seq(pa.concat_tables([PREPARED.empty_table().select(KEYS), *self._slice]))
        self._keys.append(keys)
        self._slice = []
        return keys

    @property
    def full(self) -> bool:
        """Whether more is in memory than should be."""
        tables = [rows for rows, _ in self._parts]
        return sum(map(len, tables)) > self._most or sum(rows.nbytes for rows in tables) > HEAVY

    @property
    def spilled(self) -> bool:
        """Whether rows lie on the disk."""
        return self._spilled > 0

    def spill(self) -> None:
        """Put what is in memory on the disk: a batch for each place, and the keys."""
        self._folder.mkdir(exist_ok=True)
        nothing = pa.RecordBatch.from_pylist([], SPILLED)
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        path = self._folder / f"rows-{self._spilled:06d}.arrow"
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, SPILLED, options=options) as writer:
            for place in range(256):
                rows = self._in_memory(place, place + 1).cast(SPILLED).combine_chunks()
                writer.write_batch(rows.to_batches()[0] if len(rows) else nothing)
        path = self._folder / f"keys-{self._spilled:06d}.arrow"
        keys = pa.concat_tables(self._keys)
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, keys.schema) as writer:
            writer.write_table(keys)
        self._parts, self._keys = [], []
        self._spilled += 1

    def _in_memory(self, start: int, end: int) -> pa.Table:
        """The rows of some places that are in memory."""
        parts = [rows.slice(at[start], at[end] - at[start]) for rows, at in self._parts]
        return pa.concat_tables([PREPARED.empty_table(), *parts])

    def narrow(self) -> Iterator[pa.Table]:
        """Seq, row, key and digest of every row, in the order of the rows."""
        for number in range(self._spilled):
            with pa.memory_map(str(self._folder / f"keys-{number:06d}.arrow")) as file:
                yield pa.ipc.open_file(file).read_all()
        yield from self._keys

    def portions(self) -> Iterator[pa.Table]:
        """The rows, those of an entity together."""
        # Read, not mapped: pages of a map stay with the process, and all files would end up in its memory.
        files = [pa.OSFile(str(path)) for path in sorted(self._folder.glob("rows-*.arrow"))]
        readers = [pa.ipc.open_file(file) for file in files]
        start = 0
        while start < 256:
            end = start + 1
            while (
                end < 256
                and self._bucket[end] == self._bucket[start]
                and self._counts[start : end + 1].sum() <= TOGETHER
            ):
                end += 1
            batches = [reader.get_batch(place) for reader in readers for place in range(start, end)]
            spilled = pa.Table.from_batches(batches, SPILLED).cast(PREPARED)
            rows = pa.concat_tables([spilled, self._in_memory(start, end)])
            if len(rows):
                yield rows.combine_chunks()
            start = end
        for file in files:
            file.close()


def _by_seq(rows: pa.Table) -> pa.Table:
    """The rows in the order of their seqs."""
    seq = rows["seq"].to_numpy()
    ordered = bool((seq[1:] > seq[:-1]).all())
    return rows if ordered else rows.take(pa.array(np.argsort(seq, kind="stable")))


#: Of a UUID in lower case, where the digits of its first eight bytes stand.
_HEX: Final = [at for at in range(18) if at not in (8, 13)]


def first_bytes(column: Any) -> npt.NDArray[np.uint8]:
    """The first byte of ids written as UUIDs in lower case."""
    digits = _digits(_bytes_of(column, 36)[:, :2])
    found: npt.NDArray[np.uint8] = digits[:, 0] << 4 | digits[:, 1]
    return found


def uuid_word(column: Any) -> Numbers:
    """The first eight bytes of ids written as UUIDs in lower case, as numbers that sort as the ids do."""
    digits = _digits(_bytes_of(column, 36)[:, _HEX])
    packed = np.ascontiguousarray(digits[:, ::2] << 4 | digits[:, 1::2])
    return packed.view(">u8")[:, 0].astype(np.uint64)


def _digits(texts: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    found: npt.NDArray[np.uint8] = (texts & 0x0F) + 9 * (texts >> 6)
    return found


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
