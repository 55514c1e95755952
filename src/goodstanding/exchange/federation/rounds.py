"""The neighbours, each when its time has come: followed, and reconciled at the start and once a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q

from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.mirror import MirrorError
from goodstanding.exchange.mirror.steady import RECONCILE_EVERY, UNRECONCILED
from goodstanding.registry.commands import RegistryError
from goodstanding.registry.models import Neighbour

from .follow import follow
from .reconcile import note, reconcile

#: The longest pause after failed rounds.
_LONGEST_PAUSE = timedelta(minutes=1)


def follow_due(*, at_clock: Callable[[], datetime], started_at: datetime) -> int:
    """Follow each neighbour whose time has come. Returns how many entries were read.

    One that was not reconciled since ``started_at``, when the process began, or not for a day, is reconciled first. A
    round that fails is written down with its reason and tried again after a growing pause, soon where it got on; the
    others go on.
    """
    due = Neighbour.objects.filter(Q(next_at__isnull=True) | Q(next_at__lte=at_clock())).order_by("pk")
    read = 0
    for neighbour in due:
        before = neighbour.position
        try:
            _reconcile_if_due(neighbour, at_clock=at_clock, started_at=started_at)
            read += follow(neighbour, at_clock=at_clock).entries
        except (MirrorError, ExchangeError, RegistryError) as error:
            place = getattr(error, "place", "") or ""
            failures = 1 if neighbour.position > before else neighbour.failures + 1
            pause = min(_LONGEST_PAUSE, timedelta(seconds=2 ** min(failures, 6)))
            Neighbour.objects.filter(pk=neighbour.pk).update(
                failures=failures, next_at=at_clock() + pause, error=f"{error.code} [{place}]"[:500]
            )
    return read


def _reconcile_if_due(
    neighbour: Neighbour, *, at_clock: Callable[[], datetime], started_at: datetime
) -> None:
    last = neighbour.reconciled_at
    since = max(started_at, at_clock() - RECONCILE_EVERY)
    if not neighbour.position or (last is not None and last >= since):
        return
    try:
        reconcile(neighbour, at_clock=at_clock)
    except MirrorError as error:
        if error.code not in UNRECONCILED:
            raise
        note(neighbour, {"result": error.code}, at=at_clock())
