"""What the rows of a pack must be to one another: complete, single, in order, and always with a way back."""

from __future__ import annotations

from collections.abc import Iterator

from goodstanding.law.attested import Citation, Length, Period
from goodstanding.law.check.references import references
from goodstanding.law.check.tables import classification, exits, publication
from goodstanding.law.model import Pack

CODED = (
    "severities",
    "kinds",
    "measures",
    "sectors",
    "conducts",
    "uses",
    "switches",
    "parameters",
    "deadlines",
    "pauses",
    "sanctions",
    "notices",
    "holders",
    "statements",
)
ROWS = (
    "classification",
    "publication",
    "exemptions",
    "at_maximum",
    "events",
    "conditions",
    "materials",
    "transition",
)
Found = tuple[tuple[str | int, ...], str]
"""A path in the file and the reason."""


def problems(pack: Pack) -> list[Found]:
    """Every contradiction in a pack that has the right form. An empty list means that the pack is sound."""
    found = [*_doubles(pack), *_citations(pack), *references(pack)]
    if found:
        return found
    found = [*publication(pack)]
    if found:
        return found
    return [*classification(pack), *exits(pack)]


def _doubles(pack: Pack) -> Iterator[Found]:
    for table in CODED + ROWS:
        seen: set[str] = set()
        for index, row in enumerate(getattr(pack, table)):
            code = getattr(row, "code", None) or row.id
            if code in seen:
                yield (table, index), f"the code {code!r} stands twice in {table}"
            seen.add(code)


def _cited(pack: Pack) -> Iterator[tuple[tuple[str | int, ...], Citation]]:
    for table in (*CODED, *ROWS, "readings"):
        for index, row in enumerate(getattr(pack, table)):
            yield (table, index, "citation"), row.citation
    for index, rule in enumerate(pack.deadlines):
        if rule.extension is not None:
            yield ("deadlines", index, "extension", "citation"), rule.extension.citation
    yield ("decides", "citation"), pack.decides.citation
    if pack.shield is not None:
        yield ("shield", "citation"), pack.shield.citation


def _citations(pack: Pack) -> Iterator[Found]:
    for path, citation in _cited(pack):
        if citation.instrument not in pack.instruments:
            yield (*path, "instrument"), f"no instrument {citation.instrument!r} in the pack"
        for source in citation.source:
            if source not in pack.sources:
                yield (*path, "source"), f"no source {source!r} in the pack"
    parameters = {parameter.code: parameter.unit for parameter in pack.parameters}
    for path, quantity in _quantities(pack):
        for source in quantity.source:
            if source not in pack.sources:
                yield (*path, "source"), f"no source {source!r} in the pack"
        if quantity.parameter is not None and parameters.get(quantity.parameter) != quantity.unit:
            yield (*path, "parameter"), f"no parameter {quantity.parameter!r} in {quantity.unit} in the pack"


def _quantities(pack: Pack) -> Iterator[tuple[tuple[str | int, ...], Length | Period]]:
    tables: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("publication", ("minimum", "maximum")),
        ("events", ("within",)),
        ("deadlines", ("length",)),
        ("sanctions", ("published", "bar")),
    )
    for table, names in tables:
        for index, row in enumerate(getattr(pack, table)):
            for name in names:
                if (quantity := getattr(row, name)) is not None:
                    yield (table, index, name), quantity
    for index, rule in enumerate(pack.deadlines):
        if rule.extension is not None:
            yield ("deadlines", index, "extension", "length"), rule.extension.length
