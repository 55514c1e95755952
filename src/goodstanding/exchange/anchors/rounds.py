"""Anchoring what is due, keeping the receipts, and saying how it stands.

What is anchored is the published checkpoint. Nothing waits for an anchor: one that fails is tried again, after twice as
long each time up to ten minutes.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from goodstanding import proof
from goodstanding.exchange import proofs
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.models import AnchoredCheckpoint, AnchorTry
from goodstanding.registry import journal, seal
from goodstanding.registry.models import Event

from .base import Anchor, AnchorReceipt, SignedCheckpoint
from .config import Configured, parse, read

log = logging.getLogger(__name__)

#: The event of a receipt. Such events alone are no reason to anchor again.
ANCHORED: Final = "log.anchored"
#: Refusals that mean another history, or tables that were put back: they need a person.
CONTRADICTIONS: Final = frozenset({"anchor.ahead", "anchor.contradicted"})
#: The longest time between two tries of an anchor that fails, in seconds.
LONGEST_PAUSE: Final = 600


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one anchor in a round: its receipt at a size, or the code and place of what went wrong."""

    anchor: str
    size: int
    receipt: AnchorReceipt | None = None
    error: ExchangeError | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an anchor stands: its newest receipt, how many there are, and whether it fails.

    ``configured`` is False for one that is used no longer.
    """

    anchor: str
    kind: str
    configured: bool
    receipts: int
    newest: AnchoredCheckpoint | None
    failing: AnchorTry | None


def configured() -> tuple[Configured, ...]:
    """The anchors of this installation. Raises ExchangeError anchor.config."""
    return read(settings.ANCHORS)


def anchor_due(anchors: Sequence[Configured], *, at: datetime, now: bool = False) -> tuple[Outcome, ...]:
    """Have the published checkpoint anchored by those whose time it is, side by side.

    Args:
        anchors: the configured ones.
        at: the present instant.
        now: all of them, whatever their schedule, that have not anchored this checkpoint yet.
    """
    published = proofs.checkpoint()
    if published is None:
        return ()
    due = [one for one in anchors if _is_due(one, published.size, at=at, now=now)]
    if not due:
        return ()
    checkpoint = SignedCheckpoint.of(published.note)
    with ThreadPoolExecutor(max_workers=min(16, len(due))) as threads:
        outcomes = list(threads.map(lambda one: _ask(one, checkpoint, at=at), due))
    for one, outcome in zip(due, outcomes, strict=True):
        if outcome.receipt is not None:
            _keep(one, checkpoint, outcome.receipt, at=at)
        else:
            _fail(one, outcome, at=at)
    return tuple(outcomes)


def standings() -> tuple[Standing, ...]:
    """How each anchor stands, those that are configured first. Raises ExchangeError anchor.config."""
    return _standings({one.id: one.kind for one in parse(settings.ANCHORS).anchors})


def shown() -> tuple[Standing, ...]:
    """How the anchors that are used stand, for everyone; where their file is faulty, those that have receipts.

    No key is read for it.
    """
    try:
        return tuple(one for one in standings() if one.configured)
    except ExchangeError as error:
        log.error("%s", error)
        return _standings({})


def _standings(used: Mapping[str, str]) -> tuple[Standing, ...]:
    kinds = dict(AnchoredCheckpoint.objects.order_by("position").values_list("anchor", "kind")) | used
    failing = {item.anchor: item for item in AnchorTry.objects.all()}
    ids = [*used]
    found = []
    for name in [*ids, *sorted(set(kinds) - set(ids))]:
        rows = AnchoredCheckpoint.objects.filter(anchor=name)
        newest = rows.order_by("-size").first()
        known = name in ids
        found.append(
            Standing(name, kinds[name], known, rows.count(), newest, failing.get(name) if known else None)
        )
    return tuple(found)


def verify_all(anchors: Sequence[Configured], *, newest: int | None = None) -> Iterator[Outcome]:
    """Check kept receipts: the note by the log's key, its root by the tiles, the receipt by its anchor.

    Args:
        anchors: the configured ones; a receipt of another anchor is an error ``anchor.unknown``.
        newest: of each anchor only so many, the newest; None for all.
    """
    known = {one.id: one.anchor for one in anchors}
    key = proof.VerifierKey.decode(proofs.log_key())
    for name in AnchoredCheckpoint.objects.order_by("anchor").values_list("anchor", flat=True).distinct():
        for row in AnchoredCheckpoint.objects.filter(anchor=name).order_by("-size")[:newest]:
            try:
                if name not in known:
                    raise ExchangeError("anchor.unknown", place=name)
                yield Outcome(name, row.size, _verified(row, known[name], key))
            except ExchangeError as error:
                yield Outcome(name, row.size, error=error)


def _verified(row: AnchoredCheckpoint, anchor: Anchor, key: proof.VerifierKey) -> AnchorReceipt:
    place = f"{row.anchor}, size {row.size}"
    try:
        state = proof.verify_checkpoint(row.note, origin=key.name, keys=[key])
    except proof.ProofError as error:
        raise ExchangeError("anchor.forged", place=f"{place}: {error.place}") from error
    if proof.root_at(size=state.size, store=seal.DatabaseTiles()) != state.root:
        raise ExchangeError("anchor.contradicted", place=place)
    return anchor.verify(SignedCheckpoint(row.note, state), bytes(row.receipt))


def _is_due(one: Configured, size: int, *, at: datetime, now: bool) -> bool:
    last = AnchoredCheckpoint.objects.filter(anchor=one.id).order_by("-size").first()
    if last is not None and last.size >= size:
        return False
    if now:
        return True
    if AnchorTry.objects.filter(anchor=one.id, after__gt=at).exists():
        return False
    if last is None:
        return True
    since = Event.objects.filter(position__gt=last.size, position__lte=size).exclude(kind=ANCHORED)
    return at - last.received_at >= timedelta(seconds=one.every) and since.exists()


def _ask(one: Configured, checkpoint: SignedCheckpoint, *, at: datetime) -> Outcome:
    size = checkpoint.checkpoint.size
    try:
        return Outcome(one.id, size, receipt=one.anchor.anchor(checkpoint, at=at))
    except ExchangeError as error:
        return Outcome(one.id, size, error=error)


@transaction.atomic
def _keep(one: Configured, checkpoint: SignedCheckpoint, receipt: AnchorReceipt, *, at: datetime) -> None:
    """Keep a receipt with its event; another worker may have been as fast."""
    journal.hold()
    AnchorTry.objects.filter(anchor=one.id).delete()
    size = checkpoint.checkpoint.size
    if AnchoredCheckpoint.objects.filter(anchor=one.id, size__gte=size).exists():
        return
    told = {"anchor": one.id, "anchor_kind": one.anchor.kind, "size": size, "note": checkpoint.digest.hex()}
    told |= {
        "receipt": hashlib.sha256(receipt.content).hexdigest(),
        "certificates": hashlib.sha256(receipt.certificates).hexdigest(),
    }
    (position,) = journal.append([journal.NewEvent(ANCHORED, told)], at=at)
    AnchoredCheckpoint.objects.create(
        position=position,
        anchor=one.id,
        kind=one.anchor.kind,
        size=size,
        root=checkpoint.checkpoint.root,
        note=checkpoint.note,
        anchored_at=receipt.anchored_at,
        received_at=at,
        reference=receipt.reference,
        receipt=receipt.content,
        certificates=receipt.certificates.decode(),
    )


def _fail(one: Configured, outcome: Outcome, *, at: datetime) -> None:
    before = AnchorTry.objects.filter(anchor=one.id).first()
    failures = min((before.failures if before else 0) + 1, 1_000)
    pause = timedelta(seconds=min(LONGEST_PAUSE, 2 ** min(failures, 10)))
    AnchorTry.objects.update_or_create(
        anchor=one.id,
        defaults={"failures": failures, "error": str(outcome.error), "failed_at": at, "after": at + pause},
    )
