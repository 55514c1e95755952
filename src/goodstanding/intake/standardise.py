"""Values of cells: dates of three calendars, amounts, codes, texts. Pure functions from text to value.

Digits and signs are brought to their half-width form (NFKC) where that cannot alter meaning: in dates, numbers
and codes. Names and free text keep their characters.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

Calendar = Literal["gregorian", "roc", "era"]

CALENDAR_NAMES: Final[dict[str, tuple[str, str]]] = {
    "gregorian": ("Gregorian", "公历"),
    "roc": ("Republic (year 1 is 1912)", "民国纪年"),
    "era": ("Japanese era", "日本年号"),
}

_GREGORIAN: Final = re.compile(
    r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日?|(\d{2})(\d{2}))"
    r"(?:[T ]00:00(?::00(?:\.0+)?)?)?"
)
_ROC: Final = re.compile(
    r"(?:中華民國|中华民国|民國|民国)?(\d{2,3})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日?)"
)
_ERA: Final = re.compile(
    r"(明治|大正|昭和|平成|令和|[MTSHR])(元|\d{1,2})(?:([-/.])(\d{1,2})\3(\d{1,2})|年(\d{1,2})月(\d{1,2})日?)"
)
_MONTH_FIRST: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2})")
#: First day, first year and last day of each era (Gregorian calendar in Japan since 1873).
_ERAS: Final = {
    "明治": (1868, date(1868, 10, 23), date(1912, 7, 29)),
    "大正": (1912, date(1912, 7, 30), date(1926, 12, 24)),
    "昭和": (1926, date(1926, 12, 25), date(1989, 1, 7)),
    "平成": (1989, date(1989, 1, 8), date(2019, 4, 30)),
    "令和": (2019, date(2019, 5, 1), date.max),
}
_ERA_LETTERS: Final = dict(zip("MTSHR", _ERAS, strict=True))
#: Two-digit years of a month-first date lie in the hundred years that end here.
LAST_SHORT_YEAR: Final = 2050


def read_date(text: str, *, calendar: Calendar = "gregorian", month_first: bool = False) -> date | None:
    """A day as it is written, or None where it is not a day of that calendar.

    Args:
        text: with full-width or half-width digits.
        calendar: gregorian takes 2026-05-01, 2026/5/1, 2026.5.1, 20260501 and 2026年5月1日, with a time of
            midnight that a spreadsheet may add; roc takes 115/05/01 and 民國115年5月1日; era takes 令和8年5月1日,
            R8.5.1 and, as Japanese sources mix them, a Gregorian day with four digits of year.
        month_first: 05/01/26 means 1 May 2026.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if month_first:
        match = _MONTH_FIRST.fullmatch(text)
        if match is None:
            return None
        month, day, short = (int(part) for part in match.groups())
        year = 2000 + short
        return _day(year if year <= LAST_SHORT_YEAR else year - 100, month, day)
    if calendar == "roc":
        match = _ROC.fullmatch(text)
        return match and _day(int(match[1]) + 1911, int(match[3] or match[5]), int(match[4] or match[6]))
    if calendar == "era" and (match := _ERA.fullmatch(text)):
        return _era_day(match)
    match = _GREGORIAN.fullmatch(text)
    if match is None:
        return None
    return _day(int(match[1]), int(match[3] or match[5] or match[7]), int(match[4] or match[6] or match[8]))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _era_day(match: re.Match[str]) -> date | None:
    first_year, first, last = _ERAS[_ERA_LETTERS.get(match[1], match[1])]
    year = 1 if match[2] == "元" else int(match[2])
    found = (
        _day(first_year + year - 1, int(match[4] or match[6]), int(match[5] or match[7])) if year else None
    )
    return found if found and first <= found <= last else None


PLACES: Final = 6
_DIGITS: Final = 14
_NUMBER: Final = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{1,6})?")


def read_number(text: str) -> Decimal | None:
    """A decimal number with at most six places, thousands separated by commas or not; None otherwise.

    Before the point stand at most fourteen digits: so many 万元 are as much as a record can hold.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if not _NUMBER.fullmatch(text) or len(text) > 24:
        return None
    if len(text.partition(".")[0].lstrip("-0,").replace(",", "")) > _DIGITS:
        return None
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:  # pragma: no cover (the pattern admits decimals only)
        return None


def in_yuan(amount: Decimal, *, unit: str) -> Decimal:
    """An amount in yuan, to the fen. ``unit`` is 元 or 万元 (10,000 yuan)."""
    return (amount * 10_000 if unit == "万元" else amount).quantize(Decimal("0.01"))


def plain(number: Decimal) -> str:
    """One way of writing each number: no exponent, no trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


_BRACKETS: Final = str.maketrans("〔［【﹝「『", "[[[[[[") | str.maketrans("〕］】﹞」』", "]]]]]]")
_ROUND: Final = str.maketrans("()", "[]")
_BLANK: Final = re.compile(r"\s+")


def document_key(text: str) -> str:
    """The form under which two spellings of one document number are equal.

    Half-width, every kind of bracket alike, no blanks (a line break inside a number too), upper case. Letters
    and digits stay: 1100071848A and 1100071848B are two decisions.
    """
    text = unicodedata.normalize("NFKC", text).translate(_BRACKETS).translate(_ROUND)
    return _BLANK.sub("", text).upper()


def day_after(day: date) -> date:
    """The first day on which what held until ``day`` holds no longer."""
    return day + timedelta(days=1)
