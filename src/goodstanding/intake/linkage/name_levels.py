"""What names are compared by. For what the numbers mean see `comparisons`."""

from __future__ import annotations

from typing import Final

from goodstanding.intake.linkage.levels import (
    BRAND_WHOLE,
    COMPARABLE,
    LIKE_BRAND,
    OTHER_WORD,
    TURNED_ROUND,
    Comparison,
    Level,
    like,
    within,
)

_UNLIKE: Final = (
    "brand_l <> brand_r AND letters_l <> letters_r AND NOT contains(core_l, core_r) AND NOT contains(core_r, core_l) "
    "AND levenshtein(folded_l, folded_r) > greatest(2, 2 * greatest(length(core_l), length(core_r)) / 5) "
    "AND (abs(length(whole_l) - length(whole_r)) > 2 OR levenshtein(whole_folded_l, whole_folded_r) > 2)"
)
"""None of the levels that follow holds: asked first, since most candidates are so and to count edits is dear."""

NAME: Final = Comparison(
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
            1e-8,
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
            1e-7,
        ),
        Level(
            "same_placed",
            "the same with its division, the legal form is left out",
            "含行政区划相同，未载明组织形式",
            "core_l = core_r AND places_l = places_r AND (form_l = '' OR form_r = '') AND length(core_l) >= 4 "
            "AND NOT latin_l AND lost_l = 0",
            0.1,
            5e-8,
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
            "lost_beside",
            "the whole name is the same but for characters lost where the brand can still be read",
            "除缺失字符外全称相同，字号可辨",
            f"lost_l + lost_r > 0 AND length(whole_l) >= 7 AND length(whole_l) >= 4 * (lost_l + lost_r) "
            f"AND ({BRAND_WHOLE} OR least(length(brand_l), length(brand_r)) - lost_l - lost_r >= 4) "
            f"AND {like('whole')}",
            0.1,
            3e-8,
        ),
        Level(
            "lost_whole",
            "the whole name is the same but for lost characters",
            "除缺失字符外全称相同",
            f"lost_l + lost_r > 0 AND length(whole_l) >= 7 AND length(whole_l) >= 5 * (lost_l + lost_r) "
            f"AND {like('whole')}",
            0.1,
            5e-7,
        ),
        Level(
            "lost",
            "the same but for lost characters",
            "除缺失字符外相同",
            f"lost_l + lost_r > 0 AND length(core_l) - lost_l - lost_r >= 2 AND {like('core')}",
            0.05,
            2e-6,
            "core",
        ),
        Level(
            "unlike",
            "different",
            "不同",
            f"NOT latin_l AND NOT latin_r AND lost_l + lost_r = 0 AND {_UNLIKE}",
            0.03,
            0.998,
        ),
        Level(
            "slip",
            "a slip in a long name, not in the brand",
            "全称较长，字号以外有笔误",
            f"NOT latin_l AND {BRAND_WHOLE} AND NOT {OTHER_WORD} AND ({within(1, 8, 'whole', 'whole_')} "
            f"OR letters_l = letters_r AND length(whole_l) >= 8 AND {COMPARABLE})",
            0.08,
            5e-8,
        ),
        Level(
            "swapped_long",
            "characters of a long name in another order",
            "全称较长，字序不同",
            f"NOT latin_l AND letters_l = letters_r AND length(whole_l) >= 8 "
            f"AND least(length(brand_l), length(brand_r)) >= 3 AND {COMPARABLE}",
            0.05,
            4e-8,
        ),
        Level(
            "swapped",
            "characters in another order",
            "字序不同",
            f"letters_l = letters_r AND {COMPARABLE} AND NOT ({TURNED_ROUND})",
            0.03,
            2e-6,
            "core",
        ),
        Level(
            "one",
            "one character differs",
            "一字之差",
            f"(latin_l OR least(length(brand_l), length(brand_r)) >= 3 OR {BRAND_WHOLE}) "
            f"AND ({within(1, 4)} OR {within(1, 8, 'whole', 'whole_')})",
            0.1,
            4e-6,
            "core",
        ),
        Level(
            "one_short",
            "one character of a short brand differs",
            "短字号有一字之差",
            f"{within(1, 3)} OR {within(1, 8, 'whole', 'whole_')} OR letters_l = letters_r AND {COMPARABLE}",
            0.05,
            1e-5,
            "core",
        ),
        Level(
            "beginning",
            "one is the beginning of the other",
            "一方为另一方的开头部分",
            "latin_l = latin_r AND length(core_l) >= 2 AND length(core_r) >= 2 "
            "AND ((latin_l OR form_r = '') AND starts_with(core_l, core_r) "
            "OR (latin_l OR form_l = '') AND starts_with(core_r, core_l))",
            0.08,
            6e-6,
            "core",
        ),
        Level("brand", "the same brand", "字号相同", "brand_l = brand_r", 0.03, 2e-5, "brand"),
        Level(
            "two",
            "two characters differ",
            "两字之差",
            f"(latin_l OR {BRAND_WHOLE}) AND {LIKE_BRAND} "
            f"AND ({within(2, 5)} OR {within(2, 10, 'whole', 'whole_')})",
            0.04,
            1.5e-5,
            "core",
        ),
        Level(
            "contained",
            "one contains the other",
            "一方包含另一方",
            "length(core_l) >= 3 AND length(core_r) >= 3 AND latin_l = latin_r "
            "AND (contains(core_l, core_r) OR contains(core_r, core_l))",
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
            f"{COMPARABLE} "
            "AND abs(length(core_l) - length(core_r)) * 5 <= 2 * greatest(length(core_l), length(core_r)) "
            f"AND {LIKE_BRAND} "
            "AND levenshtein(folded_l, folded_r) * 5 <= 2 * greatest(length(core_l), length(core_r))",
            0.03,
            1e-4,
        ),
        Level("different", "different", "不同", "ELSE", 0.03, 0.998),
    ),
)
