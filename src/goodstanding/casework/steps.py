"""Writing one step of a case: state, clocks, record, journal event and trail, always together.

Everything here runs inside the transaction of a command that holds the record's row and the case's row.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Min
from django.db.models.functions import Coalesce

from goodstanding.registry.actor import Actor
from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import Record

from . import evidence_store
from .chart import Event, chart_of
from .clocks import date_clock, extension_of, known_calendar, new_clock, pause_grounds
from .details import authority_named, officer_named
from .effects import Doing, change_record, lapse_of
from .eligibility import pack_of, procedure_of
from .errors import CaseworkError
from .evidence import CheckedEvidence
from .handled import count
from .holders import plan_fetches
from .models import Application, Body, Case, Clock, Evidence, Pause, Step


def take_step(
    case: Case,
    event: Event,
    *,
    actor: Actor,
    at: datetime,
    today: date,
    reasons: str = "",
    said: Mapping[str, Any] | None = None,
    key: uuid.UUID | None = None,
) -> None:
    """Write one step of a locked case: state, clocks, journal event, trail."""
    said = dict(said or {})
    before = case.state
    case.state = event.after(before)
    case.version += 1
    if chart_of(case.kind).state(case.state).final:
        case.ended_at = at
        case.reasons = reasons
    _hand_on(case, event, said, at=at)
    stopped = _move_clocks(case, event, said, today=today)
    case.due_on = next_due(case)
    case.save(update_fields=["state", "version", "ended_at", "reasons", "authority", "officer", "due_on"])
    count(case, event, before, stopped, today=today)
    _append([Taken(case, event, before, reasons, said, key)], actor=actor, at=at, today=today)


def _hand_on(case: Case, event: Event, said: Mapping[str, Any], *, at: datetime) -> None:
    """Who the case lies with after a step: the officer, another authority, or one more that may look at it."""
    if event.code == "assign":
        case.officer = officer_named(said["officer"], case)
    elif event.code in ("hand_over", "consult"):
        other = authority_named(said["authority"], case)
        role = Body.Role.CONSULTED
        shown = other
        if event.code == "hand_over":
            role, shown = Body.Role.FORMER, case.authority
            case.authority, case.officer = other, None
        Body.objects.get_or_create(case=case, authority=shown, role=role, defaults={"since": at})


def _move_clocks(case: Case, event: Event, said: Mapping[str, Any], *, today: date) -> list[Clock]:
    """Start, stop, pause and extend what the event says. Returns the clocks that it stopped."""
    running = case.clocks.filter(stopped_on__isnull=True)
    stopped = list(running.filter(code__in=event.stops)) if event.stops else []
    for clock in stopped:
        clock.stopped_on = max(today, clock.started_on)
        clock.save(update_fields=["stopped_on"])
    ended = case.ended_at is not None
    if event.resumes or ended:
        case.pauses.filter(until_on__isnull=True).update(until_on=today)
    if event.pauses:
        ground = next(row for row in pause_grounds(case) if row.code == said["ground"])
        Pause.objects.create(
            case=case,
            ground=ground.code,
            ground_en=ground.ground_en,
            ground_zh=ground.ground_zh,
            from_on=today,
        )
        rules = ground.deadlines
        running.filter(rule__in=rules).update(adjusted=True)
    if event.extends:
        clock = running.get(code=event.extends)
        law = extension_of(clock)
        assert law is not None, "the guard lets no step extend a clock without a number"
        pack = procedure_of(pack_of(case.record), clock.rule)
        clock.extension, clock.extended_on, clock.adjusted = pack.number(law.length), today, True
        clock.save(update_fields=["extension", "extended_on", "adjusted"])
    if (event.resumes or event.pauses or event.extends) and not ended:
        for clock in running.filter(adjusted=True, length__isnull=False):
            date_clock(clock, calendar=known_calendar())
            clock.save(update_fields=["due_on", "earliest_on", "latest_on", "calendar_version"])
    pack = pack_of(case.record)
    Clock.objects.bulk_create(
        new_clock(case=case, code=start.clock, rule=start.rule, pack=pack, on=today) for start in event.starts
    )
    return stopped


def next_due(case: Case) -> date | None:
    """The earliest last day of a case's running clocks; None where none runs or none has a day."""
    running = case.clocks.filter(stopped_on__isnull=True)
    found: date | None = running.aggregate(due=Min(Coalesce("due_on", "earliest_on")))["due"]
    return found


def open_cases(
    application: Application,
    records: Sequence[Record],
    checked: Sequence[CheckedEvidence],
    *,
    actor: Actor,
    at: datetime,
    today: date,
    about: Case | None = None,
    reasons: str = "",
    said: Mapping[str, Any] | None = None,
) -> list[Case]:
    """Open one case for each record, with clocks, evidence, the record's mark and the journal's events."""
    event = chart_of(application.kind).opening
    cases: list[Case] = []
    clocks: list[Clock] = []
    for record in records:
        pack = pack_of(record)
        case = Case(
            kind=application.kind,
            application=application,
            record=record,
            entity_id=application.entity_id,
            authority_id=about.authority_id if about else record.authority_id,
            about=about,
            state=event.after(""),
            pack=pack.id,
            pack_digest=pack.digest,
            opened_at=at,
        )
        own = [new_clock(case=case, code=s.clock, rule=s.rule, pack=pack, on=today) for s in event.starts]
        case.due_on = min((day for c in own if (day := c.due_on or c.earliest_on)), default=None)
        cases.append(case)
        clocks += own
    Case.objects.bulk_create(cases)
    Clock.objects.bulk_create(clocks)
    keep_evidence(application, checked, cases, by_id=actor.account_id, at=at)
    if about is None:
        plan_fetches(cases, checked, at=at)
    said = dict(said or {})
    for case in cases:
        change_record(event, Doing(case, said, actor, at, today))
    _append([Taken(case, event, "", reasons, said, None) for case in cases], actor=actor, at=at, today=today)
    return cases


def keep_evidence(
    application: Application,
    checked: Sequence[CheckedEvidence],
    cases: Sequence[Case],
    *,
    by_id: int | None,
    at: datetime,
) -> None:
    """Keep checked files with their application, each confined to the case of the record that it names, if any."""
    by_record = {case.record.public_id: case for case in cases}
    evidence_store.keep({file.sha256: file.content for file in checked})
    for file in checked:
        if file.record is not None and file.record not in by_record:
            raise CaseworkError(
                "evidence.record",
                "A file belongs to a record that is not part of this application.",
                "有文件所属的记录不在本次申请范围内。",
                place=file.name,
            )
        Evidence.objects.create(
            application=application,
            case=by_record[file.record] if file.record else None,
            material=file.material,
            name=file.name,
            media_type=file.media_type,
            size=len(file.content),
            kept_id=file.sha256,
            by_id=by_id,
            added_at=at,
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken: ``before`` is the state that the case left."""

    case: Case
    event: Event
    before: str
    reasons: str
    said: dict[str, Any]
    key: uuid.UUID | None


def _append(steps: Sequence[Taken], *, actor: Actor, at: datetime, today: date) -> None:
    """Append the journal events of steps and write the trail with their positions: last in its transaction.

    The journal says which case of which record is in which state: no names, no statements, no reasons.
    """
    by_itself = all("by_itself" in taken.event.who for taken in steps)
    assert actor.account_id is not None or by_itself, (
        "only what follows by itself has nobody who took the step"
    )
    positions = append(
        [
            NewEvent(
                taken.event.journal,
                {
                    "case": str(taken.case.public_id),
                    "case_kind": str(taken.case.kind),
                    "case_state": str(taken.case.state),
                    "record": str(taken.case.record.public_id),
                },
                entity_id=taken.case.entity_id,
                record_id=taken.case.record_id,
            )
            for taken in steps
        ],
        at=at,
    )
    Step.objects.bulk_create(
        Step(
            case=taken.case,
            number=taken.case.version,
            at=at,
            on=today,
            from_state=taken.before,
            to_state=taken.case.state,
            event=taken.event.code,
            by_id=actor.account_id,
            role=taken.event.who[0] if len(taken.event.who) == 1 else actor.role or "",
            note=taken.reasons,
            detail=taken.said,
            key=taken.key,
            position=position,
        )
        for taken, position in zip(steps, positions, strict=True)
    )


def lapse(case: Case, *, at: datetime, today: date) -> None:
    """End a case that has lost its object, by itself. Its chart lets it (``lapse_of``)."""
    event = lapse_of(case)
    assert event is not None, "only a case whose chart lets it lapse is given here"
    take_step(case, event, actor=Actor(), at=at, today=today)
