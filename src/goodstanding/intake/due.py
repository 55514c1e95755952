"""The question of the nightly sweep over columns: which of a hundred million records does a day change?

It is what ``registry.sweep`` asks of its indexes, as one Ibis expression for tables that have none: the lake, an
export, on DuckDB or on Spark. It only finds; what is found is for the registry's sweep, or for nobody, since readers
of the lake leave out by date what may no longer be published.
"""

from __future__ import annotations

from datetime import date

import ibis
from ibis.expr.types import BooleanValue, Table

from goodstanding.registry.sweep import RESTORABLE_STATES


def due(table: Table, *, on: date, since: date) -> Table:
    """The records that a day changes.

    Args:
        table: with the columns ``natural_key``, ``publish_until``, ``restorable``, ``restorable_from`` and either the
            registry's ``state`` (with ``beneath``, where any record may be shielded) or the lake's ``published``; one
            row for each record (in the lake, its current one).
        on: the day.
        since: the last day that was swept. Where the table has no ``state``, what ended by then counts as ended.

    Returns:
        ``natural_key`` with three booleans: ``ending`` (it is the first day without publication), ``overdue`` (it
        should have ended before and is still published), ``restorable`` (its earliest day of restoration came).
    """
    published, can_be_restored = _states(table, since=since)
    last, first = ibis.literal(on), ibis.literal(since)
    ends = published & (table.publish_until <= last)
    becomes = (
        can_be_restored & table.restorable & (table.restorable_from > first) & (table.restorable_from <= last)
    )
    # Filtered by the plain conditions before anything is made of them: a third less time than the other way round.
    return table.filter(ends | becomes).select(
        "natural_key",
        ending=(ends & (table.publish_until == last)).fill_null(False),
        overdue=(ends & (table.publish_until < last)).fill_null(False),
        restorable=becomes.fill_null(False),
    )


def counted(found: Table) -> Table:
    """One row with how many records are ``ending``, ``overdue`` and ``restorable``."""
    return found.aggregate(
        ending=found.ending.sum(), overdue=found.overdue.sum(), restorable=found.restorable.sum()
    )


def _states(table: Table, *, since: date) -> tuple[BooleanValue, BooleanValue]:
    if "state" in table.columns:
        published = table.state == "published"
        if "beneath" in table.columns:
            published |= (table.beneath == "published").fill_null(False)
        return published, table.state.isin(RESTORABLE_STATES)
    return table.published & (table.publish_until > ibis.literal(since)), ibis.literal(True)
