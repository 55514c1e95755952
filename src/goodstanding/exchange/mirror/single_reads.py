"""Single reads: one organisation or one record under an agreement with the method ``api``, proved and kept.

The platform remembers what it gave before it answers, and tells of the removal of exactly that on the feed; so what is
read is kept here at once, and goes by the feed like all else. What was only corrected is not told of: reading it anew
brings its present state, and so does reconciling.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from goodstanding.proof import Checkpoint, VerifierKey

from . import page
from .doors import READ
from .duties import Duties
from .errors import MirrorError
from .held_set import HeldSet
from .keeper import Keeper
from .page import Change, from_base64
from .platform import Platform
from .store import State, Store
from .witnesses import one_history

#: Seconds that a read waits for the platform to seal what it gave.
PATIENCE: Final = 60.0
#: That a record may be held and cannot be read anew today.
_LATER: Final = frozenset({"read.too_soon", "platform.refused"})


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: the records kept, those gone again or outside every agreement, and for what they may be used."""

    about: str
    kept: tuple[str, ...]
    passed_over: tuple[str, ...]
    purposes: tuple[str, ...]


@dataclass(slots=True)
class SingleReads:
    """Reads for one store. It does not follow the feed: another program may do so meanwhile.

    ``stale``: records that were read and are known to stand otherwise now.
    """

    platform: Platform
    store: Store
    keeper: Keeper
    duties: Duties
    held: HeldSet
    clock: Callable[[], datetime]
    stale: set[str] = field(default_factory=set)

    def read(self, *path: str, state: State, patience: float = PATIENCE) -> Read:
        """Read ``entities``, a scheme and a code, or ``records`` and an id; prove what comes, and keep it.

        Args:
            state: whom the store follows and how far. patience: seconds to wait until what was read is sealed.

        Raises:
            MirrorError: read.unknown, read.unsealed, what is not proved, or the platform refuses; ReadTooSoon.
        """
        answer = self.platform.read_agreed(*path)
        if (answer.get("origin"), answer.get("subscriber")) != (state.origin, state.subscriber):
            place = f"{answer.get('origin')} for {answer.get('subscriber')}, store of {state.origin}"
            raise MirrorError("store.foreign", place=place)
        try:
            entries, agreements = list(answer["records"]), list(answer["agreements"])
            purposes = tuple(str(each["purpose"]) for each in agreements)
            last = max((int(entry["position"]) for entry in entries), default=0)
        except (KeyError, TypeError, ValueError) as error:
            raise MirrorError("platform.answer", place=f"/agreed: {error!r}") from error
        checkpoint = self._checkpoint_over(last, state, patience)
        changes = [self._proved(entry, checkpoint) for entry in entries]
        kept = self._keep(changes, state)
        gone = tuple(one.record_id for one in changes if one.record_id not in kept)
        return Read("/".join(path), kept, gone, purposes)

    def read_anew(self, state: State) -> None:
        """Read what is stale once more, and drop what is there no more.

        What was read too lately stays as it is until the next time, and so does what is suspended.

        Raises:
            MirrorError: as ``read``.
        """
        for record in sorted(self.stale):
            try:
                self.read("records", record, state=state)
            except MirrorError as error:
                if error.code == "read.unknown":
                    with self.store.transaction():
                        self.keeper.drop(record, state=state)
                        self.held.fold()
                elif error.code not in _LATER:
                    raise
        self.stale.clear()

    def _keep(self, changes: list[Change], state: State) -> tuple[str, ...]:
        documents = [change.record for change in changes if change.record is not None]
        agreements = self.duties.lasting_for(documents, state=state, door="api")
        seen, kept = self.clock().astimezone(UTC).isoformat(timespec="seconds"), []
        with self.store.transaction():
            for change in changes:
                did = self.keeper.take_beside(
                    change,
                    door=READ,
                    seen=seen,
                    agreements=agreements,
                    removed_at=self.keeper.doors.removed_at(change.record_id),
                )
                if did in ("added", "updated", "known"):
                    kept.append(change.record_id)
            self.held.fold()
        return tuple(kept)

    def _proved(self, entry: dict[str, Any], checkpoint: Checkpoint) -> Change:
        position = int(entry["position"])
        way = self.platform.inclusion(position=position, size=checkpoint.size)
        hashes = [from_base64(one, f"position {position}") for one in way]
        change = page.prove_entry(entry, hashes=hashes, checkpoint=checkpoint)
        if change.record is None:
            raise MirrorError("feed.entry", place=f"position {position}: a removal was given to be read")
        return change

    def _checkpoint_over(self, position: int, state: State, patience: float) -> Checkpoint:
        """A checkpoint that covers a position: the one followed last, or a later one on one line with it."""
        ours, key, deadline = state.checkpoint, VerifierKey.decode(state.key), time.monotonic() + patience
        if ours is None:
            raise MirrorError("read.unsealed", place=f"position {position}: nothing is sealed")
        while ours.size < position:
            note = self.platform.feed(after=state.tree.size, limit=1, wait=0).get("checkpoint")
            found = page.signed_checkpoint(str(note), key=key, origin=state.origin)
            if not one_history(found, ours, platform=self.platform):
                raise MirrorError("log.split", place=f"{found.size} and {ours.size} leaves")
            if found.size >= position:
                return found
            if time.monotonic() >= deadline:
                raise MirrorError("read.unsealed", place=f"position {position} of {found.size}")
            time.sleep(min(1.0, patience))
        return ours
