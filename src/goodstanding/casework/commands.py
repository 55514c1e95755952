"""Every write of casework: one transaction each, and one journal event for each step of each case.

What is allowed comes from the chart of the kind of case. Locks are always taken in one order: the records (in
the order of their keys, as intake does), then their cases, then the journal's head. So the row of a record is
the gate through which everything that happens to its cases passes, one after another.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection, transaction

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record
from goodstanding.registry.queries import own_records

from . import evidence as files
from .chart import chart_of
from .eligibility import RESTORABLE_STATES, pack_of, under_a_pack, unmet, verdict_of
from .errors import CaseworkError, Failing
from .evidence import NewEvidence
from .models import Application, Case, Kind
from .queries import cases_visible_to
from .requests import REASONS_MINIMUM, TEXT_LIMIT, checked_reasons, checked_text, public_ids, request_digest
from .steps import change_record, lock_case, open_cases, take_step

__all__ = [
    "CaseworkError",
    "NewEvidence",
    "accept",
    "apply",
    "deny",
    "grant",
    "object_to",
    "refuse",
    "withdraw",
]

#: What evidence may serve in an objection; in a restoration the law pack lists it.
OBJECTION_MATERIALS = frozenset({"proof_of_grounds"})


@transaction.atomic
def apply(
    *,
    actor: Actor,
    records: Sequence[uuid.UUID | str],
    commitment_name: str,
    statement: str,
    performed_on: date | None,
    evidence: Sequence[NewEvidence] = (),
    key: uuid.UUID,
    at: datetime,
    today: date,
) -> Application:
    """Apply for the restoration of one or many records, at as many authorities as found them (一次申请).

    Args:
        actor: the entity's account.
        records: public ids of the entity's records.
        commitment_name: who signs the public credit commitment, as typed.
        statement: what the entity says, up to 4000 characters; may be empty.
        performed_on: the day on which every duty was fully performed.
        evidence: files, checked by their bytes.
        key: chosen by the client; the same application sent again returns the first one.
        at: the instant of receipt.
        today: the day of receipt, day zero of the clocks.

    Returns:
        The application, with one open case for each record.

    Raises:
        CaseworkError: application.not_eligible with every failing condition of every record; or another code.
    """
    entity_id, account_id = _applicant(actor)
    wanted = public_ids(records)
    commitment_name = (
        checked_text(commitment_name, 1, 200, "commitment_name") if commitment_name.strip() else ""
    )
    statement = checked_text(statement, 0, TEXT_LIMIT, "statement")
    digest = request_digest(Kind.RESTORATION, wanted, commitment_name, statement, "", performed_on, evidence)
    held = _lock_records(entity_id, wanted, on=today)
    known = _known(entity_id, key, digest)
    if known is not None:
        return known
    failing: list[Failing] = []
    materials: set[str] = set()
    for record in held:
        _check_record(record, Kind.RESTORATION)
        verdict = verdict_of(record, on=today, performed_on=performed_on, committed=bool(commitment_name))
        pack = pack_of(record)
        failing += [Failing(record.public_id, condition) for condition in unmet(verdict, pack=pack)]
        materials |= {row.id for row in verdict.materials}
    if failing:
        first = failing[0].condition
        raise CaseworkError(
            "application.not_eligible",
            f"Restoration cannot be applied for yet: {first.text_en}",
            f"暂不能申请修复：{first.text_zh}",
            place=str(failing[0].record),
            remedy_en=first.remedy_en,
            remedy_zh=first.remedy_zh,
            failing=tuple(failing),
        )
    checked = files.check(list(evidence), materials=frozenset(materials))
    application = Application.objects.create(
        kind=Kind.RESTORATION,
        entity_id=entity_id,
        account_id=account_id,
        key=key,
        request_digest=digest,
        commitment_name=commitment_name,
        statement=statement,
        performed_on=performed_on,
        submitted_at=at,
        received_on=today,
    )
    open_cases(application, held, checked, actor=actor, at=at, today=today)
    return application


@transaction.atomic
def object_to(
    *,
    actor: Actor,
    record: uuid.UUID | str,
    grounds: str,
    statement: str,
    evidence: Sequence[NewEvidence] = (),
    key: uuid.UUID,
    at: datetime,
    today: date,
) -> Case:
    """Object to a record (异议申诉). From this transaction on every reader sees that it is disputed.

    Args:
        grounds: a code of the objection chart's grounds.
        statement: what is wrong, 10 to 4000 characters.
        evidence: files; their material is empty or ``proof_of_grounds``.
        The others as in ``apply``.

    Raises:
        CaseworkError: what is refused and why.
    """
    entity_id, account_id = _applicant(actor)
    wanted = public_ids([record])
    known_grounds = {ground.code for ground in chart_of(Kind.OBJECTION).grounds}
    if grounds not in known_grounds:
        raise CaseworkError(
            "grounds.unknown",
            f"Say on which ground you object: {', '.join(sorted(known_grounds))}.",
            "请选择异议理由。",
            place="grounds",
        )
    statement = checked_text(statement, REASONS_MINIMUM, TEXT_LIMIT, "statement")
    digest = request_digest(Kind.OBJECTION, wanted, "", statement, grounds, None, evidence)
    held = _lock_records(entity_id, wanted, on=today)
    known = _known(entity_id, key, digest)
    if known is not None:
        return known.cases.select_related("record", "entity", "authority").get()
    _check_record(held[0], Kind.OBJECTION)
    checked = files.check(list(evidence), materials=OBJECTION_MATERIALS)
    application = Application.objects.create(
        kind=Kind.OBJECTION,
        entity_id=entity_id,
        account_id=account_id,
        key=key,
        request_digest=digest,
        statement=statement,
        grounds=grounds,
        submitted_at=at,
        received_on=today,
    )
    (case,) = open_cases(application, held, checked, actor=actor, at=at, today=today)
    return case


def accept(*, actor: Actor, case: Case, at: datetime, today: date, version: int | None = None) -> Case:
    """Accept an application, or take up an objection. ``version``: as the officer saw it, else the case's."""
    return _move("accept", actor=actor, case=case, reasons="", at=at, today=today, version=version)


def refuse(
    *, actor: Actor, case: Case, reasons: str, at: datetime, today: date, version: int | None = None
) -> Case:
    """Do not accept it, with reasons of at least 10 characters."""
    return _move("refuse", actor=actor, case=case, reasons=reasons, at=at, today=today, version=version)


def grant(
    *, actor: Actor, case: Case, reasons: str = "", at: datetime, today: date, version: int | None = None
) -> Case:
    """Restore the record, or uphold the objection and withdraw it, in the same transaction as the decision."""
    return _move("grant", actor=actor, case=case, reasons=reasons, at=at, today=today, version=version)


def deny(
    *, actor: Actor, case: Case, reasons: str, at: datetime, today: date, version: int | None = None
) -> Case:
    """Deny restoration, or find the objection not upheld, with reasons of at least 10 characters."""
    return _move("deny", actor=actor, case=case, reasons=reasons, at=at, today=today, version=version)


def withdraw(*, actor: Actor, case: Case, at: datetime, today: date, version: int | None = None) -> Case:
    """Take one's own application or objection back."""
    return _move("withdraw", actor=actor, case=case, reasons="", at=at, today=today, version=version)


@transaction.atomic
def _move(
    code: str,
    *,
    actor: Actor,
    case: Case,
    reasons: str,
    at: datetime,
    today: date,
    version: int | None,
) -> Case:
    """One step of a case by a person: the chart allows it, the version is the one that the person saw."""
    expected = case.version if version is None else version
    record = Record.objects.select_for_update(of=("self",)).select_related("entity").get(pk=case.record_id)
    held = lock_case(case.pk)
    held.record = record
    if not cases_visible_to(actor).filter(pk=held.pk).exists():
        raise CaseworkError(
            "case.not_found", "There is no such case.", "没有该案件。", place=str(case.public_id)
        )
    event = chart_of(held.kind).event(code)
    if actor.role not in event.who:
        raise CaseworkError(
            "case.forbidden",
            f"This step belongs to: {', '.join(event.who)}.",
            "您无权进行此操作。",
            place=str(held.public_id),
        )
    if held.version != expected:
        raise CaseworkError(
            "case.changed",
            f"The case has changed meanwhile; it is now: {chart_of(held.kind).state(held.state).en}.",
            f"案件已发生变化，目前状态：{chart_of(held.kind).state(held.state).zh}。",
            place=str(held.public_id),
            remedy_en="Open the case again and look at what happened.",
            remedy_zh="请重新打开案件查看最新情况。",
        )
    if held.state not in event.from_:
        raise CaseworkError(
            "case.not_allowed",
            f"A case in this state does not allow this step: {chart_of(held.kind).state(held.state).en}.",
            f"当前状态不允许此操作：{chart_of(held.kind).state(held.state).zh}。",
            place=str(held.public_id),
        )
    reasons = checked_reasons(event, reasons)
    # The record changes before the cases' own events: position n of the case tells of a record already changed.
    lapsed = change_record(event, held, at=at)
    take_step(held, event, reasons=reasons, actor=actor, at=at, today=today)
    for other in lapsed:
        consequence = chart_of(other.kind).event("lapse")
        take_step(other, consequence, reasons="", actor=actor, at=at, today=today)
    return held


def _applicant(actor: Actor) -> tuple[int, int]:
    """The entity that acts and its account."""
    if actor.role != "entity" or actor.entity_id is None or actor.account_id is None:
        raise CaseworkError(
            "application.forbidden",
            "Only the entity that a record is about applies or objects.",
            "只有信用主体本人可以申请修复或者提出异议。",
        )
    return actor.entity_id, actor.account_id


def _lock_records(entity_id: int, wanted: Sequence[uuid.UUID], *, on: date) -> list[Record]:
    """The actor's records, locked in the order of their keys as intake locks them.

    A published record of an entity that is one with the actor's counts as its own; an unpublished one does not,
    so that a wrong link shows nobody what only the other may see.
    """
    held = list(
        Record.objects.select_for_update(of=("self",))
        .select_related("entity")
        .filter(own_records(entity_id, on=on), public_id__in=wanted)
        .order_by("natural_key")
    )
    if len(held) != len(wanted):
        missing = next(value for value in wanted if value not in {record.public_id for record in held})
        raise CaseworkError(
            "record.not_found", "There is no such record.", "没有该记录。", place=str(missing)
        )
    return held


def _known(entity_id: int, key: uuid.UUID, digest: bytes) -> Application | None:
    """The application that was already made with a key, if any."""
    # Two requests with one key but other records share no row lock; this makes them wait for each other.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"application {key}"])
    application = Application.objects.filter(entity_id=entity_id, key=key).first()
    if application is not None and bytes(application.request_digest) != digest:
        raise CaseworkError(
            "application.key_reused",
            "Something else was already handed in under this key.",
            "该提交编号已用于其他申请。",
            remedy_en="Begin a new application.",
            remedy_zh="请重新开始一份申请。",
        )
    return application


def _check_record(record: Record, kind: str) -> None:
    place = str(record.public_id)
    if kind == Kind.RESTORATION and not record.adverse:
        raise CaseworkError(
            "record.not_adverse",
            "This record is not negative; there is nothing to restore.",
            "该信息不属于失信信息，无需修复。",
            place=place,
        )
    if kind == Kind.RESTORATION and not under_a_pack(record):
        raise CaseworkError(
            "record.no_pack",
            "No law pack here governs the restoration of this record; its dates are those that its source states.",
            "该记录的修复不适用本平台收录的规则包，其公示期限以来源说明为准。",
            place=place,
            remedy_en="Apply to the body that published it; here you may object.",
            remedy_zh="请向公示机关申请；在本平台可以提出异议。",
        )
    if record.state not in RESTORABLE_STATES:
        raise CaseworkError(
            "record.state",
            "This record has already been restored or withdrawn.",
            "该记录已修复或者已撤销。",
            place=place,
        )
    if Case.objects.filter(record_id=record.pk, kind=kind, state__in=Case.OPEN).exists():
        raise CaseworkError(
            "case.open",
            "A case of this kind is already open for this record.",
            "该记录已有同类案件正在办理。",
            place=place,
            remedy_en="Follow the open case, or withdraw it first.",
            remedy_zh="请跟进正在办理的案件，或先予撤回。",
        )
