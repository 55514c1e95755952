"""An address taken apart: divisions, road, numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from goodstanding.intake.linkage import words
from goodstanding.intake.linkage.names import province_code
from goodstanding.intake.linkage.text import is_han, plain


@dataclass(frozen=True, slots=True)
class AddressParts:
    """What an address says; every part may be empty.

    Attributes:
        province: first two digits of the province's code.
        prefecture: short name of the prefecture-level division (province-level cities: of the city).
        district: county, district or county-level city, without its kind; of a Latin address the postal code.
        road: road, village or estate, without divisions.
        numbers: the numbers after the road, joined by blanks.
        text: what is left of the address when divisions are taken away: road, numbers and the rest.
    """

    province: str = ""
    prefecture: str = ""
    district: str = ""
    road: str = ""
    numbers: str = ""
    text: str = ""


NOTHING: Final = AddressParts()

_PROVINCES: Final = "|".join(sorted(words.PROVINCE_OF_NAME, key=lambda name: (-len(name), name)))
_PREFECTURES: Final = "|".join(sorted(words.PREFECTURES, key=lambda name: (-len(name), name)))
_STREET: Final = "(?!(?:[东西南北中一二三四]|大)?[路街道])"
"""北京东路 is a street, of any city."""
_PROVINCE: Final = re.compile(f"({_PROVINCES}){_STREET}[省市]?")
_PREFECTURE: Final = re.compile(
    rf"({_PREFECTURES}){_STREET}(?!区(?!域))(?:市|地区|[\u4e00-\u9fff]{{0,6}}?自治州|州|盟)?"
)
_DISTRICT: Final = re.compile(
    r"([\u4e00-\u9fff]{1,6}?)(?:自治县|自治旗|特区|(?<!小)(?<!园)(?<!社)(?<!工业)(?<!开发)区(?!域)|县|市(?!场)|旗)"
)
_ROAD: Final = re.compile(
    r"^(.*?[路街道巷弄里村镇乡屯庄园厦城港湾])(?=[0-9东西南北中]|第|[^路街道巷弄村]*?[0-9]|$)"
)
_NUMBERS: Final = re.compile(r"[0-9]+")
_BLANK: Final = re.compile("(?<![0-9]) +| +(?![0-9])")


class _Numerals(dict[int, int]):
    """Numerals as digits; other characters as they are, kept so that none is looked up in vain twice."""

    def __missing__(self, number: int) -> int:
        self[number] = number
        return number


_NUMERAL_ROAD: Final = _Numerals(str.maketrans("一二三四五六七八九", "123456789"))
_CITY_PROVINCES: Final = ("11", "12", "31", "50")
_POSTAL: Final = re.compile(r"(?<![0-9])([0-9]{5}|[0-9]{4} ?[a-z]{2})(?:[ -][0-9]{4})?$")


def take_apart(address: str) -> AddressParts:
    """The parts of an address as it was written."""
    text = plain(address)
    if not text.strip():
        return NOTHING
    return _han(_BLANK.sub("", text)) if any(map(is_han, text)) else _latin(text)


def _han(text: str) -> AddressParts:
    text = text.removeprefix("中国").replace("(", "").replace(")", "")
    province = prefecture = district = ""
    if match := _PROVINCE.match(text):
        province, text = province_code(match[1]), text[match.end() :]
        if province in _CITY_PROVINCES:
            prefecture = match[1][:2]
            if text.startswith(match[1][:2] + "市"):
                text = text[3:]
            text = text.removeprefix("市辖区").removeprefix("县")
    if not prefecture and (match := _PREFECTURE.match(text)):
        prefecture, text = match[1], text[match.end() :]
        province = province or province_code(prefecture)
    if match := _DISTRICT.match(text):
        district, text = match[1], text[match.end() :]
    road = match[1] if (match := _ROAD.match(text)) else ""
    numbers = " ".join(_NUMBERS.findall(text, len(road)))
    text = text.translate(_NUMERAL_ROAD)
    return AddressParts(
        province=province,
        prefecture=prefecture,
        district=district,
        road=text[: len(road)],
        numbers=numbers,
        text=text,
    )


def _latin(text: str) -> AddressParts:
    postal = match[1].replace(" ", "") if (match := _POSTAL.search(text.strip())) else ""
    if postal:
        text = text.strip().removesuffix(match[0])
    tokens = [words.LATIN_SHORT.get(token, token) if len(token) > 2 else token for token in text.split()]
    tokens = [re.sub(r"(?<=[0-9])(?:st|nd|rd|th)$", "", token) for token in tokens]
    number = next((token for token in tokens if token[0].isdigit()), "")
    after = tokens[tokens.index(number) + 1 :] if number else tokens
    named = [token for token in after if token not in words.STREET_WORDS]
    road = named[0] if named else ""
    return AddressParts(
        district=postal,
        road=road,
        numbers=number,
        text=" ".join([number, *named]).strip(),
    )
