"""What a step does to the record that its case is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from goodstanding.registry import commands as registry
from goodstanding.registry import corrections, decisions
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record

from .admission import lock_case
from .bars import enter_false_commitment
from .chart import Event, RecordEffect, chart_of
from .details import proposed
from .eligibility import GONE, RESTORABLE_STATES, verdict_of
from .errors import CaseworkError
from .judging import judged_after
from .models import Case

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
