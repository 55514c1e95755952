"""Where a mirror stands: how far it is, what it owes, and what is amiss. Read from the store by whoever asks.

The mirror that follows leaves word in its store: of each round that came to its end (at most twice a minute), of what
stopped or alarmed it and since when, and of its last reconciliation. So another process can tell, also after it died.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import orjson

from .agreed import Agreed, parse, standing_of
from .errors import STATUSES, MirrorError
from .file_sets import applied
from .keeper import day_of
from .reconcile import Reconciled
from .store import Store

#: How long a mirror may go without a whole round before it counts as late.
LATE_AFTER: Final = timedelta(minutes=10)
#: The exit status of a mirror that is late, and of one whose last reconciliation did not come out equal.
LATE: Final = 6
DIFFERS: Final = 7

_ROUND, _FAULT, _RECONCILED = "round", "fault", "reconciled"
_ROUND_EVERY: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Fault:
    """What stopped or alarmed the mirror last, and since when; gone with the first round that is whole again.

    Or what is amiss with its agreements, of which nobody noted when it began.
    """

    code: str
    place: str
    since: datetime | None

    def error(self) -> MirrorError:
        """As the error that it was."""
        return MirrorError(self.code, place=self.place)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a mirror stands at an instant.

    ``position``: up to which all is applied. ``size``: of the log as it was verified. ``behind``: positions of the
    platform's log that are not applied, None where the platform was not asked. ``held``: records. ``files``: of each
    agreement that brings files the instant and position of the last set, None before the first, and whether it is
    older than the freshness that was agreed. ``round_at``: when the last whole round ended. ``receipts_owed``: to be
    sent; ``receipts_waiting``: somebody has still to be told. ``reconciled``: what the last reconciliation
    came to, with ``at``.
    """

    at: datetime
    platform: str
    subscriber: str
    position: int
    size: int
    witnessed: int
    behind: int | None
    held: int
    round_at: datetime | None
    agreements: tuple[dict[str, str | None], ...]
    files: tuple[dict[str, Any], ...]
    receipts_owed: int
    receipts_waiting: int
    reconciled: dict[str, Any] | None
    fault: Fault | None
    late_after: timedelta

    @property
    def is_late(self) -> bool:
        """Whether the last whole round is too long ago, or the last files are older than was agreed."""
        late = self.round_at is None or self.at - self.round_at > self.late_after
        return late or any(one["stale"] for one in self.files)

    @property
    def exit_status(self) -> int:
        """For a monitor: 0 well; 1 stopped; 3, 4, 5, 8 the alarms; 6 late; 7 not reconciled."""
        fault = self.fault
        if fault and (fault.code in STATUSES or not fault.error().passing):
            return fault.error().exit_status
        if self.is_late:
            return LATE
        if self.reconciled and self.reconciled["result"] not in ("equal", "nothing"):
            return DIFFERS
        return 0

    def as_object(self) -> dict[str, Any]:
        """As JSON."""
        told = asdict(self)
        del told["late_after"]
        fault = self.fault and self.fault.error()
        if fault and self.fault:
            told["fault"] = asdict(self.fault) | {"en": fault.en, "zh": fault.zh}
            told["fault"] |= {"remedy": fault.remedy, "remedy_zh": fault.remedy_zh}
        return told | {"late": self.is_late, "well": self.exit_status == 0, "exit_status": self.exit_status}

    def lines(self) -> list[str]:
        """As lines to read."""
        behind = "" if self.behind is None else f", {self.behind} behind the platform"
        witnessed = f", witnessed up to {self.witnessed}" if self.witnessed else ""
        ago = (
            "never"
            if self.round_at is None
            else f"{int((self.at - self.round_at).total_seconds())} seconds ago"
        )
        said = self.reconciled
        lines = [
            f"platform: {self.platform or 'none yet'}",
            f"position {self.position} of a verified log of {self.size}{behind}{witnessed}",
            f"{self.held} records held",
            f"last whole round: {ago}{' (late)' if self.is_late else ''}",
            f"receipts: {self.receipts_owed} to send, {self.receipts_waiting} wait until somebody is told",
            f"last reconciliation: {said['result']}, at {said['at']}"
            if said
            else "last reconciliation: none yet",
            *(
                f"agreement {one['agreement']}: {one['state']}, version {one['version']}"
                for one in self.agreements
            ),
            *(
                f"files of {one['agreement']}: "
                + (f"of {one['instant']}, at position {one['position']}" if one["instant"] else "none yet")
                + (" (stale)" if one["stale"] else "")
                for one in self.files
            ),
        ]
        if self.fault:
            since = f" since {self.fault.since.isoformat(timespec='seconds')}" if self.fault.since else ""
            lines.append(f"amiss{since}: {self.fault.error()}")
        return lines


def standing(
    store: Store, *, at: datetime, late_after: timedelta = LATE_AFTER, platform_size: int | None = None
) -> Standing:
    """Read where a mirror stands.

    Args:
        at: the instant. late_after: how long it may go without a whole round.
        platform_size: of the platform's log now, where it was asked.
    """
    state, round_at, said = store.state(), store.mark(_ROUND), store.mark(_RECONCILED)
    witnessed, (owed, waiting) = store.witnessed(), store.unsent()
    position = state.tree.size if state else 0
    agreements = [parse(kept.answer) for kept in store.agreements()]
    return Standing(
        at=at,
        platform=state.platform if state else "",
        subscriber=state.subscriber if state else "",
        position=position,
        size=state.checkpoint.size if state and state.checkpoint else 0,
        witnessed=witnessed.size if witnessed else 0,
        behind=None if platform_size is None else max(0, platform_size - position),
        held=store.count(),
        round_at=datetime.fromisoformat(round_at) if round_at else None,
        agreements=tuple(
            {
                "agreement": one.reference,
                "state": one.state,
                "version": one.version,
                "until": _until(one.ended_on),
            }
            for one in agreements
        ),
        files=tuple(
            _files(store, one, at)
            for one in agreements
            if one.opens("file") and one.state == "in_force" and one.lasts(day_of(at))
        ),
        receipts_owed=owed,
        receipts_waiting=waiting,
        reconciled=orjson.loads(said) if said else None,
        fault=_fault(store) or (_of_agreements(agreements, at) if state else None),
        late_after=late_after,
    )


class Word:
    """What a mirror leaves word of in its store."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def whole(self) -> None:
        """A round came to its end and nothing is amiss."""
        self.ended()
        if self._store.mark(_FAULT):
            self._store.set_mark(_FAULT, "")

    def ended(self) -> None:
        """A round came to its end."""
        now, before = self._clock(), self._store.mark(_ROUND)
        if not before or abs(now - datetime.fromisoformat(before)) >= _ROUND_EVERY:
            self._store.set_mark(_ROUND, now.astimezone(UTC).isoformat(timespec="seconds"))

    def amiss(self, error: MirrorError) -> None:
        """Something stopped or alarmed the mirror. What is amiss with the store itself cannot be left there."""
        before = _fault(self._store) if not error.code.startswith("store.") else None
        if error.code.startswith("store.") or (
            before and (before.code, before.place) == (error.code, error.place)
        ):
            return
        since = before.since if before and before.code == error.code else self._clock()
        told = {"code": error.code, "place": error.place, "since": since.astimezone(UTC).isoformat()}
        self._store.set_mark(_FAULT, orjson.dumps(told).decode())

    def reconciled(self, found: Reconciled) -> None:
        """A reconciliation came to its end."""
        told = found.as_object() | {"at": self._clock().astimezone(UTC).isoformat(timespec="seconds")}
        self._store.set_mark(_RECONCILED, orjson.dumps(told).decode())


def _fault(store: Store) -> Fault | None:
    text = store.mark(_FAULT)
    if not text:
        return None
    said = orjson.loads(text)
    return Fault(said["code"], said["place"], datetime.fromisoformat(said["since"]))


def _of_agreements(agreements: list[Agreed], at: datetime) -> Fault | None:
    found = standing_of(agreements, day_of(at))
    return None if found is None else Fault(found.code, found.place, None)


def _files(store: Store, agreement: Agreed, at: datetime) -> dict[str, Any]:
    last, fresh = applied(store, agreement.reference), agreement.level("freshness")
    return {
        "agreement": agreement.reference,
        "instant": last and last.instant.isoformat(),
        "position": last and last.position,
        "stale": last is not None and fresh is not None and at - last.instant > fresh,
    }


def _until(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
