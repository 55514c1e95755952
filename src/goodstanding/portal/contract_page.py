"""A data contract in plain words: what a page says of its columns, its thresholds and its changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from goodstanding.intake.clauses import Column
from goodstanding.intake.contract import Contract
from goodstanding.registry.catalogue import CatalogueList, Item, catalogue_on

from .language import language
from .words import label

_EFFECTS = ("breaking", "compatible", "wording")


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column as a reader meets it: its name in both languages, what it holds, and what a cell must look like."""

    column: Column
    name: str
    other_name: str
    what: str
    form: tuple[str, ...]
    kept: str


@dataclass(frozen=True, slots=True)
class ShownContract:
    """Everything of a contract that its page says."""

    contract: Contract
    columns: tuple[ShownColumn, ...]
    item: Item | None
    list: CatalogueList | None
    thresholds: tuple[str, ...]
    order: tuple[tuple[str, str], ...]
    code_lists: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def shown_contract(contract: Contract) -> ShownContract:
    """A contract for its page, with the item of today's catalogue that it comes under."""
    listed = {one.item.id: one for one in catalogue_on(timezone.localdate()).listed}
    found = listed.get(contract.clauses.item)
    clauses = contract.clauses
    return ShownContract(
        contract=contract,
        columns=tuple(_column(column) for column in contract.columns),
        item=found.item if found else None,
        list=found.list if found else None,
        thresholds=tuple(_thresholds(contract)),
        order=tuple((pair.first, pair.then) for pair in clauses.quality.in_order),
        code_lists=tuple(
            (name, tuple(values.items())) for name, values in sorted(clauses.code_lists.items())
        ),
    )


def by_effect(
    changes: Iterable[dict[str, Any]], *, contract: Contract | None
) -> list[tuple[str, list[dict[str, Any]]]]:
    """The stored changes of a version by what they do, the breaking ones first; an effect without any is left out.

    Args:
        changes: as they are kept with the version.
        contract: the version, for the name of the column that a change is about.
    """
    names = {one.name: _column(one).name for one in contract.columns} if contract else {}
    kept = [change | {"name": names.get(change["place"], "")} for change in changes]
    groups = [(effect, [one for one in kept if one["effect"] == effect]) for effect in _EFFECTS]
    return [group for group in groups if group[1]]


def _column(column: Column) -> ShownColumn:
    chinese = language() == "zh"
    clauses = column.clauses
    return ShownColumn(
        column=column,
        name=column.business_name if chinese else clauses.name_en,
        other_name="" if chinese else column.business_name,
        what=clauses.description_zh if chinese else column.description,
        form=tuple(_form(column)),
        kept=label("kept", clauses.keep) if clauses.keep else "",
    )


def _form(column: Column) -> Iterable[str]:
    """What a cell must look like, a rule at a time."""
    options, clauses = column.logical_type_options, column.clauses
    yield label("logical_type", column.logical_type)
    if clauses.scheme:
        yield label("scheme", clauses.scheme)
    if clauses.code_list:
        yield _("a value of the list %(name)s") % {"name": clauses.code_list}
    if clauses.separators:
        yield _("several values, divided by one of %(characters)s") % {"characters": clauses.separators}
    if options.format:
        yield label("written", options.format)
    if clauses.calendar != "gregorian":
        yield label("written_calendar", clauses.calendar)
    if clauses.unit:
        yield _("in %(unit)s") % {"unit": clauses.unit}
    if options.max_length:
        text = ngettext("at most %(number)s character", "at most %(number)s characters", options.max_length)
        yield text % {"number": options.max_length}
    if options.minimum is not None:
        yield _("%(number)s or more") % {"number": options.minimum}
    if options.pattern:
        yield _("matches %(pattern)s") % {"pattern": options.pattern}
    if clauses.not_in_future:
        yield _("not after the day of the delivery")


def _thresholds(contract: Contract) -> Iterable[str]:
    """What lets a file wait for the operator, a threshold at a time."""
    hold = contract.clauses.quality.hold
    for measure in ("completeness", "validity", "uniqueness", "consistency"):
        least = getattr(hold, measure)
        if least is not None:
            yield _("%(measure)s below %(least)s") % {
                "measure": label("measure", measure),
                "least": f"{least:g}",
            }
    if hold.short:
        yield _("oddly few rows beside the source's earlier files")
    if contract.clauses.delivery.form == "snapshot":
        least = contract.clauses.delivery.at_least_percent
        yield _("a list with less than %(percent)s %% of what is listed now") % {"percent": least}
