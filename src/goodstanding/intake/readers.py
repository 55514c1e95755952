"""Reading an authority's file: CSV, Excel or JSON Lines, as rows of text cells in the contract's order.

A file is looked through as a whole first (``inspect``), so that a file with a broken place is refused before any of
its rows reaches the registry. ``rows`` then gives the rows, from any row on. A cell is None where the sheet holds a
formula instead of a value.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from .clauses import FileFormat
from .contract import Contract
from .encoding import Text, find_encoding
from .errors import FileError
from .json_lines import CELL_LIMIT, json_rows
from .spreadsheet import Sheet, read_sheet

#: The most columns a file may have.
COLUMN_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its number as a spreadsheet shows it, its cells in the file's order, and where formulas stand."""

    number: int
    cells: list[str]
    formulas: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file that can be read from its first row to its last.

    ``places`` gives for each column of the contract its place in a row, None where the file has not the column.
    """

    path: Path
    name: str
    format: FileFormat
    encoding: str
    header: tuple[str, ...]
    places: tuple[int | None, ...]
    rows: int
    may_hold_formulas: bool
    sheet: Sheet | None = field(default=None, repr=False, compare=False)


def inspect(path: Path, *, name: str, contract: Contract) -> Inspected:
    """Look a file through: its form, its encoding, its header, and that every row can be read.

    Args:
        path: where the bytes lie.
        name: what the sender calls the file; used in messages and to know the form.
        contract: the contract that it is sent under.

    Raises:
        FileError: with file, row and column.
    """
    if path.stat().st_size == 0:
        raise FileError(code="file.empty", en="the file is empty.", zh="文件为空。", file=name)
    form = _format(path, name, contract)
    if form.format == "xlsx":
        sheet = read_sheet(path, name=name, column_limit=COLUMN_LIMIT, cell_limit=CELL_LIMIT)
        header = tuple(sheet.header)
        places = _places(header, contract, name)
        return Inspected(path, name, form, "xlsx", header, places, len(sheet.rows), True, sheet)
    text = find_encoding(path, name=name, encodings=form.encodings)
    if form.format == "jsonl":
        names = tuple(column.name for column in contract.columns)
        count = sum(
            1 for _ in json_rows(path, encoding=text.encoding, name=name, names=names, contract=contract)
        )
        found = Inspected(path, name, form, text.encoding, names, tuple(range(len(names))), count, True)
    else:
        found = _inspect_csv(path, text, name=name, form=form, contract=contract)
    if found.rows == 0:
        raise FileError(
            code="file.no_rows",
            en="the file has a header and no rows.",
            zh="文件只有表头，没有数据行。",
            file=name,
        )
    return found


def rows(found: Inspected, *, contract: Contract, skip: int = 0) -> Iterator[Row]:
    """The rows of an inspected file, without the first ``skip``."""
    if found.sheet is not None:
        for at, cells in enumerate(found.sheet.rows[skip:], start=skip + 2):
            formulas = found.sheet.formulas.get(at, ())
            yield Row(at, cells, tuple(sorted({*formulas, *_equals(cells)})))
        return
    if found.format.format == "jsonl":
        source = json_rows(
            found.path, encoding=found.encoding, name=found.name, names=found.header, contract=contract
        )
        for line, cells in source:
            if skip > 0:
                skip -= 1
                continue
            yield Row(line, cells, _equals(cells))
        return
    with _open(found.path, found.encoding) as file:
        reader = _csv_reader(file, found.format)
        next(reader)
        number = 1
        for cells in reader:
            number += 1
            if not cells:
                continue
            if skip > 0:
                skip -= 1
                continue
            yield Row(number, cells, _equals(cells) if found.may_hold_formulas else ())


def _equals(cells: list[str]) -> tuple[int, ...]:
    return tuple(place for place, cell in enumerate(cells) if cell[:1] == "=")


def _format(path: Path, name: str, contract: Contract) -> FileFormat:
    """The form of a file: a zip archive is a spreadsheet, otherwise its name tells."""
    allowed = {form.format: form for form in contract.clauses.formats}
    suffix = Path(name).suffix.lower()
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK\x03\x04"):
        form = "xlsx"
    elif start.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileError(
            code="file.old_excel",
            en="this is an Excel file of the form before 2007, or one with a password. Save it as .xlsx without one.",
            zh="这是2007年以前的Excel格式，或者设有密码。请另存为不设密码的.xlsx文件。",
            file=name,
        )
    else:
        form = {".jsonl": "jsonl", ".ndjson": "jsonl", ".xlsx": "xlsx"}.get(suffix, "csv")
        if form == "xlsx":
            raise FileError(
                code="file.not_readable",
                en="the name says Excel, the content is not.",
                zh="文件名为Excel，内容却不是。",
                file=name,
            )
    if form not in allowed:
        raise FileError(
            code="file.format",
            en=f"the contract {contract.id} does not take {form}; it takes {', '.join(allowed)}.",
            zh=f"契约{contract.id}不接收{form}格式，只接收{'、'.join(allowed)}。",
            file=name,
        )
    return allowed[form]


def _places(header: tuple[str, ...], contract: Contract, name: str) -> tuple[int | None, ...]:
    """Find each column of the contract in the header, by its code or its Chinese name."""
    given = [cell.strip() for cell in header]
    if len(given) > COLUMN_LIMIT:
        raise _refused(
            name, "file.too_many_columns", f"more than {COLUMN_LIMIT} columns", f"列数超过{COLUMN_LIMIT}"
        )
    known: dict[str, int] = {}
    for number, column in enumerate(contract.columns):
        known[column.business_name] = number
    for number, column in enumerate(contract.columns):
        known[column.name] = number
    places: list[int | None] = [None] * len(contract.columns)
    for place, cell in enumerate(given):
        at = known.get(cell)
        if at is None:
            raise FileError(
                code="file.unknown_column",
                en=f"the contract {contract.id} has no such column; nothing enters that the catalogue does not list."
                " Is the contract the right one?",
                zh=f"契约{contract.id}没有该列；目录以外的信息不予接收。请核对所选契约。",
                file=name,
                row=1,
                column=cell[:60] or f"{place + 1}",
            )
        if places[at] is not None:
            raise FileError(
                code="file.column_twice",
                en="the column stands twice.",
                zh="该列重复。",
                file=name,
                row=1,
                column=cell,
            )
        places[at] = place
    missing = [c.name for c, p in zip(contract.columns, places, strict=True) if p is None and c.required]
    if missing:
        raise FileError(
            code="file.missing_column",
            en=f"the header lacks {', '.join(missing)}, which the contract {contract.id} requires.",
            zh=f"表头缺少契约{contract.id}要求的列：{'、'.join(missing)}。",
            file=name,
            row=1,
            column=missing[0],
        )
    return tuple(places)


def _refused(name: str, code: str, en: str, zh: str, **place: Any) -> FileError:
    return FileError(code=code, en=en + ".", zh=zh + "。", file=name, **place)


def _open(path: Path, encoding: str) -> TextIO:
    return path.open(encoding=encoding, newline="")


def _csv_reader(file: TextIO, form: FileFormat) -> Any:
    csv.field_size_limit(CELL_LIMIT)
    return csv.reader(file, delimiter=form.delimiter, strict=True)


def _inspect_csv(path: Path, text: Text, *, name: str, form: FileFormat, contract: Contract) -> Inspected:
    header: tuple[str, ...] | None = None
    number = count = 0
    with _open(path, text.encoding) as file:
        reader = _csv_reader(file, form)
        try:
            for cells in reader:
                number += 1
                if header is None:
                    header = tuple(cells)
                    places = _places(header, contract, name)
                elif cells:
                    count += 1
        except csv.Error as error:
            raise _csv_fault(
                path, text, form, name=name, row=number + 1, header=header, error=error
            ) from error
    if header is None:
        raise FileError(code="file.empty", en="the file is empty.", zh="文件为空。", file=name)
    return Inspected(path, name, form, text.encoding, header, places, count, text.may_hold_formulas)


def _csv_fault(
    path: Path,
    text: Text,
    form: FileFormat,
    *,
    name: str,
    row: int,
    header: tuple[str, ...] | None,
    error: csv.Error,
) -> FileError:
    """Say where in the row the fault lies: the csv module knows the line only."""
    with _open(path, text.encoding) as file:
        reader = _csv_reader(file, form)
        for _ in range(row - 1):
            next(reader)
        # The reader reads line by line, so the file stands at the first line of the faulty row.
        column, too_long = _faulty_cell(file, form.delimiter)
    names = header or ()
    shown = names[column].strip() if column < len(names) else str(column + 1)
    if too_long or "field larger" in str(error):
        return FileError(
            code="file.cell_too_long",
            en=f"the cell is longer than {CELL_LIMIT:,} characters, or a quotation mark opens there and never closes.",
            zh=f"单元格超过{CELL_LIMIT:,}个字符，或者此处的引号没有闭合。",
            file=name,
            row=row,
            column=shown,
        )
    return FileError(
        code="file.quotes",
        en='quotation marks are broken: a cell with quotes is "quoted", and a quote inside it is doubled ("").',
        zh='引号有误：含引号的单元格应加引号，其中的引号应双写（""）。',
        file=name,
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
                elif character in "\r\n":
                    return column, False
                else:
                    return column, False
            elif character in "\r\n":
                return column, False
            else:
                state = "plain"
    return column, False
