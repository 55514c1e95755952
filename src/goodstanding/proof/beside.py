"""A log's own signatures beside its Ed25519: further lines of a note, left aside by readers that do not know them.

- ML-DSA-44, which a quantum computer does not forge: the line of C2SP tlog-cosignature (type 0x06), by the log itself.
- SM2 with SM3 over the note's text. C2SP assigns it no type, so the key has 0xff and an identifier of its own.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from goodstanding.proof.checkpoint import Checkpoint, parse_checkpoint
from goodstanding.proof.cosignature import CosignerKey, WitnessKey, cosign, verify_cosignatures
from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import KEY_BYTES, to_base64
from goodstanding.proof.note import (
    Note,
    NoteSignature,
    SignerKey,
    parse_note,
    require_name,
    sign_note,
    split_key,
)
from goodstanding.proof.sm2 import SM2_KEY_BYTES, sm2_public_key, sm2_sign, sm2_verify

ML_DSA_44: Final = "ml-dsa-44"
SM2: Final = "sm2"
KINDS: Final = (ML_DSA_44, SM2)

_TYPE: Final = b"\xff"
_SM2_TYPE: Final = b"GB/T 32918.2 SM2 SM3 note"


@dataclass(frozen=True)
class BesideKey:
    """A further key of a log. Text form: name+keyid+base64, as of every verifier key."""

    kind: str
    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        require_name(self.name)
        if self.kind == SM2 and len(self.public_key) == SM2_KEY_BYTES:
            return
        if self.kind != ML_DSA_44 or not self._cosigner.post_quantum:
            raise ProofError("key_malformed", place=f"key of {self.name}")

    @property
    def key_id(self) -> bytes:
        """Four bytes that say which key of this name signed."""
        if self.kind == ML_DSA_44:
            return self._cosigner.key_id
        whole = self.name.encode() + b"\n" + _TYPE + _SM2_TYPE + self.public_key
        return hashlib.sha256(whole).digest()[:4]

    def encode(self) -> str:
        """Write the key as one line without spaces."""
        if self.kind == ML_DSA_44:
            return self._cosigner.encode()
        return f"{self.name}+{self.key_id.hex()}+{to_base64(_TYPE + _SM2_TYPE + self.public_key)}"

    @classmethod
    def decode(cls, text: str) -> "BesideKey":
        """Read a key; the identifier in it must be its own. Raises ProofError `key_malformed`."""
        try:
            witness = WitnessKey.decode(text)
            return cls(ML_DSA_44, witness.name, witness.public_key)
        except ProofError:
            lengths = {_TYPE: len(_SM2_TYPE) + SM2_KEY_BYTES}
            name, key_id, material = split_key(text, kinds=lengths, place="further key of a log")
        key = cls(SM2, name, material[len(_SM2_TYPE) :])
        if material[: len(_SM2_TYPE)] != _SM2_TYPE or key.key_id.hex() != key_id:
            raise ProofError("key_malformed", place=f"identifier of the key of {name}")
        return key

    @property
    def _cosigner(self) -> WitnessKey:
        return WitnessKey(name=self.name, public_key=self.public_key)


@dataclass(frozen=True)
class BesideSigner:
    """Who signs beside: the log's name, and 32 secret bytes that are used for nothing else."""

    kind: str
    name: str
    private_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        require_name(self.name)
        if self.kind not in KINDS or len(self.private_key) != KEY_BYTES:
            raise ProofError("key_malformed", place=f"signer key {self.kind} of {self.name}")

    @property
    def verifier(self) -> BesideKey:
        """The public half. Raises ProofError `library_missing`."""
        if self.kind == SM2:
            return BesideKey(SM2, self.name, sm2_public_key(self.private_key))
        return BesideKey(ML_DSA_44, self.name, self._cosigner.verifier.public_key)

    def sign(self, text: str, *, timestamp: int) -> NoteSignature:
        """The line over a checkpoint's text; `timestamp` (seconds since 1970) stands in that of ML-DSA-44."""
        if self.kind == ML_DSA_44:
            return cosign(text, cosigner=self._cosigner, timestamp=timestamp)
        signature = sm2_sign(text.encode(), seed=self.private_key)
        return NoteSignature(name=self.name, key_id=self.verifier.key_id, signature=signature)

    @property
    def _cosigner(self) -> CosignerKey:
        return CosignerKey(name=self.name, private_key=self.private_key, post_quantum=True)


def sign_checkpoint_beside(
    checkpoint: Checkpoint, *, signer: SignerKey, beside: Iterable[BesideSigner], timestamp: int
) -> str:
    """The checkpoint as a note signed by Ed25519 and by further keys.

    The caller must never sign two checkpoints of which one is not the beginning of the other. Raises ProofError
    `library_missing`, `key_malformed`.
    """
    note = parse_note(sign_note(checkpoint.text, signers=[signer]))
    lines = tuple(one.sign(checkpoint.text, timestamp=timestamp) for one in beside)
    return Note(text=note.text, signatures=note.signatures + lines).encode()


def verify_beside(note: str | bytes, *, keys: Iterable[BesideKey]) -> tuple[BesideKey, ...]:
    """Check every line of a checkpoint that is by one of `keys`; there may be none. Returns those whose line holds.

    Raises ProofError `note_malformed`, `checkpoint_malformed`, `signature_invalid`, `key_malformed`, `library_missing`.
    """
    parsed = parse_note(note)
    parse_checkpoint(parsed.text)
    found = []
    for key in keys:
        lines = [line for line in parsed.signatures if (line.name, line.key_id) == (key.name, key.key_id)]
        for line in lines:
            if key.kind == ML_DSA_44:
                alone = Note(text=parsed.text, signatures=(line,)).encode()
                verify_cosignatures(alone, witnesses=[WitnessKey(name=key.name, public_key=key.public_key)])
            else:
                place = f"signature of {key.name} by SM2"
                sm2_verify(
                    parsed.text.encode(), signature=line.signature, public_key=key.public_key, place=place
                )
        if lines:
            found.append(key)
    return tuple(found)
