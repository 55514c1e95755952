"""Identifiers of organisations, and of the natural persons whom a record may name.

| scheme | standard | shape |
| --- | --- | --- |
| uscc | GB 32100-2015 统一社会信用代码 | 18 of 31 characters, check character mod 31 |
| org_code | GB 11714-1997 组织机构代码 | 8 letters or digits and a check digit mod 11 |
| registration_no | 工商注册号 | 15 digits, ISO/IEC 7064 MOD 11,10 |
| lei | ISO 17442 | 18 letters or digits and two check digits mod 97 |
| citizen_no | GB 11643-1999 公民身份号码 | 17 digits and a check character, ISO/IEC 7064 MOD 11-2 |
| other_person_no | passports and permits | not checked beyond its characters |

What the module promises: every single wrong character of a USCC is found, and every swap of two neighbours;
letters are never guessed (I is not read as 1); neither an unknown region nor a USCC whose embedded
organisation code fails its own check is refused, because valid codes of both kinds are in use. A natural
person's number never appears in an error or a `repr`.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from goodstanding.identity import check_characters as checks
from goodstanding.identity.errors import IdentifierError, Problem


class Scheme(StrEnum):
    """The kind of an identifier."""

    USCC = "uscc"
    ORG_CODE = "org_code"
    REGISTRATION_NO = "registration_no"
    LEI = "lei"
    CITIZEN_NO = "citizen_no"
    OTHER_PERSON_NO = "other_person_no"

    @property
    def is_person(self) -> bool:
        """Whether identifiers of this kind name a natural person and may be kept only as `person_key`."""
        return self in (Scheme.CITIZEN_NO, Scheme.OTHER_PERSON_NO)


SCHEME_NAMES: Final[dict[Scheme, tuple[str, str]]] = {
    Scheme.USCC: ("unified social credit code", "统一社会信用代码"),
    Scheme.ORG_CODE: ("organisation code", "组织机构代码"),
    Scheme.REGISTRATION_NO: ("registration number", "工商注册号"),
    Scheme.LEI: ("legal entity identifier", "全球法人识别编码"),
    Scheme.CITIZEN_NO: ("citizen number", "公民身份号码"),
    Scheme.OTHER_PERSON_NO: ("personal document number", "其他个人证件号码"),
}


@dataclass(frozen=True, slots=True, repr=False)
class Identifier:
    """A standardised and checked identifier. Make one with `parse` or `recognise`."""

    scheme: Scheme
    value: str

    def __repr__(self) -> str:
        shown = "(hidden)" if self.scheme.is_person else self.value
        return f"Identifier({self.scheme.value}, {shown})"


_EMPTY_WORDS: Final = frozenset({"", "无", "空", "暂无", "不详", "NULL", "NONE", "NA", "N/A", "/"})
_ASCII_UPPER: Final = {ord(lower): lower.upper() for lower in "abcdefghijklmnopqrstuvwxyz"}
_USCC_LENGTH: Final = 18
_OTHER_PERSON_LENGTH: Final = 40


def standardise(text: str) -> str:
    """Bring a written identifier into its one comparable form.

    NFKC (full-width to half-width), every kind of space, invisible character and dash removed, a to z in
    upper case. Characters that look like others are left as they are.

    Args:
        text: as it was written.
    Returns:
        The standard form; not yet checked.
    """
    if text.isascii() and text.isalnum():
        return text.upper()
    kept = (
        character
        for character in unicodedata.normalize("NFKC", text)
        if not character.isspace() and unicodedata.category(character) not in ("Pd", "Cf", "Cc")
    )
    bare = "".join(kept).replace("\N{MINUS SIGN}", "")
    return unicodedata.normalize("NFC", bare.translate(_ASCII_UPPER))  # neighbours may compose anew


def is_uscc(text: str) -> bool:
    """Whether a text, once standardised, is a valid unified social credit code. Fast: nine table look-ups."""
    return checks.uscc_is_valid(text) or checks.uscc_is_valid(standardise(text))


def check_character(first17: str) -> str:
    """Check character of a USCC.

    Args:
        first17: the first 17 characters, standardised.
    Returns:
        The 18th character.
    Raises:
        IdentifierError: length or alphabet.
    Source: GB 32100-2015.
    """
    _require_length(first17, 17, Scheme.USCC)
    _require_alphabet(first17, checks.USCC_ALPHABET, Scheme.USCC)
    return checks.uscc_check(first17)


def parse(text: str, *, scheme: Scheme) -> Identifier:
    """Standardise and check a text as an identifier of one scheme.

    Args:
        text: as it was written.
        scheme: what it is taken for.
    Returns:
        The identifier.
    Raises:
        IdentifierError: with the first reason found: empty, length, alphabet, prefix, region, birth date,
        check.
    """
    if scheme is Scheme.USCC and checks.uscc_is_valid(text):
        return Identifier(Scheme.USCC, text)
    value = standardise(text)
    if value in _EMPTY_WORDS:
        raise IdentifierError(code=Problem.EMPTY, en="The identifier is empty.", zh="代码为空。")
    _CHECKS[scheme](value)
    return Identifier(scheme, value)


_SCHEME_OF_LENGTH: Final = {
    18: Scheme.USCC,
    15: Scheme.REGISTRATION_NO,
    9: Scheme.ORG_CODE,
    20: Scheme.LEI,
}


def recognise(text: str) -> Identifier:
    """Find out which organisation identifier a text is, by its length: 18 USCC, 15 registration, 9 code, 20
    LEI.

    A citizen number where an organisation's code belongs is refused as `person_number`, so that the caller
    can drop it. (A text that is valid as both is taken as a USCC: 7 of 1.1 million real USCCs are.)

    Raises:
        IdentifierError: unknown_shape when no scheme has that length, otherwise the reason of the scheme
        tried.
    """
    if checks.uscc_is_valid(text):
        return Identifier(Scheme.USCC, text)
    value = standardise(text)
    scheme = _SCHEME_OF_LENGTH.get(len(value))
    if scheme is None:
        if value in _EMPTY_WORDS:
            raise IdentifierError(code=Problem.EMPTY, en="The identifier is empty.", zh="代码为空。")
        raise IdentifierError(
            code=Problem.UNKNOWN_SHAPE,
            en=f"No identifier has {len(value)} characters.",
            zh=f"没有{len(value)}位的代码。",
        )
    try:
        return parse(value, scheme=scheme)
    except IdentifierError:
        if scheme is Scheme.USCC and _is_citizen_no(value):
            raise IdentifierError(
                code=Problem.PERSON_NUMBER,
                en="This is a natural person's citizen number, not an organisation's code.",
                zh="这是自然人的公民身份号码，不是组织机构的代码。",
            ) from None
        raise


def _require_length(value: str, length: int, scheme: Scheme) -> None:
    if len(value) != length:
        en, zh = SCHEME_NAMES[scheme]
        raise IdentifierError(
            code=Problem.LENGTH,
            en=f"The {en} should have {length} characters here; it has {len(value)}.",
            zh=f"{zh}此处应为{length}位，实为{len(value)}位。",
        )


def _require_alphabet(value: str, alphabet: str, scheme: Scheme, *, offset: int = 0) -> None:
    for position, character in enumerate(value, start=offset + 1):
        if character not in alphabet:
            en, zh = SCHEME_NAMES[scheme]
            shown = "" if scheme.is_person else f" {character!r}"
            raise IdentifierError(
                code=Problem.ALPHABET,
                en=f"Character {position}{shown} cannot stand there in a {en}.",
                zh=f"{zh}第{position}位不能是该字符{shown}。",
                position=position,
            )


def _require_variety(value: str, scheme: Scheme) -> None:
    if len(set(value)) == 1:
        en, zh = SCHEME_NAMES[scheme]
        raise IdentifierError(
            code=Problem.PLACEHOLDER,
            en=f"One character repeated is a filler, not a {en}.",
            zh=f"同一字符重复是占位内容，不是{zh}。",
        )


def _require_check(good: bool, scheme: Scheme) -> None:
    if not good:
        en, zh = SCHEME_NAMES[scheme]
        raise IdentifierError(
            code=Problem.CHECK_CHARACTER,
            en=f"The check character of the {en} does not fit the others.",
            zh=f"{zh}的校验码与其他字符不符。",
        )


def _check_uscc(value: str) -> None:
    if checks.uscc_is_valid(value):
        return
    _require_length(value, _USCC_LENGTH, Scheme.USCC)
    _require_alphabet(value, checks.USCC_ALPHABET, Scheme.USCC)
    _require_prefix_and_region(value[:2], value[2:8])
    _require_check(False, Scheme.USCC)


def _require_prefix_and_region(prefix2: str, region6: str) -> None:
    if prefix2[0] not in checks.USCC_DEPARTMENTS or prefix2[1] not in checks.USCC_BODY_CLASSES:
        raise IdentifierError(
            code=Problem.PREFIX,
            en="No registering department and body class have these first two characters.",
            zh="前两位不是任何登记管理部门和机构类别的代码。",
            position=1 if prefix2[0] not in checks.USCC_DEPARTMENTS else 2,
        )
    for position, character in enumerate(region6, start=3):
        if character not in checks.DIGITS:
            raise IdentifierError(
                code=Problem.REGION,
                en=f"Characters 3 to 8 are a division code and must be digits; character {position} is not.",
                zh=f"第3至8位是行政区划代码，应为数字；第{position}位不是数字。",
                position=position,
            )


def _check_org_code(value: str) -> None:
    _require_length(value, 9, Scheme.ORG_CODE)
    _require_alphabet(value[:8], checks.DIGITS + checks.LETTERS, Scheme.ORG_CODE)
    _require_alphabet(value[8:], checks.DIGITS + "X", Scheme.ORG_CODE, offset=8)
    _require_variety(value, Scheme.ORG_CODE)
    _require_check(checks.organisation_check(value[:8]) == value[8], Scheme.ORG_CODE)


def _check_registration_no(value: str) -> None:
    _require_length(value, 15, Scheme.REGISTRATION_NO)
    _require_alphabet(value, checks.DIGITS, Scheme.REGISTRATION_NO)
    _require_variety(value, Scheme.REGISTRATION_NO)
    _require_check(checks.registration_check(value[:14]) == value[14], Scheme.REGISTRATION_NO)


def _check_lei(value: str) -> None:
    _require_length(value, 20, Scheme.LEI)
    _require_alphabet(value[:18], checks.DIGITS + checks.LETTERS, Scheme.LEI)
    _require_alphabet(value[18:], checks.DIGITS, Scheme.LEI, offset=18)
    _require_check(checks.lei_remainder(value) == 1, Scheme.LEI)


def _check_citizen_no(value: str) -> None:
    _require_length(value, 18, Scheme.CITIZEN_NO)
    _require_alphabet(value[:17], checks.DIGITS, Scheme.CITIZEN_NO)
    _require_alphabet(value[17:], checks.DIGITS + "X", Scheme.CITIZEN_NO, offset=17)
    try:
        date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        raise IdentifierError(
            code=Problem.BIRTH_DATE,
            en="Digits 7 to 14 of the citizen number are not a date.",
            zh="公民身份号码第7至14位不是有效日期。",
            position=7,
        ) from None
    _require_check(checks.citizen_check(value[:17]) == value[17], Scheme.CITIZEN_NO)


def _check_other_person_no(value: str) -> None:
    if len(value) > _OTHER_PERSON_LENGTH:
        raise IdentifierError(
            code=Problem.LENGTH,
            en=f"A personal document number has at most {_OTHER_PERSON_LENGTH} characters.",
            zh=f"个人证件号码最多{_OTHER_PERSON_LENGTH}位。",
        )
    _require_alphabet(value, checks.DIGITS + checks.LETTERS + "()/", Scheme.OTHER_PERSON_NO)


_CHECKS: Final[dict[Scheme, Callable[[str], None]]] = {
    Scheme.USCC: _check_uscc,
    Scheme.ORG_CODE: _check_org_code,
    Scheme.REGISTRATION_NO: _check_registration_no,
    Scheme.LEI: _check_lei,
    Scheme.CITIZEN_NO: _check_citizen_no,
    Scheme.OTHER_PERSON_NO: _check_other_person_no,
}


def _is_citizen_no(value: str) -> bool:
    try:
        _check_citizen_no(value)
    except IdentifierError:
        return False
    return True


def organisation_code_of(uscc: str) -> str:
    """The organisation code inside a USCC: its characters 9 to 17.

    Its own check digit is not asked for: 189 of 3 million real, valid USCCs hold one that fails (the two
    standards do not depend on each other).

    Raises:
        IdentifierError: when `uscc` is not a valid USCC.
    """
    return parse(uscc, scheme=Scheme.USCC).value[8:17]


def uscc_from_parts(*, prefix2: str, region6: str, org_code9: str) -> str:
    """Put a USCC together and compute its check character.

    Args:
        prefix2: registering department and body class, such as "91".
        region6: division code of the registering body, six digits; need not be in any list.
        org_code9: organisation code of nine characters, its own check digit not asked for.
    Raises:
        IdentifierError: length, alphabet, prefix or region.
    """
    first17 = prefix2 + region6 + org_code9
    _require_length(prefix2, 2, Scheme.USCC)
    _require_length(region6, 6, Scheme.USCC)
    _require_length(org_code9, 9, Scheme.ORG_CODE)
    _require_alphabet(first17, checks.USCC_ALPHABET, Scheme.USCC)
    _require_prefix_and_region(prefix2, region6)
    return first17 + checks.uscc_check(first17)


def org_code_from(body8: str) -> str:
    """An organisation code from its 8-character body (GB 11714-1997).

    Raises:
        IdentifierError: length or alphabet.
    """
    _require_length(body8, 8, Scheme.ORG_CODE)
    _require_alphabet(body8, checks.DIGITS + checks.LETTERS, Scheme.ORG_CODE)
    return body8 + checks.organisation_check(body8)


def registration_no_from(first14: str) -> str:
    """A 15-digit registration number from its first 14 digits (ISO/IEC 7064 MOD 11,10).

    Raises:
        IdentifierError: length or alphabet.
    """
    _require_length(first14, 14, Scheme.REGISTRATION_NO)
    _require_alphabet(first14, checks.DIGITS, Scheme.REGISTRATION_NO)
    return first14 + checks.registration_check(first14)


def person_key(number: str, *, secret: bytes) -> str:
    """The key under which a natural person's number is kept, so that the number itself never is.

    Args:
        number: as it was written; standardised here, so that spellings of one number have one key. Not
        checked.
        secret: the platform's key, at least 16 bytes. Without it a citizen number could be found by trying
        all.
    Returns:
        HMAC-SHA256 as 64 hexadecimal digits.
    Raises:
        IdentifierError: empty. ValueError: a secret that is too short.
    Source: RFC 2104.
    """
    if len(secret) < 16:
        raise ValueError("The secret must have at least 16 bytes.")
    value = standardise(number)
    if value in _EMPTY_WORDS:
        raise IdentifierError(code=Problem.EMPTY, en="The identifier is empty.", zh="代码为空。")
    return hmac.new(secret, b"goodstanding/person-number\0" + value.encode(), hashlib.sha256).hexdigest()
