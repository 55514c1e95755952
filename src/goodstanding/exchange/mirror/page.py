"""Proving a page of the feed before any of it is applied. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Protocol

from goodstanding import proof
from goodstanding.proof import Checkpoint, CompactRange, ProofError, VerifierKey

from .errors import MirrorError


@dataclass(frozen=True, slots=True)
class Change:
    """What an entry asks for: to hold ``record`` (the document, with its proof), or to drop it (None)."""

    position: int
    record_id: str
    record: dict[str, Any] | None
    salt: bytes
    event: dict[str, Any]

    @property
    def commitment(self) -> bytes:
        """What the log commits to at the position (32 bytes)."""
        return proof.commitment(salt=self.salt, content=self.event)


@dataclass(frozen=True, slots=True)
class Proved:
    """A page that is proved: where it ends, the tree up to there, the log's state, and what to apply."""

    position: int
    tree: CompactRange
    checkpoint: Checkpoint
    changes: tuple[Change, ...]


class Consistency(Protocol):
    """Asks the platform for the proof that the log of a size is the beginning of that of another, in base64."""

    def __call__(self, *, old: int, new: int) -> list[str]: ...


def prove(
    page: dict[str, Any],
    *,
    tree: CompactRange,
    last: Checkpoint | None,
    key: VerifierKey,
    origin: str,
    consistency: Consistency,
) -> Proved | None:
    """Check everything that a page claims.

    Args:
        page: the platform's answer.
        tree: all leaves up to the mirror's cursor.
        last: the checkpoint that was verified last.
        key: the pinned key of the log. origin: its name.
        consistency: asked where the last checkpoint is ahead of the cursor, since nobody sees its leaves in a run.

    Returns:
        What to apply; None from a log that has no checkpoint yet.

    Raises:
        MirrorError: what is not proved, and where.
    """
    try:
        return _prove(page, tree=tree, last=last, key=key, origin=origin, consistency=consistency)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MirrorError("platform.answer", place=f"/feed: {error!r}") from error


def prove_entry(entry: dict[str, Any], *, hashes: list[bytes], checkpoint: Checkpoint) -> Change:
    """Check one entry by itself, which the hashes lead from to a checkpoint that was verified before.

    Raises:
        MirrorError: feed.entry, platform.answer.
    """
    try:
        position, leaf = entry["position"], from_base64(entry["leaf_hash"], "leaf hash of an entry")
        change = change_of(entry, leaf=leaf)
        if change is None:
            raise MirrorError("feed.entry", place=f"position {position} without its event")
        prove_leaf(leaf, position=position, hashes=hashes, checkpoint=checkpoint)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MirrorError("platform.answer", place=f"an entry: {error!r}") from error
    return change


def prove_leaf(leaf: bytes, *, position: int, hashes: list[bytes], checkpoint: Checkpoint) -> None:
    """Check that the leaf at a position leads to a checkpoint verified before. Raises MirrorError feed.entry."""
    try:
        proof.verify_inclusion(
            leaf_hash=leaf, index=position - 1, size=checkpoint.size, proof=hashes, root=checkpoint.root
        )
    except ProofError as error:
        raise MirrorError("feed.entry", place=f"position {position}: {error}") from error


def removal_in(entries: Any, *, position: int, record: str) -> Change:
    """The removal of a record at a position among the entries of a page, held against the leaf hash beside it.

    Raises:
        MirrorError: feed.entry where it is not there, platform.answer.
    """
    try:
        (entry,) = [each for each in entries if each["position"] == position]
        change = change_of(entry, leaf=from_base64(entry["leaf_hash"], f"leaf hash of position {position}"))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MirrorError("platform.answer", place=f"/feed: position {position}: {error!r}") from error
    if change is None or change.record is not None or change.record_id != record:
        raise MirrorError("feed.entry", place=f"position {position} is not the removal of {record}")
    return change


def _prove(
    page: dict[str, Any],
    *,
    tree: CompactRange,
    last: Checkpoint | None,
    key: VerifierKey,
    origin: str,
    consistency: Consistency,
) -> Proved | None:
    after, position, entries = page["after"], page["position"], page["entries"]
    if after != tree.size:
        raise MirrorError("feed.gap", place=f"asked after {tree.size}, answered after {after}")
    if page["checkpoint"] is None:
        if last is not None or tree.size:
            raise MirrorError("log.shrunk", place=f"no checkpoint after {last.size if last else tree.size}")
        return None
    checkpoint = signed_checkpoint(page["checkpoint"], key=key, origin=origin)
    _check_extends(checkpoint, tree=tree, last=last, proof_=page["extends"])
    if last is not None and tree.size < last.size < checkpoint.size:
        way = consistency(old=last.size, new=checkpoint.size)
        _check_begins(checkpoint, size=last.size, root=last.root, proof_=way, code="log.split")
    grown = CompactRange.from_bytes(tree.to_bytes())
    changes = []
    for entry in entries:
        if entry["position"] != grown.size + 1:
            raise MirrorError("feed.gap", place=f"position {entry['position']} instead of {grown.size + 1}")
        if "until" in entry:
            _pass_over(entry, tree=grown)
        elif change := _add(entry, tree=grown):
            changes.append(change)
    if position != grown.size or position > checkpoint.size or (not entries and position < checkpoint.size):
        raise MirrorError("feed.gap", place=f"page ends at {position}, its entries at {grown.size}")
    _check_begins(
        checkpoint, size=grown.size, root=grown.root(), proof_=page["consistency"], code="feed.root"
    )
    return Proved(position, grown, checkpoint, tuple(changes))


def _add(entry: dict[str, Any], *, tree: CompactRange) -> Change | None:
    """One position."""
    leaf = from_base64(entry["leaf_hash"], f"leaf hash of position {entry['position']}")
    change = change_of(entry, leaf=leaf)
    tree.append(leaf)
    return change


def _pass_over(entry: dict[str, Any], *, tree: CompactRange) -> None:
    """A run of positions that hold nothing for this mirror."""
    place = f"positions {entry['position']} to {entry['until']}"
    if not entry.keys() <= {"position", "until", "hashes"}:
        raise MirrorError("feed.entry", place=f"{place}: content in a run")
    try:
        tree.append_run(entry["until"] - tree.size, [from_base64(item, place) for item in entry["hashes"]])
    except ProofError as error:
        raise MirrorError("feed.entry", place=f"{place}: {error}") from error


def signed_checkpoint(note: str, *, key: VerifierKey, origin: str) -> Checkpoint:
    """The checkpoint of a log's signed note. Raises MirrorError log.key, log.checkpoint."""
    try:
        return proof.verify_checkpoint(note, origin=origin, keys=[key])
    except ProofError as error:
        code = "log.key" if error.code == "signer_unknown" else "log.checkpoint"
        raise MirrorError(code, place=str(error)) from error


def _check_extends(
    checkpoint: Checkpoint, *, tree: CompactRange, last: Checkpoint | None, proof_: list[str]
) -> None:
    if last is not None and checkpoint.size < last.size:
        raise MirrorError("log.shrunk", place=f"{checkpoint.size} leaves after {last.size}")
    if last is not None and checkpoint.size == last.size and checkpoint.root != last.root:
        raise MirrorError("log.split", place=f"two roots at {last.size} leaves")
    if tree.size:
        _check_begins(checkpoint, size=tree.size, root=tree.root(), proof_=proof_, code="log.split")


def _check_begins(checkpoint: Checkpoint, *, size: int, root: bytes, proof_: list[str], code: str) -> None:
    """The tree of a size is the beginning of the checkpoint's; refused with ``code`` where that is not proved."""
    place = f"{size} of {checkpoint.size} leaves"
    if size == checkpoint.size:
        if root != checkpoint.root:
            raise MirrorError(code, place=place)
        return
    try:
        proof.verify_consistency(
            old_size=size,
            new_size=checkpoint.size,
            old_root=root,
            new_root=checkpoint.root,
            proof=[from_base64(item, place) for item in proof_],
        )
    except ProofError as error:
        raise MirrorError(code, place=place) from error


def change_of(entry: dict[str, Any], *, leaf: bytes) -> Change | None:
    """What an entry asks for, held against its leaf; None where it is a leaf alone.

    Raises:
        MirrorError: feed.entry, platform.answer.
    """
    if "event" not in entry:
        if "record" in entry or "removal" in entry:
            raise MirrorError("feed.entry", place=f"position {entry['position']} without its event")
        return None
    position, data = entry["position"], entry["event"]["data"]
    place = f"position {position}"
    salt = from_base64(entry["salt"], place)
    try:
        computed = proof.leaf_hash(proof.commitment(salt=salt, content=data))
    except ProofError as error:
        raise MirrorError("feed.entry", place=f"{place}: {error}") from error
    if computed != leaf or data["position"] != position:
        raise MirrorError("feed.entry", place=place)
    if entry["event"]["id"] != str(position) or entry["event"]["subject"] != data["record"]:
        raise MirrorError("feed.entry", place=f"{place}: envelope")
    record = entry.get("record")
    if entry.get("removal") is True and record is None:
        return Change(position, data["record"], None, salt, data)
    if not isinstance(record, dict) or data["state"] != "published":
        raise MirrorError("feed.entry", place=f"{place}: neither a publication nor a removal")
    same = record["version"] == data["version"] and record["disputed"] == data["disputed"]
    agrees = record["id"] == data["record"] and record["version"] >= data["version"]
    if not agrees or (same and record["publish_until"] != data["publish_until"]):
        raise MirrorError("feed.entry", place=f"{place}: the record is not that of its event")
    # An individual business's content is masked on its way here, and so is what an agreement narrows: only the event
    # can be proved.
    whole = record["entity"]["kind"] == "organisation" and not record.get("narrowed")
    provable = same and whole
    if provable and hashlib.sha256(proof.canonical(record["content"])).hexdigest() != data["public_digest"]:
        raise MirrorError("feed.entry", place=f"{place}: the content is not what its event commits to")
    if whole:
        _check_statement(record, data, position=position)
    return Change(position, data["record"], record, salt, data)


def _check_statement(record: dict[str, Any], data: dict[str, Any], *, position: int) -> None:
    """What is attached to a record is what its event commits to, unless it was attached after the event."""
    attached = record["statement"]
    if attached is None or attached["position"] > position:
        return
    if hashlib.sha256(attached["text"].encode()).hexdigest() != data.get("statement"):
        raise MirrorError("feed.entry", place=f"position {position}: the statement is not its event's")


def from_base64(text: object, place: str) -> bytes:
    """Bytes of base64 in an answer. Raises MirrorError platform.answer naming the place."""
    try:
        return proof.keys.from_base64(text, code="document_malformed", place=place)
    except ProofError as error:
        raise MirrorError("platform.answer", place=place) from error
