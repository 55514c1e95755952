"""The whole log as static files, written once and then kept up to date."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from goodstanding.exchange import proofs
from goodstanding.exchange.anchors.stored import receipts
from goodstanding.exchange.errors import ExchangeError
from goodstanding.proof import (
    Checkpoint,
    VerifierKey,
    entries_path,
    parse_tile_path,
    root_at,
    tile_path,
    tile_width,
    verify_checkpoint,
)
from goodstanding.proof.tiles import MAX_LEVEL, TILE_WIDTH

from .folder import CHECKPOINT, KEYS_BESIDE, VKEY, WITNESSES, FolderLog
from .stored import StoredLog


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did: the log's size before (as the folder had it) and now, and the files and bytes written."""

    before: int
    size: int
    files: int
    bytes: int


def export(folder: Path, *, done: Callable[[int], None] = lambda _: None) -> Exported:
    """Bring a folder up to the log's published checkpoint.

    The checkpoint is written last, after everything that it speaks of is on the disk, so whoever reads the folder at
    any moment reads a whole log, and an export that was killed is finished by the next one. Files that lie there
    already are compared and kept; partial tiles that a wider one replaces are removed.

    Args:
        folder: made if need be.
        done: told how many entries are written.

    Raises:
        ExchangeError: log.empty (nothing is sealed yet), log.other_export (the folder holds another log, or one that
            this log does not continue).
        ProofError: the folder's checkpoint is not one, or the tables of tiles and events do not hold together.
    """
    published = proofs.checkpoint()
    if published is None:
        raise ExchangeError("log.empty")
    key = VerifierKey.decode(proofs.log_key())
    log, source = FolderLog(folder), StoredLog()
    size = published.size
    before = _before(folder, key, size, source)
    files = written = 0

    def put(path: str, data: bytes) -> None:
        nonlocal files, written
        if log.write(path, data):
            files, written = files + 1, written + len(data)

    for index in range(before // TILE_WIDTH, -(-size // TILE_WIDTH)):
        width = tile_width(level=0, index=index, size=size)
        put(entries_path(index=index, width=width), source.entries(index, width))
        done(min(size, (index + 1) * TILE_WIDTH))
    for level in range(MAX_LEVEL + 1):
        hashes = size >> (8 * level)
        for index in range((before >> (8 * level)) // TILE_WIDTH, -(-hashes // TILE_WIDTH)):
            width = tile_width(level=level, index=index, size=size)
            put(tile_path(level=level, index=index, width=width), source.read(level, index, width))
        if hashes <= 1:
            break
    put(VKEY, (key.encode() + "\n").encode())
    beside = "".join(one.encode() + "\n" for one in proofs.keys_beside())
    if beside:
        put(KEYS_BESIDE, beside.encode())
    for _, receipt in receipts(until=size):
        for path, data in receipt.files() if receipt else ():
            put(path, data)
    os.sync()
    witnesses = "".join(witness.encode() + "\n" for witness in published.witnesses)
    if witnesses:
        put(WITNESSES, witnesses.encode())
    put(CHECKPOINT, published.note.encode())
    if not witnesses:
        (folder / WITNESSES).unlink(missing_ok=True)
    _remove_replaced(log, size)
    return Exported(before, size, files, written)


def _before(folder: Path, key: VerifierKey, size: int, source: StoredLog) -> int:
    """The size of the log that the folder holds, which ours must continue; 0 where it holds none."""
    try:
        note = (folder / CHECKPOINT).read_bytes()
    except FileNotFoundError:
        return 0
    held: Checkpoint = verify_checkpoint(note, origin=key.name, keys=[key])
    if held.size > size or root_at(size=held.size, store=source) != held.root:
        raise ExchangeError("log.other_export", place=f"{folder}, {held.size} entries")
    return held.size


def _remove_replaced(log: FolderLog, size: int) -> None:
    """Remove partial tiles of earlier sizes, and what a killed export left."""
    for path in list(log.files()):
        name = path.rsplit("/", 1)[-1]
        if ".p/" in path and not name.startswith("."):
            level, index, width = parse_tile_path(path)
            if width < tile_width(level=level or 0, index=index, size=size):
                (log.folder / path).unlink()
        elif name.startswith("."):
            (log.folder / path).unlink()
    for folder in log.folder.glob("tile/**/*.p"):
        if not any(folder.iterdir()):
            folder.rmdir()
