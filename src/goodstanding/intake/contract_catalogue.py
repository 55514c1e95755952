"""A contract held against the catalogue: it may be narrower than its item, never wider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from goodstanding.registry.catalogue import Catalogue, Item
from goodstanding.registry.catalogue.model import DISCLOSURES

if TYPE_CHECKING:
    from .contract import Contract

Fault = tuple[tuple[str | int, ...], str]


def wider_than_its_item(contract: Contract, catalogue: Catalogue) -> Iterator[Fault]:
    """Where a contract goes beyond what the catalogue allows, with the path of each fault in the contract's file.

    Args:
        contract: a contract without faults of its own.
        catalogue: the catalogue of the day that matters.
    """
    clauses = contract.clauses
    listed = catalogue.find(clauses.item)
    if listed is None:
        yield _clause(contract, "item"), f"item: the catalogue has no item {clauses.item} in force"
        return
    item = listed.item
    kind = clauses.record.kind if clauses.record else None
    if kind != item.record_kind:
        place = _clause(contract, "record" if clauses.record else "registration")
        yield place, f"records of {item.id} are of the kind {item.record_kind}, not {kind}"
    for number, column in enumerate(contract.columns):
        if column.classification != "restricted" and _wider(column.classification, item.disclosure):
            place = ("schema", 0, "properties", number, "classification")
            yield (
                place,
                f"{column.name} is {column.classification}, and {item.id} may at most be {item.disclosure}",
            )
    yield from _subject_faults(contract, item)
    yield from _publication_faults(contract, item, jurisdiction=listed.list.jurisdiction)


def _wider(classification: str, disclosure: str) -> bool:
    reach = "published" if classification == "public" else classification
    return DISCLOSURES.index(reach) > DISCLOSURES.index(disclosure)


def _clause(contract: Contract, name: str, *inner: str) -> tuple[str | int, ...]:
    number = [prop.property for prop in contract.custom_properties].index(name)
    return ("customProperties", number, "value", *inner)


def _subject_faults(contract: Contract, item: Item) -> Iterator[Fault]:
    subject = contract.clauses.subject
    named = {kind: ("kinds", value) for value, kind in subject.kinds.items()} or {"organisation": ()}
    if subject.person_number is not None:
        named.setdefault("natural_person", ("personNumber",))
    for kind, inner in named.items():
        if kind not in item.subjects:
            yield _clause(contract, "subject", *inner), f"{item.id} is not collected on a {kind}"


def _publication_faults(contract: Contract, item: Item, *, jurisdiction: str) -> Iterator[Fault]:
    record, publication = contract.clauses.record, contract.clauses.publication
    if record is None or publication is None:
        return
    if publication.jurisdiction != jurisdiction:
        place = _clause(contract, "publication", "jurisdiction")
        yield place, f"{item.id} is an item of {jurisdiction}, not of {publication.jurisdiction}"
    if publication.decided not in ("not_published", item.shown):
        place = _clause(contract, "publication", "decided")
        yield place, f"{item.id} is shown {item.shown}, not {publication.decided}"
    if item.adverse and not (record.legal_basis or record.legal_basis_stated):
        place = _clause(contract, "record")
        yield place, f"{item.id} is adverse: a record of it needs legalBasis or legalBasisStated"
