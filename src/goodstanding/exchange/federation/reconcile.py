"""Reconciling with a neighbour: sign what is held of its records, let it say what differs, and mend that.

It is the code of the mirror (``mirror/reconcile.py``) over the registry's records. The first claim comes before
anything is fetched, so that a database that was put back to an older state shows itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from goodstanding.exchange.mirror import MirrorError
from goodstanding.exchange.mirror.page import Change
from goodstanding.exchange.mirror.reconcile import Reconciled, Reconciler
from goodstanding.exchange.mirror.store import State
from goodstanding.registry import foreign
from goodstanding.registry.models import Neighbour

from .follow import answer, follow, take_over
from .held import FollowedNeighbour, GivenSet
from .links import Connection, connect, private_key

#: How often following is tried where another process is at it.
_TRIES = 5


def reconcile(neighbour: Neighbour, *, at_clock: Callable[[], datetime]) -> Reconciled:
    """Claim what is held of a neighbour's records and mend what differs, at most three rounds; it is written down.

    Raises:
        MirrorError: what is not proved, or the neighbour does not answer or refuses.
        ExchangeError: federation.token.
        RegistryError: foreign.item.
    """
    connection = connect(neighbour)
    try:
        mending = _Mending(neighbour, connection, at_clock)
        reconciler = Reconciler(
            platform=connection,
            store=FollowedNeighbour(neighbour),
            held=mending.held,
            private_key=private_key(),
            clock=at_clock,
            refresh=mending.refresh,
            apply=mending.apply,
            drop=mending.drop,
        )
        found = reconciler.run(
            follow=lambda: _follow(neighbour, at_clock=at_clock),
            answer=lambda: answer(mending.neighbour(), connection, at_clock()),
        )
    finally:
        connection.close()
    note(neighbour, found.as_object(), at=at_clock())
    return found


def _follow(neighbour: Neighbour, *, at_clock: Callable[[], datetime]) -> None:
    """Follow the neighbour to its end; where another process does the same at this moment, after it."""
    for left in reversed(range(_TRIES)):
        try:
            follow(Neighbour.objects.get(pk=neighbour.pk), at_clock=at_clock)
            return
        except MirrorError as error:
            if error.code != "store.busy" or not left:
                raise


def note(neighbour: Neighbour, what: dict[str, Any], *, at: datetime) -> None:
    """Write down what reconciling with a neighbour came to."""
    Neighbour.objects.filter(pk=neighbour.pk).update(reconciled_at=at, reconciled=what)


class _Mending:
    """Holds and drops what was named, each inside the reconciler's transaction."""

    def __init__(
        self, neighbour: Neighbour, connection: Connection, at_clock: Callable[[], datetime]
    ) -> None:
        self._pk, self._connection, self._at_clock = neighbour.pk, connection, at_clock
        self.held = GivenSet(neighbour)

    def neighbour(self) -> Neighbour:
        """The neighbour as it stands now."""
        return Neighbour.objects.get(pk=self._pk)

    def refresh(self, state: State) -> None:
        Neighbour.objects.filter(pk=self._pk).update(agreements=self._connection.in_force())

    def apply(self, change: Change, state: State) -> str:
        assert state.checkpoint is not None, "what is mended was proved under it"
        neighbour = self.neighbour()
        take_over(
            neighbour,
            [change],
            agreements=neighbour.agreements,
            checkpoint_size=state.checkpoint.size,
            at=self._at_clock(),
        )
        self.held.forget()
        return "removed" if change.record is None else "added"

    def drop(self, record: str, state: State) -> int:
        self.held.forget()
        return foreign.drop(uuid.UUID(record), neighbour=self.neighbour(), at=self._at_clock())
