"""Making a restoration certificate: what the journal, the map and the receipts say of a restored record by now.

Nothing of it is kept. Whoever asks again gets it as things stand then; one that was made stays verifiable as it is.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Protocol

from django.conf import settings
from django.utils import timezone

from goodstanding import proof
from goodstanding.proof.keys import from_base64
from goodstanding.registry import seal
from goodstanding.registry.actor import Actor
from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.models import Account, Authority, Record

from . import proofs, vmap
from .content import entity_document
from .deadlines import Counting, clause_of
from .errors import ExchangeError
from .happened import events_between, events_of
from .models import OnwardReceipt, Receipt, Subscriber
from .proofs import Published
from .queries import Holder, holders, scope_for


class Decided(Protocol):
    """The decision that a certificate is about, as casework knows it."""

    @property
    def record(self) -> Record: ...
    @property
    def position(self) -> int: ...
    @property
    def authority(self) -> Authority: ...
    @property
    def pack(self) -> str: ...
    @property
    def pack_digest(self) -> str: ...


def make(decided: Decided, *, at: datetime) -> bytes:
    """The certificate of a restoration, as a file.

    Args:
        decided: the decision; its record is restored. Who may ask is not asked here.
        at: the instant of issue.

    Returns:
        Canonical JSON (``proof.check_certificate`` checks it).

    Raises:
        ExchangeError: certificate.not_sealed, log.unproved (its content was forgotten).
    """
    record, found = decided.record, proofs.checkpoint()
    removals = [event for event in events_of(record.pk) if event.kind == "record.restored"]
    if found is None or not removals or max(decided.position, removals[-1].position) > found.size:
        raise ExchangeError("certificate.not_sealed")
    prover = proof.TileProver(size=found.size, store=seal.DatabaseTiles())
    removal = removals[-1]
    recipients = _recipients(record, removed=removal.at, prover=prover, size=found.size, at=at)
    entity = entity_document(
        record.entity,
        Actor(role=Account.Role.ENTITY, entity_id=record.entity_id),
        identifiers=record.entity.identifiers.filter(until__isnull=True).order_by("scheme", "value"),
    )
    certificate = proof.Certificate(
        issued_at=_instant(at),
        origin=proofs.origin(),
        key=proofs.log_key(),
        page=f"{settings.PORTAL_URL}/certificate",
        entity={"name": entity["name"], "identifiers": entity["identifiers"]},
        found_by=_authority(record.authority),
        decided_by=_authority(decided.authority),
        law={"pack": decided.pack, "digest": decided.pack_digest},
        checkpoint=found.note,
        witnesses=tuple(key.encode() for key in found.witnesses),
        decision=_logged(decided.position, prover),
        removal=_logged(removal.position, prover),
        absence=_absence(record, removal.position, found),
        recipients=recipients,
        totals=proof.totals_of(recipients),
    )
    signer = proof.SignerKey(name=settings.LOG_ORIGIN, private_key=settings.LOG_SECRET)
    return proof.sign_certificate(certificate, signer=signer)


def _logged(position: int, prover: proof.TileProver) -> proof.LoggedEvent:
    (event,) = events_between(position - 1, position)
    if event.salt is None:
        raise ExchangeError("log.unproved", place=f"position {position}")
    return proof.LoggedEvent(event.content, event.salt, tuple(prover.inclusion(position - 1)))


def _absence(record: Record, removed: int, checkpoint: Published) -> proof.Absence | None:
    """The proof that the entity has no publishable record of this kind; None where it has another one, or where the
    map has not come so far.
    """
    try:
        told = vmap.state_proof(record.entity, class_=record.kind, checkpoint=checkpoint)
    except ExchangeError as error:
        if error.code != "map.empty":
            raise
        return None
    if told["has"] or told["position"] < removed:
        return None
    return proof.Absence(told["class"], _bytes(told["proof"]), _told_event(told["event"]))


def _told_event(event: dict[str, Any]) -> proof.LoggedEvent:
    return proof.LoggedEvent(
        event["content"], _bytes(event["salt"]), tuple(_bytes(item) for item in event["hashes"])
    )


def _bytes(text: str) -> bytes:
    return from_base64(text, code="document_malformed", place="map")


def _recipients(
    record: Record, *, removed: datetime, prover: proof.TileProver, size: int, at: datetime
) -> tuple[proof.Recipient, ...]:
    """Everyone who got the record or may have got it, those who have not answered first, also further down."""
    on, counting = timezone.localdate(at), Counting(known_calendar())
    found = [
        _recipient(holder, record, removed=removed, prover=prover, size=size, on=on, counting=counting)
        for holder in holders(record, on)
        if holder.state != "out_of_scope"
    ]
    order = ("late", "waiting", "dropped", "not_held", "never_sent")
    return tuple(
        sorted(
            found,
            key=lambda item: min(order.index(one.state) for one in (item, *item.further_down)),
        )
    )


def _recipient(
    holder: Holder,
    record: Record,
    *,
    removed: datetime,
    prover: proof.TileProver,
    size: int,
    on: date,
    counting: Counting,
) -> proof.Recipient:
    subscriber, receipt = holder.subscriber, holder.receipt
    due = _due(subscriber, record, timezone.localdate(removed), counting=counting)
    unanswered = "late" if due is not None and due < on else "waiting"
    told_due = due.isoformat() if due else None
    named: dict[str, Any] = {
        "subscriber": str(subscriber.public_id),
        "name_zh": subscriber.name_zh,
        "name_en": subscriber.name_en,
        "position": subscriber.position,
    }
    if receipt is not None:
        return proof.Recipient(
            **named,
            state=str(receipt.action),
            since=_instant(receipt.received_at),
            receipt=receipt.signed,
            journaled=_covered(receipt.position, prover, size=size),
            further_down=_further_down(
                holder, receipt, unanswered=unanswered, due=told_due, prover=prover, size=size
            ),
        )
    if holder.state == "never_held":
        return proof.Recipient(**named, state="never_sent")
    return proof.Recipient(**named, state=unanswered, since=_instant(removed), due=told_due)


def _further_down(
    holder: Holder,
    receipt: Receipt,
    *,
    unanswered: str,
    due: str | None,
    prover: proof.TileProver,
    size: int,
) -> tuple[proof.FurtherDown, ...]:
    """Those to whom a recipient had passed the record on, where it is an instance and hands their answers up.

    Who is named in its receipt and has not answered stands first; the recipient answers for it by its own last day.
    """
    answers: dict[tuple[str, ...], OnwardReceipt] = {}
    for one in sorted(receipt.further_down.all(), key=lambda one: one.action):  # dropped before not_held
        answers.setdefault((*one.via, one.holder), one)
    named = proof.SignedReceipt.from_json(receipt.signed).receipt.onward
    if not answers and not holder.subscriber.instance_url:
        return ()
    silent = [
        proof.FurtherDown(name, (), unanswered, since=_instant(receipt.received_at), due=due)
        for name in sorted(set(named))
        if (name,) not in answers
    ]
    answered = [
        proof.FurtherDown(
            one.holder,
            tuple(one.via),
            one.action,
            since=_instant(one.received_at),
            statement=one.signed,
            journaled=_covered(one.position, prover, size=size),
        )
        for _, one in sorted(answers.items())
    ]
    return (*silent, *answered)


def _covered(position: int, prover: proof.TileProver, *, size: int) -> proof.LoggedEvent | None:
    """An event of the log; None while no checkpoint covers it."""
    return _logged(position, prover) if position <= size else None


def _due(subscriber: Subscriber, record: Record, removed: date, *, counting: Counting) -> date | None:
    """The last day on which a recipient must have answered a removal; None where no agreement or calendar says so."""
    division = record.entity.division
    terms = (
        term
        for term in scope_for(subscriber).terms
        if term.matches(kind=record.kind, item=record.item_id, division=division)
    )
    return counting.days(removed, clause_of(terms)).due_on


def _authority(authority: Authority) -> dict[str, proof.Json]:
    return {"code": authority.code, "name_zh": authority.name_zh, "name_en": authority.name_en}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
