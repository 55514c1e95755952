"""Files at the frequency of an agreement: which there are, and the files themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import FileResponse, HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from goodstanding.exchange import agreed_files

from .auth import Bearer
from .feed import subscriber
from .problems import not_found
from .snapshots import PARQUET, SnapshotFileOut

router = Router(tags=["agreements"])


class FileSetOut(Schema):
    """All that an agreement covered at an instant: the position that it is of, its checkpoint, and its files."""

    instant: datetime
    made_at: datetime
    origin: str
    position: int
    checkpoint: str
    fetched_at: datetime | None
    files: list[SnapshotFileOut]


@router.get(
    "/agreements/{reference}/files",
    response=list[FileSetOut],
    auth=Bearer("agreed:read"),
    summary="Files of an agreement",
)
def listed(request: HttpRequest, reference: str) -> list[dict[str, Any]]:
    """The sets of files that may be fetched under an agreement with the method ``file``, the newest first."""
    at = timezone.now()
    found = agreed_files.sets(subscriber=subscriber(request), reference=reference, at=at)
    return [agreed_files.manifest(files) for files in found]


@router.get(
    "/agreements/{reference}/files/{sha256}", auth=Bearer("agreed:read"), summary="A file of an agreement"
)
def file(request: HttpRequest, reference: str, sha256: str) -> FileResponse:
    """One file (Parquet) by its SHA-256. 404 where a record was taken out of it since: read the list anew."""
    at = timezone.now()
    for files in agreed_files.sets(subscriber=subscriber(request), reference=reference, at=at):
        if path := agreed_files.give(files, sha256, at=at):
            return FileResponse(path.open("rb"), content_type=PARQUET, headers={"Cache-Control": "no-store"})
    raise not_found()
