"""Valid codes and what happens to them when people write them: made from a seed, the same every time."""

from __future__ import annotations

import random

from goodstanding.identity import Scheme, org_code_from, registration_no_from, uscc_from_parts
from goodstanding.identity.check_characters import (
    DIGITS,
    LETTERS,
    USCC_ALPHABET,
    USCC_BODY_CLASSES,
    USCC_DEPARTMENTS,
    lei_remainder,
)

STRAY = DIGITS + LETTERS + "abcxyz -_.\t０Ａａ　\u200b\u00a0—①Ⅹſı公"


def valid_code(chance: random.Random, scheme: Scheme) -> str:
    """A valid code of a scheme."""
    if scheme is Scheme.USCC:
        return uscc_from_parts(
            prefix2=chance.choice(USCC_DEPARTMENTS) + chance.choice(USCC_BODY_CLASSES),
            region6=f"{chance.randrange(1, 10**6):06d}",
            org_code9="".join(chance.choices(USCC_ALPHABET, k=9)),
        )
    if scheme is Scheme.ORG_CODE:
        return org_code_from("".join(chance.choices(DIGITS + LETTERS, k=8)))
    if scheme is Scheme.REGISTRATION_NO:
        return registration_no_from(f"{chance.randrange(10**14):014d}")
    first = "".join(chance.choices(DIGITS + LETTERS, k=18))
    return f"{first}{98 - lei_remainder(first + '00'):02d}"


def full_width(text: str) -> str:
    """ASCII letters and digits in full width."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def mutated(chance: random.Random, code: str) -> str:
    """A code once changed, swapped, shortened, lengthened, put into another case or width, or left alone."""
    way = chance.randrange(8)
    at = chance.randrange(len(code))
    if way == 0:
        return code[:at] + chance.choice(STRAY) + code[at + 1 :]
    if way == 1 and at + 1 < len(code):
        return code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    if way == 2:
        return code[:at] + code[at + 1 :]
    if way == 3:
        return code[:at] + chance.choice(STRAY) + code[at:]
    if way == 4:
        return code.lower()
    if way == 5:
        return code[:at] + full_width(code[at:])
    if way == 6:
        return code[:at] + chance.choice(DIGITS + LETTERS) + code[at + 1 :]
    return code
