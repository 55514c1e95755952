"""Generated facts for a pack: many at once, near the days on which something changes, and at every end of a month."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from goodstanding.law import Facts, Pack, add_months

MONTH_ENDS = tuple(
    date(year, month, calendar.monthrange(year, month)[1])
    for year in range(2000, 2101)
    for month in range(1, 13)
)
LENGTHS = (0, 1, 3, 6, 12, 24, 36, 60, 72, 84, 120)
DATES = tuple(field.name for field in fields(Facts) if field.name.endswith("_on"))
SCHEMA = pa.schema(
    [
        (
            field.name,
            pa.list_(pa.string())
            if field.name == "measures"
            else pa.decimal128(18, 2)
            if "amount" in field.name
            else pa.date32()
            if field.name in DATES
            else pa.bool_()
            if field.type == "bool"
            else pa.string(),
        )
        for field in fields(Facts)
    ]
)


class Generator:
    """Columns of facts for one pack, the same seed giving the same facts."""

    def __init__(self, pack: Pack, *, seed: int) -> None:
        self.pack = pack
        self.random = np.random.default_rng(seed)

    def records(self, count: int, *, on: date) -> list[Facts]:
        """So many facts. Their days lie at ends of months, and at lengths of the law from `on`, to the day."""
        days = self._days(on)
        found = self._pick(days, count)
        kinds = self._pick([kind.code for kind in self.pack.kinds], count, other="no_such_kind")
        columns: dict[str, list[Any]] = {
            "kind": kinds,
            "measures": self._measures(kinds),
            "subject": self._pick(["organisation"] * 9 + ["natural_person"], count),
            "amount_yuan": self._amounts([row.when.amount_yuan for row in self.pack.classification], count),
            "use_amount": self._amounts([row.when.use_amount for row in self.pack.exemptions], count),
            "stated": self._codes(self.pack.severities, count),
            "conduct": self._codes(self.pack.conducts, count),
            "use": self._codes(self.pack.uses, count),
            "sector": self._codes(self.pack.sectors, count, other="no_such_sector"),
            "found_on": found,
        }
        for field in fields(Facts):
            if field.type == "bool":
                usual = field.name in ("committed", "trained")
                columns[field.name] = (self.random.random(count) < (0.8 if usual else 0.2)).tolist()
            elif field.name in DATES and field.name != "found_on":
                columns[field.name] = self._some(self._pick(days, count), count, often=0.5)
        names = list(columns)
        return [Facts(**dict(zip(names, row, strict=True))) for row in zip(*columns.values(), strict=True)]

    def _days(self, on: date) -> list[date]:
        near = [
            add_months(on, sign * months) + timedelta(days=step)
            for months in LENGTHS
            for sign in (-1, 1)
            for step in (-1, 0, 1)
        ]
        return [*MONTH_ENDS, *near * (len(MONTH_ENDS) * 3 // len(near))]

    def _pick(self, pool: Sequence[Any], count: int, *, other: str | None = None) -> list[Any]:
        """Values of the pool; every one at least once when there is room; one in fifty `other`."""
        places = np.concatenate(
            [np.arange(len(pool)), self.random.integers(len(pool), size=max(0, count - len(pool)))]
        )[:count]
        self.random.shuffle(places)
        values = [pool[place] for place in places.tolist()]
        if other is not None:
            for place in self.random.integers(count, size=count // 50).tolist():
                values[place] = other
        return values

    def _some(self, values: list[Any], count: int, *, often: float) -> list[Any]:
        there = (self.random.random(count) < often).tolist()
        return [value if is_there else None for value, is_there in zip(values, there, strict=True)]

    def _codes(self, rows: Sequence[Any], count: int, *, other: str | None = None) -> list[Any]:
        if not rows:
            return [None] * count
        return self._some(
            self._pick([row.code for row in rows], count, other=other or "unheard_of"), count, often=0.6
        )

    def _amounts(self, bands: Sequence[Any], count: int) -> list[Decimal | None]:
        bounds = [self.pack.bound(bound) for band in bands if band for bound in (band.at_least, band.below)]
        pool = [Decimal(0), Decimal("999999999.99")]
        for bound in bounds:
            if bound is not None:
                pool += [Decimal(bound), bound - Decimal("0.01"), bound + Decimal("0.01")]
        pool = [amount for amount in pool if amount >= 0]
        return self._some(self._pick(pool, count), count, often=0.8)

    def _measures(self, kinds: Sequence[str]) -> list[frozenset[str]]:
        """Sets of measures where the kind carries them; elsewhere now and then all the same."""
        none: frozenset[str] = frozenset()
        codes = [measure.code for measure in self.pack.measures if measure.on_organisations] or ["fine"]
        persons = [measure.code for measure in self.pack.measures if not measure.on_organisations]
        pool = [none, none, *(frozenset({code}) for code in codes)] * 4
        pool += [
            frozenset(codes[place] for place in self.random.integers(len(codes), size=3).tolist())
            for _ in range(40)
        ]
        pool += [frozenset({"zz_unknown", codes[0]}), frozenset({"a_unknown", *persons}), frozenset(persons)]
        carrying = {kind.code for kind in self.pack.kinds if kind.measures}
        sets = self._pick(pool, len(kinds))
        odd = (self.random.random(len(kinds)) < 0.03).tolist()
        return [
            chosen if kind in carrying or is_odd else none
            for chosen, kind, is_odd in zip(sets, kinds, odd, strict=True)
        ]


def table(records: Sequence[Facts]) -> pa.Table:
    """The facts as a table of columns, with the row's number in `row`."""
    columns = {
        name: [getattr(record, name) for record in records] for name in SCHEMA.names if name != "measures"
    }
    columns["measures"] = [list(record.measures) for record in records]
    arrays = [pa.array(columns[name], SCHEMA.field(name).type) for name in SCHEMA.names]
    return pa.table([*arrays, pa.array(range(len(records)))], names=[*SCHEMA.names, "row"])
