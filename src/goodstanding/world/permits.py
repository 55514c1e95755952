"""Permits in the layout of double publicity (XK_)."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Final

from goodstanding.law.months import add_months
from goodstanding.world.city import AuthorityEntry
from goodstanding.world.entities import Entity, Population
from goodstanding.world.offences import PERMIT_KINDS
from goodstanding.world.rows import Cell, Layout

COLUMNS: Final = tuple(
    [
        "XK_XDR_MC",
        "XK_XDR_LB",
        "XK_XDR_SHXYM",
        "XK_XDR_GSZC",
        "XK_XDR_ZZJG",
        "XK_XDR_SWDJ",
        "XK_XDR_SYDW",
        "XK_XDR_SHZZ",
        "XK_FRDB",
        "XK_FR_ZJLX",
        "XK_FR_SFZH",
        "XK_XDR_ZJLX",
        "XK_XDR_ZJHM",
        "XK_XKWS",
        "XK_WSH",
        "XK_XKLB",
        "XK_XKZS",
        "XK_XKBH",
        "XK_NR",
        "XK_JDRQ",
        "XK_YXQZ",
        "XK_YXQZI",
        "XK_XKJG",
        "XK_XKJGDM",
        "XK_ZT",
        "XK_LYDW",
        "XK_LYDWDM",
        "BZ",
    ]
)

LAYOUT: Final = Layout(
    contract="double-publicity-permits",
    columns=COLUMNS,
    name="XK_XDR_MC",
    code="XK_XDR_SHXYM",
    registration_no="XK_XDR_GSZC",
    organisation_code="XK_XDR_ZZJG",
    date="XK_JDRQ",
    required=("XK_XDR_MC", "XK_XKWS", "XK_WSH", "XK_XKLB", "XK_NR"),
    listed=(("XK_XDR_LB", "企业"), ("XK_XKLB", "一般")),
    text="XK_NR",
    corrected="XK_NR",
    remark="BZ",
)

LONG_TERM: Final = "2099/12/31"
LONG_TERM_SHARE: Final = 0.3
DATE_CELL_SHARE: Final = 0.2
"""Share of rows of a spreadsheet whose decision date is a date cell rather than a text."""


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
        raise ValueError("permits are given to entities only")
    kinds = PERMIT_KINDS[authority.field]
    certificate, permit_class, permitted = kinds[int(random.random() * len(kinds))]
    u = random.random()
    until = LONG_TERM if u < LONG_TERM_SHARE else f"{add_months(found, 60):%Y/%m/%d}"
    return [
        entity.name,
        entity.subject_class,
        entity.uscc,
        entity.registration_no if u < 0.1 else "",
        entity.organisation_code if u < 0.1 else "",
        "",
        "",
        "",
        entity.representative,
        "",
        "",
        "",
        "",
        f"{certificate}准予许可决定书",
        f"{authority.short}许〔{found.year}〕{number + 1}号",
        permit_class,
        certificate,
        f"XK{authority.division}{number + 1:09d}",
        permitted,
        found.isoformat(),
        f"{found:%Y/%m/%d}",
        until,
        authority.name_zh,
        authority.code,
        "有效",
        authority.name_zh,
        authority.code,
        "",
    ]


def clean_in_spreadsheet(
    random: Random,
    number: int,
    entity: Entity | None,
    authority: AuthorityEntry,
    population: Population,
    found: date,
) -> list[Cell]:
    """A clean row of which the decision date may be a date cell."""
    cells = clean(random, number, entity, authority, population, found)
    if random.random() < DATE_CELL_SHARE:
        cells[LAYOUT.at(LAYOUT.date)] = found
    return cells
