"""Bills of the waterworks."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Final

from goodstanding.world.city import AuthorityEntry
from goodstanding.world.entities import Entity, Population
from goodstanding.world.rows import Cell, Layout

LAYOUT: Final = Layout(
    contract="utility-payments",
    columns=("MC", "TYSHXYDM", "ZDBH", "YWLX", "YHBH", "ZQ", "ZDRQ", "JZRQ", "JE", "JFRQ", "JFZT"),
    name="MC",
    code="TYSHXYDM",
    date="ZDRQ",
    required=("MC", "ZDBH", "ZQ", "ZDRQ"),
    listed=(("YWLX", "油"), ("JFZT", "不详")),
    amount="JE",
    text="YHBH",
    long=("YHBH", 80),
    corrected="YHBH",
)

PAYMENT: Final = {"已缴": 92, "逾期缴纳": 5, "欠缴": 3}
"""States of 100 bills."""
_PAYMENT: Final = tuple(state for state, weight in PAYMENT.items() for _ in range(weight))


def clean(
    random: Random,
    number: int,
    entity: Entity | None,
    authority: AuthorityEntry,
    population: Population,
    found: date,
) -> list[Cell]:
    """A clean row."""
    if entity is None:
        raise ValueError("bills are of entities only")
    rnd = random.random
    due = found + timedelta(days=30)
    state = _PAYMENT[int(rnd() * 100)]
    paid = (
        found + timedelta(days=1 + int(rnd() * 28))
        if state == "已缴"
        else due + timedelta(days=1 + int(rnd() * 60))
    )
    if paid > population.on:
        state = "欠缴"
    return [
        entity.name,
        entity.uscc,
        f"{authority.short}{found:%Y%m}-{number:09d}",
        "水",
        f"Y{entity.number:09d}",
        f"{found:%Y-%m}",
        found.isoformat(),
        due.isoformat(),
        f"{20 + int(rnd() * 500_000) / 100:.2f}",
        "" if state == "欠缴" else paid.isoformat(),
        state,
    ]
