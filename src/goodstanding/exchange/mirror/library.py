"""The mirror as an adopter uses it: what is held, to whom it was passed on, and under which agreements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from goodstanding import proof
from goodstanding.proof import VerifierKey

from .agreed import Agreed, read
from .doors import under
from .errors import MirrorError
from .file_sets import FileSet, fetch, offered
from .page import from_base64, prove_leaf, removal_in, signed_checkpoint
from .single_reads import PATIENCE, Read
from .standing import LATE_AFTER, Standing, standing
from .steady import Steady
from .store import Holding, State, ToTell
from .witnesses import CONTRADICTION, FOLLOWED, one_history


@dataclass(frozen=True, slots=True)
class Onward:
    """Who got a record: it is ``held`` here still, or it is gone since a position and it is ``to_tell`` or ``told``."""

    record: str
    to: str
    state: Literal["held", "to_tell", "told"]
    gone_at: int | None


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

    def read_entity(self, code: str, *, scheme: str = "uscc", patience: float = PATIENCE) -> Read:
        """Read the records of an organisation under the agreements with the method ``api``, and keep them.

        Args:
            code: its code of a scheme: uscc, lei, org_code or registration_no.
            patience: seconds to wait until the platform has sealed what was read.

        Raises:
            MirrorError: read.unknown, read.unsealed, what is not proved, or the platform refuses. ReadTooSoon.
        """
        return self._reads.read("entities", scheme, code, state=self._begun(), patience=patience)

    def read_record(self, record: str, *, patience: float = PATIENCE) -> Read:
        """Read one record in the same way."""
        return self._reads.read("records", record, state=self._begun(), patience=patience)

    def came_by(self, record: str) -> list[str]:
        """How a record that is held came, beside the feed: ``api``, or ``file`` and the agreement's reference."""
        return [door for door, _ in self._keeper.doors.of(record)]

    def file_sets(self, reference: str) -> list[FileSet]:
        """The sets of files that may be fetched under an agreement now, the newest first."""
        return offered(self._platform, reference)

    def fetch_files(self, reference: str, folder: Path) -> FileSet | None:
        """Bring the files of the newest set into a folder of your own, each under its SHA-256; None for none.

        Nothing of it enters the store, and nobody but you deletes it there.

        Raises:
            MirrorError: store.unwritable where the folder is not empty; the platform refuses.
        """
        if folder.exists() and any(folder.iterdir()):
            raise MirrorError("store.unwritable", place=f"{folder} is not empty")
        return fetch(self._platform, reference, folder, wanted=lambda found: True)

    def verify_holding(self, record: str) -> Holding:
        """Prove that the event by which a record came is in the log that this mirror has verified.

        Raises:
            MirrorError: holding.unknown, or feed.entry where it is not proved.
        """
        holding, state = self._store.holding(record), self._store.state()
        if holding is None or state is None or state.checkpoint is None:
            raise MirrorError("holding.unknown", place=record)
        answer = self._platform.inclusion(position=holding.position, size=state.checkpoint.size)
        prove_leaf(
            proof.leaf_hash(proof.commitment(salt=holding.salt, content=holding.event)),
            position=holding.position,
            hashes=[from_base64(item, record) for item in answer],
            checkpoint=state.checkpoint,
        )
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
            lasting, ways = self._duties.lasting(), ["feed", *self.came_by(record)]
            letting = [one for way in ways for one in under(lasting, way)]
            covering = [one for one in letting if one.names(**of, division=division)]
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

    def standing(self, *, late_after: timedelta = LATE_AFTER, ask: bool = False) -> Standing:
        """Where the mirror stands, as the one that follows has left word in the store.

        Args:
            late_after: how long it may go without a whole round.
            ask: also ask the platform how far its log is.

        Raises:
            MirrorError: the platform cannot be reached, with ``ask``.
        """
        state = self._store.state()
        size = self._platform.size(after=state.tree.size if state else 0) if ask else None
        return standing(self._store, at=self._clock(), late_after=late_after, platform_size=size)

    def proof_of(self, record: str) -> proof.TlogProof:
        """The tlog-proof of the event by which a record is held or by which it went, for `goodstanding log verify`.

        It stands on the published checkpoint where that covers the event and is on one line with what this mirror has
        verified, with its witnesses; else on the checkpoint that the mirror followed last.

        Raises:
            MirrorError: holding.unknown, feed.entry, log.contradiction, or the platform cannot be reached.
        """
        state = self._store.state()
        if state is None or state.checkpoint is None:
            raise MirrorError("holding.unknown", place=record)
        position, salt, event = self._event_of(record)
        checkpoint, note = state.checkpoint, self._store.mark(FOLLOWED)
        published = self._platform.checkpoint()
        if published is not None:
            found = signed_checkpoint(published, key=VerifierKey.decode(state.key), origin=state.origin)
            if not one_history(found, state.checkpoint, platform=self._platform):
                raise MirrorError(
                    "log.contradiction", place=f"{found.size} and {state.checkpoint.size} leaves"
                )
            if found.size >= position:
                checkpoint, note = found, published
        hashes = [
            from_base64(item, record)
            for item in self._platform.inclusion(position=position, size=checkpoint.size)
        ]
        leaf = proof.leaf_hash(proof.commitment(salt=salt, content=event))
        prove_leaf(leaf, position=position, hashes=hashes, checkpoint=checkpoint)
        return proof.event_proof(content=event, salt=salt, index=position - 1, hashes=hashes, checkpoint=note)

    def _event_of(self, record: str) -> tuple[int, bytes, dict[str, Any]]:
        """The event by which a record is held or went: its position, salt and content."""
        holding = self._store.holding(record)
        if holding is not None:
            return holding.position, holding.salt, holding.event
        receipts = self._store.receipts(record)
        if not receipts:
            raise MirrorError("holding.unknown", place=record)
        # Of what went nothing is kept but the receipt; the feed shows its removal again.
        position = receipts[-1].position
        entries = self._platform.feed(after=position - 1, limit=1, wait=0).get("entries")
        change = removal_in(entries, position=position, record=record)
        return position, change.salt, change.event

    def deletions(self) -> list[tuple[proof.SignedDeletion, bool]]:
        """The statements of deletion that were signed, and whether the platform has taken each."""
        return [
            (proof.SignedDeletion.from_json(kept.statement), kept.answer["state"] == "deleted")
            for kept in self._store.agreements()
            if kept.statement is not None
        ]

    def onward(self) -> list[Onward]:
        """Who got which record: of those that are held, of those that are gone, told or not."""
        found = [Onward(record, to, "held", None) for record, to in self._store.passed_on()]
        waiting = self._store.to_tell()
        found += [Onward(one.record, one.to, "to_tell", one.position) for one in waiting]
        still = {(one.position, one.record, one.to) for one in waiting}
        for kept in self._store.receipts():
            named = proof.SignedReceipt.from_json(kept.signed).receipt.onward
            found += [
                Onward(kept.record, to, "told", kept.position)
                for to in named
                if (kept.position, kept.record, to) not in still
            ]
        return found

    def evidence(self) -> str:
        """The two signed checkpoints that contradict each other, one after the other; empty where none do."""
        return self._store.mark(CONTRADICTION)

    def _begun(self) -> State:
        """Whom the store follows; a new one begins to follow first."""
        if self._store.state() is None:
            self._follow_past_alarms()
        state = self._store.state()
        if state is None:
            raise MirrorError("read.unsealed", place="the log has no checkpoint yet")
        return state

    def _pinned(self, answers: list[dict[str, Any]]) -> State:
        """Whom the store follows; for a new one the log's key of now, and the subscriber whom the agreements name."""
        subscriber = str(answers[0].get("subscriber")) if answers else ""
        return self._store.state() or self._begin(subscriber=subscriber)
