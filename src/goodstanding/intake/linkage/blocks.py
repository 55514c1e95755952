"""Keys by which candidates are found: two organisations are compared when they share one that few entities have.

A key's first letter says of which kind it is: c the core of the name with its branch; b the brand, with the place so
that a frequent brand serves too; d the core without one character of its brand; e and t the two ends of the core;
n a branch and its place; p the beginning of the whole name; w words of a Latin name; i its initials; a the
address; u an identifier.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

MOST_IN_BLOCK: Final = 60
"""Keys that more faces of entities than this have are not used: they would cost much and tell little."""
_LONGEST_BRAND: Final = 6


def latin_keys(core: str, brand: str, initials: str, number: str) -> list[str]:
    """The keys of a Latin name: `core` and `brand` are words parted by blanks, `number` is the house's."""
    words = core.split()
    keys = {f"c {''.join(words)}": None, f"b {' '.join(sorted(set(brand.split())))}": None}
    if initials:
        keys[f"i {initials}"] = None
    if len(words) == 1 and len(core) <= 6:
        keys[f"i {core}"] = None
    for first, second in pairwise(words):
        keys[f"w {' '.join(sorted((first[:5], second[:5])))}"] = None
    for word in brand.split():
        keys[f"w {word}"] = None
        if len(word) > 4:
            keys[f"w {word[:4]} {number}"] = None
    return list(keys)


def keys_query(faces: str) -> str:
    """SQL for the keys of the table `faces`, but those of Latin names: columns `face` and `key`."""
    return " UNION ALL ".join(
        f"SELECT face, concat({', '.join(parts)}) AS key FROM {faces} WHERE {condition}"
        for condition, parts in _queries()
    )


def _queries() -> Iterator[tuple[str, tuple[str, ...]]]:
    for scheme in ("uscc", "org_code", "registration_no", "lei"):
        yield f"{scheme} IS NOT NULL", ("'u '", scheme)
    yield "road IS NOT NULL AND numbers IS NOT NULL", ("'a '", "road", "' '", "numbers")
    yield "length(address) >= 5", ("'a '", "substr(address, 1, 12)", "' '", "coalesce(prefecture, '')")
    han = "NOT latin AND brand IS NOT NULL"
    yield han, ("'c '", "core", "' '", "branch")
    yield f"{han} AND branch <> ''", ("'c '", "core")
    yield f"{han} AND branch <> ''", ("'n '", "branch", "' '", _WHERE)
    yield f"{han} AND length(branch) > 4", ("'n '", "substr(branch, length(branch) - 3)", "' '", _WHERE)
    yield f"{han} AND length(brand) > 2", ("'b '", "brand")
    yield f"{han} AND length(brand) > 3", ("'b '", "substr(brand, 1, 3)")
    yield f"{han} AND length(brand) > 3", ("'b '", "substr(brand, length(brand) - 2)")
    yield f"{han} AND length(core) > 4", ("'e '", "substr(core, 1, 5)")
    yield f"{han} AND length(core) > 4", ("'t '", "substr(core, length(core) - 4)")
    yield "NOT latin AND length(whole) > 6", ("'p '", "substr(whole, 1, 6)")
    for place in (_WHERE, "name_place"):
        known = han if place == _WHERE else f"{han} AND name_place <> {_WHERE}"
        yield known, ("'b '", "brand", "' '", place)
        yield f"{known} AND length(core) > 3", ("'e '", "substr(core, 1, 4)", "' '", place)
        yield f"{known} AND length(core) > 3", ("'t '", "substr(core, length(core) - 3)", "' '", place)
    for at in range(_LONGEST_BRAND):
        long = f"{han} AND length(brand) > {at} AND length(core) > 2"
        yield long, ("'d '", *_without(at))
        yield f"{long} AND {_WHERE} <> ''", ("'d '", *_without(at), "' '", _WHERE)


_WHERE: Final = "coalesce(prefecture, province, name_place, '')"


def _without(at: int) -> tuple[str, str, str]:
    """The core without the character of its brand at a place (from 0), and without the end of its trade."""
    return f"substr(brand, 1, {at})", f"substr(brand, {at + 2})", "substr(core, length(brand) + 1, 4)"
