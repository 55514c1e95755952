"""Writing one step of a case: state, clocks, record, journal event and trail, always together.

Everything here runs inside the transaction of a command that holds the record's row and the case's row.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Min, QuerySet
from django.db.models.functions import Coalesce

from goodstanding.registry import commands as registry
from goodstanding.registry import corrections, decisions
from goodstanding.registry.actor import Actor
from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import Record

from . import evidence_store
from .bars import enter_false_commitment
from .chart import Event, RecordEffect, chart_of
from .clocks import date_clock, extension_of, known_calendar, new_clock, pause_grounds
from .details import authority_named, officer_named, proposed
from .eligibility import GONE, RESTORABLE_STATES, pack_of, procedure_of, verdict_of
from .errors import CaseworkError
from .evidence import CheckedEvidence
from .handled import count
from .holders import plan_fetches
from .judging import judged_after
from .models import Application, Body, Case, Clock, Evidence, Pause, Step

#: What stands beside a shielded record, for those who still see it.
SHIELDED: Final = (
    "{document}：重整计划或者和解协议执行期间，临时屏蔽该信息。"
    " Shielded while a reorganisation plan or settlement is carried out."
)


@dataclass(frozen=True, slots=True)
class Doing:
    """A step that is being taken, as its effect on the record needs it."""

    case: Case
    said: Mapping[str, Any]
    actor: Actor
    at: datetime
    today: date


def change_record(event: Event, doing: Doing) -> list[Case]:
    """What a step does to the record. Returns the open cases that lose their object by it, locked.

    Raises:
        CaseworkError: the record has left the state that the step supposes.
    """
    case = doing.case
    if event.record is None:
        return []
    try:
        _EFFECTS[event.record](doing)
    except registry.RegistryError as error:
        raise CaseworkError(
            error.code,
            error.en,
            error.zh,
            place=str(case.record.public_id),
            remedy_en="The record has left publication in another way; end the case saying so.",
            remedy_zh="该记录已以其他方式退出公示，请据此说明理由并终结案件。",
        ) from error
    if case.record.state not in GONE:
        return []
    others = Case.objects.filter(record_id=case.record_id, ended_at__isnull=True).exclude(pk=case.pk)
    found = [lock_case(pk) for pk in others.order_by("pk").values_list("pk", flat=True)]
    return [other for other in found if lapse_of(other) is not None]


def lapse_of(case: Case) -> Event | None:
    """The event by which a case ends by itself, where its chart has one for its state."""
    return next((e for e in chart_of(case.kind).moves(case.state, "by_itself") if e.code == "lapse"), None)


def _restore(doing: Doing) -> None:
    doing.case.record = registry.restore(record_id=doing.case.record_id, at=doing.at)


def _withdraw(doing: Doing) -> None:
    # A record restored meanwhile is gone for every reader already; upholding then only states why.
    if doing.case.record.state in RESTORABLE_STATES:
        doing.case.record = registry.withdraw(record_id=doing.case.record_id, at=doing.at)


def _correct(doing: Doing) -> None:
    said = doing.said or proposed(doing.case)
    corrections.correct(
        record_id=doing.case.record_id,
        changes=said["correction"],
        document=said["document"],
        judged=judged_after(doing.case.record, said["correction"], today=doing.today),
        at=doing.at,
    )
    doing.case.record = registry.mark_disputed(record_id=doing.case.record_id, disputed=False, at=doing.at)


def _dispute(doing: Doing) -> None:
    doing.case.record = registry.mark_disputed(record_id=doing.case.record_id, disputed=True, at=doing.at)


def _undispute(doing: Doing) -> None:
    if doing.case.record.disputed:
        doing.case.record = registry.mark_disputed(
            record_id=doing.case.record_id, disputed=False, at=doing.at
        )


def _shield(doing: Doing) -> None:
    doing.case.record = decisions.shield(
        record_id=doing.case.record_id,
        statement=SHIELDED.format(document=doing.said["document"]),
        account_id=doing.actor.account_id,
        at=doing.at,
    )


def _unshield(doing: Doing) -> None:
    # Publication may have reached its maximum beneath the shield; then nothing is left to be shown again.
    if doing.case.record.state == Record.State.SHIELDED:
        doing.case.record = decisions.unshield(
            record_id=doing.case.record_id, account_id=doing.actor.account_id, at=doing.at
        )


def _republish(doing: Doing) -> None:
    record = doing.case.record
    window = verdict_of(record, on=doing.today).classification
    doing.case.record = decisions.republish(
        record_id=record.pk,
        publish_from=record.publish_from,
        publish_until=window.publish_until if record.publish_from else None,
        restorable_from=window.restorable_from,
        at=doing.at,
    )
    enter_false_commitment(
        doing.case,
        sanction=doing.said["sanction"],
        document=doing.said["document"],
        at=doing.at,
        today=doing.today,
    )


_EFFECTS: Final[dict[RecordEffect, Callable[[Doing], None]]] = {
    "restore": _restore,
    "withdraw": _withdraw,
    "correct": _correct,
    "dispute": _dispute,
    "undispute": _undispute,
    "shield": _shield,
    "unshield": _unshield,
    "republish": _republish,
}


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


def lock_case(pk: int, *, record: Record | None = None, among: QuerySet[Case] | None = None) -> Case:
    """A case locked for a step.

    Only its own row is read here: planning a join with all that a step may read took longer than the step.

    Args:
        record: the case's record where it is locked and at hand.
        among: the cases that the caller may know of; all where none are given.

    Raises:
        Case.DoesNotExist: it is not among them.
    """
    cases = Case.objects.all() if among is None else among.select_related(None).order_by()
    case = cases.select_for_update(of=("self",)).get(pk=pk)
    if record is not None:
        case.record = record
    return case
