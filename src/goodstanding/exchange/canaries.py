"""Canaries: planted for one recipient, removed again, followed, and recognised in a copy that came out somewhere.

Whoever shows or passes on a canary had it from the one recipient for whom it was made. Planting and removing are events
like those of any record, so that the feed, its proofs and reconciliation hold for them as for all others.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from goodstanding.registry.events import content_digest, public_digest, record_content
from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import Record
from goodstanding.registry.reserved_codes import reserve

from .canary_form import made_like, siblings
from .errors import ExchangeError
from .models import Canary, ProbeLook, Receipt, Reconciliation, Subscriber
from .queries import scope_for
from .scope import Scope, Term

_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_BRACKETS: Final = str.maketrans("〔﹝【［[〕﹞】］]", "((((()))))")


@transaction.atomic
def plant(*, subscriber: Subscriber, at: datetime) -> Canary:
    """Make a canary for one recipient and send it by its feed.

    Args:
        subscriber: the recipient; an agreement of its says that canaries may be sent. at: the instant of the event.

    Raises:
        ExchangeError: canary.instance, canary.not_agreed, canary.no_form.
        goodstanding.registry.commands.RegistryError: code.in_use, by a chance of one in hundreds of millions.
    """
    if subscriber.instance_url:
        raise ExchangeError("canary.instance", place=subscriber.name_zh)
    on = timezone.localdate(at)
    scope = scope_for(subscriber)
    if not _terms(scope, on=on):
        raise ExchangeError("canary.not_agreed", place=subscriber.name_zh)
    form = next((record for record in siblings(on=on) if _is_agreed(record, scope, on=on)), None)
    if form is None:
        raise ExchangeError("canary.no_form", place=subscriber.name_zh)
    made = made_like(form)
    made.subscriber, made.planted_at = subscriber, at
    reserve([(scheme, value) for scheme, value in made.document["identifiers"]], at=at)
    (made.planted_position,) = append([NewEvent("record.committed", _said(made, "published"))], at=at)
    made.save()
    return made


@transaction.atomic
def remove(*, canary: uuid.UUID, at: datetime) -> Canary:
    """Remove a canary as a record that was restored.

    Raises:
        ExchangeError: canary.unknown.
    """
    held = Canary.objects.select_for_update().filter(public_id=canary, removed_at=None).first()
    if held is None:
        raise ExchangeError("canary.unknown", place=str(canary))
    return _removed(held, "restored", at=at)


@transaction.atomic
def end_due(*, on: date, at: datetime) -> int:
    """End the canaries whose last day has come, as the sweep ends the publication of records, and those that no
    agreement in force allows any longer. How many.
    """
    locked = Canary.objects.select_for_update(of=("self",), skip_locked=True).select_related("subscriber")
    ended = 0
    for canary in locked.filter(removed_at=None).order_by("pk"):
        if canary.publish_until <= on or not _terms(scope_for(canary.subscriber), on=on):
            _removed(canary, "ended", at=at)
            ended += 1
    return ended


def _removed(held: Canary, state: str, *, at: datetime) -> Canary:
    held.removed_as, held.removed_at = state, at
    (held.removed_position,) = append([NewEvent(f"record.{state}", _said(held, state))], at=at)
    held.save(update_fields=["removed_as", "removed_at", "removed_position"])
    return held


def _said(canary: Canary, state: str) -> dict[str, Any]:
    """What an event says of it: what one says of any record."""
    said = canary.document
    return record_content(
        record=canary.record_id,
        entity=canary.entity_id,
        record_kind=said["kind"],
        state=state,
        disputed=False,
        version=1,
        content_digest=content_digest(said["content"], secret=settings.PERSON_SECRET),
        public_digest=public_digest(said["content"]),
        publish_from=date.fromisoformat(said["publish_from"]),
        publish_until=canary.publish_until,
    )


def _terms(scope: Scope, *, on: date) -> list[Term]:
    """The terms under which a canary may be sent on a day."""
    return [term for term in scope.terms if term.canaries and term.holds(on) and term.opens("feed")]


def _is_agreed(record: Record, scope: Scope, *, on: date) -> bool:
    place = {"kind": record.kind, "item": record.item_id, "division": record.entity.division}
    return any(term.matches(**place) for term in _terms(scope, on=on))


@dataclass(frozen=True, slots=True)
class Life:
    """What is known of a canary. ``confirmed``: its recipient says that it has applied the feed past it; ``held``: it
    signed a set with the canary in it; ``shown``: it was seen at a public place of the recipient. ``answered``,
    ``dropped``, ``gone``: the same of its removal, by receipt, signed set, and the last look.
    """

    canary: Canary
    confirmed: bool
    held: bool
    shown: bool
    answered: bool
    dropped: bool
    gone: bool

    @property
    def took(self) -> bool:
        """Whether it is known that the recipient took it."""
        return self.held or self.shown


def lives(*, of: Subscriber | None = None) -> list[Life]:
    """What is known of each canary, of all recipients or of one. For the operator alone."""
    found = Canary.objects.select_related("subscriber__account__user").order_by("pk")
    if of is not None:
        found = found.filter(subscriber=of)
    return [_life(canary) for canary in found]


def _life(canary: Canary) -> Life:
    equal = Reconciliation.objects.filter(
        subscriber=canary.subscriber_id, result=Reconciliation.Result.EQUAL
    ).values_list("position", flat=True)
    positions = list(equal.filter(position__gte=canary.planted_position))
    removed = canary.removed_position
    last = canary.probelook_set.exclude(result=ProbeLook.Result.UNKNOWN).order_by("-at", "-pk").first()
    receipts = Receipt.objects.filter(subscriber=canary.subscriber_id, removal_position=removed or 0)
    return Life(
        canary=canary,
        confirmed=canary.subscriber.position >= canary.planted_position,
        held=any(removed is None or position < removed for position in positions),
        shown=canary.probelook_set.filter(result=ProbeLook.Result.SHOWN).exists(),
        answered=receipts.exists(),
        dropped=removed is not None and any(position >= removed for position in positions),
        gone=last is not None and last.result == ProbeLook.Result.ABSENT,
    )


@dataclass(frozen=True, slots=True)
class Recognised:
    """A canary in a copy that came out. ``by``: what of it is there, of code, name, record and document_no."""

    canary: Canary
    by: tuple[str, ...]


def recognise(text: str) -> list[Recognised]:
    """The canaries that a text holds (any text, CSV or JSON), and so from whom it comes."""
    searched = _folded(text)
    found = []
    for canary in Canary.objects.select_related("subscriber__account__user").order_by("pk"):
        marks = {
            "code": canary.code,
            "name": canary.name,
            "record": str(canary.record_id),
            "document_no": canary.document_no,
        }
        by = tuple(name for name, mark in marks.items() if _folded(mark) in searched)
        if by:
            found.append(Recognised(canary, by))
    return found


@transaction.atomic
def tell(found: Iterable[Recognised], *, at: datetime) -> None:
    """Note whose copy was recognised, so that the operator is told of it, and nobody else."""
    of: dict[int, list[Recognised]] = {}
    for each in found:
        of.setdefault(each.canary.subscriber_id, []).append(each)
    append(
        [
            NewEvent(
                "canary.recognised",
                {
                    "subscriber": str(them[0].canary.subscriber.public_id),
                    "name": them[0].canary.subscriber.name_zh,
                    "canaries": [str(each.canary.public_id) for each in them],
                    "by": sorted({mark for each in them for mark in each.by}),
                },
            )
            for them in of.values()
        ],
        at=at,
    )


def sources(found: Iterable[Recognised]) -> list[Subscriber]:
    """The recipients whose canaries were recognised, each once."""
    return list({each.canary.subscriber_id: each.canary.subscriber for each in found}.values())


def _folded(text: str) -> str:
    """A text without blanks, in capitals, full-width characters as plain ones, brackets of one kind, escapes read."""
    text = _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), text)
    return "".join(unicodedata.normalize("NFKC", text).upper().translate(_BRACKETS).split())
