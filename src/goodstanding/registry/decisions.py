"""What a decision does to a record beside restoring and withdrawing it: a shield, and publication again.

Each is one transaction with its journal event. Who may decide, and on which papers, is not asked here.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from . import statements, tombstones
from .commands import RegistryError, lock, record_event, tell
from .models import Event, Record, RecordStatement
from .record_rows import keep_versions


@transaction.atomic
def shield(*, record_id: int, statement: str, account_id: int | None, at: datetime) -> Record:
    """Suspend the publication of a record while a reorganisation or settlement plan is carried out (临时屏蔽).

    The record leaves the public and every holder at once, as with a removal, and leaves no tombstone. Its entity, its
    authority and the operator see it with the statement. What is reported of it meanwhile is taken in beneath the
    shield. A publication whose maximum passes beneath it ends.

    Args:
        record_id: a negative record, published or unpublished.
        statement: what stands beside it meanwhile (the court's ruling), as in ``statements.attach_statement``; the
            statement that it had before comes back with ``unshield``.
        account_id: who enters it. at: the instant of its event ``record.shielded``.

    Raises:
        RegistryError: record.state, record.not_adverse, statement.length or statement.characters.
    """
    text = statements.checked(statement)
    record = lock(record_id, allowed={Record.State.PUBLISHED, Record.State.UNPUBLISHED})
    if not record.adverse:
        raise RegistryError(
            "record.not_adverse", "only negative information is shielded", "只有失信信息可以临时屏蔽"
        )
    record.beneath, record.state = record.state, Record.State.SHIELDED
    changed = ("state", "beneath")
    statements.change(record, text, kind="record.shielded", account_id=account_id, at=at, changed=changed)
    return record


@transaction.atomic
def unshield(*, record_id: int, account_id: int | None, at: datetime) -> Record:
    """Lift the shield of a record: it is published again, or unpublished or ended where it would be by now.

    The statement of the shield is taken off, and the one before it attached again; one that was attached since stays.

    Args:
        record_id: a shielded record. account_id: who lifts it. at: the instant of its event ``record.unshielded``.

    Raises:
        RegistryError: record.state, it is not shielded, such as one whose publication has ended beneath the shield.
    """
    record = lock(record_id, allowed={Record.State.SHIELDED})
    assert record.beneath is not None  # the database sees to it
    over = record.beneath == Record.State.PUBLISHED and _is_over(record, on=timezone.localdate(at))
    record.state, record.beneath = Record.State.ENDED if over else record.beneath, None
    kind, changed = "record.unshielded", ("state", "beneath")
    text = _statement_without_shield(record)
    if text == statements.said(record):
        tell(record, record_event(kind, record), changed=changed, at=at)
    else:
        statements.change(record, text, kind=kind, account_id=account_id, at=at, changed=changed)
    return record


@transaction.atomic
def republish(
    *,
    record_id: int,
    publish_from: date | None,
    publish_until: date | None,
    restorable_from: date | None,
    at: datetime,
) -> Record:
    """Let a restored record stand again, its restoration being revoked, such as for a false commitment.

    Its tombstone is lifted. Readers and subscribers get it under a new version with the window given here.

    Args:
        record_id: a restored record.
        publish_from, publish_until: the window, counted anew by the caller; both None where it is not published,
            and over where ``publish_until`` has come.
        restorable_from: the earliest day of another restoration, None where none is set.
        at: the instant of its event ``record.republished``.

    Raises:
        RegistryError: record.state, or record.window (one end of the window is missing, or it runs backwards).
    """
    record = lock(record_id, allowed={Record.State.RESTORED})
    require_window(publish_from, publish_until)
    record.publish_from, record.publish_until = publish_from, publish_until
    record.restorable_from = restorable_from
    record.state = state_of_window(record, on=timezone.localdate(at))
    replaced = (record.pk, record.version, record.content, bytes(record.content_digest))
    record.version += 1
    tombstones.lift([record.pk])
    changed = ("state", "version", "publish_from", "publish_until", "restorable_from")
    position = tell(record, record_event("record.republished", record), changed=changed, at=at)
    keep_versions([(*replaced, position)])
    return record


def require_window(publish_from: date | None, publish_until: date | None) -> None:
    """Refuse a window of publication with one end, or that runs backwards. Raises RegistryError: record.window."""
    one_end = (publish_from is None) != (publish_until is None)
    if one_end or (publish_from and publish_until and publish_until < publish_from):
        raise RegistryError(
            "record.window",
            f"publication from {publish_from} until {publish_until} is no window: give both days in their order, "
            "or neither",
            f"公示期限 {publish_from} 至 {publish_until} 无效：起止日期须同时给出且先后有序，或者均不给出",
        )


def state_of_window(record: Record, *, on: date) -> str:
    """The state that a negative record has by its window alone."""
    if record.publish_from is None:
        return Record.State.UNPUBLISHED
    return Record.State.ENDED if _is_over(record, on=on) else Record.State.PUBLISHED


def _is_over(record: Record, *, on: date) -> bool:
    return record.publish_until is not None and record.publish_until <= on


def _statement_without_shield(record: Record) -> str:
    """The statement to show once the shield is gone: the one that was attached since, or else before it."""
    shielded = Event.objects.filter(record=record, kind="record.shielded").order_by("-position")[0]
    last, *before = RecordStatement.objects.filter(record=record).order_by("-position")[:2]
    if last.position != shielded.position:
        return last.text
    return before[0].text if before else ""
