"""Receipts of decisions: what the law said when a case was decided, so that it can be decided again years later.

The receipt holds the facts, the pack by its digest, the engine and the verdict, conditions included, as they stood
before the decision changed the record (``law.receipts``); ``goodstanding law replay`` makes the same bytes again. The
clocks of the case are not in it: each has its own count, day by day.
"""

from __future__ import annotations

from datetime import date

from goodstanding.law.receipts.receipt import receipt

from .chart import Event, chart_of
from .eligibility import pack_of, under_a_pack, verdict_of
from .models import Case, DecisionReceipt, Kind

#: The kinds of case on whose matter the law packs say something; on the others officers decide by their reasons.
JUDGED = frozenset({Kind.RESTORATION, Kind.OWN_MOTION, Kind.REOPENING})


def receipt_of_decision(case: Case, event: Event, *, on: date) -> bytes | None:
    """The receipt of the verdict under which an authority's step is about to decide a case.

    Args:
        case: the case, locked, before the step.
        event: the step. on: its day.

    Returns:
        Canonical JSON; None where the step does not end the case by a decision, or no pack governs its record.
    """
    decides = "authority" in event.who and chart_of(case.kind).state(event.after(case.state)).final
    if not decides or case.kind not in JUDGED or not under_a_pack(case.record):
        return None
    application = case.application
    verdict = verdict_of(
        case.record,
        on=on,
        performed_on=application.performed_on,
        committed=bool(application.commitment_name),
    )
    return receipt(verdict, pack=pack_of(case.record))


def keep_receipt(case: Case, content: bytes) -> None:
    """Keep the receipt of a case's decision, in the transaction of the step."""
    DecisionReceipt.objects.create(case=case, content=content)


def receipt_of(case: Case) -> bytes | None:
    """The receipt of a case that the caller may see; None where it has none, or it was erased."""
    found = DecisionReceipt.objects.filter(case=case).values_list("content", flat=True).first()
    return None if found is None else bytes(found)
