"""Batches that wait for the operator: held before anything enters, then released or refused with a reason."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from goodstanding.registry.actor import Actor
from goodstanding.registry.journal import NewEvent, append

from .errors import IntakeError
from .models import Batch, Hold
from .quality import Finding

#: Lengths of a reason, in characters.
REASON_AT_LEAST, REASON_AT_MOST = 10, 2_000


@transaction.atomic
def hold(batch: Batch, grounds: Sequence[Finding], *, at: datetime) -> Batch:
    """Let a batch wait for the operator. Nothing of it has entered, and nothing will until it is released.

    Args:
        batch: a batch that is being taken in, at its first row.
        grounds: which thresholds it is below.
        at: now.
    """
    Hold.objects.create(batch=batch, held_at=at, grounds=[ground.as_json() for ground in grounds])
    batch.state = Batch.State.HELD
    batch.save(update_fields=["state"])
    append([_event("batch.held", batch, grounds=sorted(ground.code for ground in grounds))], at=at)
    return batch


def is_released(batch: Batch) -> bool:
    """Whether the operator let a held batch in."""
    return Hold.objects.filter(batch=batch, decision=Hold.Decision.RELEASED).exists()


@transaction.atomic
def decide(
    *, actor: Actor, public_id: uuid.UUID, decision: Hold.Decision, reason: str, at: datetime
) -> Batch:
    """Release a held batch, so that it enters as it is, or refuse it whole. See ``commands.decide_held``."""
    if not actor.is_operator:
        raise IntakeError(
            code="batch.forbidden",
            en="Only the operator decides on a held batch.",
            zh="只有平台运营方可以处理待核批次。",
        )
    reason = reason.strip()
    if not REASON_AT_LEAST <= len(reason) <= REASON_AT_MOST or "\x00" in reason:
        raise IntakeError(
            code="batch.reason",
            en=f"A decision on a held batch needs a reason of {REASON_AT_LEAST} to {REASON_AT_MOST:,} characters.",
            zh=f"处理待核批次须写明理由（{REASON_AT_LEAST}至{REASON_AT_MOST:,}个字符）。",
        )
    batch = Batch.objects.select_for_update().filter(public_id=public_id).first()
    if batch is None or batch.state != Batch.State.HELD:
        raise IntakeError(
            code="batch.not_held",
            en="This batch does not wait for a decision. Look at it as it is now.",
            zh="该批次未处于待核状态，请查看其当前状态。",
        )
    Hold.objects.filter(batch=batch).update(
        decision=decision, reason=reason, decided_by_id=actor.account_id, decided_at=at
    )
    if decision == Hold.Decision.RELEASED:
        batch.state = Batch.State.RECEIVED
    else:
        batch.state, batch.finished_at = Batch.State.REFUSED, at
    batch.save(update_fields=["state", "finished_at"])
    append([_event(f"batch.{decision.value}", batch)], at=at)
    return batch


def _event(kind: str, batch: Batch, **more: object) -> NewEvent:
    """The journal event; the operator's words stay with the batch, because the journal is read by others."""
    return NewEvent(
        kind,
        {
            "batch": str(batch.public_id),
            "authority": batch.authority.code,
            "contract": f"{batch.contract}@{batch.contract_version}",
            "sha256": batch.sha256,
            **more,
        },
    )
