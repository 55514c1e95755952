"""Which body holds a material that a case wants, and writing down that it is to be fetched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from goodstanding.registry.models import Identifier, Record

from .connectors import Connector, connectors
from .eligibility import verdict_of
from .evidence import CheckedEvidence
from .models import Case, Fetch, Kind


def holder_of(material: str, record: Record) -> Connector | None:
    """Who holds a material about a record and can be asked from here; None: the applicant is asked for it."""
    found = next(
        (item for item in connectors().connectors if item.serves(material=material, record=record)), None
    )
    return found if found is not None and code_of(record.entity_id) else None


def plan_fetches(cases: Iterable[Case], evidence: Sequence[CheckedEvidence], *, at: datetime) -> None:
    """Write down what is to be fetched for new cases, in their transaction: what the law asks for, a connected body
    holds, and was not handed in.
    """
    if not connectors().connectors:
        return
    wanted = []
    for case in cases:
        if case.kind not in (Kind.RESTORATION, Kind.OWN_MOTION):
            continue
        given = {file.material for file in evidence if file.record in (None, case.record.public_id)}
        for row in verdict_of(case.record, on=case.application.received_on).materials:
            holder = holder_of(row.id, case.record) if row.required and row.id not in given else None
            if holder is not None:
                wanted.append(
                    Fetch(
                        case=case,
                        material=row.id,
                        holder_en=holder.holder_en,
                        holder_zh=holder.holder_zh,
                        next_at=at,
                    )
                )
    Fetch.objects.bulk_create(wanted)


def code_of(entity_id: int) -> str:
    """The unified social credit code of an entity; empty for a natural person and for who has none."""
    codes = Identifier.objects.filter(entity_id=entity_id, scheme="uscc", until__isnull=True)
    return codes.values_list("value", flat=True).order_by("pk").first() or ""
