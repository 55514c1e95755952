"""The propagation board of one record: for each recipient that could have got it, how far its removal has come; before
that, how far its last correction has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Literal

from goodstanding.law.calendar import WorkingCalendar
from goodstanding.registry.models import Record

from . import feed
from .correction_board import Correction, Taken, last_correction
from .deadlines import last_day, working_days_late
from .happened import REMOVALS, events_of
from .models import (
    AwaitedCorrection,
    AwaitedReceipt,
    ProbeFinding,
    Receipt,
    SetDifference,
    Subscriber,
    Suspension,
)
from .probes import still_shown
from .queries import Holder, Onward, holders

#: ``gone`` and ``never_held`` are shown by a signed receipt; ``kept``: reconciliation found that it still has it,
#: whatever its receipt says; ``confirmed``: it says it has applied the removal, the receipt is missing; ``told``: a
#: push announced it; ``waiting``: it is on the feed. While nothing was removed a recipient ``holds`` the record, or
#: has ``not_fetched`` it; after a correction it has shown that it has the newer content (``corrected``), or not yet.
State = Literal["gone", "never_held", "kept", "confirmed", "told", "waiting", "holds", "not_fetched", Taken]
ANSWERED: tuple[State, ...] = ("gone", "never_held")
#: States in which the removal is still to be shown, furthest from it first.
OPEN: tuple[State, ...] = ("kept", "holds", "waiting", "told", "confirmed")


@dataclass(frozen=True, slots=True)
class Line:
    """One recipient. ``came`` is its receipt or the row of the awaited one; None where nothing was removed yet.
    ``correction``: what is kept while it has not shown that it has the newer content of a record that was corrected.
    ``onward``: to whom it says that it had passed the record on. ``difference``: what reconciliation found with it,
    ``contradicted``: the receipt that this shows not to be true.

    ``days_late``: working days past the last day, None where it is not late or the calendar does not say.
    ``suspension``: the open one of the recipient. ``suspension_on``: the day after which its suspension is proposed, or
    by its agreement done, if it stays silent. ``shown``: where it still shows the removed record to the public.
    """

    subscriber: Subscriber
    state: State
    since: datetime | None
    came: Receipt | AwaitedReceipt | None
    correction: AwaitedCorrection | None
    late: bool
    days_late: int | None
    suspension: Suspension | None
    suspension_on: date | None
    onward: tuple[Onward, ...]
    shown: tuple[ProbeFinding, ...]
    difference: SetDifference | None
    contradicted: Receipt | None

    @property
    def receipt(self) -> Receipt | None:
        """Its receipt, where it is here."""
        return self.came if isinstance(self.came, Receipt) else None

    @property
    def awaited(self) -> AwaitedReceipt | None:
        """What is kept of the removal while its receipt is awaited."""
        return self.came if isinstance(self.came, AwaitedReceipt) else None

    @property
    def answered_at(self) -> datetime | None:
        """When its receipt was taken."""
        return self.receipt.received_at if self.receipt else None


@dataclass(frozen=True)
class Board:
    """All recipients of a record, those that are late first. ``off``: whether it may no longer be held; as long as it
    may, ``corrected_at``: when it was corrected last.
    """

    record: Record
    on: date
    off: bool
    removed_at: datetime | None
    corrected_at: datetime | None
    lines: tuple[Line, ...]

    @cached_property
    def answered(self) -> int:
        """How many have shown that it is gone, or that they never had it."""
        return sum(line.state in ANSWERED for line in self.lines)

    @cached_property
    def corrected(self) -> int:
        """How many have shown that they have the newer content."""
        return sum(line.state == "corrected" for line in self.lines)

    @cached_property
    def not_corrected(self) -> int:
        """How many have not."""
        return sum(line.state == "not_corrected" for line in self.lines)

    @cached_property
    def late(self) -> tuple[Line, ...]:
        """Those that have not answered a removal, or taken over a correction, by their last day."""
        return tuple(line for line in self.lines if line.late)

    @cached_property
    def kept(self) -> tuple[Line, ...]:
        """Those that reconciliation found to keep it after it was removed."""
        return tuple(line for line in self.lines if line.state == "kept")

    @property
    def shown(self) -> tuple[Line, ...]:
        """Those that were seen to show it still."""
        return tuple(line for line in self.lines if line.shown)

    @property
    def waiting(self) -> int:
        """How many are to answer and have still time."""
        return len(self.lines) - self.answered - len(self.late)


def board(record: Record, *, on: date, calendar: WorkingCalendar, propose_after: int | None) -> Board:
    """The propagation board of a record on a day. Who may read it is decided by the caller.

    Args:
        record: the record. on: the day. calendar: of the working days that are counted.
        propose_after: see ``staying_behind.escalate``.
    """
    events = events_of(record.pk)
    off = not feed.publishable(record, on=on)
    removals = [event for event in events if event.kind in REMOVALS] if off else []
    shown = max((event.position for event in events if event.publishes), default=0)
    came = _came(record, since=shown)
    open_suspensions = {each.subscriber_id: each for each in Suspension.objects.filter(ended_at=None)}
    shown_by = still_shown(record=record) if off else {}
    correction = None if off else last_correction(record, events)
    lines = [
        _line(
            holder,
            came.get(holder.subscriber.pk),
            off=off,
            on=on,
            calendar=calendar,
            propose_after=propose_after,
            suspension=open_suspensions.get(holder.subscriber.pk),
            shown=tuple(shown_by.get(holder.subscriber.pk, ())),
            correction=correction,
        )
        for holder in holders(record, on)
        if holder.state != "out_of_scope" or holder.subscriber.pk in came
    ]
    order = ("not_corrected", *OPEN, "corrected", "not_fetched", *ANSWERED)
    lines.sort(key=lambda line: (not line.late, order.index(line.state), line.subscriber.name_zh))
    removed_at = removals[-1].at if removals else None
    corrected_at = correction.at if correction else None
    return Board(record, on, off, removed_at, corrected_at, tuple(lines))


def _came(record: Record, *, since: int) -> dict[int, Receipt | AwaitedReceipt]:
    """What there is of the removals after the record was last published, by subscriber: a receipt before all else,
    unless it is awaited again.
    """
    found: dict[int, Receipt | AwaitedReceipt] = {}
    for row in AwaitedReceipt.objects.filter(record=record, position__gte=since).order_by("position"):
        found[row.subscriber_id] = row
    receipts = Receipt.objects.filter(record=record, removal_position__gte=since)
    for receipt in receipts.order_by("-removal_position", "-pk"):
        known = found.get(receipt.subscriber_id)
        if isinstance(known, AwaitedReceipt) and known.found_kept_by_id is not None:
            continue
        if not isinstance(known, Receipt) or known.action != Receipt.Action.DROPPED:
            found[receipt.subscriber_id] = receipt
    return found


def _line(
    holder: Holder,
    came: Receipt | AwaitedReceipt | None,
    *,
    off: bool,
    on: date,
    calendar: WorkingCalendar,
    propose_after: int | None,
    suspension: Suspension | None,
    shown: tuple[ProbeFinding, ...],
    correction: Correction | None,
) -> Line:
    awaited = came if isinstance(came, AwaitedReceipt) else None
    to_correct = correction.rows.get(holder.subscriber.pk) if correction else None
    taken = correction.state_of(holder, on=on) if correction else None
    state = taken or _state(holder, came, off=off)
    due_on = to_correct.due_on if to_correct else awaited.due_on if awaited else None
    late = state not in ANSWERED and due_on is not None and due_on < on
    days_late = working_days_late(due_on, on, calendar=calendar) if late and due_on else None
    suspension_on = None
    if awaited is not None and awaited.due_on is not None:
        suspension_on = awaited.suspend_after
        if suspension_on is None and propose_after:
            suspension_on = last_day(awaited.due_on, propose_after, calendar=calendar)
    return Line(
        subscriber=holder.subscriber,
        state=state,
        since=holder.since,
        came=came,
        correction=to_correct,
        late=late,
        days_late=days_late,
        suspension=suspension,
        suspension_on=suspension_on,
        onward=holder.onward,
        shown=shown,
        difference=holder.difference,
        contradicted=holder.contradicted,
    )


def _state(holder: Holder, came: Receipt | AwaitedReceipt | None, *, off: bool) -> State:
    if off and holder.difference is not None and holder.difference.kind == SetDifference.Kind.KEPT:
        return "kept"
    if isinstance(came, Receipt):
        return "gone" if came.action == Receipt.Action.DROPPED else "never_held"
    if holder.state == "dropped":  # by the statement that it has deleted everything
        return "gone"
    if came is not None:
        return "confirmed" if came.confirmed_at else "told" if came.told_at else "waiting"
    if off:  # not on the feed yet, or its publication ended by itself today
        return "waiting"
    return "holds" if holder.state == "holds" else "not_fetched"
