"""A pack's tables as logic: which rows fit, which class follows, and what that means on a day.

Written from the tables of `law.tables` and `law.decide`, row by row, in the same order; tests hold the two
against each other on random facts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

from goodstanding.law.model import Pack
from goodstanding.law.prove.dates import Day, DayOrNone, Duration, add, not_later
from goodstanding.law.prove.facts import UnknownFacts, first_of
from goodstanding.law.prove.settings import Settings
from goodstanding.law.prove.terms import Term, both, either, implies, negated
from goodstanding.law.rows import (
    AdverseWhen,
    ClassificationRow,
    ConditionRow,
    EventRow,
    ExemptionRow,
    PublicationRow,
)


class SymbolicPack:
    """One pack over facts that are to be found.

    kinds: the codes of the facts' kinds by the pack's own code (its own where none is given). not_applied:
    codes of sanctions whose bar is left out.
    """

    def __init__(
        self,
        pack: Pack,
        *,
        facts: UnknownFacts,
        settings: Settings,
        kinds: Mapping[str, Collection[str]] | None = None,
        not_applied: Collection[str] = (),
    ) -> None:
        self.pack = pack
        self.facts = facts
        self.settings = settings
        self._kinds = kinds
        self.bars = [
            bar
            for sanction in pack.sanctions
            if sanction.code not in not_applied and (bar := settings.length(pack, sanction.bar)) is not None
        ]

    # Kind, class and rows without dates.

    def kind_is(self, codes: Collection[str] | None) -> Term:
        """The record's kind is one of these codes of the pack; None: any."""
        if codes is None:
            return True
        if self._kinds is None:
            return self.facts.kind.is_one_of(codes)
        return self.facts.kind.is_one_of(own for code in codes for own in self._kinds.get(code, ()))

    @cached_property
    def adverse(self) -> Term:
        return self.kind_is([kind.code for kind in self.pack.kinds if kind.adverse])

    def carried(self, measure: str | None) -> Term:
        """The record carries the measure; records of kinds without measures carry none."""
        return self._carried[measure]

    @cached_property
    def _carried(self) -> dict[str | None, Term]:
        bare = self.kind_is([kind.code for kind in self.pack.kinds if not kind.measures])
        carrying = negated(bare)
        carried: dict[str | None, Term] = {None: either(bare, self.facts.carried(None))}
        for measure in self.pack.measures:
            carried[measure.code] = both(self.facts.carried(measure.code), carrying)
        return carried

    def conditions_of(self, row: ClassificationRow) -> Term:
        """What a classification row asks beside the measure."""
        when, facts = row.when, self.facts
        parts = [self.settings.chosen(self.pack, when.switch), self.kind_is(when.kind)]
        if when.simple_procedure is not None:
            simple = facts.flags["simple_procedure"]
            parts.append(simple if when.simple_procedure else negated(simple))
        for name in ("sector", "conduct", "stated"):
            codes = getattr(when, name)
            if codes is not None:
                parts.append(facts.codes[name].is_one_of(codes))
        parts.append(self.settings.within(self.pack, when.amount_yuan, facts.amount_yuan))
        return both(*parts)

    @cached_property
    def reach(self) -> tuple[Term, ...]:
        """What each classification row asks beside the measure, in order."""
        return tuple(self.conditions_of(row) for row in self.pack.classification)

    @cached_property
    def first_rows(self) -> dict[str | None, dict[int, Term]]:
        """By measure: the places of the rows that can take it, each with the condition that it does."""
        found: dict[str | None, dict[int, Term]] = {}
        for measure in (None, *(measure.code for measure in self.pack.measures)):
            places = self._places(measure)
            taken = first_of(self.reach[place] for place in places)
            found[measure] = dict(zip(places, taken, strict=True))
        return found

    def _places(self, measure: str | None) -> list[int]:
        """The classification rows that can take a measure."""
        return [
            place
            for place, row in enumerate(self.pack.classification)
            if row.when.measure is None or measure in row.when.measure
        ]

    def unclassified(self, measure: str | None) -> Term:
        """The record carries the measure (None: none) and no row fits it."""
        return both(
            self.carried(measure), *(negated(self.reach[place]) for place in self.first_rows[measure])
        )

    @cached_property
    def classified(self) -> Term:
        """Every measure that the record carries has a row."""
        return both(*(negated(self.unclassified(measure)) for measure in self.first_rows))

    @cached_property
    def _at_least(self) -> tuple[Term, ...]:
        """By severity, from mild to severe: some measure brings it or a worse one."""
        rank = {severity.code: place for place, severity in enumerate(self.pack.severities)}
        return tuple(
            either(
                *(
                    both(
                        self.carried(measure),
                        either(
                            *(
                                taken
                                for place, taken in rows.items()
                                if rank[self.pack.classification[place].severity] >= least
                            )
                        ),
                    )
                    for measure, rows in self.first_rows.items()
                )
            )
            for least in range(len(rank))
        )

    @cached_property
    def severity(self) -> dict[str, Term]:
        """By code: this is the class of the record."""
        worse = [*self._at_least[1:], False]
        return {
            severity.code: both(self._at_least[place], negated(worse[place]))
            for place, severity in enumerate(self.pack.severities)
        }

    def severity_is(self, codes: Collection[str] | None) -> Term:
        """The class is one of these; None: any."""
        return True if codes is None else either(*(self.severity[code] for code in codes))

    def applies(self, when: AdverseWhen) -> Term:
        """The row fits the kind and its class."""
        return both(self.kind_is(when.kind), self.severity_is(when.severity))

    def window_fits(self, row: PublicationRow) -> Term:
        """What a publication row asks."""
        when, necessary = row.when, self.facts.flags["publication_necessary"]
        asked = when.publication_necessary
        return both(
            self.severity_is(when.severity),
            self.kind_is(when.kind),
            True if asked is None else necessary if asked else negated(necessary),
        )

    @cached_property
    def windows(self) -> tuple[tuple[PublicationRow, Term], ...]:
        """The publication rows, each with the condition that it is the one used."""
        taken = first_of([self.window_fits(row) for row in self.pack.publication])
        return tuple(zip(self.pack.publication, taken, strict=True))

    @cached_property
    def has_window(self) -> Term:
        return either(*(self.window_fits(row) for row in self.pack.publication))

    @cached_property
    def holding(self) -> Term:
        """At the maximum publication goes on until the duty is performed."""
        taken = first_of([self.settings.chosen(self.pack, row.when.switch) for row in self.pack.at_maximum])
        return either(
            *(t for row, t in zip(self.pack.at_maximum, taken, strict=True) if row.effect == "holds")
        )

    @cached_property
    def answered(self) -> Term:
        """The evaluator answers: an adverse kind with a class, a window and a rule for the maximum."""
        ruled = either(*(self.settings.chosen(self.pack, row.when.switch) for row in self.pack.at_maximum))
        return both(self.adverse, self.classified, self.has_window, ruled)

    def exempt_by(self, row: ExemptionRow) -> Term:
        """What an exemption asks."""
        facts, when = self.facts, row.when
        amount = self.settings.within(self.pack, when.use_amount, facts.use_amount)
        return both(self.kind_is(when.kind), facts.codes["use"].is_one_of(when.use), amount)

    @cached_property
    def exempt(self) -> Term:
        """The record is read for a use to which the maximum does not apply."""
        return either(*(self.exempt_by(row) for row in self.pack.exemptions))

    @cached_property
    def never(self) -> Term:
        """The law knows no restoration here."""
        return either(*(self.applies(row.when) for row in self.pack.conditions if row.test == "never"))

    @cached_property
    def restorable(self) -> Term:
        """There is a way to restoration: a minimum, no exclusion, no `never`."""
        timed = either(*(both(taken, self._length(row).known) for row, taken in self.windows if row.minimum))
        return both(timed, negated(self.never), negated(self.facts.flags["excluded_by_law"]))

    def required(self, material: str) -> Term:
        """The material must be handed in."""
        return either(
            *(self.applies(row.when) for row in self.pack.materials if row.id == material and row.required)
        )

    # On a day.

    def _length(self, row: PublicationRow) -> Duration:
        """The minimum of a window; unset where there is none."""
        length = self.settings.length(self.pack, row.minimum)
        return _UNSET if length is None else length

    def _start(self, row: PublicationRow) -> DayOrNone:
        return self.facts.date(row.anchor)

    def visible(self, on: Day) -> Term:
        """The record is published on the day."""
        running = either(
            *(both(taken, negated(self._lapsed(row, on))) for row, taken in self.windows if row.published)
        )
        found = not_later(self.facts.found_on, on)
        return both(self.adverse, found, running, negated(self.removed(on)), negated(self._shielded(on)))

    def _lapsed(self, row: PublicationRow, on: Day) -> Term:
        maximum = self.settings.length(self.pack, row.maximum)
        if maximum is None:
            return False
        start, limitation = self._start(row), self.facts.dates["limitation_ends_on"]
        parts = [start.known, maximum.known, negated(self.exempt), not_later(add(start.day, maximum), on)]
        if row.or_until is not None:
            parts.append(implies(limitation.known, not_later(limitation.day, on)))
        parts.append(implies(self.holding, self.facts.dates["performed_on"].by(on)))
        return both(*parts)

    def happened(self, row: EventRow, on: Day) -> Term:
        """The event concerns the record and has come by the day, in time."""
        event = self.facts.dates[row.event]
        parts = [self.applies(row.when), event.by(on)]
        within = self.settings.length(self.pack, row.within)
        if within is not None:
            in_time = not_later(event.day, add(self.facts.found_on, within))
            parts.append(implies(within.known, in_time))
        return both(*parts)

    def removed(self, on: Day) -> Term:
        """An event has removed the record by the day."""
        return either(*(self.happened(row, on) for row in self.pack.events if row.effect == "removed"))

    def marked(self, event: str, on: Day) -> Term:
        """The record carries the mark of an event on the day."""
        rows = [row for row in self.pack.events if row.effect == "marked" and row.event == event]
        return both(
            either(*(taken for row, taken in self.windows if row.published)),
            either(*(self.happened(row, on) for row in rows)),
        )

    def _shielded(self, on: Day) -> Term:
        if self.pack.shield is None:
            return False
        dates = self.facts.dates
        over = (dates["plan_completed_on"].by(on), dates["plan_failed_on"].by(on))
        return both(dates["plan_approved_on"].by(on), *(negated(end) for end in over))

    def _minimum_by(self, on: Day, *, clock_from: Day | None) -> Term:
        """The minimum has passed by the day; an unknown start is taken as `clock_from`, or never passes."""
        parts: list[Term] = []
        for row, taken in self.windows:
            length = self._length(row)
            if row.minimum is None or length is _UNSET:
                continue
            start = self._start(row)
            dated = both(start.known, not_later(add(start.day, length), on))
            if clock_from is not None:
                dated = either(dated, both(negated(start.known), not_later(add(clock_from, length), on)))
            parts.append(both(taken, length.known, dated))
        return either(*parts)

    def restorable_by(self, on: Day) -> Term:
        """The minimum of a record that can be restored has passed."""
        return both(self.restorable, self._minimum_by(on, clock_from=None))

    def eligible(self, on: Day) -> Term:
        """An application on the day meets every condition."""
        conditions = (implies(self.applies(row.when), self._met(row, on)) for row in self.pack.conditions)
        return both(self.adverse, not_later(self.facts.found_on, on), *conditions)

    def _met(self, row: ConditionRow, on: Day) -> Term:
        if row.test == "minimum_reached":
            return self._minimum_by(on, clock_from=None)
        if row.test == "duty_performed":
            return self.facts.dates["performed_on"].by(on)
        if row.test == "not_barred":
            return self._not_barred(on)
        return self._met_without_date(row)

    def _met_without_date(self, row: ConditionRow) -> Term:
        flags = self.facts.flags
        if row.test in ("committed", "trained"):
            return flags[row.test]
        if row.test == "never":
            return False
        return negated(
            flags["further_condition_open" if row.test == "nothing_further" else "excluded_by_law"]
        )

    def _not_barred(self, on: Day) -> Term:
        false = self.facts.dates["false_commitment_on"]
        over = both(*(implies(bar.known, not_later(add(false.day, bar), on)) for bar in self.bars))
        return implies(false.known, over)

    def earliest_by(self, day: Day, *, asked_on: Day) -> Term:
        """The earliest day of restoration, asked on a day, is not later than the other day."""
        parts = [
            self.restorable,
            not_later(self.facts.found_on, day),
            self._minimum_by(day, clock_from=asked_on),
        ]
        done_now = not_later(asked_on, day)
        for row in self.pack.conditions:
            if row.test == "minimum_reached":
                unknown = either(
                    *(both(taken, negated(self._start(window).known)) for window, taken in self.windows)
                )
                settled = implies(unknown, done_now)
            elif row.test == "duty_performed":
                performed = self.facts.dates["performed_on"]
                settled = either(performed.by(day), both(negated(performed.known), done_now))
            elif row.test == "not_barred":
                settled = self._not_barred(day)
            else:
                settled = either(self._met_without_date(row), done_now)
            parts.append(implies(self.applies(row.when), settled))
        return both(*parts)


_UNSET = Duration(False, 0, 0)
