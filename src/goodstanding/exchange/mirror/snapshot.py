"""The first load from a snapshot: every file by its digest, every leaf up to the signed root, every row by its leaf.

Two steps. ``fetch`` brings the files into a folder and may be killed at any moment: what is there already is not asked
for again. ``take_in`` proves all of it and keeps it in one transaction, so a store is new or loaded, never between.
After that the feed is followed from the snapshot's position as if it had been followed from the beginning. It needs
``pyarrow``.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final

import orjson

from goodstanding import proof
from goodstanding.proof import Checkpoint, CompactRange, VerifierKey

from . import page
from .errors import MirrorError
from .page import Change
from .platform import Platform
from .progress import Loaded
from .store import State, Store
from .witnesses import FOLLOWED

#: How often the files are asked for anew when records were taken out of them meanwhile.
_TRIES: Final = 10


@dataclass(frozen=True, slots=True)
class File:
    """A file of a snapshot: ``holds`` leaves, the first of which is at position ``first``, or records."""

    holds: str
    sha256: str
    bytes: int
    first: int | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot is of: whose, of which log at which position, under which signed checkpoint; and its files."""

    origin: str
    subscriber: str
    position: int
    checkpoint: str
    files: tuple[File, ...]


def fetch(platform: Platform, folder: Path, *, patience: float) -> Manifest:
    """Have the platform make the snapshot, and bring its files into a folder, each under its SHA-256.

    Args:
        platform: the platform's API with the subscriber's token.
        folder: made if need be, readable by its owner only; what is in it and no longer in the snapshot is deleted.
        patience: seconds to wait until the platform has made the snapshot.

    Raises:
        MirrorError: snapshot.library, snapshot.waiting, platform.refused, platform.answer.
    """
    try:
        import pyarrow  # type: ignore[import-untyped]  # noqa: F401
    except ImportError as error:
        raise MirrorError("snapshot.library", place=str(error)) from error
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _ in range(_TRIES):
            manifest = _manifest(platform, patience=patience)
            if bring(platform.snapshot_file, folder, [file.sha256 for file in manifest.files]):
                return manifest
    except OSError as error:
        raise unwritable(error) from error
    raise MirrorError("snapshot.waiting", place=f"files changed {_TRIES} times")


def take_in(
    store: Store, folder: Path, manifest: Manifest, *, state: State, take: Callable[[Change], str]
) -> Loaded:
    """Prove what was fetched, and keep it in one transaction.

    Args:
        store: a store that holds nothing.
        folder, manifest: as ``fetch`` left them.
        state: of the new store: whose log with which key, and whose subscriber.
        take: holds one record, inside the transaction; answers ``added``, ``updated`` where it was held already, or
            ``outside`` where no agreement covers it.

    Raises:
        MirrorError: snapshot.store, or what is not proved: nothing was kept.
    """
    if (manifest.origin, manifest.subscriber) != (state.origin, state.subscriber):
        raise MirrorError("store.foreign", place=f"a snapshot of {manifest.origin} for {manifest.subscriber}")
    key = VerifierKey.decode(state.key)
    checkpoint = page.signed_checkpoint(manifest.checkpoint, key=key, origin=state.origin)
    with tempfile.TemporaryFile(dir=folder) as leaves, store.transaction():
        if store.state() is not None:
            raise MirrorError("snapshot.store", place=state.platform)
        tree = _tree(folder, [file for file in manifest.files if file.holds == "leaves"], leaves)
        if tree.size != checkpoint.size or tree.root() != checkpoint.root:
            raise MirrorError("feed.root", place=f"{tree.size} leaves of the snapshot")
        if manifest.position != checkpoint.size:
            raise MirrorError("feed.gap", place=f"a snapshot at {manifest.position} of {checkpoint.size}")
        records = 0
        for file in (file for file in manifest.files if file.holds == "records"):
            for change in _changes(folder, file, leaves=leaves, checkpoint=checkpoint):
                did = take(change)
                if did == "updated":
                    raise MirrorError("feed.entry", place=f"{change.record_id} twice in the snapshot")
                records += did == "added"
        store.keep(replace(state, tree=tree, checkpoint=checkpoint))
        store.set_mark(FOLLOWED, manifest.checkpoint)
    return Loaded(checkpoint.size, records, sum(file.bytes for file in manifest.files))


def forget(folder: Path) -> None:
    """Delete what was fetched."""
    shutil.rmtree(folder, ignore_errors=True)


def _manifest(platform: Platform, *, patience: float) -> Manifest:
    deadline = time.monotonic() + patience
    answer = platform.snapshot(ask=True)
    while answer is None:
        if time.monotonic() >= deadline:
            raise MirrorError("snapshot.waiting", place=f"after {patience:g} seconds")
        time.sleep(min(1.0, patience))
        answer = platform.snapshot(ask=False)
    with readable("/feed/snapshot"):
        files = [
            File(str(each["holds"]), str(each["sha256"]), int(each["bytes"]), each.get("first"))
            for each in answer["files"]
        ]
        place = (str(answer["origin"]), str(answer["subscriber"]), int(answer["position"]))
        return Manifest(*place, checkpoint=str(answer["checkpoint"]), files=tuple(files))


@contextmanager
def readable(place: str) -> Iterator[None]:
    """What cannot be read inside is the platform's fault."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise MirrorError("platform.answer", place=f"{place}: {error!r}") from error


def unwritable(error: OSError) -> MirrorError:
    """What it means that files could not be written."""
    code = "store.full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "store.unwritable"
    return MirrorError(code, place=str(error))


def bring(give: Callable[[str], bytes | None], folder: Path, names: list[str]) -> bool:
    """Bring in what is missing; whether all of it is there, or something was taken out of the files meanwhile.

    Args:
        give: a file by its SHA-256 in hex, None where it is there no more.
        folder: what is in it and not named is deleted.
    """
    for stale in folder.iterdir():
        if stale.name not in names:
            stale.unlink()
    for name in names:
        if not set(name) <= set("0123456789abcdef") or len(name) != 64:
            raise MirrorError("platform.answer", place=f"a file named {name[:80]!r}")
        if (folder / name).exists():
            continue
        data = give(name)
        if data is None:
            return False
        part = folder / "part"
        part.write_bytes(data)
        os.replace(part, folder / name)
    return True


def _tree(folder: Path, files: list[File], leaves: IO[bytes]) -> CompactRange:
    """The tree of all leaves, which are written to a file."""
    tree = CompactRange()
    for file in files:
        if file.first != tree.size + 1:
            raise MirrorError("feed.gap", place=f"leaves from {file.first} after {tree.size}")
        with readable(file.sha256):
            for row in rows(folder, file):
                tree.append(row["leaf_hash"])
                leaves.write(row["leaf_hash"])
    return tree


def _changes(folder: Path, file: File, *, leaves: IO[bytes], checkpoint: Checkpoint) -> Iterator[Change]:
    # What goes wrong where a change is taken does not pass through here.
    with readable(file.sha256):
        for row in rows(folder, file):
            position = row["position"]
            if not 1 <= position <= checkpoint.size:
                raise MirrorError("feed.entry", place=f"position {position} of {checkpoint.size}")
            leaves.seek(32 * (position - 1))
            yield change_in(row, leaf=leaves.read(32))


def change_in(row: dict[str, Any], *, leaf: bytes) -> Change:
    """The record of a row, held against its leaf. Raises MirrorError feed.entry, platform.answer."""
    position, data = row["position"], orjson.loads(row["event"])
    entry = {
        "position": position,
        "salt": proof.keys.to_base64(row["salt"]),
        "event": {"id": str(position), "subject": data["record"], "data": data},
        "record": orjson.loads(row["document"]),
    }
    change = page.change_of(entry, leaf=leaf)
    assert change is not None and change.record is not None
    return change


def rows(folder: Path, file: File) -> Iterator[dict[str, Any]]:
    """The rows of a file of which the digest is right; one that is not is deleted, to be fetched again."""
    from pyarrow import ArrowException, parquet

    path = folder / file.sha256
    with path.open("rb") as data:
        if hashlib.file_digest(data, "sha256").hexdigest() != file.sha256:
            path.unlink()
            raise MirrorError("platform.answer", place=f"a file is not {file.sha256}")
        try:
            for batch in parquet.ParquetFile(data).iter_batches(5_000):
                yield from batch.to_pylist()
        except ArrowException as error:
            raise MirrorError("platform.answer", place=f"{file.sha256}: {error}") from error
