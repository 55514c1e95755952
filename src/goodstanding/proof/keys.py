"""Ed25519 (RFC 8032) over raw bytes: private keys are 32-byte seeds, public keys 32 bytes, signatures 64."""

import base64
import binascii
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from goodstanding.proof.errors import ProofError

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64


def generate_private_key() -> bytes:
    """Draw a new private key (32 bytes) from the operating system's random source."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def public_key(private_key: bytes) -> bytes:
    """Return the public key (32 bytes) of `private_key` (32 bytes). Raises ProofError `key_malformed`."""
    return _private(private_key).public_key().public_bytes_raw()


def sign_bytes(message: bytes, *, private_key: bytes) -> bytes:
    """Sign `message`; return 64 bytes. Raises ProofError `key_malformed`."""
    return _private(private_key).sign(message)


def verify_bytes(message: bytes, *, signature: bytes, public_key: bytes, place: str) -> None:
    """Check a signature. Raises ProofError `signature_invalid` or `key_malformed`, naming `place`."""
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
    except ValueError:
        raise ProofError("key_malformed", place=place) from None
    try:
        key.verify(signature, message)
    except InvalidSignature:
        raise ProofError("signature_invalid", place=place) from None


def to_base64(data: bytes) -> str:
    """Write standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str, *, code: str, place: str) -> bytes:
    """Read standard base64 in its one canonical spelling, so that no two texts stand for the same bytes.

    Raises ProofError `code` naming `place`.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ProofError(code, place=place) from None
    if to_base64(data) != text:
        raise ProofError(code, place=place)
    return data


def _private(private_key: bytes) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(private_key)
    except ValueError:
        raise ProofError("key_malformed", place=f"private key of {len(private_key)} bytes") from None
