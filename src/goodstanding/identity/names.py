"""Names of organisations: one key to compare them by, what was lost in them, and when two of them disagree.

    >>> normalise("假日酒店（中国）有限公司") == normalise("假日酒店[中国] 有限公司.")
    True
    >>> disagree("东风贸易有限公司", "东风贸易有限责任公司")
    False
    >>> disagree("东风贸易有限公司", "东方贸易有限公司")
    True

Equal keys never prove one organisation: a real registry has eleven companies with one name. They only say
that the names do not speak against it. Traditional and simplified characters are not converted into each
other.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from goodstanding.identity.latin import latin
from goodstanding.identity.masking import mask_person

__all__ = ["disagree", "has_lost_characters", "latin", "mask_person", "normalise"]

HAN: Final = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_PRIVATE: Final = r"\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"

_PLAIN: Final = re.compile(r"[\u4e00-\u9fff]+")
_ENTITY: Final = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,12})|([0-9]{1,15}));?")
_WIDE: Final = rf"[{HAN}{_PRIVATE}]"
_SPACE_BESIDE_HAN: Final = re.compile(rf"(?<={_WIDE})\s+|\s+(?={_WIDE})")
_SPACE_BESIDE_SIGN: Final = re.compile(r"\s*([()\"'·\-&/:])\s*")
_STOP_IN_LATIN: Final = re.compile(r"(?<![0-9])[.,;]|[.,;](?![0-9])")
_SPACES: Final = re.compile(r"\s+")
_STRAY_EDGE: Final = " .,;:、-_·`'\""

_UNIFIED: Final = str.maketrans(
    {
        **dict.fromkeys("[{【〔〖〘〚﹝⟨", "("),
        **dict.fromkeys("]}】〕〗〙〛﹞⟩", ")"),
        **dict.fromkeys("《》〈〉「」『』“”„‟«»＂", '"'),
        **dict.fromkeys("‘’‚‛´`＇", "'"),
        **dict.fromkeys("•‧∙⋅・●᛫﹒", "·"),
        **dict.fromkeys("‐‑‒–—―─━−ˉ", "-"),
        **dict.fromkeys("、，", ","),
        "。": ".",
        "○": "〇",
        "◯": "〇",
        "ㄧ": "一",
    }
)


def normalise(name: str) -> str:
    """The key by which two spellings of one name are equal.

    In this order: numeric entities that stand for a character are resolved; NFKC; case folded; every style
    of bracket, quotation mark, middle dot and dash becomes one; 〇 for ○ and 一 for the look-alike bopomofo
    ㄧ; spaces beside Chinese characters and signs go, others become one; full stops, commas and semicolons
    go (but not inside a number); stray signs at both ends go. Private-use characters stay: see
    `has_lost_characters`.

    Args:
        name: as it was written.
    Returns:
        The key, never shown to people; empty when nothing of the name is left. Idempotent.
    """
    if _PLAIN.fullmatch(name):
        return name
    text, before = name, None
    while text != before:  # resolving one entity can make another, removing a sign can bring one to the edge
        before, text = text, _normalised_once(text)
    return text


def _normalised_once(name: str) -> str:
    text = unicodedata.normalize("NFKC", _ENTITY.sub(_resolved_entity, name)).translate(_UNIFIED)
    text = unicodedata.normalize("NFKC", text.casefold()).translate(_UNIFIED)
    text = "".join(" " if _is_invisible(character) else character for character in text)
    text = _SPACE_BESIDE_SIGN.sub(r"\1", _STOP_IN_LATIN.sub(" ", text))
    return _SPACES.sub(" ", _SPACE_BESIDE_HAN.sub("", text)).strip(_STRAY_EDGE)


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf")


def _entity_character(match: re.Match[str]) -> str | None:
    """The character a numeric entity stands for, or None when no assigned character has that number."""
    number = int(match[1], 16) if match[1] else int(match[2])
    if number > 0x10FFFF or unicodedata.category(chr(number)) in ("Cn", "Co", "Cs", "Cc"):
        return None
    return chr(number)


def _resolved_entity(match: re.Match[str]) -> str:
    return _entity_character(match) or match[0]


_LOST_ALWAYS: Final = re.compile(rf"[{_PRIVATE}\ufffd□▯〓]")
_LOST_BESIDE_HAN: Final = re.compile(rf"(?<=[{HAN}])[?？]|[?？](?=[{HAN}])")


def has_lost_characters(name: str) -> bool:
    """Whether a rare character of the name was lost on its way.

    Signs of it: a private-use character, U+FFFD, the stand-ins □ ▯ 〓, a question mark beside a Chinese
    character, a numeric entity that stands for no assigned character (such as &#2013268056;). A character
    that vanished without a trace cannot be seen.
    """
    if _PLAIN.fullmatch(name):
        return False
    return bool(
        _LOST_ALWAYS.search(name)
        or _LOST_BESIDE_HAN.search(name)
        or any(_entity_character(match) is None for match in _ENTITY.finditer(name))
    )


CHINESE_COMPANY_FORMS: Final = ("股份有限责任公司", "股份有限公司", "有限责任公司", "有限公司", "股份公司")
"""Legal forms of a Chinese company, longest first: the same firm passes from one to another without a new
code."""

CHINESE_PARTNERSHIP_FORMS: Final = ("(特殊普通合伙)", "(普通合伙)", "(有限合伙)")
"""Forms in brackets at the end of a partnership's name; feeds often leave them out."""

LATIN_FORMS: Final[tuple[tuple[str, str], ...]] = (
    ("company limited", "ltd"),
    ("co limited", "ltd"),
    ("co ltd", "ltd"),
    ("limited", "ltd"),
    ("ltd", "ltd"),
    ("incorporated", "inc"),
    ("inc", "inc"),
    ("corporation", "corp"),
    ("corp", "corp"),
    ("limited liability company", "llc"),
    ("l l c", "llc"),
    ("llc", "llc"),
)
"""Spellings of one legal form at the end of a Latin name, and the form. Different forms are different
firms."""

_COMPANY_FORM: Final = re.compile("|".join(CHINESE_COMPANY_FORMS))
_SHORTEST_STEM: Final = 2


def disagree(a: str, b: str) -> bool:
    """Whether two organisations' names disagree, so that a code they share must not merge them.

    They agree only when one of these holds of their keys (`normalise`), and disagree in every other case:

    1. the keys are equal and neither name has lost characters;
    2. they are equal once every 股份有限公司, 有限责任公司, 股份公司 and 有限公司 is read as one form (also
    inside a branch's name,
       before 分公司), and one closing (普通合伙), (特殊普通合伙) or (有限合伙) is left out;
    3. they are equal once the closing spelling of one Latin form is read alike (Co., Ltd. and Limited; Inc
    and
       Incorporated; Corp and Corporation; LLC and L.L.C.).

    In 2 and 3 at least two characters must remain beside the form. When in doubt they disagree: an empty
    name, lost characters, a form that one of them lacks, 集团 that one of them lacks, a place or 县 left
    out, another script.

    Args:
        a, b: names as they were written. The order does not matter.
    """
    key_a, key_b = normalise(a), normalise(b)
    if not key_a or not key_b or has_lost_characters(a) or has_lost_characters(b):
        return True
    if key_a == key_b:
        return False
    core_a, core_b = _core(key_a), _core(key_b)
    return core_a is None or core_a != core_b


def _core(key: str) -> tuple[str, str] | None:
    """What a key says beside the spelling of its legal form: text and Latin form. None: too little
    remains."""
    for form in CHINESE_PARTNERSHIP_FORMS:
        key = key.removesuffix(form)
    text = _COMPANY_FORM.sub("有限公司", key)
    stem, latin_form = text, ""
    for spelling, form in LATIN_FORMS:
        if stem.endswith(" " + spelling):
            stem, latin_form = stem.removesuffix(spelling).rstrip(), form
            break
    bare = stem.replace("有限公司", "")
    return (stem, latin_form) if len(bare) >= _SHORTEST_STEM else None
