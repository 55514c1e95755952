"""What was made of a batch of mass facts and screened, and how it is written down for a later try."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from goodstanding.registry.tombstones import Suspicion

from .bulk.outcome import BulkOutcome, HowRead
from .mass_held import Beside


@dataclass(frozen=True, slots=True)
class Stopped:
    """A row that the firewall took out, as far as the finding against its source needs it: nothing of what it said."""

    row: int
    source_id: int
    natural_key: bytes
    content_digest: bytes
    suspicion: Suspicion


@dataclass(frozen=True, slots=True)
class Made:
    """The pipeline's outcome without the rows that were stopped, and the state that it was made beside.

    ``seen`` is the journal position of the firewall's last look.
    """

    outcome: BulkOutcome
    beside: Beside
    seen: int = 0
    stopped: tuple[Stopped, ...] = ()


def write_made(made: Made, path: Path) -> None:
    """Write down what was made, last and whole, so that a later try finds all of it or nothing."""
    said: dict[str, Any] = {}
    for field in fields(made.outcome):
        value = getattr(made.outcome, field.name)
        if isinstance(value, Path):
            value = str(value)
        elif isinstance(value, tuple):
            value = [str(item) if isinstance(item, Path) else asdict(item) for item in value]
        said[field.name] = value
    stopped = [
        asdict(item) | {name: getattr(item, name).hex() for name in ("natural_key", "content_digest")}
        for item in made.stopped
    ]
    fresh = path.with_suffix(".new")
    with fresh.open("w") as file:
        whole = {"outcome": said, "beside": asdict(made.beside), "seen": made.seen, "stopped": stopped}
        json.dump(whole, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def read_made(path: Path) -> Made:
    """What ``write_made`` wrote."""
    whole = json.loads(path.read_text())
    said = whole["outcome"]
    for name in ("rejected_file", "subjects_file", "digests_file"):
        said[name] = Path(said[name])
    said["accepted_files"] = tuple(map(Path, said["accepted_files"]))
    said["read"] = tuple(HowRead(**item | {"header": tuple(item["header"])}) for item in said["read"])
    stopped = tuple(
        Stopped(
            row=item["row"],
            source_id=item["source_id"],
            natural_key=bytes.fromhex(item["natural_key"]),
            content_digest=bytes.fromhex(item["content_digest"]),
            suspicion=Suspicion(**item["suspicion"]),
        )
        for item in whole["stopped"]
    )
    beside = Beside(tuple(whole["beside"]["files"]), whole["beside"]["position"])
    return Made(BulkOutcome(**said), beside, whole["seen"], stopped)
