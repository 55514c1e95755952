"""The data folder: where the embedded database, the keys and the files of this installation lie.

``GOODSTANDING_HOME`` names it; else it is ``goodstanding`` under the user's data folder (XDG_DATA_HOME).
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def home() -> Path:
    """The data folder, made if need be, readable by its owner only."""
    named = os.environ.get("GOODSTANDING_HOME")
    share = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    folder = Path(named) if named else Path(share) / "goodstanding"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def secret(name: str, *, length: int = 32) -> bytes:
    """A secret of this installation, made at first use and kept in a file that only its owner reads.

    Args:
        name: file name under ``keys/``.
        length: bytes of randomness.

    Returns:
        The same bytes at each call.
    """
    folder = home() / "keys"
    folder.mkdir(exist_ok=True, mode=0o700)
    path = folder / name
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    fresh = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    fresh.touch(mode=0o600)
    fresh.write_bytes(secrets.token_bytes(length))
    try:
        os.link(fresh, path)  # whoever links first wins, so two processes agree on one secret
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_bytes()
