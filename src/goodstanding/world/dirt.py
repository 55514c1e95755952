"""The dirt of real feeds: its kinds, how often each comes, what must become of the row, and how it is put on.

One row has at most one kind. Shares are of 10,000 rows. Kinds that a layout cannot have (no amount, no older codes)
do not occur in it, and its rows stay clean instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from goodstanding.identity import disagree
from goodstanding.identity.check_characters import USCC_ALPHABET
from goodstanding.world.entities import TWIN_EVERY, Entity, Population
from goodstanding.world.rows import Cell, Disposition, Layout, TrueRow


@dataclass(frozen=True, slots=True)
class Dirt:
    """One kind of dirt: share of 10,000 rows, true outcome, and what it is."""

    name: str
    share: int
    disposition: Disposition
    reason: str
    en: str


DIRT: Final[tuple[Dirt, ...]] = (
    Dirt(
        "date_spelling",
        150,
        "committed",
        "",
        "2026/5/1, 2026.5.1, 20260501, 2026年5月1日 or full-width digits",
    ),
    Dirt("extra_spaces", 40, "committed", "", "spaces, some full-width, around name and code"),
    Dirt("lower_case_code", 30, "committed", "", "code in lower case"),
    Dirt("full_width_code", 20, "committed", "", "code in full-width digits"),
    Dirt("registration_no_only", 20, "committed", "", "only the old registration number of 15 digits"),
    Dirt("organisation_code_only", 20, "committed", "", "only the organisation code"),
    Dirt("wrong_code_good_older_code", 10, "committed", "", "wrong check character, but a valid older code"),
    Dirt("leading_sign", 10, "committed", "", "a remark that begins with + - or @"),
    Dirt("exact_duplicate", 60, "unchanged", "", "an earlier row of the file once more"),
    Dirt("corrected_row", 60, "superseding", "", "an earlier row with the same document number, corrected"),
    Dirt(
        "wrong_check_character",
        30,
        "rejected",
        "link.invalid_identifier",
        "code with a wrong check character",
    ),
    Dirt("missing_code", 25, "rejected", "link.no_identifier", "no identifier at all"),
    Dirt("unknown_code", 25, "rejected", "link.not_registered", "valid code of nobody in the register"),
    Dirt(
        "code_of_another",
        20,
        "rejected",
        "link.code_and_name_disagree",
        "code of another entity, whose name is different",
    ),
    Dirt(
        "ambiguous_older_code", 5, "rejected", "link.ambiguous", "organisation code that two entities share"
    ),
    Dirt(
        "lost_characters",
        20,
        "rejected",
        "link.name_lost_characters",
        "a character of the name became U+FFFD or a question mark",
    ),
    Dirt("impossible_date", 15, "rejected", "column.not_a_date", "30 February, month 13"),
    Dirt("roc_date", 15, "rejected", "column.not_a_date", "a year of the Republic: 115/05/01"),
    Dirt("future_date", 10, "rejected", "column.future_date", "a decision ten years ahead"),
    Dirt("missing_value", 30, "rejected", "column.missing_value", "a required column left empty"),
    Dirt(
        "unknown_code_list_value",
        20,
        "rejected",
        "column.not_in_code_list",
        "a value that is in no code list",
    ),
    Dirt("amount_with_unit", 20, "rejected", "column.not_a_number", "2000元 in a column of 万元"),
    Dirt("negative_amount", 5, "rejected", "column.negative", "a sum below zero"),
    Dirt("too_long", 5, "rejected", "column.too_long", "a document number that is far too long"),
    Dirt("formula", 10, "rejected", "row.formula", "a text cell with a spreadsheet formula"),
    Dirt("column_count", 5, "rejected", "row.column_count", "one cell too many (CSV only)"),
)

OUT_OF: Final = 10_000
TOTAL_SHARE: Final = sum(kind.share for kind in DIRT)
_TABLE: Final = tuple(kind for kind in DIRT for _ in range(kind.share))
_FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")


def choose(random: Random) -> Dirt | None:
    """The dirt of the next row, None for most."""
    at = int(random.random() * OUT_OF)
    return _TABLE[at] if at < TOTAL_SHARE else None


def possible(kind: Dirt, layout: Layout, *, csv: bool, population: Population) -> bool:
    """Whether a layout can have a kind of dirt."""
    match kind.name:
        case "column_count":
            return csv
        case "amount_with_unit" | "negative_amount":
            return bool(layout.amount)
        case "too_long":
            return layout.long is not None
        case "unknown_code_list_value":
            return bool(layout.listed)
        case "leading_sign":
            return bool(layout.remark)
        case "registration_no_only" | "wrong_code_good_older_code":
            return bool(layout.registration_no)
        case "organisation_code_only":
            return bool(layout.organisation_code)
        case "ambiguous_older_code":
            return bool(layout.organisation_code) and population.size >= TWIN_EVERY
        case _:
            return True


def suits(kind: Dirt, entity: Entity) -> bool:
    """Whether an entity can be the subject of a row with this dirt."""
    match kind.name:
        case "registration_no_only" | "wrong_code_good_older_code":
            return bool(entity.registration_no)
        case "organisation_code_only":
            return bool(entity.organisation_code) and not entity.is_twin
        case "ambiguous_older_code":
            return entity.is_twin
        case "lower_case_code":
            return not entity.uscc.isdigit()
        case _:
            return True


def put_on(
    kind: Dirt, cells: list[Cell], *, layout: Layout, entity: Entity, random: Random, population: Population
) -> TrueRow:
    """Make a clean row dirty, in place.

    Args:
        kind: neither "exact_duplicate" nor "corrected_row", which are made of two rows.
        cells: a clean row on `entity`, which `suits` the kind.
    Returns:
        The row with its true outcome.
    """
    column = _PUT_ON[kind.name](cells, layout, entity, random, population)
    return TrueRow(cells, kind.disposition, kind.reason, column if kind.reason else "", kind.name)


def _one_of(random: Random, choices: tuple[str, ...]) -> str:
    return choices[int(random.random() * len(choices))]


def wrong_check_character(code: str, random: Random) -> str:
    """A code with another check character than its own."""
    others = USCC_ALPHABET.replace(code[-1], "")
    return code[:-1] + others[int(random.random() * len(others))]


def _clear_codes(cells: list[Cell], layout: Layout, code: str = "") -> None:
    cells[layout.at(layout.code)] = code
    for column in (layout.registration_no, layout.organisation_code):
        if column:
            cells[layout.at(column)] = ""


def _date_of(cells: list[Cell], layout: Layout) -> date:
    cell = cells[layout.at(layout.date)]
    return cell if isinstance(cell, date) else date.fromisoformat(cell.replace("/", "-"))


def spell_date(day: date, random: Random) -> str:
    """A day in one of the spellings that are not ambiguous."""
    match int(random.random() * 5):
        case 0:
            return f"{day.year}/{day.month}/{day.day}"
        case 1:
            return f"{day.year}年{day.month}月{day.day}日"
        case 2:
            return f"{day:%Y%m%d}"
        case 3:
            return f"{day.year}.{day.month}.{day.day}"
        case _:
            return day.isoformat().translate(_FULL_WIDTH)


def roc_date(day: date) -> str:
    """A day with the year of the Republic, as in 115/05/01."""
    return f"{day.year - 1911}/{day:%m/%d}"


def impossible_date(day: date, random: Random) -> str:
    """A text of the right shape that is no day."""
    return f"{day.year}-" + _one_of(random, ("02-30", "13-05", "06-31", "00-10"))


def spaced(text: str, random: Random) -> str:
    """A text with spaces around it."""
    return _one_of(random, (" ", "　", "  ")) + text + _one_of(random, (" ", "　", ""))


def full_width(code: str) -> str:
    """A code with its digits in full width."""
    return code.translate(_FULL_WIDTH)


_Maker = Callable[[list[Cell], Layout, Entity, Random, Population], str]


def _date_spelling(cells: list[Cell], layout: Layout, _e: Entity, random: Random, _p: Population) -> str:
    cells[layout.at(layout.date)] = spell_date(_date_of(cells, layout), random)
    return layout.date


def _extra_spaces(cells: list[Cell], layout: Layout, entity: Entity, random: Random, _p: Population) -> str:
    cells[layout.at(layout.name)] = spaced(entity.name, random)
    cells[layout.at(layout.code)] = spaced(entity.uscc, random)
    return layout.code


def _lower_case(cells: list[Cell], layout: Layout, entity: Entity, _r: Random, _p: Population) -> str:
    cells[layout.at(layout.code)] = entity.uscc.lower()
    return layout.code


def _full_width_code(cells: list[Cell], layout: Layout, entity: Entity, _r: Random, _p: Population) -> str:
    cells[layout.at(layout.code)] = full_width(entity.uscc)
    return layout.code


def _registration_no_only(
    cells: list[Cell], layout: Layout, entity: Entity, _r: Random, _p: Population
) -> str:
    _clear_codes(cells, layout)
    cells[layout.at(layout.registration_no)] = entity.registration_no
    return layout.registration_no


def _organisation_code_only(
    cells: list[Cell], layout: Layout, entity: Entity, _r: Random, _p: Population
) -> str:
    _clear_codes(cells, layout)
    cells[layout.at(layout.organisation_code)] = entity.organisation_code
    return layout.organisation_code


def _wrong_good_older(
    cells: list[Cell], layout: Layout, entity: Entity, random: Random, _p: Population
) -> str:
    _clear_codes(cells, layout, wrong_check_character(entity.uscc, random))
    cells[layout.at(layout.registration_no)] = entity.registration_no
    return layout.code


def _leading_sign(cells: list[Cell], layout: Layout, _e: Entity, random: Random, _p: Population) -> str:
    cells[layout.at(layout.remark)] = _one_of(random, ("-无", "+见附件", "@经办人已核对", "- -"))
    return layout.remark


def _wrong_check(cells: list[Cell], layout: Layout, entity: Entity, random: Random, _p: Population) -> str:
    _clear_codes(cells, layout, wrong_check_character(entity.uscc, random))
    return layout.code


def _missing_code(cells: list[Cell], layout: Layout, _e: Entity, _r: Random, _p: Population) -> str:
    _clear_codes(cells, layout)
    return layout.code


def _unknown_code(
    cells: list[Cell], layout: Layout, _e: Entity, random: Random, population: Population
) -> str:
    _clear_codes(cells, layout, population.unknown_code(int(random.random() * 10_000_000)))
    return layout.code


def _code_of_another(
    cells: list[Cell], layout: Layout, entity: Entity, random: Random, population: Population
) -> str:
    other = population.registered(random, lambda other: disagree(other.name, entity.name))
    _clear_codes(cells, layout, other.uscc)
    return layout.name


def _lost_characters(
    cells: list[Cell], layout: Layout, entity: Entity, random: Random, _p: Population
) -> str:
    # the third character is inside the name: 临湖市..., 临湖..., 澜江..., or a trade name before brackets
    lost = _one_of(random, ("\ufffd", "?", "\ufffd\ufffd"))
    cells[layout.at(layout.name)] = entity.name[:4] + lost + entity.name[5:]
    return layout.name


def _impossible_date(cells: list[Cell], layout: Layout, _e: Entity, random: Random, _p: Population) -> str:
    cells[layout.at(layout.date)] = impossible_date(_date_of(cells, layout), random)
    return layout.date


def _roc_date(cells: list[Cell], layout: Layout, _e: Entity, _r: Random, _p: Population) -> str:
    cells[layout.at(layout.date)] = roc_date(_date_of(cells, layout))
    return layout.date


def _future_date(cells: list[Cell], layout: Layout, _e: Entity, _r: Random, population: Population) -> str:
    day = _date_of(cells, layout)
    cells[layout.at(layout.date)] = f"{population.on.year + 10}-{day:%m}-{min(day.day, 28):02d}"
    return layout.date


def _missing_value(cells: list[Cell], layout: Layout, _e: Entity, random: Random, _p: Population) -> str:
    column = _one_of(random, layout.required)
    cells[layout.at(column)] = ""
    return column


def _unknown_value(cells: list[Cell], layout: Layout, _e: Entity, random: Random, _p: Population) -> str:
    column, value = layout.listed[int(random.random() * len(layout.listed))]
    cells[layout.at(column)] = value
    return column


def _amount_with_unit(cells: list[Cell], layout: Layout, _e: Entity, random: Random, _p: Population) -> str:
    cells[layout.at(layout.amount)] = _one_of(random, ("2000元", "0.5万", "伍仟元整", "10000元", "约3万元"))
    return layout.amount


def _negative_amount(cells: list[Cell], layout: Layout, _e: Entity, _r: Random, _p: Population) -> str:
    cells[layout.at(layout.amount)] = "-0.5"
    return layout.amount


def _too_long(cells: list[Cell], layout: Layout, _e: Entity, _r: Random, _p: Population) -> str:
    if layout.long is None:
        raise ValueError("a layout without a limit has no row that is too long")
    column, length = layout.long
    cells[layout.at(column)] = (str(cells[layout.at(column)]) + "续" * length)[:length]
    return column


def _formula(cells: list[Cell], layout: Layout, _e: Entity, random: Random, _p: Population) -> str:
    cells[layout.at(layout.text)] = _one_of(random, ("=1+1", "=SUM(A1:A9)", '=HYPERLINK("x","y")'))
    return layout.text


def _column_count(cells: list[Cell], _l: Layout, _e: Entity, _r: Random, _p: Population) -> str:
    cells.append("多出一列")
    return ""


_PUT_ON: Final[dict[str, _Maker]] = {
    "date_spelling": _date_spelling,
    "extra_spaces": _extra_spaces,
    "lower_case_code": _lower_case,
    "full_width_code": _full_width_code,
    "registration_no_only": _registration_no_only,
    "organisation_code_only": _organisation_code_only,
    "ambiguous_older_code": _organisation_code_only,
    "wrong_code_good_older_code": _wrong_good_older,
    "leading_sign": _leading_sign,
    "wrong_check_character": _wrong_check,
    "missing_code": _missing_code,
    "unknown_code": _unknown_code,
    "code_of_another": _code_of_another,
    "lost_characters": _lost_characters,
    "impossible_date": _impossible_date,
    "roc_date": _roc_date,
    "future_date": _future_date,
    "missing_value": _missing_value,
    "unknown_code_list_value": _unknown_value,
    "amount_with_unit": _amount_with_unit,
    "negative_amount": _negative_amount,
    "too_long": _too_long,
    "formula": _formula,
    "column_count": _column_count,
}
