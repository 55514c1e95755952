"""Reading an authority's file as rows of text cells: CSV, TSV, Excel, JSON Lines or Parquet, text also packed.

A file is looked through as a whole first (``inspect``), so that a file with a broken place is refused before any of
its rows reaches the registry. ``rows`` then gives the rows, from any row on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .clauses import FileFormat
from .contract import Contract
from .delimited import delimited_rows
from .encoding import Text, find_encoding
from .errors import FileError
from .json_lines import CELL_LIMIT, json_rows
from .parquet import parquet_header, parquet_rows
from .source import Source, source_of
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

    ``encoding`` is a codec of Python, or the form itself where that knows no encodings. ``places`` gives for each
    column of the contract its place in a row, None where the file has not the column. ``text`` says how the
    encoding was found.
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
    source: Source | None = None
    text: Text | None = None


def inspect(path: Path, *, name: str, contract: Contract, encoding: str | None = None) -> Inspected:
    """Look a file through: its form, its encoding, its header, and that every row can be read.

    Args:
        path: where the bytes lie.
        name: what the sender calls the file; used in messages and to know the form.
        contract: the contract that it is sent under.
        encoding: the encoding as the sender states it; None to find it out.

    Raises:
        FileError: with file, row and column.
    """
    if path.stat().st_size == 0:
        raise FileError(code="file.empty", en="the file is empty.", zh="文件为空。", file=name)
    source = source_of(path, name=name)
    form = _format(source, contract)
    if form.format == "xlsx":
        sheet = read_sheet(path, name=name, column_limit=COLUMN_LIMIT, cell_limit=CELL_LIMIT)
        header = tuple(sheet.header)
        places = places_of(header, contract, name)
        return Inspected(path, name, form, "xlsx", header, places, len(sheet.rows), True, sheet, source)
    if form.format == "parquet":
        header, count = parquet_header(path, name=name)
        places = places_of(header, contract, name)
        for _ in parquet_rows(path, name=name):  # every row can be read
            pass
        found = Inspected(path, name, form, "parquet", header, places, count, True, None, source)
    else:
        text = find_encoding(source, encodings=form.encodings, stated=encoding)
        read = _json_file if form.format == "jsonl" else _delimited_file
        found = read(source, text, form, contract)
    if found.rows == 0:
        raise FileError(
            code="file.no_rows",
            en="the file has a header and no rows.",
            zh="文件只有表头，没有数据行。",
            file=name,
        )
    return found


def _json_file(source: Source, text: Text, form: FileFormat, contract: Contract) -> Inspected:
    names = tuple(column.name for column in contract.columns)
    count = sum(1 for _ in json_rows(source, encoding=text.encoding, names=names, contract=contract))
    places = tuple(range(len(names)))
    return Inspected(
        source.path, source.name, form, text.encoding, names, places, count, True, None, source, text
    )


def _delimited_file(source: Source, text: Text, form: FileFormat, contract: Contract) -> Inspected:
    read = delimited_rows(source, encoding=text.encoding, delimiter=form.delimiter)
    header = tuple(next(read, (1, []))[1])
    if not header:
        raise FileError(code="file.empty", en="the file is empty.", zh="文件为空。", file=source.name)
    places = places_of(header, contract, source.name)
    count = sum(1 for _ in read)
    formulas = text.may_hold_formulas
    return Inspected(
        source.path, source.name, form, text.encoding, header, places, count, formulas, None, source, text
    )


def rows(found: Inspected, *, contract: Contract, skip: int = 0) -> Iterator[Row]:
    """The rows of an inspected file, without the first ``skip``."""
    if found.sheet is not None:
        for at, cells in enumerate(found.sheet.rows[skip:], start=skip + 2):
            formulas = found.sheet.formulas.get(at, ())
            yield Row(at, cells, tuple(sorted({*formulas, *_equals(cells)})))
        return
    assert found.source is not None
    read: Iterator[tuple[int, list[str]]]
    if found.format.format == "parquet":
        read, skip = parquet_rows(found.path, name=found.name, skip=skip), 0
    elif found.format.format == "jsonl":
        read = json_rows(found.source, encoding=found.encoding, names=found.header, contract=contract)
    else:
        read = delimited_rows(found.source, encoding=found.encoding, delimiter=found.format.delimiter)
        next(read)
    for number, cells in read:
        if skip > 0:
            skip -= 1
            continue
        yield Row(number, cells, _equals(cells) if found.may_hold_formulas else ())


def _equals(cells: list[str]) -> tuple[int, ...]:
    return tuple(place for place, cell in enumerate(cells) if cell[:1] == "=")


def forms_of(contract: Contract) -> dict[str, FileFormat]:
    """The forms that a contract takes. One that takes CSV takes the same table with tabs and as Parquet."""
    listed = {form.format: form for form in contract.clauses.formats}
    if (table := listed.get("csv")) is not None:
        tabs = {"format": "tsv", "delimiter": "\t"}
        listed.setdefault("tsv", table.model_copy(update=tabs))
        listed.setdefault("parquet", table.model_copy(update={"format": "parquet"}))
    return dict(listed)


_BY_SUFFIX = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".tsv": "tsv", ".tab": "tsv", ".xlsx": "xlsx", ".parquet": "parquet",
}  # fmt: skip


def _format(source: Source, contract: Contract) -> FileFormat:
    """The form of a file: archives, workbooks and Parquet say so themselves, of text the name tells."""
    with source.open() as file:
        start = file.read(8)
    said = _BY_SUFFIX.get(Path(source.plain_name).suffix.lower(), "csv")
    form = "xlsx" if start.startswith(b"PK\x03\x04") else "parquet" if start.startswith(b"PAR1") else said
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refused(
            source.name,
            "file.old_excel",
            "this is an Excel file of the form before 2007, or one with a password. Save it as .xlsx without one",
            "这是2007年以前的Excel格式，或者设有密码。请另存为不设密码的.xlsx文件",
        )
    if said in ("xlsx", "parquet") and form == said and not start.startswith((b"PK\x03\x04", b"PAR1")):
        kind = {"xlsx": "Excel", "parquet": "Parquet"}[said]
        raise _refused(
            source.name,
            "file.not_readable",
            f"the name says {kind}, the content is not",
            f"文件名为{kind}，内容却不是",
        )
    if source.compression and form in ("xlsx", "parquet"):
        raise _refused(
            source.name,
            "file.packed_twice",
            "a workbook or a Parquet file is packed already; send it as it is",
            "工作簿和Parquet文件本身已压缩，请直接报送",
        )
    allowed = forms_of(contract)
    if form not in allowed:
        raise _refused(
            source.name,
            "file.format",
            f"the contract {contract.id} does not take {form}; it takes {', '.join(allowed)}",
            f"契约{contract.id}不接收{form}格式，只接收{'、'.join(allowed)}",
        )
    return allowed[form]


def places_of(header: tuple[str, ...], contract: Contract, name: str) -> tuple[int | None, ...]:
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
    change = contract.clauses.change
    # A file that says what each row does may hold nothing but keys.
    says_change = change is not None and places[contract.places[change.column]] is not None
    needed = contract.naming_columns if says_change else {column.name for column in contract.columns}
    missing = [
        column.name
        for column, place in zip(contract.columns, places, strict=True)
        if place is None and column.required and column.name in needed
    ]
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
