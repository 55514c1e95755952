"""How far the last correction of a record has come, recipient by recipient: a part of the record's board."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from goodstanding.registry.models import Record

from .corrections import DOORS
from .happened import REPLACEMENTS, Happened
from .models import AwaitedCorrection, PropagationFollower
from .queries import Holder, scope_for

#: Whether a recipient has shown that it has the newer content.
Taken = Literal["corrected", "not_corrected"]


@dataclass(frozen=True, slots=True)
class Correction:
    """The last correction of a record that is published, and what is kept of those that have not taken it over.

    ``followed``: whether it is known already from whom it is awaited.
    """

    record: Record
    position: int
    at: datetime | None
    followed: bool
    rows: dict[int, AwaitedCorrection]

    def state_of(self, holder: Holder, *, on: date) -> Taken | None:
        """How far a recipient is with it; None of one that need not have the newer content."""
        if holder.subscriber.pk in self.rows:
            return "not_corrected"
        if holder.state != "holds":
            return None
        scope, record = scope_for(holder.subscriber), self.record
        place = record.entity.division
        sent = [
            door
            for door in DOORS
            if scope.through(door).view(kind=record.kind, item=record.item_id, division=place, on=on)
        ]
        if not sent:
            return None
        shown = self.followed and (sent[0] != "feed" or holder.subscriber.position >= self.position)
        return "corrected" if shown else "not_corrected"


def last_correction(record: Record, events: Iterable[Happened]) -> Correction | None:
    """The last correction since a record was last brought before the public, from all its events, oldest first."""
    stood, found = False, None
    for event in events:
        if event.content.get("state") is None:
            continue
        if not event.publishes:
            found = None
        elif stood and event.kind in REPLACEMENTS:
            found = event
        stood = event.publishes
    if found is None:
        return None
    followed = PropagationFollower.objects.filter(position__gte=found.position).exists()
    rows = {row.subscriber_id: row for row in AwaitedCorrection.objects.filter(record=record)}
    return Correction(record, found.position, found.at, followed, rows)
