"""The catalogue of record kinds (信用信息目录): what may be collected at all, from whom, on what basis, on whom.

    found = catalogue_on(date(2026, 11, 22))
    found.item("penalty").disclosure        # "published"

It is data: lists in YAML, each item with its citation. A national list, local supplements that may only add what a
local regulation permits, and a list of what market institutions bring. ``sync`` holds it in the database, where every
record refers to its item: what is not in the catalogue cannot enter.
"""

from .errors import CatalogueProblem, CatalogueRefused
from .load import (
    Catalogue,
    Listed,
    all_lists,
    catalogue_on,
    latest_catalogue,
    lists_changed,
    lists_in_use,
    read_list,
)
from .model import CatalogueList, Item, schema

__all__ = [
    "Catalogue",
    "CatalogueList",
    "CatalogueProblem",
    "CatalogueRefused",
    "Item",
    "Listed",
    "all_lists",
    "catalogue_on",
    "latest_catalogue",
    "lists_changed",
    "lists_in_use",
    "read_list",
    "schema",
]
