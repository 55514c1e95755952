"""Check characters against python-stdnum, and against slow, obvious versions written from the standards' text."""

from __future__ import annotations

import string

import stdnum.cn.ric
import stdnum.cn.uscc
import stdnum.iso7064.mod_11_10
import stdnum.lei
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.identity import (
    IdentifierError,
    Scheme,
    is_uscc,
    org_code_from,
    parse,
    recognise,
    registration_no_from,
    uscc_from_parts,
)
from goodstanding.identity.check_characters import citizen_check, uscc_check

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
DIGITS = string.digits
CAPITALS_AND_DIGITS = string.ascii_uppercase + string.digits


def holds(text: str, scheme: Scheme) -> bool:
    try:
        parse(text, scheme=scheme)
    except IdentifierError:
        return False
    return True


@given(
    st.text("123456789", min_size=2, max_size=2),
    st.text(DIGITS, min_size=6, max_size=6),
    st.text(ALPHABET, min_size=9, max_size=9),
    st.sampled_from(ALPHABET),
)
def test_usccs_agree_with_stdnum(prefix: str, region: str, body: str, check: str) -> None:
    built = uscc_from_parts(prefix2=prefix, region6=region, org_code9=body)
    assert stdnum.cn.uscc.calc_check_digit(built[:17]) == built[17]
    text = built[:17] + check
    assert is_uscc(text) == stdnum.cn.uscc.is_valid(text)


def slow_uscc_check(first17: str) -> str:
    """GB 32100-2015: C18 = 31 - MOD(sum of Ci * Wi, 31), with Wi = 3^(i-1) mod 31; 31 stands for 0."""
    total = 0
    for i in range(1, 18):
        total += ALPHABET.index(first17[i - 1]) * (3 ** (i - 1) % 31)
    value = 31 - total % 31
    return "0" if value == 31 else ALPHABET[value]


@given(st.text(ALPHABET, min_size=17, max_size=17))
def test_uscc_check_characters_agree_with_the_standards_formula(first17: str) -> None:
    assert uscc_check(first17) == slow_uscc_check(first17)


def slow_organisation_check(body8: str) -> str:
    """GB 11714-1997: C9 = 11 - MOD(sum of Ci * Wi, 11); 10 is written X, 11 is written 0."""
    values = {**{d: int(d) for d in DIGITS}, **{c: 10 + i for i, c in enumerate(string.ascii_uppercase)}}
    total = 0
    for character, weight in zip(body8, [3, 7, 9, 10, 5, 8, 4, 2], strict=True):
        total += values[character] * weight
    check = 11 - total % 11
    if check == 10:
        return "X"
    if check == 11:
        return "0"
    return str(check)


@given(st.text(CAPITALS_AND_DIGITS, min_size=8, max_size=8))
def test_organisation_codes_agree_with_the_standards_formula(body: str) -> None:
    assert org_code_from(body) == body + slow_organisation_check(body)


@given(st.text(DIGITS, min_size=14, max_size=14), st.sampled_from(DIGITS))
def test_registration_numbers_agree_with_stdnum(first14: str, check: str) -> None:
    assert registration_no_from(first14) == first14 + stdnum.iso7064.mod_11_10.calc_check_digit(first14)
    text = first14 + check
    expected = stdnum.iso7064.mod_11_10.is_valid(text) and len(set(text)) > 1
    assert holds(text, Scheme.REGISTRATION_NO) == expected


@given(st.text(CAPITALS_AND_DIGITS, min_size=18, max_size=18), st.text(DIGITS, min_size=2, max_size=2))
def test_leis_agree_with_stdnum(first18: str, check: str) -> None:
    good = first18 + stdnum.iso7064.mod_97_10.calc_check_digits(first18)
    assert recognise(good).scheme is Scheme.LEI
    assert holds(first18 + check, Scheme.LEI) == stdnum.lei.is_valid(first18 + check)


@given(
    st.text(DIGITS, min_size=6, max_size=6),
    st.dates().map(lambda day: day.strftime("%Y%m%d").zfill(8)),
    st.text(DIGITS, min_size=3, max_size=3),
)
def test_citizen_check_characters_agree_with_stdnum(region: str, birth: str, serial: str) -> None:
    first17 = region + birth + serial
    check = stdnum.cn.ric.calc_check_digit(first17 + "0")
    assert citizen_check(first17) == check
    assert holds(first17 + check, Scheme.CITIZEN_NO)
