"""The rows of all files of a run in slices: raw cells as Arrow tables, and tidied ones for an engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.intake import readers
from goodstanding.intake.contract import Contract
from goodstanding.intake.readers import Inspected, Row

from .layout import Layout
from .reading import Block, read
from .tidy import tidy

#: Bytes after which a slice ends before it has its rows: what becomes of them must fit into one Arrow array.
HEAVY = 256 << 20


@dataclass(frozen=True, slots=True)
class File:
    """A file to be taken in: where it lies, what its sender calls it, and what was found of it, if it was looked at."""

    path: Path
    name: str
    found: Inspected | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of one file. ``raw`` has seq, row, special and the cells c0, c1 ... as they came.

    ``special`` holds, by seq, the rows whose cells do not stand in ``raw``.
    """

    file: int
    found: Inspected
    raw: pa.Table
    special: dict[int, Row]

    @property
    def first(self) -> int:
        """The seq of the first row."""
        return int(self.raw["seq"][0].as_py())

    def rows(self, seqs: Sequence[int]) -> list[Row]:
        """Some rows as they came, in the file's order of columns."""
        places = pa.array(seqs, pa.int64()).to_numpy() - self.first
        return rows_of(self.raw.take(pa.array(places)), self.found, self.special)


def rows_of(raw: pa.Table, found: Inspected, special: dict[int, Row]) -> list[Row]:
    """Raw rows as the readers give them."""
    columns = [raw[f"c{at}"].to_pylist() for at in range(len(found.places))]
    numbers, seqs = raw["row"].to_pylist(), raw["seq"].to_pylist()
    rows: list[Row] = []
    for at, (number, seq) in enumerate(zip(numbers, seqs, strict=True)):
        if seq in special:
            rows.append(special[seq])
            continue
        cells = [""] * len(found.header)
        for column, place in zip(columns, found.places, strict=True):
            if place is not None:
                cells[place] = column[at]
        rows.append(Row(number, cells, readers._equals(cells)))
    return rows


def slices(files: Sequence[File], *, contract: Contract, layout: Layout, rows: int) -> Iterator[Slice]:
    """The rows of the files in their order, so many in a slice.

    Raises:
        FileError: with file, row and column.
    """
    seq = 0
    for number, file in enumerate(files):
        found, blocks = read(file.path, name=file.name, contract=contract, found=file.found)
        batches: list[pa.RecordBatch] = []
        special: dict[int, Row] = {}
        size = weight = 0
        for block in blocks:
            batches.append(_batch(block, seq, layout))
            special |= {seq + at: row for at, row in block.special.items()}
            size, seq = size + len(block.numbers), seq + len(block.numbers)
            weight += batches[-1].nbytes
            if size >= rows or weight >= HEAVY:
                yield Slice(number, found, pa.Table.from_batches(batches), special)
                batches, special, size, weight = [], {}, 0, 0
        if batches:
            yield Slice(number, found, pa.Table.from_batches(batches), special)


def _batch(block: Block, seq: int, layout: Layout) -> pa.RecordBatch:
    count = len(block.numbers)
    special = np.zeros(count, np.bool_)
    special[list(block.special)] = True
    return pa.record_batch(
        [pa.array(np.arange(seq, seq + count)), pa.array(block.numbers), pa.array(special), *block.cells],
        names=["seq", "row", "special", *layout.cells],
    )


def tidied_schema(layout: Layout) -> pa.Schema:
    """The columns of `tidied`."""
    keys = [f"d{at}" for at in layout.keys]
    texts = [(name, pa.string()) for name in (*layout.cells, *keys)]
    return pa.schema([("seq", pa.int64()), ("row", pa.int64()), ("odd", pa.bool_()), *texts])


def tidied(raw: pa.RecordBatch, layout: Layout) -> pa.RecordBatch:
    """Raw rows as the engine takes them: cells tidied, document keys made, odd rows marked."""
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    cells, keys, odd = tidy([raw[name] for name in layout.cells], layout)
    odd = pc.or_(odd, raw["special"])
    return pa.record_batch([raw["seq"], raw["row"], odd, *cells, *keys], schema=tidied_schema(layout))
