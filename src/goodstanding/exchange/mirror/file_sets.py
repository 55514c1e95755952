"""Files of agreements: where one opens files and no feed, its newest set is all that may be held under it.

Removals come on the feed, whatever came by files. A set is fetched once for each instant of the agreement's frequency,
proved row by row up to a checkpoint that is on one line with the verified log, and applied in one transaction: what is
in it is held, what earlier sets had and it has no more is dropped, and a removal that is known and came after a row's
state stands. A set older than the one applied before is refused. It needs ``pyarrow``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from goodstanding.proof import Checkpoint, VerifierKey

from . import page
from .agreed import Agreed
from .doors import files_of
from .duties import Duties
from .errors import MirrorError
from .held_set import HeldSet
from .keeper import Keeper
from .page import Change
from .platform import Platform
from .progress import Fetched
from .snapshot import File, bring, change_in, forget, readable, rows, unwritable
from .store import State, Store
from .witnesses import one_history

#: How often a list is read anew when records were taken out of its files meanwhile.
_TRIES: Final = 10
_HASH: Final = 32


@dataclass(frozen=True, slots=True)
class FileSet:
    """What there was to have under an agreement at an instant: the files, and the checkpoint that proves their rows."""

    instant: datetime
    made_at: datetime
    origin: str
    position: int
    checkpoint: str
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """The set of an agreement that was applied last, under which version. ``again``: it has to be fetched once more."""

    instant: datetime
    made_at: datetime
    position: int
    digest: str
    again: bool = False


def applied(store: Store, reference: str) -> Applied | None:
    """The set of an agreement that a store has applied last."""
    text = store.mark(f"files {reference}")
    if not text:
        return None
    said = orjson.loads(text)
    said |= {name: datetime.fromisoformat(said[name]) for name in ("instant", "made_at")}
    return Applied(**said)


def note_applied(store: Store, reference: str, one: Applied) -> None:
    """Remember the set of an agreement that was applied last."""
    store.set_mark(f"files {reference}", orjson.dumps(one).decode())


def offered(platform: Platform, reference: str) -> list[FileSet]:
    """The sets that may be fetched under an agreement, the newest first."""
    path = f"/agreements/{reference}/files"
    with readable(path):
        found = [
            FileSet(
                datetime.fromisoformat(each["instant"]),
                datetime.fromisoformat(each["made_at"]),
                str(each["origin"]),
                int(each["position"]),
                str(each["checkpoint"]),
                tuple(File("records", str(f["sha256"]), int(f["bytes"]), None) for f in each["files"]),
            )
            for each in platform.file_sets(reference)
        ]
        return sorted(found, key=lambda one: one.made_at, reverse=True)


def fetch(
    platform: Platform, reference: str, folder: Path, *, wanted: Callable[[FileSet], bool]
) -> FileSet | None:
    """Bring the files of the newest set of an agreement into a folder, each under its SHA-256.

    Args:
        folder: made if need be, readable by its owner only; what is in it and not of the set is deleted.
        wanted: whether the newest set is to be fetched.

    Returns:
        What was fetched; None where nothing is wanted, or records are being taken out of the files.

    Raises:
        MirrorError: the platform refuses or cannot be reached; store.full, store.unwritable.
    """
    for _ in range(_TRIES):
        found = next(iter(offered(platform, reference)), None)
        if found is None or not wanted(found):
            return None
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            names = [file.sha256 for file in found.files]
            if bring(lambda name: platform.agreement_file(reference, name), folder, names):
                return found
        except OSError as error:
            raise unwritable(error) from error
    return None


class FileSets:
    """Keeps one store at the newest sets of the agreements that give files and no feed."""

    def __init__(
        self,
        platform: Platform,
        store: Store,
        keeper: Keeper,
        duties: Duties,
        held: HeldSet,
        *,
        clock: Callable[[], datetime],
        every: float,
    ) -> None:
        """``every``: seconds between two looks for a set."""
        self._platform = platform
        self._store = store
        self._keeper = keeper
        self._duties = duties
        self._held = held
        self._clock = clock
        self._every = every
        self._asked: dict[str, float] = {}
        self._faults: dict[str, MirrorError] = {}

    def settle(self, state: State, *, folder: Path) -> tuple[list[Fetched], MirrorError | None]:
        """Fetch and apply what is due.

        Args:
            folder: where files lie until they are applied; what a killed mirror left there is deleted.

        Returns:
            What was applied, and the first fault that is still there; it holds nothing else up.

        Raises:
            MirrorError: log.split, the files are of another history; store.foreign, or another fault of the store.
        """
        forget(folder)
        done = []
        lasting = [one for one in self._duties.lasting() if one.opens("file") and one.state == "in_force"]
        for agreement in lasting:
            if not self._is_due(agreement):
                continue
            self._asked[agreement.reference] = time.monotonic()
            self._faults.pop(agreement.reference, None)
            try:
                fetched = self._fetched(agreement, state, folder)
            except MirrorError as error:
                if error.code.startswith(("log.", "store.")):
                    raise
                self._faults[agreement.reference] = error
                continue
            if fetched:
                done.append(fetched)
        named = {one.reference for one in lasting}
        return done, next((fault for one, fault in self._faults.items() if one in named), None)

    def position(self, state: State) -> int | None:
        """Up to where the store holds all that it must, by feed and files; None before the first files of a version."""
        positions = [state.tree.size]
        for agreement in self._duties.lasting():
            if agreement.opens("file") and agreement.state == "in_force":
                last = applied(self._store, agreement.reference)
                if last is None or last.digest != agreement.digest.hex():
                    return None
                positions.append(last.position)
        return min(positions)

    def fetch_again(self) -> None:
        """Have the newest sets fetched once more: something of them is missing here."""
        for agreement in self._duties.lasting():
            last = applied(self._store, agreement.reference)
            if agreement.opens("file") and last is not None:
                note_applied(self._store, agreement.reference, replace(last, again=True))
                self._asked.pop(agreement.reference, None)

    def _is_due(self, agreement: Agreed) -> bool:
        asked = self._asked.get(agreement.reference)
        if asked is not None and time.monotonic() - asked < self._every:
            return False
        last = applied(self._store, agreement.reference)
        if last is None or last.again or last.digest != agreement.digest.hex():
            return True
        return self._clock() >= last.instant + (agreement.level("frequency") or timedelta(0))

    def _fetched(self, agreement: Agreed, state: State, folder: Path) -> Fetched | None:
        try:
            import pyarrow  # type: ignore[import-untyped]  # noqa: F401
        except ImportError as error:
            raise MirrorError("file.library", place=str(error)) from error
        try:
            found = fetch(
                self._platform,
                agreement.reference,
                folder,
                wanted=lambda one: self._is_wanted(one, agreement, state),
            )
            return self._apply(found, agreement, state, folder) if found else None
        finally:
            forget(folder)

    def _is_wanted(self, found: FileSet, agreement: Agreed, state: State) -> bool:
        """Whether a set is newer than what was applied, and the feed has been followed that far."""
        last = applied(self._store, agreement.reference)
        if last is not None:
            now, before = f"{found.made_at} at {found.position}", f"{last.made_at} at {last.position}"
            if found.made_at < last.made_at or found.position < last.position:
                raise MirrorError("file.older", place=f"{agreement.reference}: {now} after {before}")
            if found.made_at == last.made_at and not last.again:
                return False
        if found.position > state.tree.size:
            self._asked.pop(agreement.reference, None)  # the next round has followed further
            return False
        return True

    def _apply(self, found: FileSet, agreement: Agreed, state: State, folder: Path) -> Fetched:
        checkpoint = self._proved(found, agreement, state)
        # Another word each time it is applied, as the same set may have lost records since.
        seen, door = f"{found.made_at.isoformat()} {time.time_ns()}", files_of(agreement.reference)
        counts: dict[str, int] = {}
        with self._store.transaction():
            removed = self._keeper.doors.removed()
            for change in _changes(folder, found, checkpoint):
                did = self._keeper.take_beside(
                    change,
                    door=door,
                    seen=seen,
                    agreements=[agreement],
                    removed_at=removed.get(change.record_id, 0),
                )
                counts[did] = counts.get(did, 0) + 1
            left = self._keeper.drop_unseen(
                door, seen=seen, lasting=self._duties.lasting(), position=state.tree.size
            )
            digest = agreement.digest.hex()
            note_applied(
                self._store,
                agreement.reference,
                Applied(found.instant, found.made_at, found.position, digest),
            )
            self._held.fold()
        if left:
            self._store.forget_traces()
        return Fetched(
            agreement.reference,
            found.instant.isoformat(),
            found.position,
            records=sum(counts.get(name, 0) for name in ("added", "updated", "known")),
            left=left,
            **{name: counts.get(name, 0) for name in ("added", "updated", "outside", "older")},
        )

    def _proved(self, found: FileSet, agreement: Agreed, state: State) -> Checkpoint:
        """The checkpoint of a set, which is of the log that is followed and on one line with what was verified."""
        if found.origin != state.origin:
            raise MirrorError("store.foreign", place=f"files of {found.origin}, store of {state.origin}")
        key = VerifierKey.decode(state.key)
        checkpoint = page.signed_checkpoint(found.checkpoint, key=key, origin=state.origin)
        if checkpoint.size != found.position:
            raise MirrorError("feed.gap", place=f"files at {found.position} of {checkpoint.size}")
        if state.checkpoint is None or not one_history(checkpoint, state.checkpoint, platform=self._platform):
            raise MirrorError(
                "log.split", place=f"files of {agreement.reference} at {checkpoint.size} leaves"
            )
        return checkpoint


def _changes(folder: Path, found: FileSet, checkpoint: Checkpoint) -> Iterator[Change]:
    # What goes wrong where a change is taken does not pass through here.
    for file in found.files:
        with readable(file.sha256):
            for row in rows(folder, file):
                yield _proved_row(row, checkpoint)


def _proved_row(row: dict[str, Any], checkpoint: Checkpoint) -> Change:
    change, way = change_in(row, leaf=row["leaf_hash"]), row["inclusion"]
    hashes = [way[start : start + _HASH] for start in range(0, len(way), _HASH)]
    page.prove_leaf(row["leaf_hash"], position=change.position, hashes=hashes, checkpoint=checkpoint)
    return change
