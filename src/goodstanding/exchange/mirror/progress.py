"""What a round of following did, and what it found beside the feed."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from .errors import MirrorError


@dataclass(frozen=True, slots=True)
class Progress:
    """What one round did.

    Entries read; records added, updated, dropped, not held when their removal came, ended by date, outside every
    agreement (and so not taken), deleted because no agreement covers them any more, ``left`` the files that hold
    all that an agreement gives; receipts taken; the log's size up to which enough witnesses have cosigned, 0 without a
    policy.
    """

    position: int
    size: int
    entries: int
    held: int
    added: int = 0
    updated: int = 0
    dropped: int = 0
    not_held: int = 0
    ended: int = 0
    outside: int = 0
    deleted: int = 0
    left: int = 0
    receipts: int = 0
    witnessed: int = 0

    def as_object(self) -> dict[str, int]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a first load brought: the position from which the feed is followed, records, bytes of the files."""

    position: int
    records: int
    bytes: int

    def as_object(self) -> dict[str, int]:
        """As JSON."""
        return {"loaded": self.records, "position": self.position, "bytes": self.bytes}

    def line(self) -> str:
        """As a line to read."""
        return (
            f"loaded {self.records} records from the snapshot at position {self.position} ({self.bytes} bytes);"
            " following the feed from there"
        )


@dataclass(frozen=True, slots=True)
class Fetched:
    """A set of files of an agreement that was applied: its instant and position, its records, and what went with it.

    ``left``: records held by earlier files that these have no more. ``outside``: those that the agreement does not
    cover, and ``older``: those of which a removal after their state is known; neither was taken.
    """

    agreement: str
    instant: str
    position: int
    records: int
    added: int = 0
    updated: int = 0
    left: int = 0
    outside: int = 0
    older: int = 0

    def as_object(self) -> dict[str, int | str]:
        """As JSON."""
        said = asdict(self)
        return {"fetched": said.pop("agreement")} | said

    def line(self) -> str:
        """As a line to read."""
        beside = f", {self.outside} outside the agreement" if self.outside else ""
        beside += f", {self.older} removed since" if self.older else ""
        return (
            f"files of {self.agreement} of {self.instant}: {self.records} records at position {self.position};"
            f" +{self.added} ~{self.updated} -{self.left}{beside}"
        )


@dataclass(frozen=True, slots=True)
class FromBeginning:
    """A new store follows a long feed from its beginning, as the snapshot cannot be had: why, and how to have it."""

    size: int
    why: MirrorError

    def as_object(self) -> dict[str, int | str]:
        """As JSON."""
        return {
            "from_beginning": self.size,
            "why": self.why.code,
            "place": self.why.place,
            "remedy": self.why.remedy,
        }

    def line(self) -> str:
        """As a line to read."""
        return f"following {self.size} positions from the beginning: {self.why}"


class MirrorAlarm(MirrorError):
    """The feed was applied and answered for, but something beside it is amiss; ``progress`` says what was done."""

    def __init__(self, cause: MirrorError, progress: Progress) -> None:
        super().__init__(cause.code, place=cause.place)
        self.progress = progress
