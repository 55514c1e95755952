"""The first load from a snapshot: every file by its digest, every leaf up to the signed root, every row by its leaf.

Nothing is kept before all of it is proved. After it the mirror follows the feed from the snapshot's position as if it
had followed it from the beginning. It needs ``pyarrow``.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import orjson

from goodstanding import proof
from goodstanding.proof import Checkpoint, CompactRange, ProofError, VerifierKey

from . import page
from .errors import MirrorError
from .platform import Platform
from .store import Holding, State, Store

#: How often the files are asked for anew when records were taken out of them meanwhile.
_TRIES = 10


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded: the position from which the feed is followed, records, bytes."""

    position: int
    records: int
    bytes: int


def load(platform: Platform, store: Store, *, url: str, patience: float = 600.0) -> Loaded:
    """Fill a new store from the platform's snapshot.

    Args:
        platform: the platform's API with the subscriber's token.
        store: a store that holds nothing.
        url: the platform's address, as the mirror that will follow names it.
        patience: seconds to wait until the platform has made the snapshot.

    Raises:
        MirrorError: snapshot.store, snapshot.library, snapshot.waiting, or what is not proved: nothing was kept.
    """
    if store.state() is not None:
        raise MirrorError("snapshot.store", place=url)
    try:
        import pyarrow  # type: ignore[import-untyped]  # noqa: F401
    except ImportError as error:
        raise MirrorError("snapshot.library", place=str(error)) from error
    for _ in range(_TRIES):
        manifest = _manifest(platform, patience=patience)
        try:
            return _load(platform, store, url.rstrip("/"), manifest)
        except _Changed:
            continue
    raise MirrorError("snapshot.waiting", place=f"files changed {_TRIES} times")


class _Changed(Exception):
    """A file is no longer part of the snapshot: something was taken out of it."""


def _manifest(platform: Platform, *, patience: float) -> dict[str, Any]:
    deadline = time.monotonic() + patience
    manifest = platform.snapshot(ask=True)
    while manifest is None:
        if time.monotonic() >= deadline:
            raise MirrorError("snapshot.waiting", place=f"after {patience:g} seconds")
        time.sleep(min(1.0, patience))
        manifest = platform.snapshot(ask=False)
    return manifest


def _load(platform: Platform, store: Store, url: str, manifest: dict[str, Any]) -> Loaded:
    try:
        return _proved(platform, store, url, manifest)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise MirrorError("platform.answer", place=f"/feed/snapshot: {error!r}") from error


def _proved(platform: Platform, store: Store, url: str, manifest: dict[str, Any]) -> Loaded:
    origin, text = str(manifest["origin"]), platform.log_key()
    try:
        key = VerifierKey.decode(text)
    except ProofError as error:
        raise MirrorError("platform.answer", place=f"/log/key: {error}") from error
    checkpoint = page.signed_checkpoint(manifest["checkpoint"], key=key, origin=origin)
    files = manifest["files"]
    with tempfile.TemporaryFile() as leaves, store.transaction():
        tree = _tree(platform, [each for each in files if each["holds"] == "leaves"], leaves)
        if tree.size != checkpoint.size or tree.root() != checkpoint.root:
            raise MirrorError("feed.root", place=f"{tree.size} leaves of the snapshot")
        if manifest["position"] != checkpoint.size:
            raise MirrorError("feed.gap", place=f"a snapshot at {manifest['position']} of {checkpoint.size}")
        if store.state() is not None:
            raise MirrorError("snapshot.store", place=url)
        records = 0
        for file in (each for each in files if each["holds"] == "records"):
            for holding in _holdings(platform, file, leaves=leaves, checkpoint=checkpoint):
                if not store.put(holding):
                    raise MirrorError("feed.entry", place=f"{holding.record} twice in the snapshot")
                records += 1
        store.keep(State(url, origin, text, str(manifest["subscriber"]), tree, checkpoint, 0))
    return Loaded(checkpoint.size, records, sum(int(each["bytes"]) for each in files))


def _tree(platform: Platform, files: list[dict[str, Any]], leaves: IO[bytes]) -> CompactRange:
    """The tree of all leaves, which are written to a file."""
    tree = CompactRange()
    for file in files:
        if file["first"] != tree.size + 1:
            raise MirrorError("feed.gap", place=f"leaves from {file['first']} after {tree.size}")
        for row in _rows(platform, file):
            tree.append(row["leaf_hash"])
            leaves.write(row["leaf_hash"])
    return tree


def _holdings(
    platform: Platform, file: dict[str, Any], *, leaves: IO[bytes], checkpoint: Checkpoint
) -> Iterator[Holding]:
    for row in _rows(platform, file):
        position = row["position"]
        if not 1 <= position <= checkpoint.size:
            raise MirrorError("feed.entry", place=f"position {position} of {checkpoint.size}")
        leaves.seek(32 * (position - 1))
        data = orjson.loads(row["event"])
        event = {"id": str(position), "subject": data["record"], "data": data}
        entry = {
            "position": position,
            "salt": proof.keys.to_base64(row["salt"]),
            "event": event,
            "record": orjson.loads(row["document"]),
        }
        change = page.change_of(entry, leaf=leaves.read(32))
        assert change is not None and change.record is not None
        yield Holding(
            change.record_id, position, change.record["version"], change.record, change.salt, change.event
        )


def _rows(platform: Platform, file: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of a file of which the digest is right."""
    from pyarrow import ArrowException, parquet

    data = platform.snapshot_file(file["sha256"])
    if data is None:
        raise _Changed
    if hashlib.sha256(data).hexdigest() != file["sha256"]:
        raise MirrorError("platform.answer", place=f"a file of the snapshot is not {file['sha256']}")
    try:
        for batch in parquet.ParquetFile(io.BytesIO(data)).iter_batches(5_000):
            yield from batch.to_pylist()
    except ArrowException as error:
        raise MirrorError("platform.answer", place=f"{file['sha256']}: {error}") from error
