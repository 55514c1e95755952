"""The end of files: earlier states of the table that nobody is to travel to, and files that never became part of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pyiceberg.io import FileIO
from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update.snapshot import ExpireSnapshots

from .catalog import Lake, answering, path_of
from .commits import commit

#: Told what is being done, how much of it is done so far, and of how much.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Expired:
    """What `expire` ended: states of the table, and the files that only they needed."""

    snapshots: int
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What `clean` found (and removed): files that no state of the table needs."""

    files: int
    bytes: int
    paths: tuple[Path, ...]


def expire(lake: Lake, *, older_than: datetime, progress: Progress | None = None) -> Expired:
    """End the states of the table before an instant, except the newest, and remove the files that only they needed.

    The batches of those states are written down first, so that they are not taken in again. Killed amid, the files
    stay as orphans for `clean`.

    Args:
        lake: the lake.
        older_than: states committed before this instant (aware) are ended.
        progress: told of states read and of files removed.

    Raises:
        LakeBusy, LakeUnavailable.
    """
    before: set[Path] = set()

    def stage(table: Table, transaction: Transaction) -> int:
        head = table.current_snapshot()
        states = [
            state
            for state in table.metadata.snapshots
            if state.timestamp_ms < older_than.timestamp() * 1000 and (head is None or state != head)
        ]
        if not states:
            return 0
        before.update(referenced(table.metadata, table.io, progress=progress))
        _write_down(lake, table, {state.snapshot_id for state in states})
        ExpireSnapshots(transaction).by_ids([state.snapshot_id for state in states]).commit()
        return len(states)

    with lake.files_in_use(alone=True):
        count = commit(lake, what="expire", stage=stage)
        if not count:
            return Expired(snapshots=0, files=0, bytes=0)
        table = lake.table()
        gone = before - referenced(table.metadata, table.io)
        return Expired(snapshots=count, files=len(gone), bytes=_remove(gone, progress=progress))


def _write_down(lake: Lake, table: Table, expiring: set[int]) -> None:
    """Keep the names of the batches whose snapshots expire."""
    rows = []
    for state in table.metadata.snapshots:
        summary = state.summary
        batch = summary["goodstanding.batch"] if summary is not None else None
        if summary is not None and batch and state.snapshot_id in expiring:
            added = int(summary["added-records"] or 0)
            rows.append((batch, state.snapshot_id, added, state.timestamp_ms / 1000))
    with answering(), lake.connect() as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO lake.batch (batch, snapshot_id, rows, committed_at)"
            " VALUES (%s, %s, %s, to_timestamp(%s)) ON CONFLICT DO NOTHING",
            rows,
        )


def clean(
    lake: Lake, *, older_than: datetime, remove: bool = True, progress: Progress | None = None
) -> Cleaned:
    """Find the files below the table's folder that no state of the table needs, and remove them.

    Such files are left by processes that died before their commit. A file of a batch under way looks the same, so
    `older_than` should leave a day: a batch whose files were removed is not appended and has to be written again.

    Args:
        lake: the lake.
        older_than: files changed before this instant (aware).
        remove: False only lists them.
        progress: told of states read and of files removed.

    Raises:
        LakeUnavailable.
    """
    with lake.files_in_use(alone=True):
        found = [
            path
            for path in sorted(lake.folder.rglob("*"))
            if path.is_file() and path.stat().st_mtime < older_than.timestamp()
        ]
        table = lake.table()
        needed = referenced(table.metadata, table.io, progress=progress)
        needed.add(path_of(table.metadata_location))
        orphans = [path for path in found if path not in needed]
        size = sum(path.stat().st_size for path in orphans)
        if remove:
            _remove(orphans, progress=progress)
    return Cleaned(files=len(orphans), bytes=size, paths=tuple(orphans))


def referenced(metadata: TableMetadata, io: FileIO, *, progress: Progress | None = None) -> set[Path]:
    """Every file that some state of the table needs."""
    found = {path_of(entry.metadata_file) for entry in metadata.metadata_log}
    seen = set()
    with answering():
        for number, state in enumerate(metadata.snapshots, start=1):
            if progress is not None:
                progress("states read", number, len(metadata.snapshots))
            found.add(path_of(state.manifest_list))
            for manifest in state.manifests(io):
                if manifest.manifest_path in seen:
                    continue
                seen.add(manifest.manifest_path)
                found.add(path_of(manifest.manifest_path))
                for entry in manifest.fetch_manifest_entry(io, discard_deleted=True):
                    found.add(path_of(entry.data_file.file_path))
    return found


def _remove(paths: Collection[Path], *, progress: Progress | None) -> int:
    """Remove files and the folders that are empty then; how many bytes they were."""
    size = 0
    for number, path in enumerate(paths, start=1):
        if progress is not None:
            progress("files removed", number, len(paths))
        if not path.exists():  # an old metadata file, which the catalog removes by itself
            continue
        size += path.stat().st_size
        path.unlink()
        for folder in path.parents[:2]:
            if folder.name == "data" or any(folder.iterdir()):
                break
            folder.rmdir()
    return size
