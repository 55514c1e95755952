"""What two organisations are compared by, and what each finding weighs.

The parameters are fixed, so that the same input gives the same output on every day. A level's `m` is the share of
true pairs that show it, `u` the share of pairs of different organisations; its weight is log2(m / u). How they were
found: docs/decisions/0016-linkage.md. Where a level names a column, its weight goes by how many entities share the
term (term frequency) instead of by one `u` for all.
"""

from __future__ import annotations

from typing import Final

from goodstanding.intake.linkage.levels import COMPARABLE, Comparison, Level, both, like, within
from goodstanding.intake.linkage.name_levels import NAME

_SAME_BRANCH: Final = f"branch_l = branch_r OR {like('branch')} OR (lost_l + lost_r > 0 AND {like('whole')})"
_BRANCH: Final = Comparison(
    "branch",
    "Branch",
    "分支机构",
    (
        Level("none", "neither is a branch", "均非分支机构", "branch_l = '' AND branch_r = ''"),
        Level("same", "the same branch", "同一分支机构", _SAME_BRANCH, 0.9, 0.02),
        Level(
            "other_character",
            "one character of the whole name is another",
            "全称有一字不同",
            f"length(whole_l) = length(whole_r) AND letters_l <> letters_r AND {within(1, 8, 'whole', 'whole_')}",
            0.02,
            0.02,
        ),
        Level(
            "slip",
            "a character of the whole name is missing, too much or in another place",
            "全称漏一字、多一字或字序不同",
            f"{within(1, 8, 'whole', 'whole_')} OR letters_l = letters_r AND {COMPARABLE}",
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
            f"form_l = '' OR form_r = '' OR lost_l + lost_r > 0 OR letters_l = letters_r "
            f"OR form_l <> form_r AND {within(1, 8, 'whole', 'whole_')}",
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
            f"prefecture_l = prefecture_r AND {both('district')}",
            0.05,
            0.012,
        ),
        Level("prefecture", "the same city", "同一城市", "prefecture_l = prefecture_r", 0.2, 0.006),
        Level(
            "other_named",
            "other places in the names",
            "名称中的地名不同",
            "places_l <> places_r AND lost_l + lost_r = 0 AND (prefecture_l IS NULL OR prefecture_r IS NULL) "
            "AND NOT contains(concat(' ', places_l, ' '), concat(' ', places_r, ' ')) "
            "AND NOT contains(concat(' ', places_r, ' '), concat(' ', places_l, ' '))",
            0.02,
            0.5,
        ),
        Level(
            "named",
            "the same place in the name",
            "名称中的地名相同",
            "(prefecture_l IS NULL OR prefecture_r IS NULL OR address_l IS NULL OR address_r IS NULL) "
            "AND (name_place_l = name_place_r OR lost_l + lost_r > 0 "
            f"AND coalesce(name_place_l, name_place_r) IS NOT NULL AND {like('whole')})",
            0.05,
            0.006,
        ),
        Level(
            "other_prefecture",
            "the same province, another city",
            "同一省份，城市不同",
            f"province_l = province_r AND {both('prefecture')}",
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
            "AND abs(length(address_l) - length(address_r)) <= 3 "
            "AND levenshtein(address_folded_l, address_folded_r) <= 2 + (length(address_folded_l) >= 20)::int",
            0.1,
            1e-4,
        ),
        Level(
            "contained",
            "one contains the other",
            "一方包含另一方",
            "length(address_l) >= 5 AND length(address_r) >= 5 "
            "AND (contains(address_l, address_r) OR contains(address_r, address_l))",
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

COMPARISONS: Final = (NAME, _BRANCH, _FORM, _PLACE, _ADDRESS, _CODE)
