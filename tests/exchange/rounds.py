"""Rounds of reconciliation with whoever holds what a test says, listed truthfully and mended by nobody."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from goodstanding.exchange import reconciliation
from goodstanding.exchange.models import Reconciliation, Subscriber
from goodstanding.proof.set_digest import SetClaim, bucket_of, set_element, short_of, sign_claim
from goodstanding.registry import seal
from goodstanding.registry.models import Event

from .histories import Plain
from .stage import now

#: What somebody holds: records by their public ids, with the event under which each is held.
Held = Mapping[uuid.UUID, Event]


def all_published() -> dict[uuid.UUID, Event]:
    """The last event of each record by which it was published."""
    told = Event.objects.filter(kind__startswith="record.", content__state="published").select_related(
        "record"
    )
    return {event.record.public_id: event for event in told.order_by("position") if event.record}


def begin(
    subscriber: Subscriber, key: bytes, held: Held
) -> tuple[Reconciliation, list[reconciliation.Listed]]:
    """A claim over a set, and what its holder truthfully lists of the buckets that differ."""
    elements = {
        record: set_element(record=record, position=event.position, commitment=bytes(event.commitment))
        for record, event in held.items()
    }
    plain = Plain(elements)
    claim = SetClaim(
        subscriber=str(subscriber.public_id),
        position=seal.sealed_size(),
        count=len(held),
        digest=plain.digest.hex(),
        claimed_at=now().isoformat(timespec="microseconds"),
    )
    made, buckets = reconciliation.begin(
        subscriber=subscriber, signed=sign_claim(claim, private_key=key), sums=plain.sums, at=now()
    )
    if not buckets:
        return made, []
    must = reconciliation.shorts(reconciliation=made, buckets=buckets, at=now())
    listed = []
    for bucket in buckets:
        mine = {short_of(elements[record]): record for record in held if bucket_of(record) == bucket}
        extra = [mine[short] for short in mine.keys() - set(must[bucket])]
        listed.append(
            reconciliation.Listed(
                bucket,
                tuple(set(must[bucket]) - mine.keys()),
                tuple(
                    reconciliation.Extra(record, held[record].position, bytes(held[record].commitment))
                    for record in extra
                ),
            )
        )
    return made, listed


def compare(subscriber: Subscriber, key: bytes, held: Held, *, last: bool = True) -> Reconciliation:
    """A whole round over a set; with ``last`` false its holder does not finish it."""
    made, listed = begin(subscriber, key, held)
    if not listed:
        return made
    done, _ = reconciliation.explain(
        reconciliation_id=made.public_id, subscriber=subscriber, listed=listed, last=last, at=now()
    )
    return done
