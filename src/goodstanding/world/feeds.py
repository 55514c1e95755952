"""The rows of one file of records, clean and dirty, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from goodstanding.world import dirt
from goodstanding.world.entities import Entity, Population
from goodstanding.world.rows import Feed, TrueRow

BLOCK: Final = 1_000
"""Rows that share one random stream. A block can be made again without those before it."""

_KEPT: Final = 50


def rows_of(feed: Feed, *, seed: int, population: Population) -> Iterator[TrueRow]:
    """The rows of a file in their order; memory does not grow with their number.

    Args:
        feed: which file. seed: the city's. population: the city's.
    """
    for first in range(0, feed.rows, BLOCK):
        yield from _block(feed, first, min(first + BLOCK, feed.rows), seed, population)


def _block(feed: Feed, first: int, end: int, seed: int, population: Population) -> Iterator[TrueRow]:
    random = Random(f"{seed}/{feed.path}/{first // BLOCK}")
    uniform = random.random
    layout, clean, found_of, authority = feed.layout, feed.clean, feed.found, feed.authority
    corrected_at = layout.at(layout.corrected)
    remark_at = layout.at(layout.remark) if layout.remark else None
    in_csv = feed.format == "csv"
    recent: list[TrueRow] = []
    for number in range(first, end):
        kind = dirt.choose(random)
        if kind is not None and not dirt.possible(kind, layout, csv=in_csv, population=population):
            kind = None
        if kind is not None and kind.name in ("exact_duplicate", "corrected_row") and recent:
            at = int(uniform() * len(recent))
            cells = list(recent[at].cells)
            if kind.name == "corrected_row":
                cells[corrected_at] = f"{cells[corrected_at]}（更正）"
                if remark_at is not None and not cells[remark_at]:
                    cells[remark_at] = "更正"
                recent[at] = TrueRow(cells, "committed")
            yield TrueRow(cells, kind.disposition, kind.reason, "", kind.name)
            continue
        found = found_of(random, population.on)
        if kind is None or kind.name in ("exact_duplicate", "corrected_row"):
            entity: Entity | None = None
            if not feed.persons or uniform() >= feed.persons:
                entity = population.registered(random, lambda entity, day=found: entity.registered_on <= day)  # type: ignore[misc]
            row = TrueRow(clean(random, number, entity, authority, population, found), "committed")
            if len(recent) < _KEPT:
                recent.append(row)
            else:
                recent[number % _KEPT] = row
            yield row
            continue
        subject = population.registered(random, lambda entity, wanted=kind: dirt.suits(wanted, entity))  # type: ignore[misc]
        found = max(found, subject.registered_on)
        cells = clean(random, number, subject, authority, population, found)
        yield dirt.put_on(kind, cells, layout=layout, entity=subject, random=random, population=population)
