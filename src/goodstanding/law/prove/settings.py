"""What an operator may choose, as something to be found: every switch, and every number that is unset.

Two packs that ask the same question (the same switch with the same options, the same unset parameter) are
given the same answer, as one operator would give it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from goodstanding.law.attested import Length
from goodstanding.law.model import Pack
from goodstanding.law.prove.dates import MONTH, YEAR, Duration, months
from goodstanding.law.prove.terms import (
    AMOUNT_BITS,
    AMOUNT_LIMIT,
    Choice,
    Model,
    Term,
    bits,
    both,
    holds,
    implies,
    negated,
    not_above,
    number,
    truth,
    value_of,
)
from goodstanding.law.rows import Amount

LARGEST_SETTING = 10**12
LONGEST_SETTING_YEARS = 60


@dataclass(frozen=True, eq=False)
class Sum:
    """A sum of money that may be unset or unknown."""

    known: Term
    value: Term


class Settings:
    """Switches and unset parameters of one pack, or of two that are compared."""

    def __init__(self, packs: Sequence[Pack]) -> None:
        self._switches: dict[tuple[object, ...], Choice] = {}
        self._sums: dict[str, Sum] = {}
        self._lengths: dict[str, Duration] = {}
        for pack in packs:
            for switch in pack.switches:
                options = tuple(sorted(option.code for option in switch.options))
                name = f"switch.{switch.code}.{'.'.join(options)}"
                self._switches.setdefault((switch.code, options), Choice(name, options))
            for parameter in pack.parameters:
                code, known = parameter.code, truth(f"parameter.{parameter.code}.set")
                if parameter.value is None and parameter.unit == "yuan":
                    self._sums.setdefault(code, Sum(known, bits(f"parameter.{code}", AMOUNT_BITS)))
                elif parameter.value is None and parameter.unit == "months":
                    years, rest = (
                        bits(f"parameter.{code}.years", YEAR),
                        bits(f"parameter.{code}.months", MONTH),
                    )
                    self._lengths.setdefault(code, Duration(known, years, rest))
        self.valid = both(*self._constraints(packs))

    def _constraints(self, packs: Sequence[Pack]) -> Iterator[Term]:
        for choice in self._switches.values():
            yield choice.valid
        for sum_ in self._sums.values():
            yield not_above(sum_.value, number(LARGEST_SETTING, AMOUNT_BITS))
        for length in self._lengths.values():
            yield not_above(length.years, number(LONGEST_SETTING_YEARS, YEAR))
            yield not_above(length.months, number(11, MONTH))
        for pack in packs:
            for parameter in pack.parameters:
                if parameter.not_below is not None and parameter.unit == "yuan":
                    upper, lower = self.sum(pack, parameter.code), self.sum(pack, parameter.not_below)
                    yield implies(both(upper.known, lower.known), not_above(lower.value, upper.value))

    def chosen(self, pack: Pack, switches: dict[str, str]) -> Term:
        """The switches stand as a row wants them."""
        return both(*(self._option(pack, code, option) for code, option in switches.items()))

    def _option(self, pack: Pack, code: str, option: str) -> Term:
        if code in pack.chosen:
            return pack.chosen[code] == option
        return self._choice(pack, code).is_one_of((option,))

    def _choice(self, pack: Pack, code: str) -> Choice:
        switch = next(switch for switch in pack.switches if switch.code == code)
        return self._switches[code, tuple(sorted(option.code for option in switch.options))]

    def sum(self, pack: Pack, bound: int | str) -> Sum:
        """The sum of a bound: a number, or a parameter as it is set or may be set."""
        value = pack.bound(bound)
        if value is None:
            return self._sums[str(bound)]
        return Sum(True, number(min(value, AMOUNT_LIMIT), AMOUNT_BITS))

    def within(self, pack: Pack, band: Amount | None, amount: Sum) -> Term:
        """The amount lies in the band; an unset bound or an unknown amount never does."""
        if band is None:
            return True
        parts = [amount.known]
        if band.at_least is not None:
            low = self.sum(pack, band.at_least)
            parts += [low.known, not_above(low.value, amount.value)]
        if band.below is not None:
            high = self.sum(pack, band.below)
            parts += [high.known, negated(not_above(high.value, amount.value))]
        return both(*parts)

    def length(self, pack: Pack, length: Length | None) -> Duration | None:
        """A length as it is stated or may be set; None where it is neither."""
        if length is None:
            return None
        value = pack.months(length)
        if value is not None:
            return months(value)
        return None if length.parameter is None else self._lengths[length.parameter]

    def plain(self, packs: Sequence[Pack]) -> Iterator[Term]:
        """Preferences: everything as it stands in the packs."""
        yield from (negated(one.known) for one in self._sums.values())
        yield from (negated(one.known) for one in self._lengths.values())
        for pack in packs:
            for switch in pack.switches:
                yield self._option(pack, switch.code, pack.switch(switch.code))

    def read(self, model: Model, pack: Pack) -> tuple[dict[str, str], dict[str, int | None]]:
        """The choices for one pack in a model: switches other than in effect, and parameters that are set."""
        switches = {
            switch.code: str(self._choice(pack, switch.code).read(model))
            for switch in pack.switches
            if switch.code not in pack.chosen
        }
        changed = {code: option for code, option in switches.items() if option != pack.switch(code)}
        unset = [parameter for parameter in pack.parameters if parameter.value is None]
        parameters: dict[str, int | None] = {}
        for parameter in unset:
            if parameter.unit == "yuan" and holds(model, self._sums[parameter.code].known):
                parameters[parameter.code] = value_of(model, self._sums[parameter.code].value)
            elif parameter.unit == "months" and holds(model, self._lengths[parameter.code].known):
                length = self._lengths[parameter.code]
                parameters[parameter.code] = value_of(model, length.years) * 12 + value_of(
                    model, length.months
                )
        return changed, parameters
