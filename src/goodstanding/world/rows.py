"""Rows of a file, each with its true outcome, and how one contract's layout is told to the dirt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Literal, NamedTuple

from goodstanding.world.city import AuthorityEntry
from goodstanding.world.entities import Entity, Population

Cell = str | date
Disposition = Literal["committed", "unchanged", "superseding", "rejected"]


class TrueRow(NamedTuple):
    """A row and what must become of it.

    reason: machine code, empty unless rejected. column: where the first problem lies, empty when there is none or
    when it is the row's. dirt: the name of what was done to it, empty for a clean row.
    """

    cells: list[Cell]
    disposition: Disposition
    reason: str = ""
    column: str = ""
    dirt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns of a contract and the part that each plays. An empty part is one the contract has not.

    required: columns in which a missing value rejects the row. listed: columns with a code list, each with a
    value that is in no list. amount: a sum of money. text: a free text. long: a column with its first length that is
    too long. corrected: the text that a corrected row changes.
    """

    contract: str
    columns: tuple[str, ...]
    name: str
    code: str
    registration_no: str = ""
    organisation_code: str = ""
    date: str
    required: tuple[str, ...]
    listed: tuple[tuple[str, str], ...] = ()
    amount: str = ""
    text: str
    long: tuple[str, int] | None = None
    corrected: str
    remark: str = ""

    def at(self, column: str) -> int:
        """The place of a column in a row."""
        return self.columns.index(column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One file of records to make.

    clean: makes a clean row from (random, number of the row, entity, authority, population, finding date).
    found: draws the finding date. persons: share of rows on natural persons, for which the entity is None.
    """

    path: str
    layout: Layout
    authority: AuthorityEntry
    rows: int
    format: Literal["csv", "xlsx", "jsonl"]
    encoding: str
    clean: Callable[[Random, int, Entity | None, AuthorityEntry, Population, date], list[Cell]]
    found: Callable[[Random, date], date]
    persons: float = 0.0
