"""Text brought into the form in which linkage compares it."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.intake.linkage.errors import LinkageError

LOST: Final = "_"
"""Stands for a character that was lost; SQL's LIKE reads it as any one character."""

_LOST: Final = frozenset("□▯〓\ufffd＊*")
_LOST_BESIDE_HAN: Final = frozenset("?？")
_OPENING: Final = frozenset("([{【〔〖〘〚﹝⟨（［｛")
_CLOSING: Final = frozenset(")]}】〕〗〙〛﹞⟩）］｝")


class _Characters(dict[int, str]):
    """What each character becomes, found once: NFKC, simplified, lower case, without accents and signs."""

    def __missing__(self, number: int) -> str:
        form = self[number] = _character(chr(number))
        return form


def is_han(character: str) -> bool:
    """Whether a character is a Chinese one."""
    return (
        "\u3400" <= character <= "\u9fff"
        or character == "\u3007"
        or "\U00020000" <= character <= "\U000323af"
    )


@lru_cache(maxsize=1)
def _converter() -> Any:
    try:
        from opencc import OpenCC  # type: ignore[import-untyped]
    except ImportError as error:
        raise LinkageError.extra_missing("opencc") from error
    return OpenCC("t2s")


def _character(character: str) -> str:
    if character in _LOST or unicodedata.category(character) == "Co":
        return LOST
    if character in _LOST_BESIDE_HAN:
        return "?"
    if character in _OPENING:
        return "("
    if character in _CLOSING:
        return ")"
    if character in "○◯":
        return "〇"
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character))
    kept = []
    for part in plain.casefold():
        if is_han(part):
            kept.append(_converter().convert(part))
        elif part.isalnum():
            kept.append(part)
        elif unicodedata.category(part) not in ("Mn", "Cf", "Cc") or part in "\t\r\n":
            kept.append("&" if part == "&" else " " if part not in "'’`´" else "")
    return "".join(kept)


_TABLE: Final = _Characters()


def plain(text: str) -> str:
    """One form for what is written in many: widths, traditional characters, case, accents, signs, brackets.

    Traditional characters become simplified ones one by one (several become one, never one several), brackets
    round ones, every other sign a space; a lost character becomes `LOST`, a question mark only beside a Chinese
    character. Without opencc a LinkageError says what to install.
    """
    form = text.translate(_TABLE)
    if "?" in form:
        form = _questions(form)
    return form


def _questions(form: str) -> str:
    characters = list(form)
    for at, character in enumerate(characters):
        if character == "?":
            beside = form[max(at - 1, 0) : at] + form[at + 1 : at + 2]
            characters[at] = LOST if any(is_han(c) or c in "?_" for c in beside) and _has_han(form) else ""
    return "".join(characters)


def _has_han(form: str) -> bool:
    return any(map(is_han, form))


_ALPHABET: Final = np.frombuffer(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$+,-:;<>@", dtype=np.uint8
)
_KEPT: Final = "\n " + LOST + "".join(chr(code) for code in range(128) if chr(code).isalnum())


@lru_cache(maxsize=4)
def _folds(factor: int) -> Any:
    """What each character becomes, by its number."""
    numbers = np.arange(0x110000, dtype=np.uint64)
    folds = _ALPHABET[(numbers * np.uint64(factor) % np.uint64(4294967291) % np.uint64(61)).astype(np.int64)]
    for character in _KEPT:
        folds[ord(character)] = ord(character)
    return folds


def fold(texts: pa.Array, *, factor: int) -> pa.Array:
    """Texts with one ASCII character for each character: letters, digits, blanks and `LOST` stay, others become one of
    61, always the same for one factor. No text may hold a line's end. Null stays null."""
    joined = "\n".join(texts.fill_null("").to_numpy(zero_copy_only=False).tolist())
    numbers = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32)
    folded = _folds(factor)[numbers].tobytes().decode("ascii").split("\n") if len(texts) else []
    return pa.array(folded, pa.string(), mask=texts.is_null().to_numpy(zero_copy_only=False))
