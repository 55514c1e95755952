"""Receipts as they lie in the database, for exports and audits."""

from __future__ import annotations

from collections.abc import Iterator

from goodstanding.exchange.models import AnchoredCheckpoint
from goodstanding.registry.models import Event, Salt

from .files import Receipt


def receipts(*, until: int) -> Iterator[tuple[AnchoredCheckpoint, Receipt | None]]:
    """Each kept receipt whose own event has at most position ``until``; None for one whose event is not there."""
    rows = AnchoredCheckpoint.objects.filter(position__lte=until).order_by("position")
    for row in rows.iterator(chunk_size=500):
        event = Event.objects.filter(position=row.position).values_list("content", flat=True).first()
        salt = Salt.objects.filter(event_id=row.position).values_list("salt", flat=True).first()
        if event is None or salt is None:
            yield row, None
            continue
        yield (
            row,
            Receipt(
                anchor=row.anchor,
                kind=row.kind,
                size=row.size,
                note=row.note,
                content=bytes(row.receipt),
                certificates=row.certificates.encode(),
                event=event,
                salt=bytes(salt),
            ),
        )
