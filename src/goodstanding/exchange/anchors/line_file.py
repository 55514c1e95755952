"""A file of the operator's choice, on another disk or a medium that is written once: one line for each checkpoint.

A line is the instant, the log's origin, its size, its root hash (base64) and the SHA-256 of the note (hex), with blanks
between.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, ClassVar, Final

from goodstanding.exchange.errors import ExchangeError
from goodstanding.proof.keys import to_base64

from .base import AnchorReceipt, SignedCheckpoint

_TAIL: Final = 4_096


class LineFile:
    """A file that only grows. Its folder must be there: a disk that is not mounted is not written around."""

    kind: ClassVar[str] = "file"
    suffix: ClassVar[str] = "line"

    def __init__(self, *, path: Path) -> None:
        self.path = path

    def anchor(self, checkpoint: SignedCheckpoint, *, at: datetime) -> AnchorReceipt:
        """Append the line; it is on the disk when this returns."""
        instant = at.astimezone(UTC).isoformat(timespec="microseconds")
        line = f"{instant} {_what(checkpoint)}\n".encode()
        try:
            fresh = not self.path.exists()
            with self.path.open("ab+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                line = self._append(file, checkpoint, line)
            if fresh:
                _sync_folder(self.path.parent)
        except OSError as error:
            raise ExchangeError("anchor.unreachable", place=f"{self.path}: {error.strerror}") from error
        return read(checkpoint, line)

    def verify(self, checkpoint: SignedCheckpoint, content: bytes) -> AnchorReceipt:
        """Look for the line in the file."""
        said = read(checkpoint, content)
        try:
            with (
                self.path.open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held,
            ):
                at = held.find(content)
                while at > 0 and held[at - 1 : at] != b"\n":
                    at = held.find(content, at + 1)
        except ValueError:  # an empty file cannot be mapped
            at = -1
        except OSError as error:
            raise ExchangeError("anchor.unreachable", place=f"{self.path}: {error.strerror}") from error
        if at < 0:
            raise ExchangeError("anchor.lost", place=f"{self.path}, size {checkpoint.checkpoint.size}")
        return said

    def _append(self, file: BinaryIO, checkpoint: SignedCheckpoint, line: bytes) -> bytes:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - _TAIL))
        *lines, rest = file.read().split(b"\n")
        last = lines[-1].decode("utf-8", "replace").split(" ") if lines else []
        if len(last) == 5 and last[2].isdecimal():
            size, wanted = int(last[2]), _what(checkpoint).split(" ")
            if size > checkpoint.checkpoint.size:
                raise ExchangeError("anchor.ahead", place=f"{self.path}, size {size}")
            if size == checkpoint.checkpoint.size and last[1:4] != wanted[:3]:
                raise ExchangeError("anchor.contradicted", place=f"{self.path}, size {size}")
            if last[1:] == wanted and not rest:
                return lines[-1] + b"\n"
        file.write((b"\n" if rest else b"") + line)  # a line that was torn by a crash stays, and ends
        file.flush()
        os.fsync(file.fileno())
        return line


def read(checkpoint: SignedCheckpoint, content: bytes) -> AnchorReceipt:
    """What a line says of a checkpoint. Raises ExchangeError anchor.forged where it is another's, or no line."""
    try:
        instant, _, what = content.decode().removesuffix("\n").partition(" ")
        anchored_at = datetime.fromisoformat(instant)
        whole = content.endswith(b"\n") and anchored_at.tzinfo is not None
    except ValueError:
        whole, what = False, ""
    if not whole or what != _what(checkpoint):
        raise ExchangeError("anchor.forged", place=f"line of size {checkpoint.checkpoint.size}")
    return AnchorReceipt(anchored_at=anchored_at, reference=instant, content=content)


def _what(checkpoint: SignedCheckpoint) -> str:
    state = checkpoint.checkpoint
    return f"{state.origin} {state.size} {to_base64(state.root)} {checkpoint.digest.hex()}"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
