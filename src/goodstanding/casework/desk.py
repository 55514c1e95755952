"""The desk of an authority: its open cases in the order of their statutory days, filtered, a page at a time.

A page is found by its keys in a partial index of open cases: by authority, by one filter (kind, state or officer), then
by due day and id, so nothing is sorted or skipped over; each index holds the other filters too and is read alone. What
lies in several ranges of it (an officer's cases and those that nobody has) is read from each and merged. Only the cases
of the page are loaded, without their texts. The next page begins behind the last case of this one.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from heapq import merge
from itertools import islice

from django.db.models import F, Prefetch, Q, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan

from goodstanding.law import CalendarUnknown, WorkingCalendar, working_days_between
from goodstanding.registry import queries as registry
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account, Authority, Entity, Record

from .absence import absent_for
from .clocks import SOON, Mark, known_calendar, standing
from .models import Body, Case, Clock
from .queries import cases_visible_to

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open cases a reader wants to see; what is empty does not narrow.

    ``whose``: ``mine`` (with those of absent officers for whom the reader stands in, and then nobody's too), or
    ``unassigned``. ``officer``: user name of an officer. ``mark``: ``late`` or
    ``soon``. ``before``: due before that day. ``text``: part of an entity's name, its code, or the beginning of a
    document number. ``authority``: code, for the operator. ``asked``: cases of others that asked the reader's
    authority for its opinion, instead of its own.
    """

    kind: str = ""
    state: str = ""
    whose: str = ""
    officer: str = ""
    mark: str = ""
    before: date | None = None
    text: str = ""
    authority: str = ""
    asked: bool = False


@dataclass(frozen=True, slots=True)
class WorkItem:
    """An open case with the clock that presses most. ``due_on`` is None where the law text seen gives no day.
    ``stands_in``: it is the work of an absent officer for whom the reader stands in.
    """

    case: Case
    clock: Clock | None
    due_on: date | None
    working_days_left: int | None
    mark: Mark
    stands_in: bool = False


@dataclass(frozen=True, slots=True)
class WorkPage:
    """A page of the work list, and the key with which the next one is asked for; empty on the last page."""

    items: tuple[WorkItem, ...]
    after: str


@dataclass(frozen=True, slots=True)
class Pressing:
    """How many of a reader's open cases are late, and how many are due within a working day, counted by the case's
    earliest possible last day.
    """

    late: int
    soon: int


def work_list(
    *, actor: Actor, on: date, wanted: Wanted | None = None, after: str = "", limit: int = PAGE_SIZE
) -> WorkPage:
    """A page of the open cases that an actor works on, the most pressing first; cases without a day come last.

    Args:
        actor: an authority (its own cases, or those it was asked about), an entity (its own) or the operator (all).
        on: the day by which marks and days left are said.
        wanted: filters.
        after: ``WorkPage.after`` of the page before; what is no such key gives the first page.
        limit: cases of a page.
    """
    wanted = wanted or Wanted()
    last, most = _last_of(actor, after), limit + 1
    ways = _ways(actor, on=on, wanted=wanted)
    found: list[int] = []
    if last is None or last[0] is not None:
        behind = Q() if last is None else Q(TupleGreaterThan((F("due_on"), F("pk")), last))
        found = _first(ways, Q(due_on__isnull=False) & behind, most)
    if len(found) < most:
        behind = Q() if last is None or last[0] is not None else Q(pk__gt=last[1])
        found += _first(ways, Q(due_on__isnull=True) & behind, most - len(found))
    items = _items(found[:limit], actor=actor, on=on)
    return WorkPage(items, _key(items[-1].case) if len(found) > limit else "")


def pressing(*, actor: Actor, on: date, wanted: Wanted | None = None) -> Pressing:
    """How many cases are late and due soon, by two ranges of the index; no case is loaded."""
    cases = wanted_cases(actor, on=on, wanted=wanted or Wanted())
    return Pressing(cases.filter(_marked("late", on)).count(), cases.filter(_marked("soon", on)).count())


def wanted_cases(actor: Actor, *, on: date, wanted: Wanted) -> QuerySet[Case]:
    """The open cases that an actor works on, narrowed, in no order."""
    cases = _narrowed(actor, on=on, wanted=wanted)
    if wanted.whose == "mine":
        absent = absent_for(actor, on=on)
        mine = Q(officer__in=[actor.account_id, *absent])
        cases = cases.filter(mine | Q(officer__isnull=True) if absent else mine)
    elif wanted.whose == "unassigned":
        cases = cases.filter(officer__isnull=True)
    return cases


def soon_until(on: date, *, within: int = SOON) -> date:
    """The last day until which at most ``within`` working days are left; by default of those marked ``soon``."""
    calendar, last = known_calendar(), on
    for days in range(1, 31):
        day = on + timedelta(days=days)
        try:
            if working_days_between(on, day, calendar=calendar) > within:
                break
        except CalendarUnknown:
            return max(last, on + timedelta(days=within))
        last = day
    return last


@dataclass(frozen=True, slots=True)
class _Way:
    """Cases that lie in one range of an index. ``nobodys``: the officer is null in all of them, which the database
    takes for an order of the index only where it is asked for.
    """

    cases: QuerySet[Case]
    nobodys: bool = False

    def first(self, which: Q, most: int) -> list[tuple[date | None, int]]:
        """Day and key of the first cases that are so."""
        order = ("officer_id", "due_on", "pk") if self.nobodys else ("due_on", "pk")
        found = self.cases.filter(which).order_by(*order)
        return list(found.values_list("due_on", "pk")[:most])


def _ways(actor: Actor, *, on: date, wanted: Wanted) -> list[_Way]:
    """What a reader wants to see, range by range."""
    cases = _narrowed(actor, on=on, wanted=wanted)
    nobodys = _Way(cases.filter(officer__isnull=True), nobodys=True)
    if wanted.whose == "unassigned":
        return [nobodys]
    if wanted.whose != "mine":
        return [_Way(cases)]
    absent = absent_for(actor, on=on)
    own = [_Way(cases.filter(officer_id=officer)) for officer in [actor.account_id, *absent]]
    return [*own, nobodys] if absent else own


def _first(ways: Sequence[_Way], which: Q, most: int) -> list[int]:
    """Keys of the first cases of some ranges: all of them have a day, or none has."""
    each = [way.first(which, most) for way in ways]
    return [pk for _, pk in islice(merge(*each, key=lambda row: (row[0] or date.max, row[1])), most)]


def _narrowed(actor: Actor, *, on: date, wanted: Wanted) -> QuerySet[Case]:
    """The open cases on an actor's desk, narrowed by all but whose they are.

    Names are looked up first, so that the database compares keys and joins nothing.
    """
    cases = _desk_of(actor, asked=wanted.asked).filter(ended_at__isnull=True)
    if wanted.kind:
        cases = cases.filter(kind=wanted.kind)
    if wanted.state:
        cases = cases.filter(state=wanted.state)
    if wanted.authority:
        found = Authority.objects.filter(code=wanted.authority).values_list("pk", flat=True).first()
        cases = cases.filter(authority_id=found or 0)
    if wanted.officer:
        accounts = Account.objects.filter(user__username=wanted.officer)
        cases = cases.filter(officer_id=accounts.values_list("pk", flat=True).first() or 0)
    if wanted.mark:
        cases = cases.filter(_marked(wanted.mark, on))
    if wanted.before:
        cases = cases.filter(due_on__lt=wanted.before)
    if wanted.text:
        cases = cases.filter(_about(wanted.text))
    return cases


def _desk_of(actor: Actor, *, asked: bool) -> QuerySet[Case]:
    """The cases on an actor's desk: all that it may see; for an authority its own, or those it was asked about."""
    if actor.role != "authority" or actor.authority_id is None:
        return cases_visible_to(actor).select_related(None).order_by()
    if not asked:
        return Case.objects.filter(authority_id=actor.authority_id)
    bodies = Body.objects.filter(authority_id=actor.authority_id, role=Body.Role.CONSULTED)
    return Case.objects.filter(pk__in=bodies.values("case_id"))


def _marked(mark: str, on: date) -> Q:
    return Q(due_on__lt=on) if mark == "late" else Q(due_on__gte=on, due_on__lte=soon_until(on))


#: More records than these under one beginning of a document number are not named one by one.
_NAMED = 200


def _about(text: str) -> Q:
    """What a text with a digit names by code or the beginning of a document number, and any other by name.

    All is found by the registry's indexes first; only the name of somebody whom the public search does not find is
    looked for among the open cases themselves.
    """
    hits = registry.search_entities(text, limit=_NAMED)
    ones = list(Entity.objects.filter(Q(pk__in=hits) | Q(head__in=hits)).values_list("pk", flat=True))
    if any(character.isdigit() for character in text):
        numbered = Record.objects.filter(document_no__startswith=text).values_list("pk", flat=True)
        records = list(numbered[: _NAMED + 1])
        if len(records) > _NAMED:
            return Q(entity__in=ones) | Q(record__document_no__startswith=text)
        return Q(entity__in=ones) | Q(record__in=records)
    return Q(entity__in=ones) if ones else Q(entity__name__contains=text)


#: What a line of the work list says of a case; texts and contents are not loaded.
_LINE = (
    *("public_id", "kind", "state", "version", "due_on", "opened_at", "ended_at"),
    *("record__public_id", "record__document_no", "entity__public_id", "entity__name"),
    *("authority__code", "authority__name_zh", "authority__name_en", "officer__user__username"),
)
_TICKS = ("case_id", "code", "started_on", "due_on", "earliest_on", "latest_on", "stopped_on")


def _items(found: Sequence[int], *, actor: Actor, on: date) -> tuple[WorkItem, ...]:
    running = Clock.objects.filter(stopped_on__isnull=True).only(*_TICKS).order_by("pk")
    cases = (
        Case.objects.filter(pk__in=found)
        .select_related("record", "entity", "authority", "officer__user")
        .only(*_LINE)
        .prefetch_related(Prefetch("clocks", queryset=running, to_attr="running"))
    )
    by_key = {case.pk: case for case in cases}
    absent = set(absent_for(actor, on=on)) if actor.role == "authority" else set()
    calendar = known_calendar()
    return tuple(
        _item(by_key[pk], on, stands_in=by_key[pk].officer_id in absent, calendar=calendar) for pk in found
    )


def _item(case: Case, on: date, *, stands_in: bool, calendar: WorkingCalendar) -> WorkItem:
    running: list[Clock] = case.running  # type: ignore[attr-defined]
    if not running:
        return WorkItem(case, None, None, None, "ok", stands_in)
    clock = min(running, key=lambda clock: (clock.due_on or clock.earliest_on or date.max, clock.pk))
    stands = standing(clock, on=on, calendar=calendar)
    return WorkItem(case, clock, clock.due_on, stands.working_days_left, stands.mark, stands_in)


def _key(case: Case) -> str:
    return f"{case.due_on.isoformat() if case.due_on else ''}.{case.public_id}"


def _last_of(actor: Actor, after: str) -> tuple[date | None, int] | None:
    """Due day and id of the case that a key names, the day as it was when the key was given out."""
    day, _, public_id = after.partition(".")
    try:
        due_on, wanted = date.fromisoformat(day) if day else None, uuid.UUID(public_id)
    except ValueError:
        return None
    if actor.role != "authority" or actor.authority_id is None:
        found = cases_visible_to(actor).filter(public_id=wanted).values_list("pk", flat=True).first()
        return None if found is None else (due_on, found)
    # Asked for the one case only: ``cases_visible_to`` gathers all that was ever shown to the authority.
    named = Case.objects.filter(public_id=wanted).values_list("pk", "authority_id").first()
    if named is None:
        return None
    pk, authority = named
    shown = Body.objects.filter(case_id=pk, authority_id=actor.authority_id)
    return (due_on, pk) if authority == actor.authority_id or shown.exists() else None
