"""The mirror as an adopter uses it: what is held, to whom it was passed on, and under which agreements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from goodstanding import proof
from goodstanding.proof import ProofError

from .agreed import Agreed, read
from .errors import MirrorError
from .steady import Steady
from .store import Holding, State, ToTell
from .witnesses import CONTRADICTION


class Mirror(Steady):
    """One subscriber's copy of what it may hold of one platform."""

    def holdings(self) -> Iterator[Holding]:
        """Everything held that may still be held today, in the order in which it came.

        It is read page by page: what changes meanwhile is seen as it is when its page is read.
        """
        self._keeper.end_by_date()
        return self._store.holdings()

    def holding(self, record: str) -> Holding | None:
        """What is held of a record and may still be held today."""
        self._keeper.end_by_date()
        found = self._store.holding(record)
        return found if found is not None and found.document is not None else None

    def holds(self, record: str) -> bool:
        """Whether the record's content is here."""
        return self.holding(record) is not None

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

    def passed_on(self, record: str, *, to: str) -> None:
        """Note that a record was passed on; call it before it leaves. The receipt for its removal names who got it.

        Args:
            to: a name, or the public id of another subscriber of the platform; 1 to 200 characters.

        Raises:
            MirrorError: holding.unknown, onward.name, agreement.onward (no agreement lets it be passed on).
        """
        if not 1 <= len(to.strip()) <= 200 or not to.isprintable():
            raise MirrorError("onward.name", place=f"{len(to)} characters")
        with self._store.transaction():
            held = self.holding(record)
            if held is None or held.document is None:
                raise MirrorError("holding.unknown", place=record)
            document = held.document
            of = {"kind": document["kind"], "item": document.get("item")}
            division = document["entity"]["division"]
            covering = [one for one in self._duties.lasting() if one.names(**of, division=division)]
            if not any(one.onward for one in covering):
                raise MirrorError("agreement.onward", place=record)
            self._store.pass_on(record=record, to=to.strip())

    def to_tell(self) -> list[ToTell]:
        """Who was given a record that is gone, and has still to be told. Until all are, its receipt is not sent."""
        return self._store.to_tell()

    def told(self, record: str, *, to: str) -> None:
        """Note that somebody was told that a record is gone.

        Raises:
            MirrorError: onward.unknown.
        """
        if not self._store.note_told(record=record, to=to.strip()):
            raise MirrorError("onward.unknown", place=record)

    def agreements(self) -> list[Agreed]:
        """The agreements with the platform, asked for now and proved.

        Raises:
            MirrorError: agreement.unproved, or the platform cannot be reached.
        """
        answers = self._platform.agreements()
        state = self._pinned(answers)
        return [read(answer, state=state) for answer in answers]

    def sign(self, reference: str, *, version: str) -> Agreed:
        """Sign the version of an agreement that waits, with the key of the receipts. The agreement then.

        Raises:
            MirrorError: agreement.nothing_to_sign, agreement.unproved, or the platform refuses.
        """
        found = next((one for one in self.agreements() if one.reference == reference), None)
        waiting = found.waiting if found else None
        if waiting is None or waiting.version != version or "recipient" not in waiting.waits_for:
            raise MirrorError("agreement.nothing_to_sign", place=f"{reference}@{version}")
        signature = proof.sign_agreement(waiting.digest, private_key=self._private_key)
        text = proof.keys.to_base64(signature)
        answer = self._platform.sign_agreement(reference, version=version, signature=text)
        return read(answer, state=self._pinned([answer]))

    def evidence(self) -> str:
        """The two signed checkpoints that contradict each other, one after the other; empty where none do."""
        return self._store.mark(CONTRADICTION)

    def _pinned(self, answers: list[dict[str, Any]]) -> State:
        """Whom the store follows; for a new one the log's key of now, and the subscriber whom the agreements name."""
        subscriber = str(answers[0].get("subscriber")) if answers else ""
        return self._store.state() or self._begin(subscriber=subscriber)
