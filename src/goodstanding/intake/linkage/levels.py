"""Levels of comparisons, and the conditions that several of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Level:
    """One finding of a comparison: a code, what it says to people, when it holds (SQL that DuckDB and Spark read
    alike; `_l` is the record, `_r` the entity), how often it holds of true and of false pairs, and the column whose
    term frequency weighs it. A level without `m` and `u` says nothing."""

    code: str
    en: str
    zh: str
    sql: str
    m: float | None = None
    u: float | None = None
    frequency_of: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A part that is compared, and its levels, the first that holds counts."""

    code: str
    en: str
    zh: str
    levels: tuple[Level, ...]


def both(column: str) -> str:
    return f"{column}_l IS NOT NULL AND {column}_r IS NOT NULL"


COMPARABLE: Final = "latin_l = latin_r AND ordinals_l = ordinals_r"
"""Names whose numbers differ are not the same with a slip in it: 第一分公司 is not 第二分公司."""


_HALVES: Final = (
    "AND (lost_l + lost_r > 0 OR left({p}folded_l, {at}) = left({p}folded_r, {at}) "
    "OR right({p}folded_l, {at}) = right({p}folded_r, {at})) "
)
"""One edit leaves one end of a text as it was; to look at the ends is cheaper than to count edits."""


def within(edits: int, shortest: int, column: str = "core", prefix: str = "") -> str:
    """Whether texts of some length differ by so many characters, not counting lost ones."""
    allowed = f"{edits} + lost_l + lost_r"
    return (
        f"(length({column}_l) >= {shortest} AND length({column}_r) >= {shortest} "
        f"AND abs(length({column}_l) - length({column}_r)) <= {edits} AND {COMPARABLE} "
        f"AND (lost_l + lost_r = 0 OR length({column}_l) > 3 * ({allowed})) "
        f"{_HALVES.format(p=prefix, at=shortest // 2) if edits == 1 else ''}"
        f"AND levenshtein({prefix}folded_l, {prefix}folded_r) <= {allowed} "
        f"AND levenshtein({prefix}refolded_l, {prefix}refolded_r) <= {allowed})"
    )


def like(column: str) -> str:
    """Whether texts are equal but for lost characters, which LIKE reads as any."""
    return f"({column}_l LIKE {column}_r OR {column}_r LIKE {column}_l)"


BRAND_WHOLE: Final = (
    "(length(brand_r) >= 2 AND contains(whole_l, brand_r) "
    "OR length(brand_l) >= 2 AND contains(whole_r, brand_l))"
)
"""The slip is not in the brand: the brand of one stands unharmed in the other."""

OTHER_WORD: Final = (
    "(brand_l = brand_r AND trade_l <> trade_r OR form_l <> '' AND form_r <> '' AND form_l <> form_r "
    "AND NOT form_l LIKE concat('%', form_r) AND NOT form_r LIKE concat('%', form_l))"
)
"""Both are words: 酒业 and 药业, 商店 and 商场. A slip of the pen seldom makes another word."""

TURNED_ROUND: Final = "length(brand_l) = 2 AND brand_l = reverse(brand_r)"
"""华光 and 光华 are two brands."""

LIKE_BRAND: Final = (
    "levenshtein(brand_folded_l, brand_folded_r) * 2 <= greatest(length(brand_l), length(brand_r))"
)
