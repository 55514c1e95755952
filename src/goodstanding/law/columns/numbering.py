"""Numbers for the combinations of facts that a pack tells apart, and which facts those are.

A record's undated facts become two numbers. `class_code` holds what the classification asks (kind, measures,
amount, simple procedure, sector, conduct, stated class); `course` holds what the rest of the pack asks
(publication_necessary, excluded_by_law, use, commitments, whether performance is known). Both are numbers in
mixed radix: one digit for each fact that is asked, none for a fact that no row asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import prod
from typing import Literal

from goodstanding.law.attested import Length
from goodstanding.law.errors import LawError
from goodstanding.law.model import Pack
from goodstanding.law.rows import Amount, ClassificationRow

MOST = 4_000_000
"""Combinations beyond which a pack is refused for columns: the table of classes must fit into memory."""


@dataclass(frozen=True)
class Happening:
    """What an event row asks: an event, and within how many months of the finding (None: whenever)."""

    event: str
    within: int | None


@dataclass(frozen=True)
class Numbering:
    """The digits of a pack. Every `..._of` is the number of values of a digit; 1 where nothing asks."""

    pack: Pack

    @cached_property
    def rows(self) -> tuple[ClassificationRow, ...]:
        """The classification rows that hold under the operator's choices, in order."""
        return tuple(
            row
            for row in self.pack.classification
            if all(self.pack.switch(code) == option for code, option in row.when.switch.items())
        )

    def asked(self, fact: str) -> tuple[str, ...]:
        """The codes of "sector", "conduct" or "stated" that rows name; the digit 0 is every other value."""
        return tuple(sorted({code for row in self.rows for code in getattr(row.when, fact) or ()}))

    @cached_property
    def thresholds(self) -> tuple[int, ...]:
        """The amounts at which a row begins or ceases to fit."""
        return self._thresholds([row.when.amount_yuan for row in self.rows])

    @cached_property
    def uses(self) -> tuple[str, ...]:
        """The uses of a record that exemptions name."""
        return tuple(sorted({code for row in self.pack.exemptions for code in row.when.use}))

    @cached_property
    def use_thresholds(self) -> tuple[int, ...]:
        """The amounts of use at which an exemption begins or ceases to fit."""
        return self._thresholds([row.when.use_amount for row in self.pack.exemptions])

    @cached_property
    def measure_groups(self) -> tuple[tuple[str, ...], ...]:
        """Measures that stand in the same rows, together: one bit for each group."""
        groups: dict[tuple[bool, ...], list[str]] = {}
        for measure in self.pack.measures:
            named = tuple(measure.code in (row.when.measure or ()) for row in self.rows)
            groups.setdefault(named, []).append(measure.code)
        return tuple(tuple(codes) for codes in groups.values())

    @cached_property
    def class_radix(self) -> Mapping[str, int]:
        """Values of each digit of `class_code`, the most significant first."""
        rows = [row.when for row in self.rows]
        return {
            "simple_procedure": 2 if any(when.simple_procedure is not None for when in rows) else 1,
            "sector": 1 + len(self.asked("sector")),
            "conduct": 1 + len(self.asked("conduct")),
            "stated": 1 + len(self.asked("stated")),
            "amount_yuan": 2 + len(self.thresholds) if any(when.amount_yuan for when in rows) else 1,
            "measures": 2 ** len(self.measure_groups),
        }

    @cached_property
    def course_radix(self) -> Mapping[str, int]:
        """Values of each digit of `course`, the most significant first; the last is the class."""
        tests = {row.test for row in self.pack.conditions}
        amounts = any(row.when.use_amount for row in self.pack.exemptions)
        necessary = any(row.when.publication_necessary is not None for row in self.pack.publication)
        return {
            "publication_necessary": 2 if necessary else 1,
            "excluded_by_law": 2,
            "use": 1 + len(self.uses),
            "use_amount": 2 + len(self.use_thresholds) if amounts else 1,
            "committed": 2 if "committed" in tests else 1,
            "trained": 2 if "trained" in tests else 1,
            "further_condition_open": 2 if "nothing_further" in tests else 1,
            "performed": 2 if "duty_performed" in tests or self.holds else 1,
            "rank": len(self.pack.severities) + 2,
        }

    @cached_property
    def holds(self) -> bool:
        """Whether publication goes on at the maximum while the duty is not performed."""
        row = next(
            row
            for row in self.pack.at_maximum
            if all(self.pack.switch(code) == option for code, option in row.when.switch.items())
        )
        return row.effect == "holds"

    @cached_property
    def unclassified(self) -> int:
        """The rank of a record for which no row fits. 0 is no class; 1 is the mildest class."""
        return len(self.pack.severities) + 1

    @cached_property
    def happenings(self) -> tuple[Happening, ...]:
        """What the event rows ask, each once."""
        return tuple(dict.fromkeys(self.happening(row.event, row.within) for row in self.pack.events))

    def happening(self, event: str, within: Length | None) -> Happening:
        """What one event row asks; an unset length is no limit."""
        return Happening(event, None if within is None else self.pack.months(within))

    @cached_property
    def bar(self) -> int | None:
        """The longest bar after a false commitment, in months; None while none is set."""
        if not any(row.test == "not_barred" for row in self.pack.conditions):
            return None
        bars = [self.pack.months(sanction.bar) for sanction in self.pack.sanctions]
        return max((bar for bar in bars if bar is not None), default=None)

    @cached_property
    def anchors(self) -> tuple[str, ...]:
        """The days from which periods of this pack count; found_on always among them, and first."""
        used = dict.fromkeys(row.anchor for row in self.pack.publication)
        return ("found_on", *sorted(set(used) - {"found_on"}))

    @cached_property
    def kinds(self) -> tuple[KindNumbers, ...]:
        """Where the numbers of each kind begin. Raises LawError when there are too many to list."""
        found = tuple(self._kinds())
        size = sum(prod(kind.class_radix.values()) for kind in found)
        if size > MOST:
            raise LawError(
                code="too_many_combinations",
                en=f"The classification tells {size:,} combinations of facts apart; columns take {MOST:,}.",
                zh=f"分类表区分 {size:,} 种事实组合，列式计算最多支持 {MOST:,} 种。",
                place=self.pack.id,
                remedy_en="Use `decide` case by case, or let rows name the same measures.",
                remedy_zh="请逐条使用 decide，或合并规则所列措施。",
            )
        return found

    @cached_property
    def code_type(self) -> Literal["int16", "int32"]:
        """The narrower of the types that hold every `class_code` and `course`: what is read is what costs."""
        classes = [kind.class_base + prod(kind.class_radix.values()) for kind in self.kinds]
        courses = [kind.course_base + prod(kind.course_radix.values()) for kind in self.kinds]
        return "int16" if max(*classes, *courses) < 2**15 else "int32"

    def _kinds(self) -> Iterator[KindNumbers]:
        class_base, course_base = 1, 1  # 0 is what was refused
        for kind in self.pack.kinds:
            if not kind.adverse:
                none = {fact: 1 for fact in self.class_radix}
                yield KindNumbers(kind.code, False, kind.measures, 0, none, course_base, {})
                course_base += 1
                continue
            whens = [row.when for row in self.rows if kind.code in row.when.kind]
            asked = {
                "measures": kind.measures,
                **{
                    fact: any(getattr(when, fact) is not None for when in whens)
                    for fact in ("simple_procedure", "sector", "conduct", "stated", "amount_yuan")
                },
            }
            radix = {fact: many if asked[fact] else 1 for fact, many in self.class_radix.items()}
            yield KindNumbers(
                kind.code, True, kind.measures, class_base, radix, course_base, self.course_radix
            )
            class_base += prod(radix.values())
            course_base += prod(self.course_radix.values())

    def _thresholds(self, bands: list[Amount | None]) -> tuple[int, ...]:
        bounds = [self.pack.bound(bound) for band in bands if band for bound in (band.at_least, band.below)]
        return tuple(sorted({bound for bound in bounds if bound is not None}))

    def band_fits(self, band: Amount | None, digit: int, thresholds: tuple[int, ...]) -> bool:
        """Whether an amount of this digit fits a band: 0 is unknown, n lies from threshold n-1 to n."""
        if band is None:
            return True
        bounds = (band.at_least, band.below)
        low, high = (self.pack.bound(bound) for bound in bounds)
        if digit == 0 or any(bound is not None and self.pack.bound(bound) is None for bound in bounds):
            return False
        least = Decimal("-Infinity") if digit == 1 else Decimal(thresholds[digit - 2])
        end = Decimal("Infinity") if digit > len(thresholds) else Decimal(thresholds[digit - 1])
        return (low is None or least >= low) and (high is None or end <= high)


@dataclass(frozen=True)
class KindNumbers:
    """Where the numbers of one kind begin, and the values of its digits."""

    kind: str
    adverse: bool
    measures: bool
    class_base: int
    class_radix: Mapping[str, int]
    course_base: int
    course_radix: Mapping[str, int]

    def strides(self, radix: Mapping[str, int]) -> dict[str, int]:
        """By how much a step of each digit moves the number; 0 where the digit has one value."""
        steps: dict[str, int] = {}
        step = 1
        for fact, many in reversed(list(radix.items())):
            steps[fact] = step if many > 1 else 0
            step *= many
        return steps
