"""Notices: what the account is told of, for programs that a push or a clock has woken."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from goodstanding.casework.models import Notice
from goodstanding.casework.notice_texts import Told, told
from goodstanding.casework.notices import notice_for, notices_visible_to

from .auth import Bearer, caller
from .problems import known_id

router = Router(tags=["notices"])


class NoticeOut(Schema):
    """A notice with its words. ``case`` is null where the event is the record's own, ``record`` where there is none."""

    id: str
    event: str
    at: datetime
    position: int
    record: str | None
    document_no: str
    case: str | None
    name: str
    name_zh: str
    text: str
    text_zh: str
    read_at: datetime | None


class NoticesOut(Schema):
    """Notices, the newest first."""

    total: int
    notices: list[NoticeOut]


def _document(said: Told) -> dict[str, Any]:
    notice = said.notice
    return {
        "id": str(notice.public_id),
        "event": notice.event,
        "at": notice.at,
        "position": notice.position,
        "record": said.record,
        "document_no": notice.record.document_no if notice.record and notice.party != "recipient" else "",
        "case": str(notice.case.public_id) if notice.case else None,
        "name": said.name_en,
        "name_zh": said.name_zh,
        "text": said.text_en,
        "text_zh": said.text_zh,
        "read_at": notice.read_at,
    }


@router.get("/notices", response=NoticesOut, auth=Bearer("notices:read"), summary="Notices")
def notices(
    request: HttpRequest,
    unread: bool = False,
    limit: int = Query(100, ge=1, le=500),
    offset: int = Query(0, ge=0, le=1_000_000),
) -> dict[str, Any]:
    """What the account is told of: an entity, an authority and a subscriber their own, the operator what goes to the
    operator."""
    found = notices_visible_to(caller(request).actor)
    if unread:
        found = found.filter(read_at__isnull=True)
    page = list(found[offset : offset + limit])
    return {"total": found.count(), "notices": [_document(said) for said in told(page)]}


@router.get("/notices/{public_id}", response=NoticeOut, auth=Bearer("notices:read"), summary="Notice")
def notice(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """One notice. Reading it here does not mark it as read."""
    found: Notice = notice_for(caller(request).actor, known_id(public_id))
    (said,) = told([found])
    return _document(said)
