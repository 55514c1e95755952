"""Writing one step of a case: state, clocks, record, journal event and trail, always together.

Everything here runs inside the transaction of a command that holds the record's row and the case's row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from goodstanding.registry import commands as registry
from goodstanding.registry.actor import Actor
from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import Record

from .chart import Event, chart_of
from .clocks import new_clock
from .eligibility import RESTORABLE_STATES, pack_of
from .errors import CaseworkError
from .evidence import CheckedEvidence
from .models import Application, Case, Clock, Evidence, Kind, Step


def change_record(event: Event, case: Case, *, at: datetime) -> list[Case]:
    """What a step does to the record. Returns the open cases that lose their object by it, locked."""
    record = case.record
    try:
        if event.record == "restore":
            case.record = registry.restore(record_id=record.pk, at=at)
        elif event.record == "dispute":
            case.record = registry.mark_disputed(record_id=record.pk, disputed=True, at=at)
        elif event.record == "undispute" and record.disputed:
            case.record = registry.mark_disputed(record_id=record.pk, disputed=False, at=at)
        elif event.record == "withdraw" and record.state in RESTORABLE_STATES:
            # A record restored meanwhile is gone for every reader already; upholding then only states why.
            case.record = registry.withdraw(record_id=record.pk, at=at)
    except registry.RegistryError as error:
        raise CaseworkError(
            error.code,
            error.en,
            error.zh,
            place=str(record.public_id),
            remedy_en="The record has left publication in another way; deny the application saying so.",
            remedy_zh="该记录已以其他方式退出公示，请据此说明理由并作出不予修复的决定。",
        ) from error
    if event.record != "withdraw":
        return []
    others = Case.objects.filter(record_id=record.pk, kind=Kind.RESTORATION, state__in=Case.OPEN)
    return [lock_case(pk) for pk in others.order_by("pk").values_list("pk", flat=True)]


def take_step(case: Case, event: Event, *, reasons: str, actor: Actor, at: datetime, today: date) -> None:
    """Write one step of a locked case: state, clocks, journal event, trail."""
    before = case.state
    case.state = event.to
    case.version += 1
    if chart_of(case.kind).state(event.to).final:
        case.ended_at = at
        case.reasons = reasons
    case.save(update_fields=["state", "version", "ended_at", "reasons"])
    running = case.clocks.filter(stopped_on__isnull=True, code__in=event.stops)
    for clock in running:
        clock.stopped_on = max(today, clock.started_on)
        clock.save(update_fields=["stopped_on"])
    pack = pack_of(case.record)
    Clock.objects.bulk_create(
        new_clock(case=case, code=start.clock, rule=start.rule, pack=pack, on=today) for start in event.starts
    )
    _append([(case, event, before, reasons)], actor=actor, at=at, today=today)


def open_cases(
    application: Application,
    records: Sequence[Record],
    checked: Sequence[CheckedEvidence],
    *,
    actor: Actor,
    at: datetime,
    today: date,
) -> list[Case]:
    """Open one case for each record, with clocks, evidence, the record's mark and the journal's events."""
    event = chart_of(application.kind).opening
    cases: list[Case] = []
    for record in records:
        pack = pack_of(record)
        case = Case(
            kind=application.kind,
            application=application,
            record=record,
            entity_id=application.entity_id,
            authority_id=record.authority_id,
            state=event.to,
            pack=pack.id,
            pack_digest=pack.digest,
            opened_at=at,
        )
        cases.append(case)
    Case.objects.bulk_create(cases)
    Clock.objects.bulk_create(
        new_clock(case=case, code=start.clock, rule=start.rule, pack=pack_of(case.record), on=today)
        for case in cases
        for start in event.starts
    )
    by_record = {case.record.public_id: case for case in cases}
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
            sha256=file.sha256,
            content=file.content,
            added_at=at,
        )
    for case in cases:
        change_record(event, case, at=at)
    _append([(case, event, "", "") for case in cases], actor=actor, at=at, today=today)
    return cases


def _append(
    steps: Sequence[tuple[Case, Event, str, str]], *, actor: Actor, at: datetime, today: date
) -> None:
    """Append the journal events of steps and write the trail with their positions: last in its transaction.

    The journal says which case of which record is in which state: no names, no statements, no reasons.
    """
    assert actor.role is not None
    by_itself = all(event.consequence for _, event, _, _ in steps)
    assert actor.account_id is not None or by_itself, "only a consequence has nobody who took the step"
    positions = append(
        [
            NewEvent(
                event.journal,
                {
                    "case": str(case.public_id),
                    "case_kind": str(case.kind),
                    "case_state": str(case.state),
                    "record": str(case.record.public_id),
                },
                entity_id=case.entity_id,
                record_id=case.record_id,
            )
            for case, event, _, _ in steps
        ],
        at=at,
    )
    Step.objects.bulk_create(
        Step(
            case=case,
            number=case.version,
            at=at,
            on=today,
            from_state=before,
            to_state=case.state,
            event=event.code,
            by_id=actor.account_id,
            role=actor.role,
            note=note,
            position=position,
        )
        for (case, event, before, note), position in zip(steps, positions, strict=True)
    )


def lock_case(pk: int) -> Case:
    return (
        Case.objects.select_for_update(of=("self",))
        .select_related("record__entity", "entity", "authority", "application")
        .get(pk=pk)
    )
