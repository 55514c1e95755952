"""The cells of a row that came back, by the names that its contract gives the columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from goodstanding.intake.contract import load_contract
from goodstanding.intake.errors import IntakeError
from goodstanding.intake.models import Batch

from .language import language


@dataclass(frozen=True, slots=True)
class Cell:
    """A filled cell: its column as the file heads it, the column's name, and what stands in it."""

    column: str
    name: str
    value: str


def cells_of(batch: Batch, values: Sequence[str]) -> list[Cell]:
    """The filled cells of a row of a batch. A column that the contract does not know has no name."""
    names = column_names(batch.contract)
    return [
        Cell(column, names.get(column, ""), value)
        for column, value in zip(batch.header, values, strict=False)
        if value.strip()
    ]


def column_names(contract_id: str) -> dict[str, str]:
    """The names of a contract's columns in the page's language; none where it cannot be read any more."""
    try:
        columns = load_contract(contract_id).columns
    except IntakeError:
        return {}  # names are a help to the reader; the row is shown by its own heads
    chinese = language() == "zh"
    return {one.name: one.business_name if chinese else one.clauses.name_en for one in columns}
