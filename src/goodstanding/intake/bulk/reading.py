"""Reading a file as blocks of Arrow columns in the contract's order, with the numbers of its rows.

Separated text is split by Arrow's reader where that provably gives what `readers.rows` gives: quotation marks stand
only where RFC 4180 has them, no row is blank. A block with a blank row is split by Python's own reader; a file with
irregular quotation marks, and every other form of file, goes through `readers` as a whole.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.csv as arrow_csv  # type: ignore[import-untyped]

from goodstanding.intake import readers
from goodstanding.intake.contract import Contract
from goodstanding.intake.delimited import delimited_rows
from goodstanding.intake.encoding import find_encoding
from goodstanding.intake.json_lines import CELL_LIMIT
from goodstanding.intake.readers import Inspected, Row
from goodstanding.intake.source import Source, source_of

#: Bytes read at a time, and rows of a block where rows come one by one.
BLOCK = 16 << 20
#: Bytes decoded at a time only to see whether they are UTF-8.
LOOKED_AT = 1 << 18
ROWS = 50_000
#: So many bytes more than characters are no accident of another encoding.
_SURELY_UTF_8 = 64


@dataclass(frozen=True, slots=True)
class Block:
    """Rows in a row: their numbers in the file, and for each column of the contract its cells.

    ``special`` holds, by place in the block, the rows that are not a plain list of cells (too many of them, or
    formulas); their cells are blank here.
    """

    numbers: npt.NDArray[np.int64]
    cells: list[pa.Array]
    special: dict[int, Row] = field(default_factory=dict)


class _Irregular(Exception):
    """A block that only Python's reader may split."""


def read(
    path: Path, *, name: str, contract: Contract, found: Inspected | None = None
) -> tuple[Inspected, Iterator[Block]]:
    """A file's header and its rows. ``found``: the file as `readers.inspect` found it, where that is known.

    Raises (when called, or while the blocks are read):
        FileError: with file, row and column, as `readers.inspect` gives it.
    """
    if found is not None:
        text = found.format.format in ("csv", "tsv")
        return found, _text_blocks(found, contract) if text else _row_blocks(found, contract, skip=0)
    source = source_of(path, name=name)
    if path.stat().st_size and readers._format(source, contract).format in ("csv", "tsv"):
        found = _look(source, contract)
        if found is not None:
            return found, _text_blocks(found, contract)
    found = readers.inspect(path, name=name, contract=contract)
    return found, _row_blocks(found, contract, skip=0)


def _look(source: Source, contract: Contract) -> Inspected | None:
    """What `readers.inspect` finds out of separated text, but for the count of its rows; None: let it look itself."""
    form = readers._format(source, contract)
    encoding = _utf_8(source) if "utf-8" in form.encodings else None
    if encoding is None:
        encoding = find_encoding(source, encodings=form.encodings).encoding
    header = tuple(next(delimited_rows(source, encoding=encoding, delimiter=form.delimiter), (1, []))[1])
    if len(header) < 2:
        return None
    places = readers.places_of(header, contract, source.name)
    return Inspected(source.path, source.name, form, encoding, header, places, 0, True, None, source)


def _utf_8(source: Source) -> str | None:
    """The codec of a file that is beyond doubt UTF-8; None where `find_encoding` must look."""
    decoder, more, first = codecs.getincrementaldecoder("utf-8")(), 0, b""
    with source.open() as file:
        while block := file.read(LOOKED_AT):
            first = first or block[:3]
            try:
                more += len(block) - len(decoder.decode(block))
            except UnicodeDecodeError:
                return None
            if b"\0" in block:
                return None
    if decoder.getstate()[0] or 0 < more < _SURELY_UTF_8 or first.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    return "utf-8-sig" if first == codecs.BOM_UTF8 else "utf-8"


def _text_blocks(found: Inspected, contract: Contract) -> Iterator[Block]:
    """The blocks of separated text. Where it is irregular, `readers` looks it through and gives the rest."""
    given, number, header = 0, 2, True
    try:
        for text in _whole_records(found):
            if header:
                text, header = text[_end_of_record(text) :], False
                if not text:
                    continue
            block, counted = _split(text, number, found)
            number += counted
            given += len(block.numbers)
            if len(block.numbers):
                yield block
    except _Irregular:
        inspected = found.rows > 0
        whole = found if inspected else readers.inspect(found.path, name=found.name, contract=contract)
        yield from _row_blocks(whole, contract, skip=given)
        return
    if not given:
        readers.inspect(found.path, name=found.name, contract=contract)  # raises file.no_rows


def _utf_8_pieces(found: Inspected) -> Iterator[bytes]:
    assert found.source is not None
    with found.source.open() as file:
        if found.encoding in ("utf-8", "utf-8-sig"):
            if found.encoding == "utf-8-sig":
                file.read(3)
            while piece := file.read(BLOCK):
                yield piece
            return
        decoder = codecs.getincrementaldecoder(found.encoding)()
        while piece := file.read(BLOCK):
            yield decoder.decode(piece).encode()
        yield decoder.decode(b"", final=True).encode()


def _whole_records(found: Inspected) -> Iterator[bytes]:
    """The text in pieces that end with a record. Raises _Irregular where no end can be seen."""
    rest = b""
    for piece in _utf_8_pieces(found):
        rest += piece
        end = _last_end(rest)
        if end:
            yield rest[:end]
            rest = rest[end:]
        elif len(rest) > 4 * BLOCK:
            raise _Irregular
    if rest:
        yield rest


def _quotes(text: bytes) -> npt.NDArray[np.int64]:
    return np.flatnonzero(np.frombuffer(text, np.uint8) == 0x22)


def _last_end(text: bytes) -> int:
    """Where the last whole record ends: after the last line feed before which the quotation marks are even."""
    if b'"' not in text:
        return text.rfind(b"\n") + 1
    quotes = _quotes(text)
    end = len(text)
    while (end := text.rfind(b"\n", 0, end)) >= 0:
        before = int(np.searchsorted(quotes, end))
        if before % 2 == 0:
            return end + 1
        end = int(quotes[before - 1])  # inside a quoted cell: look before it opens
    return 0


def _end_of_record(text: bytes) -> int:
    """Where the first record ends."""
    end = -1
    while (end := text.find(b"\n", end + 1)) >= 0:
        if text.count(b'"', 0, end) % 2 == 0:
            return end + 1
    return len(text)


def _split(text: bytes, number: int, found: Inspected) -> tuple[Block, int]:
    """Split whole records into a block; also how many records these are, blank ones counted."""
    quoted = b'"' in text
    if quoted and not _regular(text, found.format.delimiter):
        raise _Irregular
    return _split_by_arrow(text, number, found, quoted) or _split_by_rows(text, number, found)


def _regular(text: bytes, delimiter: str) -> bool:
    """Whether every quotation mark opens, closes or is doubled as RFC 4180 has it."""
    data, at = np.frombuffer(text, np.uint8), _quotes(text)
    if len(at) % 2:
        return False
    outside = [ord(delimiter), 0x0A, 0x0D]
    opening, closing = at[::2], at[1::2]
    before = np.isin(data[np.maximum(opening - 1, 0)], outside) | (opening == 0)
    before[1:] |= opening[1:] == closing[:-1] + 1
    after = np.isin(data[np.minimum(closing + 1, len(data) - 1)], outside) | (closing == len(data) - 1)
    after[:-1] |= closing[:-1] + 1 == opening[1:]
    # A doubled mark stands inside a cell, so what lies between it and its neighbours is the cell's.
    return bool(before.all() and after.all())


def _split_by_arrow(text: bytes, number: int, found: Inspected, quoted: bool) -> tuple[Block, int] | None:
    """The block as Arrow's reader splits it; None where a row is blank, since Python's leaves some of these out."""
    wrong: list[tuple[int, str]] = []

    def keep(row: arrow_csv.InvalidRow) -> str:
        wrong.append((row.number, row.text))
        return "skip"

    names = [str(place) for place in range(len(found.header))]
    table = arrow_csv.read_csv(
        pa.BufferReader(text),
        read_options=arrow_csv.ReadOptions(
            column_names=names, use_threads=False, block_size=min(len(text) + 1, 2**31 - 1)
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=found.format.delimiter,
            newlines_in_values=quoted,
            ignore_empty_lines=False,
            invalid_row_handler=keep,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=False,
            check_utf8=False,  # decoded once already
        ),
    ).combine_chunks()
    columns = [
        column.chunk(0) if column.num_chunks else pa.array([], pa.string()) for column in table.columns
    ]
    sizes = [_sizes(column) for column in columns]
    if len(table) and not np.logical_or.reduce(sizes).all():
        return None
    if any(size.max(initial=0) > CELL_LIMIT for size in sizes):
        raise _Irregular
    total = len(table) + len(wrong)
    if not wrong:
        return _block(np.arange(number, number + total), columns, found, {}), total
    special: dict[int, Row] = {}
    for at, line in wrong:
        cells = next(csv.reader(io.StringIO(line, newline=""), delimiter=found.format.delimiter, strict=True))
        special[at - 1] = Row(number + at - 1, cells, readers._equals(cells))
    kept = np.ones(total, np.bool_)
    kept[list(special)] = False
    spread = np.full(total, -1)
    spread[kept] = np.arange(len(table))
    places = pa.array(spread, mask=~kept)
    blanked = [column.take(places).fill_null("") for column in columns]
    return _block(np.arange(number, number + total), blanked, found, special), total


def _sizes(column: pa.Array) -> npt.NDArray[np.int32]:
    """The number of bytes of each cell."""
    if not len(column):
        return np.zeros(0, np.int32)
    return np.diff(np.frombuffer(column.buffers()[1], np.int32, len(column) + 1, column.offset * 4))


def _split_by_rows(text: bytes, number: int, found: Inspected) -> tuple[Block, int]:
    csv.field_size_limit(CELL_LIMIT)
    rows, at = [], number
    try:
        lines = io.StringIO(text.decode(), newline="")
        for cells in csv.reader(lines, delimiter=found.format.delimiter, strict=True):
            if cells:
                rows.append(Row(at, cells, readers._equals(cells)))
            at += 1
    except csv.Error as error:
        raise _Irregular from error
    return _block_of(rows, found), at - number


def _row_blocks(found: Inspected, contract: Contract, *, skip: int) -> Iterator[Block]:
    batch: list[Row] = []
    for row in readers.rows(found, contract=contract, skip=skip):
        batch.append(row)
        if len(batch) == ROWS:
            yield _block_of(batch, found)
            batch = []
    if batch:
        yield _block_of(batch, found)


def _block_of(rows: list[Row], found: Inspected) -> Block:
    width = len(found.header)
    special = {at: row for at, row in enumerate(rows) if len(row.cells) != width or row.formulas}
    blank = [""] * width
    straight = [blank if at in special else row.cells for at, row in enumerate(rows)]
    columns = [pa.array(column, pa.string()) for column in zip(*straight, strict=True)] if rows else []
    return _block(np.array([row.number for row in rows], np.int64), columns, found, special)


def _block(
    numbers: npt.NDArray[np.int64], columns: list[pa.Array], found: Inspected, special: dict[int, Row]
) -> Block:
    """A block from columns in the file's order."""
    blank = pa.array([""] * len(numbers), pa.string()) if None in found.places else None
    cells = [blank if place is None else columns[place] for place in found.places] if columns else []
    return Block(numbers, cells, special)
