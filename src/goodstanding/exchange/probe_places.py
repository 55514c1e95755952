"""Places at which recipients show records to the public: registered by the operator, and ended."""

from __future__ import annotations

import uuid
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.webhooks import is_address

from .errors import ExchangeError
from .models import ProbeFinding, ProbePlace, Subscriber
from .probe_page import PLACEHOLDERS, TELLING, holes
from .probes import end_finding

#: Characters of an address, a marker, and the text that is always there.
LONGEST = 1_000


def places(*, of: Subscriber | None = None, ended: bool = False) -> QuerySet[ProbePlace]:
    """The places that are looked at, of all recipients or of one; with ``ended`` those too that no longer are."""
    found = ProbePlace.objects.select_related("subscriber__account__user").order_by("pk")
    if of is not None:
        found = found.filter(subscriber=of)
    return found if ended else found.filter(ended_at=None)


def place(public_id: uuid.UUID) -> ProbePlace:
    """One place, whether or not it has ended.

    Raises:
        ExchangeError: probe.unknown.
    """
    found = places(ended=True).filter(public_id=public_id).first()
    if found is None:
        raise ExchangeError("probe.unknown", place=str(public_id))
    return found


@transaction.atomic
def add(*, subscriber: Subscriber, address: str, marker: str, always: str = "", at: datetime) -> ProbePlace:
    """Register a place of a recipient.

    Args:
        subscriber: whose it is.
        address: https, with placeholders ``{code}``, ``{document_no}``, ``{record}`` after the host.
        marker: the text that is there while a record is shown, with the same placeholders.
        always: a text that is there whatever is shown; a page without it counts as unreadable.
        at: the instant for the journal.

    Raises:
        ExchangeError: probe.address, probe.marker, probe.known.
    """
    _check(address, marker, always)
    try:
        with transaction.atomic():
            place = ProbePlace.objects.create(
                subscriber=subscriber, address=address, marker=marker, always=always, began_at=at
            )
    except IntegrityError as error:
        raise ExchangeError("probe.known", place=address) from error
    append([_event("probe.place_added", place)], at=at)
    return place


@transaction.atomic
def end(*, public_id: uuid.UUID, at: datetime) -> ProbePlace:
    """Look at a place no longer. What was found there and stands is over with it.

    Raises:
        ExchangeError: probe.unknown.
    """
    found = ProbePlace.objects.select_for_update(of=("self",)).select_related("subscriber")
    held = found.filter(public_id=public_id, ended_at=None).first()
    if held is None:
        raise ExchangeError("probe.unknown", place=str(public_id))
    for finding in ProbeFinding.objects.filter(place=held, ended_at=None).order_by("pk"):
        end_finding(finding, because=ProbeFinding.End.PLACE_ENDED, at=at)
    held.ended_at = at
    held.save(update_fields=["ended_at"])
    append([_event("probe.place_ended", held)], at=at)
    return held


def _check(address: str, marker: str, always: str) -> None:
    parts = urlsplit(address) if is_address(address) else None
    schemes = ("http", "https") if settings.PUSH_TO_PRIVATE_ADDRESSES else ("https",)
    named = holes(address) | holes(marker) | holes(always)
    if (
        parts is None
        or parts.scheme not in schemes
        or holes(parts.netloc)
        or not (parts.path or parts.query)
        or parts.fragment
        or len(address) > LONGEST
        or any(character.isspace() for character in address)
    ):
        raise ExchangeError("probe.address", place=address[:200])
    if named - set(PLACEHOLDERS):
        raise ExchangeError("probe.address", place=", ".join(sorted(named - set(PLACEHOLDERS))))
    if not marker.strip() or len(marker) > LONGEST or len(always) > LONGEST or holes(always):
        raise ExchangeError("probe.marker", place=marker[:200])
    if not any(hole in address + marker for hole in TELLING):
        raise ExchangeError("probe.marker", place=marker[:200])


def _event(kind: str, place: ProbePlace) -> NewEvent:
    return NewEvent(kind, {"place": str(place.public_id), "subscriber": str(place.subscriber.public_id)})
