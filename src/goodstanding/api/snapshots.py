"""The first load of a subscriber: all that it may hold at one position, as Parquet files."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import FileResponse, HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status

from goodstanding.exchange import snapshots
from goodstanding.exchange.models import Snapshot

from .auth import Bearer
from .feed import subscriber
from .problems import not_found

router = Router(tags=["feed"])
#: The media type of what is fetched.
PARQUET = "application/vnd.apache.parquet"


class SnapshotFileOut(Schema):
    """A file: what it holds (``records`` or ``leaves``), its SHA-256, which is its name, rows, bytes, and of leaves the
    position of the first."""

    holds: str
    sha256: str
    rows: int
    bytes: int
    first: int | None = None


class SnapshotOut(Schema):
    """A snapshot: the position that it is of, the checkpoint of that size, and its files."""

    subscriber: str
    origin: str
    position: int
    checkpoint: str
    made_at: datetime
    expires_at: datetime
    files: list[SnapshotFileOut]


class AskedOut(Schema):
    """A snapshot that is still being made."""

    asked_at: datetime


@router.post(
    "/feed/snapshot",
    response={200: SnapshotOut, 202: AskedOut},
    auth=Bearer("feed:read"),
    summary="Ask for a snapshot",
)
def ask(request: HttpRequest) -> Status[dict[str, Any]]:
    """Have a snapshot made of all that the agreements let through today. The same again changes nothing."""
    at = timezone.now()
    held = snapshots.ask(subscriber=subscriber(request), at=at)
    return _answer(snapshots.current(subscriber=held.subscriber, at=at))


@router.get(
    "/feed/snapshot",
    response={200: SnapshotOut, 202: AskedOut},
    auth=Bearer("feed:read"),
    summary="The snapshot",
)
def snapshot(request: HttpRequest) -> Status[dict[str, Any]]:
    """The snapshot that was asked for, 202 while it is being made, 404 where none was asked for or it is over."""
    return _answer(snapshots.current(subscriber=subscriber(request), at=timezone.now()))


@router.get("/feed/snapshot/{sha256}", auth=Bearer("feed:read"), summary="A file of the snapshot")
def snapshot_file(request: HttpRequest, sha256: str) -> FileResponse:
    """One file (Parquet) by its SHA-256. 404 where a record was taken out of it since: read the snapshot anew."""
    held = snapshots.current(subscriber=subscriber(request), at=timezone.now())
    path = snapshots.file_of(held, sha256) if held is not None else None
    if path is None or not path.exists():
        raise not_found()
    return FileResponse(path.open("rb"), content_type=PARQUET, headers={"Cache-Control": "no-store"})


def _answer(held: Snapshot | None) -> Status[dict[str, Any]]:
    if held is None:
        raise not_found()
    if held.made_at is None:
        return Status(202, {"asked_at": held.asked_at})
    return Status(200, snapshots.manifest(held))
