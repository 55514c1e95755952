"""Reading an Excel workbook safely: the archive is measured before it is opened, formulas are found in the sheet.

calamine gives the values that formulas had when the file was saved. A registry does not take values on trust that
another cell can change, so every formula cell is reported, by row and column.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from xml.etree.ElementTree import ParseError

from python_calamine import CalamineError, CalamineWorkbook

from .errors import FileError

#: The most bytes that a workbook may unpack to, and the most that one may unpack a byte to.
UNPACKED_LIMIT = 512 * 1024 * 1024
RATIO_LIMIT = 250
#: A small archive may be packed more tightly without harm.
RATIO_FREE = 8 * 1024 * 1024
#: The most cells of the rectangle that a sheet spans (it is held in memory).
AREA_LIMIT = 40_000_000

_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=\"([A-Z]{1,3})([0-9]{1,7})\"|<(?:\w+:)?f[\s>/]")
_DTD = re.compile(rb"<!DOCTYPE|<!ENTITY")
_OVERLAP = 512


@dataclass(frozen=True, slots=True)
class Sheet:
    """The one filled sheet of a workbook. ``formulas``: places (from 0) of formula cells by row number (from 1)."""

    header: list[str]
    rows: list[list[str]]
    formulas: dict[int, tuple[int, ...]]


def read_sheet(path: Path, *, name: str, column_limit: int, cell_limit: int) -> Sheet:
    """Read the one filled sheet of a workbook.

    Raises:
        FileError: a zip bomb, too wide or too long a sheet, several filled sheets, not a workbook.
    """
    formulas = _measure(path, name=name, column_limit=column_limit)
    try:
        workbook = CalamineWorkbook.from_path(path)
        filled = []
        for number in range(len(workbook.sheet_names)):
            values = workbook.get_sheet_by_index(number).to_python(skip_empty_area=False)
            if any(cell != "" for row in values for cell in row):
                filled.append((number, values))
    except (CalamineError, ParseError, ValueError, OSError) as error:
        raise _fault(
            name,
            "file.not_readable",
            f"this is not a workbook that can be read: {error}",
            f"无法读取该工作簿：{error}",
        ) from error
    if not filled:
        raise _fault(name, "file.empty", "the workbook is empty", "工作簿为空")
    if len(filled) > 1:
        raise _fault(
            name,
            "file.several_sheets",
            f"{len(filled)} sheets hold data; send one sheet, so that nothing is left behind",
            f"有{len(filled)}个工作表含有数据；请只保留一个，以免遗漏",
        )
    number, values = filled[0]
    table = [[_text(cell) for cell in row] for row in values]
    while table and not any(table[-1]):
        table.pop()
    width = max((at + 1 for at, cell in enumerate(table[0]) if cell), default=0)
    if width == 0:
        raise _fault(name, "file.no_header", "the first row holds no header", "第一行没有表头", row=1)
    rows = [_cut(row, width) for row in table[1:]]
    for at, row in enumerate(rows, start=2):
        for place, cell in enumerate(row):
            if len(cell) > cell_limit or "\x00" in cell:
                raise _fault(
                    name,
                    "file.cell_too_long",
                    "the cell is too long",
                    "单元格过长",
                    row=at,
                    column=_letters(place),
                )
    if not rows:
        raise _fault(name, "file.no_rows", "the file has a header and no rows", "文件只有表头，没有数据行")
    found = formulas[number] if number < len(formulas) else {}
    return Sheet(table[0][:width], rows, {row: tuple(places) for row, places in found.items()})


def _cut(row: list[str], width: int) -> list[str]:
    """A row as wide as the header; wider where cells beyond it are filled, so that they are noticed."""
    last = max((at + 1 for at, cell in enumerate(row) if cell), default=0)
    return row[: max(width, last)] + [""] * (width - len(row))


def _text(cell: object) -> str:
    """A value as text: whole numbers without a fraction, days as YYYY-MM-DD."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        midnight = cell.time() == time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell) if isinstance(cell, int | time | timedelta) else ""


def _fault(
    name: str, code: str, en: str, zh: str, *, row: int | None = None, column: str | None = None
) -> FileError:
    return FileError(code=code, en=en + ".", zh=zh + "。", file=name, row=row, column=column)


def _letters(place: int) -> str:
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _measure(path: Path, *, name: str, column_limit: int) -> list[dict[int, list[int]]]:
    """Unpack every part once in small blocks, count the bytes that really come, and look through the sheets.

    Returns:
        For each sheet, in the order of the workbook's parts, its formula cells.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > 2_000 or sum(part.file_size for part in parts) > UNPACKED_LIMIT:
                raise _bomb(name)
            if any(part.flag_bits & 1 for part in parts):
                raise _fault(name, "file.password", "the workbook has a password", "工作簿设有密码")
            budget = UNPACKED_LIMIT
            found: dict[str, dict[int, list[int]]] = {}
            for part in parts:
                if part.file_size > RATIO_FREE and part.file_size > RATIO_LIMIT * max(part.compress_size, 1):
                    raise _bomb(name)
                is_sheet = re.fullmatch(r"xl/worksheets/[^/]+\.xml", part.filename) is not None
                formulas = found.setdefault(part.filename, {}) if is_sheet else None
                budget -= _walk(archive, part, formulas, budget, name=name, column_limit=column_limit)
            return [found[part] for part in _sheet_order(archive, found)]
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise _fault(
            name,
            "file.not_readable",
            f"this is not a workbook that can be read: {error}",
            f"无法读取该工作簿：{error}",
        ) from error


def _bomb(name: str) -> FileError:
    return _fault(
        name,
        "file.zip_bomb",
        f"the workbook would unpack to far more than it is (at most {UNPACKED_LIMIT >> 20} MB are taken)",
        f"工作簿解压后过大（最多接收{UNPACKED_LIMIT >> 20} MB）",
    )


def _walk(
    archive: zipfile.ZipFile,
    part: zipfile.ZipInfo,
    formulas: dict[int, list[int]] | None,
    budget: int,
    *,
    name: str,
    column_limit: int,
) -> int:
    """Read one part to its end (its checksum is verified there). Returns how many bytes came."""
    size, tail, widest, last, column, row = 0, b"", 0, 0, 0, 0
    with archive.open(part) as stream:
        while block := stream.read(1 << 18):
            size += len(block)
            if size > budget:
                raise _bomb(name)
            if not part.filename.endswith((".xml", ".rels")):
                continue
            if _DTD.search(tail + block):
                raise _fault(
                    name, "file.not_readable", "the workbook declares entities", "工作簿含有实体声明"
                )
            if formulas is None:
                tail = block[-16:]
                continue
            data = tail + block
            # What begins near the end of a block is looked at again with the next one.
            end = max(len(data) - _OVERLAP, 0) if len(block) == 1 << 18 else len(data)
            used = 0
            for match in _CELL.finditer(data):
                if match.start() >= end:
                    break
                used = match.end()
                if match[1] is None:
                    formulas.setdefault(row, []).append(column - 1)
                else:
                    column, row = _number(match[1]), int(match[2])
                    widest, last = max(widest, column), max(last, row)
            tail = data[max(end, used) :]
    if widest > column_limit or widest * last > AREA_LIMIT:
        raise _fault(
            name,
            "file.too_large",
            f"the sheet spans {last:,} rows and {widest:,} columns",
            f"工作表范围达{last:,}行、{widest:,}列",
            row=last,
            column=_letters(widest - 1),
        )
    return size


def _sheet_order(archive: zipfile.ZipFile, found: dict[str, dict[int, list[int]]]) -> list[str]:
    """The sheets' parts in the order of the workbook, as ``xl/workbook.xml`` and its relations say."""
    try:
        book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    except KeyError as error:
        raise zipfile.BadZipFile(str(error)) from error
    targets: dict[str, str] = {}
    for relation in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", relations):
        identity = re.search(r'\bId="([^"]*)"', relation)
        target = re.search(r'\bTarget="([^"]*)"', relation)
        if identity and target:
            targets[identity[1]] = "xl/" + target[1].removeprefix("/xl/").removeprefix("xl/")
    ids = re.findall(r'<(?:\w+:)?sheet\b[^>]*\br:id="([^"]*)"', book)
    order = [targets.get(identity, "") for identity in ids]
    if any(part not in found for part in order):
        raise zipfile.BadZipFile("a sheet of the workbook has no part, or is a chart")
    return order
