"""Which engine takes files in, and which way a file goes: through the columns into the lake, through the columns into
the registry, or row by row into the registry."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.util import find_spec

from django.conf import settings

from goodstanding.registry.catalogue import catalogue_on

from .bulk.layout import can_be_plain
from .contract import Contract

#: Row by row into the registry, for an installation without the extra ``bulk``.
ROWS = "rows"
#: Files for the registry with fewer rows go row by row: what the columns save of them is less than what it takes to
#: begin (about a second of processor, and two more in a process that has not loaded them; docs/measurements.md).
WORTH_COLUMNS = 50_000


def engine() -> str:
    """The setting BULK_ENGINE: ``duckdb``, ``spark://HOST:PORT`` or ``rows``; unset, DuckDB where it is installed."""
    return settings.BULK_ENGINE or ("duckdb" if _installed() else ROWS)


@cache
def _installed() -> bool:
    return all(find_spec(name) for name in ("duckdb", "ibis", "pyarrow", "pyiceberg", "sqlalchemy"))


def goes_to_the_lake(contract: Contract, *, on: date) -> bool:
    """Whether files of a contract are mass facts: the catalogue holds their item in the lake, they are about
    organisations known by their codes, and their rows report and do nothing else (``bulk.errors.refuse_others``)."""
    clauses = contract.clauses
    by_code = clauses.subject.identify_by == "codes" and clauses.subject.person_number is None
    return by_code and _reports(contract) and catalogue_on(on).item(clauses.item).held_in == "lake"


def through_columns(contract: Contract, *, rows: int) -> bool:
    """Whether so many rows for the registry go through the columns: their contract reports and does nothing else, its
    rows can be plain, and there are enough of them to be worth the columns' beginning."""
    return engine() != ROWS and rows >= WORTH_COLUMNS and _reports(contract) and can_be_plain(contract)


def _reports(contract: Contract) -> bool:
    clauses = contract.clauses
    return clauses.record is not None and clauses.change is None and clauses.delivery.form != "snapshot"
