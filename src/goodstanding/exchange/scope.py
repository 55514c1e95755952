"""What a subscriber's agreements let through, of which record and how much of it. Pure: terms in, answers out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal

from .agreement import service_level
from .mirror.agreed import division_prefixes, methods_of
from .models import Agreement, AgreementTerm

#: A way by which records leave the platform.
Door = Literal["feed", "push", "api", "file"]
#: The methods of an agreement by which each door is open. Who is told by push reads the feed.
_OPENED_BY: Final[dict[Door, frozenset[str]]] = {
    "feed": frozenset({"feed", "push"}),
    "push": frozenset({"push"}),
    "api": frozenset({"api"}),
    "file": frozenset({"file"}),
}


@dataclass(frozen=True, slots=True)
class Term:
    """One version of one agreement on the days on which it holds, as it is matched.

    ``kinds`` and ``items``: either lets a record in. ``prefixes`` of divisions: none means everywhere. ``fields`` of
    the public content, None for all. ``until``: the first day on which it no longer holds. ``last_read``: the last
    day on which something may have been read under it. ``removal_days`` and ``suspension_days``: working days in which
    a removal is answered, and after which a recipient that stays behind is suspended; ``correction_days``: those in
    which a correction is taken over; None where nothing is agreed.
    ``methods``: by which doors something leaves under it. ``version``: the key of its version. ``every`` and
    ``freshness``: its frequency and how old what the recipient shows may be; None where nothing is agreed.
    ``canaries``: whether the recipient has agreed that canaries may be among what it gets.
    """

    kinds: frozenset[str]
    items: frozenset[str]
    prefixes: tuple[str, ...]
    first: date
    until: date | None = None
    last_read: date | None = None
    fields: frozenset[str] | None = None
    masks: frozenset[str] = frozenset()
    removal_days: int | None = None
    suspension_days: int | None = None
    correction_days: int | None = None
    methods: frozenset[str] = frozenset({"feed"})
    version: int = 0
    every: timedelta | None = None
    freshness: timedelta | None = None
    canaries: bool = False

    def opens(self, door: Door) -> bool:
        """Whether something leaves through a door under it."""
        return not _OPENED_BY[door].isdisjoint(self.methods)

    @property
    def gives_all(self) -> bool:
        """Whether all that it covers is given, not only what is asked for, record by record."""
        return self.methods != {"api"}

    def matches(self, *, kind: str, item: str, division: str | None) -> bool:
        """Whether kind or item, and the division (None: unknown, taken as inside), lie within the agreement."""
        return (kind in self.kinds or item in self.items) and self.extends_to(division)

    def extends_to(self, division: str | None) -> bool:
        """Whether a division (None: unknown, taken as inside) lies within the agreement."""
        return not self.prefixes or division is None or division.startswith(self.prefixes)

    def holds(self, on: date) -> bool:
        """Whether something may be sent under it on a day."""
        return self.first <= on and (self.until is None or on < self.until)


@dataclass(frozen=True, slots=True)
class View:
    """What the terms that cover a record show of it: a field is shown as the most open term that has it shows it."""

    terms: tuple[Term, ...]

    @property
    def whole(self) -> bool:
        """Whether one term alone shows everything."""
        return any(term.fields is None and not term.masks for term in self.terms)

    @property
    def masks(self) -> frozenset[str]:
        """What is masked in the record itself: what every term masks."""
        return frozenset.intersection(*(term.masks for term in self.terms))

    def masks_of(self, field: str) -> frozenset[str] | None:
        """What is masked in a field of the content; None where the field is left out."""
        found = [term.masks for term in self.terms if term.fields is None or field in term.fields]
        return frozenset.intersection(*found) if found else None


@dataclass(frozen=True, slots=True)
class Scope:
    """All terms of all agreements of one subscriber. ``names``: those by which others' agreements may name it.

    ``door``: through which content is let; removals are told of whatever came through any. ``subscriber``: its key.
    """

    terms: tuple[Term, ...]
    names: frozenset[str] = frozenset()
    door: Door = "feed"
    subscriber: int = 0

    def through(self, door: Door) -> Scope:
        """The same for another door."""
        return replace(self, door=door)

    def under(self, term: Term) -> Scope:
        """The same under one term alone."""
        return replace(self, terms=(term,))

    def is_open(self, on: date) -> bool:
        """Whether some agreement lets something through the door on a day."""
        return any(term.holds(on) and term.opens(self.door) for term in self.terms)

    def extends_to(self, division: str | None) -> bool:
        """Whether a division (None: unknown, taken as inside) lies within any agreement, whenever it holds."""
        return any(term.extends_to(division) for term in self.terms)

    def view(self, *, kind: str, item: str, division: str, on: date) -> View | None:
        """What may be sent of such a record through the door on a day; None for nothing."""
        found = tuple(
            term
            for term in self.terms
            if term.holds(on)
            and term.opens(self.door)
            and term.matches(kind=kind, item=item, division=division)
        )
        return View(found) if found else None

    def reached(self, *, kind: str, item: str, division: str | None, since: date, by: date) -> bool:
        """Whether such a record may have been sent between two days, under a term since closed or not."""
        return any(self.reaching(kind=kind, item=item, division=division, since=since, by=by))

    def reaching(
        self, *, kind: str, item: str, division: str | None, since: date, by: date
    ) -> tuple[Term, ...]:
        """The terms under which such a record may have been sent between two days."""
        return tuple(
            term
            for term in self.terms
            if term.first <= by
            and (term.last_read is None or since <= term.last_read)
            and term.matches(kind=kind, item=item, division=division)
        )


def scope_of(agreements: Iterable[Agreement], *, names: Iterable[str] = (), subscriber: int = 0) -> Scope:
    """The scope that agreements give, with their ``terms`` and the terms' ``version``, to who has these names."""
    terms = tuple(term_of(term) for agreement in agreements for term in agreement.terms.all())
    return Scope(terms, frozenset(name for name in names if name), subscriber=subscriber)


def term_of(term: AgreementTerm) -> Term:
    """A term as it is matched, from its version's document."""
    clauses = term.version.document["customProperties"][0]["value"]
    scope, duties = clauses["scope"], clauses["duties"]
    fields = scope["fields"]
    last_read = term.last_read
    if last_read is None and term.until is not None:
        last_read = term.until - timedelta(days=1)
    return Term(
        kinds=frozenset(scope["kinds"]),
        items=frozenset(scope["items"]),
        prefixes=division_prefixes(scope["divisions"]),
        first=term.first,
        until=term.until,
        last_read=last_read,
        fields=None if fields == "all" else frozenset(fields),
        masks=frozenset(scope["masking"]),
        removal_days=duties["removalWorkingDays"],
        suspension_days=duties.get("suspensionWorkingDays"),
        correction_days=duties["correctionWorkingDays"],
        methods=methods_of(clauses),
        version=term.version_id,
        every=service_level(term.version.document, "frequency"),
        freshness=service_level(term.version.document, "freshness"),
        canaries=clauses.get("probing", {}).get("canaries", False),
    )
