"""Checking a chunk of rows against the contract, column by column: values, their one way of writing, reasons.

Dates, codes, code lists and authorities repeat from row to row, so each distinct text is read once and kept in a
small table per column. Free text is only measured and trimmed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from goodstanding.identity import is_uscc, standardise

from .clauses import Column
from .contract import Contract
from .personal import hide_numbers, may_hold_numbers
from .readers import Inspected, Row
from .reasons import Reason, reason
from .standardise import CALENDAR_NAMES, PLACES, plain, read_date, read_number

#: What a distinct text comes to: value, its one way of writing, and what is wrong (code and words), if anything.
Read = tuple[Any, str, tuple[str, dict[str, object]] | None]
_TABLE_LIMIT = 200_000
_EMPTY: Read = (None, "", None)


@dataclass(slots=True)
class Chunk:
    """Rows of one chunk after checking.

    ``numbers`` are row numbers of the file, ``raw`` the cells as they came; ``values`` and ``texts`` hold one list
    for each column of the contract, in its order; ``reasons`` says by place in the chunk what is wrong.
    """

    numbers: list[int]
    raw: list[list[str]]
    values: list[list[Any]]
    texts: list[list[str]]
    reasons: dict[int, list[Reason]] = field(default_factory=dict)
    unfit: frozenset[int] = frozenset()

    def refuse(self, at: int, why: Reason) -> None:
        """Add a reason to a row. A row whose cells cannot be trusted (``unfit``) takes no further ones."""
        if at not in self.unfit:
            self.reasons.setdefault(at, []).append(why)


class Checker:
    """Checks the rows of one file. Keeps what it has read of repeating texts between chunks."""

    def __init__(self, contract: Contract, found: Inspected, *, today: date) -> None:
        self._contract = contract
        self._found = found
        self._width = len(found.header)
        self._columns = [column_checker(contract, column, today=today) for column in contract.columns]

    def check(self, rows: Sequence[Row]) -> Chunk:
        """Check one chunk of rows."""
        width = self._width
        numbers = [row.number for row in rows]
        raw = [row.cells for row in rows]
        chunk = Chunk(numbers, raw, [], [])
        straight = raw
        if any(len(cells) != width for cells in raw):
            straight = list(raw)
            for at, cells in enumerate(raw):
                if len(cells) != width:
                    chunk.refuse(at, reason("row.column_count", found=len(cells), expected=width))
                    straight[at] = [""] * width
        for at, row in enumerate(rows):
            if row.formulas and at not in chunk.reasons:
                for place in row.formulas:
                    column = self._found.header[place] if place < width else None
                    chunk.refuse(at, reason("row.formula", column=column, value=row.cells[place]))
        chunk.unfit = frozenset(chunk.reasons)
        by_place = list(zip(*straight, strict=True)) if straight else [()] * width
        blank: tuple[str, ...] = ("",) * len(straight)
        for check, position in zip(self._columns, self._found.places, strict=True):
            values, texts, faults = check(by_place[position] if position is not None else blank)
            chunk.values.append(values)
            chunk.texts.append(texts)
            for at, why in faults:
                chunk.refuse(at, why)
        return chunk


#: Cells of a column to values, texts and reasons.
Check = Callable[[Sequence[str]], tuple[list[Any], list[str], list[tuple[int, Reason]]]]


def column_checker(contract: Contract, column: Column, *, today: date) -> Check:
    """What reads the cells of one column: values, their one way of writing, and reasons by place."""
    if column.logical_type == "string" and not column.clauses.code_list and not column.clauses.scheme:
        return _text_checker(column)
    return _table_checker(column, _reader(contract, column, today))


def _hidden(column: Column, value: str) -> str | None:
    """A value as a reason may show it."""
    return None if column.clauses.personal else hide_numbers(value)


def _text_checker(column: Column) -> Check:
    limit = column.logical_type_options.max_length
    pattern = re.compile(column.logical_type_options.pattern) if column.logical_type_options.pattern else None
    name, required = column.name, column.required
    free = column.public and not column.primary_key

    def check(cells: Sequence[str]) -> tuple[list[Any], list[str], list[tuple[int, Reason]]]:
        texts = [cell.strip() for cell in cells]
        if free and may_hold_numbers("\n".join(texts)):
            texts = [hide_numbers(text) for text in texts]
        faults: list[tuple[int, Reason]] = []
        if required and "" in texts:
            faults += [
                (at, reason("column.missing_value", column=name)) for at, t in enumerate(texts) if not t
            ]
        if limit is not None and max(map(len, texts), default=0) > limit:
            for at, text in enumerate(texts):
                if len(text) > limit:
                    shown = _hidden(column, text)
                    why = reason("column.too_long", column=name, value=shown, found=len(text), expected=limit)
                    faults.append((at, why))
        if pattern is not None:
            for at, text in enumerate(texts):
                if text and not pattern.search(text):
                    shown = _hidden(column, text)
                    why = reason(
                        "column.not_in_code_list", column=name, value=shown, expected=pattern.pattern
                    )
                    faults.append((at, why))
        return texts, texts, faults

    return check


def _table_checker(column: Column, read: Callable[[str], Read]) -> Check:
    table: dict[str, Read] = {}
    required = column.required

    def check(cells: Sequence[str]) -> tuple[list[Any], list[str], list[tuple[int, Reason]]]:
        if len(table) > _TABLE_LIMIT:
            table.clear()
        for cell in set(cells):
            if cell not in table:
                table[cell] = read(stripped) if (stripped := cell.strip()) else _EMPTY
        found = [table[cell] for cell in cells]
        faults: list[tuple[int, Reason]] = []
        for at, entry in enumerate(found):
            if entry[2] is not None:
                code, words = entry[2]
                shown = _hidden(column, cells[at].strip())
                faults.append((at, reason(code, column=column.name, value=shown, **words)))
            elif required and entry[0] is None:
                faults.append((at, reason("column.missing_value", column=column.name)))
        return [entry[0] for entry in found], [entry[1] for entry in found], faults

    return check


def _reader(contract: Contract, column: Column, today: date) -> Callable[[str], Read]:
    clauses = column.clauses
    if column.logical_type == "date":
        calendar, zh = CALENDAR_NAMES[clauses.calendar]
        month_first = column.logical_type_options.format == "MM/dd/yy"

        def read_day(text: str) -> Read:
            day = read_date(text, calendar=clauses.calendar, month_first=month_first)
            if day is None:
                return None, text, ("column.not_a_date", {"calendar": calendar, "calendar_zh": zh})
            if clauses.not_in_future and day > today:
                return day, day.isoformat(), ("column.future_date", {})
            return day, day.isoformat(), None

        return read_day
    if column.logical_type == "number":
        minimum = column.logical_type_options.minimum

        def read_amount(text: str) -> Read:
            number = read_number(text)
            if number is None:
                return None, text, ("column.not_a_number", {"places": PLACES})
            if minimum is not None and number < Decimal(minimum):
                return number, plain(number), ("column.negative", {})
            return number, plain(number), None

        return read_amount
    if clauses.code_list:
        return _code_reader(contract.clauses.code_lists[clauses.code_list], clauses.separators)
    return _read_code


def _read_code(text: str) -> Read:
    """A code, standardised. A citizen number in its place is looked at and never shown."""
    code = standardise(text)
    return code or None, code if is_uscc(code) else hide_numbers(code), None


def _code_reader(codes: dict[str, str], separators: str | None) -> Callable[[str], Read]:
    """A value of a list, or several of them. A listed value that ends in * stands for all that begin so."""
    opened = {value[:-1]: code for value, code in codes.items() if value.endswith("*")}
    words: dict[str, object] = {"expected": ", ".join(value.removesuffix("*") for value in codes)}
    split = re.compile(f"[{re.escape(separators)}]") if separators else None

    def one(part: str) -> str | None:
        if part in codes:
            return codes[part]
        return next((code for start, code in opened.items() if part.startswith(start)), None)

    def read(text: str) -> Read:
        parts = [part.strip() for part in split.split(text)] if split else [text]
        parts = [part for part in parts if part]
        found = [one(part) for part in parts]
        if not parts or None in found:
            return None, text, ("column.not_in_code_list", words)
        return (tuple(dict.fromkeys(found)) if split else found[0]), "、".join(dict.fromkeys(parts)), None

    return read
