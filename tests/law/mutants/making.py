"""Packs changed on purpose, as objects past all checks: rows edited, dropped, added, copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from goodstanding.law import Pack, load_pack
from goodstanding.law.attested import Length, Period
from goodstanding.law.rows import (
    ConditionRow,
    EventRow,
    Extension,
    MaterialRow,
    Pause,
    Sanction,
)

O36, O58, O527, O2017 = (load_pack(f"cn-ndrc-{code}") for code in ("36-2025", "58-2023", "527-2019", "2017"))
SAMR, CITY = load_pack("cn-samr-107-2025"), load_pack("example-city-2026")
PBOC, FCRA, UK = (
    load_pack(code) for code in ("cn-credit-reporting-2013", "us-fcra", "uk-register-of-judgments")
)
BY_ID = {pack.id: pack for pack in (O36, O58, O527, O2017, SAMR, CITY, PBOC, FCRA, UK)}


@dataclass(frozen=True)
class Mutant:
    """A changed pack. base: what it is held against (the pack before the change, or the base it names);
    expected: the code of a finding that must be among those made, or "" for a change that must pass.
    """

    name: str
    pack: Pack
    base: Pack
    expected: str


def put(pack: Pack, **changes: Any) -> Pack:
    """The pack with other contents, unchecked."""
    return Pack.model_construct(**{**{name: getattr(pack, name) for name in Pack.model_fields}, **changes})


def row(pack: Pack, table: str, code: str) -> Any:
    """A row by its id or code."""
    return next(
        one
        for one in getattr(pack, table)
        if getattr(one, "id", None) == code or getattr(one, "code", None) == code
    )


def edit(pack: Pack, table: str, code: str, *, when: dict[str, Any] | None = None, **changes: Any) -> Pack:
    """One row changed; `when` changes what it asks."""
    old = row(pack, table, code)
    if when is not None:
        changes["when"] = old.when.model_copy(update=when)
    new = old.model_copy(update=changes)
    return put(pack, **{table: tuple(new if one is old else one for one in getattr(pack, table))})


def drop(pack: Pack, table: str, *codes: str) -> Pack:
    """Without some rows."""
    gone = [row(pack, table, code) for code in codes]
    return put(pack, **{table: tuple(one for one in getattr(pack, table) if one not in gone)})


def add(pack: Pack, table: str, new: Any, *, first: bool = False) -> Pack:
    """With one row more, at the end or before all others."""
    rows = getattr(pack, table)
    if getattr(new, "citation", None) is CITATION:
        new = new.model_copy(update={"citation": pack.decides.citation})
    return put(pack, **{table: (new, *rows) if first else (*rows, new)})


def copy(pack: Pack, table: str, code: str, *, when: dict[str, Any] | None = None, **changes: Any) -> Any:
    """A row again under another id."""
    changed = edit(pack, table, code, when=when, **changes)
    return row(changed, table, code).model_copy(update={"id": f"{code}-again"})


def months(count: int) -> Length:
    return Length(value=count, unit="months", source=("S1",), confidence="V")


def period(count: int | None, unit: Any = "working_days") -> Period:
    if count is None:
        return Period(value=None, unit=unit, confidence="X")
    return Period(value=count, unit=unit, source=("S1",), confidence="V")


def chosen(pack: Pack, **parameters: int) -> Pack:
    return load_pack(pack.id, parameters=parameters)


CITATION = O36.conditions[0].citation
WORDS = {"text_en": "words", "text_zh": "文字"}


def condition(test: str, **when: Any) -> ConditionRow:
    again = {"remedy_en": "words", "remedy_zh": "文字", "citation": CITATION}
    return ConditionRow.model_validate({"id": f"new_{test}", "when": when, "test": test, **WORDS, **again})


def material(**when: Any) -> MaterialRow:
    return MaterialRow.model_validate(
        {
            "id": "new_material",
            "when": when,
            "name_en": "x",
            "name_zh": "某",
            "required": True,
            "citation": CITATION,
        }
    )


def event(name: str, effect: str, within: int | None = None) -> EventRow:
    length = None if within is None else months(within)
    return EventRow.model_validate(
        {
            "id": f"new_{name}",
            "event": name,
            "effect": effect,
            "within": length,
            **WORDS,
            "citation": CITATION,
        }
    )


def sanction(code: str, *, published: int, bar: int) -> Sanction:
    lengths = {"published": months(published), "bar": months(bar)}
    return Sanction.model_validate(
        {"code": code, "grounds_en": "x", "grounds_zh": "某", **lengths, "citation": CITATION}
    )


EXTENSION = Extension.model_validate(
    {"length": period(3), "ground_en": "x", "ground_zh": "某", "notice_first": True, "citation": CITATION}
)
PAUSE = Pause.model_validate(
    {
        "code": "new_pause",
        "deadlines": ["feedback"],
        "ground_en": "x",
        "ground_zh": "某",
        "citation": CITATION,
    }
)


def base_of(pack: Pack) -> Pack:
    """What a pack is held against: the base it names, else itself."""
    return pack if pack.base is None else BY_ID[pack.base]
