"""Following the feed: fetch a page, prove it, apply it, answer for what went."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from goodstanding.proof import CompactRange, Policy, ProofError, VerifierKey

from .duties import Duties
from .errors import MirrorError
from .file_sets import FileSets
from .held_set import HeldSet
from .keeper import Keeper, OnChange
from .page import prove
from .platform import Platform
from .progress import Fetched, FromBeginning, Loaded, MirrorAlarm, Progress
from .reconcile import Reconciled
from .single_reads import SingleReads
from .snapshot import fetch, forget, take_in
from .standing import Word
from .store import State, Store, folder_beside, open_store
from .witnesses import CONTRADICTION, FOLLOWED, look

#: Positions from which on a new store loads the snapshot first; fewer are followed in some seconds.
SNAPSHOT_FROM = 20_000
#: What lets a new store follow from the beginning in place of the snapshot.
_NO_SNAPSHOT = frozenset({"snapshot.library", "platform.refused"})
#: Seconds that a first load waits for the platform to make the snapshot.
_PATIENCE = 600.0
#: What a mirror tells of while it follows.
News = Progress | Reconciled | Loaded | Fetched | FromBeginning | MirrorError


def _now() -> datetime:
    return datetime.now(UTC)


class Follower:
    """Follows one platform for one subscriber, a round at a time. ``Mirror`` is what adopters use."""

    def __init__(
        self,
        url: str,
        token: str,
        store: str | Path | Store,
        private_key: bytes,
        *,
        policy: Policy | None = None,
        witnessed_within: timedelta = timedelta(hours=1),
        on_change: OnChange | None = None,
        page_size: int = 1000,
        agreements_every: float = 60.0,
        snapshot_from: int | None = SNAPSHOT_FROM,
        loading: Path | None = None,
        client: httpx.Client | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """Open the store.

        Args:
            url: the platform's address, without ``/api/v1``.
            token: its bearer token, with the scopes feed:read and receipts:write, and agreed:read for files and reads.
            store: path of a SQLite file, ``postgresql://user@host/database?schema=name``, or a store of one's own.
            private_key: Ed25519, 32 bytes, of the public key that the platform has on file.
            policy: which log and which witnesses the recipient trusts; its log's key is pinned instead of the first
                one seen. None asks for no witnesses.
            witnessed_within: how long what was applied may stay without a witnessed checkpoint over it.
            on_change: called with each change of a record and the store's DB-API connection, inside the transaction
                that makes it and before its receipt goes out. What it writes through the connection is written
                exactly once; whatever else it does, at least once: after a crash or an exception the same change
                comes again.
            page_size: entries asked for at a time.
            agreements_every: seconds after which the agreements are asked for again.
            snapshot_from: positions from which on a new store loads the platform's snapshot first; None: never.
            loading: folder in which the files of a first load lie until it is over, so that it goes on where it was
                killed, and those of agreements until they are applied; that of the SQLite file, or the present one.
            client: HTTP client to use in place of one of its own.
            clock: gives the present instant; publication ends by the date in China.

        Raises:
            MirrorError: store.address, store.driver, store.unreachable.
        """
        self._url = url.rstrip("/")
        self._platform = Platform(url, token, client=client)
        self._store = open_store(store) if isinstance(store, str | Path) else store
        self._private_key = private_key
        self._policy = policy
        self._within = witnessed_within
        self._page_size = page_size
        self._snapshot_from = snapshot_from
        self._loading = loading or (folder_beside(store) if isinstance(store, str | Path) else Path())
        self._clock = clock
        self._keeper = Keeper(self._store, private_key=private_key, clock=clock, on_change=on_change)
        self._duties = Duties(
            self._platform,
            self._store,
            self._keeper,
            private_key=private_key,
            clock=clock,
            every=agreements_every,
        )

        self._held = HeldSet(self._store)
        self._files = FileSets(
            self._platform,
            self._store,
            self._keeper,
            self._duties,
            self._held,
            clock=clock,
            every=agreements_every,
        )
        self._reads = SingleReads(self._platform, self._store, self._keeper, self._duties, self._held, clock)
        self._word = Word(self._store, clock)
        self._noted = ""

    def close(self) -> None:
        """Close the store and the connections."""
        self._store.close()
        self._platform.close()

    def follow_once(
        self,
        *,
        wait: float = 0,
        page: dict[str, Any] | None = None,
        patience: float = _PATIENCE,
        told: Callable[[News], None] | None = None,
    ) -> Progress:
        """Follow the feed to the end of the log, send all receipts, confirm the position, keep to the agreements.

        Args:
            wait: seconds that the platform may hold the first request until there is news.
            page: what a stream has brought, taken in place of the first request where it continues the store.
            patience: seconds that a new store waits for the platform to make its snapshot.
            told: called with what a new store was loaded with, or why it follows from the beginning, and with each
                set of files that was applied.

        Raises:
            MirrorError: what is not proved, or the platform cannot be reached.
            MirrorAlarm: all of the feed was applied; an agreement or its files are not proved, or the witnesses are
                late or contradict.
        """
        try:
            progress = self._round(wait=wait, page=page, patience=patience, told=told or (lambda news: None))
        except MirrorError as error:
            if isinstance(error, MirrorAlarm):
                self._word.ended()
            self._word.amiss(error)
            raise
        self._word.whole()
        return progress

    def _round(
        self, *, wait: float, page: dict[str, Any] | None, patience: float, told: Callable[[News], None]
    ) -> Progress:
        self._stop_at_contradiction()
        counts: dict[str, int] = {}
        entries, receipts = 0, self._answer()
        counts["ended"] = self._keeper.end_by_date()
        if begun := self._store.state():
            forget(self._loading_folder(begun.origin, begun.subscriber))
        else:
            self._load_first(patience, told)
        while True:
            state = self._store.state()
            cursor = state.tree.size if state else 0
            if page is None or page.get("after") != cursor:
                page = self._platform.feed(after=cursor, limit=self._page_size, wait=wait)
            state = state or self._begin(
                origin=str(page.get("origin")), subscriber=str(page.get("subscriber"))
            )
            state = self._apply(page, state, counts)
            page, wait = None, 0
            receipts += self._answer()
            entries += state.tree.size - cursor
            size = state.checkpoint.size if state.checkpoint else 0
            if state.tree.size >= size:
                break
        counts["deleted"], alarm = self._duties.settle(state)
        alarm = self._look(state) or alarm
        if not self._store.mark(CONTRADICTION):
            fault = self._settle_files(state, counts, told)
            alarm = alarm or fault or self._platform.clock_fault()
        self._tell_of_agreements(told)
        witnessed = self._store.witnessed()
        progress = Progress(
            position=state.tree.size,
            size=size,
            entries=entries,
            held=self._store.count(),
            receipts=receipts,
            witnessed=witnessed.size if witnessed else 0,
            **counts,
        )
        if alarm is not None:
            raise MirrorAlarm(alarm, progress)
        return progress

    def _settle_files(
        self, state: State, counts: dict[str, int], told: Callable[[News], None]
    ) -> MirrorError | None:
        """Bring the files that are due; what is amiss with them, if anything."""
        done, fault = self._files.settle(
            state, folder=self._loading_folder(state.origin, state.subscriber, holds="files")
        )
        for one in done:
            for name in ("added", "updated", "left", "outside"):
                counts[name] = counts.get(name, 0) + getattr(one, name)
            told(one)
        return fault

    def _tell_of_agreements(self, told: Callable[[News], None]) -> None:
        """Once for each state of them: that nothing may be held, or nothing new comes."""
        found = self._duties.standing()
        if found is not None and str(found) != self._noted:
            told(found)
        self._noted = str(found)

    def _load_first(self, patience: float, told: Callable[[News], None]) -> None:
        """Fill a new store from the platform's snapshot where the feed is long; say why where there is none."""
        answer = self._platform.feed(after=0, limit=1, wait=0)
        origin, subscriber = str(answer.get("origin")), str(answer.get("subscriber"))
        folder, size = self._loading_folder(origin, subscriber), answer.get("size")
        if not isinstance(size, int):
            raise MirrorError("platform.answer", place="/feed: no size")
        if self._snapshot_from is not None and size >= self._snapshot_from:
            try:
                told(self._loaded(self._begin(origin=origin, subscriber=subscriber), folder, patience))
            except MirrorError as error:
                if error.code not in _NO_SNAPSHOT:
                    raise
                told(FromBeginning(size, error))
        forget(folder)

    def _loading_folder(self, origin: str, subscriber: str, *, holds: str = "loading") -> Path:
        named = hashlib.sha256(f"{origin} {subscriber}".encode()).hexdigest()
        return self._loading / f"mirror-{holds}-{named[:16]}"

    def _loaded(self, state: State, folder: Path, patience: float) -> Loaded:
        manifest = fetch(self._platform, folder, patience=patience)
        # Asked now: what a snapshot has that no agreement of this moment covers is not to be held any more.
        self._duties.refresh(state)
        lasting = self._duties.lasting("feed")
        return take_in(
            self._store,
            folder,
            manifest,
            state=state,
            take=lambda change: self._keeper.apply(change, state=state, agreements=lasting),
        )

    def _begin(self, *, subscriber: str, origin: str | None = None) -> State:
        """A new store trusts the key that the platform shows now, which must be the policy's where there is one.

        ``origin`` is the log's name where the platform has said it; else it is that of the key.
        """
        text = self._platform.log_key()
        try:
            key = VerifierKey.decode(text)
        except ProofError as error:
            raise MirrorError("platform.answer", place=f"/log/key: {error}") from error
        self._check_policy(key)
        return State(self._url, origin or key.name, text, subscriber, CompactRange(), None, 0)

    def _check_policy(self, key: VerifierKey) -> None:
        if self._policy and key not in [log.key for log in self._policy.logs]:
            raise MirrorError("log.key", place=f"{key.name} with this key is not a log of the policy")

    def _apply(self, page: dict[str, Any], state: State, counts: dict[str, int]) -> State:
        if (page.get("origin"), page.get("subscriber")) != (state.origin, state.subscriber):
            place = f"{page.get('origin')} for {page.get('subscriber')}, store of {state.origin}"
            raise MirrorError("store.foreign", place=place)
        key = VerifierKey.decode(state.key)
        self._check_policy(key)
        proved = prove(
            page,
            tree=state.tree,
            last=state.checkpoint,
            key=key,
            origin=state.origin,
            consistency=self._platform.consistency,
        )
        if proved is None:
            return state
        documents = [change.record for change in proved.changes if change.record is not None]
        lasting = self._duties.lasting_for(documents, state=state)
        grown = replace(state, tree=proved.tree, checkpoint=proved.checkpoint)
        with self._store.transaction():
            held = self._store.state()
            if (held.tree.size if held else 0) != state.tree.size:
                place = f"another one has gone on from position {state.tree.size}"
                raise MirrorError("store.busy", place=place)
            for change in proved.changes:
                did = self._keeper.apply(change, state=grown, agreements=lasting)
                counts[did] = counts.get(did, 0) + 1
            self._store.keep(grown)
            self._held.fold()
            self._store.set_mark(FOLLOWED, page["checkpoint"])
        if any(change.record is None for change in proved.changes):
            self._store.forget_traces()
        return grown

    def _answer(self) -> int:
        """Send what receipts are owed, then confirm the cursor. Both may be repeated without harm.

        For what the platform still waits for then, because it lies before a first load, receipts are owed and sent too.
        """
        sent = self._send()
        state = self._store.state()
        if state is not None and state.confirmed < state.tree.size:
            due = self._platform.confirm(state.tree.size)
            self._keeper.answer_for(due, state=state)
            self._store.note_confirmed(state.tree.size)
            sent += self._send()
        return sent

    def _send(self) -> int:
        sent = 0
        while owed := self._store.owed():
            for position, signed in owed:
                self._platform.send_receipt(signed)
                self._store.note_sent(position)
                sent += 1
        return sent

    def _look(self, state: State) -> MirrorError | None:
        if self._policy is None:
            return None
        return look(
            platform=self._platform,
            store=self._store,
            policy=self._policy,
            state=state,
            now=self._clock(),
            within=self._within,
        )

    def _stop_at_contradiction(self) -> None:
        """After a contradiction a person has to look; nothing more is applied to this store."""
        if self._store.mark(CONTRADICTION):
            raise MirrorError("log.contradiction", place="found earlier; the store keeps both checkpoints")
