"""Every write of casework: one transaction each, and one journal event for each step of each case.

What is allowed comes from the chart of the kind of case: ``moves.move`` takes every step of every case, the others
here and ``objections`` open one. Locks are always taken in one order: the records (in the order of their keys, as
intake does), then their cases, then the journal's head. So the row of a record is the gate through which everything
that happens to its cases passes, one after another.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record

from . import evidence as files
from .admission import (
    MATERIALS,
    applicant,
    case_of,
    check_grounds,
    check_home,
    check_record,
    lock_case,
    lock_record,
    lock_records,
    made_before,
)
from .chart import chart_of
from .details import checked_details
from .eligibility import (
    OWN_MOTION_CLASSES,
    RESTORABLE_STATES,
    pack_of,
    under_a_pack,
    unmet,
    verdict_of,
)
from .errors import CaseworkError, Failing
from .evidence import NewEvidence
from .forwarding import elsewhere, forward
from .guards import Asked, refusal
from .models import Application, Case, Kind
from .moves import move
from .remedies import APPEALABLE
from .requests import (
    REASONS_MINIMUM,
    TEXT_LIMIT,
    checked_reasons,
    checked_text,
    public_ids,
    request_digest,
)
from .scanner import scanned
from .steps import lapse, open_cases

__all__ = [
    "CaseworkError",
    "NewEvidence",
    "appeal",
    "apply",
    "ask_shield",
    "find",
    "move",
    "reopen",
]


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
        The application, with one open case for each record. Where the records are decided on in another instance it has
        no case here and goes there (``forwarding``).

    Raises:
        CaseworkError: application.not_eligible with every failing condition of every record; or another code.
    """
    entity_id, account_id = applicant(actor, Kind.RESTORATION, on=today)
    wanted = public_ids(records)
    commitment_name = (
        checked_text(commitment_name, 1, 200, "commitment_name") if commitment_name.strip() else ""
    )
    statement = checked_text(statement, 0, TEXT_LIMIT, "statement")
    digest = request_digest(Kind.RESTORATION, wanted, commitment_name, statement, "", performed_on, evidence)
    held = lock_records(entity_id, wanted, on=today)
    known = made_before(entity_id, key, digest)
    if known is not None:
        return known
    foreign = elsewhere(held)
    failing: list[Failing] = []
    materials: set[str] = set()
    for record in held:
        check_record(record, Kind.RESTORATION)
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
    if foreign:
        forward(application, held, checked, at=at)
        return application
    for found in Case.objects.filter(record__in=held, kind=Kind.OWN_MOTION, ended_at__isnull=True).order_by(
        "pk"
    ):
        lapse(lock_case(found.pk), at=at, today=today)
    open_cases(application, held, checked, actor=actor, at=at, today=today)
    return application


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
    entity_id, account_id = applicant(actor, Kind.APPEAL, on=today)
    about = case_of(actor, case)
    check_grounds(Kind.APPEAL, grounds)
    statement = checked_text(statement, REASONS_MINIMUM, TEXT_LIMIT, "statement")
    digest = request_digest(Kind.APPEAL, [about.public_id], "", statement, grounds, None, evidence)
    record = lock_record(about.record_id)
    known = made_before(entity_id, key, digest)
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
    entity_id, account_id = applicant(actor, Kind.REORGANISATION, on=today)
    wanted = public_ids(records)
    statement = checked_text(statement, REASONS_MINIMUM, TEXT_LIMIT, "statement")
    digest = request_digest(Kind.REORGANISATION, wanted, "", statement, "", None, evidence)
    held = lock_records(entity_id, wanted, on=today)
    known = made_before(entity_id, key, digest)
    if known is not None:
        return known
    for record in held:
        check_home(record)
        check_record(record, Kind.REORGANISATION)
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
    about = case_of(actor, case)
    opening = chart_of(Kind.REOPENING).opening
    reasons = checked_reasons(opening, reasons)
    digest = request_digest(Kind.REOPENING, [about.public_id], "", reasons, document, None, evidence)
    record = lock_record(about.record_id)
    known = made_before(about.entity_id, key, digest)
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
    held = lock_record(record.pk)
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
