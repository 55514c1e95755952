"""Entries on the abnormal list and on the serious-dishonesty list."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Final

from goodstanding.law.months import add_months
from goodstanding.world.city import AuthorityEntry
from goodstanding.world.entities import Entity, Population
from goodstanding.world.offences import ABNORMAL_REASONS, SERIOUS_REASONS
from goodstanding.world.rows import Cell, Layout

COLUMNS: Final = tuple(
    ["MC", "TYSHXYDM", "ZCH", "JDWSH", "LRSY", "LRYJ", "LRRQ", "JDJG", "JDJGDM", "YCRQ", "BZ"]
)


def _layout(contract: str) -> Layout:
    return Layout(
        contract=contract,
        columns=COLUMNS,
        name="MC",
        code="TYSHXYDM",
        registration_no="ZCH",
        date="LRRQ",
        required=("MC", "LRYJ", "LRRQ"),
        text="LRSY",
        corrected="LRSY",
        remark="BZ",
    )


ABNORMAL: Final = _layout("abnormal-list")
SERIOUS: Final = _layout("serious-list")
REMOVED_SHARE: Final = 0.05
"""Share of abnormal-list entries that were already removed by the authority when they are reported."""


def _cells(
    number: int,
    entity: Entity | None,
    authority: AuthorityEntry,
    found: date,
    mark: str,
    why: tuple[str, str],
) -> list[Cell]:
    if entity is None:
        raise ValueError("only entities are entered on the lists")
    return [
        entity.name,
        entity.uscc,
        entity.registration_no,
        f"{authority.short}{mark}〔{found.year}〕{number + 1}号",
        why[0],
        why[1],
        found.isoformat(),
        authority.name_zh,
        authority.code,
        "",
        "",
    ]


def abnormal(
    random: Random,
    number: int,
    entity: Entity | None,
    authority: AuthorityEntry,
    population: Population,
    found: date,
) -> list[Cell]:
    """A clean entry on the abnormal list."""
    why = ABNORMAL_REASONS[int(random.random() * len(ABNORMAL_REASONS))]
    cells = _cells(number, entity, authority, found, "异列", why)
    if random.random() < REMOVED_SHARE:
        cells[ABNORMAL.at("YCRQ")] = min(add_months(found, 2), population.on).isoformat()
    return cells


def serious(
    random: Random,
    number: int,
    entity: Entity | None,
    authority: AuthorityEntry,
    population: Population,
    found: date,
) -> list[Cell]:
    """A clean entry on the serious-dishonesty list."""
    why = SERIOUS_REASONS[int(random.random() * len(SERIOUS_REASONS))]
    return _cells(number, entity, authority, found, "严列", why)
