"""A pack's tables made ready for many lookups: what does not depend on dates is worked out once per
combination.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from goodstanding.law.errors import FactsRefused
from goodstanding.law.plan import Plan, make_plan

if TYPE_CHECKING:
    from goodstanding.law.facts import Facts
    from goodstanding.law.model import Amount, ClassificationRow, ClassificationWhen, Pack, PublicationRow

Key = tuple[str, frozenset[str], int, bool, bool, bool, str]


@dataclass(frozen=True, slots=True)
class Hit:
    """A classification row that fitted, for one measure (None: the record carries no measure)."""

    measure: str | None
    row: ClassificationRow
    unset: tuple[str, ...]
    """Parameters whose being unset kept an earlier row from fitting."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a combination of facts without dates comes to. Lengths in months; None where there is none."""

    severity: str | None
    published: bool
    minimum: int | None
    maximum: int | None
    rows: tuple[str, ...]
    hits: tuple[Hit, ...]
    publication: PublicationRow | None


class Tables:
    """The compiled pack. `outcome(facts)` is a dictionary lookup once a combination has been met."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.kinds = {kind.code: kind for kind in pack.kinds}
        self.measures = {measure.code: measure for measure in pack.measures}
        self.rank = {severity.code: place for place, severity in enumerate(pack.severities)}
        self.rows = tuple(row for row in pack.classification if self._chosen(row))
        self.thresholds = sorted(self._thresholds())
        self._known: dict[Key, Outcome] = {}
        self._plans: dict[tuple[str, int], Plan] = {}

    def outcome(self, facts: Facts) -> Outcome:
        """Class, window lengths and rows for these facts. Raises FactsRefused."""
        amount = facts.amount_yuan
        # Bounds are inclusive below, so a whole threshold opens its own band; -1 stands for "not known".
        band = -1 if amount is None else bisect_right(self.thresholds, amount) if self.thresholds else 0
        key = (
            facts.kind,
            facts.measures,
            band,
            facts.simple_procedure,
            facts.publication_necessary,
            facts.excluded_by_law,
            facts.subject,
        )
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._work_out(facts)
        return found

    def plan(self, facts: Facts, outcome: Outcome) -> Plan:
        """The undated part of the verdict for an outcome of this table (kept as long as the table)."""
        key = (facts.kind, id(outcome))
        found = self._plans.get(key)
        if found is None:
            found = self._plans[key] = make_plan(facts, outcome, pack=self.pack)
        return found

    def _chosen(self, row: ClassificationRow) -> bool:
        return all(self.pack.switch(code) == option for code, option in row.when.switch.items())

    def _thresholds(self) -> set[Decimal]:
        found = set()
        for row in self.rows:
            band = row.when.amount_yuan
            for bound in (band.at_least, band.below) if band else ():
                value = self.pack.bound(bound)
                if value is not None:
                    found.add(Decimal(value))
        return found

    def _work_out(self, facts: Facts) -> Outcome:
        kind = self.kinds.get(facts.kind)
        if kind is None:
            raise FactsRefused(
                code="unknown_kind",
                en=f"The catalogue lists no kind of record {facts.kind!r}.",
                zh=f"目录中没有“{facts.kind}”这一信息类别。",
                place=self.pack.id,
                remedy_en=f"Use one of: {', '.join(self.kinds)}.",
                remedy_zh=f"请使用下列类别之一：{'、'.join(self.kinds)}。",
            )
        self._check_measures(facts)
        if not kind.adverse:
            return Outcome(None, True, None, None, (), (), None)
        measures: list[str | None] = [*sorted(facts.measures)] or [None]
        hits = [self._first(facts, measure) for measure in measures]
        hits.sort(key=lambda hit: -self.rank[hit.row.severity])
        severity = hits[0].row.severity
        row = self.publication_row(severity, necessary=facts.publication_necessary)
        maximum = row.maximum.months if row.published and row.maximum is not None else None
        minimum = None if facts.excluded_by_law else row.minimum.months
        ids = tuple(dict.fromkeys([*(hit.row.id for hit in hits), row.id]))
        return Outcome(severity, row.published, minimum, maximum, ids, tuple(hits), row)

    def _check_measures(self, facts: Facts) -> None:
        for code in sorted(facts.measures):
            measure = self.measures.get(code)
            if measure is None:
                raise FactsRefused(
                    code="unknown_measure",
                    en=f"The pack lists no measure {code!r}.",
                    zh=f"规则包中没有“{code}”这一措施。",
                    place=self.pack.id,
                    remedy_en=f"Use one or more of: {', '.join(self.measures)}.",
                    remedy_zh=f"请使用下列措施：{'、'.join(self.measures)}。",
                )
            if not measure.on_organisations and facts.subject == "organisation":
                raise FactsRefused(
                    code="measure_not_on_organisations",
                    en=f"The measure {measure.name_en!r} cannot be imposed on an organisation.",
                    zh=f"“{measure.name_zh}”不适用于法人和非法人组织。",
                    place=self.pack.id,
                    remedy_en="Check the subject of the decision with the authority.",
                    remedy_zh="请向认定单位核对处罚对象。",
                )
        if facts.measures and not self.kinds[facts.kind].measures:
            raise FactsRefused(
                code="measures_not_expected",
                en=f"Records of the kind {facts.kind!r} carry no measures.",
                zh=f"“{self.kinds[facts.kind].name_zh}”不包含处罚措施。",
                place=self.pack.id,
                remedy_en="Hand in a penalty as kind 'penalty', or leave the measures out.",
                remedy_zh="如为行政处罚，请按“行政处罚”报送；否则请删除措施。",
            )

    def _first(self, facts: Facts, measure: str | None) -> Hit:
        unset: list[str] = []
        for row in self.rows:
            if fits(row.when, kind=facts.kind, measure=measure, simple_procedure=facts.simple_procedure):
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

    def publication_row(self, severity: str, *, necessary: bool) -> PublicationRow:
        """The one publication row of a class. `check` guarantees that there is exactly one."""
        for row in self.pack.publication:
            asked = row.when.publication_necessary
            if severity in row.when.severity and (asked is None or asked is necessary):
                return row
        raise LookupError(f"no publication row for {severity}")


def fits(when: ClassificationWhen, *, kind: str, measure: str | None, simple_procedure: bool) -> bool:
    """Whether the conditions without amount fit; a row without `measure` fits any, also none."""
    return (
        kind in when.kind
        and (when.measure is None or measure in when.measure)
        and (when.simple_procedure is None or when.simple_procedure is simple_procedure)
    )
