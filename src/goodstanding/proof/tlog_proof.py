"""One entry's proof as one text file that verifies offline for years (C2SP tlog-proof)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from goodstanding.proof.canonical import Json, canonical, commitment
from goodstanding.proof.document import (
    ProvedEvent,
    bytes_field,
    read_json,
    require_agreement,
    require_fields,
)
from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import from_base64, to_base64
from goodstanding.proof.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from goodstanding.proof.policy import Policy, Witnessed, verify_witnessed

_HEADER: Final = "c2sp.org/tlog-proof@v1"
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_CODE: Final = "tlog_proof_malformed"


@dataclass(frozen=True)
class TlogProof:
    """The entry at `index` (from 0) with the sibling hashes that lead to `checkpoint`, a signed note.

    `extra` is for the application and is not authenticated by itself.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes = b""

    def encode(self) -> str:
        """Write the file's text."""
        lines = [_HEADER]
        if self.extra:
            lines.append(f"extra {to_base64(self.extra)}")
        lines += [f"index {self.index}", *map(to_base64, self.hashes), "", self.checkpoint]
        return "\n".join(lines)

    @classmethod
    def decode(cls, text: str) -> "TlogProof":
        """Read what `encode` wrote, without trusting it. Raises ProofError `tlog_proof_malformed` naming the line."""
        head, blank, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines[0] != _HEADER:
            raise ProofError(_CODE, place="line 1")
        at, extra = 1, b""
        if len(lines) > 1 and lines[1].startswith("extra "):
            extra = from_base64(lines[1].removeprefix("extra "), code=_CODE, place="line 2")
            at = 2
        number = lines[at].removeprefix("index ") if len(lines) > at else ""
        if not _NUMBER.fullmatch(number) or lines[at] != f"index {number}":
            raise ProofError(_CODE, place=f"line {at + 1}")
        hashes = [
            from_base64(line, code=_CODE, place=f"line {place}")
            for place, line in enumerate(lines[at + 1 :], at + 2)
        ]
        if len(hashes) > 63 or any(len(item) != HASH_BYTES for item in hashes):
            raise ProofError(_CODE, place="hashes")
        return cls(int(number), tuple(hashes), checkpoint, extra)


@dataclass(frozen=True)
class ProvedEntry:
    """What a tlog-proof of an event of the journal proves: the event, and the checkpoint with its cosignatures."""

    event: ProvedEvent
    witnessed: Witnessed


def verify_tlog_proof(text: str, *, leaf: bytes, policy: Policy) -> Witnessed:
    """Check that the entry with the leaf hash `leaf` (32 bytes) is in a log as `policy` demands.

    Returns the checkpoint with its cosignatures. Raises ProofError `tlog_proof_malformed`, or one of
    `verify_witnessed` and `verify_inclusion`. Source: C2SP tlog-proof, "Verifying a tlog proof".
    """
    told = TlogProof.decode(text)
    witnessed = verify_witnessed(told.checkpoint, policy=policy)
    verify_inclusion(
        leaf_hash=leaf,
        index=told.index,
        size=witnessed.checkpoint.size,
        proof=told.hashes,
        root=witnessed.checkpoint.root,
    )
    return witnessed


def event_proof(
    *, content: dict[str, Json], salt: bytes, index: int, hashes: Sequence[bytes], checkpoint: str
) -> TlogProof:
    """Make the tlog-proof of an event of the journal; its extra data is canonical JSON of `content` and `salt`."""
    extra = canonical({"content": content, "salt": to_base64(salt)})
    return TlogProof(index=index, hashes=tuple(hashes), checkpoint=checkpoint, extra=extra)


def verify_event_proof(text: str, *, policy: Policy) -> ProvedEntry:
    """Check the tlog-proof of an event of the journal, whose content and salt are its extra data.

    Raises ProofError as `verify_tlog_proof`; `document_malformed` where the extra data is not that of an event;
    `document_contradiction` where the event names another position than it has.
    """
    told = TlogProof.decode(text)
    extra = require_fields(read_json(told.extra), {"content": dict, "salt": str})
    content = extra["content"]
    leaf = leaf_hash(commitment(salt=bytes_field(extra["salt"], "extra, salt"), content=content))
    witnessed = verify_tlog_proof(text, leaf=leaf, policy=policy)
    position, kind, at = (content.get(name) for name in ("position", "kind", "at"))
    if type(position) is not int or type(kind) is not str or type(at) is not str:
        raise ProofError("document_malformed", place="extra, content")
    require_agreement(position == told.index + 1, "index and content.position")
    return ProvedEntry(ProvedEvent(position, kind, at, content), witnessed)
