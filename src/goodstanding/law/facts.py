"""The facts of one record as the law asks them, and the class and window that follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one record, as the law asks it.

    kind and measures: codes of the pack; amount_yuan: the fine in yuan, None when unknown; found_on: the
    date of finding in the judicial or administrative document, never the day of web publication;
    performed_on: the day on which every duty was fully performed; committed: a public commitment was
    made; publication_necessary: the sector authority found publication of a minor item truly necessary;
    excluded_by_law: a law, regulation or policy document expressly says that it may not be restored;
    further_condition_open: another law asks for something that is not yet there; subject: "organisation"
    or "natural_person"; sector: of the record, for choosing the pack.
    """

    kind: str
    measures: frozenset[str] = frozenset()
    amount_yuan: Decimal | None = None
    simple_procedure: bool = False
    found_on: date
    performed_on: date | None = None
    committed: bool = False
    publication_necessary: bool = False
    excluded_by_law: bool = False
    further_condition_open: bool = False
    subject: Literal["organisation", "natural_person"] = "organisation"
    sector: str | None = None


@dataclass(frozen=True, slots=True)
class Classification:
    """Class and publication window of one record; depends on the record and the pack only, not on today.

    severity: None for non-adverse kinds. published: whether the law publishes it at all. publish_from:
    the finding date, the legal anchor of the window. restorable_from: first day on which the minimum
    period has passed, None if it can never be restored or needs no restoration. publish_until: the FIRST
    day on which it is no longer published (exclusive end), None if not published or without end. rows:
    ids of the rows that fitted.
    """

    severity: str | None
    published: bool
    publish_from: date | None
    restorable_from: date | None
    publish_until: date | None
    rows: tuple[str, ...]
