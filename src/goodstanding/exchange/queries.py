"""Every read of the exchange: the feed, who still holds a record, and how far each subscriber is."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Literal

from django.db.models import Q
from django.utils import timezone

from goodstanding.proof import SignedReceipt
from goodstanding.registry import journal, seal
from goodstanding.registry.models import Record

from . import corrections, happened, push
from . import feed as pages
from .corrections import Corrections
from .happened import Happened, events_of
from .models import AgreementTerm, Receipt, SetDifference, Subscriber
from .pace import Pace, age_of_news, pace_of
from .read_states import agreed_reads
from .scope import Scope, scope_of, term_of

Holding = Literal["holds", "dropped", "never_held", "out_of_scope"]
DUE_CAP = 1_000
#: What is loaded with subscribers to know their scope.
AGREEMENTS = "agreements__terms__version"


@dataclass(frozen=True, slots=True)
class Onward:
    """One to whom a subscriber had passed a record on, as its receipts name it, and when it said that it had told it.

    Where it is a subscriber itself, ``subscriber`` and what it has of the record stand beside its name.
    """

    name: str
    told_at: datetime
    subscriber: Subscriber | None = None
    state: Holding | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """One subscriber and what it has of a record. ``since``: when it was published to it, or dropped by it.

    ``onward``: to whom it had passed the record on, by all its receipts. ``difference``: what reconciliation found; who
    was found to keep the record holds it, whatever its receipt says, which is then ``contradicted``.
    """

    subscriber: Subscriber
    state: Holding
    since: datetime | None = None
    receipt: Receipt | None = None
    onward: tuple[Onward, ...] = ()
    difference: SetDifference | None = None
    contradicted: Receipt | None = None


@dataclass(frozen=True, slots=True)
class SubscriberStatus:
    """How far one subscriber is.

    ``lag`` is in positions behind the sealed journal, ``behind_seconds`` the age of the first sealed event that a feed
    may carry and that it has not confirmed. ``pace``: how that, and how often it asks, keeps to its agreements.
    ``receipts_due`` counts confirmed removals without a receipt, up to 1,000; ``corrections`` those not taken over.
    ``push`` says how it is told of news (``none`` where no agreement names it), ``push_next`` when one that fails is
    tried again.
    """

    subscriber: Subscriber
    position: int
    lag: int
    behind_seconds: float
    pace: Pace
    receipts_due: int
    receipts: int
    last_seen: datetime | None
    push: push.State
    push_next: datetime | None
    corrections: Corrections


def scope_for(subscriber: Subscriber) -> Scope:
    """What a subscriber's agreements let through."""
    known = getattr(subscriber, "_prefetched_objects_cache", {}).get("agreements")
    agreements = known if known is not None else subscriber.agreements.prefetch_related("terms__version")
    names = (subscriber.name_zh, subscriber.name_en, str(subscriber.public_id))
    return scope_of(agreements, names=names, subscriber=subscriber.pk)


def feed(*, subscriber: Subscriber, after: int, limit: int, on: date) -> pages.Feed:
    """The page of the feed after a position, as this subscriber may read it on a day."""
    return pages.read(scope=scope_for(subscriber), after=after, limit=limit, on=on)


def subscriber_of(account_id: int | None) -> Subscriber | None:
    """The subscriber behind an account."""
    return None if account_id is None else Subscriber.objects.filter(account_id=account_id).first()


def subscriber_known_as(public_id: uuid.UUID) -> Subscriber | None:
    """The subscriber with a public id."""
    return Subscriber.objects.filter(public_id=public_id).first()


def head() -> tuple[int, int]:
    """The journal's last position, and the last one that is sealed and so on the feed."""
    return journal.head(), seal.sealed_size()


def holders(record: Record, on: date) -> list[Holder]:
    """What each subscriber has of a record on a day, those that hold it first.

    A subscriber holds it from the moment it has confirmed the position at which the record was published to it, could
    have had it by a file, or has read it, until its receipt for the removal is here, or the statement that it has
    deleted what it held. Who may have got it under an agreement that has since ended, or before the entity moved,
    counts as a holder too.
    """
    events = events_of(record.pk)
    read = agreed_reads([record.pk])
    receipts: dict[int, list[Receipt]] = {}
    answered = Receipt.objects.filter(record=record).prefetch_related("further_down")
    for receipt in answered.order_by("removal_position", "pk"):
        receipts.setdefault(receipt.subscriber_id, []).append(receipt)
    differences = SetDifference.objects.filter(record=record).select_related("reconciliation")
    compared = {each.subscriber_id: each for each in differences}
    found = [
        _compared(
            _holder(
                subscriber,
                events,
                receipts.get(subscriber.pk, []),
                read.get((subscriber.pk, record.pk), frozenset()),
                record=record,
                on=on,
            ),
            compared.get(subscriber.pk),
            events,
        )
        for subscriber in Subscriber.objects.prefetch_related(AGREEMENTS).order_by("name_zh", "pk")
    ]
    order = ["holds", "dropped", "never_held", "out_of_scope"]
    found.sort(key=lambda holder: order.index(holder.state))
    if not receipts:
        return found
    known = {str(holder.subscriber.public_id): holder for holder in found}
    return [
        replace(holder, onward=_onward(receipts.get(holder.subscriber.pk, []), known=known))
        for holder in found
    ]


def _compared(holder: Holder, found: SetDifference | None, events: list[Happened]) -> Holder:
    """A holder with what reconciliation found, unless the record has changed since in a way that settles it."""
    if found is None:
        return holder
    kept = found.kind == SetDifference.Kind.KEPT
    settling = (event.position for event in events if event.publishes or not kept)
    if max(settling, default=0) > found.reconciliation.position:
        return holder
    if kept:
        return Holder(holder.subscriber, "holds", found.since, difference=found, contradicted=holder.receipt)
    return replace(holder, difference=found)


def _onward(receipts: list[Receipt], *, known: dict[str, Holder]) -> tuple[Onward, ...]:
    """Everyone whom receipts name, in the order of the names; the last receipt that names one says when."""
    told = {
        name: receipt.received_at
        for receipt in receipts
        for name in SignedReceipt.from_json(receipt.signed).receipt.onward
    }
    found = []
    for name, at in sorted(told.items()):
        holder = known.get(name)
        found.append(Onward(name, at, holder and holder.subscriber, holder and holder.state))
    return tuple(found)


def _holder(
    subscriber: Subscriber,
    events: list[Happened],
    receipts: list[Receipt],
    read: frozenset[int],
    *,
    record: Record,
    on: date,
) -> Holder:
    scope, item = scope_for(subscriber), record.item_id
    if not pages.passed_on(record, scope=scope):
        return Holder(subscriber, "out_of_scope")
    published, by = pages.publications_in_scope(events, read, item=item, scope=scope, by=on), on
    if published:
        ends = [event.at for event in events if event.position > published[-1].event.position]
        by = min(on, timezone.localdate(ends[0])) if ends else on
        published = pages.publications_in_scope(events, read, item=item, scope=scope, by=by)
    if not published:
        return Holder(subscriber, "out_of_scope")
    first, last = published[0].event, published[-1].event
    answers = [receipt for receipt in receipts if receipt.removal_position > last.position]
    dropped = [receipt for receipt in answers if receipt.action == Receipt.Action.DROPPED]
    if dropped:  # of the first removal the last receipt: an earlier one may have been contradicted
        receipt = [each for each in dropped if each.removal_position == dropped[0].removal_position][-1]
        return Holder(subscriber, "dropped", receipt.received_at, receipt)
    if deleted_at := _deleted_at(subscriber, events, read, item=item, by=by):
        return Holder(subscriber, "dropped", deleted_at)
    if answers:
        return Holder(subscriber, "never_held", answers[-1].received_at, answers[-1])
    if subscriber.position < first.position and not any(given.beside for given in published):
        return Holder(subscriber, "never_held")
    return Holder(subscriber, "holds", first.at)


def _deleted_at(
    subscriber: Subscriber, events: list[Happened], read: frozenset[int], *, item: str, by: date
) -> datetime | None:
    """When a subscriber stated the deletion under the last of the agreements under which it could have got a record."""
    stated: list[datetime] = []
    agreements = list(subscriber.agreements.all())
    for agreement in agreements if any(one.deletion_at for one in agreements) else ():
        if pages.publications_in_scope(events, read, item=item, scope=scope_of([agreement]), by=by):
            if agreement.deletion_at is None:
                return None
            stated.append(agreement.deletion_at)
    return max(stated, default=None)


def unanswered_removals(subscriber: Subscriber) -> Iterator[Happened]:
    """The removals that a subscriber has confirmed without sending its receipt, oldest first."""
    scope = scope_for(subscriber)
    after = subscriber.settled_position
    while found := happened.unanswered_removals(
        subscriber_id=subscriber.pk, after=after, until=subscriber.position, limit=DUE_CAP
    ):
        for entry in pages.classify(found, scope=scope, on=timezone.localdate(found[-1].at)):
            if entry.reach == "removal":
                yield entry.happened
        after = found[-1].position


def removals_due(subscriber: Subscriber) -> list[Happened]:
    """The first of the confirmed removals without a receipt, up to 1,000."""
    return list(islice(unanswered_removals(subscriber), DUE_CAP))


def first_unanswered_removal(subscriber: Subscriber) -> Happened | None:
    """The oldest confirmed removal without a receipt, if there is one."""
    return next(unanswered_removals(subscriber), None)


def receipts_due(subscriber: Subscriber) -> int:
    """How many confirmed removals have no receipt; counting stops at 1,000."""
    return len(removals_due(subscriber))


def subscriber_status(*, of: Subscriber | None = None, at: datetime) -> list[SubscriberStatus]:
    """How far each subscriber is, or one alone, the one furthest behind first."""
    _, sealed = head()
    everyone = Subscriber.objects.prefetch_related(AGREEMENTS).order_by("name_zh", "pk")
    told = set(push.told(on=timezone.localdate(at)).values_list("pk", flat=True))
    found = [
        SubscriberStatus(
            subscriber=subscriber,
            position=subscriber.position,
            lag=max(0, sealed - subscriber.position),
            behind_seconds=(behind := age_of_news(subscriber, at=at)).total_seconds(),
            pace=pace_of(subscriber, behind=behind, at=at),
            receipts_due=receipts_due(subscriber),
            receipts=subscriber.receipts.count(),
            last_seen=subscriber.seen_at,
            push=push.state_of(subscriber) if subscriber.pk in told else "none",
            push_next=subscriber.push_after if subscriber.pk in told and subscriber.push_failures else None,
            corrections=corrections.count(subscriber, on=timezone.localdate(at)),
        )
        for subscriber in (everyone if of is None else everyone.filter(pk=of.pk))
    ]
    return sorted(found, key=lambda status: -status.lag)


def subscribers() -> list[Subscriber]:
    """All subscribers with their agreements, by name."""
    return list(Subscriber.objects.prefetch_related(AGREEMENTS).order_by("name_zh", "pk"))


def accounts() -> dict[str, int]:
    """The accounts of all subscribers, by their public ids."""
    found = Subscriber.objects.values_list("public_id", "account_id")
    return {str(public_id): account for public_id, account in found}


def consumers(*, kind: str | None, item: str | None = None, on: date) -> list[int]:
    """Accounts of the subscribers whose agreements carry an item, or its kind of record, on a day: whom a change of it
    concerns.

    Nobody for None: what makes entities is carried by no agreement.
    """
    if kind is None:
        return []
    terms = AgreementTerm.objects.filter(Q(until__isnull=True) | Q(until__gt=on), first__lte=on)
    return sorted(
        {
            term.agreement.subscriber.account_id
            for term in terms.select_related("version", "agreement__subscriber")
            if term_of(term).matches(kind=kind, item=item or "", division=None)
        }
    )
