"""Every read of casework. Who may see a case is decided in ``cases_visible_to`` and used by everything.

- An entity sees its own cases, an authority the cases of records that it found, the operator all of them.
- The public, banks and subscribers see none.
- Who reads which file of a case is decided in ``evidence_reading``.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from django.db.models import Q, QuerySet

from goodstanding.law import CalendarDay, Condition, Verdict
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account, Authority, Entity, Record
from goodstanding.registry.queries import own_records

from .chart import Event, Mover, State, chart_of
from .clocks import Mark, count_of, standing
from .eligibility import (
    APPLICANTS,
    AUTHORITYS,
    RESTORABLE_STATES,
    false_commitment_on,
    pack_of,
    under_a_pack,
    unmet,
    verdict_of,
)
from .forwarding import visible_to
from .guards import Asked, refusal
from .mandates import covers
from .models import Application, Body, Case, Clock, Kind, Step


def cases_visible_to(actor: Actor) -> QuerySet[Case]:
    """The cases that an actor may read, newest first, with record, entity, authority and application loaded."""
    cases = Case.objects.select_related("record", "entity", "authority", "application").order_by(
        "-opened_at", "-pk"
    )
    if actor.is_operator:
        return cases
    if actor.role == "entity" and actor.entity_id is not None:
        return cases.filter(entity_id=actor.entity_id)
    if actor.role == "authority" and actor.authority_id is not None:
        shown = Body.objects.filter(authority_id=actor.authority_id)
        return cases.filter(Q(authority_id=actor.authority_id) | Q(pk__in=shown.values("case_id")))
    return cases.none()


def mover_of(actor: Actor, case: Case) -> Mover | None:
    """As whom an actor may move a case; None for whoever only looks on, such as an authority that handed it over."""
    if actor.is_operator:
        return "operator"
    if actor.role == "entity" and actor.entity_id == case.entity_id:
        return "entity"
    if actor.role == "authority" and actor.authority_id is not None:
        if actor.authority_id == case.authority_id:
            return "authority"
        asked = case.bodies.filter(authority_id=actor.authority_id, role=Body.Role.CONSULTED)
        return "consulted" if asked.exists() else None
    return None


def case_for(actor: Actor, public_id: uuid.UUID | str) -> Case:
    """The case that an actor asks for.

    Raises:
        Case.DoesNotExist: there is none, or the actor may not know of it; the two look the same.
    """
    wanted = _uuid(public_id)
    if wanted is None:
        raise Case.DoesNotExist
    return cases_visible_to(actor).get(public_id=wanted)


def application_for(actor: Actor, public_id: uuid.UUID | str) -> Application:
    """An application of which the actor may see a case, or where it went. Raises Application.DoesNotExist as
    ``case_for`` does.
    """
    wanted = _uuid(public_id)
    if wanted is None:
        raise Application.DoesNotExist
    cases = cases_visible_to(actor).order_by().values("application_id")
    sent = visible_to(actor).order_by().values("application_id")
    return Application.objects.select_related("entity").get(
        Q(pk__in=cases) | Q(pk__in=sent), public_id=wanted
    )


def cases_of(actor: Actor, application: Application) -> QuerySet[Case]:
    """The cases of an application that the actor may see: each authority its own, the entity all."""
    return cases_visible_to(actor).filter(application=application).order_by("pk")


def lives_elsewhere(record: uuid.UUID | str) -> bool:
    """Whether a record, by its public id, lives in another instance, which decides on it."""
    wanted = _uuid(record)
    return wanted is not None and Record.objects.filter(public_id=wanted).exclude(home="").exists()


def moves_for(actor: Actor, case: Case, *, on: date) -> tuple[Event, ...]:
    """What the actor may do with the case on a day, by chart and guards: buttons to show, nothing more."""
    if not cases_visible_to(actor).filter(pk=case.pk).exists() or not covers(actor, case.kind, on=on):
        return ()
    moves = chart_of(case.kind).moves(case.state, mover_of(actor, case))
    return tuple(event for event in moves if refusal(Asked(case, event, actor, on)) is None)


def officers_of(case: Case) -> list[str]:
    """User names of the officers of a case's authority."""
    return officers_at(case.authority_id)


def officers_at(authority_id: int) -> list[str]:
    """User names of the officers of an authority."""
    held = Account.objects.filter(
        role=Account.Role.AUTHORITY, authority_id=authority_id, user__is_active=True
    )
    return list(held.order_by("user__username").values_list("user__username", flat=True))


def other_authorities(case: Case) -> QuerySet[Authority]:
    """The authorities that a case can be handed over to or that can be asked: those that have an officer here."""
    return with_officers().exclude(pk=case.authority_id)


def with_officers() -> QuerySet[Authority]:
    """The authorities that have an officer here, by their codes."""
    officers = Account.objects.filter(role=Account.Role.AUTHORITY, user__is_active=True)
    return Authority.objects.filter(pk__in=officers.values("authority_id")).order_by("code")


def _uuid(value: uuid.UUID | str) -> uuid.UUID | None:
    try:
        return value if isinstance(value, uuid.UUID) else uuid.UUID(value)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Prospect:
    """A record before its entity: what the law says of it, and the cases about it.

    ``blocking``: conditions that no application can meet on that day (the minimum period, an exclusion);
    what the applicant states in the application itself (performance, commitment) is not among them.
    """

    record: Record
    verdict: Verdict
    open_case: Case | None
    last_case: Case | None
    open_objection: Case | None = None
    blocking: tuple[Condition, ...] = ()

    @property
    def can_apply(self) -> bool:
        """Whether an application handed in on that day can be complete."""
        return self.record.state in RESTORABLE_STATES and self.open_case is None and not self.blocking


def prospects(*, actor: Actor, entity: Entity, on: date) -> list[Prospect]:
    """Every adverse record of an entity with its way back, newest finding first.

    The entity and the operator see all of them, an authority those that it found, others nothing.
    ``open_case`` and ``last_case`` are of restoration (``last_case`` is the newest, open or not). Records whose
    window is their source's own statement (no law pack governs them) are left out; they can be objected to.
    """
    records = Record.objects.filter(own_records(entity.pk, on=on), kind__in=Record.ADVERSE)
    if actor.role == "authority" and actor.authority_id is not None:
        records = records.filter(authority_id=actor.authority_id)
    elif not actor.is_operator and (actor.role != "entity" or actor.entity_id != entity.pk):
        return []
    records = records.select_related("entity", "authority", "source").order_by("-found_on", "-pk")
    held = [record for record in records if under_a_pack(record)]
    cases: dict[tuple[int, str], list[Case]] = {}
    for case in cases_visible_to(actor).filter(record__in=held):
        cases.setdefault((case.record_id, case.kind), []).append(case)
    found = []
    barred_since = false_commitment_on(entity.pk)
    for record in held:
        restorations = cases.get((record.pk, Kind.RESTORATION), [])
        objections = cases.get((record.pk, Kind.OBJECTION), [])
        open_case = next((case for case in restorations if case.is_open), None)
        last = restorations[0] if restorations else None
        verdict = verdict_of(
            record,
            on=on,
            performed_on=open_case.application.performed_on if open_case else None,
            committed=open_case is not None,
            false_commitment=barred_since,
        )
        found.append(
            Prospect(
                record=record,
                verdict=verdict,
                open_case=open_case,
                last_case=last,
                open_objection=next((case for case in objections if case.is_open), None),
                blocking=unmet(verdict, pack=pack_of(record), besides=APPLICANTS | AUTHORITYS),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class ClockDay:
    """One day of a clock: whether it counts, as which, and why."""

    day: date
    counted: bool
    ordinal: int | None
    en: str
    zh: str
    today: bool
    last: bool


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock of a case as it stands on a day, explained day by day. ``open_en``, ``open_zh``: why there is no
    single last day, else empty.
    """

    clock: Clock
    running: bool
    working_days_left: int | None
    mark: Mark
    days: tuple[ClockDay, ...]
    open_en: str
    open_zh: str


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One step of the trail with what the chart says of it, and the clocks that it started."""

    step: Step
    event: Event
    to: State
    clocks: tuple[ClockView, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the usual way of a case, for a stepper: ``done``, ``current`` or ``ahead``."""

    state: State
    standing: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole course of a case: its steps, its clocks, and where it stands on the usual way."""

    steps: tuple[TimelineStep, ...]
    clocks: tuple[ClockView, ...]
    stages: tuple[Stage, ...]
    state: State = field(kw_only=True)


def timeline(case: Case, on: date) -> Timeline:
    """The course of a case that the reader was given by ``case_for``, as it stands on a day."""
    chart = chart_of(case.kind)
    views = [_clock_view(clock, on) for clock in case.clocks.order_by("started_on", "pk")]
    placed: set[int] = set()
    steps = []
    for step in case.steps.select_related("by__user", "by__authority", "by__entity").order_by("number"):
        event = chart.event(step.event)
        codes = {start.clock for start in event.starts}
        own = tuple(v for v in views if v.clock.code in codes and v.clock.pk not in placed)
        placed |= {view.clock.pk for view in own}
        steps.append(TimelineStep(step, event, chart.state(step.to_state), own))
    return Timeline(tuple(steps), tuple(views), _stages(case, steps), state=chart.state(case.state))


def clock_days(days: Iterable[CalendarDay], *, due_on: date | None, today: date) -> tuple[ClockDay, ...]:
    """The days of a count as a page shows them."""
    return tuple(
        ClockDay(
            day=entry.day,
            counted=entry.counted,
            ordinal=entry.ordinal,
            en=entry.reason_en,
            zh=entry.reason_zh,
            today=entry.day == today,
            last=entry.day == due_on,
        )
        for entry in days
    )


def _clock_view(clock: Clock, on: date) -> ClockView:
    stands = standing(clock, on=on)
    count = count_of(clock)
    days = clock_days(count.days, due_on=clock.due_on, today=on)
    return ClockView(
        clock=clock,
        running=clock.stopped_on is None,
        working_days_left=stands.working_days_left,
        mark=stands.mark,
        days=days,
        open_en=count.open_en,
        open_zh=count.open_zh,
    )


def _stages(case: Case, steps: Sequence[TimelineStep]) -> tuple[Stage, ...]:
    chart = chart_of(case.kind)
    # A step that leaves the case where it is makes no stage of its own.
    been = [state for state, _ in groupby(entry.to for entry in steps)]
    ahead = [] if been[-1].final else [state for state in chart.states if state.usual]
    way = [*been, *(state for state in ahead if state.code not in {s.code for s in been})]
    last = len(been) - 1
    return tuple(
        Stage(
            state, "done" if n < last or (n == last and state.final) else "current" if n == last else "ahead"
        )
        for n, state in enumerate(way)
    )
