"""What is held here of a neighbour's records, as the set that it is told: the follower's side of reconciliation.

The set is made of the rows ``GivenRecord`` when it is asked for, in one pass, and kept until anything has changed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from goodstanding.exchange.mirror.store import State
from goodstanding.proof import CompactRange
from goodstanding.proof.set_digest import (
    BUCKETS,
    SetDigest,
    add_sums,
    bucket_of,
    pack_sums,
    set_element,
    sum_of,
)
from goodstanding.registry import journal
from goodstanding.registry.models import GivenRecord, Neighbour, Record

from .links import last_checkpoint

#: Rows fetched at a time.
_PORTION = 5_000


class FollowedNeighbour:
    """How far a neighbour was followed, as ``Reconciler`` asks it."""

    def __init__(self, neighbour: Neighbour) -> None:
        self._neighbour = neighbour.pk

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction in which nothing else applies the neighbour's feed."""
        with transaction.atomic():
            Neighbour.objects.select_for_update().get(pk=self._neighbour)
            yield

    def state(self) -> State | None:
        """How far it was followed; None where nothing was yet."""
        neighbour = Neighbour.objects.get(pk=self._neighbour)
        if not neighbour.position:
            return None
        return State(
            platform=neighbour.url,
            origin=neighbour.origin,
            key=neighbour.key,
            subscriber=neighbour.subscriber,
            tree=CompactRange.from_bytes(bytes(neighbour.tree)),
            checkpoint=last_checkpoint(neighbour),
            confirmed=neighbour.confirmed,
        )


class GivenSet:
    """The set of the records of one neighbour that are held here, those that came by another neighbour first too."""

    def __init__(self, neighbour: Neighbour) -> None:
        self._rows = GivenRecord.objects.filter(
            neighbour=neighbour, record__state=Record.State.PUBLISHED
        ).select_related(None)
        self._neighbour = neighbour.pk
        self._as_of: tuple[int, int] | None = None
        self._count, self._digest, self._sums = 0, SetDigest(), [0] * BUCKETS

    def fold(self) -> int:
        """Make the set anew where anything has changed. Returns how many records it has then, else 0."""
        as_of = (Neighbour.objects.get(pk=self._neighbour).position, journal.head())
        if as_of == self._as_of:
            return 0
        self._as_of = as_of
        self._count, self._digest, self._sums = 0, SetDigest(), [0] * BUCKETS
        for record, position, commitment in self._elements():
            element = set_element(record=record, position=position, commitment=commitment)
            bucket = bucket_of(record)
            self._digest.add(element)
            self._sums[bucket] = add_sums(self._sums[bucket], sum_of([element]))
            self._count += 1
        return self._count

    def forget(self) -> None:
        """Say that rows were written: the next `fold` makes the set anew."""
        self._as_of = None

    def whole(self) -> tuple[int, bytes]:
        """How many records are held, and the fingerprint of their set."""
        return self._count, self._digest.fingerprint()

    def sums(self) -> bytes:
        """The sums of all buckets, 16 bytes each."""
        return pack_sums(self._sums)

    def elements(self, bucket: int) -> dict[bytes, str]:
        """The records of a bucket by their elements."""
        return {
            set_element(record=record, position=position, commitment=commitment): str(record)
            for record, position, commitment in self._elements(bucket=bucket)
        }

    def event(self, record: str) -> tuple[int, bytes] | None:
        """Under which event of the neighbour's log a record is held; None where it is not held."""
        for _, position, commitment in self._elements(record__public_id=record):
            return position, commitment
        return None

    def _elements(self, **some: object) -> Iterator[tuple[uuid.UUID, int, bytes]]:
        rows = self._rows.filter(**some).values_list("record__public_id", "position", "commitment")
        for record, position, commitment in rows.iterator(chunk_size=_PORTION):
            yield record, position, bytes(commitment)
