"""The desk of an authority: its open cases in the order of their statutory days, filtered, a page at a time.

A page is found by its keys in one partial index (authority, due day, id), which also holds what is filtered by, and
only the cases of that page are loaded. The next page begins behind the last case of this one; nothing is skipped over.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Prefetch, Q, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan

from goodstanding.law import CalendarUnknown, working_days_between
from goodstanding.registry import queries as registry
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Entity

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
    ``soon``. ``before``: due before that day. ``text``: part of an entity's name, its code, or part of a document
    number. ``authority``: code, for the operator. ``asked``: cases of others that asked the reader's authority for
    its opinion, instead of its own.
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
    cases = wanted_cases(actor, on=on, wanted=wanted or Wanted())
    last = _last_of(actor, after)
    found: list[int] = []
    if last is None or last[0] is not None:
        dated = cases.filter(due_on__isnull=False)
        if last is not None:
            dated = dated.filter(TupleGreaterThan((F("due_on"), F("pk")), last))
        found = list(dated.order_by("due_on", "pk").values_list("pk", flat=True)[: limit + 1])
    if len(found) <= limit:
        undated = cases.filter(due_on__isnull=True)
        if last is not None and last[0] is None:
            undated = undated.filter(pk__gt=last[1])
        more = undated.order_by("pk").values_list("pk", flat=True)
        found += more[: limit + 1 - len(found)]
    items = _items(found[:limit], actor=actor, on=on)
    return WorkPage(items, _key(items[-1].case) if len(found) > limit else "")


def pressing(*, actor: Actor, on: date, wanted: Wanted | None = None) -> Pressing:
    """How many cases are late and due soon, by two ranges of the index; no case is loaded."""
    cases = wanted_cases(actor, on=on, wanted=wanted or Wanted())
    return Pressing(cases.filter(_marked("late", on)).count(), cases.filter(_marked("soon", on)).count())


def wanted_cases(actor: Actor, *, on: date, wanted: Wanted) -> QuerySet[Case]:
    """The open cases that an actor works on, narrowed, in no order."""
    cases = _desk_of(actor, asked=wanted.asked).filter(ended_at__isnull=True)
    if wanted.kind:
        cases = cases.filter(kind=wanted.kind)
    if wanted.state:
        cases = cases.filter(state=wanted.state)
    if wanted.authority:
        cases = cases.filter(authority__code=wanted.authority)
    if wanted.whose == "mine":
        cases = cases.filter(_on_own_desk(actor, on=on))
    elif wanted.whose == "unassigned":
        cases = cases.filter(officer__isnull=True)
    if wanted.officer:
        cases = cases.filter(officer__user__username=wanted.officer)
    if wanted.mark:
        cases = cases.filter(_marked(wanted.mark, on))
    if wanted.before:
        cases = cases.filter(due_on__lt=wanted.before)
    if wanted.text:
        cases = cases.filter(_about(wanted.text, on=on))
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


def _on_own_desk(actor: Actor, *, on: date) -> Q:
    absent = absent_for(actor, on=on)
    if not absent:
        return Q(officer_id=actor.account_id)
    return Q(officer__in=[actor.account_id, *absent]) | Q(officer__isnull=True)


def _about(text: str, *, on: date) -> Q:
    """What a text with a digit names by code or document number, and any other by name.

    Organisations and codes are found by the registry's indexes; a document number, or the name of somebody whom the
    public search does not find, among the open cases themselves.
    """
    hits = [hit.entity.pk for hit in registry.search(text, on=on, limit=200)]
    number = any(character.isdigit() for character in text)
    if hits and not number:
        one = Entity.objects.filter(Q(pk__in=hits) | Q(head__in=hits))
        return Q(entity__in=list(one.values_list("pk", flat=True)))
    if number:
        return Q(entity__in=hits) | Q(record__document_no__contains=text)
    return Q(entity__name__contains=text)


def _items(found: Sequence[int], *, actor: Actor, on: date) -> tuple[WorkItem, ...]:
    running = Clock.objects.filter(stopped_on__isnull=True).order_by("pk")
    cases = (
        Case.objects.filter(pk__in=found)
        .select_related("record", "entity", "authority", "officer__user")
        .prefetch_related(Prefetch("clocks", queryset=running, to_attr="running"))
    )
    by_key = {case.pk: case for case in cases}
    absent = set(absent_for(actor, on=on)) if actor.role == "authority" else set()
    return tuple(_item(by_key[pk], on, stands_in=by_key[pk].officer_id in absent) for pk in found)


def _item(case: Case, on: date, *, stands_in: bool) -> WorkItem:
    running: list[Clock] = case.running  # type: ignore[attr-defined]
    if not running:
        return WorkItem(case, None, None, None, "ok", stands_in)
    clock = min(running, key=lambda clock: (clock.due_on or clock.earliest_on or date.max, clock.pk))
    stands = standing(clock, on=on)
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
    found = cases_visible_to(actor).filter(public_id=wanted).values_list("pk", flat=True).first()
    return None if found is None else (due_on, found)
