"""What two organisations are compared by, and what each finding weighs.

The parameters are fixed, so that the same input gives the same output on every day. A level's `m` is the share of
true pairs that show it, `u` the share of pairs of different organisations; its weight is log2(m / u). How they were
found: docs/decisions/0016-linkage.md. Where a level names a column, its weight goes by how many entities share the
term (term frequency) instead of by one `u` for all.
"""

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


def _both(column: str) -> str:
    return f"{column}_l IS NOT NULL AND {column}_r IS NOT NULL"


_COMPARABLE: Final = "latin_l = latin_r AND ordinals_l = ordinals_r"
"""Names whose numbers differ are not the same with a slip in it: 第一分公司 is not 第二分公司."""


def _within(edits: int, shortest: int, column: str = "core", folded: str = "folded") -> str:
    """Whether texts of some length differ by so many characters, not counting lost ones."""
    return (
        f"(length({column}_l) >= {shortest} AND length({column}_r) >= {shortest} AND {_COMPARABLE} "
        f"AND abs(length({column}_l) - length({column}_r)) <= {edits} "
        f"AND levenshtein({folded}_l, {folded}_r) <= {edits} + lost_l + lost_r)"
    )


def _like(column: str) -> str:
    """Whether texts are equal but for lost characters, which LIKE reads as any."""
    return f"({column}_l LIKE {column}_r OR {column}_r LIKE {column}_l)"


_BRAND_WHOLE: Final = (
    "(whole_l LIKE concat('%', brand_r, '%') AND length(brand_r) >= 2 "
    "OR whole_r LIKE concat('%', brand_l, '%') AND length(brand_l) >= 2)"
)
"""The slip is not in the brand: the brand of one stands unharmed in the other."""

_LIKE_BRAND: Final = (
    "levenshtein(brand_folded_l, brand_folded_r) * 2 <= greatest(length(brand_l), length(brand_r))"
)

_NAME: Final = Comparison(
    "name",
    "Name",
    "名称",
    (
        Level("unknown", "a name is missing", "缺少名称", "core_l IS NULL OR core_r IS NULL"),
        Level(
            "whole",
            "the whole name is the same",
            "全称相同",
            "whole_l = whole_r AND (name_place_l IS NOT NULL OR branch_l <> '') AND lost_l = 0",
            0.5,
            1e-7,
        ),
        Level(
            "whole_bare",
            "the whole name is the same, without a division in it",
            "全称相同（名称不含行政区划）",
            "whole_l = whole_r AND form_l = form_r AND length(whole_l) >= 7 AND lost_l = 0 "
            "AND (NOT latin_l OR form_l <> '')",
            0.1,
            1e-8,
        ),
        Level(
            "same_long",
            "a long brand is the same, not division or form",
            "除行政区划或组织形式外相同（字号较长）",
            "core_l = core_r AND length(brand_l) >= 4 AND NOT latin_l AND lost_l = 0",
            0.1,
            1.5e-8,
        ),
        Level(
            "same",
            "the same but for division or form",
            "除行政区划或组织形式外相同",
            "core_l = core_r",
            0.2,
            1e-6,
            "core",
        ),
        Level("same_words", "the same words", "词语相同", "word_set_l = word_set_r", 0.02, 2e-6, "core"),
        Level(
            "lost_whole",
            "the whole name is the same but for lost characters",
            "除缺失字符外全称相同",
            f"lost_l + lost_r > 0 AND length(whole_l) >= 7 AND length(whole_l) >= 5 * (lost_l + lost_r) "
            f"AND {_like('whole')}",
            0.1,
            5e-7,
        ),
        Level(
            "lost",
            "the same but for lost characters",
            "除缺失字符外相同",
            f"lost_l + lost_r > 0 AND length(core_l) - lost_l - lost_r >= 2 AND {_like('core')}",
            0.05,
            2e-6,
            "core",
        ),
        Level(
            "swapped",
            "characters in another order",
            "字序不同",
            f"letters_l = letters_r AND {_COMPARABLE}",
            0.03,
            2e-6,
            "core",
        ),
        Level(
            "one",
            "one character differs",
            "一字之差",
            f"({_within(1, 4)} OR {_within(1, 8, 'whole', 'whole_folded')}) "
            f"AND (latin_l OR {_BRAND_WHOLE} OR least(length(brand_l), length(brand_r)) >= 3)",
            0.1,
            4e-6,
            "core",
        ),
        Level(
            "one_short",
            "one character of a short brand differs",
            "短字号有一字之差",
            f"{_within(1, 3)} OR {_within(1, 8, 'whole', 'whole_folded')}",
            0.05,
            1e-5,
            "core",
        ),
        Level(
            "beginning",
            "one is the beginning of the other",
            "一方为另一方的开头部分",
            "latin_l = latin_r AND length(core_l) >= 2 AND length(core_r) >= 2 "
            "AND (latin_l OR form_l = '' OR form_r = '') "
            "AND (core_l LIKE concat(core_r, '%') OR core_r LIKE concat(core_l, '%'))",
            0.08,
            6e-6,
            "core",
        ),
        Level("brand", "the same brand", "字号相同", "brand_l = brand_r", 0.03, 2e-5, "brand"),
        Level(
            "two",
            "two characters differ",
            "两字之差",
            f"({_within(2, 5)} OR {_within(2, 10, 'whole', 'whole_folded')}) AND {_LIKE_BRAND} "
            f"AND (latin_l OR {_BRAND_WHOLE})",
            0.04,
            1.5e-5,
            "core",
        ),
        Level(
            "contained",
            "one contains the other",
            "一方包含另一方",
            "length(core_l) >= 3 AND length(core_r) >= 3 AND latin_l = latin_r "
            "AND (core_l LIKE concat('%', core_r, '%') OR core_r LIKE concat('%', core_l, '%'))",
            0.04,
            2e-5,
            "core",
        ),
        Level(
            "initials",
            "initials of the other",
            "为另一方的首字母缩写",
            "initials_l = core_r OR core_l = initials_r",
            0.01,
            1e-5,
        ),
        Level(
            "akin",
            "mostly alike",
            "大部分相似",
            f"{_COMPARABLE} AND levenshtein(folded_l, folded_r) * 5 <= 2 * greatest(length(core_l), length(core_r)) "
            f"AND {_LIKE_BRAND}",
            0.03,
            1e-4,
        ),
        Level("different", "different", "不同", "ELSE", 0.03, 0.998),
    ),
)

_SAME_BRANCH: Final = (
    f"branch_l = branch_r OR {_like('branch')} OR (lost_l + lost_r > 0 AND {_like('whole')})"
)
_BRANCH: Final = Comparison(
    "branch",
    "Branch",
    "分支机构",
    (
        Level("none", "neither is a branch", "均非分支机构", "branch_l = '' AND branch_r = ''"),
        Level("same", "the same branch", "同一分支机构", _SAME_BRANCH, 0.9, 0.02),
        Level(
            "slip",
            "a slip in the whole name",
            "全称有一字之差",
            f"{_within(1, 8, 'whole', 'whole_folded')} OR letters_l = letters_r AND {_COMPARABLE}",
            0.05,
            0.02,
        ),
        Level(
            "one_only",
            "only one is a branch",
            "仅一方为分支机构",
            "branch_l = '' OR branch_r = ''",
            0.02,
            0.7,
        ),
        Level("different", "other branches", "分支机构不同", "ELSE", 0.003, 0.9),
    ),
)

_FORM: Final = Comparison(
    "form",
    "Legal form",
    "组织形式",
    (
        Level(
            "unknown",
            "a name has none, or a slip in it",
            "一方未载明或有笔误",
            f"form_l = '' OR form_r = '' OR lost_l + lost_r > 0 OR {_within(1, 8, 'whole', 'whole_folded')}",
        ),
        Level("same", "the same", "相同", "form_l = form_r", 0.97, 0.7),
        Level("different", "different", "不同", "ELSE", 0.03, 0.3),
    ),
)

_KNOWN_PLACE: Final = "province_l IS NOT NULL AND province_r IS NOT NULL"
_PLACE: Final = Comparison(
    "place",
    "Division",
    "行政区划",
    (
        Level(
            "district",
            "the same district",
            "同一区县",
            "district_l = district_r AND (prefecture_l = prefecture_r OR prefecture_l IS NULL OR prefecture_r IS NULL)",
            0.6,
            0.002,
        ),
        Level(
            "other_district",
            "the same city, another district",
            "同一城市，区县不同",
            f"prefecture_l = prefecture_r AND {_both('district')}",
            0.05,
            0.012,
        ),
        Level("prefecture", "the same city", "同一城市", "prefecture_l = prefecture_r", 0.2, 0.006),
        Level(
            "named",
            "the same place in the name",
            "名称中的地名相同",
            "name_place_l = name_place_r",
            0.05,
            0.006,
        ),
        Level(
            "other_prefecture",
            "the same province, another city",
            "同一省份，城市不同",
            f"province_l = province_r AND {_both('prefecture')}",
            0.01,
            0.03,
        ),
        Level("province", "the same province", "同一省份", "province_l = province_r", 0.07, 0.04),
        Level("unknown", "not known of one", "一方不详", f"NOT ({_KNOWN_PLACE})"),
        Level("different", "another province", "省份不同", "ELSE", 0.004, 0.93),
    ),
)

_ADDRESS: Final = Comparison(
    "address",
    "Address",
    "地址",
    (
        Level("unknown", "not known of one", "一方不详", "address_l IS NULL OR address_r IS NULL"),
        Level(
            "same",
            "the same",
            "相同",
            "address_l = address_r AND length(address_l) >= 5 AND numbers_l IS NOT NULL",
            0.45,
            1e-5,
        ),
        Level(
            "road_number",
            "the same road and numbers",
            "道路与门牌号相同",
            "road_l = road_r AND numbers_l = numbers_r",
            0.1,
            3e-5,
        ),
        Level(
            "akin",
            "nearly the same",
            "基本相同",
            "length(address_l) >= 7 AND length(address_r) >= 7 "
            "AND (numbers_l = numbers_r OR numbers_l IS NULL OR numbers_r IS NULL) "
            "AND levenshtein(address_folded_l, address_folded_r) <= 2 + (length(address_folded_l) >= 20)::int",
            0.1,
            1e-4,
        ),
        Level(
            "contained",
            "one contains the other",
            "一方包含另一方",
            "length(address_l) >= 5 AND length(address_r) >= 5 "
            "AND (address_l LIKE concat('%', address_r, '%') OR address_r LIKE concat('%', address_l, '%'))",
            0.05,
            1e-4,
        ),
        Level("vague", "the same, without numbers", "相同（无门牌号）", "address_l = address_r", 0.15, 1e-4),
        Level("road", "the same road", "道路相同", "road_l = road_r", 0.04, 2e-3),
        Level("different", "different", "不同", "ELSE", 0.11, 0.99),
    ),
)

_CODE: Final = Comparison(
    "code",
    "Identifier",
    "代码",
    (
        Level(
            "different",
            "two different valid identifiers",
            "两个不同的有效代码",
            "uscc_l <> uscc_r OR org_code_l <> org_code_r OR registration_no_l <> registration_no_r OR lei_l <> lei_r",
            1e-9,
            0.999,
        ),
        Level(
            "same",
            "the same",
            "相同",
            "uscc_l = uscc_r OR org_code_l = org_code_r OR registration_no_l = registration_no_r OR lei_l = lei_r",
            0.999,
            1e-8,
        ),
        Level("unknown", "not known of one", "一方不详", "1 = 1"),
    ),
)

COMPARISONS: Final = (_NAME, _BRANCH, _FORM, _PLACE, _ADDRESS, _CODE)
