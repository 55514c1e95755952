"""Keeping within the agreements: fetched, proved, obeyed, and answered for with a statement once they have ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from goodstanding import proof
from goodstanding.proof import Deletion

from .agreed import Agreed, Door, covers, fingerprint, parse, read, standing_of
from .errors import MirrorError
from .keeper import Keeper
from .platform import Platform
from .store import Holding, KeptAgreement, State, Store

_MARK = "agreements"


class Duties:
    """The agreements of one store. ``every``: seconds after which the platform is asked again."""

    def __init__(
        self,
        platform: Platform,
        store: Store,
        keeper: Keeper,
        *,
        private_key: bytes,
        clock: Callable[[], datetime],
        every: float,
    ) -> None:
        self._platform = platform
        self._store = store
        self._keeper = keeper
        self._private_key = private_key
        self._clock = clock
        self._every = every
        self._asked: float | None = None
        self._fault: MirrorError | None = None

    def known(self) -> list[Agreed]:
        """The agreements as they were proved last."""
        return [parse(kept.answer) for kept in self._store.agreements()]

    def lasting(self, door: Door | None = None) -> list[Agreed]:
        """Those under which records may be held today, or those of them by which records come by one way."""
        today = self._keeper.today()
        return [one for one in self.known() if one.lasts(today) and (door is None or one.opens(door))]

    def lasting_for(
        self, documents: Iterable[dict[str, Any]], *, state: State, door: Door = "feed"
    ) -> list[Agreed]:
        """Those of today and of one way, asked for anew where a record that has come by it lies outside of them."""
        lasting = self.lasting(door)
        if any(not covers(lasting, document) for document in documents):
            self.refresh(state)
            lasting = self.lasting(door)
        return lasting

    def standing(self) -> MirrorError | None:
        """What a person should know of the agreements today."""
        return standing_of(self.known(), self._keeper.today())

    def refresh(self, state: State) -> None:
        """Ask the platform for all agreements; keep what is proved. An agreement that it leaves out stays as it was."""
        self._fault, kept = None, {one.reference: one for one in self._store.agreements()}
        for answer in self._platform.agreements():
            try:
                found = read(answer, state=state)
            except MirrorError as error:
                self._fault = self._fault or error
                continue
            before = kept.get(found.reference)
            statement = before.statement if before else None
            self._store.keep_agreement(KeptAgreement(found.reference, answer, statement))
        self._asked = time.monotonic()

    def settle(self, state: State) -> tuple[int, MirrorError | None]:
        """Do what the agreements ask: drop what none covers, state the deletion under those that have ended.

        Returns:
            How many records went, and the first agreement that is not proved, if one is not.
        """
        if self._asked is None or time.monotonic() - self._asked >= self._every:
            self.refresh(state)
        deleted = self._keep_within(state)
        self._state_deletions(state)
        return deleted, self._fault

    def _keep_within(self, state: State) -> int:
        known, lasting = self.known(), self.lasting()
        mark = fingerprint(lasting)
        if mark == self._store.mark(_MARK) or (self._fault and not known):
            return 0
        ended = [one for one in known if one.has_ended(self._keeper.today())]
        with self._store.transaction():
            deleted = 0
            gone: dict[str, int] = {}
            for holding in self._keeper.keep_within(lasting, position=state.tree.size):
                deleted += 1
                if reference := _under(ended, holding):
                    gone[reference] = gone.get(reference, 0) + 1
            for reference, count in gone.items():
                self._store.set_mark(f"deleted {reference}", str(count + self._deleted(reference)))
            self._store.set_mark(_MARK, mark)
        if deleted:
            self._store.forget_traces(thoroughly=not lasting)
        return deleted

    def _state_deletions(self, state: State) -> None:
        """Sign a statement for each agreement that the platform says has ended, and send those that it has not got.

        What may have been read one by one, or be fetched by another program, is not all here: that is a person's.
        """
        for kept in self._store.agreements():
            if kept.answer["state"] != "owing" or not parse(kept.answer).is_brought:
                continue
            statement = kept.statement or self._signed(kept.reference, state)
            self._store.keep_agreement(KeptAgreement(kept.reference, kept.answer, statement))
            answer = self._platform.state_deletion(kept.reference, statement)
            read(answer, state=state)
            self._store.keep_agreement(KeptAgreement(kept.reference, answer, statement))

    def _signed(self, reference: str, state: State) -> bytes:
        deletion = Deletion(
            subscriber=state.subscriber,
            agreement=reference,
            position=state.tree.size,
            deleted=self._deleted(reference),
            deleted_at=self._clock().astimezone(UTC).isoformat(timespec="microseconds"),
        )
        return proof.sign_deletion(deletion, private_key=self._private_key).to_json()

    def _deleted(self, reference: str) -> int:
        return int(self._store.mark(f"deleted {reference}") or 0)


def _under(ended: list[Agreed], holding: Holding) -> str | None:
    """The ended agreement under which a record that went is counted; the first where no document names it any more."""
    document = holding.document
    for one in ended:
        if document is None:
            named = one.names(kind=holding.event["record_kind"], item=None, division=None)
        else:
            division = document["entity"]["division"]
            named = one.names(kind=document["kind"], item=document.get("item"), division=division)
        if named:
            return one.reference
    return ended[0].reference if ended else None
