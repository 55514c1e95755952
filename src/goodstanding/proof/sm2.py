"""SM2 signatures with SM3 (GB/T 32918.2, GB/T 32905), as Chinese regulations on commercial cryptography ask for.

Needs the library gmalg (the extra `chain`), which is imported when something is signed or checked. Public keys are
points of 65 bytes (0x04, x, y), signatures are r and s with 32 bytes each, the signer's identifier is the usual
1234567812345678.
"""

from functools import lru_cache
from importlib import import_module
from typing import Any, Final

from goodstanding.proof.errors import ProofError

SM2_KEY_BYTES: Final = 65
SM2_SIGNATURE_BYTES: Final = 64
IDENTIFIER: Final = b"1234567812345678"

_ORDER: Final = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123


@lru_cache(maxsize=8)
def sm2_public_key(seed: bytes) -> bytes:
    """The public key (65 bytes) of a seed (32 bytes). Raises ProofError `library_missing`."""
    return bytes(_gmalg().SM2().generate_pk(_private(seed)))


def sm2_sign(message: bytes, *, seed: bytes) -> bytes:
    """Sign `message`; return 64 bytes. Raises ProofError `library_missing`."""
    r, s = _gmalg().SM2(_private(seed), IDENTIFIER, sm2_public_key(seed)).sign(message)
    return bytes(r).rjust(32, b"\0") + bytes(s).rjust(32, b"\0")


def sm2_verify(message: bytes, *, signature: bytes, public_key: bytes, place: str) -> None:
    """Check a signature. Raises ProofError `signature_invalid`, `key_malformed` or `library_missing`."""
    library = _gmalg()
    checking = library.SM2()
    try:
        on_curve = (
            public_key[:1] == b"\4" and len(public_key) == SM2_KEY_BYTES and checking.verify_pk(public_key)
        )
    except ValueError:
        on_curve = False
    if not on_curve:
        raise ProofError("key_malformed", place=place)
    right = len(signature) == SM2_SIGNATURE_BYTES and library.SM2(None, IDENTIFIER, public_key).verify(
        message, signature[:32], signature[32:]
    )
    if not right:
        raise ProofError("signature_invalid", place=place)


def _private(seed: bytes) -> bytes:
    """A private key from 32 random bytes: between 1 and the order less 2."""
    return (1 + int.from_bytes(seed, "big") % (_ORDER - 2)).to_bytes(32, "big")


def _gmalg() -> Any:
    try:
        return import_module("gmalg")
    except ImportError:
        raise ProofError("library_missing", place="gmalg") from None
