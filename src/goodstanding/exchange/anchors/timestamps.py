"""Time-stamp authorities (RFC 3161): a third party signs that the checkpoint's note existed at an instant.

What is stamped is the SHA-256 of the note. ``openssl ts -verify -in N.tsr -data N.checkpoint -CAfile N.pem`` checks it
too.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import ClassVar, Final

import httpx
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from goodstanding.exchange.errors import ExchangeError

from .base import AnchorReceipt, SignedCheckpoint

#: Seconds that an authority may take for an answer, and the most bytes of one.
PATIENCE: Final = 10.0
LIMIT: Final = 1_000_000
_QUERY: Final = {"Content-Type": "application/timestamp-query"}


class TimeStamps:
    """A time-stamp authority at an address, trusted by the root certificates given (PEM)."""

    kind: ClassVar[str] = "rfc3161"
    suffix: ClassVar[str] = "tsr"

    def __init__(self, *, url: str, certificates: bytes) -> None:
        self.url = url
        self.certificates = certificates

    @cached_property
    def _roots(self) -> list[x509.Certificate]:
        try:
            return x509.load_pem_x509_certificates(self.certificates)
        except ValueError as error:
            raise ExchangeError("anchor.config", place=f"certificates of {self.url}: {error}") from error

    def anchor(self, checkpoint: SignedCheckpoint, *, at: datetime) -> AnchorReceipt:
        """Have the note stamped; the answer counts when it holds."""
        request = (
            TimestampRequestBuilder()
            .data(checkpoint.note.encode())
            .hash_algorithm(HashAlgorithm.SHA256)
            .cert_request(cert_request=True)
            .build()
        )
        try:
            answer = httpx.post(self.url, content=request.as_bytes(), headers=_QUERY, timeout=PATIENCE)
        except httpx.HTTPError as error:
            raise ExchangeError("anchor.unreachable", place=f"{self.url}: {type(error).__name__}") from error
        if answer.status_code != 200 or len(answer.content) > LIMIT:
            raise ExchangeError("anchor.refused", place=f"{self.url}: {answer.status_code}")
        return self._holds(checkpoint, answer.content, nonce=request.nonce)

    def verify(self, checkpoint: SignedCheckpoint, content: bytes) -> AnchorReceipt:
        """Check the stamp by its certificates; nobody is asked."""
        return self._holds(checkpoint, content, nonce=None)

    def _holds(self, checkpoint: SignedCheckpoint, content: bytes, *, nonce: int | None) -> AnchorReceipt:
        try:
            found: TimeStampResponse = decode_timestamp_response(content)
            VerifierBuilder(roots=self._roots, nonce=nonce).build().verify_message(
                found, checkpoint.note.encode()
            )
            told = found.tst_info
        except (ValueError, VerificationError) as error:
            raise ExchangeError("anchor.forged", place=f"{self.url}: {error}") from error
        instant = told.gen_time
        return AnchorReceipt(
            anchored_at=instant if instant.tzinfo else instant.replace(tzinfo=UTC),
            reference=f"serialNumber {told.serial_number}",
            content=content,
            certificates=self.certificates,
        )
