"""Cosignatures (C2SP tlog-cosignature): a witness says that a checkpoint extends all that it saw before.

A cosignature stands in the note as one more signature line, by Ed25519 (key type 0x04) or by ML-DSA-44 (0x06, which a
quantum computer does not forge), so readers that know nothing of witnesses leave it aside.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from goodstanding.proof.checkpoint import parse_checkpoint
from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import (
    KEY_BYTES,
    ML_DSA_KEY_BYTES,
    ML_DSA_SIGNATURE_BYTES,
    SIGNATURE_BYTES,
    ml_dsa_public_key,
    ml_dsa_sign,
    ml_dsa_verify,
    public_key,
    sign_bytes,
    to_base64,
    verify_bytes,
)
from goodstanding.proof.note import NoteSignature, parse_note, require_name, split_key

MAX_TIMESTAMP: Final = 2**63 - 1

_ED25519: Final = b"\x04"
_ML_DSA: Final = b"\x06"
_KINDS: Final = {_ED25519: KEY_BYTES, _ML_DSA: ML_DSA_KEY_BYTES}
_TIME_BYTES: Final = 8


@dataclass(frozen=True)
class WitnessKey:
    """Whose cosignature to trust: a witness's name and public key. Text form: name+keyid+base64.

    `public_key` is of Ed25519 (32 bytes) or of ML-DSA-44 (1,312 bytes); its length says which.
    """

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.public_key) not in _KINDS.values() or len(self.name.encode()) > 255:
            raise ProofError("key_malformed", place=f"witness key {self.name}")

    @property
    def post_quantum(self) -> bool:
        """Whether the key is of ML-DSA-44."""
        return len(self.public_key) == ML_DSA_KEY_BYTES

    @property
    def _kind(self) -> bytes:
        return _ML_DSA if self.post_quantum else _ED25519

    @property
    def key_id(self) -> bytes:
        """Four bytes that say which key of this name cosigned."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._kind + self.public_key).digest()[:4]

    def encode(self) -> str:
        """Write the witness's key as one line without spaces."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(self._kind + self.public_key)}"

    @classmethod
    def decode(cls, text: str) -> "WitnessKey":
        """Read a witness's key; the identifier in it must be its own. Raises ProofError `key_malformed`."""
        name, key_id, material = split_key(text, kinds=_KINDS, place="witness key")
        key = cls(name=name, public_key=material)
        if key.key_id.hex() != key_id:
            raise ProofError("key_malformed", place=f"identifier of witness key {name}")
        return key


@dataclass(frozen=True)
class CosignerKey:
    """Who cosigns: a witness's name and its secret 32-byte private key, used for nothing else.

    `post_quantum`: cosign by ML-DSA-44, of which the private key is the seed, instead of Ed25519.
    """

    name: str
    private_key: bytes = field(repr=False)
    post_quantum: bool = False

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.private_key) != KEY_BYTES:
            raise ProofError("key_malformed", place=f"cosigner key {self.name}")

    @property
    def verifier(self) -> WitnessKey:
        """The public half."""
        public = ml_dsa_public_key if self.post_quantum else public_key
        return WitnessKey(name=self.name, public_key=public(self.private_key))


@dataclass(frozen=True)
class Cosignature:
    """A cosignature that holds: whose, and when it was given (seconds since 1970, as the witness's clock said)."""

    witness: WitnessKey
    timestamp: int


def cosign(text: str, *, cosigner: CosignerKey, timestamp: int) -> NoteSignature:
    """Cosign the checkpoint `text` (a note's text without signatures) as of `timestamp`, seconds since 1970.

    The caller must have seen that the checkpoint extends every one that it cosigned before. Extension lines are covered
    by Ed25519 only. Raises ProofError `note_malformed` on a timestamp outside 1..2^63-1, `checkpoint_malformed`.
    """
    if not 0 < timestamp <= MAX_TIMESTAMP:
        raise ProofError("note_malformed", place=f"timestamp {timestamp}")
    witness = cosigner.verifier
    sign = ml_dsa_sign if cosigner.post_quantum else sign_bytes
    signature = sign(_message(text, timestamp, witness), private_key=cosigner.private_key)
    return NoteSignature(
        name=cosigner.name,
        key_id=witness.key_id,
        signature=timestamp.to_bytes(_TIME_BYTES, "big") + signature,
    )


def verify_cosignatures(note: str | bytes, *, witnesses: Iterable[WitnessKey]) -> tuple[Cosignature, ...]:
    """Check every cosignature in `note` that is by one of `witnesses`; there may be none.

    Returns them in the order of their lines, of each witness the first. Lines by other keys are left aside. Raises
    ProofError `note_malformed`, `key_malformed` (two witnesses under one name and identifier), `signature_invalid`, or
    `checkpoint_malformed` where a line by ML-DSA-44 stands under something else than a checkpoint.
    """
    parsed = parse_note(note)
    known: dict[tuple[str, bytes], WitnessKey] = {}
    for key in witnesses:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise ProofError("key_malformed", place=f"two keys share the name and identifier of {key.name}")
    found: dict[WitnessKey, Cosignature] = {}
    for line in parsed.signatures:
        witness = known.get((line.name, line.key_id))
        if witness is None:
            continue
        place = f"cosignature of {line.name}"
        timestamp = int.from_bytes(line.signature[:_TIME_BYTES], "big")
        length = ML_DSA_SIGNATURE_BYTES if witness.post_quantum else SIGNATURE_BYTES
        if len(line.signature) != _TIME_BYTES + length or not 0 < timestamp <= MAX_TIMESTAMP:
            raise ProofError("signature_invalid", place=place)
        verify = ml_dsa_verify if witness.post_quantum else verify_bytes
        verify(
            _message(parsed.text, timestamp, witness),
            signature=line.signature[_TIME_BYTES:],
            public_key=witness.public_key,
            place=place,
        )
        found.setdefault(witness, Cosignature(witness=witness, timestamp=timestamp))
    return tuple(found.values())


def _message(text: str, timestamp: int, witness: WitnessKey) -> bytes:
    """What is signed: the checkpoint's text under a header, or the structure `cosigned_message` from leaf 0 on."""
    if not witness.post_quantum:
        return f"cosignature/v1\ntime {timestamp}\n{text}".encode()
    checkpoint = parse_checkpoint(text)
    origin = checkpoint.origin.encode()
    if len(origin) > 255:
        raise ProofError("checkpoint_malformed", place="origin longer than 255 bytes")
    name = witness.name.encode()
    numbers = (timestamp, 0, checkpoint.size)
    time, start, end = (number.to_bytes(8, "big") for number in numbers)
    parts = (b"subtree/v1\n\0", bytes([len(name)]), name, time, bytes([len(origin)]), origin, start, end)
    return b"".join(parts) + checkpoint.root
