"""What a run came to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class HowRead:
    """How a file was read: its header, its form, its encoding and how that was found."""

    header: tuple[str, ...]
    form: str
    encoding: str
    compression: str
    encoding_found: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """Counts by disposition, the files written, and what took how long.

    ``accepted`` are files of the lake's table, each of one bucket; ``rejected`` the rejected rows; ``subjects`` the
    entities that the rows bring with them, to be registered under the ids given there; ``digests`` the content digest
    of every accepted row in the order of the files' rows, for the batch's Merkle tree. ``seconds`` are of the clock,
    by step; ``plain`` counts the rows that went through the columns, ``filled`` the cells with a text in columns that
    may be empty, ``repeated`` the rows whose key stood before in the same files.
    """

    rows: int
    committed: int
    unchanged: int
    superseding: int
    rejected: int
    quarantined: int
    plain: int
    accepted_files: tuple[Path, ...]
    rejected_file: Path
    subjects_file: Path
    digests_file: Path
    read: tuple[HowRead, ...]
    filled: int
    repeated: int
    seconds: dict[str, float]
    processor: dict[str, float]

    @property
    def counts(self) -> dict[str, int]:
        """The disposition of every row; the four add up to ``rows``."""
        return {
            "committed": self.committed,
            "unchanged": self.unchanged,
            "superseding": self.superseding,
            "rejected": self.rejected,
        }

    def moved(self, old: Path, new: Path) -> BulkOutcome:
        """The outcome with its files in another folder."""

        def there(path: Path) -> Path:
            return new / path.relative_to(old)

        return replace(
            self,
            accepted_files=tuple(map(there, self.accepted_files)),
            rejected_file=there(self.rejected_file),
            subjects_file=there(self.subjects_file),
            digests_file=there(self.digests_file),
        )
