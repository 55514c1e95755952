"""Signed notes (C2SP signed-note): a text with one or more Ed25519 signatures that people and tools can read.

A note's text must not be used before `verify_note` has returned it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import (
    KEY_BYTES,
    from_base64,
    generate_private_key,
    public_key,
    sign_bytes,
    to_base64,
    verify_bytes,
)

MAX_NOTE_BYTES: Final = 1_000_000
MAX_SIGNATURES: Final = 100

_ED25519: Final = b"\x01"
_KINDS: Final = {_ED25519: KEY_BYTES}
_PRIVATE_PREFIX: Final = "PRIVATE+KEY+"


@dataclass(frozen=True)
class VerifierKey:
    """Whose signature to trust: a key name and a public key. Text form: name+keyid+base64."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.public_key) != KEY_BYTES:
            raise ProofError("key_malformed", place=f"verifier key {self.name}")

    @property
    def key_id(self) -> bytes:
        """Four bytes that say which key of this name signed."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public_key).digest()[:4]

    def encode(self) -> str:
        """Write the verifier key as one line without spaces."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(_ED25519 + self.public_key)}"

    @classmethod
    def decode(cls, text: str) -> "VerifierKey":
        """Read a verifier key; the identifier in it must be its own. Raises ProofError `key_malformed`."""
        name, key_id, material = split_key(text, kinds=_KINDS, place="verifier key")
        key = cls(name=name, public_key=material)
        if key.key_id.hex() != key_id:
            raise ProofError("key_malformed", place=f"identifier of verifier key {name}")
        return key


@dataclass(frozen=True)
class SignerKey:
    """Who signs: a key name and a secret 32-byte private key. Text form: PRIVATE+KEY+name+keyid+base64."""

    name: str
    private_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.private_key) != KEY_BYTES:
            raise ProofError("key_malformed", place=f"signer key {self.name}")

    @classmethod
    def generate(cls, name: str) -> "SignerKey":
        """Make a new key of this name from the operating system's random source."""
        return cls(name=name, private_key=generate_private_key())

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(name=self.name, public_key=public_key(self.private_key))

    def encode(self) -> str:
        """Write the private key as one line. Keep it secret."""
        key_id = self.verifier.key_id.hex()
        return f"{_PRIVATE_PREFIX}{self.name}+{key_id}+{to_base64(_ED25519 + self.private_key)}"

    @classmethod
    def decode(cls, text: str) -> "SignerKey":
        """Read a private key; the identifier in it must be its own. Raises ProofError `key_malformed`."""
        if not text.startswith(_PRIVATE_PREFIX):
            raise ProofError("key_malformed", place="signer key")
        name, key_id, material = split_key(
            text.removeprefix(_PRIVATE_PREFIX), kinds=_KINDS, place="signer key"
        )
        key = cls(name=name, private_key=material)
        if key.verifier.key_id.hex() != key_id:
            raise ProofError("key_malformed", place=f"identifier of signer key {name}")
        return key


@dataclass(frozen=True)
class NoteSignature:
    """One signature line: who, which key (four bytes), and the signature itself."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line as it stands in the note, with its newline."""
        return f"— {self.name} {to_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True)
class Note:
    """A note: `text` (ends in newline), `signatures`, and in `verified_by` the keys that were checked."""

    text: str
    signatures: tuple[NoteSignature, ...]
    verified_by: tuple[VerifierKey, ...] = ()

    def encode(self) -> str:
        """Write the whole note."""
        return self.text + "\n" + "".join(item.line for item in self.signatures)


def sign_note(text: str, *, signers: Sequence[SignerKey]) -> str:
    """Sign `text`, which ends in a newline and holds no other control character, with all `signers`.

    Returns the whole note. Raises ProofError `note_malformed`.
    """
    _require_text(text)
    if not 1 <= len(signers) <= MAX_SIGNATURES:
        raise ProofError("note_malformed", place=f"{len(signers)} signers")
    return Note(text=text, signatures=tuple(_signature(text, signer) for signer in signers)).encode()


def add_signatures(note: str | bytes, *, signers: Sequence[SignerKey]) -> str:
    """Return `note` with further signatures after those that it has. Raises ProofError `note_malformed`."""
    parsed = parse_note(note)
    added = tuple(_signature(parsed.text, signer) for signer in signers)
    if len(parsed.signatures) + len(added) > MAX_SIGNATURES:
        raise ProofError("note_malformed", place="number of signatures")
    return Note(text=parsed.text, signatures=parsed.signatures + added).encode()


def parse_note(note: str | bytes) -> Note:
    """Take a note apart without trusting it. Raises ProofError `note_malformed` naming the line."""
    try:
        raw = note if isinstance(note, bytes) else note.encode()
        whole = raw.decode()
    except UnicodeError:
        raise ProofError("note_malformed", place="not UTF-8") from None
    if len(raw) > MAX_NOTE_BYTES:
        raise ProofError("note_malformed", place=f"{len(raw)} bytes")
    _require_text(whole)
    text, separator, tail = whole.rpartition("\n\n")
    if not separator or not tail:
        raise ProofError("note_malformed", place="no signatures after a blank line")
    return Note(text=text + "\n", signatures=parse_signatures(tail))


def parse_signatures(text: str) -> tuple[NoteSignature, ...]:
    """Read signature lines that stand alone, each with its newline. Raises ProofError `note_malformed`."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise ProofError("note_malformed", place=f"{len(lines)} signatures")
    return tuple(_parse_line(line, at) for at, line in enumerate(lines, 1))


def verify_note(note: str | bytes, *, keys: Iterable[VerifierKey]) -> Note:
    """Check a note against the keys that the reader trusts.

    Signatures of unknown keys are left aside; every signature of a known key must hold, and there must be at
    least one. Returns the note with `verified_by`, in the order of its lines. Raises ProofError
    `note_malformed`, `signature_invalid`, or `signer_unknown`.
    """
    parsed = parse_note(note)
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise ProofError("key_malformed", place=f"two keys share the name and identifier of {key.name}")
    verified: list[VerifierKey] = []
    for item in parsed.signatures:
        signer = known.get((item.name, item.key_id))
        if signer is None:
            continue
        place = f"signature of {item.name}"
        verify_bytes(
            parsed.text.encode(), signature=item.signature, public_key=signer.public_key, place=place
        )
        if signer not in verified:
            verified.append(signer)
    if not verified:
        raise ProofError(
            "signer_unknown", place="signatures of " + ", ".join(s.name for s in parsed.signatures)
        )
    return Note(text=parsed.text, signatures=parsed.signatures, verified_by=tuple(verified))


def _signature(text: str, signer: SignerKey) -> NoteSignature:
    return NoteSignature(
        name=signer.name,
        key_id=signer.verifier.key_id,
        signature=sign_bytes(text.encode(), private_key=signer.private_key),
    )


def _parse_line(line: str, number: int) -> NoteSignature:
    place = f"signature line {number}"
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not _is_name(parts[1]):
        raise ProofError("note_malformed", place=place)
    data = from_base64(parts[2], code="note_malformed", place=place)
    if len(data) < 5:
        raise ProofError("note_malformed", place=place)
    return NoteSignature(name=parts[1], key_id=data[:4], signature=data[4:])


def split_key(text: str, *, kinds: Mapping[bytes, int], place: str) -> tuple[str, str, bytes]:
    """Take a key's text form apart: name, identifier in hex, and the key's bytes.

    `kinds` says how many bytes a key of each type has that may stand there. Whether the identifier is the key's own is
    for the caller to check. Raises ProofError `key_malformed`.
    """
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise ProofError("key_malformed", place=place)
    data = from_base64(parts[2], code="key_malformed", place=place)
    if kinds.get(data[:1]) != len(data) - 1:
        known = " or ".join(f"0x{kind.hex()}" for kind in kinds)
        raise ProofError("key_malformed", place=f"{place}: not of the type {known}")
    return parts[0], parts[1], data[1:]


def require_name(name: str) -> None:
    """Check that `name` can name a key. Raises ProofError `key_malformed`."""
    if not _is_name(name):
        raise ProofError("key_malformed", place=f"key name {name[:100]!r}")


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() or c < " " for c in name)


def _require_text(text: str) -> None:
    if not text.endswith("\n"):
        raise ProofError("note_malformed", place="no newline at the end")
    if any(c < " " and c != "\n" for c in text):
        raise ProofError("note_malformed", place="control character")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise ProofError("note_malformed", place="not UTF-8")
