"""Small charts as data for SVG: lengths in percent, figures always beside them as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its code, its figure, and its length in percent of the longest."""

    code: str
    value: int
    length: str


def bars(figures: Mapping[str, int]) -> list[Bar]:
    """Bars of one scale, in the order given. A figure above zero is never invisible."""
    longest = max(figures.values(), default=0)
    return [
        Bar(code, value, f"{max(100 * value / longest, 0.5) if value else 0:.2f}%")
        for code, value in figures.items()
    ]
