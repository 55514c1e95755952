"""Tidying the cells of many rows: what the row code does to a text is done here only to the cells that need it.

Most cells need nothing. Which may need something is found over the bytes of whole columns; to those few the functions
of the row code are applied. What comes out is exactly what they give for every cell:

- text is stripped, and personal numbers in free text are hidden;
- identifiers are standardised;
- the key of a document number is made.

A row is odd where a cell begins with an equals sign or holds a character that JSON would escape: it goes through the
row code as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.identity import standardise
from goodstanding.intake.personal import hide_numbers, may_hold_numbers
from goodstanding.intake.standardise import document_key

from .layout import Layout, Place

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Offsets = npt.NDArray[np.int32]


def tidy(cells: Sequence[pa.Array], layout: Layout) -> tuple[list[pa.Array], list[pa.Array], pa.Array]:
    """Tidy one column after another.

    Args:
        cells: for each column of the layout its cells as Arrow strings without nulls.

    Returns:
        The tidied columns, the document keys of ``layout.keys``, and for each row whether it is odd.
    """
    odd = np.zeros(len(cells[0]) if cells else 0, np.bool_)
    tidied, keys = [], []
    for column, place in zip(cells, layout.places, strict=True):
        found = _column(column, place, odd)
        tidied.append(found)
        if place.key:
            keys.append(_document_keys(found))
    return tidied, keys, pa.array(odd)


def _column(column: pa.Array, place: Place, odd: Flags) -> pa.Array:
    offsets, data = _buffers(column)
    if not len(data):
        return column
    _mark_odd(offsets, data, odd)
    if place.code:
        return _changed(column, _in_rows(offsets, ~_is_capital(data)), standardise)
    found = _changed(column, _may_need_stripping(offsets, data), str.strip)
    if place.free and place.part == "text":
        offsets, data = _buffers(found)
        found = _changed(found, _may_hold_numbers(offsets, data), hide_numbers, may_hold_numbers)
    return found


def _buffers(column: pa.Array) -> tuple[Offsets, Bytes]:
    """Offsets (one more than rows, from 0) and bytes of an Arrow string column."""
    _, offsets, data = column.buffers()
    found = np.frombuffer(offsets, np.int32, len(column) + 1, column.offset * 4)
    if data is None:
        return found - found[0], np.zeros(0, np.uint8)
    return found - found[0], np.frombuffer(data, np.uint8)[found[0] : found[-1]]


def _in_rows(offsets: Offsets, wanted: Flags) -> Flags:
    """Which rows hold a wanted byte."""
    rows = np.zeros(len(offsets) - 1, np.bool_)
    at = np.flatnonzero(wanted)
    if len(at):
        rows[np.searchsorted(offsets, at, side="right") - 1] = True
    return rows


def _mark_odd(offsets: Offsets, data: Bytes, odd: Flags) -> None:
    escaped = (data < 0x20) | (data == 0x22) | (data == 0x5C)
    if escaped.any():
        odd |= _in_rows(offsets, escaped)
    filled = np.flatnonzero(offsets[1:] > offsets[:-1])
    odd[filled[data[offsets[filled]] == 0x3D]] = True


def _is_capital(data: Bytes) -> Flags:
    return ((data >= 0x30) & (data <= 0x39)) | ((data >= 0x41) & (data <= 0x5A))


def _may_need_stripping(offsets: Offsets, data: Bytes) -> Flags:
    """Rows whose first or last character may be white space: by the bytes that begin and end such characters."""
    rows = np.zeros(len(offsets) - 1, np.bool_)
    filled = np.flatnonzero(offsets[1:] > offsets[:-1])
    first, last = data[offsets[filled]], data[offsets[filled + 1] - 1]
    blank = (first <= 0x20) | (last <= 0x20)
    # White space beyond ASCII begins with C2, E1, E2 or E3 80 80 and ends with one of a few bytes.
    wide = (first == 0xC2) | (first == 0xE1) | (first == 0xE2) | (first == 0xE3)
    ends = (last == 0x80) | ((last >= 0x81) & (last <= 0x8A)) | np.isin(last, [0x9F, 0xA0, 0xA8, 0xA9, 0xAF])
    maybe = filled[~blank & (wide | ends)]
    rows[filled[blank]] = True
    if len(maybe):
        rows[maybe] = _wide_blank_at_edge(offsets[maybe], offsets[maybe + 1], data)
    return rows


def _wide_blank_at_edge(start: Offsets, end: Offsets, data: Bytes) -> Flags:
    """Whether a text begins or ends with what may be white space of two or three bytes."""
    size = end - start
    first, second = data[start], data[np.minimum(start + 1, end - 1)]
    third = data[np.minimum(start + 2, end - 1)]
    begins = _wide_blank(first, second, third)
    a = data[np.maximum(end - 3, start)]
    b, c = data[np.maximum(end - 2, start)], data[end - 1]
    finishes = _wide_blank(a, b, c) | (b == 0xC2)
    found: Flags = (size >= 2) & (begins | finishes | (first == 0xC2))
    return found


def _wide_blank(a: Bytes, b: Bytes, c: Bytes) -> Flags:
    found: Flags = (
        ((a == 0xE3) & (b == 0x80) & (c == 0x80))
        | ((a == 0xE2) & ((b == 0x80) | (b == 0x81)))
        | ((a == 0xE1) & (b == 0x9A))
    )
    return found


def _may_hold_numbers(offsets: Offsets, data: Bytes) -> Flags:
    """Rows that may hold 17 digits in a row, full-width ones too."""
    rows = np.zeros(len(offsets) - 1, np.bool_)
    digit = (data >= 0x30) & (data <= 0x39)
    # Seventeen digits in a row cover a place divisible by eight and the eight after it.
    steps = np.flatnonzero(digit[:-8:8] & digit[4:-4:8][: len(digit[:-8:8])] & digit[8::8]) * 8
    if len(steps):
        rows[np.searchsorted(offsets, steps, side="right") - 1] = True
        rows[np.minimum(np.searchsorted(offsets, steps + 8, side="right") - 1, len(rows) - 1)] = True
    wide = np.flatnonzero(data[:-2] == 0xEF)
    if len(wide):
        wide = wide[(data[wide + 1] == 0xBC) & (data[wide + 2] >= 0x90) & (data[wide + 2] <= 0x99)]
        rows[np.searchsorted(offsets, wide, side="right") - 1] = True
    return rows


def _document_keys(column: pa.Array) -> pa.Array:
    """`document_key` of every text. Capitals, digits, hyphens and Chinese characters are their own key; of brackets
    the usual pair only is replaced over whole columns."""
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    bare = pc.replace_substring(pc.replace_substring(column, "〔", "["), "〕", "]")
    offsets, data = _buffers(bare)
    if not len(data):
        return bare
    # U+4E00 to U+9FFF and a little before: lead bytes E4 to E9; nothing among them has another compatibility form.
    fine = (data >= 0x80) & (data <= 0xBF) | (data >= 0xE4) & (data <= 0xE9) | _is_capital(data)
    fine |= (data == 0x5B) | (data == 0x5D) | (data == 0x2D)
    others = _in_rows(offsets, ~fine)
    at = np.flatnonzero(others)
    if not len(at):
        return bare
    keys = [document_key(text) for text in column.take(pa.array(at)).to_pylist()]
    return pc.replace_with_mask(bare, pa.array(others), pa.array(keys, pa.string()))


def _changed(
    column: pa.Array,
    rows: Flags,
    change: Callable[[str], str],
    worth: Callable[[str], Any] | None = None,
) -> pa.Array:
    """The column with the cells of some rows changed. ``worth``: asked first, where changing costs more."""
    import pyarrow.compute as pc

    at = np.flatnonzero(rows)
    if not len(at):
        return column
    texts = column.take(pa.array(at)).to_pylist()
    changed = [change(text) if worth is None or worth(text) else text for text in texts]
    if changed == texts:
        return column
    return pc.replace_with_mask(column, pa.array(rows), pa.array(changed, pa.string()))
