"""What each column of a contract is to the pipeline, and under which short names the engines know it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from goodstanding.intake.clauses import Column
from goodstanding.intake.contract import Contract

Part = Literal["text", "subject_code", "table", "number"]

#: Patterns that mean the same to Python, RE2 and Java: literals and classes of ASCII letters and digits, counted.
_SAME_EVERYWHERE: Final = re.compile(r"\^(?:(?:\[[0-9A-Za-z-]+\]|[0-9A-Za-z])(?:\{\d+(?:,\d+)?\}|[*+])?)+\$")


@dataclass(frozen=True, slots=True)
class Place:
    """One column of a contract.

    ``part`` says how its cells become values: ``text`` stays as it is; ``subject_code`` is looked up among the known
    entities; of a ``table`` each distinct cell is read once by the row code; a ``number`` is checked by its shape.
    ``free`` text may hold personal numbers that are to be hidden; ``code`` cells are identifiers; ``key`` columns need
    the spelling under which two document numbers are equal.
    """

    name: str
    part: Part
    free: bool = False
    code: bool = False
    key: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a contract in its order. Cells are c0, c1 ...; keys of documents d0, d1 ... in an engine."""

    places: tuple[Place, ...]

    @property
    def cells(self) -> tuple[str, ...]:
        return tuple(f"c{at}" for at in range(len(self.places)))

    @property
    def tables(self) -> tuple[int, ...]:
        """Places of the columns whose distinct cells the row code reads."""
        return tuple(at for at, place in enumerate(self.places) if place.part == "table")

    @property
    def keys(self) -> tuple[int, ...]:
        """Places of the columns of which a document key is wanted."""
        return tuple(at for at, place in enumerate(self.places) if place.key)


def layout_of(contract: Contract) -> Layout:
    """The layout of a contract of records."""
    subject = contract.clauses.subject
    first = subject.codes[0].column if subject.codes and subject.codes[0].scheme == "uscc" else None
    return Layout(tuple(_place(column, first) for column in contract.columns))


def can_be_plain(contract: Contract) -> bool:
    """Whether rows of a contract of records can be plain: known by a unified code, with a window by law or none."""
    publication = contract.clauses.publication
    assert publication is not None
    known = any(place.part == "subject_code" for place in layout_of(contract).places)
    by_codes = contract.clauses.subject.identify_by == "codes"
    return known and by_codes and publication.decided in ("by_law", "not_published")


def _place(column: Column, subject_code: str | None) -> Place:
    scheme = column.clauses.scheme is not None
    if column.name == subject_code and scheme:
        return Place(column.name, "subject_code", code=True, key=False)
    if scheme:
        return Place(column.name, "table", code=True)
    if column.logical_type == "date" or column.clauses.code_list:
        return Place(column.name, "table", key=column.primary_key)
    if column.logical_type == "number":
        return Place(column.name, "number", key=column.primary_key)
    free = column.public and not column.primary_key
    pattern = column.logical_type_options.pattern
    if pattern is not None and not _SAME_EVERYWHERE.fullmatch(pattern):
        return Place(column.name, "table", free=free, key=column.primary_key)
    return Place(column.name, "text", free=free, key=column.primary_key)
