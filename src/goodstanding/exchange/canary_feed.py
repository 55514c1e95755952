"""Canaries among what is sent: how the feed, a first load and reconciliation meet those of their one reader.

An event of a canary names no row of the registry. Here it is given the number of its canary, below zero, so that all
that judges events and records judges it like any other; who is not its reader never gets so far.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date

from django.db.models import Q

from goodstanding.proof.set_digest import bucket_of, set_element
from goodstanding.registry.models import Entity, Event, Record

from .canary_form import as_record
from .canary_tables import Canary, in_registry
from .happened import Happened
from .held_sets import Held


def among(happened: Iterable[Happened]) -> dict[int, Canary]:
    """The canaries that events are of, by the events' positions."""
    positions = [
        event.position
        for event in happened
        if in_registry(event.record_id) is None and event.kind.startswith("record.")
    ]
    if not positions:
        return {}
    found: dict[int, Canary] = {}
    for canary in Canary.objects.filter(
        Q(planted_position__in=positions) | Q(removed_position__in=positions)
    ):
        found[canary.planted_position] = canary
        if canary.removed_position is not None:
            found[canary.removed_position] = canary
    return found


def numbered(happened: Sequence[Happened], canaries: dict[int, Canary]) -> list[Happened]:
    """The events, those of canaries with the numbers of their canaries."""
    return [
        event
        if (canary := canaries.get(event.position)) is None
        else replace(event, record_id=-canary.pk, entity_id=-canary.pk)
        for event in happened
    ]


def join(
    canaries: dict[int, Canary],
    records: dict[int | None, Record],
    earlier: dict[int, list[Happened]],
    entities: dict[int, tuple[str, str]],
    *,
    load: Callable[[Sequence[int]], list[Happened]],
) -> dict[int, int]:
    """Add canaries to what the feed knows of records: each as a record, the event that planted it, and its place.

    Args:
        canaries: by the positions of events. load: loads events by their positions.

    Returns:
        The one subscriber that may meet each, by the canaries' numbers.
    """
    planted = {canary.planted_position: canary for canary in canaries.values()}
    for event in numbered(load([*planted]) if planted else [], planted):
        canary = planted[event.position]
        records[-canary.pk], earlier[-canary.pk] = as_record(canary), [event]
        entities[-canary.pk] = (canary.document["division"], Entity.Kind.ORGANISATION)
    return {-canary.pk: canary.subscriber_id for canary in planted.values()}


def of(subscriber_id: int) -> list[Canary]:
    """All canaries that were ever planted for a recipient, in their order."""
    return list(Canary.objects.filter(subscriber=subscriber_id).order_by("planted_position"))


def held(canaries: Sequence[Canary], *, position: int, on: date) -> list[Held]:
    """What those that are published after the events up to a position add to the set that their recipient must hold."""
    canaries = [canary for canary in canaries if canary.stands_at(position)]
    positions = [canary.planted_position for canary in canaries]
    commitments = dict(Event.objects.filter(position__in=positions).values_list("position", "commitment"))
    entries = []
    for canary in canaries:
        planted, said = canary.planted_position, canary.document
        element = set_element(
            record=canary.record_id, position=planted, commitment=bytes(commitments[planted])
        )
        first = date.fromisoformat(said["publish_from"])
        entries.append(
            Held(
                record=-canary.pk,
                bucket=bucket_of(canary.record_id),
                element=element,
                position=planted,
                item=said["item_id"],
                kind=said["kind"],
                division=said["division"],
                begins=first if first > on else None,
            )
        )
    return entries


def known(
    canaries: Iterable[Canary], *, ids: Collection[uuid.UUID], numbers: Collection[int]
) -> dict[str, Record]:
    """Canaries as records by their public ids: those with such ids, and those with such numbers."""
    return {
        str(canary.record_id): as_record(canary)
        for canary in canaries
        if canary.record_id in ids or -canary.pk in numbers
    }
