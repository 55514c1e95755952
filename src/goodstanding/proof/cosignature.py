"""Cosignatures (C2SP tlog-cosignature, Ed25519): a witness says that a checkpoint extends all that it saw before.

A cosignature stands in the checkpoint's note as one more signature line, of the key type 0x04, so readers that know
nothing of witnesses leave it aside.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import (
    KEY_BYTES,
    SIGNATURE_BYTES,
    public_key,
    sign_bytes,
    to_base64,
    verify_bytes,
)
from goodstanding.proof.note import NoteSignature, parse_note, require_name, split_key

MAX_TIMESTAMP: Final = 2**63 - 1

_KIND: Final = b"\x04"
_TIME_BYTES: Final = 8


@dataclass(frozen=True)
class WitnessKey:
    """Whose cosignature to trust: a witness's name and public key. Text form: name+keyid+base64, type 0x04."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.public_key) != KEY_BYTES:
            raise ProofError("key_malformed", place=f"witness key {self.name}")

    @property
    def key_id(self) -> bytes:
        """Four bytes that say which key of this name cosigned."""
        return hashlib.sha256(self.name.encode() + b"\n" + _KIND + self.public_key).digest()[:4]

    def encode(self) -> str:
        """Write the witness's key as one line without spaces."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(_KIND + self.public_key)}"

    @classmethod
    def decode(cls, text: str) -> "WitnessKey":
        """Read a witness's key; the identifier in it must be its own. Raises ProofError `key_malformed`."""
        name, key_id, material = split_key(text, kind=_KIND, place="witness key")
        key = cls(name=name, public_key=material)
        if key.key_id.hex() != key_id:
            raise ProofError("key_malformed", place=f"identifier of witness key {name}")
        return key


@dataclass(frozen=True)
class CosignerKey:
    """Who cosigns: a witness's name and its secret 32-byte private key, used for nothing else."""

    name: str
    private_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.private_key) != KEY_BYTES:
            raise ProofError("key_malformed", place=f"cosigner key {self.name}")

    @property
    def verifier(self) -> WitnessKey:
        """The public half."""
        return WitnessKey(name=self.name, public_key=public_key(self.private_key))


@dataclass(frozen=True)
class Cosignature:
    """A cosignature that holds: whose, and when it was given (seconds since 1970, as the witness's clock said)."""

    witness: WitnessKey
    timestamp: int


def cosign(text: str, *, cosigner: CosignerKey, timestamp: int) -> NoteSignature:
    """Cosign the checkpoint `text` (a note's text without signatures) as of `timestamp`, seconds since 1970.

    The caller must have seen that the checkpoint extends every one that it cosigned before. Raises ProofError
    `note_malformed` on a timestamp outside 1..2^63-1.
    """
    if not 0 < timestamp <= MAX_TIMESTAMP:
        raise ProofError("note_malformed", place=f"timestamp {timestamp}")
    signature = sign_bytes(_message(text, timestamp), private_key=cosigner.private_key)
    return NoteSignature(
        name=cosigner.name,
        key_id=cosigner.verifier.key_id,
        signature=timestamp.to_bytes(_TIME_BYTES, "big") + signature,
    )


def verify_cosignatures(note: str | bytes, *, witnesses: Iterable[WitnessKey]) -> tuple[Cosignature, ...]:
    """Check every cosignature in `note` that is by one of `witnesses`; there may be none.

    Returns them in the order of their lines, of each witness the first. Lines by other keys are left aside. Raises
    ProofError `note_malformed`, `key_malformed` (two witnesses under one name and identifier) or
    `signature_invalid`.
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
        if len(line.signature) != _TIME_BYTES + SIGNATURE_BYTES or not 0 < timestamp <= MAX_TIMESTAMP:
            raise ProofError("signature_invalid", place=place)
        verify_bytes(
            _message(parsed.text, timestamp),
            signature=line.signature[_TIME_BYTES:],
            public_key=witness.public_key,
            place=place,
        )
        found.setdefault(witness, Cosignature(witness=witness, timestamp=timestamp))
    return tuple(found.values())


def _message(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()
