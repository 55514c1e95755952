"""Natural persons in a row: numbers are hashed or dropped, names are kept apart and masked in public text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from goodstanding.identity import IdentifierError, Scheme, mask_person, parse

HIDDEN: Final = "＊＊＊（个人证件号码已隐去 personal number hidden）"
_SHORT_HIDDEN: Final = "＊" * 6
#: Seventeen digits and a check character, also in full-width form, where no longer number stands.
_NUMBER_SHAPE: Final = re.compile(r"(?<![0-9０-９A-Za-z])[0-9０-９]{17}[0-9０-９XxＸｘ](?![0-9０-９A-Za-z])")
_ENOUGH_DIGITS: Final = re.compile(r"[0-9０-９]{17}")


def is_citizen_number(text: str) -> bool:
    """Whether a text is a valid citizen number."""
    try:
        parse(text, scheme=Scheme.CITIZEN_NO)
    except IdentifierError:
        return False
    return True


def may_hold_numbers(text: str) -> bool:
    """Whether a text holds enough digits in a row for a citizen number. Quick, for whole columns at once."""
    return _ENOUGH_DIGITS.search(text) is not None


def hide_numbers(text: str) -> str:
    """The text with every citizen number in it hidden."""
    if _ENOUGH_DIGITS.search(text) is None:
        return text
    return _NUMBER_SHAPE.sub(lambda match: _SHORT_HIDDEN if is_citizen_number(match[0]) else match[0], text)


def mask_names(text: str, names: Iterable[str], *, keep: str = "") -> str:
    """Mask known persons' names where they occur in a text.

    Args:
        text: free text that may become public.
        names: names of natural persons, of two characters or more.
        keep: an organisation's name, left as it is even where a person's name is part of it.
    """
    for name in names:
        if len(name) > 1 and name in text:
            masked = mask_person(name)
            if keep and name in keep:
                text = keep.join(part.replace(name, masked) for part in text.split(keep))
            else:
                text = text.replace(name, masked)
    return text


def hide_person_cells(row: list[str], *, identifier_places: Iterable[int]) -> list[str]:
    """A raw row as it may be kept: cells of personal numbers hidden, and any citizen number elsewhere."""
    kept = [hide_numbers(cell) for cell in row]
    for place in identifier_places:
        if place < len(kept) and kept[place].strip():
            kept[place] = HIDDEN
    return kept
