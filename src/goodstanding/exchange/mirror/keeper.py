"""What is held: put, replaced and dropped, one transaction a page, each told to the adopter inside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Literal

from goodstanding import proof
from goodstanding.proof import Receipt

from .agreed import Agreed, covers
from .doors import Doors, under
from .page import Change
from .store import Holding, State, Store

Because = Literal["feed", "date", "agreement", "file", "read"]
_CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Changed:
    """What has just become of a record in the mirror.

    ``because``: ``feed`` (an event at ``position``), ``file`` or ``read`` (it came so, by the event at ``position``),
    ``date`` (its publication is over), ``agreement`` (no agreement covers it any more); for the latter two, and where
    it was dropped because the files have it no more, ``position`` is where the mirror stands. ``document`` is None
    where the record was dropped. ``onward``: to whom it had been passed on; they have to be told.
    """

    what: Literal["put", "replaced", "dropped"]
    record: str
    position: int
    because: Because
    document: dict[str, Any] | None
    onward: tuple[str, ...]


#: Called with each change and the store's DB-API connection, inside the transaction.
OnChange = Callable[[Changed, Any], None]


def day_of(at: datetime) -> date:
    """The day in China at an instant."""
    return at.astimezone(_CHINA).date()


class Keeper:
    """Applies proved changes to a store."""

    def __init__(
        self,
        store: Store,
        *,
        private_key: bytes,
        clock: Callable[[], datetime],
        on_change: OnChange | None,
    ) -> None:
        self._store = store
        self._private_key = private_key
        self._clock = clock
        self._on_change = on_change
        self.doors = Doors(store)

    def today(self) -> date:
        """The day in China."""
        return day_of(self._clock())

    def apply(self, change: Change, *, state: State, agreements: Sequence[Agreed]) -> str:
        """Apply a change inside the caller's transaction. Returns what to count it as."""
        if change.record is None:
            return self._remove(change, state)
        if not covers(agreements, change.record):
            self._drop(change.record_id, position=change.position, because="agreement")
            return "outside"
        return self._put(change, because="feed")

    def take_beside(
        self, change: Change, *, door: str, seen: str, agreements: Sequence[Agreed], removed_at: int
    ) -> str:
        """Hold a record that came through another door than the feed, inside the caller's transaction.

        What is known to be newer stays: a removal, another state, and of the same state the document that has more.

        Args:
            door, seen: through which it came, and when. agreements: those of that door.
            removed_at: the position of its last removal that is known, 0 where none is.

        Returns:
            What to count it as: ``added``, ``updated``, ``known``, ``outside``, or ``older`` where it is gone again.
        """
        document = change.record
        assert document is not None
        last = document["publish_until"]
        if removed_at > change.position or (last is not None and date.fromisoformat(last) <= self.today()):
            return "older"
        if not covers(agreements, document):
            return "outside"
        self.doors.came(change.record_id, door, seen=seen)
        held = self._store.holding(change.record_id)
        if held is not None and held.document is not None:
            less = bool(document.get("narrowed")) and not held.document.get("narrowed")
            same = held.position == change.position and (less or held.document == document)
            if held.position > change.position or same:
                return "known"
        return self._put(change, because="read" if door == "api" else "file")

    def drop_unseen(self, door: str, *, seen: str, lasting: Sequence[Agreed], position: int) -> int:
        """Drop what came through a door, is there no more, and came no other way. Returns how many went.

        Of what has ended by date the event stays until its removal comes, as of all that was held.
        """
        gone, feed = 0, under(lasting, "feed")
        for record in list(self.doors.unseen(door, seen=seen)):
            holding = self._store.holding(record)
            if holding is not None and holding.document is None:
                continue
            self.doors.left(record, door)
            if holding is not None and not self._may_hold(holding, lasting, feed):
                gone += self._drop(record, position=position, because="file")
        return gone

    def end_by_date(self) -> int:
        """Delete the documents of records whose last day has passed. Returns how many."""
        with self._store.transaction():
            ended = self._store.end(today=self.today())
            state = self._store.state() if ended else None
            for record in ended:
                onward = self._store.onward(record)
                self._tell(Changed("dropped", record, state.tree.size if state else 0, "date", None, onward))
        if ended:
            self._store.forget_traces()
        return len(ended)

    def keep_within(self, agreements: Sequence[Agreed], *, position: int) -> Iterator[Holding]:
        """Drop whatever no agreement covers, inside the caller's transaction. Gives what was dropped."""
        feed = under(agreements, "feed")
        for holding in self._store.holdings(ended=True):
            if not self._may_hold(holding, agreements, feed):
                self._drop(holding.record, position=position, because="agreement")
                yield holding

    def drop(self, record: str, *, state: State) -> int:
        """Drop a record that must not be held any more, inside the caller's transaction. How many copies went."""
        return self._drop(record, position=state.tree.size, because="agreement")

    def _put(self, change: Change, *, because: Because) -> str:
        assert change.record is not None
        holding = Holding(
            change.record_id,
            change.position,
            change.record["version"],
            change.record,
            change.salt,
            change.event,
        )
        fresh = self._store.put(holding)
        what: Literal["put", "replaced"] = "put" if fresh else "replaced"
        onward = () if fresh else self._store.onward(holding.record)
        self._tell(Changed(what, holding.record, holding.position, because, holding.document, onward))
        return "added" if fresh else "updated"

    def _may_hold(self, holding: Holding, agreements: Sequence[Agreed], feed: Sequence[Agreed]) -> bool:
        """Whether agreements, of which ``feed`` are those with the feed, let it be held by a way by which it came."""
        if _within(feed, holding):
            return True
        return any(_within(under(agreements, door), holding) for door, _ in self.doors.of(holding.record))

    def _remove(self, change: Change, state: State) -> str:
        onward = self._store.onward(change.record_id)
        removed = self._drop(change.record_id, position=change.position, because="feed")
        self._owe(change.position, change.record_id, removed=removed, onward=onward, state=state)
        return "dropped" if removed else "not_held"

    def answer_for(self, due: Sequence[tuple[int, str]], *, state: State) -> None:
        """Owe receipts for removals that lie before what a first load brought: their pages were never read here.

        Args:
            due: position and record of removals for which the platform waits.
            state: where the store stands. What it has answered for itself, and what it holds, is left out.
        """
        with self._store.transaction():
            for position, record in due:
                if position <= state.tree.size and not self._store.answered(position):
                    held = self._store.holding(record)
                    if held is None or held.position > position:
                        self._owe(position, record, removed=0, onward=(), state=state)

    def _owe(
        self, position: int, record: str, *, removed: int, onward: tuple[str, ...], state: State
    ) -> None:
        """Sign a receipt. It says that all of ``onward`` were told; the store does not give it out before they are."""
        assert state.checkpoint is not None
        receipt = Receipt(
            subscriber=state.subscriber,
            position=position,
            record=record,
            action="dropped" if removed else "not_held",
            removed=removed,
            onward=onward,
            applied_at=self._clock().astimezone(UTC).isoformat(timespec="microseconds"),
            checkpoint_size=state.checkpoint.size,
        )
        signed = proof.sign_receipt(receipt, private_key=self._private_key)
        self._store.owe(position=position, record=record, signed=signed.to_json())

    def _drop(self, record: str, *, position: int, because: Because) -> int:
        onward = self._store.onward(record)
        removed = self._store.drop(record)
        if removed:
            self.doors.left(record)
        if onward:
            self._store.recall(record=record, position=position)
        if removed:
            self._tell(Changed("dropped", record, position, because, None, onward))
        return removed

    def _tell(self, changed: Changed) -> None:
        if self._on_change:
            self._on_change(changed, self._store.connection)


def _within(agreements: Sequence[Agreed], holding: Holding) -> bool:
    """Whether agreements cover what is held of a record."""
    if holding.document is not None:
        return covers(agreements, holding.document)
    # What has ended by date has no content left; its event says the kind.
    kind = holding.event["record_kind"]
    return any(one.names(kind=kind, item=None, division=None) for one in agreements)
