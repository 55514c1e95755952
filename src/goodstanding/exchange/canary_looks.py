"""Looks from outside for canaries: whether the recipient shows the record that was made for it, and takes it down.

What is found counts against the recipient as with any record, and tells it no more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from goodstanding.registry.journal import NewEvent, append

from .canary_form import as_record
from .models import Canary, CanaryLook, ProbeFinding, ProbeLook, ProbePlace, Subscriber
from .probe_page import Question, Seen, question
from .probe_rounds import PAUSE, ask

#: How often a place is asked for a canary, and for how long after its removal.
REPEATED: Final = timedelta(days=1)
AFTERWARDS: Final = timedelta(days=30)
_SHOWN: Final = ProbeLook.Result.SHOWN


@dataclass(frozen=True, slots=True)
class _Due:
    place: ProbePlace
    canary: Canary
    asked: Question | None


def look(
    *, at_clock: Callable[[], datetime], pause: float = PAUSE, stop: threading.Event | None = None
) -> list[CanaryLook]:
    """Look for the canaries that are due, and write down what was seen; the arguments are those of ``probes.look``."""
    return ask(
        lambda: _due(at_clock()),
        lambda each, seen: _note(each, seen, at=at_clock()),
        pause=pause,
        stop=stop,
    )


def _due(at: datetime) -> list[_Due]:
    living = Canary.objects.filter(Q(removed_at=None) | Q(removed_at__gt=at - AFTERWARDS))
    found = []
    for canary in living.filter(subscriber__places__ended_at=None).distinct().order_by("pk"):
        for place in ProbePlace.objects.filter(subscriber=canary.subscriber_id, ended_at=None).order_by("pk"):
            if not canary.looks.filter(place=place, at__gt=at - REPEATED).exists():
                asked = question(place, as_record(canary), code=canary.code)
                found.append(_Due(place, canary, asked))
    return found


@transaction.atomic
def _note(each: _Due, seen: Seen, *, at: datetime) -> CanaryLook:
    """Write a look down, with an event where a removed canary begins or ceases to be shown."""
    canary = Canary.objects.select_for_update().get(pk=each.canary.pk)
    before = _last_known(canary, each.place)
    look = CanaryLook.objects.create(
        canary=canary,
        place=each.place,
        at=at,
        result=seen.result,
        reason=seen.reason,
        status=seen.status,
    )
    was_shown = before is not None and before.result == _SHOWN
    if canary.receipt_at is not None and look.result != ProbeLook.Result.UNKNOWN:
        is_shown = look.result == _SHOWN
        if is_shown != was_shown:
            said = {"canary": str(canary.public_id), "place": str(each.place.public_id)}
            append([NewEvent("canary.shown" if is_shown else "canary.gone", said)], at=at)
    return look


def _last_known(canary: Canary, place: ProbePlace) -> CanaryLook | None:
    """The last look since the receipt that says something."""
    if canary.receipt_at is None:
        return None
    known = canary.looks.filter(place=place, at__gte=canary.receipt_at)
    return known.exclude(result=ProbeLook.Result.UNKNOWN).order_by("-at", "-pk").first()


def findings(subscriber: Subscriber) -> list[ProbeFinding]:
    """The canaries that a recipient still shows although its receipt says that they are gone, like any finding.

    They are in memory only; what they say of the record is its ids.
    """
    found = []
    for canary in Canary.objects.filter(subscriber=subscriber, receipt_at__isnull=False).order_by("pk"):
        for place in ProbePlace.objects.filter(subscriber=subscriber, ended_at=None).order_by("pk"):
            last = _last_known(canary, place)
            if last is None or last.result != _SHOWN:
                continue
            since = canary.looks.filter(place=place, at__gte=canary.receipt_at, result=_SHOWN).order_by("at")
            found.append(
                ProbeFinding(
                    place=place,
                    record=as_record(canary),
                    removal_position=canary.removed_position,
                    answered=True,
                    found_at=since[0].at,
                )
            )
    return found
