"""What a generated folder holds, and what taking it in must come to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import orjson

from goodstanding.world.city import AuthorityEntry

MANIFEST_NAME: Final = "manifest.json"
WORLD_VERSION: Final = 2
"""Raised when the same seed gives other bytes than before."""


@dataclass(frozen=True, slots=True)
class Expected:
    """How many rows of a file end in each way."""

    committed: int
    unchanged: int
    superseding: int
    rejected: int


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file.

    path, truth: relative to the folder. contract: id of its data contract. authority: code of the authority that
    sends it. format: csv, xlsx or jsonl; encoding: by Python's name. rows: without the header. reasons: of the
    rejected rows, how many for each machine code.
    """

    path: str
    contract: str
    authority: str
    rows: int
    expected: Expected
    reasons: dict[str, int]
    truth: str
    format: str
    encoding: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The table of contents of a folder; the files stand in the order in which they are to be taken in."""

    seed: int
    on: date
    entities: int
    authorities: tuple[AuthorityEntry, ...]
    files: tuple[FileEntry, ...]

    @property
    def rows(self) -> int:
        """Rows of all files together."""
        return sum(file.rows for file in self.files)

    def as_dict(self) -> dict[str, Any]:
        """The manifest as it stands in `manifest.json`."""
        return {
            "version": WORLD_VERSION,
            "seed": self.seed,
            "on": self.on.isoformat(),
            "entities": self.entities,
            "authorities": [
                {
                    key: getattr(entry, key)
                    for key in ("code", "name_zh", "name_en", "division", "source_kind")
                }
                for entry in self.authorities
            ],
            "files": [asdict(file) for file in self.files],
        }

    def save(self, folder: Path) -> None:
        """Write `manifest.json` into the folder."""
        text = orjson.dumps(self.as_dict(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        (folder / MANIFEST_NAME).write_bytes(text)
