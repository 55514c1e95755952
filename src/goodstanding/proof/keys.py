"""Signatures over raw bytes; private keys are 32-byte seeds.

Ed25519 (RFC 8032): public keys of 32 bytes, signatures of 64. ML-DSA-44 (FIPS 204), which a quantum computer does not
break: public keys of 1,312 bytes, signatures of 2,420.
"""

import base64
import binascii
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from goodstanding.proof.errors import ProofError

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
ML_DSA_KEY_BYTES: Final = 1312
ML_DSA_SIGNATURE_BYTES: Final = 2420


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


def ml_dsa_public_key(private_key: bytes) -> bytes:
    """Return the ML-DSA-44 public key (1,312 bytes) of a seed (32 bytes). Raises ProofError `key_malformed`."""
    return _ml_dsa(private_key).public_key().public_bytes_raw()


def ml_dsa_sign(message: bytes, *, private_key: bytes) -> bytes:
    """Sign `message` with ML-DSA-44 and no context; return 2,420 bytes. Raises ProofError `key_malformed`."""
    return _ml_dsa(private_key).sign(message)


def ml_dsa_verify(message: bytes, *, signature: bytes, public_key: bytes, place: str) -> None:
    """Check an ML-DSA-44 signature. Raises ProofError `signature_invalid` or `key_malformed`, naming `place`."""
    try:
        key = MLDSA44PublicKey.from_public_bytes(public_key)
    except ValueError:
        raise ProofError("key_malformed", place=place) from None
    try:
        key.verify(signature, message)
    except InvalidSignature:
        raise ProofError("signature_invalid", place=place) from None


def to_base64(data: bytes) -> str:
    """Write standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: object, *, code: str, place: str) -> bytes:
    """Read standard base64 in its one canonical spelling, so that no two texts stand for the same bytes.

    What is no text is none either. Raises ProofError `code` naming `place`.
    """
    if type(text) is not str:
        raise ProofError(code, place=place)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ProofError(code, place=place) from None
    if to_base64(data) != text:
        raise ProofError(code, place=place)
    return data


@lru_cache(maxsize=8)  # making one costs as much as a signature
def _private(private_key: bytes) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(private_key)
    except ValueError:
        raise ProofError("key_malformed", place=f"private key of {len(private_key)} bytes") from None


def _ml_dsa(private_key: bytes) -> MLDSA44PrivateKey:
    try:
        return MLDSA44PrivateKey.from_seed_bytes(private_key)
    except ValueError:
        raise ProofError("key_malformed", place=f"private key of {len(private_key)} bytes") from None
