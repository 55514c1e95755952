"""Whether a store of one's own is fit for a mirror: what ``Store`` promises, tried on a new one.

    conformance.check(lambda: MyStore(...))

Put this into a test of your own. It opens the store several times, which must be the same one each time and empty at
first, and leaves nothing held.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final

from goodstanding import proof
from goodstanding.proof import Checkpoint, CompactRange

from .held_set import HeldSet
from .store import Holding, KeptAgreement, KeptReceipt, State, Store, ToTell

Open = Callable[[], Store]

_LAST_DAY: Final = "2030-06-30"
_BEFORE, _AFTER = date(2030, 6, 29), date(2030, 6, 30)
_AT: Final = datetime(2030, 1, 1, tzinfo=UTC)


class Unfit(Exception):
    """The store does not do what ``Store`` promises; the text says what was tried."""


def check(open_: Open) -> int:
    """Try everything that a mirror asks of a store. Returns how many things were tried.

    Args:
        open_: opens the store, the same one each time; empty at first.

    Raises:
        Unfit: what it does not do.
        MirrorError: the store could not be used.
    """
    for tried in _CHECKS:
        tried(open_)
    return len(_CHECKS)


def _must(holds: bool, what: str) -> None:
    if not holds:
        raise Unfit(what)


def _record(number: int) -> str:
    return str(uuid.UUID(int=number))


def _holding(number: int, *, version: int = 1, position: int | None = None) -> Holding:
    document = {"kind": "penalty", "publish_until": _LAST_DAY, "content": {"word": f"字 {number}.{version}"}}
    at = number if position is None else position
    return Holding(
        _record(number), at, version, document, bytes([number]) * 32, {"position": at, "state": "x"}
    )


def _new(open_: Open) -> None:
    store = open_()
    _must(store.state() is None and store.witnessed() is None, "a new store follows nobody")
    _must(store.count() == 0 and not list(store.holdings(ended=True)), "a new store holds nothing")
    _must((store.owed(), store.receipts(), store.unsent()) == ([], [], (0, 0)), "a new store owes nothing")
    _must((store.mark("x"), store.agreements(), store.to_tell()) == ("", [], []), "a new store knows nothing")
    store.close()


def _transactions(open_: Open) -> None:
    store = open_()
    try:
        with store.transaction():
            store.put(_holding(1))
            with store.transaction():
                store.set_mark("inside", "written")
            raise _Stopped
    except _Stopped:
        pass
    _must(store.count() == 0 and store.mark("inside") == "", "a transaction that fails leaves nothing")
    other, entered = open_(), threading.Event()

    def enter() -> None:
        with other.transaction():
            entered.set()

    second = threading.Thread(target=enter)
    with store.transaction():
        store.set_mark("inside", "first")
        second.start()
        _must(not entered.wait(0.3), "a transaction keeps every other writer out")
    second.join()
    _must(entered.is_set() and other.mark("inside") == "first", "others see what was committed")
    store.set_mark("inside", "")
    store.close()
    other.close()


def _records(open_: Open) -> None:
    store = open_()
    _must(
        all(store.put(_holding(number)) for number in (3, 1, 2)), "put says that a record was not held before"
    )
    newer = _holding(1, version=2, position=9)
    _must(not store.put(newer), "put says that a record was held before")
    store.close()
    store = open_()
    _must(
        store.holding(_record(1)) == newer, "what is held is given back as it was put, also after reopening"
    )
    _must(store.holding(_record(7)) is None, "what is not held is None")
    order = [item.position for item in store.holdings()]
    _must(order == [2, 3, 9] and store.count() == 3, "what is held comes in the order of the feed")
    _must(store.end(today=_BEFORE) == [], "nothing ends before its last day has come")
    _must(set(store.end(today=_AFTER)) == {_record(n) for n in (1, 2, 3)}, "what ended is named")
    _must(store.count() == 0 and not list(store.holdings()), "what ended may no longer be held")
    kept = list(store.holdings(ended=True))
    _must([item.document for item in kept] == [None] * 3, "of what ended the event is kept, and no document")
    _must([item.event for item in kept][2] == newer.event, "of what ended the event is kept as it was")
    _must([store.drop(_record(n)) for n in (1, 2, 3, 1)] == [1, 1, 1, 0], "drop says how many copies went")
    store.forget_traces()
    store.forget_traces(thoroughly=True)
    store.close()


def _state(open_: Open) -> None:
    store = open_()
    tree = CompactRange()
    for number in range(5):
        tree.append(proof.leaf_hash(bytes([number])))
    state = State("https://x.example", "x.example/log", "key", "subscriber", tree, None, 0)
    for kept in (state, replace(state, checkpoint=Checkpoint(origin=state.origin, size=5, root=tree.root()))):
        with store.transaction():
            store.keep(kept)
        store.close()
        store = open_()
        found = store.state()
        _must(found is not None and replace(found, tree=tree) == kept, "the state is kept as it was")
        _must(found is not None and found.tree.to_bytes() == tree.to_bytes(), "the tree is kept as it was")
    store.note_confirmed(5)
    found = store.state()
    _must(found is not None and found.confirmed == 5, "it is known what the platform knows")
    store.close()


def _receipts(open_: Open) -> None:
    store, receipts = open_(), [(number, _record(number), b'{"n":%d}' % number) for number in (2, 1, 3)]
    store.pass_on(record=_record(1), to="乙")
    for to in ("甲", "乙"):
        store.pass_on(record=_record(2), to=to)
    _must(store.onward(_record(2)) == tuple(sorted(("甲", "乙"))), "each who got a record is known once")
    _must((_record(1), "乙") in store.passed_on() and len(store.passed_on()) == 3, "all of them are listed")
    for position, record, signed in receipts:
        store.owe(position=position, record=record, signed=signed)
    store.recall(record=_record(2), position=2)
    _must(store.onward(_record(2)) == () and len(store.passed_on()) == 1, "of what is gone nobody holds more")
    _must(
        store.to_tell() == [ToTell(2, _record(2), to) for to in sorted(("甲", "乙"))], "they have to be told"
    )
    _must([position for position, _ in store.owed()] == [1, 3], "a receipt waits until all were told")
    _must(store.unsent() == (2, 1), "receipts to send and those that wait are counted")
    _must(
        [store.note_told(record=_record(2), to=to) for to in ("甲", "甲", "乙")] == [1, 0, 1],
        "told once each",
    )
    _must(
        store.owed(2) == [(1, b'{"n":1}'), (2, b'{"n":2}')], "the oldest are sent first, as they were signed"
    )
    store.note_sent(1)
    store.close()
    store = open_()
    _must([position for position, _ in store.owed()] == [2, 3], "what was sent is owed no longer")
    _must(
        store.receipts(_record(1)) == [KeptReceipt(1, _record(1), b'{"n":1}', True)],
        "it is kept all the same",
    )
    _must([one.position for one in store.receipts()] == [1, 2, 3], "all are kept in the order of the feed")
    _must(
        [store.answered(position) for position in (1, 2, 9)] == [True, True, False],
        "removals answered for are known",
    )
    store.recall(record=_record(1), position=1)
    store.note_told(record=_record(1), to="乙")
    store.close()


def _agreements(open_: Open) -> None:
    store = open_()
    for kept in (KeptAgreement("b", {"n": 1}, None), KeptAgreement("a", {"字": [1]}, None)):
        store.keep_agreement(kept)
    store.keep_agreement(KeptAgreement("b", {"n": 2}, b"signed"))
    found = store.agreements()
    expected = [KeptAgreement("a", {"字": [1]}, None), KeptAgreement("b", {"n": 2}, b"signed")]
    _must(found == expected, "agreements are kept by reference, the last word of each")
    store.close()


def _witnesses(open_: Open) -> None:
    store = open_()
    later = _AT.replace(hour=1)
    for size, at in ((10, _AT), (10, later), (20, later)):
        store.note_seen(size=size, at=at)
    _must(store.unwitnessed_since() == _AT, "the first sight of each size counts")
    checkpoint = Checkpoint(origin="x.example/log", size=15, root=bytes(32))
    store.note_witnessed(checkpoint)
    _must(store.witnessed() == checkpoint, "the last witnessed checkpoint is kept")
    _must(store.unwitnessed_since() == later, "what it covers is no longer waited for")
    store.note_witnessed(replace(checkpoint, size=20))
    _must(store.unwitnessed_since() is None, "nothing is waited for once all is covered")
    store.close()


def _digest(open_: Open) -> None:
    store = open_()
    held = HeldSet(store)
    empty = held.whole()
    with store.transaction():
        for number in (1, 2):
            store.put(_holding(number))
        store.put(_holding(2, version=2, position=7))
        store.drop(_record(1))
        held.fold()
    _must(held.event(_record(2))[0] == 7, "the digest is of what is held now")
    one = held.whole()
    _must(one[0] == 1 and one != empty, "the digest follows each record that is written")
    with store.transaction():
        store.drop(_record(2))
        held.fold()
    _must(held.whole() == empty, "the digest follows each record that goes")
    store.close()


class _Stopped(Exception):
    """Ends a transaction in the middle."""


_CHECKS: Final[tuple[Callable[[Open], None], ...]] = (
    _new,
    _transactions,
    _records,
    _state,
    _receipts,
    _agreements,
    _witnesses,
    _digest,
)
