"""What was read record by record, and in which states of a record its readers may hold it."""

from __future__ import annotations

from collections.abc import Iterable

from .happened import Happened
from .models import AgreedRead


def agreed_reads(records: Iterable[int]) -> dict[tuple[int, int], frozenset[int]]:
    """The positions of the events by which records stood when they were read, by subscriber and record."""
    found: dict[tuple[int, int], set[int]] = {}
    rows = AgreedRead.objects.filter(record__in=list(records))
    for subscriber, record, position in rows.values_list("subscriber_id", "record_id", "position"):
        found.setdefault((subscriber, record), set()).add(position)
    return {key: frozenset(positions) for key, positions in found.items()}


def held_by_reading(events: Iterable[Happened], read: frozenset[int]) -> frozenset[int]:
    """The events after which who read a record may hold it: from a state that it read to the next removal.

    Args:
        events: of one record, oldest first. read: the states in which it was read, see ``agreed_reads``.
    """
    held, found = False, set()
    for event in events if read else ():
        if event.content.get("state") is not None:
            held = event.publishes and (held or event.position in read)
        if held:
            found.add(event.position)
    return frozenset(found)
