"""Reconciling: sign what is held, find with the platform what differs, and mend it.

The first round claims what the store holds as it stands, before anything is fetched, so that a store that was put back
to an older state shows it. Where that does not come out equal, the store follows the feed, mends what was named, and
claims again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar

from goodstanding.proof.keys import to_base64
from goodstanding.proof.set_digest import SHORT_BYTES, SetClaim, parts, short_of, sign_claim

from .errors import MirrorError
from .page import Change, from_base64, prove_entry
from .platform import Platform
from .store import State

KINDS: Final = ("missing", "kept", "older", "unknown", "on_the_way")
#: Buckets compared and records asked for in one request.
_BUCKETS: Final = 64
_RECORDS: Final = 200
_Item = TypeVar("_Item")


class Followed(Protocol):
    """What has followed a platform: a mirror's ``Store``, or an instance with the records of a neighbour."""

    def transaction(self) -> AbstractContextManager[None]:
        """One transaction that no other writer can enter."""

    def state(self) -> State | None:
        """How far it has followed; None where it has not followed anything yet."""


class HeldRecords(Protocol):
    """The set of the records that it holds, read inside its transactions: ``HeldSet`` of a mirror."""

    def fold(self) -> int:
        """Bring in what was written since the last time. Returns how many records that were."""

    def whole(self) -> tuple[int, bytes]:
        """How many records are held, and the fingerprint of their set."""

    def sums(self) -> bytes:
        """The sums of all buckets, 16 bytes each."""

    def elements(self, bucket: int) -> dict[bytes, str]:
        """The records of a bucket by their elements."""

    def event(self, record: str) -> tuple[int, bytes] | None:
        """Under which event a record is held: its position and its leaf's commitment; None where it is not held."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round as the platform judged it, and the records that it named.

    ``position``: as of which the claim is. ``applied``: up to which the feed is; further where files bring less.
    """

    position: int
    applied: int
    confirmed: int
    result: str
    count: int
    expected_count: int | None
    differences: dict[str, int]
    records: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether the store holds what it must, and is no older than the platform knows it."""
        return self.result == "equal" and self.confirmed <= self.applied


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What reconciling came to: the result at the end, what the first round found, and what was mended.

    ``missing``, ``kept``, ``older``, ``unknown``: records not held that must be, held that must not be, held in an
    older version, held that the platform never gave. ``went_back``: positions that the store had applied once and had
    no longer. ``fetched`` and ``dropped``: records mended.
    """

    result: str
    position: int
    held: int
    rounds: int
    missing: int
    kept: int
    older: int
    unknown: int
    on_the_way: int
    went_back: int
    fetched: int
    dropped: int

    def as_object(self) -> dict[str, int | str]:
        """As JSON."""
        return asdict(self)

    def line(self) -> str:
        """As a line to read."""
        return (
            f"reconciled at position {self.position}: {self.result}, {self.held} held; at first {self.missing} missing,"
            f" {self.kept} kept too long, {self.older} older, {self.unknown} unknown, {self.went_back} positions back;"
            f" {self.fetched} fetched, {self.dropped} dropped"
        )


@dataclass(slots=True)
class Reconciler:
    """Reconciles what one subscriber holds with its platform.

    ``refresh`` asks for the agreements; ``apply`` holds or drops what a proved entry says, in a transaction; ``drop``
    drops what must not be held; ``lacking`` hears of what is missing and does not come by the feed. ``position``: as of
    which the store holds what it must, None while it cannot be said.
    """

    platform: Platform
    store: Followed
    held: HeldRecords
    private_key: bytes
    clock: Callable[[], datetime]
    refresh: Callable[[State], object]
    apply: Callable[[Change, State], str]
    drop: Callable[[str, State], int]
    lacking: Callable[[str], object] = lambda record: None
    position: Callable[[State], int | None] = lambda state: state.tree.size
    _changed: dict[str, int] = field(default_factory=lambda: {"fetched": 0, "dropped": 0})

    def run(self, *, follow: Callable[[], object], answer: Callable[[], object]) -> Reconciled:
        """Claim and mend until what is held is what must be, at most three rounds.

        Args:
            follow: brings the store to the end of the log. answer: sends the receipts that are owed.

        Raises:
            MirrorError: what is not proved, or the platform cannot be reached.
        """
        rounds: list[Round] = []
        for left in (2, 1, 0):
            found = self.round()
            if found is not None:
                rounds.append(found)
            if left == 0 or (found is not None and found.is_clean):
                break
            follow()
            if found is not None:
                self.mend(found.records)
                answer()
        return self._reconciled(rounds)

    def round(self) -> Round | None:
        """Claim what the store holds, and list what differs; None where it has not followed anything yet.

        Raises:
            MirrorError: the platform cannot be reached or refused; store.busy, another program wrote to the store.
        """
        claimed = self._claimed()
        if claimed is None:
            return None
        claim, sums, applied = claimed
        signed = sign_claim(claim, private_key=self.private_key)
        answer = self.platform.claim(signed.as_object(), to_base64(sums))
        named: set[str] = set()
        if answer["result"] == "open":
            portions = list(_portions(answer["buckets"], _BUCKETS))
            for number, buckets in enumerate(portions, 1):
                given = self.platform.buckets(answer["reconciliation"], buckets)
                listed = self._listed(given, claim)
                found = self.platform.differ(answer["reconciliation"], listed, last=number == len(portions))
                named |= {item["record"] for item in found["verdicts"]}
                answer = found["round"]
        return Round(
            position=claim.position,
            applied=applied,
            confirmed=answer["confirmed"],
            result=answer["result"],
            count=claim.count,
            expected_count=answer["expected_count"],
            differences={kind: answer[kind] for kind in KINDS},
            records=tuple(sorted(named)),
        )

    def mend(self, records: Iterable[str]) -> None:
        """Hold or drop records as the platform proves that they stand at the last verified checkpoint."""
        state = self.store.state()
        if state is None or state.checkpoint is None:
            return
        self.refresh(state)
        for some in _portions(sorted(records), _RECORDS):
            answer = self.platform.entries(some, size=state.checkpoint.size)
            with self.store.transaction():
                for record, item in zip(some, answer, strict=True):
                    self._mend(record, item, state)
                self.held.fold()

    def _reconciled(self, rounds: Sequence[Round]) -> Reconciled:
        if not rounds:
            nothing = dict.fromkeys(KINDS, 0) | self._changed
            return Reconciled("nothing", position=0, held=0, rounds=0, went_back=0, **nothing)
        first, last = rounds[0], rounds[-1]
        return Reconciled(
            result=last.result,
            position=last.position,
            held=last.count,
            rounds=len(rounds),
            went_back=max(0, first.confirmed - first.applied),
            **first.differences,
            **self._changed,
        )

    def _claimed(self) -> tuple[SetClaim, bytes, int] | None:
        with self.store.transaction():
            self.held.fold()
            state, (count, digest), sums = self.store.state(), self.held.whole(), self.held.sums()
            position = self.position(state) if state else None
        if state is None or position is None:
            return None
        at = self.clock().astimezone(UTC).isoformat(timespec="microseconds")
        return SetClaim(state.subscriber, position, count, digest.hex(), at), sums, state.tree.size

    def _listed(self, given: dict[int, bytes], claim: SetClaim) -> list[dict[str, Any]]:
        with self.store.transaction():
            self.held.fold()
            count, digest = self.held.whole()
            if (count, digest.hex()) != (claim.count, claim.digest):
                raise MirrorError("store.busy", place=f"records written since the claim at {claim.position}")
            return [self._bucket(bucket, shorts) for bucket, shorts in sorted(given.items())]

    def _bucket(self, bucket: int, given: bytes) -> dict[str, Any]:
        mine = {short_of(element): record for element, record in self.held.elements(bucket).items()}
        theirs = set(parts(given, SHORT_BYTES))
        extra = []
        for record in sorted(mine[short] for short in mine.keys() - theirs):
            held = self.held.event(record)
            assert held is not None, "its element is in the set"
            position, commitment = held
            extra.append({"record": record, "position": position, "commitment": to_base64(commitment)})
        missing = b"".join(sorted(theirs - mine.keys()))
        return {"bucket": bucket, "missing": to_base64(missing), "extra": extra}

    def _mend(self, record: str, item: dict[str, Any], state: State) -> None:
        if item["record"] != record:
            raise MirrorError("platform.answer", place=f"/reconciliation/entries: {record}")
        assert state.checkpoint is not None
        holding = self.held.event(record)
        if item["entry"] is None:
            if holding:
                self._changed["dropped"] += self.drop(record, state)
            else:
                self.lacking(record)
            return
        hashes = [from_base64(one, record) for one in item["hashes"]]
        change = prove_entry(item["entry"], hashes=hashes, checkpoint=state.checkpoint)
        if change.record_id != record:
            raise MirrorError("platform.answer", place=f"/reconciliation/entries: {record}")
        if change.record is not None:
            if holding != (change.position, change.commitment):
                self.apply(change, state)
                self._changed["fetched"] += 1
        elif holding is not None:
            self.apply(change, state)
            self._changed["dropped"] += 1


def _portions(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))
