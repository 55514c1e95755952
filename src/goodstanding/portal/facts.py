"""The facts of an entity as a section of its page: a page of them, grouped by item of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

from goodstanding.intake import facts
from goodstanding.intake.errors import FactRefused
from goodstanding.intake.facts import Fact
from goodstanding.registry.catalogue import Item, latest_catalogue
from goodstanding.registry.models import Entity

from .columns import labelled
from .context import actor_from

PAGE_SIZE = 50
#: The name of the page's number in an address; the records of an entity have ``page``.
NUMBER = "facts"


@dataclass(frozen=True, slots=True)
class ShownFact:
    """A fact with what a page says of it."""

    fact: Fact
    state: str
    columns: list[tuple[str, str, str]]
    may_promote: bool


@dataclass(frozen=True, slots=True)
class FactsSection:
    """What the section shows; ``refused`` where the lake does not answer."""

    groups: Sequence[tuple[Item | None, list[ShownFact]]] = ()
    page: Page[int] | None = None
    total: int = 0
    refused: FactRefused | None = None
    shown: Sequence[Fact] = ()


def facts_section(request: HttpRequest, entity: Entity, *, on: date) -> FactsSection:
    """The facts of an entity that the reader of a request may see on a day."""
    actor = actor_from(request)
    asked = request.GET.get(NUMBER, "")
    number = min(int(asked), 1_000_000) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 1
    try:
        found = facts.facts_of(actor, entity, on=on, limit=PAGE_SIZE, offset=(max(number, 1) - 1) * PAGE_SIZE)
        page = Paginator(range(found.total), PAGE_SIZE).get_page(number)
        if not found.page and found.total:  # beyond the end
            offset = (page.number - 1) * PAGE_SIZE
            found = facts.facts_of(actor, entity, on=on, limit=PAGE_SIZE, offset=offset)
    except FactRefused as error:
        return FactsSection(refused=error)
    if not found.page:
        return FactsSection()
    catalogue = latest_catalogue()
    groups: dict[str, list[ShownFact]] = {}
    for fact in found.page:
        said = [*labelled(fact, "public"), *labelled(fact, "personal")]
        shown = ShownFact(fact, fact.state(on=on), said, facts.may_promote(actor, fact))
        groups.setdefault(fact.lies.item, []).append(shown)
    named = [(entry.item if (entry := catalogue.find(code)) else None, rows) for code, rows in groups.items()]
    return FactsSection(named, page, found.total, None, found.page)
