"""Small charts as data for SVG: lengths in percent, figures always beside them as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal


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


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole: its code, its figure, where it begins and how long it is, in percent of the whole."""

    code: str
    value: int
    begins: str
    length: str


def parts(figures: Mapping[str, int]) -> list[Part]:
    """The parts of one bar, end to end, in the order given."""
    whole, before, made = sum(figures.values()), 0, []
    for code, value in figures.items():
        if value:
            made.append(Part(code, value, f"{100 * before / whole:.3f}%", f"{100 * value / whole:.3f}%"))
        before += value
    return made


@dataclass(frozen=True, slots=True)
class Spark:
    """A line over time: the runs of known values as points of polylines, and a dot for each value."""

    width: int
    height: int
    lines: list[str]
    dots: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Columns:
    """Scores over time as columns: left edge, upper edge and height of each, the width of all, and three rules."""

    width: int
    height: int
    bar: int
    dots: list[tuple[float, float, float]]
    rules: tuple[int, int, int]


def columns(values: Sequence[Decimal | None], *, width: int = 480, height: int = 100) -> Columns:
    """Scores from 0 to 100, the oldest first; a missing value leaves its place empty.

    Args:
        values: the scores.
        width: of the drawing, in its own units. height: likewise; a score of 100 fills it.
    """
    step = width / max(len(values), 1)
    dots = [
        (round((number + 0.15) * step, 1), height - float(value) * height / 100, float(value) * height / 100)
        for number, value in enumerate(values)
        if value is not None
    ]
    return Columns(width, height, round(step * 0.7), dots, (0, height // 2, height))


def spark(values: Sequence[Decimal | None], *, width: int = 132, height: int = 32) -> Spark:
    """A trend of scores from 0 to 100; where a value is missing the line is broken.

    Args:
        values: the scores, the oldest first.
        width: of the drawing, in its own units.
        height: likewise.
    """
    margin = 4
    step = (width - 2 * margin) / max(len(values) - 1, 1)
    runs: list[list[tuple[float, float]]] = [[]]
    for number, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            down = float(100 - value) / 100 * (height - 2 * margin)
            runs[-1].append((round(margin + number * step, 1), round(margin + down, 1)))
    return Spark(
        width,
        height,
        [" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1],
        [dot for run in runs for dot in run],
    )
