"""What a subscriber's agreements cover. Pure: agreements in, yes or no out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from .models import Agreement


@dataclass(frozen=True, slots=True)
class Term:
    """One agreement as it is matched: kinds, division prefixes (none means everywhere), first and last day."""

    kinds: frozenset[str]
    prefixes: tuple[str, ...]
    first: date
    last: date | None

    def matches(self, *, kind: str, division: str | None) -> bool:
        """Whether the kind and the division (None: unknown, taken as inside) lie within the agreement."""
        if kind not in self.kinds:
            return False
        return not self.prefixes or division is None or division.startswith(self.prefixes)


@dataclass(frozen=True, slots=True)
class Scope:
    """All agreements of one subscriber."""

    terms: tuple[Term, ...]

    def covers(self, *, kind: str, division: str, on: date) -> bool:
        """Whether a record of this kind in this division may be sent on a day."""
        return any(
            term.first <= on and (term.last is None or on <= term.last)
            for term in self.terms
            if term.matches(kind=kind, division=division)
        )

    def reached(self, *, kind: str, division: str | None, by: date) -> bool:
        """Whether such a record may have been sent on or before a day, under an agreement since ended or not."""
        return any(
            term.first <= by and (term.last is None or term.first <= term.last)
            for term in self.terms
            if term.matches(kind=kind, division=division)
        )


def division_prefix(code: str) -> str:
    """The leading digits that all places inside a division share: 330000 gives 33, 330100 gives 3301."""
    while code.endswith("00"):
        code = code[:-2]
    return code


def scope_of(agreements: Iterable[Agreement]) -> Scope:
    """The scope that agreements give."""
    return Scope(tuple(_term(agreement) for agreement in agreements))


def _term(agreement: Agreement) -> Term:
    last = agreement.valid_until
    if agreement.ended_on is not None:
        before = date.fromordinal(agreement.ended_on.toordinal() - 1)
        last = before if last is None else min(last, before)
    prefixes = tuple(division_prefix(code) for code in agreement.divisions)
    return Term(frozenset(agreement.kinds), prefixes, agreement.valid_from, last)
