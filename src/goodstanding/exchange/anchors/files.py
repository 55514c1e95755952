"""Receipts of anchors as files beside an exported log, and their audit there without the platform.

    anchors/<anchor>/<size>.checkpoint      the note that was anchored
    anchors/<anchor>/<size>.tsr|json|line   the anchor's receipt
    anchors/<anchor>/<size>.pem             the certificates by which it was trusted, where it is signed
    anchors/<anchor>/<size>.event           the log's own entry about it, with what opens the entry's commitment

The entry names the digests of the others, so no byte of them changes unseen.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from goodstanding import proof
from goodstanding.exchange.errors import ExchangeError
from goodstanding.proof import Fault, ProofError, VerifierKey

from . import chain, line_file
from .base import AnchorReceipt, SignedCheckpoint
from .timestamps import TimeStamps

FOLDER: Final = "anchors"
SUFFIXES: Final[Mapping[str, str]] = {
    kind.kind: kind.suffix for kind in (TimeStamps, chain.Chain, line_file.LineFile)
}
_PATH: Final = re.compile(rf"{FOLDER}/([a-z0-9-]+)/([1-9][0-9]{{0,18}})\.([a-z]+)")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt with all that belongs to it, as it is kept and as it lies in files."""

    anchor: str
    kind: str
    size: int
    note: str
    content: bytes
    certificates: bytes
    #: The log's entry about it, and its salt.
    event: Mapping[str, Any]
    salt: bytes

    @property
    def folder(self) -> str:
        """Where its files lie, without their endings."""
        return f"{FOLDER}/{self.anchor}/{self.size}"

    def path(self, part: str) -> str:
        """The path of its ``note``, ``receipt``, ``certificates`` or ``event``."""
        endings = {"note": "checkpoint", "receipt": SUFFIXES[self.kind], "certificates": "pem"}
        return f"{self.folder}.{endings.get(part, part)}"

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Its files by path."""
        yield self.path("note"), self.note.encode()
        yield self.path("receipt"), self.content
        if self.certificates:
            yield self.path("certificates"), self.certificates
        yield self.path("event"), _event(self.event, self.salt)

    def faults(self, *, key: VerifierKey, place: Callable[[str], str]) -> Iterator[Fault]:
        """What does not agree with the entry, and what does not hold.

        Args:
            key: the log's verifier key.
            place: names the place of ``note``, ``receipt``, ``certificates`` or ``event``.
        """
        told = {name: self.event.get(name) for name in ("kind", "anchor", "anchor_kind", "size")}
        if told != {
            "kind": "log.anchored",
            "anchor": self.anchor,
            "anchor_kind": self.kind,
            "size": self.size,
        }:
            yield Fault(place("event"), "changed")
            return
        parts = {"note": self.note.encode(), "receipt": self.content, "certificates": self.certificates}
        changed = [
            name for name, data in parts.items() if hashlib.sha256(data).hexdigest() != self.event.get(name)
        ]
        if changed:
            yield from (Fault(place(name), "changed") for name in changed)
            return
        try:
            state = proof.verify_checkpoint(self.note, origin=key.name, keys=[key])
        except ProofError:
            yield Fault(place("note"), "unsigned")
            return
        if state.size != self.size:
            yield Fault(place("note"), "changed")
            return
        try:
            self.read()
        except ExchangeError:
            yield Fault(place("receipt"), "unsigned")

    def read(self) -> AnchorReceipt:
        """What the receipt says, checked as far as it can be without asking anybody.

        Raises:
            ExchangeError: anchor.forged, or anchor.config where the certificates are none.
            ProofError: the note is no checkpoint.
        """
        return holds(self.kind, SignedCheckpoint.of(self.note), self.content, self.certificates)

    @property
    def leaf(self) -> tuple[int, bytes]:
        """The position of the log's entry about it and the leaf hash that it must have there."""
        committed = proof.commitment(salt=self.salt, content=proof.canonical(dict(self.event)))
        return int(self.event["position"]), proof.leaf_hash(committed)


class Replayed:
    """Compares receipts with the leaves of a log as they are replayed: its root at their sizes, and their entries."""

    def __init__(self, receipts: Iterable[Receipt], faults: list[Fault]) -> None:
        self._faults = faults
        self._tree = proof.CompactRange()
        self._roots: dict[int, list[Receipt]] = {}
        self._leaves: dict[int, list[tuple[Receipt, bytes]]] = {}
        for receipt in receipts:
            position, leaf = receipt.leaf
            self._roots.setdefault(receipt.size, []).append(receipt)
            self._leaves.setdefault(position, []).append((receipt, leaf))

    def leaves(self, hashes: Sequence[bytes]) -> None:
        """Take the next leaf hashes."""
        if not self._roots and not self._leaves:
            return
        for item in hashes:
            self._tree.append(item)
            for receipt, leaf in self._leaves.pop(self._tree.size, ()):
                if leaf != item:
                    self._faults.append(Fault(f"{receipt.folder}.event", "changed"))
            for receipt in self._roots.pop(self._tree.size, ()):
                if SignedCheckpoint.of(receipt.note).checkpoint.root != self._tree.root():
                    self._faults.append(Fault(f"{receipt.folder}.checkpoint", "replaced"))

    def end(self) -> None:
        """Whatever was not met lies beyond the log."""
        beyond = [*self._roots.values(), *([one for one, _ in items] for items in self._leaves.values())]
        self._faults += [Fault(f"{receipt.folder}.event", "unknown") for group in beyond for receipt in group]


def holds(kind: str, checkpoint: SignedCheckpoint, content: bytes, certificates: bytes) -> AnchorReceipt:
    """Check a receipt as far as it can be without asking anybody. Raises ExchangeError anchor.forged."""
    if kind == TimeStamps.kind:
        return TimeStamps(url="", certificates=certificates).verify(checkpoint, content)
    return {chain.Chain.kind: chain.read, line_file.LineFile.kind: line_file.read}[kind](checkpoint, content)


def found_in(folder: Path, paths: list[str], faults: list[Fault]) -> list[Receipt]:
    """The receipts whose files are among ``paths``; what is not whole is a fault."""
    groups: dict[tuple[str, int], dict[str, str]] = {}
    for path in paths:
        match = _PATH.fullmatch(path)
        if match is None or match[3] not in {"checkpoint", "pem", "event", *SUFFIXES.values()}:
            faults.append(Fault(path, "unknown"))
        else:
            groups.setdefault((match[1], int(match[2])), {})[match[3]] = path
    found = []
    for (anchor, size), files in sorted(groups.items()):
        base = f"{FOLDER}/{anchor}/{size}"
        kinds = [kind for kind, suffix in SUFFIXES.items() if suffix in files]
        missing = [f"{base}.{name}" for name in ("checkpoint", "event") if name not in files]
        if missing or len(kinds) != 1:
            missing += [] if kinds else [f"{base}.receipt"]
            faults += [Fault(path, "missing") for path in missing]
            faults += [Fault(files[SUFFIXES[kind]], "unknown") for kind in kinds[1:]]
            continue
        data = {name: (folder / path).read_bytes() for name, path in files.items()}
        try:
            event = json.loads(data["event"])
            content, salt = event["content"], bytes.fromhex(event["salt"])
            if _event(content, salt) != data["event"] or not isinstance(content["position"], int):
                raise ValueError
            note = data["checkpoint"].decode()
        except (ValueError, TypeError, KeyError, ProofError):
            faults.append(Fault(f"{base}.event", "malformed"))
            continue
        receipt = data[SUFFIXES[kinds[0]]]
        found.append(Receipt(anchor, kinds[0], size, note, receipt, data.get("pem", b""), content, salt))
    return found


def _event(content: Mapping[str, Any], salt: bytes) -> bytes:
    return proof.canonical({"content": dict(content), "salt": salt.hex()}) + b"\n"
