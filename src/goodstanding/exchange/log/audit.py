"""Replaying the journal in the database: every column that the signed log commits to, and where one has changed.

Committed to are ``registry_event`` (position, kind, at, content, commitment, and which record it is about),
``registry_salt``, ``registry_tile``, ``registry_checkpoint``, the checkpoints that witnesses cosigned, the receipts of
anchors, and what the last event of each record says of it (``records``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection
from django.db.models.functions import Length

from goodstanding import proof
from goodstanding.exchange import proofs
from goodstanding.exchange.anchors.base import SignedCheckpoint
from goodstanding.exchange.anchors.rounds import ANCHORED
from goodstanding.exchange.anchors.stored import receipts
from goodstanding.exchange.models import WitnessedCheckpoint
from goodstanding.proof import CompactRange, Fault, ProofError, VerifierKey
from goodstanding.proof.beside import verify_beside
from goodstanding.registry import journal
from goodstanding.registry.models import Checkpoint, Event, Tile

from .folder import Audited
from .records import audit_records
from .stored import StoredLog

_CHUNK = 5_000
#: The condition on the salts says nothing new, but without it they are read from the first one for each chunk.
_EVENTS = """
    SELECT e.position, e.kind, e.at, e.content::text, e.commitment, s.salt, r.public_id::text
    FROM registry_event e
    LEFT JOIN registry_salt s ON s.event_id = e.position AND s.event_id > %(after)s
    LEFT JOIN registry_record r ON r.id = e.record_id
    WHERE e.position > %(after)s ORDER BY e.position LIMIT %(chunk)s
"""


@dataclass(frozen=True, slots=True)
class _Row:
    """An event as it lies in its table."""

    position: int
    kind: str
    at: datetime
    content: str
    commitment: bytes
    salt: bytes | None
    record: str | None


def audit_database(
    *, read: Callable[[int], None] = lambda _: None, done: Callable[[int], None] = lambda _: None
) -> Audited:
    """Replay the log from the journal's events and locate everything that does not lead to its signed checkpoints.

    Run it on a database in which nobody writes, or in a transaction that sees one state of it.

    Args:
        read: told up to which position events were compared with what is committed to, which comes first.
        done: told how many entries were replayed.
    """
    faults: list[Fault] = []
    key = VerifierKey.decode(proofs.log_key())
    signed = _checkpoints(key, faults)
    present = max(signed.values(), key=lambda item: item.size, default=None)
    size = present.size if present else 0
    newest = Checkpoint.objects.order_by("-size").values_list("size", flat=True).first()
    if newest == size:  # else the tiles belong to a checkpoint that nobody signed, which is told already
        faults += _tiles(size)
    faults += _orphans()
    contents = _Contents(size, faults)
    for row in _rows():
        contents.look(row)
        if row.position % _CHUNK == 0:
            read(row.position)
    contents.end(journal.head())
    if present is None:
        return Audited(None, tuple(sorted(set(faults))), contents.forgotten)
    witnessed, anchored = _witnessed(key, faults), _anchored(key, faults)
    growing = CompactRange()

    def leaves(hashes: Sequence[bytes]) -> None:
        contents.settle(growing.size, hashes)
        for item in hashes:
            growing.append(item)
            checkpoint = signed.get(growing.size)
            if checkpoint and checkpoint is not present and checkpoint.root != growing.root():
                faults.append(Fault(f"registry_checkpoint, size {growing.size}", "replaced"))
            checkpoint = witnessed.get(growing.size)
            if checkpoint and checkpoint.root != growing.root():
                faults.append(Fault(f"exchange_witnessedcheckpoint, size {growing.size}", "replaced"))
            for place, root in anchored.get(growing.size, ()):
                if root != growing.root():
                    faults.append(Fault(place, "replaced"))

    faults += proof.audit_tree(checkpoint=present, source=StoredLog(), leaves=leaves, done=done)
    faults += audit_records(distrusted=contents.wrong)
    return Audited(present, tuple(sorted(set(faults))), contents.forgotten)


def _checkpoints(key: VerifierKey, faults: list[Fault]) -> dict[int, proof.Checkpoint]:
    """Every checkpoint that is signed, by its size; what the columns beside the note say must agree with it."""
    signed, beside = {}, proofs.keys_beside()
    for row in Checkpoint.objects.order_by("size").iterator():
        place = f"registry_checkpoint, size {row.size}"
        try:
            found = proof.verify_checkpoint(row.note, origin=key.name, keys=[key])
        except ProofError as error:
            faults.append(Fault(f"{place}, note: {error.place}", "unsigned"))
            continue
        signed[found.size] = found
        for name, agrees in (("size", found.size == row.size), ("root", found.root == bytes(row.root))):
            if not agrees:
                faults.append(Fault(f"{place}, column {name}", "changed"))
        try:
            known = 1 + len(verify_beside(row.note, keys=beside))
        except ProofError as error:
            faults.append(Fault(f"{place}, note: {error.place}", "unsigned"))
            continue
        if len(proof.parse_note(row.note).signatures) != known:
            faults.append(Fault(f"{place}, note: a signature by a key that is not the log's", "unknown"))
    return signed


def _witnessed(key: VerifierKey, faults: list[Fault]) -> dict[int, proof.Checkpoint]:
    """Every cosigned checkpoint: each line must be by the log or by one of the witnesses that the row names."""
    found, beside = {}, proofs.keys_beside()
    for row in WitnessedCheckpoint.objects.order_by("size").iterator():
        place = f"exchange_witnessedcheckpoint, size {row.size}"
        try:
            checkpoint = proof.verify_checkpoint(row.note, origin=key.name, keys=[key])
            named = [proof.WitnessKey.decode(text) for text in row.witnesses]
            cosigned = [item.witness for item in proof.verify_cosignatures(row.note, witnesses=named)]
            own = 1 + len(verify_beside(row.note, keys=beside))
        except ProofError as error:
            faults.append(Fault(f"{place}, note: {error.place}", "unsigned"))
            continue
        found[checkpoint.size] = checkpoint
        if (checkpoint.size, checkpoint.root) != (row.size, bytes(row.root)):
            faults.append(Fault(f"{place}, columns size and root", "changed"))
        if cosigned != named or len(proof.parse_note(row.note).signatures) != own + len(named):
            faults.append(Fault(f"{place}, note and witnesses", "unknown"))
    return found


def _anchored(key: VerifierKey, faults: list[Fault]) -> dict[int, list[tuple[str, bytes]]]:
    """The roots that were anchored, by size, each with its place; a receipt must be what its event says, and hold."""
    found: dict[int, list[tuple[str, bytes]]] = {}
    told = set(Event.objects.filter(kind=ANCHORED).values_list("position", flat=True))
    for row, receipt in receipts(until=journal.head()):
        place = f"exchange_anchoredcheckpoint, position {row.position}"
        told.discard(row.position)
        if receipt is None:
            faults.append(Fault(f"{place}: no event tells of it", "unknown"))
            continue
        wrong = list(receipt.faults(key=key, place=lambda part, at=place: f"{at}, {part}"))
        faults += wrong
        if wrong:
            continue
        said, root = receipt.read(), SignedCheckpoint.of(row.note).checkpoint.root
        if (bytes(row.root), row.anchored_at, row.reference) != (root, said.anchored_at, said.reference):
            faults.append(Fault(f"{place}, columns root, anchored_at and reference", "changed"))
        found.setdefault(row.size, []).append((f"{place}, note", root))
    faults += [Fault(f"exchange_anchoredcheckpoint, position {position}", "missing") for position in told]
    return found


def _tiles(size: int) -> Iterator[Fault]:
    """Tiles that the log of this size has not, and such whose columns contradict each other."""
    rows = Tile.objects.order_by("level", "index").annotate(length=Length("data"))
    for level, index, width, length in rows.values_list("level", "index", "width", "length"):
        place = f"registry_tile, level {level}, index {index}"
        expected = proof.tile_width(level=level, index=index, size=size)
        if not expected:
            yield Fault(place, "unknown")
        elif width != expected or length != 32 * expected:
            yield Fault(place, "malformed")


def _orphans() -> Iterator[Fault]:
    """Salts of events that are not there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event_id FROM registry_salt s WHERE NOT EXISTS"
            " (SELECT FROM registry_event e WHERE e.position = s.event_id) ORDER BY event_id LIMIT 100"
        )
        for (position,) in cursor.fetchall():
            yield Fault(f"registry_salt, position {position}", "unknown")


def _rows() -> Iterator[_Row]:
    after = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_EVENTS, {"after": after, "chunk": _CHUNK})
            found = cursor.fetchall()
            for position, kind, at, content, commitment, salt, record in found:
                salt = None if salt is None else bytes(salt)
                yield _Row(position, kind, at, content, bytes(commitment), salt, record)
            if len(found) < _CHUNK:
                return
            after = found[-1][0]


class _Contents:
    """Compares what each event says with what is committed to."""

    def __init__(self, size: int, faults: list[Fault]) -> None:
        self.size = size
        self.faults = faults
        self.forgotten = 0
        #: Positions whose content is not what was committed to.
        self.wrong: set[int] = set()
        self._expected = 1
        #: Sealed events whose content and salt do not give the commitment beside them, with what they give.
        self._suspects: dict[int, bytes | None] = {}

    def look(self, row: _Row) -> None:
        """Take the next event."""
        for missing in range(self._expected, min(row.position, self._expected + 100)):
            self.faults.append(Fault(f"registry_event, position {missing}", "missing"))
        self._expected = row.position + 1
        try:
            content = orjson.loads(row.content)
            told = proof.canonical(content)
        except (orjson.JSONDecodeError, ProofError):
            self._suspect(row, None)
            return
        if row.salt is None:
            self.forgotten += 1
        elif (given := proof.commitment(salt=row.salt, content=told)) != row.commitment:
            self._suspect(row, given)
            return
        self._columns(row, content)

    def settle(self, before: int, hashes: Sequence[bytes]) -> None:
        """Judge the suspects of a bundle by its leaf hashes: is it their content, or the commitment beside it?"""
        for number, leaf in enumerate(hashes, 1):
            position = before + number
            if position not in self._suspects:
                continue
            given = self._suspects.pop(position)
            if given is None or proof.leaf_hash(given) != leaf:
                place = f"registry_event.content or registry_salt.salt, position {position}"
                self.faults.append(Fault(place, "changed"))
                self.wrong.add(position)

    def end(self, head: int) -> None:
        """All events were seen."""
        if head != self._expected - 1:
            place = f"registry_journalhead, position {head} after {self._expected - 1} events"
            self.faults.append(Fault(place, "changed"))

    def _suspect(self, row: _Row, given: bytes | None) -> None:
        if row.position <= self.size:
            self._suspects[row.position] = given
            return
        self.wrong.add(row.position)
        place = f"registry_event.content, .commitment or registry_salt.salt, position {row.position}, not sealed yet"
        self.faults.append(Fault(place, "undecided"))

    def _columns(self, row: _Row, content: dict[str, Any]) -> None:
        """The columns beside the content must say what it says."""
        agree = {
            "position": content.get("position") == row.position,
            "kind": content.get("kind") == row.kind,
            "at": content.get("at") == row.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "record_id": row.record is None
            or not row.kind.startswith("record.")
            or content.get("record") == row.record,
        }
        for name, agrees in agree.items():
            if not agrees:
                self.faults.append(Fault(f"registry_event.{name}, position {row.position}", "changed"))
