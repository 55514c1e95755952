"""Checkpoints (C2SP tlog-checkpoint): a log's size and root at one moment, as a signed note."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import from_base64, to_base64
from goodstanding.proof.merkle import EMPTY_ROOT, HASH_BYTES
from goodstanding.proof.note import SignerKey, VerifierKey, sign_note, verify_note

MAX_SIZE: Final = 2**63 - 1

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Checkpoint:
    """The log `origin` has `size` leaves with hash `root` (32 bytes). Best without `extensions` lines.

    Raises ProofError `checkpoint_malformed` when the parts cannot be a checkpoint.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not all(line and all(c >= " " for c in line) for line in (self.origin, *self.extensions)):
            raise ProofError("checkpoint_malformed", place="origin or extension line")
        if not 0 <= self.size <= MAX_SIZE:
            raise ProofError("checkpoint_malformed", place=f"size {self.size}")
        if len(self.root) != HASH_BYTES or (self.size == 0 and self.root != EMPTY_ROOT):
            raise ProofError("checkpoint_malformed", place=f"root hash at size {self.size}")

    @property
    def text(self) -> str:
        """The text that is signed, with its final newline."""
        return "\n".join([self.origin, str(self.size), to_base64(self.root), *self.extensions, ""])


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint text without signatures. Raises ProofError `checkpoint_malformed` naming the line."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop():
        raise ProofError("checkpoint_malformed", place="fewer than three lines")
    origin, size, encoded, *extensions = lines
    if not _SIZE.fullmatch(size):
        raise ProofError("checkpoint_malformed", place="line 2, the tree size")
    digest = from_base64(encoded, code="checkpoint_malformed", place="line 3, the root hash")
    return Checkpoint(origin=origin, size=int(size), root=digest, extensions=tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, *, signers: Sequence[SignerKey]) -> str:
    """Return the checkpoint as a signed note.

    The caller must never sign two checkpoints of which one is not the beginning of the other.
    """
    return sign_note(checkpoint.text, signers=signers)


def verify_checkpoint(note: str | bytes, *, origin: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Check that `note` is a checkpoint of the log `origin` that one of `keys` signed.

    Returns the checkpoint. Raises ProofError of `verify_note`, `checkpoint_malformed`, or `origin_mismatch`.
    """
    checkpoint = parse_checkpoint(verify_note(note, keys=keys).text)
    if checkpoint.origin != origin:
        raise ProofError("origin_mismatch", place=f"{checkpoint.origin[:100]} instead of {origin[:100]}")
    return checkpoint
