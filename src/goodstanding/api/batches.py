"""Handing in files, and getting back the rows that did not enter."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile

from goodstanding.intake import commands, queries
from goodstanding.intake.clauses import Encoding
from goodstanding.intake.models import Batch
from goodstanding.intake.quality import measures
from goodstanding.intake.scoring import counts_of

from .auth import Bearer, caller, require_role
from .problems import Problem, known_id

router = Router(tags=["batches"])

#: A file up to so many bytes is taken in before the answer; larger ones by the worker.
_AT_ONCE = 1_000_000


class MeasureOut(Schema):
    """One measure of quality: ``good`` of ``of``, the score (0 to 100, None where not measured) and its words."""

    code: str
    score: float | None
    good: int
    of: int
    en: str
    zh: str


class QualityOut(Schema):
    """How good a file is; ``findings`` are what is odd about its sending."""

    total: float | None
    measures: list[MeasureOut]
    findings: list[dict[str, str]]


class HoldOut(Schema):
    """Why a file waits or waited for the operator, and the decision ("", released, refused) with its reason."""

    grounds: list[dict[str, str]]
    decision: str
    reason: str
    held_at: datetime
    decided_at: datetime | None


class BatchOut(Schema):
    """A file that was handed in, and what became of its rows."""

    id: str
    state: str
    contract: str
    contract_version: str
    authority: str
    name: str
    sha256: str
    size: int
    rows: int
    committed: int
    unchanged: int
    superseding: int
    rejected: int
    form: str
    compression: str
    encoding: str
    encoding_found: dict[str, Any]
    quality: QualityOut | None
    hold: HoldOut | None
    error: dict[str, Any] | None
    received_at: datetime
    finished_at: datetime | None


class BatchesOut(Schema):
    """Batches, the newest first."""

    total: int
    batches: list[BatchOut]


def _document(batch: Batch) -> dict[str, Any]:
    return {
        "id": str(batch.public_id),
        "state": str(batch.state),
        "contract": batch.contract,
        "contract_version": batch.contract_version,
        "authority": batch.authority.code,
        "name": batch.name,
        "sha256": batch.sha256,
        "size": batch.size,
        "rows": batch.rows,
        "committed": batch.committed,
        "unchanged": batch.unchanged,
        "superseding": batch.superseding,
        "rejected": batch.rejected,
        "form": batch.form,
        "compression": batch.compression,
        "encoding": batch.encoding,
        "encoding_found": batch.encoding_found,
        "quality": _quality(batch),
        "hold": _hold(batch),
        "error": batch.error,
        "received_at": batch.received_at,
        "finished_at": batch.finished_at,
    }


def _quality(batch: Batch) -> dict[str, Any] | None:
    row = getattr(batch, "quality", None)
    if row is None:
        return None
    found = [
        {
            "code": measure.code,
            "score": None if measure.score is None else float(measure.score),
            "good": measure.good,
            "of": measure.of,
            "en": measure.en,
            "zh": measure.zh,
        }
        for measure in measures(counts_of(row))
    ]
    return {
        "total": None if row.total is None else float(row.total),
        "measures": found,
        "findings": row.findings,
    }


def _hold(batch: Batch) -> dict[str, Any] | None:
    row = getattr(batch, "hold", None)
    if row is None:
        return None
    return {
        "grounds": row.grounds,
        "decision": row.decision,
        "reason": row.reason,
        "held_at": row.held_at,
        "decided_at": row.decided_at,
    }


@router.get("/batches", response=BatchesOut, auth=Bearer("intake:read"), summary="Batches")
def batches(
    request: HttpRequest,
    limit: int = Query(100, ge=1, le=500),
    offset: int = Query(0, ge=0, le=1_000_000),
) -> dict[str, Any]:
    """The files that were handed in: an authority sees its own, the operator all."""
    visible = queries.batches_visible_to(caller(request).actor)
    return {
        "total": visible.count(),
        "batches": [_document(batch) for batch in visible[offset : offset + limit]],
    }


@router.post(
    "/batches",
    response={200: BatchOut, 202: BatchOut},
    auth=Bearer("intake:write"),
    summary="Hand in a file",
)
def hand_in(
    request: HttpRequest,
    contract: Form[str],
    file: File[UploadedFile],
    encoding: Form[Encoding | None] = None,
) -> Any:
    """Hand in a file under a contract. Only an authority may, in its own name.

    ``encoding`` states what a text file is written in; then no other is tried.

    A file of up to 1 MB is taken in before the answer (200); a larger one soon after (202, then look at it again).
    The same file sent twice changes nothing.
    """
    actor = require_role(request, "authority").actor
    if actor.authority_id is None:
        raise Problem(403, "auth.role", "This belongs to another role.", "您的角色不能进行此操作。")
    if (file.size or 0) > settings.UPLOAD_LIMIT:
        raise Problem(
            413,
            "file.size",
            "The file is larger than this platform takes.",
            "文件超过平台允许的大小。",
            detail=f"{settings.UPLOAD_LIMIT} bytes",
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        with path.open("wb") as target:
            for part in file.chunks():
                target.write(part)
        batch = commands.receive(
            path=path,
            name=file.name or "file",
            contract=contract,
            authority_id=actor.authority_id,
            account_id=actor.account_id,
            at=timezone.now(),
            encoding=encoding or "",
        )
    if batch.size > _AT_ONCE:
        return Status(202, _document(batch))
    done = commands.run(batch.pk, today=timezone.localdate(), at_clock=timezone.now)
    return Status(200, _document(done))


@router.get("/batches/{public_id}", response=BatchOut, auth=Bearer("intake:read"), summary="Batch")
def batch(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """One file and what became of its rows."""
    return _document(queries.batch_for(caller(request).actor, known_id(public_id)))


@router.get("/batches/{public_id}/returned", auth=Bearer("intake:read"), summary="Returned rows")
def returned(request: HttpRequest, public_id: str) -> StreamingHttpResponse:
    """The rows that did not enter, as CSV: their own columns, and each reason with code, column and value."""
    found = queries.batch_for(caller(request).actor, known_id(public_id))
    name = quote(f"returned-{Path(found.name).stem}.csv")
    return StreamingHttpResponse(
        queries.returned_file(found),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "X-Content-Type-Options": "nosniff",
        },
    )
