"""A pack's tables made ready for many lookups: what does not depend on dates is worked out once per
combination.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from goodstanding.law.errors import FactsRefused
from goodstanding.law.plan import Plan, make_plan
from goodstanding.law.refusals import check_facts

if TYPE_CHECKING:
    from goodstanding.law.facts import Facts
    from goodstanding.law.model import Pack
    from goodstanding.law.rows import (
        Amount,
        Anchor,
        AtMaximumRow,
        ClassificationRow,
        ClassificationWhen,
        EventRow,
        ExemptionRow,
        PublicationRow,
        SwitchWhen,
    )

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A classification row that fitted, for one measure (None: the record carries no measure)."""

    measure: str | None
    row: ClassificationRow
    unset: tuple[str, ...]
    """Parameters whose being unset kept an earlier row from fitting."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event row that concerns the record. `within`: months after the finding; None without a limit."""

    row: EventRow
    within: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a combination of facts without dates comes to. Lengths in months; None where there is none.

    minimum is None where nothing can be restored; maximum is None where publication has no end by lapse
    of time. `holds`: at the maximum publication goes on until the duty is performed.
    """

    severity: str | None
    published: bool
    anchor: Anchor
    minimum: int | None
    maximum: int | None
    or_until: bool
    holds: bool
    events: tuple[Event, ...]
    marking: bool
    """Whether any of the events marks the record."""
    rows: tuple[str, ...]
    hits: tuple[Hit, ...]
    publication: PublicationRow | None
    exemption: ExemptionRow | None
    at_maximum: AtMaximumRow | None
    plain: bool
    """Both ends follow from the finding date alone, unless an event intervenes."""


INFORMATION = Outcome(
    None, True, "found_on", None, None, False, False, (), False, (), (), None, None, None, plain=True
)


#: So many combinations of facts are kept; strangers may ask for any, so their number is bounded.
MOST_KEPT = 50_000


class Tables:
    """The compiled pack. `outcome(facts)` is a dictionary lookup once a combination has been met."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.kinds = {kind.code: kind for kind in pack.kinds}
        self.measures = {measure.code: measure for measure in pack.measures}
        self.rank = {severity.code: place for place, severity in enumerate(pack.severities)}
        self.rows = tuple(row for row in pack.classification if self._chosen(row.when))
        self.thresholds = sorted(self._thresholds(row.when.amount_yuan for row in self.rows))
        self.use_thresholds = sorted(self._thresholds(row.when.use_amount for row in pack.exemptions))
        self.sectors = frozenset(code for row in self.rows for code in row.when.sector or ())
        self.asks_stated = any(row.when.stated is not None for row in self.rows)
        self.at_maximum = next(row for row in pack.at_maximum if self._chosen(row.when))
        bars = [pack.months(sanction.bar) for sanction in pack.sanctions]
        self.bar = max((bar for bar in bars if bar is not None), default=None)
        """The longest bar after a false commitment, in months; None while none is set."""
        self._known: dict[Key, Outcome] = {}
        self._plans: dict[tuple[str, int], Plan] = {}

    def outcome(self, facts: Facts) -> Outcome:
        """Class, window lengths and rows for these facts. Raises FactsRefused."""
        sector = facts.sector
        key = (
            facts.kind,
            facts.measures,
            _band(facts.amount_yuan, self.thresholds),
            facts.simple_procedure,
            facts.publication_necessary,
            facts.excluded_by_law,
            facts.subject,
            sector if sector in self.sectors else None,
            facts.stated,
            facts.conduct,
            facts.use,
            _band(facts.use_amount, self.use_thresholds),
        )
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST_KEPT:
                # A plan belongs to an outcome by its identity, so both go together.
                self._known.clear()
                self._plans.clear()
            found = self._known[key] = self._work_out(facts)
        return found

    def plan(self, facts: Facts, outcome: Outcome) -> Plan:
        """The undated part of the verdict for an outcome of this table (kept as long as the table)."""
        key = (facts.kind, id(outcome))
        found = self._plans.get(key)
        if found is None:
            found = self._plans[key] = make_plan(facts, outcome, pack=self.pack)
        return found

    def _chosen(self, when: ClassificationWhen | SwitchWhen) -> bool:
        return all(self.pack.switch(code) == option for code, option in when.switch.items())

    def _thresholds(self, bands: Iterable[Amount | None]) -> set[Decimal]:
        bounds = [bound for band in bands if band for bound in (band.at_least, band.below)]
        values = [self.pack.bound(bound) for bound in bounds]
        return {Decimal(value) for value in values if value is not None}

    def _work_out(self, facts: Facts) -> Outcome:
        check_facts(facts, pack=self.pack)
        if not self.kinds[facts.kind].adverse:
            return INFORMATION
        measures: list[str | None] = [*sorted(facts.measures)] or [None]
        hits = [self._first(facts, measure) for measure in measures]
        hits.sort(key=lambda hit: -self.rank[hit.row.severity])
        severity = hits[0].row.severity
        row = self.publication_row(facts.kind, severity, necessary=facts.publication_necessary)
        exemption = self._exemption(facts) if row.published else None
        maximum = None if row.maximum is None or exemption is not None else self.pack.months(row.maximum)
        never = any(
            condition.test == "never" and condition.when.applies(kind=facts.kind, severity=severity)
            for condition in self.pack.conditions
        )
        restorable = not (never or facts.excluded_by_law) and row.minimum is not None
        holds = row.published and maximum is not None and self.at_maximum.effect == "holds"
        or_until = row.or_until is not None and maximum is not None
        events = self._events(facts.kind, severity) if row.published else ()
        return Outcome(
            severity=severity,
            published=row.published,
            anchor=row.anchor,
            minimum=self.pack.months(row.minimum) if restorable and row.minimum else None,
            maximum=maximum if row.published else None,
            or_until=or_until,
            holds=holds,
            events=events,
            marking=any(event.row.effect == "marked" for event in events),
            rows=tuple(dict.fromkeys([*(hit.row.id for hit in hits), row.id])),
            hits=tuple(hits),
            publication=row,
            exemption=exemption,
            at_maximum=self.at_maximum if row.published and maximum is not None else None,
            plain=row.anchor == "found_on" and not or_until and not holds,
        )

    def _exemption(self, facts: Facts) -> ExemptionRow | None:
        for row in self.pack.exemptions:
            when = row.when
            if (
                facts.use in when.use
                and (when.kind is None or facts.kind in when.kind)
                and self._amount_keeps_out(when.use_amount, facts.use_amount) is None
            ):
                return row
        return None

    def _events(self, kind: str, severity: str) -> tuple[Event, ...]:
        return tuple(
            Event(row, None if row.within is None else self.pack.months(row.within))
            for row in self.pack.events
            if row.when.applies(kind=kind, severity=severity)
        )

    def _first(self, facts: Facts, measure: str | None) -> Hit:
        unset: list[str] = []
        for row in self.rows:
            if not fits(row.when, facts=facts, measure=measure):
                continue
            missing = self._amount_keeps_out(row.when.amount_yuan, facts.amount_yuan)
            if missing is None:
                return Hit(measure, row, tuple(unset))
            unset.extend(code for code in missing if code not in unset)
        raise FactsRefused(
            code="unclassified",
            en=f"No row of the pack classifies {facts.kind!r} with {measure!r}.",
            zh=f"规则包没有为“{facts.kind}”（{measure}）规定类别。",
            place=self.pack.id,
            remedy_en="Add a row to the classification table.",
            remedy_zh="请在分类表中补充相应规则。",
        )

    def _amount_keeps_out(self, band: Amount | None, amount: Decimal | None) -> tuple[str, ...] | None:
        """None when the amount fits; otherwise the unset parameters that kept it out (perhaps none).

        A row with an unset bound never fits, and an unknown amount fits no row with a bound.
        """
        if band is None:
            return None
        bounds = (band.at_least, band.below)
        unset = tuple(b for b in bounds if isinstance(b, str) and self.pack.bound(b) is None)
        if unset:
            return unset
        low, high = self.pack.bound(band.at_least), self.pack.bound(band.below)
        if amount is None or (low is not None and amount < low) or (high is not None and amount >= high):
            return ()
        return None

    def publication_row(self, kind: str, severity: str, *, necessary: bool) -> PublicationRow:
        """The one publication row of a kind in a class. `check` guarantees that there is exactly one."""
        for row in self.pack.publication:
            when = row.when
            if (
                severity in when.severity
                and (when.kind is None or kind in when.kind)
                and (when.publication_necessary is None or when.publication_necessary is necessary)
            ):
                return row
        raise LookupError(f"no publication row for {kind} in the class {severity}")


def fits(when: ClassificationWhen, *, facts: Facts, measure: str | None) -> bool:
    """Whether the conditions without amount fit; a row without `measure` fits any, also none."""
    return (
        facts.kind in when.kind
        and (when.measure is None or measure in when.measure)
        and (when.simple_procedure is None or when.simple_procedure is facts.simple_procedure)
        and (when.sector is None or facts.sector in when.sector)
        and (when.conduct is None or facts.conduct in when.conduct)
        and (when.stated is None or facts.stated in when.stated)
    )


def _band(amount: Decimal | None, thresholds: list[Decimal]) -> int:
    # Bounds are inclusive below, so a whole threshold opens its own band; -1 stands for "not known".
    return 0 if not thresholds else -1 if amount is None else bisect_right(thresholds, amount)
