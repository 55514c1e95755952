"""What a source reports of a record, row by row, and what becomes of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from .models import Record

Disposition = Literal["committed", "unchanged", "superseding", "refused"]


@dataclass(slots=True)
class ReportedRecord:
    """A checked, linked and classified row of an authority's file.

    ``item`` is its item of the catalogue. ``natural_key`` (32 bytes) says which finding it is, ``content_digest``
    (32 bytes) what is said of it.
    ``content`` is ``{"public": {...}, "personal": {...}}``: only the first part ever leaves the registry.
    ``publish_until`` is the first day on which the record is no longer published. ``change`` says whether the source
    reports the finding or corrects what it reported. Whoever has ``content`` as text, with its keys in order, and the
    digest of the public part may give them along. Nobody changes one that is made; it is not frozen since that would
    take five times as long for each row.
    """

    row: int
    kind: str
    item: str
    entity_id: int
    entity_public_id: uuid.UUID
    authority_id: int
    source_id: int
    contract: str
    document_no: str
    natural_key: bytes
    content_digest: bytes
    content: dict[str, Any]
    legal_basis: str
    found_on: date
    measures: tuple[str, ...]
    amount_yuan: Decimal | None
    pack: str
    severity: str | None
    published: bool
    publish_from: date | None
    restorable_from: date | None
    publish_until: date | None
    restorable: bool
    change: Literal["report", "correct"] = "report"
    content_text: str | None = None
    public_digest: str | None = None

    def state_on(self, today: date) -> str:
        """The state in which the record enters the registry on ``today``."""
        if not self.published:
            return Record.State.UNPUBLISHED
        if self.publish_until is not None and self.publish_until <= today:
            return Record.State.ENDED
        return Record.State.PUBLISHED


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one reported row. ``code`` says why it was refused."""

    disposition: Disposition
    record_id: int | None = None
    code: str = ""
