"""Check-character arithmetic of the identifier standards: weights, alphabets and lookup tables, nothing else.

Every function takes text that is already standardised (upper case, no spaces) and already known to be of the
right length and alphabet; `identifiers` holds the rules about those and says what is wrong in words.
"""

from __future__ import annotations

from typing import Final

DIGITS: Final = "0123456789"
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of GB 32100-2015: no I, O, S, V, Z."""

USCC_DEPARTMENTS: Final = "123456789ANY"
"""First character of a code: the registering departments of GB 32100-2015 and its amendment."""

USCC_BODY_CLASSES: Final = "123456789"
"""Second character of a code: class of the body within its registering department."""

_USCC_WEIGHTS: Final = tuple(pow(3, i, 31) for i in range(17))
_USCC_VALUE: Final = {character: value for value, character in enumerate(USCC_ALPHABET)}

_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_BASE36_VALUE: Final = {character: value for value, character in enumerate(DIGITS + LETTERS)}

_CITIZEN_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CITIZEN_CHECK: Final = "10X98765432"


def _pair_table(first: str, second: str, first_weight: int, second_weight: int) -> dict[str, int]:
    """Weighted sum mod 31 of every allowed pair of characters at one place of a USCC."""
    return {
        a + b: (_USCC_VALUE[a] * first_weight + _USCC_VALUE[b] * second_weight) % 31
        for a in first
        for b in second
    }


# Nine tables of pairs replace eighteen multiplications, and a missing key is an alphabet error at that place.
# The check character counts with weight 1: check = -sum (mod 31), so a valid code sums to 0 over all
# eighteen.
_P1: Final = _pair_table(USCC_DEPARTMENTS, USCC_BODY_CLASSES, _USCC_WEIGHTS[0], _USCC_WEIGHTS[1])
_P2: Final = _pair_table(DIGITS, DIGITS, _USCC_WEIGHTS[2], _USCC_WEIGHTS[3])
_P3: Final = _pair_table(DIGITS, DIGITS, _USCC_WEIGHTS[4], _USCC_WEIGHTS[5])
_P4: Final = _pair_table(DIGITS, DIGITS, _USCC_WEIGHTS[6], _USCC_WEIGHTS[7])
_P5: Final = _pair_table(USCC_ALPHABET, USCC_ALPHABET, _USCC_WEIGHTS[8], _USCC_WEIGHTS[9])
_P6: Final = _pair_table(USCC_ALPHABET, USCC_ALPHABET, _USCC_WEIGHTS[10], _USCC_WEIGHTS[11])
_P7: Final = _pair_table(USCC_ALPHABET, USCC_ALPHABET, _USCC_WEIGHTS[12], _USCC_WEIGHTS[13])
_P8: Final = _pair_table(USCC_ALPHABET, USCC_ALPHABET, _USCC_WEIGHTS[14], _USCC_WEIGHTS[15])
_P9: Final = _pair_table(USCC_ALPHABET, USCC_ALPHABET, _USCC_WEIGHTS[16], 1)


def uscc_is_valid(code: str) -> bool:
    """Whether a standardised 18-character text is a well-formed USCC with a good check character."""
    try:
        return (
            len(code) == 18
            and (
                _P1[code[:2]]
                + _P2[code[2:4]]
                + _P3[code[4:6]]
                + _P4[code[6:8]]
                + _P5[code[8:10]]
                + _P6[code[10:12]]
                + _P7[code[12:14]]
                + _P8[code[14:16]]
                + _P9[code[16:]]
            )
            % 31
            == 0
        )
    except KeyError:
        return False


def uscc_check(first17: str) -> str:
    """Check character of a USCC from its first 17 (GB 32100-2015). Value 31 does not exist: mod 0 gives
    '0'."""
    total = sum(_USCC_VALUE[character] * _USCC_WEIGHTS[i] for i, character in enumerate(first17))
    return USCC_ALPHABET[-total % 31]


def organisation_check(body8: str) -> str:
    """Check digit of an organisation code from its 8-character body (GB 11714-1997): 10 is 'X', 11 is '0'."""
    total = sum(
        _BASE36_VALUE[character] * weight
        for character, weight in zip(body8, _ORGANISATION_WEIGHTS, strict=True)
    )
    return "0123456789X0"[11 - total % 11]


def registration_check(first14: str) -> str:
    """Check digit of a 15-digit registration number from its first 14 (ISO/IEC 7064 MOD 11,10)."""
    product = 10
    for character in first14:
        product = ((int(character) + product) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


def lei_remainder(code: str) -> int:
    """Remainder mod 97 of an LEI with its letters read as 10 to 35 (ISO 17442, ISO/IEC 7064 MOD 97-10)."""
    return int("".join(str(_BASE36_VALUE[character]) for character in code)) % 97


def citizen_check(first17: str) -> str:
    """Check character of a citizen number from its first 17 digits (GB 11643-1999, ISO/IEC 7064 MOD 11-2)."""
    total = sum(int(character) * weight for character, weight in zip(first17, _CITIZEN_WEIGHTS, strict=True))
    return _CITIZEN_CHECK[total % 11]
