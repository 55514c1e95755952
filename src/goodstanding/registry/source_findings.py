"""Findings against sources: each attempt to report a removed record again, and what the operator decided of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.db.models import Count, QuerySet

from .commands import RegistryError
from .journal import NewEvent, append
from .models import SourceFinding
from .tombstones import Suspicion


class Attempt(Protocol):
    """What a finding keeps of a stopped row."""

    @property
    def row(self) -> int: ...
    @property
    def source_id(self) -> int: ...
    @property
    def natural_key(self) -> bytes: ...
    @property
    def content_digest(self) -> bytes: ...


def note(
    attempts: Sequence[tuple[Attempt, Suspicion]], *, sender_id: int | None, batch: int | None, at: datetime
) -> list[NewEvent]:
    """Write each attempt down as a finding against its source, in the transaction in which it is refused.

    Args:
        attempts: stopped rows, each with its suspicion.
        sender_id: who sent them; where nobody is known, the row's own source.
        batch: the batch that they came in.
        at: the instant.

    Returns:
        The events, for the caller to append.
    """
    findings = [
        SourceFinding(
            source_id=sender_id or row.source_id,
            record_id=suspicion.record_id,
            kind=suspicion.kind,
            batch=batch,
            row=row.row,
            at=at,
            natural_key=row.natural_key,
            content_digest=row.content_digest,
        )
        for row, suspicion in attempts
    ]
    SourceFinding.objects.bulk_create(findings, batch_size=2_000)
    return [NewEvent("source.finding", _said(finding)) for finding in findings]


def _said(finding: SourceFinding) -> dict[str, str]:
    return {"finding": str(finding.public_id), "finding_kind": finding.kind}


def findings(*, decision: str = "", source_id: int | None = None) -> QuerySet[SourceFinding]:
    """Attempts, newest first, with their source, the removed record, its entity, and who decided.

    Args:
        decision: empty, those on which nobody has decided; or a value of ``SourceFinding.Decision``.
        source_id: only those of one source.
    """
    found = SourceFinding.objects.filter(decision=decision)
    if source_id is not None:
        found = found.filter(source_id=source_id)
    return found.select_related("source", "record__entity", "decided_by__user").order_by("-at", "-pk")


@transaction.atomic
def decide(
    *, finding: uuid.UUID | str, decision: str, reasons: str, account_id: int, at: datetime
) -> SourceFinding:
    """Decide on an attempt.

    Args:
        finding: its public id.
        decision: ``cleared``, it is another finding and may come in as it was sent; ``upheld``, it stays out.
        reasons: why, at least 10 characters.
        account_id: the operator's account.
        at: now.

    Raises:
        RegistryError: finding.decided, finding.reasons or finding.certain (a removed record itself, or what was
            corrected, is not let in).
    """
    held = SourceFinding.objects.select_for_update().get(public_id=finding)
    if held.decision:
        raise RegistryError("finding.decided", "it was decided on before", "该事项已作出处理")
    if len(reasons.strip()) < 10:
        raise RegistryError(
            "finding.reasons", "give reasons of at least 10 characters", "请填写不少于10个字的理由"
        )
    certain = held.kind in (SourceFinding.Kind.SAME, SourceFinding.Kind.CORRECTED)
    if decision == SourceFinding.Decision.CLEARED and certain:
        raise RegistryError(
            "finding.certain",
            "this is the record itself; only what merely looks like a removed one can be let in",
            "该行即为该记录本身，不得放行；仅疑似已移除的记录可以放行",
        )
    held.decision = SourceFinding.Decision(decision)
    held.reasons, held.decided_by_id, held.decided_at = reasons.strip(), account_id, at
    held.save(update_fields=["decision", "reasons", "decided_by", "decided_at"])
    append([NewEvent(f"source.finding_{decision}", _said(held))], at=at)
    return held


def upheld(source_ids: Sequence[int]) -> dict[int, int]:
    """How many removed records each of these sources has reported again, as the operator found; others are left out."""
    found = SourceFinding.objects.filter(source_id__in=source_ids, decision=SourceFinding.Decision.UPHELD)
    return dict(found.values_list("source_id").annotate(Count("pk")).order_by())
