"""The facts of a record as something to be found: every combination of them that a pack does not refuse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from goodstanding.law.facts import Facts
from goodstanding.law.model import Pack
from goodstanding.law.prove.dates import (
    Day,
    DayOrNone,
    is_a_day,
    not_later,
    this_day,
    unknown_day,
    unknown_day_or_none,
)
from goodstanding.law.prove.settings import LARGEST_SETTING, Sum
from goodstanding.law.prove.terms import (
    AMOUNT_BITS,
    Choice,
    Model,
    Term,
    bits,
    both,
    digits,
    holds,
    implies,
    negated,
    not_above,
    number,
    truth,
    value_of,
)

ANOTHER = "another"
"""Stands for any value that no pack in the comparison lists."""
FLAGS = (
    "simple_procedure",
    "committed",
    "trained",
    "publication_necessary",
    "excluded_by_law",
    "further_condition_open",
)
DATES = (
    "performed_on",
    "ended_on",
    "limitation_ends_on",
    "set_aside_on",
    "false_commitment_on",
    "plan_approved_on",
    "plan_completed_on",
    "plan_failed_on",
)
CODES = ("stated", "conduct", "sector", "use")


class UnknownFacts:
    """One term for each fact, the day asked about (`on`) and another day to compare with (`by`).

    Kinds are those of the first pack; codes those of all packs, and one value more that no pack lists. Sums of
    money are whole: between two whole thresholds nothing changes.
    """

    def __init__(self, packs: Sequence[Pack]) -> None:
        first = packs[0]
        self.kind = Choice("kind", [kind.code for kind in first.kinds])
        self.measures = {measure.code: truth(f"measure.{measure.code}") for measure in first.measures}
        self.natural_person = truth("natural_person")
        self.flags = {name: truth(name) for name in FLAGS}
        self.dates = {name: unknown_day_or_none(name) for name in DATES}
        self.found_on, self.on, self.by = (unknown_day(name) for name in ("found_on", "on", "by"))
        self.amount_yuan = Sum(truth("amount_yuan.known"), bits("amount_yuan", AMOUNT_BITS))
        self.use_amount = Sum(truth("use_amount.known"), bits("use_amount", AMOUNT_BITS))
        listed = {
            "stated": (row.code for pack in packs for row in pack.severities),
            "conduct": (row.code for pack in packs for row in pack.conducts),
            "sector": (row.code for pack in packs for row in pack.sectors),
            "use": (row.code for pack in packs for row in pack.uses),
        }
        self.codes = {
            name: Choice(name, [None, *dict.fromkeys(codes), ANOTHER]) for name, codes in listed.items()
        }
        self.valid = both(*self._constraints())

    def _constraints(self) -> Iterator[Term]:
        yield self.kind.valid
        for choice in self.codes.values():
            yield choice.valid
        for day in (self.found_on, self.on, self.by, *(one.day for one in self.dates.values())):
            yield is_a_day(day)
        for sum_ in (self.amount_yuan, self.use_amount):
            yield not_above(sum_.value, number(2 * LARGEST_SETTING, AMOUNT_BITS))

    def date(self, name: str) -> DayOrNone:
        """A date by its name in `Facts`; the date of the finding is always known."""
        return DayOrNone(True, self.found_on) if name == "found_on" else self.dates[name]

    def carried(self, measure: str | None) -> Term:
        """The record carries the measure; None: it carries none at all."""
        if measure is None:
            return both(*(negated(carried) for carried in self.measures.values()))
        return self.measures.get(measure, False)

    def not_refused(self, pack: Pack) -> Term:
        """The first pack does not refuse these facts (`law.refusals`)."""
        bare = [kind.code for kind in pack.kinds if not kind.measures]
        parts = [implies(self.kind.is_one_of(bare), self.carried(None))]
        for measure in pack.measures:
            if not measure.on_organisations:
                parts.append(implies(self.measures[measure.code], self.natural_person))
        asks_stated = any(row.when.stated is not None for row in pack.classification)
        listed = (
            ("conduct", [row.code for row in pack.conducts]),
            ("use", [row.code for row in pack.uses]),
            ("stated", [row.code for row in pack.severities] if asks_stated else []),
        )
        parts += [self.codes[name].is_one_of((None, *codes)) for name, codes in listed if codes]
        return both(*parts)

    def plain(self, around: Day) -> Iterator[Term]:
        """Preferences for a readable case: nothing that does not matter, and days that follow one another."""
        yield negated(self.natural_person)
        for carried in self.measures.values():
            yield negated(carried)
        for name, flag in self.flags.items():
            yield flag if name == "committed" else negated(flag)
        yield negated(self.amount_yuan.known)
        yield negated(self.use_amount.known)
        for choice in self.codes.values():
            yield choice.is_one_of((None,))
            yield negated(choice.is_one_of((ANOTHER,)))
        for name in DATES[1:]:
            yield negated(self.dates[name].known)
        yield self.dates["performed_on"].known
        yield self.found_on.key == around.key
        yield not_later(around, self.found_on)
        for one in self.dates.values():
            yield one.day.key == self.found_on.key
            yield not_later(self.found_on, one.day)
            yield not_later(one.day, self.on)
        yield not_later(self.found_on, self.on)
        yield self.on.key == self.found_on.key
        yield from digits(self.on.key)  # One after the other they make it the first such day.

    def read(self, model: Model) -> Facts:
        """The facts in a model."""
        named: dict[str, Any] = {name: holds(model, flag) for name, flag in self.flags.items()}
        named |= {name: one.read(model) for name, one in self.dates.items()}
        named |= {name: choice.read(model) for name, choice in self.codes.items()}
        for name, sum_ in (("amount_yuan", self.amount_yuan), ("use_amount", self.use_amount)):
            named[name] = Decimal(value_of(model, sum_.value)) if holds(model, sum_.known) else None
        return Facts(
            kind=str(self.kind.read(model)),
            measures=frozenset(code for code, carried in self.measures.items() if holds(model, carried)),
            found_on=self.found_on.read(model),
            subject="natural_person" if holds(model, self.natural_person) else "organisation",
            **named,
        )

    def equal(self, facts: Facts) -> Iterator[Term]:
        """These facts and no others (for holding the two evaluators against each other)."""
        yield self.kind.is_one_of((facts.kind,))
        for code, carried in self.measures.items():
            yield carried if code in facts.measures else negated(carried)
        yield self.natural_person if facts.subject == "natural_person" else negated(self.natural_person)
        for name, flag in self.flags.items():
            yield flag if getattr(facts, name) else negated(flag)
        yield self.found_on.key == this_day(facts.found_on).key
        for name, one in self.dates.items():
            day = getattr(facts, name)
            yield negated(one.known) if day is None else both(one.known, one.day.key == this_day(day).key)
        for value, sum_ in ((facts.amount_yuan, self.amount_yuan), (facts.use_amount, self.use_amount)):
            if value is None:
                yield negated(sum_.known)
            else:
                yield both(sum_.known, sum_.value == number(int(value), AMOUNT_BITS))
        for name, choice in self.codes.items():
            yield choice.is_one_of((getattr(facts, name),))


def first_of(parts: Iterable[Term]) -> Iterator[Term]:
    """For each condition: it holds and none before it does."""
    none_before: Term = True
    for part in parts:
        yield both(part, none_before)
        none_before = both(none_before, negated(part))
