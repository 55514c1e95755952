"""Reading separated text (CSV, TSV): rows by RFC 4180, and the place of a fault where a row breaks it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from .errors import FileError
from .json_lines import CELL_LIMIT
from .source import Source


def delimited_rows(source: Source, *, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file with their numbers, the header as row 1. Blank rows are counted and left out.

    Raises:
        FileError: quotes are broken, a cell is too long; with row and column.
    """
    csv.field_size_limit(CELL_LIMIT)
    header: list[str] | None = None
    number = 0
    with opened(source, encoding) as file:
        try:
            for cells in csv.reader(file, delimiter=delimiter, strict=True):
                number += 1
                if header is None:
                    header = cells
                if cells or number == 1:
                    yield number, cells
        except csv.Error as error:
            raise _fault(
                source, encoding, delimiter, row=number + 1, header=header or [], error=error
            ) from error


@contextmanager
def opened(source: Source, encoding: str) -> Iterator[TextIO]:
    """The text of a file, its line ends as they are."""
    with source.open() as file:
        yield io.TextIOWrapper(file, encoding=encoding, newline="")


def _fault(
    source: Source, encoding: str, delimiter: str, *, row: int, header: list[str], error: csv.Error
) -> FileError:
    """Say where in the row the fault lies: the csv module knows the line only."""
    with opened(source, encoding) as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        for _ in range(row - 1):
            next(reader)
        # The reader reads line by line, so the file stands at the first line of the faulty row.
        column, too_long = _faulty_cell(file, delimiter)
    shown = header[column].strip() if column < len(header) else str(column + 1)
    if too_long or "field larger" in str(error):
        return FileError(
            code="file.cell_too_long",
            en=f"the cell is longer than {CELL_LIMIT:,} characters, or a quotation mark opens there and never closes.",
            zh=f"单元格超过{CELL_LIMIT:,}个字符，或者此处的引号没有闭合。",
            file=source.name,
            row=row,
            column=shown,
        )
    return FileError(
        code="file.quotes",
        en='quotation marks are broken: a cell with quotes is "quoted", and a quote inside it is doubled ("").',
        zh='引号有误：含引号的单元格应加引号，其中的引号应双写（""）。',
        file=source.name,
        row=row,
        column=shown,
    )


def _faulty_cell(file: TextIO, delimiter: str) -> tuple[int, bool]:
    """Walk one row by the rules of RFC 4180. Returns the place of the faulty cell and whether it is too long."""
    column, length, state = 0, 0, "start"
    while text := file.readline():
        for character in text:
            length += 1
            if length > CELL_LIMIT:
                return column, True
            if state == "quoted":
                if character == '"':
                    state = "quote"
            elif character == delimiter:
                column, length, state = column + 1, 0, "start"
            elif state == "start" and character == '"':
                state = "quoted"
            elif state == "quote":
                if character == '"':
                    state = "quoted"
                else:
                    return column, False
            elif character in "\r\n":
                return column, False
            else:
                state = "plain"
    return column, False
