"""Keeping the quality of batches: counted before anything enters, filled in as rows enter, scored at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from datetime import date, timedelta

from django.db.models import F
from django.utils import timezone

from .contract import Contract
from .models import Batch, BatchQuality
from .quality import Counts, Finding, below, measures, total
from .regularity import HISTORY, calendar_of, frequency_of, is_on_time, missing, periods, short

#: Counts that a batch keeps; the periods belong to its source.
KEPT = tuple(item.name for item in fields(Counts) if item.name not in ("due", "kept"))


def counts_of(row: BatchQuality) -> Counts:
    """The counts of one batch."""
    return Counts(**{name: getattr(row, name) for name in KEPT})


def keep_counts(batch: Batch, counts: Counts, *, contract: Contract) -> list[Finding]:
    """Keep what the file of a batch shows by itself. Returns why the batch must wait for the operator, if it must.

    Args:
        batch: a batch of which nothing has entered.
        counts: of its file.
        contract: its contract.
    """
    findings = [*_late(batch, contract), *_short(batch, counts.rows)]
    BatchQuality.objects.update_or_create(
        batch=batch,
        defaults={name: getattr(counts, name) for name in KEPT}
        | {"findings": [finding.as_json() for finding in findings]},
    )
    hold = contract.clauses.quality.hold
    grounds = below(counts, hold)
    if hold.short:
        grounds += [finding for finding in findings if finding.code == "sending.short"]
    return grounds


def note_new(batch: Batch, days: Iterable[date], *, contract: Contract) -> None:
    """Count how many new records came within the agreed working days; in the transaction that commits them.

    A source that sends once, or under a jurisdiction without a working calendar, is not measured by this.
    """
    sharing, calendar = contract.clauses.sharing, calendar_of(contract)
    if calendar is None or sharing.frequency.strip().lower() == "once":
        return
    received_on = timezone.localdate(batch.received_at)
    dated = on_time = 0
    for found_on, number in Counter(days).items():
        verdict = is_on_time(found_on, received_on, days=sharing.within_working_days, calendar=calendar)
        if verdict is not None:
            dated += number
            on_time += number * verdict
    if dated:
        BatchQuality.objects.filter(batch=batch).update(
            dated=F("dated") + dated, on_time=F("on_time") + on_time
        )


def finish(batch: Batch) -> None:
    """Score a batch whose last row is taken; its counts of rejected and superseding rows are final."""
    row = BatchQuality.objects.get(batch=batch)
    row.rejected, row.superseding, row.finished = batch.rejected, batch.superseding, True
    row.disagreeing = batch.rejected_rows.filter(
        reasons__contains=[{"code": "link.code_and_name_disagree"}]
    ).count()
    row.total = total(measures(counts_of(row)))
    row.save(update_fields=["rejected", "superseding", "disagreeing", "total", "finished"])


def note_failed(batch: Batch, code: object) -> None:
    """Note a file that is empty while its source's earlier ones were not."""
    finding = short(0, _history(batch)) if code in ("file.empty", "file.no_rows") else None
    if finding is not None:
        BatchQuality.objects.update_or_create(
            batch=batch, defaults={"findings": [finding.as_json()], "finished": True}
        )


def _history(batch: Batch) -> list[int]:
    """Rows of the same source's last batches under the same contract, the newest first."""
    earlier = Batch.objects.filter(
        authority_id=batch.authority_id, contract=batch.contract, state=Batch.State.DONE, pk__lt=batch.pk
    )
    return list(earlier.order_by("-pk").values_list("rows", flat=True)[:HISTORY])


def _short(batch: Batch, rows: int) -> list[Finding]:
    finding = short(rows, _history(batch))
    return [finding] if finding else []


def _late(batch: Batch, contract: Contract) -> list[Finding]:
    """Whether whole periods passed without anything before this batch came."""
    frequency = frequency_of(contract)
    before = (
        Batch.objects.filter(authority_id=batch.authority_id, contract=batch.contract, pk__lt=batch.pk)
        .exclude(state=Batch.State.FAILED)
        .order_by("-received_at")
        .values_list("received_at", flat=True)
        .first()
    )
    if frequency is None or before is None:
        return []
    received_on, last = timezone.localdate(batch.received_at), timezone.localdate(before)
    due = periods(frequency, first=last, last=received_on - timedelta(days=1), calendar=calendar_of(contract))
    gap = missing(due, [last])
    if not gap:
        return []
    return [
        Finding(
            "sending.late",
            f"Nothing came in {len(gap)} periods before this file, from {gap[0].first} to {gap[-1].last};"
            f" the contract says {frequency}.",
            f"此前{len(gap)}个报送周期（{gap[0].first}至{gap[-1].last}）未报送；契约约定的频率为{frequency}。",
        )
    ]
