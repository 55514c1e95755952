"""Every write of casework: one transaction each, and one journal event for each step of each case.

What is allowed comes from the chart of the kind of case: ``move`` takes every step of every case, the other commands
open one. Locks are always taken in one order: the records (in the order of their keys, as intake does), then their
cases, then the journal's head. So the row of a record is the gate through which everything that happens to its cases
passes, one after another.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record
from goodstanding.registry.queries import own_records

from . import evidence as files
from . import mandates
from .chart import Event, chart_of
from .details import checked_details
from .eligibility import (
    GONE,
    OWN_MOTION_CLASSES,
    RESTORABLE_STATES,
    pack_of,
    under_a_pack,
    unmet,
    verdict_of,
)
from .errors import CaseworkError, Failing
from .evidence import NewEvidence
from .guards import Asked, refusal
from .models import Application, Case, Kind, Step
from .queries import case_for, cases_visible_to, mover_of
from .remedies import APPEALABLE
from .requests import (
    REASONS_MINIMUM,
    TEXT_LIMIT,
    checked_claim,
    checked_reasons,
    checked_text,
    public_ids,
    request_digest,
)
from .scanner import scanned
from .steps import Doing, change_record, keep_evidence, lapse_of, lock_case, open_cases, take_step

__all__ = [
    "CaseworkError",
    "NewEvidence",
    "appeal",
    "apply",
    "ask_shield",
    "find",
    "move",
    "object_to",
    "reopen",
]

#: What evidence may serve where no law pack lists materials.
MATERIALS = frozenset({"proof_of_grounds"})


@scanned
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
    entity_id, account_id = _applicant(actor, Kind.RESTORATION, on=today)
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
    for found in Case.objects.filter(record__in=held, kind=Kind.OWN_MOTION, ended_at__isnull=True).order_by(
        "pk"
    ):
        _lapse(lock_case(found.pk), at=at, today=today)
    open_cases(application, held, checked, actor=actor, at=at, today=today)
    return application


@scanned
@transaction.atomic
def object_to(
    *,
    actor: Actor,
    record: uuid.UUID | str,
    grounds: str,
    statement: str,
    claim: Mapping[str, str] | None = None,
    evidence: Sequence[NewEvidence] = (),
    key: uuid.UUID,
    at: datetime,
    today: date,
) -> Case:
    """Object to a record (异议申诉). From this transaction on every reader sees that it is disputed.

    Args:
        grounds: a code of the objection chart's grounds.
        claim: what public fields of the record should say, by field; the old values are kept beside them.
        statement: what is wrong, 10 to 4000 characters.
        evidence: files; their material is empty or ``proof_of_grounds``.
        The others as in ``apply``.

    Raises:
        CaseworkError: what is refused and why.
    """
    entity_id, account_id = _applicant(actor, Kind.OBJECTION, on=today)
    wanted = public_ids([record])
    _check_grounds(Kind.OBJECTION, grounds)
    statement = checked_text(statement, REASONS_MINIMUM, TEXT_LIMIT, "statement")
    digest = request_digest(Kind.OBJECTION, wanted, "", statement, grounds, None, evidence, claim=claim)
    held = _lock_records(entity_id, wanted, on=today)
    known = _known(entity_id, key, digest)
    if known is not None:
        return known.cases.select_related("record", "entity", "authority").get()
    _check_record(held[0], Kind.OBJECTION)
    checked = files.check(list(evidence), materials=MATERIALS)
    application = Application.objects.create(
        kind=Kind.OBJECTION,
        entity_id=entity_id,
        account_id=account_id,
        key=key,
        request_digest=digest,
        statement=statement,
        grounds=grounds,
        claim=checked_claim(held[0], claim or {}),
        submitted_at=at,
        received_on=today,
    )
    (case,) = open_cases(application, held, checked, actor=actor, at=at, today=today)
    return case


@scanned
@transaction.atomic
def appeal(
    *,
    actor: Actor,
    case: uuid.UUID | str,
    grounds: str,
    statement: str,
    evidence: Sequence[NewEvidence] = (),
    key: uuid.UUID,
    at: datetime,
    today: date,
) -> Case:
    """Appeal against the result of one's own case (复核). The supervising body decides, once.

    Args:
        case: public id of a restoration or an objection that ended against the entity.
        grounds: a code of the appeal chart's grounds.
        The others as in ``object_to``.

    Raises:
        CaseworkError: appeal.nothing, appeal.again, or what is refused and why.
    """
    entity_id, account_id = _applicant(actor, Kind.APPEAL, on=today)
    about = _case_of(actor, case)
    _check_grounds(Kind.APPEAL, grounds)
    statement = checked_text(statement, REASONS_MINIMUM, TEXT_LIMIT, "statement")
    digest = request_digest(Kind.APPEAL, [about.public_id], "", statement, grounds, None, evidence)
    record = _lock_record(about.record_id)
    known = _known(entity_id, key, digest)
    if known is not None:
        return known.cases.select_related("record", "entity", "authority").get()
    if (about.kind, about.state) not in APPEALABLE:
        raise CaseworkError(
            "appeal.nothing",
            "An appeal is against a refusal, a denial or an objection that was not upheld.",
            "只能对不予受理、不予修复或者异议不成立的结果申请复核。",
            place=str(about.public_id),
        )
    if Case.objects.filter(kind=Kind.APPEAL, about=about).exists():
        raise CaseworkError(
            "appeal.again",
            "This result was appealed against before; an appeal is decided once.",
            "该结果已申请过复核。",
            place=str(about.public_id),
        )
    checked = files.check(list(evidence), materials=MATERIALS)
    application = Application.objects.create(
        kind=Kind.APPEAL,
        entity_id=entity_id,
        account_id=account_id,
        key=key,
        request_digest=digest,
        statement=statement,
        grounds=grounds,
        submitted_at=at,
        received_on=today,
    )
    (made,) = open_cases(application, [record], checked, actor=actor, at=at, today=today, about=about)
    return made


@scanned
@transaction.atomic
def ask_shield(
    *,
    actor: Actor,
    records: Sequence[uuid.UUID | str],
    statement: str,
    evidence: Sequence[NewEvidence] = (),
    key: uuid.UUID,
    at: datetime,
    today: date,
) -> Application:
    """Ask, with the court's ruling, that records be shielded while a reorganisation plan is carried out (临时屏蔽).

    Args:
        statement: which court approved which plan when, and what is asked; 10 to 4000 characters.
        The others as in ``apply``.
    """
    entity_id, account_id = _applicant(actor, Kind.REORGANISATION, on=today)
    wanted = public_ids(records)
    statement = checked_text(statement, REASONS_MINIMUM, TEXT_LIMIT, "statement")
    digest = request_digest(Kind.REORGANISATION, wanted, "", statement, "", None, evidence)
    held = _lock_records(entity_id, wanted, on=today)
    known = _known(entity_id, key, digest)
    if known is not None:
        return known
    for record in held:
        _check_record(record, Kind.REORGANISATION)
        if record.state == Record.State.ENDED:
            raise CaseworkError(
                "record.state",
                "The publication of this record has ended; there is nothing to shield.",
                "该记录公示已届满，无需屏蔽。",
                place=str(record.public_id),
            )
    checked = files.check(list(evidence), materials=MATERIALS)
    application = Application.objects.create(
        kind=Kind.REORGANISATION,
        entity_id=entity_id,
        account_id=account_id,
        key=key,
        request_digest=digest,
        statement=statement,
        submitted_at=at,
        received_on=today,
    )
    open_cases(application, held, checked, actor=actor, at=at, today=today)
    return application


@scanned
@transaction.atomic
def reopen(
    *,
    actor: Actor,
    case: uuid.UUID | str,
    reasons: str,
    document: str,
    evidence: Sequence[NewEvidence] = (),
    key: uuid.UUID,
    at: datetime,
    today: date,
) -> Case:
    """Reopen a granted restoration because its commitment was false or its materials forged. The entity is heard.

    Args:
        case: public id of the granted case.
        reasons: which facts, at least 10 characters; the entity reads them.
        document: the document that shows them.
    """
    if actor.role != "authority" or actor.account_id is None:
        raise CaseworkError(
            "case.forbidden", "Only the authority reopens a restoration.", "只有认定单位可以启动撤销程序。"
        )
    about = _case_of(actor, case)
    opening = chart_of(Kind.REOPENING).opening
    reasons = checked_reasons(opening, reasons)
    digest = request_digest(Kind.REOPENING, [about.public_id], "", reasons, document, None, evidence)
    record = _lock_record(about.record_id)
    known = _known(about.entity_id, key, digest)
    if known is not None:
        return known.cases.select_related("record", "entity", "authority").get()
    if about.authority_id != actor.authority_id or about.state != "granted" or record.state != "restored":
        raise CaseworkError(
            "reopening.nothing",
            "Only a restoration that was granted here and still stands can be reopened.",
            "只能对本单位准予且仍然有效的修复启动撤销程序。",
            place=str(about.public_id),
        )
    if Case.objects.filter(record=record, kind=Kind.REOPENING, ended_at__isnull=True).exists():
        raise CaseworkError(
            "case.open", "It has been reopened already.", "撤销程序已启动。", place=str(about.public_id)
        )
    said = checked_details(opening, {"document": document}, case=about, actor=actor)
    checked = files.check(list(evidence), materials=MATERIALS)
    application = Application.objects.create(
        kind=Kind.REOPENING,
        entity_id=about.entity_id,
        account_id=actor.account_id,
        key=key,
        request_digest=digest,
        statement=reasons,
        submitted_at=at,
        received_on=today,
    )
    (made,) = open_cases(
        application,
        [record],
        checked,
        actor=actor,
        at=at,
        today=today,
        about=about,
        reasons=reasons,
        said=said,
    )
    return made


@transaction.atomic
def find(*, record: Record, at: datetime, today: date) -> Case | None:
    """Open a case of restoration without applying for a record whose conditions are met by tomorrow (免申即享).

    Returns:
        The case; None where the record had one before, another case is open, the record is of the serious class, or a
        condition that the platform can check is not met on the day after ``today``.
    """
    held = _lock_record(record.pk)
    cases = Case.objects.filter(record=held)
    if cases.filter(Q(kind=Kind.OWN_MOTION) | Q(ended_at__isnull=True)).exists() or held.disputed:
        return None
    probe = Case(kind=Kind.OWN_MOTION, record=held, authority_id=held.authority_id)
    confirm = chart_of(Kind.OWN_MOTION).event("confirm")
    if (
        held.state not in RESTORABLE_STATES
        or held.severity not in OWN_MOTION_CLASSES
        or not under_a_pack(held)
    ):
        return None
    if refusal(Asked(probe, confirm, Actor(), today + timedelta(days=1))) is not None:
        return None
    application = Application.objects.create(
        kind=Kind.OWN_MOTION,
        entity_id=held.entity_id,
        account_id=None,
        key=uuid.uuid4(),
        request_digest=request_digest(Kind.OWN_MOTION, [held.public_id], "", "", "", None, ()),
        submitted_at=at,
        received_on=today,
    )
    (made,) = open_cases(application, [held], (), actor=Actor(), at=at, today=today)
    return made


@scanned
@transaction.atomic
def move(
    code: str,
    *,
    actor: Actor,
    case: Case,
    at: datetime,
    today: date,
    reasons: str = "",
    given: Mapping[str, Any] | None = None,
    evidence: Sequence[NewEvidence] = (),
    version: int | None = None,
    key: uuid.UUID | None = None,
) -> Case:
    """One step of a case by a person: the chart allows it, the version is the one that the person saw.

    Args:
        code: an event of the chart of the case's kind.
        reasons: as the chart asks for them, up to 4000 characters.
        given: what the chart needs beyond them (``details.checked_details``).
        evidence: files, where the chart takes some with this step.
        version: of the case as the person saw it; None for the case's.
        key: chosen by the client; the same step sent again with it changes nothing.

    Raises:
        CaseworkError: case.not_found, case.forbidden, case.changed, case.not_allowed, what a guard refuses, or what
            is wrong with reasons, details or evidence.
    """
    expected = case.version if version is None else version
    mandates.hold(actor, on=today)
    record = _lock_record(case.record_id)
    try:
        held = lock_case(case.pk, record=record, among=cases_visible_to(actor))
    except Case.DoesNotExist as error:
        raise CaseworkError(
            "case.not_found", "There is no such case.", "没有该案件。", place=str(case.public_id)
        ) from error
    mandates.require(actor, held.kind, on=today)
    if key is not None and _taken_before(held, key, code):
        return held
    event = _allowed(code, held, expected, actor=actor, on=today)
    reasons = checked_reasons(event, reasons)
    said = checked_details(event, given or {}, case=held, actor=actor)
    if evidence:
        _take_evidence(held, event, evidence, by_id=actor.account_id, at=at)
    # The record changes before the cases' own events: position n of the case tells of a record already changed.
    lapsed = change_record(event, Doing(held, said, actor, at, today))
    take_step(held, event, reasons=reasons, said=said, key=key, actor=actor, at=at, today=today)
    for other in lapsed:
        _lapse(other, at=at, today=today)
    if event.again:
        _take_up_again(held, at=at, today=today)
    return held


def _taken_before(case: Case, key: uuid.UUID, code: str) -> bool:
    """Whether a step was taken with a key before."""
    taken = Step.objects.filter(case=case, key=key).values_list("event", flat=True).first()
    if taken is not None and taken != code:
        raise CaseworkError(
            "step.key_reused", "Another step was taken under this key.", "该编号已用于其他操作。"
        )
    return taken is not None


def _allowed(code: str, case: Case, expected: int, *, actor: Actor, on: date) -> Event:
    """The event of a code, where the actor may take it now. Raises CaseworkError."""
    chart = chart_of(case.kind)
    state = chart.state(case.state)
    try:
        event = chart.event(code)
    except KeyError:
        raise CaseworkError(
            "case.not_allowed",
            f"A case of this kind knows no step {code!r}.",
            f"此类案件没有“{code}”这一操作。",
            place=str(case.public_id),
        ) from None
    if mover_of(actor, case) not in event.who:
        raise CaseworkError(
            "case.forbidden",
            f"This step belongs to: {', '.join(event.who)}.",
            "您无权进行此操作。",
            place=str(case.public_id),
        )
    if case.version != expected:
        raise CaseworkError(
            "case.changed",
            f"The case has changed meanwhile{_by_whom(case, actor)}; it is now: {state.en}.",
            f"案件已发生变化，目前状态：{state.zh}。",
            place=str(case.public_id),
            remedy_en="Open the case again and look at what happened.",
            remedy_zh="请重新打开案件查看最新情况。",
        )
    if case.state not in event.from_:
        raise CaseworkError(
            "case.not_allowed",
            f"A case in this state does not allow this step: {state.en}.",
            f"当前状态不允许此操作：{state.zh}。",
            place=str(case.public_id),
        )
    refused = refusal(Asked(case, event, actor, on))
    if refused is not None:
        raise CaseworkError(refused.code, refused.en, refused.zh, place=str(case.public_id))
    return event


def _by_whom(case: Case, actor: Actor) -> str:
    """Who took the last step, for an officer of the same authority; nobody else reads the names of officers."""
    last = case.steps.select_related("by__user").order_by("-number").first()
    if (
        last is None
        or last.by is None
        or last.by.authority_id != actor.authority_id
        or actor.role != "authority"
    ):
        return ""
    return f" (by {last.by.user.get_username()})"


def _take_evidence(
    case: Case, event: Event, evidence: Sequence[NewEvidence], *, by_id: int | None, at: datetime
) -> None:
    if not event.files:
        raise CaseworkError(
            "evidence.not_here", "This step takes no files.", "此操作不接受附件。", place=str(case.public_id)
        )
    materials = {row.id for row in verdict_of(case.record, on=case.application.received_on).materials}
    checked = files.check(list(evidence), materials=MATERIALS | materials)
    keep_evidence(case.application, checked, [case], by_id=by_id, at=at)


def _lapse(case: Case, *, at: datetime, today: date) -> None:
    """End a case that has lost its object, by itself."""
    event = lapse_of(case)
    assert event is not None, "only a case whose chart lets it lapse is given here"
    take_step(case, event, actor=Actor(), at=at, today=today)


def _take_up_again(appealed: Case, *, at: datetime, today: date) -> None:
    """Open anew the case that an upheld appeal was about, by its own application, for other officers to decide.

    Nothing is left to decide where the record is gone, or a new case of the kind was opened meanwhile.
    """
    about = appealed.about
    assert about is not None, "the database lets no appeal be about nothing"
    record = appealed.record
    again = Case.objects.filter(record=record, kind=about.kind, ended_at__isnull=True).exists()
    if record.state in GONE or again:
        return
    application = about.application
    entity = Actor(role="entity", account_id=application.account_id, entity_id=application.entity_id)
    open_cases(application, [record], (), actor=entity, at=at, today=today, about=about)


def _case_of(actor: Actor, public_id: uuid.UUID | str) -> Case:
    """A case that the actor sees. Raises CaseworkError."""
    try:
        return case_for(actor, public_id)
    except Case.DoesNotExist as error:
        raise CaseworkError(
            "case.not_found", "There is no such case.", "没有该案件。", place=str(public_id)
        ) from error


def _check_grounds(kind: str, grounds: str) -> None:
    known = {ground.code for ground in chart_of(kind).grounds}
    if grounds not in known:
        raise CaseworkError(
            "grounds.unknown",
            f"Say on which ground: {', '.join(sorted(known))}.",
            "请选择理由。",
            place="grounds",
        )


def _lock_record(pk: int) -> Record:
    return Record.objects.select_for_update(of=("self",)).select_related("entity").get(pk=pk)


def _applicant(actor: Actor, kind: str, *, on: date) -> tuple[int, int]:
    """The entity that acts, and the account: its own, or that of an agent with a mandate."""
    if actor.role != "entity" or actor.entity_id is None or actor.account_id is None:
        raise CaseworkError(
            "application.forbidden",
            "Only the entity that a record is about applies or objects.",
            "只有信用主体本人可以申请修复或者提出异议。",
        )
    mandates.require(actor, kind, on=on)
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
    if kind == Kind.REORGANISATION and not record.adverse:
        raise CaseworkError(
            "record.not_adverse",
            "This record is not negative; there is nothing to shield.",
            "该信息不属于失信信息，无需屏蔽。",
            place=place,
        )
    if Case.objects.filter(record_id=record.pk, kind=kind, ended_at__isnull=True).exists():
        raise CaseworkError(
            "case.open",
            "A case of this kind is already open for this record.",
            "该记录已有同类案件正在办理。",
            place=place,
            remedy_en="Follow the open case, or withdraw it first.",
            remedy_zh="请跟进正在办理的案件，或先予撤回。",
        )
