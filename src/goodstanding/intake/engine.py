"""Which engine takes files in, and which files go through it into the lake."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.util import find_spec

from django.conf import settings

from goodstanding.registry.catalogue import catalogue_on

from .contract import Contract

#: Row by row into the registry, for an installation without the extra ``bulk``.
ROWS = "rows"


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
    reports = clauses.record is not None and clauses.change is None and clauses.delivery.form != "snapshot"
    return by_code and reports and catalogue_on(on).item(clauses.item).held_in == "lake"
