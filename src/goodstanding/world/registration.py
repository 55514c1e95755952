"""The registration file: one row for each entity, and a few more that repeat, correct, rename or contradict."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from goodstanding.identity import disagree
from goodstanding.world import dirt
from goodstanding.world.entities import Entity, Population
from goodstanding.world.feeds import BLOCK
from goodstanding.world.rows import Cell, TrueRow

CONTRACT: Final = "registration"
COLUMNS: Final = tuple(
    [
        "TYSHXYDM",
        "ZCH",
        "ZZJGDM",
        "MC",
        "YWMC",
        "ZTLB",
        "LX",
        "ZCRQ",
        "XZQH",
        "DZ",
        "ZCZB",
        "ZT",
        "CYM",
        "FDDBR",
    ]
)
_AT: Final = {column: place for place, column in enumerate(COLUMNS)}


def rows(population: Population, *, seed: int) -> Iterator[TrueRow]:
    """The rows of the registration file, block by block; what follows up on a row stands at its block's end."""
    for first in range(0, population.size, BLOCK):
        random = Random(f"{seed}/registration/{first // BLOCK}")
        later: list[TrueRow] = []
        for number in range(first, min(first + BLOCK, population.size)):
            entity = population.entity(number)
            yield _row(entity, random)
            if entity.oddity in _FOLLOWED:
                later.extend(_follow_up(entity, random, population))
        yield from later


_FOLLOWED: Final = frozenset({"exact_duplicate", "corrected_row", "renamed", "code_of_another"})


def _cells(entity: Entity) -> list[Cell]:
    return [
        entity.uscc,
        entity.registration_no,
        entity.organisation_code,
        entity.name,
        entity.name_en,
        entity.subject_class,
        entity.type,
        entity.registered_on.isoformat(),
        entity.division,
        entity.address,
        entity.capital,
        entity.status,
        "",
        entity.representative,
    ]


def _without_codes(cells: list[Cell], code: str) -> None:
    cells[_AT["TYSHXYDM"]] = code
    cells[_AT["ZCH"]] = cells[_AT["ZZJGDM"]] = ""


def _row(entity: Entity, random: Random) -> TrueRow:
    """The first row of an entity."""
    cells = _cells(entity)
    oddity = entity.oddity
    if not oddity:
        return TrueRow(cells, "committed")
    code = entity.uscc
    match oddity:
        case "wrong_check_character":
            _without_codes(cells, dirt.wrong_check_character(code, random))
            return TrueRow(cells, "rejected", "link.invalid_identifier", "TYSHXYDM", oddity)
        case "old_number_as_code":
            _without_codes(cells, entity.registration_no or f"{entity.division}000012345")
            return TrueRow(cells, "rejected", "link.invalid_identifier", "TYSHXYDM", oddity)
        case "missing_code":
            _without_codes(cells, "")
            return TrueRow(cells, "rejected", "link.no_identifier", "TYSHXYDM", oddity)
        case "missing_name":
            cells[_AT["MC"]] = ""
            return TrueRow(cells, "rejected", "column.missing_value", "MC", oddity)
        case "unknown_subject_class":
            cells[_AT["ZTLB"]] = "公司"
            return TrueRow(cells, "rejected", "column.not_in_code_list", "ZTLB", oddity)
        case "impossible_date":
            cells[_AT["ZCRQ"]] = dirt.impossible_date(entity.registered_on, random)
            return TrueRow(cells, "rejected", "column.not_a_date", "ZCRQ", oddity)
        case "roc_date":
            cells[_AT["ZCRQ"]] = dirt.roc_date(entity.registered_on)
            return TrueRow(cells, "rejected", "column.not_a_date", "ZCRQ", oddity)
        case "formula":
            cells[_AT["DZ"]] = "=1+1"
            return TrueRow(cells, "rejected", "row.formula", "DZ", oddity)
        case "lower_case_code":
            cells[_AT["TYSHXYDM"]] = code.lower()
        case "full_width_code":
            cells[_AT["TYSHXYDM"]] = dirt.full_width(code)
        case "extra_spaces":
            cells[_AT["TYSHXYDM"]] = dirt.spaced(code, random)
            cells[_AT["MC"]] = dirt.spaced(entity.name, random)
        case "date_spelling":
            cells[_AT["ZCRQ"]] = dirt.spell_date(entity.registered_on, random)
        case "renamed" if entity.former_name:
            cells[_AT["MC"]] = entity.former_name
        case _:
            pass
    return TrueRow(cells, "committed", dirt="" if oddity in _FOLLOWED else oddity)


def _follow_up(entity: Entity, random: Random, population: Population) -> Iterator[TrueRow]:
    """The row that comes later for an entity whose oddity has one."""
    cells = _cells(entity)
    match entity.oddity:
        case "exact_duplicate":
            yield TrueRow(cells, "unchanged", dirt="exact_duplicate")
        case "corrected_row":
            cells[_AT["DZ"]] = f"{entity.address}（更正）"
            yield TrueRow(cells, "superseding", dirt="corrected_row")
        case "renamed" if entity.former_name:
            cells[_AT["CYM"]] = entity.former_name
            yield TrueRow(cells, "superseding", dirt="renamed")
        case "code_of_another":
            other = population.registered(random, lambda other: disagree(other.name, entity.name))
            cells[_AT["MC"]] = other.name
            yield TrueRow(cells, "rejected", "link.code_and_name_disagree", "MC", "code_of_another")
        case _:
            return
