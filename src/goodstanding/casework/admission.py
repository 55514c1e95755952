"""What must hold before a case is opened: who asks, for which records, on which grounds, whether it was asked before.

Everything here runs inside the transaction of a command (``commands``, ``moves``).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from django.db.models import QuerySet

from goodstanding.registry import locks
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record
from goodstanding.registry.queries import own_records

from . import mandates
from .chart import chart_of
from .eligibility import RESTORABLE_STATES, under_a_pack
from .errors import CaseworkError
from .models import Application, Case, Forwarding, Kind
from .queries import case_for

#: What evidence may serve where no law pack lists materials.
MATERIALS = frozenset({"proof_of_grounds"})


def case_of(actor: Actor, public_id: uuid.UUID | str) -> Case:
    """A case that the actor sees. Raises CaseworkError."""
    try:
        return case_for(actor, public_id)
    except Case.DoesNotExist as error:
        raise CaseworkError(
            "case.not_found", "There is no such case.", "没有该案件。", place=str(public_id)
        ) from error


def check_grounds(kind: str, grounds: str) -> None:
    """Refuse grounds that the chart of a kind of case does not know. Raises CaseworkError."""
    known = {ground.code for ground in chart_of(kind).grounds}
    if grounds not in known:
        raise CaseworkError(
            "grounds.unknown",
            f"Say on which ground: {', '.join(sorted(known))}.",
            "请选择理由。",
            place="grounds",
        )


def lock_record(pk: int) -> Record:
    """A record locked until the transaction ends, with its entity."""
    return Record.objects.select_for_update(of=("self",)).select_related("entity").get(pk=pk)


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


def applicant(actor: Actor, kind: str, *, on: date) -> tuple[int, int]:
    """The entity that acts, and the account: its own, or that of an agent with a mandate. Raises CaseworkError."""
    if actor.role != "entity" or actor.entity_id is None or actor.account_id is None:
        raise CaseworkError(
            "application.forbidden",
            "Only the entity that a record is about applies or objects.",
            "只有信用主体本人可以申请修复或者提出异议。",
        )
    mandates.require(actor, kind, on=on)
    return actor.entity_id, actor.account_id


def lock_records(entity_id: int, wanted: Sequence[uuid.UUID], *, on: date) -> list[Record]:
    """The actor's records, locked in the order of their keys as intake locks them.

    A published record of an entity that is one with the actor's counts as its own; an unpublished one does not,
    so that a wrong link shows nobody what only the other may see. Raises CaseworkError where one is missing.
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


def made_before(entity_id: int, key: uuid.UUID, digest: bytes) -> Application | None:
    """The application that was already made with a key, if any; CaseworkError where it was another one."""
    # Two requests with one key but other records share no row lock; this makes them wait for each other.
    locks.until_committed(locks.APPLICATION, str(key))
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


def check_home(record: Record) -> None:
    """Refuse a record that another instance decides on. Raises CaseworkError."""
    if record.home:
        raise CaseworkError(
            "record.foreign",
            f"This record lives in {record.home}; only that instance decides on it.",
            f"该记录归属 {record.home}，只能由该平台办理。",
            place=str(record.public_id),
            remedy_en="Ask for this at the instance where the record lives.",
            remedy_zh="请向记录归属平台提出。",
        )


def check_record(record: Record, kind: str) -> None:
    """Refuse a record about which no case of a kind can be opened now. Raises CaseworkError."""
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
    on_its_way = Forwarding.objects.filter(record=record, application__kind=kind, next_at__isnull=False)
    if (
        Case.objects.filter(record_id=record.pk, kind=kind, ended_at__isnull=True).exists()
        or on_its_way.exists()
    ):
        raise CaseworkError(
            "case.open",
            "A case of this kind is already open for this record.",
            "该记录已有同类案件正在办理。",
            place=place,
            remedy_en="Follow the open case, or withdraw it first.",
            remedy_zh="请跟进正在办理的案件，或先予撤回。",
        )
