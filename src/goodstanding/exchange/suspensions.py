"""Suspension of a recipient that stays behind: proposed, confirmed or declined, and its end once all is answered.

Nothing new is sent to a suspended recipient; removals still are. What a suspension closed it opens again, and nothing
else. The worker proposes it, or an operator does; what an operator proposed another one confirms.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, Literal

from django.db import transaction
from django.db.models import Count, Min

from goodstanding.registry.actor import Actor
from goodstanding.registry.journal import NewEvent, append

from . import agreements
from .canary_tables import in_registry
from .errors import ExchangeError
from .models import Agreement, AwaitedReceipt, Canary, Subscriber, Suspension

State = Suspension.State
Decision = Literal["propose", "confirm", "decline", "resume"]


@transaction.atomic
def begin(pk: int, *, by_clause: bool, at: datetime) -> str | None:
    """Suspend a recipient by the clause of its agreement, or propose it to the operator, once for as long as it lags.

    Returns:
        The state that began; None where nothing did.
    """
    subscriber = Subscriber.objects.select_for_update().get(pk=pk)
    found = Suspension.objects.filter(subscriber=subscriber, ended_at=None).first()
    if found is not None and (not by_clause or found.state == State.SUSPENDED):
        return None
    figures = _late(subscriber)
    if not figures["removals"] or not _in_force(subscriber):
        return None
    if found is None:
        found = Suspension.objects.create(
            subscriber=subscriber, state=State.PROPOSED, by_clause=by_clause, began_at=at, **figures
        )
    if by_clause:
        found.by_clause = True
        _suspend(found, at=at)
    else:
        append([_event(found, "recipient.suspension_proposed")], at=at)
    return found.state


def decide(
    decision: Decision, *, actor: Actor, subscriber: uuid.UUID, reason: str, at: datetime
) -> Suspension:
    """Do one of the four things that an operator may, as page, API and command line ask for it.

    Args:
        reason: 4 to 500 characters; not read where a proposal is confirmed.

    Raises:
        ExchangeError: see the four.
    """
    if decision == "confirm":
        return confirm_suspension(actor=actor, subscriber=subscriber, at=at)
    done = {"propose": propose_suspension, "decline": decline_suspension, "resume": resume_recipient}
    return done[decision](actor=actor, subscriber=subscriber, reason=reason, at=at)


@transaction.atomic
def propose_suspension(*, actor: Actor, subscriber: uuid.UUID, reason: str, at: datetime) -> Suspension:
    """Propose by hand to suspend a recipient that is late, before the worker does.

    Args:
        actor: the operator. subscriber: the recipient's public id. reason: 4 to 500 characters. at: the instant.

    Raises:
        ExchangeError: recipient.forbidden, recipient.unknown, suspension.open, suspension.not_late, agreement.reason.
    """
    held = _recipient(actor, subscriber)
    if Suspension.objects.filter(subscriber=held, ended_at=None).exclude(state=State.DECLINED).exists():
        raise ExchangeError("suspension.open", place=str(subscriber))
    figures = _late(held)
    if not figures["removals"] or not _in_force(held):
        raise ExchangeError("suspension.not_late", place=str(subscriber))
    said = {"proposed_by_id": actor.account_id, "proposed_because": agreements.checked_reason(reason)}
    said |= {"state": State.PROPOSED, "began_at": at} | figures
    declined = {"decided_by": None, "decided_at": None, "reason": ""}
    found, _ = Suspension.objects.update_or_create(subscriber=held, ended_at=None, defaults=said | declined)
    append([_event(found, "recipient.suspension_proposed")], at=at)
    return found


@transaction.atomic
def confirm_suspension(*, actor: Actor, subscriber: uuid.UUID, at: datetime) -> Suspension:
    """Suspend a recipient, as was proposed.

    Args:
        actor: the operator. subscriber: the recipient's public id. at: the instant.

    Raises:
        ExchangeError: recipient.forbidden, recipient.unknown, suspension.none, suspension.same_operator.
    """
    found = _proposed(actor, subscriber)
    if found.proposed_by_id is not None and found.proposed_by_id == actor.account_id:
        raise ExchangeError("suspension.same_operator", place=str(subscriber))
    found.decided_by_id, found.decided_at = actor.account_id, at
    _suspend(found, at=at)
    return found


@transaction.atomic
def decline_suspension(*, actor: Actor, subscriber: uuid.UUID, reason: str, at: datetime) -> Suspension:
    """Do not suspend a recipient; it is not proposed again while the same removals are late.

    Args:
        actor: the operator. subscriber: the recipient's public id. reason: 4 to 500 characters. at: the instant.

    Raises:
        ExchangeError: recipient.forbidden, recipient.unknown, suspension.none, agreement.reason.
    """
    found = _proposed(actor, subscriber)
    found.reason = agreements.checked_reason(reason)
    found.state, found.decided_by_id, found.decided_at = State.DECLINED, actor.account_id, at
    found.save()
    append([_event(found, "recipient.suspension_declined")], at=at)
    return found


@transaction.atomic
def resume_recipient(*, actor: Actor, subscriber: uuid.UUID, reason: str, at: datetime) -> Suspension:
    """Resume a suspended recipient before it has answered; it is not proposed again while the same removals are late.

    Args:
        actor: the operator. subscriber: the recipient's public id. reason: 4 to 500 characters. at: the instant.

    Raises:
        ExchangeError: recipient.forbidden, recipient.unknown, suspension.not_suspended, suspension.by_clause,
            agreement.reason.
    """
    found = _open(_recipient(actor, subscriber), State.SUSPENDED, "suspension.not_suspended")
    if found.by_clause:
        raise ExchangeError("suspension.by_clause", place=str(subscriber))
    found.reason = agreements.checked_reason(reason)
    found.state, found.decided_by_id, found.decided_at = State.DECLINED, actor.account_id, at
    _resume(found, at=at)
    return found


@transaction.atomic
def settle(pk: int, *, on: date, at: datetime) -> bool:
    """End what is open of a recipient that has answered all that was late.

    Returns:
        Whether a suspension was ended, and its agreements resumed.
    """
    subscriber = Subscriber.objects.select_for_update().get(pk=pk)
    found = Suspension.objects.select_for_update().filter(subscriber=subscriber, ended_at=None).first()
    if found is None or AwaitedReceipt.objects.filter(subscriber=subscriber, due_on__lt=on).exists():
        return False
    was_suspended = found.state == State.SUSPENDED
    found.state, found.ended_at = (State.RESUMED if was_suspended else State.LAPSED), at
    if was_suspended:
        _resume(found, at=at)
    else:
        found.save()
    return was_suspended


def _resume(found: Suspension, *, at: datetime) -> None:
    """Open again what a suspension had closed. Its new state is set already."""
    found.save()
    for reference in found.agreements:
        agreement = Agreement.objects.get(reference=reference)
        if agreement.suspended_on is not None:  # nobody has ended or resumed it meanwhile
            agreements.resume(reference=reference, at=at)
    append([_event(found, "recipient.resumed")], at=at)


def _late(subscriber: Subscriber) -> dict[str, Any]:
    """How many removals are marked as late, and the last day of the oldest."""
    late = AwaitedReceipt.objects.filter(subscriber=subscriber, late_at__isnull=False)
    return late.aggregate(removals=Count("pk"), since=Min("due_on"))


def _suspend(found: Suspension, *, at: datetime) -> None:
    held = _in_force(found.subscriber)
    for agreement in held:
        agreements.suspend(reference=agreement.reference, reason=_REASON, at=at)
    found.state, found.agreements = State.SUSPENDED, [agreement.reference for agreement in held]
    found.save()
    append([_event(found, "recipient.suspended", agreements=found.agreements)], at=at)


#: It stands with the agreement until it is resumed.
_REASON = "移除未按期确认 · removals not answered in time"


def _in_force(subscriber: Subscriber) -> list[Agreement]:
    held = subscriber.agreements.filter(suspended_on=None, ended_on=None).order_by("reference")
    return [agreement for agreement in held if agreements.current(agreement) is not None]


def _proposed(actor: Actor, public_id: uuid.UUID) -> Suspension:
    return _open(_recipient(actor, public_id), State.PROPOSED, "suspension.none")


def _recipient(actor: Actor, public_id: uuid.UUID) -> Subscriber:
    """The recipient, locked, for the operator. Raises ExchangeError."""
    if not actor.is_operator:
        raise ExchangeError("recipient.forbidden", place=str(public_id))
    subscriber = Subscriber.objects.select_for_update().filter(public_id=public_id).first()
    if subscriber is None:
        raise ExchangeError("recipient.unknown", place=str(public_id))
    return subscriber


def _open(subscriber: Subscriber, state: str, code: str) -> Suspension:
    found = (
        Suspension.objects.select_for_update()
        .filter(subscriber=subscriber, state=state, ended_at=None)
        .first()
    )
    if found is None:
        raise ExchangeError(code, place=str(subscriber.public_id))
    return found


def _event(found: Suspension, kind: str, **more: Any) -> NewEvent:
    """What the journal says of it, on the oldest record that was late (or answered last)."""
    late = AwaitedReceipt.objects.filter(subscriber=found.subscriber).order_by("due_on", "position").first()
    last = late or found.subscriber.receipts.latest("position")
    said = {"removals": found.removals, "since": found.since.isoformat()}
    return told_of(found.subscriber, kind, number=last.number, **said, **more)


def told_of(subscriber: Subscriber, kind: str, *, number: int, **said: Any) -> NewEvent:
    """An event about a recipient, on the oldest of the records that it is about.

    One that is a canary is named in the content, as its recipient knows it: no row of the registry has its number.

    Args:
        number: of the record, or below zero of the canary.
    """
    content = {"subscriber": str(subscriber.public_id), "name": subscriber.name_zh}
    if number < 0:
        content["record"] = str(Canary.objects.values_list("record_id", flat=True).get(pk=-number))
    return NewEvent(kind, content | said, record_id=in_registry(number))
