"""Files of rows, with their truth beside them. The same rows give the same bytes."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Final, Literal

import orjson
import xlsxwriter  # type: ignore[import-untyped]

from goodstanding.world.rows import Cell, TrueRow

Format = Literal["csv", "xlsx", "jsonl"]
TRUTH_COLUMNS: Final = ("row", "disposition", "reason", "column", "dirt")
_CHUNK: Final = 1_000
_CREATED: Final = datetime(2026, 1, 1)


class _CsvSink(AbstractContextManager["_CsvSink"]):
    """Comma-separated, every line ended by CR LF (RFC 4180)."""

    def __init__(self, path: Path, columns: Sequence[str], encoding: str) -> None:
        self._file = path.open("w", encoding=encoding, newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(columns)

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        self._writer.writerows(rows)

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._file.close()


class _JsonLinesSink(AbstractContextManager["_JsonLinesSink"]):
    """One JSON object a line; an empty cell is null."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._file = path.open("wb")
        self._columns = columns

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        for row in rows:
            line = {column: cell or None for column, cell in zip(self._columns, row, strict=True)}
            self._file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._file.close()


class _SpreadsheetSink(AbstractContextManager["_SpreadsheetSink"]):
    """One sheet. Texts are written as texts, also those that look like formulas; dates as date cells."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        self._book.set_properties({"created": _CREATED})
        self._date_format = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._sheet = self._book.add_worksheet("Sheet1")
        self._next = 0
        self.write([columns])

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        for row in rows:
            for place, cell in enumerate(row):
                if isinstance(cell, date):
                    midnight = datetime.combine(cell, time())
                    self._sheet.write_datetime(self._next, place, midnight, self._date_format)
                elif cell:
                    self._sheet.write_string(self._next, place, cell)
            self._next += 1

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._book.close()


def write(
    rows: Iterable[TrueRow],
    *,
    path: Path,
    truth: Path,
    columns: Sequence[str],
    file_format: Format,
    encoding: str,
    wrote: Callable[[int], None],
) -> Counter[tuple[str, str]]:
    """Write a file and its truth.

    Args:
        rows: in order. path, truth: where to. encoding: of a CSV file, by Python's name.
        wrote: told after each thousand rows how many more were written.
    Returns:
        How many rows have each (disposition, reason).
    """
    counts: Counter[tuple[str, str]] = Counter()
    sink: _CsvSink | _JsonLinesSink | _SpreadsheetSink
    if file_format == "csv":
        sink = _CsvSink(path, columns, encoding)
    elif file_format == "jsonl":
        sink = _JsonLinesSink(path, columns)
    else:
        sink = _SpreadsheetSink(path, columns)
    number = 0
    remaining = iter(rows)
    with sink, truth.open("w", encoding="utf-8", newline="") as answers:
        answers.write(",".join(TRUTH_COLUMNS) + "\r\n")
        while chunk := list(islice(remaining, _CHUNK)):
            sink.write([row.cells for row in chunk])
            lines = []
            for row in chunk:
                number += 1
                lines.append(f"{number},{row.disposition},{row.reason},{row.column},{row.dirt}\r\n")
            counts.update((row.disposition, row.reason) for row in chunk)
            answers.write("".join(lines))
            wrote(len(chunk))
    return counts
