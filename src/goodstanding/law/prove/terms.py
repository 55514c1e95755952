"""The logic that proofs are written in: truth values, choices from a list and numbers, as terms of Z3.

A term is either a Python bool, where it is known beforehand, or a Z3 expression. Everything is of finite size
(bit vectors), so that every question ends with a yes or a no. Z3 is the extra `prove`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

try:
    import z3  # type: ignore[import-untyped]
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "proofs need z3-solver, which is not installed: pip install 'goodstanding[prove]'", name="z3"
    ) from error

Term = Any
"""A truth value or a number of Z3; Z3 has no types of its own for mypy."""
Model = Any

AMOUNT_BITS = 64
AMOUNT_LIMIT = 2**62


def both(*parts: Term) -> Term:
    """All of the parts hold."""
    kept = []
    for part in parts:
        if part is False:
            return False
        if part is not True:
            kept.append(part)
    return True if not kept else kept[0] if len(kept) == 1 else z3.And(kept)


def either(*parts: Term) -> Term:
    """At least one of the parts holds."""
    kept = []
    for part in parts:
        if part is True:
            return True
        if part is not False:
            kept.append(part)
    return False if not kept else kept[0] if len(kept) == 1 else z3.Or(kept)


def negated(part: Term) -> Term:
    """The part does not hold."""
    return (not part) if isinstance(part, bool) else z3.Not(part)


def implies(given: Term, then: Term) -> Term:
    """Where `given` holds, `then` holds."""
    return either(negated(given), then)


def truth(name: str) -> Term:
    """A truth value that is not known."""
    return z3.Bool(name)


def bits(name: str, size: int) -> Term:
    """A number from 0 that is not known."""
    return z3.BitVec(name, size)


def number(value: int, size: int) -> Term:
    """A known number."""
    return z3.BitVecVal(value, size)


def not_above(lower: Term, upper: Term) -> Term:
    """lower <= upper, for numbers from 0 of one size."""
    return z3.ULE(lower, upper)


def below(lower: Term, upper: Term) -> Term:
    """lower < upper, for numbers from 0 of one size."""
    return z3.ULT(lower, upper)


def pick(condition: Term, yes: Term, no: Term) -> Term:
    """One number or the other."""
    if isinstance(condition, bool):
        return yes if condition else no
    return z3.If(condition, yes, no)


def join(*parts: Term) -> Term:
    """Numbers written one after the other: compared as one, the first part weighs most."""
    return z3.Concat(*parts)


def digits(value: Term) -> list[Term]:
    """That each binary digit of a number is 0, the highest first."""
    return [z3.Extract(place, place, value) == number(0, 1) for place in reversed(range(value.size()))]


def lowest_bits(value: Term, count: int) -> Term:
    """The remainder of a number by a power of two."""
    return z3.Extract(count - 1, 0, value)


def holds(model: Model, term: Term) -> bool:
    """Whether a term holds in a model."""
    return term if isinstance(term, bool) else bool(z3.is_true(model.eval(term, model_completion=True)))


def value_of(model: Model, term: Term) -> int:
    """A number in a model."""
    return int(model.eval(term, model_completion=True).as_long())


class Choice:
    """One value out of a list that is not known; None may stand in the list."""

    def __init__(self, name: str, values: Sequence[str | None]) -> None:
        self.values = tuple(values)
        self._size = max(1, (len(self.values) - 1).bit_length())
        self._term = bits(name, self._size)
        self.valid: Term = not_above(self._term, number(len(self.values) - 1, self._size))

    def is_one_of(self, values: Iterable[str | None]) -> Term:
        """The value is among these; values that are not in the list never are."""
        wanted = set(values)
        if wanted.issuperset(self.values):
            return True
        return either(
            *(
                self._term == number(place, self._size)
                for place, value in enumerate(self.values)
                if value in wanted
            )
        )

    def read(self, model: Model) -> str | None:
        """The value in a model."""
        return self.values[value_of(model, self._term)]


class Questions:
    """A set of assumptions of which questions are asked one after the other."""

    def __init__(self, *given: Term) -> None:
        self._solver = z3.SolverFor("QF_FD")
        self.assume(*given)

    def assume(self, *given: Term) -> None:
        """Take more as given."""
        for part in given:
            self._solver.add(part)

    def example(self, *wanted: Term, preferring: Iterable[Term] = ()) -> Model | None:
        """An example in which everything wanted holds, or None: there is none, which is a proof.

        preferring: what should hold as well where it can, the most important first.
        """
        if any(part is False for part in wanted):
            return None
        kept = [part for part in wanted if part is not True]
        model = self._ask(kept)
        if model is None:
            return None
        for part in preferring:
            if not isinstance(part, bool):
                better = model if holds(model, part) else self._ask([*kept, part])
                if better is not None:
                    kept.append(part)
                    model = better
        return model

    def _ask(self, parts: Sequence[Term]) -> Model | None:
        self._solver.push()
        try:
            self._solver.add(*parts)
            answer = self._solver.check()
            if answer == z3.unknown:
                raise RuntimeError(f"the solver gave up: {self._solver.reason_unknown()}")
            return self._solver.model() if answer == z3.sat else None
        finally:
            self._solver.pop()
