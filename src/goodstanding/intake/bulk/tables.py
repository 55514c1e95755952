"""What distinct cells come to, read once each by the row code, as small tables to join with.

Dates, code lists and codes repeat from row to row, so the rule stays where it is (`checks`), and columns look its
answers up. The same holds for what the law says of distinct facts (`facts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.intake.checks import column_checker

from .job import Job

_MOST_KEPT = 200_000


class CellTables:
    """Tables of the columns whose cells the row code reads. Keeps what it has read from slice to slice."""

    def __init__(self, job: Job) -> None:
        self._job = job
        columns = job.contract.columns
        self._checks = {
            at: column_checker(job.contract, columns[at], today=job.today) for at in job.layout.tables
        }
        self._values: dict[int, dict[Any, int]] = {at: {None: 0} for at in self._checks}
        self._rows: dict[int, dict[str, tuple[Any, ...]]] = {at: {} for at in self._checks}

    def table(self, at: int, cells: Sequence[str]) -> pa.Table:
        """The table of one column for these distinct cells.

        Columns, each with the prefix t<at>_: cell; fine (nothing is wrong with it); text, the one way of writing;
        value; place, a number for each distinct value; of an issuer or source also authority (its code) and
        prefix (where a natural key begins).
        """
        rows = self._rows[at]
        if len(rows) > _MOST_KEPT:
            rows.clear()
        new = [cell for cell in cells if cell not in rows]
        values, texts, faults = self._checks[at](new)
        wrong = {place for place, _ in faults}
        column = self._job.contract.columns[at]
        authority = column.name in (self._job.record.issuer, self._job.record.source)
        numbers = self._values[at]
        for place, (cell, value, text) in enumerate(zip(new, values, texts, strict=True)):
            number = numbers.setdefault(value, len(numbers))
            pk = self._authority(text, column.name) if authority else 0
            fine = place not in wrong and (pk > 0 or not authority)
            rows[cell] = (cell, fine, text, value, number, text, self.prefix(pk))
        wanted = [rows[cell] for cell in cells]
        cell, fine, text, value, number, code, prefix = zip(*wanted, strict=True) if wanted else [()] * 7
        kind = pa.date32() if column.logical_type == "date" else pa.string()
        if column.clauses.separators:
            kind, value = pa.list_(pa.string()), [list(item) if item else [] for item in value]
        found = {
            "cell": pa.array(cell, pa.string()),
            "fine": pa.array(fine, pa.bool_()),
            "text": pa.array(text, pa.string()),
            "value": pa.array(value, kind),
            "place": pa.array(number, pa.int32()),
        }
        if authority:
            found["authority"] = pa.array(code, pa.string())
            found["prefix"] = pa.array(prefix, pa.string())
        return pa.table({f"t{at}_{name}": column for name, column in found.items()})

    def _authority(self, code: str, column: str) -> int:
        """The id of a registered authority that may stand in the column; 0 for none."""
        found = self._job.authorities.get(code)
        if found is None or (column == self._job.record.source and self._job.builder.barred({code})):
            return 0
        return found.pk

    def values(self, at: int) -> dict[int, Any]:
        """Every value met so far by its number."""
        return {number: value for value, number in self._values[at].items()}

    def prefix(self, issuer: int) -> str:
        """Where the natural keys of an issuer's records begin."""
        return f"{self._job.contract.clauses.item}\0{issuer}\0"
