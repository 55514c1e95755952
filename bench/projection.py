"""From measured figures to what the nation holds: what is measured, and what is extrapolated from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Records that the nation holds (the issue's figure).
NATION = 80_700_000_000
#: Cores for which hours are said.
CORES = (64, 1_024)
#: Rows of a batch, over which its start is spread.
BATCH = 10_000_000


@dataclass(frozen=True, slots=True)
class Measured:
    """A way of taking rows in, as measured.

    ``processor`` are seconds of all processors, of which ``alone`` were taken by the one process that drives the others
    (0 where each process drives itself), and ``start`` what a batch costs before its rows; ``wall`` seconds of the
    clock; ``lake_bytes`` of what was written.
    """

    title: str
    rows: int
    processor: float
    wall: float
    lake_bytes: int
    alone: float = 0.0
    start: float = 0.0


def show(figures: Sequence[Measured]) -> None:
    """Print the figures, and what they make of 80.7 billion records if each further row costs as much."""
    print(f"  projection to {NATION:,} records")
    for figure in figures:
        a_row = (figure.processor - figure.start) / figure.rows
        hours = (a_row + figure.start / BATCH) * NATION / 3600
        clock, weight = figure.wall / figure.rows * 1e6, figure.lake_bytes / figure.rows
        spread = ", ".join(f"{hours / cores:,.1f} h on {cores:,} cores" for cores in CORES)
        start = f"{figure.start:.1f} s of processor a batch and " if figure.start else ""
        print(
            f"    {figure.title}: measured on {figure.rows:,} rows {start}{a_row * 1e6:.1f} µs of processor,"
            f" {clock:.1f} µs of the clock and {weight:.0f} bytes a row;\n      extrapolated {hours:,.0f} core hours,"
            f" {spread}, {weight * NATION / 1e12:.1f} TB"
        )
        if figure.alone:
            share = figure.alone / figure.processor
            floor = share * hours
            print(
                f"      of it measured {share:.0%} in the driver: one driver never needs less than {floor:,.0f} h,"
                f" {-(-floor // 24):,.0f} drivers with batches of their own need a day (extrapolated)"
            )
    print(
        f"    Extrapolated means: as if each further row cost the same, batches were of {BATCH:,} rows, cores of other"
        " machines did as\n    much, disks and network kept up, and files were as they are before compaction. Not"
        " measured: more than this machine's\n    cores, a network between them, and sizes beyond those above."
    )
