"""What can be wrong with an identifier: one closed family, each in English and Chinese, with a remedy."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Problem(StrEnum):
    """Machine code of an `IdentifierError`. The family is closed: callers may match on it exhaustively."""

    EMPTY = "empty"
    LENGTH = "length"
    ALPHABET = "alphabet"
    PREFIX = "prefix"
    REGION = "region"
    CHECK_CHARACTER = "check_character"
    BIRTH_DATE = "birth_date"
    PLACEHOLDER = "placeholder"
    PERSON_NUMBER = "person_number"
    UNKNOWN_SHAPE = "unknown_shape"


_REMEDY: Final[dict[Problem, tuple[str, str]]] = {
    Problem.EMPTY: ("Give the code printed on the certificate.", "请填写证照上的代码。"),
    Problem.LENGTH: (
        "Compare with the certificate: a character is missing or too many.",
        "请与证照核对：字符有遗漏或多余。",
    ),
    Problem.ALPHABET: (
        "Compare the named character with the certificate; letters are never guessed.",
        "请将所指字符与证照核对；系统不会猜测字母。",
    ),
    Problem.PREFIX: ("Compare the first two characters with the certificate.", "请将前两位与证照核对。"),
    Problem.REGION: ("Compare characters 3 to 8 with the certificate.", "请将第3至8位与证照核对。"),
    Problem.CHECK_CHARACTER: (
        "Compare every character with the certificate: at least one is wrong.",
        "请将每一位与证照核对：至少有一位有误。",
    ),
    Problem.BIRTH_DATE: ("Compare digits 7 to 14 with the document.", "请将第7至14位与证件核对。"),
    Problem.PLACEHOLDER: ("Replace the filler by the real code.", "请将占位内容替换为真实代码。"),
    Problem.PERSON_NUMBER: (
        "Remove the person's number; give the organisation's code.",
        "请删除个人证件号码，改填组织机构的代码。",
    ),
    Problem.UNKNOWN_SHAPE: (
        "Give an 18-character unified social credit code, or one of the older codes.",
        "请填写18位统一社会信用代码，或旧的代码。",
    ),
}


class IdentifierError(ValueError):
    """A text is not the identifier that it was taken for.

    The refused text itself is never part of the error, because it may be a natural person's number.

    Attributes:
        code: the machine code, a `Problem` (a string).
        en, zh: one sentence for a person, in English and Simplified Chinese.
        position: the 1-based place of the first wrong character of the standardised text, where one can be
        named.
        remedy_en, remedy_zh: what to do about it.
    """

    def __init__(self, *, code: Problem, en: str, zh: str, position: int | None = None) -> None:
        super().__init__(en)
        self.code = code
        self.en = en
        self.zh = zh
        self.position = position
        self.remedy_en, self.remedy_zh = _REMEDY[code]
