"""Numbers of decisions, brought to what no way of writing changes.

A body writes 临市监罚〔2026〕12号; others copy it with other brackets, blanks and noughts, in Chinese, with marks of a
copy, several in one cell, and with slips. A **core** is what is left of a number when all that is taken away: its
letters, and each of its numbers between #. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from .simplified import simplified

_COPY: Final = (
    "补正|补充|补发|补报|补录|补|更正|更|修正|修订|修改|修|改|变更|重新报送|重报|重新|重|复印件|复|副本|副|续|新|再次|再"
    "|正本"
)
_SMALL: Final = r"\d{1,2}[A-Z]?|[一二三四五六七八九十]{1,2}|[A-Z]|[IVX]{1,4}"
_BRACKETS: Final = str.maketrans("〔［【﹝「『(《<{〈〖", "[" * 12) | str.maketrans(
    "〕］】﹞」』)》>}〉〗", "]" * 12
)
_COPY_IN_BRACKETS: Final = re.compile(rf"\[(?:{_COPY}|{_SMALL}|第?(?:{_SMALL})[次份版])\]")
_COPY_AT_END: Final = re.compile(
    rf"(?:[-‐‑‒–—―−_./:#*~·]+(?:{_COPY}|{_SMALL}|V\d)|之(?:{_SMALL})|(?<=号).{{1,3}}|(?:{_COPY}))号?$"
)
_NO_NUMBER: Final = re.compile(
    r"(?:暂?无|没有|未知|不详|空|NONE|NULL|NIL|N/?A)(?:文号|编号)?[\W_]*\w{0,3}[\W_]*"
)
_PARTS: Final = re.compile(r"[、,;&+|\n\r]|(?<=号)(?:[及和与]|\s*/|\s+)")
_TOKENS: Final = re.compile(r"\d+|[^\W\d_]+")
_FILLERS: Final = re.compile("[字第号年]")
_ONLY_A_NUMBER: Final = re.compile(r"\[?第?(\d+)号?\]?")


def document_cores(text: str) -> tuple[str, frozenset[str]]:
    """The core of a document number as a whole, and every core under which it may be known.

    >>> document_cores("临市监罚字〔2026〕第012号")[0] == document_cores("临市监罚（二〇二六）12 号")[0]
    True

    Returns:
        The core, empty where the text is no number; and the cores of the whole and of its parts, with and without
        the marks of a copy, and as they are read where letters stand for digits or blanks for brackets.
    """
    text = plainly(text)
    joined = "".join(text.split())
    whole = _core(in_digits(joined))
    if not whole or _NO_NUMBER.fullmatch(joined):
        return "", frozenset()
    written = {joined, "-".join(text.split())}
    readings = written | {_SHORT_YEAR.sub(r"[20\1]", _letters_as_digits(one)) for one in written}
    readings |= {_without_copy(one) for one in readings}
    found = {whole} | {_core(one) for one in set(map(in_digits, readings))}
    parts = [part for raw in _PARTS.split(text) if (part := "".join(raw.split()))]
    before = ""
    for part in parts if len(parts) > 1 else ():
        part = in_digits(part)
        if before and (alone := _ONLY_A_NUMBER.fullmatch(part)):  # 〔2026〕12号、13号
            part = re.sub(r"\d+(?!.*\d)", alone[1], before)
        found |= {_core(part), _core(_without_copy(part))}
        before = part
    return whole, frozenset(found - {""})


def plainly(text: str) -> str:
    """A text in simplified characters, capitals, one kind of brackets, and without characters that show nothing.

    >>> plainly("臨市監罰（２０２６）12號") == plainly("临市监罚〔2026〕12号")
    True
    """
    text = simplified(unicodedata.normalize("NFKC", text)).upper().translate(_BRACKETS)
    return "".join(character for character in text if unicodedata.category(character) != "Cf")


def form_of(core: str) -> str:
    """What the numbers of one body's decisions have in common: the letters of a core."""
    return re.sub(r"[\d#]+", "#", core)


_VALUES: Final = {
    c: n
    for n, both in enumerate(
        ["〇零", "一壹", "二贰貳", "三叁參", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖"]
    )
    for c in both
}
_UNITS: Final = {
    "十": 10,
    "拾": 10,
    "百": 100,
    "佰": 100,
    "千": 1_000,
    "仟": 1_000,
    "万": 10_000,
    "萬": 10_000,
}
_HAN, _HAN_UNITS = "".join(_VALUES), "".join(_UNITS)
_ANY: Final = re.compile(f"[{_HAN}{_HAN_UNITS}○]")
_PLACES: Final = re.compile(
    rf"(?<![{_HAN}{_HAN_UNITS}])[0-9{_HAN}]{{2,}}(?![{_HAN}{_HAN_UNITS}])|(?<![{_HAN}{_HAN_UNITS}])[{_HAN}](?=号)"
)
_SPOKEN: Final = re.compile(rf"[{_HAN}十拾][{_HAN}{_HAN_UNITS}]+")
_DIGITLIKE: Final = re.compile(rf"(?<![A-Z])[0-9OIL{_HAN}]{{2,}}(?![A-Z])")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_SHORT_YEAR: Final = re.compile(r"\[(\d\d)年?\](?=\D{0,2}\d)")


def in_digits(text: str) -> str:
    """A text with its Chinese numbers in digits: digit for digit (二〇二六), or with units (一百二十三, 壹仟).

    >>> in_digits("临罚〔二〇二六〕第一百零二号")
    '临罚〔2026〕第102号'
    """
    if _ANY.search(text) is None:
        return text
    text = _PLACES.sub(lambda found: _each_digit(found[0]), text.replace("○", "〇"))
    return _SPOKEN.sub(lambda found: str(_value(found[0])), text)


def _each_digit(text: str) -> str:
    return "".join(str(_VALUES.get(character, character)) for character in text)


def _value(text: str) -> int:
    whole = part = digit = 0
    for character in text:
        if character in _VALUES:
            digit = _VALUES[character]
        elif (unit := _UNITS[character]) == 10_000:
            whole, part, digit = (whole + part + digit) * unit, 0, 0
        else:
            part, digit = part + (digit or 1) * unit, 0
    return whole + part + digit


def _letters_as_digits(text: str) -> str:
    """A number whose noughts and ones were typed as letters."""
    looks = str.maketrans("OIL", "011")

    def read(found: re.Match[str]) -> str:
        run = found[0]
        return run.translate(looks) if any(c.isdigit() or c in _VALUES for c in run) else run

    return _DIGITLIKE.sub(read, text.replace("○", "〇"))


def slips(digits: str) -> frozenset[str]:
    """What ``digits_of`` would be had the writer not lost, doubled or changed over a digit, or missed the year by one.

    A wrong digit in its place is not among them: that is the number of the next decision.
    """
    numbers = digits.split("-")
    if len(numbers) == 1:
        return frozenset()
    return frozenset(
        "-".join((*numbers[:at], other, *numbers[at + 1 :]))
        for at, number in enumerate(numbers)
        for other in _slips_of_one(number)
    )


def _slips_of_one(number: str) -> set[str]:
    places = range(len(number))
    found = {number[:at] + number[at + 1 :] for at in places if len(number) > 1}
    found |= {number[:at] + digit + number[at:] for at in (*places, len(number)) for digit in "0123456789"}
    found |= {number[:at] + number[at + 1] + number[at] + number[at + 2 :] for at in places[:-1]}
    found |= {first + noughts + number for first in "123456789" for noughts in ("0", "00")}  # 5050 became 050
    if _YEAR.fullmatch(number):
        found |= {str(int(number) + by) for by in (-1, 1)}
    # Of a single digit too little is left to tell a slip from another decision: 101 is not 1 with two digits too many.
    return {short for other in found if len(short := other.lstrip("0")) > 1} - {number}


def _core(text: str) -> str:
    """Letters run together, each number apart; nothing where there is no number."""
    tokens = [_FILLERS.sub("", token) for token in _TOKENS.findall(text)]
    core = "".join(f"#{token.lstrip('0')}#" if token.isdigit() else token for token in tokens)
    digits = sum(len(token) for token in tokens if token.isdigit())
    return core if digits and len(core) >= 4 else ""


def _without_copy(text: str) -> str:
    """The number without the marks of a later copy. A part of the number itself is never taken for one."""
    text = _COPY_IN_BRACKETS.sub("", text)
    for _ in range(3):
        shorter = _COPY_AT_END.sub("", text)
        serial = (
            "号" in shorter or len(re.findall(r"\d+", shorter)) >= 2 or len(re.findall(r"\d", shorter)) >= 7
        )
        if shorter == text or not serial:
            break
        text = shorter
    return text


def digits_of(core: str) -> frozenset[str]:
    """The numbers of a core, where they are telling: a year and a serial, apart and run together, or five digits."""
    numbers = re.findall(r"\d+", core)
    if len(numbers) > 1:
        return frozenset(("-".join(numbers), "".join(numbers)))
    return frozenset(number for number in numbers if len(number) >= 5)
