"""Class and publication window of a row, by the law pack in force or as the source states it.

The pack is the one that governs the record on the day of intake; for a finding older than that pack its
transition rule decides, and the record says so (``content["law"]``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from goodstanding import law
from goodstanding.registry.packs import packs

from .contract import Contract
from .standardise import day_after

AT_FINDING = "pack in force on the day of the finding"
AS_STATED = "days stated by the source, class stated by the contract"
NOT_PUBLISHED = "no window of publication is known for this source"


@dataclass(frozen=True, slots=True)
class Window:
    """What the law or the source says of one row. ``chosen`` says by which rule."""

    pack: str
    chosen: str
    severity: str | None
    published: bool
    publish_from: date | None
    restorable_from: date | None
    publish_until: date | None
    restorable: bool


class Classifier:
    """Classes the rows of one file; equal facts are asked once."""

    def __init__(self, contract: Contract, *, today: date) -> None:
        clause = contract.clauses.publication
        assert clause is not None and contract.clauses.record is not None
        self._clause = clause
        self._kind = contract.clauses.record.kind
        self._reference = contract.reference
        self._today = today
        self._packs = packs()
        self._windows: dict[tuple[object, ...], Window] = {}

    def by_law(
        self, *, measures: tuple[str, ...], amount: Decimal | None, found_on: date, person: bool
    ) -> Window:
        """The window by the law.

        Raises:
            law.FactsRefused: a measure that cannot be, such as detention of an organisation.
        """
        key = (measures, amount, found_on, person)
        window = self._windows.get(key)
        if window is None:
            if len(self._windows) > 200_000:
                self._windows.clear()
            window = self._windows[key] = self._work_out(measures, amount, found_on, person)
        return window

    def _work_out(
        self, measures: tuple[str, ...], amount: Decimal | None, found_on: date, person: bool
    ) -> Window:
        facts = law.Facts(
            kind=self._kind,
            measures=frozenset(measures),
            amount_yuan=amount,
            found_on=found_on,
            subject="natural_person" if person else "organisation",
        )
        governing = law.govern(
            facts, packs=self._packs, jurisdiction=self._clause.jurisdiction, on=self._today
        )
        found = law.classify(facts, pack=governing.pack)
        return Window(
            pack=governing.pack.id,
            chosen=governing.transition.text_en if governing.transition else AT_FINDING,
            severity=found.severity,
            published=found.published,
            publish_from=found.publish_from,
            restorable_from=found.restorable_from,
            publish_until=found.publish_until,
            restorable=found.restorable_from is not None,
        )

    def as_stated(self, *, start: date, last: date | None) -> Window:
        """The window that the source states: from ``start`` until the day after ``last``.

        Where ``last`` is empty the source still shows the entry; publication then ends ``monthsAtMost`` after its
        start, so that it ends at all.
        """
        assert self._clause.months_at_most is not None
        until = day_after(last) if last else law.add_months(start, self._clause.months_at_most)
        return Window(
            pack=f"contract:{self._reference}",
            chosen=AS_STATED,
            severity=self._clause.severity,
            published=True,
            publish_from=start,
            restorable_from=None,
            publish_until=max(until, start),
            restorable=False,
        )

    def not_published(self, *, adverse: bool) -> Window:
        """The window of a source whose publication has no known end: none."""
        return Window(
            pack=f"contract:{self._reference}",
            chosen=NOT_PUBLISHED,
            severity="ordinary" if adverse else None,
            published=False,
            publish_from=None,
            restorable_from=None,
            publish_until=None,
            restorable=False,
        )
