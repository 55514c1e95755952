"""Snapshots: all that a subscriber may hold at one position, in files, for its first load.

A snapshot joins the feed without a gap: who has loaded it follows the feed from its position. Whatever the journal has
said of a record since then takes the record out of the files, because the feed says it too. So no file ever gives away
what has ended, and nothing is lost: a record that was only changed comes with the feed.

The worker makes the files. They are named by their SHA-256, and removed after a day or with the terms under which they
were made.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from goodstanding import proof
from goodstanding.registry import journal, locks, seal
from goodstanding.registry.actor import actor_of

from .errors import ExchangeError
from .models import AgreedFiles, AgreementTerm, Snapshot, Subscriber
from .queries import scope_for
from .snapshot_tables import FileSet

S = TypeVar("S", bound=FileSet)
LIFE: Final = timedelta(days=1)


def ask(*, subscriber: Subscriber, at: datetime) -> Snapshot:
    """The snapshot that a subscriber may load now, or the wish for one, which the worker fulfils.

    Raises:
        ExchangeError: snapshot.unavailable, without pyarrow; agreement.no_method, no agreement lets the feed carry
            anything today; log.empty, nothing is sealed.
    """
    if find_spec("pyarrow") is None:
        raise ExchangeError("snapshot.unavailable")
    if not scope_for(subscriber).is_open(timezone.localdate(at)):
        raise ExchangeError("agreement.no_method", place="feed")
    if seal.latest() is None:
        raise ExchangeError("log.empty")
    with transaction.atomic():
        held = Snapshot.objects.select_for_update().filter(subscriber=subscriber).first()
        if held is not None and held.made_at is not None and not _is_good(held, at=at):
            held.delete()
            held = None
        return held or Snapshot.objects.get_or_create(subscriber=subscriber, defaults={"asked_at": at})[0]


def current(*, subscriber: Subscriber, at: datetime) -> Snapshot | None:
    """The snapshot of a subscriber, made or asked for; what has ended is taken out of it. None where there is none."""
    held = Snapshot.objects.filter(subscriber=subscriber).first()
    if held is None or held.made_at is None:
        return held
    return clear(held, at=at) if _is_good(held, at=at) else None


def manifest(snapshot: Snapshot) -> dict[str, Any]:
    """What a reader needs to load and to verify a snapshot that is made."""
    assert snapshot.made_at is not None
    return {
        "subscriber": str(snapshot.subscriber.public_id),
        "origin": settings.LOG_ORIGIN,
        "position": snapshot.position,
        "checkpoint": snapshot.checkpoint,
        "made_at": snapshot.made_at.isoformat(),
        "expires_at": (snapshot.made_at + LIFE).isoformat(),
        "files": snapshot.files,
    }


def file_of(snapshot: FileSet, name: str) -> Path | None:
    """One of the files by its name, its SHA-256 in hex."""
    known = any(each["sha256"] == name for each in snapshot.files)
    return folder_of(snapshot) / name if known else None


def folder_of(snapshot: FileSet) -> Path:
    """Where files lie."""
    return Path(settings.SNAPSHOT_FOLDER) / str(snapshot.public_id)


def fresh_folder(snapshot: FileSet) -> Path:
    """An empty folder for files."""
    folder = folder_of(snapshot)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def remove_orphans() -> None:
    """Remove the files of what is no longer there. The caller holds the lock ``SNAPSHOTS``."""
    root = Path(settings.SNAPSHOT_FOLDER)
    known = {
        str(each)
        for kind in (Snapshot, AgreedFiles)
        for each in kind.objects.values_list("public_id", flat=True)
    }
    for folder in root.iterdir() if root.is_dir() else ():
        if folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)


def asked_for() -> bool:
    """Whether somebody waits for a snapshot."""
    return Snapshot.objects.filter(made_at__isnull=True).exists()


def work(*, at_clock: Callable[[], datetime]) -> int:
    """Remove what is over, take out what has ended, make what is asked for, as the worker. How many were made."""
    with locks.alone(locks.SNAPSHOTS, wait=False) as alone:
        return _work(at_clock) if alone else 0


def _work(at_clock: Callable[[], datetime]) -> int:
    for snapshot in Snapshot.objects.filter(made_at__isnull=False).select_related("subscriber"):
        if _is_good(snapshot, at=at_clock()):
            clear(snapshot, at=at_clock())
        else:
            snapshot.delete()
    remove_orphans()
    asked = list(
        Snapshot.objects.filter(made_at__isnull=True).select_related("subscriber").order_by("asked_at")
    )
    for snapshot in asked:
        make(snapshot, at=at_clock())
    return len(asked)


def make(snapshot: Snapshot, *, at: datetime) -> Snapshot:
    """Write the files of a snapshot that was asked for, as of the newest checkpoint."""
    from . import snapshot_files  # needs the extra

    checkpoint = seal.latest()
    assert checkpoint is not None, "it is asked for only after something was sealed"
    on = timezone.localdate(at)
    folder = fresh_folder(snapshot)
    terms = _terms(snapshot.subscriber, on=on)
    files = [
        *snapshot_files.write_records(
            folder,
            scope=scope_for(snapshot.subscriber),
            actor=actor_of(snapshot.subscriber.account),
            until=checkpoint.size,
            on=on,
        ),
        *snapshot_files.write_leaves(folder, size=checkpoint.size),
    ]
    snapshot.position = snapshot.cleared_position = checkpoint.size
    snapshot.checkpoint, snapshot.terms, snapshot.cleared_on = checkpoint.note, terms, on
    snapshot.files = files
    take_out(snapshot, on=on)  # what happened while it was made
    snapshot.made_at = at
    snapshot.save()
    return snapshot


@transaction.atomic
def clear(snapshot: S, *, at: datetime) -> S:
    """Take out of files what may no longer be read, or is known otherwise by now."""
    on = timezone.localdate(at)
    if snapshot.cleared_on == on and snapshot.cleared_position >= journal.head():
        return snapshot
    held: S = type(snapshot)._default_manager.select_for_update().get(pk=snapshot.pk)
    take_out(held, on=on)
    held.save(update_fields=["cleared_position", "cleared_on", "files"])
    return held


def take_out(snapshot: FileSet, *, on: date) -> None:
    """Take out of files what the journal has said of since they were written. The caller saves the row."""
    from . import snapshot_files  # needs the extra

    until = journal.head()
    gone = _told_since(snapshot.cleared_position, until)
    if gone or snapshot.cleared_on != on:
        snapshot.files = [
            kept
            for each in snapshot.files
            if (kept := snapshot_files.without(folder_of(snapshot), each, gone=gone, on=on)) is not None
        ]
    snapshot.cleared_position, snapshot.cleared_on = until, on


def _told_since(after: int, until: int) -> set[str]:
    """The records of which the journal says something between two positions, by their public ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT content->>'record' FROM registry_event WHERE position > %s AND position <= %s"
            " AND kind LIKE 'record.%%' AND content->>'state' IS NOT NULL"
            " UNION SELECT r.public_id::text FROM registry_record r JOIN registry_event e"
            " ON e.entity_id = r.entity_id JOIN registry_entity t ON t.id = r.entity_id"
            " WHERE e.position > %s AND e.position <= %s AND e.kind = 'entity.changed'"
            " AND t.kind = 'natural_person'",
            [after, until, after, until],
        )
        return {row[0] for row in cursor.fetchall()}


def _is_good(snapshot: Snapshot, *, at: datetime) -> bool:
    """Whether a snapshot may still be read: it is not old, and what was agreed is what was agreed then."""
    if snapshot.made_at is None or at - snapshot.made_at >= LIFE:
        return False
    return snapshot.terms is not None and bytes(snapshot.terms) == _terms(
        snapshot.subscriber, on=timezone.localdate(at)
    )


def _terms(subscriber: Subscriber, *, on: date) -> bytes:
    """SHA-256 of the agreements that hold on a day."""
    holding = AgreementTerm.objects.filter(
        Q(until__isnull=True) | Q(until__gt=on), agreement__subscriber=subscriber, first__lte=on
    )
    named = sorted(holding.values_list("agreement__reference", "version__version"))
    return hashlib.sha256(proof.canonical([list(each) for each in named])).digest()
