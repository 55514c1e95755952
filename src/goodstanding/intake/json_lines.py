"""Reading JSON Lines: one object a line, its values as text cells in the contract's order."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from .contract import Contract
from .errors import FileError
from .source import Source

#: The longest cell, in characters; longer ones are a broken file or an attack.
CELL_LIMIT = 131_072
#: The longest line, in characters.
LINE_LIMIT = 64 * CELL_LIMIT


def json_rows(
    source: Source, *, encoding: str, names: tuple[str, ...], contract: Contract
) -> Iterator[tuple[int, list[str]]]:
    """Objects of JSON Lines as rows. Numbers keep the digits in which they were written."""
    alias = {column.business_name: column.name for column in contract.columns} | {n: n for n in names}
    required = [column.name for column in contract.columns if column.required]
    name = source.name
    with source.open() as packed, io.TextIOWrapper(packed, encoding=encoding, newline="") as file:
        for number, line in enumerate(iter(lambda: file.readline(LINE_LIMIT + 1), ""), start=1):
            if len(line) > LINE_LIMIT:
                raise _refused(
                    name,
                    "file.cell_too_long",
                    f"the line is longer than {LINE_LIMIT:,} characters",
                    f"该行超过{LINE_LIMIT:,}个字符",
                    row=number,
                )
            if not line.strip():
                continue
            try:
                value = json.loads(line, parse_float=str, parse_int=str, parse_constant=_no_constant)
            except (ValueError, RecursionError) as error:
                raise _refused(
                    name, "file.json", f"not JSON: {error}", f"不是JSON：{error}", row=number
                ) from error
            if not isinstance(value, dict):
                raise _refused(
                    name, "file.json", "a line holds one object", "每行应为一个JSON对象", row=number
                )
            cells = dict.fromkeys(names, "")
            for key, cell in value.items():
                column = alias.get(key)
                if column is None:
                    raise FileError(
                        code="file.unknown_column",
                        en=f"the contract {contract.id} has no such column. Is the contract the right one?",
                        zh=f"契约{contract.id}没有该列。请核对所选契约。",
                        file=name,
                        row=number,
                        column=key[:60],
                    )
                cells[column] = _json_cell(cell, name=name, row=number, column=key)
            absent = [key for key in required if key not in {alias[key] for key in value}]
            if absent and number == 1:
                raise FileError(
                    code="file.missing_column",
                    en=f"the first object lacks {', '.join(absent)}, which the contract {contract.id} requires.",
                    zh=f"首行缺少契约{contract.id}要求的列：{'、'.join(absent)}。",
                    file=name,
                    row=number,
                    column=absent[0],
                )
            yield number, list(cells.values())


def _no_constant(text: str) -> str:
    raise ValueError(f"{text} is not a JSON number")


def _json_cell(cell: object, *, name: str, row: int, column: str) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        raise _refused(
            name,
            "file.json",
            "a value is text, a number or null",
            "取值应为文本、数字或者null",
            row=row,
            column=column,
        )
    if len(cell) > CELL_LIMIT:
        raise _refused(
            name,
            "file.cell_too_long",
            f"the cell is longer than {CELL_LIMIT:,} characters",
            f"单元格超过{CELL_LIMIT:,}个字符",
            row=row,
            column=column,
        )
    if "\x00" in cell or (not cell.isprintable() and any("\ud800" <= c <= "\udfff" for c in cell)):
        raise _refused(
            name,
            "file.nul",
            "the cell holds a NUL byte or half a character",
            "单元格含有空字符或者半个字符",
            row=row,
            column=column,
        )
    return cell


def _refused(name: str, code: str, en: str, zh: str, **place: Any) -> FileError:
    return FileError(code=code, en=en + ".", zh=zh + "。", file=name, **place)
