"""What every anchor takes and gives."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from goodstanding import proof


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with the note that says it, byte for byte with all its signatures."""

    note: str
    checkpoint: proof.Checkpoint

    @classmethod
    def of(cls, note: str) -> SignedCheckpoint:
        """Take a note apart without checking its signatures. Raises ProofError note_malformed, checkpoint_malformed."""
        return cls(note, proof.parse_checkpoint(proof.parse_note(note).text))

    @property
    def digest(self) -> bytes:
        """SHA-256 of the note."""
        return hashlib.sha256(self.note.encode()).digest()


@dataclass(frozen=True, slots=True)
class AnchorReceipt:
    """What an anchor gave for one checkpoint.

    ``anchored_at`` is the instant as the anchor says it; ``reference`` is where a reader finds it there, in its
    own terms; ``content`` is the receipt byte for byte; ``certificates`` (PEM) are those by which it was trusted, where
    it is signed.
    """

    anchored_at: datetime
    reference: str
    content: bytes
    certificates: bytes = b""


class Anchor(Protocol):
    """One way to anchor checkpoints."""

    #: The method, and how a file with its receipt ends.
    kind: ClassVar[str]
    suffix: ClassVar[str]

    def anchor(self, checkpoint: SignedCheckpoint, *, at: datetime) -> AnchorReceipt:
        """Have a checkpoint anchored, at the present instant ``at``; what is anchored already gives a receipt too.

        Raises:
            ExchangeError: anchor.unreachable, anchor.refused, anchor.forged (the answer does not hold),
                anchor.contradicted (it holds another root at this size), anchor.ahead (it holds a later size),
                anchor.contract, anchor.extra.
        """
        ...

    def verify(self, checkpoint: SignedCheckpoint, content: bytes) -> AnchorReceipt:
        """Check a receipt, asking the anchor where it keeps what was anchored. Returns what the receipt says.

        Raises:
            ExchangeError: anchor.forged, anchor.lost (not held any more), anchor.unreachable, anchor.contract,
                anchor.extra.
        """
        ...
