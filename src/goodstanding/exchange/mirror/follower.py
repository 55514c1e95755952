"""Following the feed: fetch a page, prove it, apply it, answer for what went."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx

from goodstanding import proof
from goodstanding.proof import CompactRange, ProofError, Receipt, VerifierKey

from .errors import MirrorError
from .page import Change, prove
from .platform import Platform
from .store import Holding, State, Store, open_store

_CHINA = timezone(timedelta(hours=8))


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Progress:
    """What one round did: entries read, records added, updated, dropped and ended by date, receipts taken."""

    position: int
    size: int
    entries: int
    held: int
    added: int
    updated: int
    dropped: int
    not_held: int
    ended: int
    receipts: int

    def as_object(self) -> dict[str, int]:
        """As JSON."""
        return asdict(self)


class Mirror:
    """One subscriber's copy of what it may hold of one platform."""

    def __init__(
        self,
        url: str,
        token: str,
        store: str | Path | Store,
        private_key: bytes,
        *,
        page_size: int = 1000,
        client: httpx.Client | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """Open the store.

        Args:
            url: the platform's address, without ``/api/v1``.
            token: its bearer token, with the scopes feed:read and receipts:write.
            store: path of a SQLite file, ``postgresql://user@host/database?schema=name``, or a store of one's own.
            private_key: Ed25519, 32 bytes, of the public key that the platform has on file.
            page_size: entries asked for at a time.
            client: HTTP client to use in place of one of its own.
            clock: gives the present instant; publication ends by the date in China.
        """
        self._url = url.rstrip("/")
        self._platform = Platform(url, token, client=client)
        self._store = open_store(store) if isinstance(store, str | Path) else store
        self._private_key = private_key
        self._page_size = page_size
        self._clock = clock

    def close(self) -> None:
        """Close the store and the connections."""
        self._store.close()
        self._platform.close()

    def follow_once(self, *, wait: float = 0) -> Progress:
        """Follow the feed to the end of the log, send all receipts, confirm the position.

        Args:
            wait: seconds that the platform may hold the first request until there is news.

        Raises:
            MirrorError: what is not proved, or the platform cannot be reached.
        """
        counts = {"added": 0, "updated": 0, "dropped": 0, "not_held": 0, "ended": 0}
        entries = receipts = 0
        receipts += self._answer()
        counts["ended"] += self._end_by_date()
        while True:
            state = self._store.state()
            cursor = state.tree.size if state else 0
            page = self._platform.feed(after=cursor, limit=self._page_size, wait=wait)
            wait = 0
            state = self._apply(page, state or self._begin(page), counts)
            receipts += self._answer()
            entries += state.tree.size - cursor
            size = state.checkpoint.size if state.checkpoint else 0
            if state.tree.size >= size:
                break
        return Progress(
            position=state.tree.size,
            size=size,
            entries=entries,
            held=self._store.count(),
            receipts=receipts,
            **counts,
        )

    def follow(
        self,
        stop: threading.Event,
        interval: float = 1.0,
        *,
        wait: float = 20.0,
        told: Callable[[Progress | MirrorError], None] | None = None,
    ) -> None:
        """Follow until told to stop; when the platform cannot be reached, try again at growing intervals.

        Args:
            stop: set it to end after the present round.
            interval: seconds between rounds.
            wait: seconds that the platform may hold a request until there is news.
            told: called after each round with what it did, or with the error that it will try again after.

        Raises:
            MirrorError: what is not proved; nothing of the page was applied.
        """
        failures = 0
        while not stop.is_set():
            try:
                progress = self.follow_once(wait=wait)
            except MirrorError as error:
                if not error.passing:
                    raise
                failures += 1
                if told:
                    told(error)
                stop.wait(min(60.0, max(interval, 0.5) * 2 ** min(failures, 7)))
                continue
            failures = 0
            if told:
                told(progress)
            stop.wait(interval)

    def holdings(self) -> Iterator[Holding]:
        """Everything held that may still be held today."""
        self._end_by_date()
        return self._store.holdings()

    def holds(self, record: str) -> bool:
        """Whether the record's content is here."""
        holding = self._store.holding(record)
        return holding is not None and holding.document is not None

    def verify_holding(self, record: str) -> Holding:
        """Prove that the event by which a record came is in the log that this mirror has verified.

        Raises:
            MirrorError: holding.unknown, or feed.entry where it is not proved.
        """
        holding, state = self._store.holding(record), self._store.state()
        if holding is None or state is None or state.checkpoint is None:
            raise MirrorError("holding.unknown", place=record)
        hashes = self._platform.inclusion(position=holding.position, size=state.checkpoint.size)
        try:
            proof.verify_inclusion(
                leaf_hash=proof.leaf_hash(proof.commitment(salt=holding.salt, content=holding.event)),
                index=holding.position - 1,
                size=state.checkpoint.size,
                proof=[proof.keys.from_base64(item, code="proof_length", place=record) for item in hashes],
                root=state.checkpoint.root,
            )
        except ProofError as error:
            raise MirrorError("feed.entry", place=f"position {holding.position}: {error}") from error
        return holding

    def _begin(self, page: dict[str, Any]) -> State:
        """A new store trusts the key that the platform shows now, and pins it."""
        text = self._platform.log_key()
        try:
            VerifierKey.decode(text)
        except ProofError as error:
            raise MirrorError("platform.answer", place=f"/log/key: {error}") from error
        return State(self._url, str(page["origin"]), text, str(page["subscriber"]), CompactRange(), None, 0)

    def _apply(self, page: dict[str, Any], state: State, counts: dict[str, int]) -> State:
        if (page.get("origin"), page.get("subscriber")) != (state.origin, state.subscriber):
            place = f"{page.get('origin')} for {page.get('subscriber')}, store of {state.origin}"
            raise MirrorError("store.foreign", place=place)
        key = VerifierKey.decode(state.key)
        proved = prove(page, tree=state.tree, last=state.checkpoint, key=key, origin=state.origin)
        if proved is None:
            return state
        grown = State(
            state.platform,
            state.origin,
            state.key,
            state.subscriber,
            proved.tree,
            proved.checkpoint,
            state.confirmed,
        )
        with self._store.transaction():
            held = self._store.state()
            if (held.tree.size if held else 0) != state.tree.size:
                raise MirrorError("store.busy", place=f"cursor {state.tree.size}")
            for change in proved.changes:
                counts[self._apply_change(change, grown)] += 1
            self._store.keep(grown)
        if any(change.record is None for change in proved.changes):
            self._store.forget_traces()
        return grown

    def _apply_change(self, change: Change, state: State) -> str:
        if change.record is not None:
            holding = Holding(
                change.record_id,
                change.position,
                change.record["version"],
                change.record,
                change.salt,
                change.event,
            )
            return "added" if self._store.put(holding) else "updated"
        removed = self._store.drop(change.record_id)
        assert state.checkpoint is not None
        receipt = Receipt(
            subscriber=state.subscriber,
            position=change.position,
            record=change.record_id,
            action="dropped" if removed else "not_held",
            removed=removed,
            onward=(),
            applied_at=self._clock().astimezone(UTC).isoformat(timespec="microseconds"),
            checkpoint_size=state.checkpoint.size,
        )
        signed = proof.sign_receipt(receipt, private_key=self._private_key)
        self._store.owe(position=change.position, record=change.record_id, signed=signed.to_json())
        return "dropped" if removed else "not_held"

    def _answer(self) -> int:
        """Send what receipts are owed, then confirm the cursor. Both may be repeated without harm."""
        sent = 0
        while owed := self._store.owed():
            for position, signed in owed:
                self._platform.send_receipt(signed)
                self._store.note_sent(position)
                sent += 1
        state = self._store.state()
        if state is not None and state.confirmed < state.tree.size:
            self._platform.confirm(state.tree.size)
            self._store.note_confirmed(state.tree.size)
        return sent

    def _end_by_date(self) -> int:
        today: date = self._clock().astimezone(_CHINA).date()
        with self._store.transaction():
            ended = self._store.end(today=today)
        if ended:
            self._store.forget_traces()
        return len(ended)
