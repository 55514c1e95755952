"""Finding the certificate in what a reader holds: the file itself, or the paper (PDF) with the file attached."""

import re
import zlib
from typing import Final

from goodstanding.proof.document import MAX_DOCUMENT_BYTES
from goodstanding.proof.errors import ProofError

_ATTACHED: Final = re.compile(rb"/Type\s*/EmbeddedFile\b")
_STREAM: Final = re.compile(rb"\bstream\r?\n")
_BEGINS: Final = b'{"certificate":'


def certificate_in(data: bytes) -> bytes:
    """The certificate in `data`, which is one, or a PDF to which one is attached.

    Of a PDF only what is attached is read, never what is printed on it. Raises ProofError `certificate_malformed`
    where a PDF has none.
    """
    if not data.startswith(b"%PDF-"):
        return data
    for found in _ATTACHED.finditer(data):
        start = _STREAM.search(data, found.end())
        attached = _inflated(data[start.end() :]) if start else b""
        if attached.startswith(_BEGINS):
            return attached
    raise ProofError("certificate_malformed", place="a PDF with no certificate attached")


def _inflated(data: bytes) -> bytes:
    """What a compressed stream of a PDF holds; empty where it is none, or too long."""
    reader = zlib.decompressobj()
    try:
        found = reader.decompress(data, MAX_DOCUMENT_BYTES)
    except zlib.error:
        return b""
    return found if reader.eof else b""
