"""How far a supplement may go: it adds what its law permits, and never widens a national item."""

from __future__ import annotations

from collections.abc import Iterator

from .model import DISCLOSURES, CatalogueList, Item

Fault = tuple[tuple[str | int, ...], str]


def wider(supplement: CatalogueList, national: CatalogueList) -> list[Fault]:
    """Where a supplement is wider than the national list, with the path of each fault."""
    held: dict[str, list[Item]] = {}
    for item in national.items:
        held.setdefault(item.id, []).append(item)
    found: list[Fault] = []
    for number, item in enumerate(supplement.items):
        for base in held.get(item.id, ()):
            if supplement.level == "market":
                found.append(
                    (("items", number), f"{item.id} is a national item, which no market list changes")
                )
            else:
                found += [
                    (("items", number, field), f"{item.id} is wider than the national item: {why}")
                    for field, why in _wider_item(item, base)
                ]
    return found


def _wider_item(item: Item, base: Item) -> Iterator[tuple[str, str]]:
    for field in ("law_kind", "polarity", "group"):
        if getattr(item, field) != getattr(base, field):
            yield field, f"{field} is {getattr(base, field)}, not {getattr(item, field)}"
    for field in ("providers", "subjects", "scored_on"):
        if more := sorted(set(getattr(item, field)) - set(getattr(base, field))):
            yield field, f"{field} has {', '.join(more)} besides"
    if DISCLOSURES.index(item.disclosure) > DISCLOSURES.index(base.disclosure):
        yield "disclosure", f"it is {base.disclosure}, not {item.disclosure}"
    if item.shown not in ("not_published", base.shown):
        yield "shown", f"it is shown {base.shown}, not {item.shown}"
    if base.kept_months.value is not None and (
        item.kept_months.value is None or item.kept_months.value > base.kept_months.value
    ):
        yield "kept_months", f"it is kept for {base.kept_months.value} months at most"
