"""Following a neighbour: prove a page of its feed, apply it to the registry, answer for what went, pass receipts up.

A page is applied in one transaction with its receipts, the position and the tree: killed at any point, the next round
begins where the last whole page ended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from goodstanding import proof
from goodstanding.exchange.agreement import agreement_of
from goodstanding.exchange.mirror import MirrorError
from goodstanding.exchange.mirror.agreed import division_prefixes
from goodstanding.exchange.mirror.page import Change, Proved, prove
from goodstanding.exchange.queries import holders
from goodstanding.exchange.scope import Term
from goodstanding.proof import CompactRange, Receipt, VerifierKey
from goodstanding.registry import foreign
from goodstanding.registry.models import Neighbour, OwedReceipt, Record

from . import onward
from .kept import keep
from .links import Connection, connect, last_checkpoint, private_key

#: Entries asked for at a time.
PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Followed:
    """What a round did: entries read, events appended here, copies removed, receipts sent and passed up."""

    entries: int
    removed: int
    sent: int
    passed_up: int


def follow(neighbour: Neighbour, *, at_clock: Callable[[], datetime]) -> Followed:
    """Follow a neighbour's feed to its end, send the receipts that are owed, and pass up those from further down.

    Raises:
        MirrorError: what is not proved, or the neighbour does not answer; nothing of the page was applied.
        ExchangeError: federation.token.
        RegistryError: foreign.item.
    """
    connection = connect(neighbour)
    try:
        sent, entries, removed = answer(neighbour, connection, at_clock()), 0, 0
        while True:
            page = connection.feed(after=neighbour.position, limit=PAGE, wait=0)
            proved = _proved(page, neighbour, connection)
            if proved is None or proved.position == neighbour.position:
                break
            before = neighbour.position
            agreements = connection.in_force() if proved.changes else neighbour.agreements
            removed += _apply(
                neighbour, proved, agreements=agreements, note=page["checkpoint"], at=at_clock()
            )
            entries += neighbour.position - before
            sent += answer(neighbour, connection, at_clock())
            if neighbour.position >= proved.checkpoint.size:
                break
        passed_up = onward.pass_up(neighbour, connection)
        keep(neighbour, connection)
    finally:
        connection.close()
    Neighbour.objects.filter(pk=neighbour.pk).update(
        followed_at=at_clock(), failures=0, next_at=None, error=""
    )
    return Followed(entries, removed, sent, passed_up)


def _proved(page: dict[str, Any], neighbour: Neighbour, connection: Connection) -> Proved | None:
    """The page, proved against what is kept of the neighbour's log."""
    if (page.get("origin"), page.get("subscriber")) != (neighbour.origin, neighbour.subscriber):
        place = f"{page.get('origin')} for {page.get('subscriber')}, {neighbour.name} is {neighbour.origin}"
        raise MirrorError("store.foreign", place=place)
    return prove(
        page,
        tree=CompactRange.from_bytes(bytes(neighbour.tree)),
        last=last_checkpoint(neighbour),
        key=VerifierKey.decode(neighbour.key),
        origin=neighbour.origin,
        consistency=connection.consistency,
    )


@transaction.atomic
def _apply(
    neighbour: Neighbour, proved: Proved, *, agreements: list[dict[str, Any]], note: str, at: datetime
) -> int:
    """Apply a page with its receipts. Returns how many copies were removed."""
    held = Neighbour.objects.select_for_update().get(pk=neighbour.pk)
    if held.position != neighbour.position:
        raise MirrorError("store.busy", place=f"{neighbour.name} at {neighbour.position}")
    gone = take_over(
        held, proved.changes, agreements=agreements, checkpoint_size=proved.checkpoint.size, at=at
    )
    for row in (held, neighbour):
        row.position, row.tree = proved.position, proved.tree.to_bytes()
        row.checkpoint, row.agreements = note, agreements
    held.save(update_fields=["position", "tree", "checkpoint", "agreements"])
    return gone


def take_over(
    neighbour: Neighbour,
    changes: Sequence[Change],
    *,
    agreements: list[dict[str, Any]],
    checkpoint_size: int,
    at: datetime,
) -> int:
    """Hold or drop what changes say that were proved, and write the receipts that are owed for it.

    It belongs inside the caller's transaction, in which the neighbour's row is locked. A receipt that was owed before
    for the same position stays as it is. Returns how many copies were removed.

    Raises:
        RegistryError: foreign.item.
    """
    told = [
        foreign.Told(change.position, change.event, change.record, change.commitment) for change in changes
    ]
    gone = foreign.apply(
        told,
        neighbour=neighbour,
        origin=settings.LOG_ORIGIN,
        onward=partial(_onward, agreements, on=timezone.localdate(at)),
        at=at,
    )
    owed = [
        OwedReceipt(
            neighbour=neighbour,
            position=entry.position,
            signed=_receipt(entry, copies, neighbour, checkpoint_size, at),
        )
        for entry, copies in zip(told, gone, strict=True)
        if entry.record is None
    ]
    OwedReceipt.objects.bulk_create(owed, ignore_conflicts=True)
    return sum(gone)


def _onward(agreements: list[dict[str, Any]], record: dict[str, Any], *, on: date) -> frozenset[str]:
    """Whom the agreements that cover a record (its document) let it be passed on to."""
    names: set[str] = set()
    for document in agreements:
        terms = agreement_of(document).terms
        scope = terms.scope
        term = Term(
            kinds=frozenset(scope.kinds),
            items=frozenset(scope.items),
            prefixes=division_prefixes(scope.divisions),
            first=terms.validity.first,
            until=terms.validity.last and terms.validity.last + timedelta(days=1),
        )
        place = record["entity"]["division"]
        if term.holds(on) and term.matches(kind=record["kind"], item=record["item"], division=place):
            names |= {*terms.onward_transfer}
    return frozenset(names)


def _receipt(entry: foreign.Told, copies: int, neighbour: Neighbour, size: int, at: datetime) -> str:
    """The signed answer to a removal; it names those to whom our own feed carried the record."""
    record_id = entry.event["record"]
    told: tuple[str, ...] = ()
    if copies:
        record = Record.objects.select_related("foreign").get(public_id=record_id)
        reached = holders(record, timezone.localdate(at))
        told = tuple(one.subscriber.name_zh for one in reached if one.state in ("holds", "dropped"))
    receipt = Receipt(
        subscriber=neighbour.subscriber,
        position=entry.position,
        record=record_id,
        action="dropped" if copies else "not_held",
        removed=copies,
        onward=told,
        applied_at=at.astimezone(UTC).isoformat(timespec="microseconds"),
        checkpoint_size=size,
    )
    return proof.sign_receipt(receipt, private_key=private_key()).to_json().decode()


def answer(neighbour: Neighbour, connection: Connection, at: datetime) -> int:
    """Send the receipts that are owed, then confirm the position. Both may be repeated without harm."""
    owed = OwedReceipt.objects.filter(neighbour=neighbour, sent_at__isnull=True).order_by("position")
    sent = 0
    for one in owed:
        connection.send_receipt(one.signed.encode())
        OwedReceipt.objects.filter(pk=one.pk).update(sent_at=at)
        sent += 1
    if neighbour.confirmed < neighbour.position:
        connection.confirm(neighbour.position)
        Neighbour.objects.filter(pk=neighbour.pk).update(confirmed=neighbour.position)
        neighbour.confirmed = neighbour.position
    return sent
