"""Identifiers of organisations checked as whole columns: the same Ibis expressions on DuckDB and on Spark.

What the module promises: `is_valid` says of every text what `identifiers.parse` says of it, but for texts with
one of the few characters that stand for several (⑩ for 10): those it calls invalid, so that a person looks.
There is nothing to look up and nothing to join: one regular expression for the shape, one sum for the check
character. Needs the extra `columns`.

    >>> import ibis
    >>> codes = ibis.memtable({"code": ["91152201078377449P", "91152201078377449Q"]})
    >>> codes.filter(is_valid(codes.code, scheme=Scheme.USCC))
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import ibis  # type: ignore[import-untyped]
import ibis.expr.types as ir  # type: ignore[import-untyped]

from goodstanding.identity import check_characters as checks
from goodstanding.identity.identifiers import Scheme, standardise

CAPITALS_AND_DIGITS: Final = checks.DIGITS + checks.LETTERS
_PLAIN: Final = r"^[0-9A-Z]*\z"
_ASCII_FROM: Final = "abcdefghijklmnopqrstuvwxyz \t\n\r\x0b\x0c-"
_ASCII_TO: Final = checks.LETTERS
_USUAL_FROM: Final = "".join(chr(ord(c) + 0xFEE0) for c in CAPITALS_AND_DIGITS + checks.LETTERS.lower())
_USUAL_TO: Final = CAPITALS_AND_DIGITS + checks.LETTERS + _ASCII_TO
_BLOCKS: Final = (range(1, 0x3400), range(0xA000, 0xAC00), range(0xF900, 0x20000), range(0xE0000, 0xE1000))
"""Outside of these are unified ideographs, Hangul, surrogates and private use: nothing that becomes a letter or goes.
0 cannot be in a text of either engine."""

_SHAPE: Final = {
    Scheme.USCC: rf"^[{checks.USCC_DEPARTMENTS}][{checks.USCC_BODY_CLASSES}][0-9]{{6}}[{checks.USCC_ALPHABET}]{{10}}\z",
    Scheme.ORG_CODE: r"^[0-9A-Z]{8}[0-9X]\z",
    Scheme.REGISTRATION_NO: r"^[0-9]{15}\z",
    Scheme.LEI: r"^[0-9A-Z]{18}[0-9]{2}\z",
}
_FILLERS: Final = {
    Scheme.ORG_CODE: [character * 9 for character in checks.DIGITS + "X"],
    Scheme.REGISTRATION_NO: [character * 15 for character in checks.DIGITS],
}


def is_valid(column: ir.StringColumn, *, scheme: Scheme) -> ir.BooleanColumn:
    """Whether each text, once standardised, is a valid identifier of a scheme.

    A text of capital letters and digits takes about a microsecond on DuckDB, one in full width ten. An expression
    given as `column` is written into the query some twenty times: give a column of a table.

    Args:
        column: texts as they were written, or null.
        scheme: an organisation's scheme: USCC, organisation code, registration number or LEI.
    Returns:
        True or false, false for null.
    Raises:
        ValueError: a scheme of natural persons, whose numbers are never held in columns.
    Source: GB 32100-2015, GB 11714-1997, ISO/IEC 7064 (MOD 11,10), ISO 17442; equal to `parse`.
    """
    if scheme not in _SHAPE:
        raise ValueError(f"Identifiers of the scheme {scheme.value!r} are not checked in columns.")
    # An array of one, so that the standardised text is computed once however often the check asks for it.
    slowly = ibis.array([_standardised_slowly(column)]).map(
        lambda text: ibis.cases((text.re_search(_SHAPE[scheme]), _SUMS[scheme](text)), else_=False)
    )[0]
    return ibis.cases(
        (column.re_search(_SHAPE[scheme]), _SUMS[scheme](column)),
        (column.re_search(_PLAIN), False),
        else_=slowly,
    ).fill_null(False)


def standardised(column: ir.StringColumn) -> ir.StringColumn:
    """The one comparable form of each written identifier, as `identifiers.standardise` makes it.

    Characters that stand for several stay as they are; so does all else that cannot be in an identifier, where
    `standardise` may give another form of it.

    Args:
        column: texts as they were written, or null (which stays null).
    """
    return ibis.cases((column.re_search(_PLAIN), column), else_=_standardised_slowly(column))


def _standardised_slowly(column: ir.StringColumn) -> ir.StringColumn:
    # The engines read their lists of characters anew for every row: short lists for what occurs.
    return ibis.cases(
        (column.re_search(r"^[\x20-\x7e]*\z"), column.translate(_ASCII_FROM, _ASCII_TO)),
        (
            column.re_search(f"^[{_USUAL_FROM}\\x20-\\x7e]*\\z"),
            column.translate(_USUAL_FROM + _ASCII_FROM, _USUAL_TO),
        ),
        else_=column.translate(*_every_character()),
    )


@lru_cache(maxsize=1)
def _every_character() -> tuple[str, str]:
    """Characters that standardising changes into one capital or digit, or drops, and what into.

    The dropped ones come last, without a counterpart.
    """
    changed, dropped = {}, []
    for block in _BLOCKS:
        for character in map(chr, block):
            form = standardise(character)
            if not form:
                dropped.append(character)
            elif form != character and len(form) == 1 and form in CAPITALS_AND_DIGITS:
                changed[character] = form
    return "".join(changed) + "".join(dropped), "".join(changed.values())


def _value(text: ir.StringValue, place: int, alphabet: str) -> ir.IntegerValue:
    """Value of the character at a place (from 0): where in the alphabet it stands."""
    return ibis.literal(alphabet).find(text.substr(place, 1))


def _uscc(text: ir.StringValue) -> ir.BooleanValue:
    weights = [*(pow(3, i, 31) for i in range(17)), 1]
    return sum(_value(text, i, checks.USCC_ALPHABET) * weights[i] for i in range(18)) % 31 == 0


def _org_code(text: ir.StringValue) -> ir.BooleanValue:
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(_value(text, i, CAPITALS_AND_DIGITS) * weights[i] for i in range(8))
    good = (total + _value(text, 8, checks.DIGITS + "X")) % 11 == 0
    return good & text.notin(_FILLERS[Scheme.ORG_CODE])


def _registration_no(text: ir.StringValue) -> ir.BooleanValue:
    product: ir.IntegerValue = ibis.literal(10, type="int64")
    for place in range(14):
        # (digit + product) mod 10, with 10 for 0, written so that the product stands in it once
        product = ((product + _value(text, place, checks.DIGITS) + 9) % 10 + 1) * 2 % 11
    good = (product + _value(text, 14, checks.DIGITS)) % 10 == 1
    return good & text.notin(_FILLERS[Scheme.REGISTRATION_NO])


def _lei(text: ir.StringValue) -> ir.BooleanValue:
    remainder: ir.IntegerValue = ibis.literal(0, type="int64")
    for place in range(20):
        value = _value(text, place, CAPITALS_AND_DIGITS)
        remainder = (remainder * (10 + (value > 9).cast("int64") * 90) + value) % 97
    return remainder == 1


_SUMS: Final = {
    Scheme.USCC: _uscc,
    Scheme.ORG_CODE: _org_code,
    Scheme.REGISTRATION_NO: _registration_no,
    Scheme.LEI: _lei,
}
