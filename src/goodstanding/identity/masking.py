"""Masking of a natural person's name in public views."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MASK: Final = "＊"

_COMPOUND_SURNAME_LIST: Final = """
欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台
皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘
子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐
段干 百里 呼延 东郭 南门 羊舌 微生 公户 公玉 公仪 梁丘 公仲 公上 公门 公山 公坚
左丘 公伯 西门 公祖 第五 公乘 贯丘 公皙 南荣 东里 东宫 仲长 子书 子桑 即墨 达奚
褚师 歐陽 東方 司馬 諸葛 尉遲 鍾離 長孫 萬俟 聞人 赫連
"""
COMPOUND_SURNAMES: Final = frozenset(_COMPOUND_SURNAME_LIST.split())

_DOTS: Final = "·•‧・.．"
_LETTERS: Final = re.compile(r"[^\W_]+")


def mask_person(name: str) -> str:
    """Hide a natural person's name but for its first character or initials.

    张三 becomes 张＊: the surname stays (two characters where it is a known compound surname and a given
    name follows), every other character becomes ＊. Of a name in a script with words, each word keeps its
    initial. Of a name whose parts are joined by a middle dot only the first part keeps a character. A lone
    Chinese character is hidden wholly. Masking a masked name changes nothing.

    Args:
        name: a full name.
    Returns:
        The masked name, of the same number of characters but for the spaces inside a Chinese name.
    """
    text = unicodedata.normalize("NFC", name).strip()
    if any(_is_ideographic(character) for character in text):
        text = re.sub(r"\s+", "", text)
        shown = len(text) > 1
        parts = []
        for part in re.split(f"([{_DOTS}])", text):
            parts.append(part if part in _DOTS else _mask_chinese(part, keep=shown))
            shown = shown and not part
        return "".join(parts)
    return _LETTERS.sub(lambda word: word[0][0] + MASK * (len(word[0]) - 1), text)


def _is_ideographic(character: str) -> bool:
    name = unicodedata.name(character, "")
    return (
        name.startswith(("CJK", "HANGUL", "HIRAGANA", "KATAKANA")) or unicodedata.category(character) == "Co"
    )


def _mask_chinese(part: str, *, keep: bool) -> str:
    if not keep:
        return MASK * len(part)
    shown = 2 if len(part) > 2 and part[:2] in COMPOUND_SURNAMES else 1
    return part[:shown] + MASK * (len(part) - shown)
