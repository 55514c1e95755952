"""A log as static files, exactly where C2SP tlog-tiles serves them, and its audit without the platform.

    checkpoint                      the signed note
    tile/<L>/<N>[.p/<W>]            hashes
    tile/entries/<N>[.p/<W>]        entries
    vkey                            the log's verifier key, one line
    vkeys-beside                    further keys of the log, one a line; absent where it has none
    witnesses                       the keys of those who cosigned the checkpoint, one a line; absent where nobody did
    anchors/                        receipts of anchors (``goodstanding.exchange.anchors.files``)

The folder may be served as it is by any web server: its address is then the log's prefix.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from goodstanding.exchange.anchors import files as anchors
from goodstanding.proof import (
    Checkpoint,
    Fault,
    ProofError,
    VerifierKey,
    WitnessKey,
    audit_tree,
    entries_path,
    parse_note,
    parse_tile_path,
    tile_path,
    tile_width,
    verify_checkpoint,
    verify_cosignatures,
)
from goodstanding.proof.beside import BesideKey, verify_beside

CHECKPOINT, VKEY, WITNESSES, KEYS_BESIDE = "checkpoint", "vkey", "witnesses", "vkeys-beside"


K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit found. ``checkpoint`` is None where none is signed; then nothing else could be judged."""

    checkpoint: Checkpoint | None
    faults: tuple[Fault, ...]
    #: Events whose salt was destroyed, so that only their commitments could be checked.
    forgotten: int = 0


class FolderLog:
    """The files of a log in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, level: int, index: int, width: int) -> bytes:
        """The file of a tile; of one that is gone, the beginning of the full tile. Raises LookupError."""
        return self._file(
            tile_path(level=level, index=index, width=width), tile_path(level=level, index=index), 32 * width
        )

    def entries(self, index: int, width: int) -> bytes:
        """The file of a bundle of entries. Raises LookupError."""
        return self._file(entries_path(index=index, width=width))

    def place(self, level: int | None, index: int, width: int, number: int | None) -> str:
        """The path of the file, and which of its hashes or entries, from 0."""
        if level is None:
            path, item = entries_path(index=index, width=width), "entry"
        else:
            path, item = tile_path(level=level, index=index, width=width), "hash"
        return path if number is None else f"{path}, {item} {number}"

    def files(self) -> Iterator[str]:
        """The paths of all files that lie there."""
        for folder, _, names in os.walk(self.folder):
            for name in names:
                yield (Path(folder) / name).relative_to(self.folder).as_posix()

    def write(self, path: str, data: bytes) -> bool:
        """Put a file in its place at once, whole or not at all. Returns False where it lay there already."""
        target = self.folder / path
        try:
            if target.read_bytes() == data:
                return False
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        fresh.write_bytes(data)
        fresh.replace(target)
        return True

    def _file(self, path: str, full: str = "", size: int = 0) -> bytes:
        try:
            return (self.folder / path).read_bytes()
        except FileNotFoundError:
            if not full or full == path:
                raise LookupError(path) from None
        try:
            return (self.folder / full).read_bytes()[:size]
        except FileNotFoundError:
            raise LookupError(path) from None


def audit_folder(
    folder: Path, *, key: VerifierKey | None = None, done: Callable[[int], None] = lambda _: None
) -> Audited:
    """Replay a log from its files and locate everything that does not lead to the signed checkpoint.

    Args:
        folder: what ``goodstanding log export`` wrote, or any log of C2SP tlog-tiles with its key in ``vkey``.
        key: the log's verifier key as it is known from elsewhere; None takes the one in the folder.
        done: told how many entries were replayed.
    """
    log = FolderLog(folder)
    faults: list[Fault] = []
    written = _key(folder, faults)
    if key is not None and written is not None and key != written:
        faults.append(Fault(VKEY, "changed"))
    checkpoint = _checkpoint(folder, key or written, faults)
    if checkpoint is None:
        return Audited(None, tuple(sorted(faults)))
    paths = [path for path in log.files() if path not in (CHECKPOINT, VKEY, WITNESSES, KEYS_BESIDE)]
    beside = [path for path in paths if path.startswith(f"{anchors.FOLDER}/")]
    receipts = anchors.found_in(folder, beside, faults)
    replayed = anchors.Replayed(_sound(receipts, key or written, faults), faults)
    faults += audit_tree(checkpoint=checkpoint, source=log, leaves=replayed.leaves, done=done)
    replayed.end()
    for path in set(paths) - set(beside):
        faults += _stray(log, path, checkpoint.size)
    return Audited(checkpoint, tuple(sorted(set(faults))))


def _sound(
    receipts: list[anchors.Receipt], key: VerifierKey | None, faults: list[Fault]
) -> list[anchors.Receipt]:
    """The receipts that agree with themselves and hold; of the others it is told what does not."""
    sound = []
    for receipt in receipts if key else ():
        wrong = list(receipt.faults(key=key, place=receipt.path))
        faults += wrong
        sound += [] if wrong else [receipt]
    return sound


def _key(folder: Path, faults: list[Fault]) -> VerifierKey | None:
    try:
        text = (folder / VKEY).read_text("utf-8")
        key = VerifierKey.decode(text.removesuffix("\n"))
        if text == key.encode() + "\n":
            return key
        faults.append(Fault(VKEY, "malformed"))
    except FileNotFoundError:
        faults.append(Fault(VKEY, "missing"))
    except (UnicodeDecodeError, ProofError):
        faults.append(Fault(VKEY, "malformed"))
    return None


def _checkpoint(folder: Path, key: VerifierKey | None, faults: list[Fault]) -> Checkpoint | None:
    """The checkpoint if it is signed; every line under it must be by the log or by one of the witnesses named."""
    try:
        note = (folder / CHECKPOINT).read_bytes()
    except FileNotFoundError:
        faults.append(Fault(CHECKPOINT, "missing"))
        return None
    if key is None:
        faults.append(Fault(CHECKPOINT, "unsigned"))
        return None
    try:
        checkpoint = verify_checkpoint(note, origin=key.name, keys=[key])
    except ProofError as error:
        faults.append(Fault(f"{CHECKPOINT}, {error.place}", "unsigned"))
        return None
    witnesses = _keys(folder, WITNESSES, WitnessKey.decode, faults)
    beside = _keys(folder, KEYS_BESIDE, BesideKey.decode, faults)
    try:
        own = verify_beside(note, keys=beside)
        cosigned = {item.witness for item in verify_cosignatures(note, witnesses=witnesses)}
    except ProofError as error:
        faults.append(Fault(f"{CHECKPOINT}, {error.place}", "unsigned"))
        return checkpoint
    known = {(item.name, item.key_id) for item in [key, *own, *cosigned]}
    for line in parse_note(note).signatures:
        if (line.name, line.key_id) not in known:
            faults.append(Fault(f"{CHECKPOINT}, signature of {line.name}", "unknown"))
    for witness in set(witnesses) - cosigned:
        faults.append(Fault(f"{WITNESSES}, {witness.name}", "unknown"))
    for other in beside:
        if other.name != key.name:
            faults.append(Fault(f"{KEYS_BESIDE}, {other.name}", "unknown"))
    return checkpoint


def _keys(folder: Path, name: str, decode: Callable[[str], K], faults: list[Fault]) -> list[K]:
    """The keys of a file, one a line."""
    try:
        text = (folder / name).read_text("utf-8")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        faults.append(Fault(name, "malformed"))
        return []
    found = []
    *lines, rest = text.split("\n")
    for number, line in enumerate(lines, 1):
        try:
            found.append(decode(line))
        except ProofError:
            faults.append(Fault(f"{name}, line {number}", "malformed"))
    if rest:
        faults.append(Fault(name, "malformed"))
    return found


def _stray(log: FolderLog, path: str, size: int) -> list[Fault]:
    """A file that the audited tree does not need: an earlier partial tile is fine if it is a beginning of its tile."""
    try:
        level, index, width = parse_tile_path(path)
    except ProofError:
        return [Fault(path, "unknown")]
    present = tile_width(level=level or 0, index=index, size=size)
    if width > present:
        return [Fault(path, "unknown")]
    if width == present:
        return []  # replayed
    try:
        whole = log.entries(index, present) if level is None else log.read(level, index, present)
    except LookupError:
        return []  # told already
    return [] if whole.startswith((log.folder / path).read_bytes()) else [Fault(path, "changed")]
