"""Reading Parquet: the columns of the contract as text cells, a thousand rows at a time. Needs the extra `columns`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from typing import Any

from .errors import FileError
from .json_lines import CELL_LIMIT

_ROWS = 1_000


def parquet_header(path: Path, *, name: str) -> tuple[tuple[str, ...], int]:
    """The names of the columns and the number of rows.

    Raises:
        FileError: not Parquet, no extra here, a column that is no text, number, day or truth value.
    """
    with _opened(path, name) as file:
        for column in file.schema_arrow:
            if not _is_plain(column.type):
                raise FileError(
                    code="file.not_readable",
                    en=f"a column of the type {column.type} cannot be a cell; send text, numbers or days.",
                    zh=f"列的类型{column.type}不能作为单元格；请改为文本、数字或者日期。",
                    file=name,
                    column=column.name[:60],
                )
        return tuple(file.schema_arrow.names), file.metadata.num_rows


def parquet_rows(path: Path, *, name: str, skip: int = 0) -> Iterator[tuple[int, list[str]]]:
    """The rows as text cells with their numbers; the first is row 2, as below a header.

    Raises:
        FileError: the file is damaged, a cell is too long.
    """
    number = 1
    with _opened(path, name) as file:
        names = file.schema_arrow.names
        batches = file.iter_batches(batch_size=_ROWS)
        while True:
            try:
                batch = next(batches, None)
            except (OSError, ValueError, ArithmeticError) as error:
                raise _damaged(name, error, row=number + 1) from error
            if batch is None:
                return
            if number - 1 + batch.num_rows <= skip:
                number += batch.num_rows
                continue
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                number += 1
                if number - 1 <= skip:
                    continue
                cells = [_cell(value) for value in row]
                for column, cell in zip(names, cells, strict=True):
                    if len(cell) > CELL_LIMIT or "\x00" in cell:
                        raise FileError(
                            code="file.cell_too_long" if len(cell) > CELL_LIMIT else "file.nul",
                            en=f"the cell is longer than {CELL_LIMIT:,} characters or holds a NUL byte.",
                            zh=f"单元格超过{CELL_LIMIT:,}个字符，或者含有空字符（NUL）。",
                            file=name,
                            row=number,
                            column=column,
                        )
                yield number, cells


def _opened(path: Path, name: str) -> Any:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise FileError(
            code="file.needs_extra",
            en="Parquet is read with the extra `columns`: pip install 'goodstanding[columns]'. Or send CSV.",
            zh="读取Parquet需要安装扩展columns：pip install 'goodstanding[columns]'；或者改用CSV。",
            file=name,
        ) from error
    try:
        return ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception, *, row: int | None = None) -> FileError:
    said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return FileError(
        code="file.not_readable",
        en=f"this Parquet file cannot be read: {said}.",
        zh=f"无法读取该Parquet文件：{said}。",
        file=name,
        row=row,
    )


def _is_plain(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    return any(
        check(kind)
        for check in (
            types.is_string, types.is_large_string, types.is_string_view, types.is_integer, types.is_floating,
            types.is_decimal, types.is_date, types.is_timestamp, types.is_boolean, types.is_null,
        )
    )  # fmt: skip


def _cell(value: object) -> str:
    """A value as text, as a spreadsheet's cell is: days as YYYY-MM-DD, whole numbers without a fraction."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    return str(value)
