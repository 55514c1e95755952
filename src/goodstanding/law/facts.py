"""The facts of one record as the law asks them, and the class and window that follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field, StrictBool

from goodstanding.law.attested import Code, Strict


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one record, as the law asks it. A fact that no row of a pack asks has no effect.

    kind and measures: codes of the pack; amount_yuan: the fine in yuan, None when unknown; found_on: the
    date of finding in the judicial or administrative document, never the day of web publication;
    performed_on: the day on which every duty was fully performed (a judgment: paid in full); ended_on: the
    day on which the act or event ended; limitation_ends_on: the end of the limitation period; set_aside_on:
    the day on which the finding was annulled; committed: a public commitment was made; trained: training
    on restoration was completed; publication_necessary: the sector authority found publication of a minor
    item truly necessary; excluded_by_law: a law, regulation or policy document expressly says that it may
    not be restored; further_condition_open: another law asks for something that is not yet there;
    false_commitment_on: the last finding of a false commitment; plan_approved_on, plan_completed_on,
    plan_failed_on: days of the court's rulings on a reorganisation plan or settlement; stated: the class that the
    authority stated with the record; conduct: what was done; subject: "organisation" or "natural_person";
    sector: of the record; use and use_amount: what the record is read for, in the pack's currency.
    """

    kind: str
    measures: frozenset[str] = frozenset()
    amount_yuan: Decimal | None = None
    simple_procedure: bool = False
    found_on: date
    performed_on: date | None = None
    ended_on: date | None = None
    limitation_ends_on: date | None = None
    set_aside_on: date | None = None
    committed: bool = False
    trained: bool = False
    publication_necessary: bool = False
    excluded_by_law: bool = False
    further_condition_open: bool = False
    false_commitment_on: date | None = None
    plan_approved_on: date | None = None
    plan_completed_on: date | None = None
    plan_failed_on: date | None = None
    stated: str | None = None
    conduct: str | None = None
    subject: Literal["organisation", "natural_person"] = "organisation"
    sector: str | None = None
    use: str | None = None
    use_amount: Decimal | None = None


class FactsDocument(Strict):
    """The fields of `Facts` as they are written in YAML and JSON; unknown fields are refused."""

    kind: Code
    measures: tuple[Code, ...] = ()
    amount_yuan: Decimal | None = Field(default=None, ge=0)
    simple_procedure: StrictBool = False
    found_on: date
    performed_on: date | None = None
    ended_on: date | None = None
    limitation_ends_on: date | None = None
    set_aside_on: date | None = None
    committed: StrictBool = False
    trained: StrictBool = False
    publication_necessary: StrictBool = False
    excluded_by_law: StrictBool = False
    further_condition_open: StrictBool = False
    false_commitment_on: date | None = None
    plan_approved_on: date | None = None
    plan_completed_on: date | None = None
    plan_failed_on: date | None = None
    stated: Code | None = None
    conduct: Code | None = None
    subject: Literal["organisation", "natural_person"] = "organisation"
    sector: Code | None = None
    use: Code | None = None
    use_amount: Decimal | None = Field(default=None, ge=0)

    def facts(self) -> Facts:
        """These facts for the engine."""
        values = {name: getattr(self, name) for name in FactsDocument.model_fields}
        return Facts(**{**values, "measures": frozenset(self.measures)})


@dataclass(frozen=True, slots=True)
class Classification:
    """Class and publication window of one record; depends on the record and the pack only, not on today.

    severity: None for non-adverse kinds. published: whether the law publishes it at all. publish_from:
    the finding date. restorable_from: first day on which the minimum period has passed, None if it can
    never be restored, needs no restoration, or its clock has not started. publish_until: the FIRST day on
    which it is no longer published (exclusive end), None if not published, without end, held until the duty
    is performed, or its clock has not started. rows: ids of the rows that fitted.
    """

    severity: str | None
    published: bool
    publish_from: date | None
    restorable_from: date | None
    publish_until: date | None
    rows: tuple[str, ...]
