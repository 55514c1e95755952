"""Files of cases: handed in, shown, read, and redacted for those who may not read them whole."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from goodstanding.casework import evidence_store, redactions
from goodstanding.casework.evidence import NewEvidence
from goodstanding.casework.evidence_reading import Reading, ShownFile, evidence_for
from goodstanding.proof import ProofError
from goodstanding.proof.keys import from_base64, to_base64

from .auth import Bearer, caller
from .problems import Problem, known_id

router = Router(tags=["cases"])


class FileIn(Schema):
    """A file, its content in base64."""

    name: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    content: str


class EvidenceIn(FileIn):
    """A file. ``material`` is the code of the material that it serves; ``record`` confines it to one case."""

    material: str = ""
    record: uuid.UUID | None = None


class FileOut(Schema):
    """A file of a case as the caller may read it: ``whole``, ``redacted`` (``redaction`` is the id to ask for) or
    ``named``. ``holder`` is the body that it was fetched from.
    """

    id: str
    name: str
    material: str
    media_type: str
    size: int
    sha256: str
    reading: str
    redaction: str | None
    holder_en: str
    holder_zh: str
    added_at: datetime


def file_document(shown: ShownFile) -> dict[str, Any]:
    """What the answer says of a file (``FileOut``)."""
    file = shown.file
    return {
        "id": str(file.public_id),
        "name": file.name,
        "material": file.material,
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.digest,
        "reading": shown.reading,
        "redaction": str(shown.redaction.public_id) if shown.redaction else None,
        "holder_en": file.holder_en,
        "holder_zh": file.holder_zh,
        "added_at": file.added_at,
    }


def evidence_from(files: list[EvidenceIn]) -> list[NewEvidence]:
    """What was handed in with a request. Raises Problem evidence.base64, naming the file."""
    return [
        NewEvidence(
            name=file.name,
            media_type=file.media_type,
            content=_decoded(file.content, f"evidence[{number}].content"),
            material=file.material,
            record=file.record,
        )
        for number, file in enumerate(files)
    ]


def _decoded(content: str, place: str) -> bytes:
    try:
        return from_base64(content, code="document_malformed", place=place)
    except ProofError as error:
        raise Problem(
            422,
            "evidence.base64",
            "The file's content is not base64.",
            "文件内容不是有效的 base64。",
            detail=place,
        ) from error


@router.get("/evidence/{public_id}", auth=Bearer("cases:read"), summary="File of a case")
def evidence(request: HttpRequest, public_id: str) -> HttpResponse:
    """The bytes of a file that the caller may read, as they were handed in; ``Repr-Digest`` is their SHA-256."""
    file = evidence_for(caller(request).actor, known_id(public_id), on=timezone.localdate())
    digest = bytes(file.kept_id)
    answer = HttpResponse(
        evidence_store.content(digest, place=str(file.public_id)), content_type=file.media_type
    )
    answer["Repr-Digest"] = f"sha-256=:{to_base64(digest)}:"
    answer["Content-Disposition"] = "attachment"
    answer["Cache-Control"] = "no-store"
    return answer


@router.post(
    "/evidence/{public_id}/redaction", response=FileOut, auth=Bearer("cases:write"), summary="Redact a file"
)
def redact(request: HttpRequest, public_id: str, given: FileIn) -> dict[str, Any]:
    """Hand in the version of a file for those who see its case and may not read it whole."""
    actor, now = caller(request).actor, timezone.now()
    made = redactions.redact(
        actor=actor,
        evidence=known_id(public_id),
        version=NewEvidence(given.name, given.media_type, _decoded(given.content, "content")),
        at=now,
        today=timezone.localdate(now),
    )
    return file_document(ShownFile(made, Reading.WHOLE, None, may_redact=False, earlier=False))
