"""Every write of a sharing agreement: drafted, signed by both sides, suspended, resumed, ended, deletion shown.

The provider signs with the key of its log, the recipient with the key of its receipts, or on paper, which is then
named. A version is in force once whoever must sign it has; the version before holds until then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from goodstanding import proof
from goodstanding.registry import seal
from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import CatalogueItem

from .agreement import Agreement as Document
from .agreement import agreement_of
from .agreement_diff import Change, differences
from .agreement_draft import DUTIES, compose
from .errors import ExchangeError
from .models import Agreement, AgreementTerm, AgreementVersion, Subscriber


def kinds_of_items() -> dict[str, str]:
    """The kind of record of each item of the catalogue that makes records."""
    return dict(CatalogueItem.objects.exclude(kind=None).values_list("code", "kind"))


def parties(subscriber: Subscriber) -> dict[str, Any]:
    """Between whom an agreement with a subscriber is, as ``agreement_draft.compose`` takes it."""
    return {
        "provider": settings.LOG_ORIGIN,
        "provider_key": proof.public_key(settings.LOG_SECRET),
        "subscriber": str(subscriber.public_id),
        "name_zh": subscriber.name_zh,
        "name_en": subscriber.name_en,
        "recipient_key": bytes(subscriber.public_key),
    }


def free_reference(subscriber: Subscriber) -> str:
    """An id for an agreement with a subscriber, made from its own, that no agreement has."""
    number = subscriber.agreements.count() + 1
    while Agreement.objects.filter(reference=f"{str(subscriber.public_id)[:8]}-{number}").exists():
        number += 1
    return f"{str(subscriber.public_id)[:8]}-{number}"


def current(agreement: Agreement) -> AgreementVersion | None:
    """The version that was concluded last."""
    return agreement.versions.exclude(concluded_at=None).order_by("concluded_at", "pk").last()


def changes_from(held: AgreementVersion, new: Document) -> tuple[Change, ...]:
    """What a document changes of a version."""
    return differences(agreement_of(held.document), new, kinds=kinds_of_items())


@transaction.atomic
def draft(document: Document, *, at: datetime) -> AgreementVersion:
    """Put the first version of an agreement, or the next one, before its parties. Nobody has signed it yet.

    A draft that was not concluded is replaced by the new one: it can no longer be signed.

    Raises:
        ExchangeError: agreement.provider, agreement.recipient, agreement.items, agreement.version, agreement.state.
    """
    terms = document.terms
    own = (settings.LOG_ORIGIN, proof.public_key(settings.LOG_SECRET).hex())
    if (terms.provider.name, terms.provider.key) != own:
        raise ExchangeError("agreement.provider", place=document.reference)
    subscriber = Subscriber.objects.filter(public_id=terms.recipient.subscriber).first()
    if subscriber is None or bytes(subscriber.public_key).hex() != terms.recipient.key:
        raise ExchangeError("agreement.recipient", place=document.reference)
    unknown = sorted(set(terms.scope.items) - set(kinds_of_items()))
    if unknown:
        raise ExchangeError("agreement.items", place=", ".join(unknown))
    agreement, _ = Agreement.objects.get_or_create(reference=document.id, defaults={"subscriber": subscriber})
    agreement = _locked(document.id)
    if agreement.ended_on is not None:
        raise ExchangeError("agreement.state", place=f"ended on {agreement.ended_on}")
    numbers = [_number(version.version) for version in agreement.versions.all()]
    if agreement.subscriber_id != subscriber.pk or any(document.number <= number for number in numbers):
        raise ExchangeError("agreement.version", place=document.reference)
    held = current(agreement)
    changes = changes_from(held, document) if held else ()
    version = AgreementVersion.objects.create(
        agreement=agreement,
        version=document.version,
        document=document.document,
        digest=document.digest,
        breaking=held is None or any(change.effect == "breaking" for change in changes),
        drafted_at=at,
    )
    append([_event("agreement.drafted", version, breaking=version.breaking)], at=at)
    return version


@transaction.atomic
def sign_as_provider(*, reference: str, at: datetime) -> AgreementVersion:
    """Sign the newest version that waits, with the key of this installation's log.

    Raises:
        ExchangeError: agreement.unknown, agreement.nothing_to_sign, agreement.state.
    """
    version = _waiting(_locked(reference))
    if version.provider_signature is not None:
        raise ExchangeError("agreement.nothing_to_sign", place=str(version))
    version.provider_signature = proof.sign_agreement(bytes(version.digest), private_key=settings.LOG_SECRET)
    return _signed(version, by="provider", how="key", at=at)


@transaction.atomic
def sign_as_recipient(
    *, reference: str, version: str, signature: bytes, at: datetime, by: Subscriber | None = None
) -> AgreementVersion:
    """Take the recipient's signature over the newest version that waits.

    Args:
        version: which one it signed; an older one is refused.
        signature: 64 bytes, under the key registered for it, see ``proof.sign_agreement``.
        by: who hands it in; an agreement of somebody else does not exist for it.

    Raises:
        ExchangeError: agreement.unknown, agreement.nothing_to_sign, agreement.signature, agreement.state.
    """
    agreement = _locked(reference, of=by)
    found = _waiting(agreement)
    if found.version != version or _recipient_signed(found):
        raise ExchangeError("agreement.nothing_to_sign", place=f"{reference}@{version}")
    key = bytes(agreement.subscriber.public_key)
    try:
        proof.verify_agreement(bytes(found.digest), signature=signature, public_key=key, place=str(found))
    except proof.ProofError as error:
        raise ExchangeError("agreement.signature", place=error.place) from error
    found.recipient_signature = signature
    return _signed(found, by="recipient", how="key", at=at)


@transaction.atomic
def sign_on_paper(*, reference: str, paper: str, at: datetime) -> AgreementVersion:
    """Note that the recipient signed the newest version that waits on paper, and which paper that is.

    Raises:
        ExchangeError: agreement.unknown, agreement.nothing_to_sign, agreement.paper, agreement.state.
    """
    if not paper.strip() or len(paper) > 500:
        raise ExchangeError("agreement.paper", place=f"{len(paper)} characters")
    version = _waiting(_locked(reference))
    if _recipient_signed(version):
        raise ExchangeError("agreement.nothing_to_sign", place=str(version))
    version.paper = paper.strip()
    return _signed(version, by="recipient", how="paper", at=at)


@transaction.atomic
def agree(
    *,
    subscriber: Subscriber,
    reference: str = "",
    kinds: Sequence[str] = (),
    items: Sequence[str] = (),
    divisions: Sequence[str] | None = None,
    fields: Sequence[str] | None = None,
    masking: Sequence[str] = (),
    purpose: str,
    legal_basis: str,
    methods: Sequence[str] = ("feed",),
    onward: Sequence[str] = (),
    duties: tuple[int, int, int] = DUTIES,
    suspension_days: int | None = None,
    canaries: bool = False,
    valid_from: date,
    valid_until: date | None = None,
    at: datetime,
) -> Agreement:
    """Conclude an agreement that was signed on paper: its document is written, signed by the log's key, in force.

    Args:
        reference: its id; made from the subscriber's where none is given.
        The others: see ``agreement_draft.compose``.

    Raises:
        ExchangeError: agreement.document with every fault, or an ``agreement.*`` code.
    """
    document = compose(
        reference=reference or free_reference(subscriber),
        **parties(subscriber),
        kinds=kinds,
        items=items,
        divisions=divisions or (),
        fields=fields,
        masking=masking,
        purpose=purpose,
        legal_basis=legal_basis,
        methods=methods,
        onward=onward,
        duties=duties,
        suspension_days=suspension_days,
        canaries=canaries,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    version = draft(document, at=at)
    sign_as_provider(reference=document.id, at=at)
    sign_on_paper(reference=document.id, paper=legal_basis, at=at)
    return version.agreement


@transaction.atomic
def suspend(*, reference: str, reason: str, at: datetime) -> Agreement:
    """Stop sending under an agreement from now on; removals are still sent.

    Raises:
        ExchangeError: agreement.unknown, agreement.reason, agreement.state.
    """
    agreement = _locked(reference)
    if current(agreement) is None or agreement.suspended_on or agreement.ended_on:
        raise ExchangeError("agreement.state", place=reference)
    today = timezone.localdate(at)
    agreement.suspended_on, agreement.reason = today, checked_reason(reason)
    agreement.save(update_fields=["suspended_on", "reason"])
    _close(agreement, on=today, today=today)
    append([_plain_event("agreement.suspended", agreement, on=today)], at=at)
    return agreement


@transaction.atomic
def resume(*, reference: str, at: datetime) -> Agreement:
    """Send again under a suspended agreement, under the version that was concluded last.

    Raises:
        ExchangeError: agreement.unknown, agreement.state.
    """
    agreement = _locked(reference)
    held = current(agreement)
    if held is None or agreement.suspended_on is None:
        raise ExchangeError("agreement.state", place=reference)
    today = timezone.localdate(at)
    agreement.suspended_on, agreement.reason = None, ""
    agreement.save(update_fields=["suspended_on", "reason"])
    _open(agreement, held, today=today, not_before=today)
    append([_plain_event("agreement.resumed", agreement, on=today)], at=at)
    return agreement


@transaction.atomic
def end(*, reference: str, on: date, reason: str, at: datetime) -> Agreement:
    """End an agreement before its time: from ``on`` nothing is sent under it but removals, and the recipient owes the
    statement that it has deleted what it held.

    Raises:
        ExchangeError: agreement.unknown, agreement.reason, agreement.past, agreement.state.
    """
    agreement = _locked(reference)
    today = timezone.localdate(at)
    if current(agreement) is None or agreement.ended_on is not None:
        raise ExchangeError("agreement.state", place=reference)
    if on < today:
        raise ExchangeError("agreement.past", place=on.isoformat())
    agreement.ended_on, agreement.suspended_on, agreement.reason = on, None, checked_reason(reason)
    agreement.save(update_fields=["ended_on", "suspended_on", "reason"])
    _close(agreement, on=on, today=today)
    append([_plain_event("agreement.ended", agreement, on=on)], at=at)
    return agreement


@transaction.atomic
def take_deletion(*, subscriber: Subscriber, signed: proof.SignedDeletion, at: datetime) -> Agreement:
    """Take a recipient's signed statement that it has deleted what it held. The same again changes nothing.

    Raises:
        ExchangeError: agreement.unknown, agreement.state (it has not ended), or a ``deletion.*`` code.
    """
    agreement = _locked(signed.deletion.agreement, of=subscriber)
    try:
        stated = proof.verify_deletion(signed, public_key=bytes(agreement.subscriber.public_key))
    except proof.ProofError as error:
        raise ExchangeError("deletion.signature", place=error.place) from error
    if stated.subscriber != str(agreement.subscriber.public_id):
        raise ExchangeError("deletion.agreement", place=stated.subscriber)
    if has_ended_on(agreement, on=timezone.localdate(at)) is None:
        raise ExchangeError("agreement.state", place=f"{agreement.reference} has not ended")
    if agreement.deletion:
        return agreement
    if stated.position > seal.sealed_size():
        raise ExchangeError("deletion.agreement", place=f"position {stated.position}")
    text = signed.to_json()
    agreement.deletion, agreement.deleted, agreement.deletion_at = text.decode(), stated.deleted, at
    agreement.save(update_fields=["deletion", "deleted", "deletion_at"])
    digest = hashlib.sha256(text).hexdigest()
    append(
        [_plain_event("agreement.deletion_recorded", agreement, deleted=stated.deleted, digest=digest)], at=at
    )
    return agreement


def has_ended_on(agreement: Agreement, *, on: date) -> date | None:
    """The first day on which an agreement no longer held, if that has come: it was ended, or its time ran out."""
    if agreement.ended_on is not None:
        return agreement.ended_on if agreement.ended_on <= on else None
    held = current(agreement)
    last = agreement_of(held.document).terms.validity.last if held else None
    return last + timedelta(days=1) if last is not None and last < on else None


def _signed(version: AgreementVersion, *, by: str, how: str, at: datetime) -> AgreementVersion:
    """Keep a signature; conclude the version once whoever must sign it has."""
    version.save(update_fields=["provider_signature", "recipient_signature", "paper"])
    append([_event("agreement.signed", version, by=by, how=how)], at=at)
    if version.provider_signature is None or (version.breaking and not _recipient_signed(version)):
        return version
    agreement, today = version.agreement, timezone.localdate(at)
    is_first = current(agreement) is None
    version.concluded_at = at
    version.save(update_fields=["concluded_at"])
    if agreement.suspended_on is None:
        _close(agreement, on=today, today=today)
        # What was signed on paper may hold since before it was entered here.
        _open(agreement, version, today=today, not_before=None if is_first and version.paper else today)
    append([_event("agreement.concluded", version)], at=at)
    return version


def _recipient_signed(version: AgreementVersion) -> bool:
    return version.recipient_signature is not None or version.paper != ""


def _open(agreement: Agreement, version: AgreementVersion, *, today: date, not_before: date | None) -> None:
    validity = agreement_of(version.document).terms.validity
    first = validity.first if not_before is None else max(validity.first, not_before)
    until = None if validity.last is None else validity.last + timedelta(days=1)
    if until is None or until > first:
        AgreementTerm.objects.create(agreement=agreement, version=version, first=first, until=until)


def _close(agreement: Agreement, *, on: date, today: date) -> None:
    """Close the open term: from ``on`` it no longer holds. What was read under it today stays read."""
    term = agreement.terms.filter(last_read__isnull=True).first()
    if term is None:
        return
    if term.first > max(on, today):
        term.delete()  # it never began
        return
    if term.until is not None and term.until <= on:
        term.last_read = term.until - timedelta(days=1)
    else:
        term.until = max(on, term.first)
        term.last_read = max(term.until - timedelta(days=1), min(on, today))
    term.save(update_fields=["until", "last_read"])


def _waiting(agreement: Agreement) -> AgreementVersion:
    version = agreement.versions.order_by("pk").last()
    if agreement.ended_on is not None:
        raise ExchangeError("agreement.state", place=f"ended on {agreement.ended_on}")
    if version is None or version.concluded_at is not None:
        raise ExchangeError("agreement.nothing_to_sign", place=agreement.reference)
    return version


def _locked(reference: str, *, of: Subscriber | None = None) -> Agreement:
    found = Agreement.objects.select_for_update(of=("self",)).select_related("subscriber__account__user")
    if of is not None:
        found = found.filter(subscriber=of)
    agreement = found.filter(reference=reference).first()
    if agreement is None:
        raise ExchangeError("agreement.unknown", place=reference)
    return agreement


def checked_reason(text: str) -> str:
    """A reason without blanks around it. Raises ExchangeError agreement.reason."""
    if not 4 <= len(text.strip()) <= 500:
        raise ExchangeError("agreement.reason", place=f"{len(text.strip())} characters")
    return text.strip()


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _event(kind: str, version: AgreementVersion, **more: Any) -> NewEvent:
    said = {"version": version.version, "digest": bytes(version.digest).hex()}
    return _plain_event(kind, version.agreement, **said, **more)


def _plain_event(kind: str, agreement: Agreement, **more: Any) -> NewEvent:
    said = {name: value.isoformat() if isinstance(value, date) else value for name, value in more.items()}
    subscriber = str(agreement.subscriber.public_id)
    return NewEvent(kind, {"agreement": agreement.reference, "subscriber": subscriber} | said)
