"""Placeholders in a text for the reasons of many cases: ``{number}`` becomes the number of each record.

A placeholder has a name in each language and stands for its value in that language. What is none of them is refused
with its place before the text is kept or sent; one that has no value in a case stays as it is, and reasons that still
hold one are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from .errors import CaseworkError

#: What a placeholder stands for, with its English and its Chinese name.
NAMES: Final[dict[str, tuple[str, str]]] = {
    "record": ("number", "文书号"),
    "day": ("day", "日期"),
    "materials": ("missing", "所缺材料"),
    "article": ("article", "条款"),
}
_EVERY: Final = [name for names in NAMES.values() for name in names]
_KNOWN: Final = re.compile(r"\{(" + "|".join(_EVERY) + r")\}")
_BRACE: Final = re.compile(r"[{}｛｝][^{}｛｝\n]{0,30}[}｝]?")


def check(text: str, *, place: str) -> None:
    """Refuse a text with a placeholder that nobody knows, or a brace that belongs to none.

    Raises:
        CaseworkError: template.placeholder; its place is ``<place>:<line>:<character>``, both counted from 1.
    """
    found = _BRACE.search(_KNOWN.sub(lambda known: " " * len(known[0]), text))
    if found is None:
        return
    line = text.count("\n", 0, found.start()) + 1
    character = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
    raise CaseworkError(
        "template.placeholder",
        f"There is no placeholder {found[0]!r} (line {line}, character {character}).",
        f"没有占位符“{found[0]}”（第{line}行第{character}个字）。",
        place=f"{place}:{line}:{character}",
        remedy_en=f"There are: {', '.join(f'{{{en}}}' for en, _ in NAMES.values())}.",
        remedy_zh=f"可用的占位符：{'、'.join(f'{{{zh}}}' for _, zh in NAMES.values())}。",
    )


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with its placeholders filled. ``values``: by name; one without value leaves its placeholder."""
    return _KNOWN.sub(lambda found: values.get(found[1]) or found[0], text)


def refuse_unfilled(text: str) -> None:
    """Refuse reasons in which a placeholder is left. Raises CaseworkError: reasons.placeholder."""
    left = _KNOWN.search(text)
    if left is not None:
        raise CaseworkError(
            "reasons.placeholder",
            f"The reasons still hold {left[0]}, for which this case has no value: write it in words.",
            f"理由中仍有占位符“{left[0]}”，本案没有相应内容，请直接写明。",
            place="reasons",
        )
