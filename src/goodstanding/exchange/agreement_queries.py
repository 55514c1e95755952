"""Every read of sharing agreements: which there are, what each says, where it stands, what is owed under it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from goodstanding.proof.keys import to_base64
from goodstanding.registry.calendars import known_calendar

from .agreement import Agreement as Document
from .agreement import agreement_of
from .agreement_diff import Change
from .agreements import changes_from, current, has_ended_on
from .deadlines import last_day
from .errors import ExchangeError
from .models import Agreement, AgreementVersion, Subscriber

State = Literal["draft", "upcoming", "in_force", "suspended", "owing", "deleted"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an agreement stands on a day.

    ``held``: the version concluded last. ``waiting``: a later draft, with what it ``changes``. ``document``: what the
    one says, or the other where nothing was concluded. ``ended_on`` and ``deletion_due``: once it has ended; the
    latter is None where the calendar does not reach so far.
    """

    agreement: Agreement
    state: State
    document: Document
    held: AgreementVersion | None
    waiting: AgreementVersion | None
    changes: tuple[Change, ...]
    ended_on: date | None
    deletion_due: date | None

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Who has not signed the waiting version and must: provider, recipient."""
        if self.waiting is None:
            return ()
        missing = []
        if self.waiting.provider_signature is None:
            missing.append("provider")
        signed = self.waiting.recipient_signature is not None or self.waiting.paper
        if self.waiting.breaking and not signed:
            missing.append("recipient")
        return tuple(missing)


def agreements(*, of: Subscriber | None = None, on: date) -> list[Standing]:
    """All agreements, or those of one subscriber, those that need something first."""
    found = Agreement.objects.select_related("subscriber__account__user")
    if of is not None:
        found = found.filter(subscriber=of)
    order = ["owing", "suspended", "draft", "upcoming", "in_force", "deleted"]
    rows = [_standing(agreement, on=on) for agreement in found.order_by("reference")]
    return sorted(rows, key=lambda row: (not row.waits_for, order.index(row.state)))


def agreement(reference: str, *, of: Subscriber | None = None, on: date) -> Standing:
    """One agreement; ``of`` limits it to those of a subscriber. Raises ExchangeError agreement.unknown."""
    found = Agreement.objects.select_related("subscriber__account__user").filter(reference=reference)
    if of is not None:
        found = found.filter(subscriber=of)
    one = found.first()
    if one is None:
        raise ExchangeError("agreement.unknown", place=reference)
    return _standing(one, on=on)


def _standing(agreement: Agreement, *, on: date) -> Standing:
    held = current(agreement)
    newest = agreement.versions.order_by("pk").last()
    assert newest is not None  # an agreement is made with its first version
    waiting = newest if newest.concluded_at is None and agreement.ended_on is None else None
    document = agreement_of((held or newest).document)
    changes = changes_from(held, agreement_of(newest.document)) if held and waiting else ()
    ended = has_ended_on(agreement, on=on)
    days = document.terms.duties.deletion_working_days
    due = last_day(ended, days, calendar=known_calendar()) if ended else None
    state: State = "in_force"
    if held is None:
        state = "draft"
    elif ended is not None:
        state = "deleted" if agreement.deletion else "owing"
    elif agreement.suspended_on is not None:
        state = "suspended"
    elif not agreement.terms.filter(first__lte=on).exists():
        state = "upcoming"
    return Standing(agreement, state, document, held, waiting, changes, ended, due)


def document_of(standing: Standing) -> dict[str, Any]:
    """A standing as JSON: what the command line and the API say."""
    agreement, waiting = standing.agreement, standing.waiting
    return {
        "agreement": agreement.reference,
        "subscriber": str(agreement.subscriber.public_id),
        "state": standing.state,
        "version": standing.held.version if standing.held else None,
        "signed": _signed(standing.held),
        "suspended_on": _day(agreement.suspended_on),
        "ended_on": _day(standing.ended_on or agreement.ended_on),
        "deletion_due": _day(standing.deletion_due),
        "deleted": agreement.deleted,
        "document": standing.document.document,
        "waiting": None
        if waiting is None
        else {
            "version": waiting.version,
            "digest": bytes(waiting.digest).hex(),
            "breaking": waiting.breaking,
            "waits_for": list(standing.waits_for),
            "document": waiting.document,
            "changes": changes_document(standing.changes),
        },
    }


def changes_document(changes: tuple[Change, ...]) -> list[dict[str, Any]]:
    """Changes as JSON."""
    return [
        {"path": change.path, "effect": change.effect, "old": change.old, "new": change.new}
        for change in changes
    ]


def _signed(version: AgreementVersion | None) -> dict[str, Any] | None:
    if version is None:
        return None

    def text(signature: bytes | None) -> str | None:
        return None if signature is None else to_base64(bytes(signature))

    return {
        "digest": bytes(version.digest).hex(),
        "provider": text(version.provider_signature),
        "recipient": text(version.recipient_signature),
        "paper": version.paper,
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
