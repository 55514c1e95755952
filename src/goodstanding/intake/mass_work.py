"""A batch of mass facts on its way into the lake: where its files lie, and what the pipeline is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from . import inbox, lake
from .bulk import registry
from .bulk.job import Job, Sender
from .bulk.slices import File
from .commit import was_taken_in_before
from .contract import Contract
from .mass_held import HeldOf
from .models import Batch


@dataclass(frozen=True, slots=True)
class Work:
    """One batch on its way into the lake. ``folder`` is where its files are made."""

    batch: Batch
    contract: Contract
    folder: Path
    engine: str
    today: date
    at: datetime
    progress: Callable[[int, int], None] | None

    @property
    def made(self) -> Path:
        """The folder that the pipeline makes, whole or not at all."""
        return self.folder / "made"

    @property
    def said(self) -> Path:
        """The file that says what was made."""
        return self.made / "outcome.json"

    @property
    def file(self) -> File:
        """The file as it was received."""
        return File(inbox.path_of(self.batch.sha256), self.batch.name)

    def held(self, lake_table: lake.Lake) -> HeldOf:
        """What others hold of the item."""
        path, item = self.folder / "held.parquet", self.contract.clauses.item
        return HeldOf(lake=lake_table, item=item, batch=str(self.batch.public_id), path=path)

    def job(self, *, buckets: int) -> Job:
        """What the pipeline is told."""
        return Job(
            contract=self.contract,
            sender=Sender(self.batch.authority_id, self.batch.authority.code),
            authorities=registry.authorities(),
            today=self.today,
            at=self.at,
            batch=str(self.batch.public_id),
            buckets=buckets,
            repeated=was_taken_in_before(self.batch),
        )
