"""The inbox: bytes of files that are being taken in. They survive a crash and go when the batch is finished.

Raw files hold personal numbers that the platform must not keep, so nothing stays here longer than needed.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import uuid
from pathlib import Path

from django.conf import settings

_BLOCK = 1 << 20


def path_of(sha256: str) -> Path:
    """Where the file with this digest lies."""
    return Path(settings.INTAKE_FOLDER) / sha256


def making_of(batch: uuid.UUID) -> Path:
    """Where the pipeline makes the files of a batch, which hold what its rows say."""
    return Path(settings.INTAKE_FOLDER).parent / "making" / str(batch)


def keep(path: Path) -> tuple[str, int]:
    """Copy a file into the inbox, durably, under the digest of its bytes. Returns digest and size.

    The copy is written beside its place and moved there whole, so a crash leaves all of it or nothing.
    """
    folder = Path(settings.INTAKE_FOLDER)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = folder / f".{os.getpid()}.{secrets.token_hex(8)}"
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as source, fresh.open("xb") as target:
            os.fchmod(target.fileno(), 0o600)
            while block := source.read(_BLOCK):
                digest.update(block)
                size += len(block)
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
        os.replace(fresh, path_of(digest.hexdigest()))
    finally:
        fresh.unlink(missing_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return digest.hexdigest(), size


def discard(sha256: str) -> None:
    """Remove a file that no unfinished batch needs."""
    path_of(sha256).unlink(missing_ok=True)


def made() -> set[uuid.UUID]:
    """The batches of which something lies there that the pipeline made."""
    folder = making_of(uuid.UUID(int=0)).parent
    return {uuid.UUID(path.name) for path in folder.iterdir()} if folder.is_dir() else set()


def discard_made(batch: uuid.UUID) -> None:
    """Remove what was made of a batch that has entered, failed or was refused."""
    shutil.rmtree(making_of(batch), ignore_errors=True)
