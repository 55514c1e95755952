"""What a log asks of a witness, and what a witness must answer (C2SP tlog-witness, `add-checkpoint`).

Pure: `judge` says whether a checkpoint may be cosigned, given the last one that was. The witness must call it, and
store what it returns, in one atomic step, and cosign afterwards.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from goodstanding.proof.checkpoint import Checkpoint, parse_checkpoint, verify_checkpoint
from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import from_base64, to_base64
from goodstanding.proof.merkle import EMPTY_ROOT, HASH_BYTES, verify_consistency
from goodstanding.proof.note import Note, VerifierKey, parse_note

#: The most hashes of a consistency proof.
MAX_HASHES: Final = 63
#: The longest request that is read, in bytes.
MAX_REQUEST_BYTES: Final = 100_000

_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)
_CODE: Final = "request_malformed"


@dataclass(frozen=True)
class AddCheckpoint:
    """A request to cosign `checkpoint` (a signed note), with the proof that it extends the tree of `old_size`."""

    old_size: int
    hashes: tuple[bytes, ...]
    checkpoint: str

    def encode(self) -> str:
        """Write the body of the request."""
        return "\n".join([f"old {self.old_size}", *map(to_base64, self.hashes), "", self.checkpoint])

    @classmethod
    def decode(cls, body: bytes) -> "AddCheckpoint":
        """Read a body without trusting it. Raises ProofError `request_malformed` naming the line."""
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise ProofError(_CODE, place="not UTF-8") from None
        head, blank, checkpoint = text.partition("\n\n")
        first, *lines = head.split("\n")
        match = _OLD.fullmatch(first)
        if not blank or not match:
            raise ProofError(_CODE, place="line 1")
        if len(lines) > MAX_HASHES:
            raise ProofError(_CODE, place=f"{len(lines)} hashes")
        hashes = [from_base64(line, code=_CODE, place=f"line {at}") for at, line in enumerate(lines, 2)]
        if any(len(item) != HASH_BYTES for item in hashes):
            raise ProofError(_CODE, place="length of a hash")
        return cls(int(match[1]), tuple(hashes), checkpoint)


def origin_hash(origin: str) -> str:
    """The name under which a witness serves its last checkpoint of a log: the hex SHA-256 of the log's origin."""
    return hashlib.sha256(origin.encode()).hexdigest()


class WitnessRefusal(Exception):
    """A checkpoint that must not be cosigned.

    Attributes: `status`, the HTTP status that C2SP tlog-witness demands; `cause`, what is not proved; `held`, with
    status 409 the size of the last checkpoint that was cosigned.
    """

    def __init__(self, status: int, cause: ProofError, *, held: int | None = None) -> None:
        self.status, self.cause, self.held = status, cause, held
        super().__init__(f"{status}: {cause}")


@dataclass(frozen=True)
class Judged:
    """A checkpoint that its log signed. `refusal` is None where it may be cosigned.

    `split` is True where it contradicts the held checkpoint whatever else the log may prove: two roots at one size.
    """

    checkpoint: Checkpoint
    refusal: WitnessRefusal | None
    split: bool = False


def signed_checkpoint(
    request: AddCheckpoint, *, logs: Mapping[str, Iterable[VerifierKey]]
) -> tuple[Checkpoint, str]:
    """The checkpoint of a request, verified with the keys of its log, and its note with the log's signatures alone.

    `logs` gives the keys by origin. Raises WitnessRefusal 400 (not a checkpoint), 404 (unknown log), 403 (not signed
    by the log), 422 (an empty log whose root is not that of the empty tree).
    """
    try:
        text = parse_note(request.checkpoint).text
        origin, size, encoded = [*text.split("\n"), "", ""][:3]
        if size == "0" and encoded != to_base64(EMPTY_ROOT):
            raise WitnessRefusal(422, ProofError("root_mismatch", place="root hash at size 0"))
        parse_checkpoint(text)
    except ProofError as error:
        raise WitnessRefusal(400, error) from None
    keys = list(logs.get(origin, ()))
    if not keys:
        raise WitnessRefusal(404, ProofError("origin_mismatch", place=f"unknown log {origin[:100]}"))
    try:
        checkpoint = verify_checkpoint(request.checkpoint, origin=origin, keys=keys)
    except ProofError as error:
        raise WitnessRefusal(403, error) from None
    known = {(key.name, key.key_id) for key in keys}
    own = [item for item in parse_note(request.checkpoint).signatures if (item.name, item.key_id) in known]
    return checkpoint, Note(text=text, signatures=tuple(own)).encode()


def judge(request: AddCheckpoint, *, checkpoint: Checkpoint, held: Checkpoint | None) -> Judged:
    """Say whether a signed checkpoint may be cosigned after `held`, the last that was; None where there is none.

    The refusal's status is 400 (old size beyond the checkpoint), 409 (old size is not that of `held`) or 422 (not
    shown to extend `held`).
    """
    split = held is not None and held.size == checkpoint.size and held.root != checkpoint.root
    last = held.size if held else 0
    refusal: WitnessRefusal | None = None
    if request.old_size > checkpoint.size:
        place = f"old size {request.old_size} of a tree of {checkpoint.size}"
        refusal = WitnessRefusal(400, ProofError("tree_range", place=place))
    elif request.old_size != last:
        place = f"old size {request.old_size} where {last} is held"
        refusal = WitnessRefusal(409, ProofError("tree_range", place=place), held=last)
    else:
        try:
            _require_extension(request.hashes, checkpoint=checkpoint, held=held)
        except ProofError as error:
            refusal = WitnessRefusal(422, error)
    return Judged(checkpoint, refusal, split)


def _require_extension(hashes: Sequence[bytes], *, checkpoint: Checkpoint, held: Checkpoint | None) -> None:
    if held is None or held.size == 0:
        if hashes:
            raise ProofError("proof_length", place="consistency with the empty tree")
        return
    verify_consistency(
        old_size=held.size,
        new_size=checkpoint.size,
        old_root=held.root,
        new_root=checkpoint.root,
        proof=hashes,
    )
