"""What stays the same through one run of the pipeline, and the columns that its steps hand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from django.conf import settings

from goodstanding.intake.build import KnownAuthority, RecordBuilder
from goodstanding.intake.clauses import Record
from goodstanding.intake.contract import Contract

from .layout import Layout, can_be_plain, layout_of


@dataclass(frozen=True, slots=True)
class Sender:
    """The authority that sends the files: its id in the registry and its code."""

    pk: int
    code: str


@dataclass(frozen=True)
class Job:
    """A contract, who sends under it, and when.

    ``authorities`` holds the registry's authorities by code; ``buckets`` is the number of the lake's
    partitions; ``repeated`` says that the same files were taken in before; without ``columns`` every row goes through
    the row code.
    """

    contract: Contract
    sender: Sender
    authorities: Mapping[str, KnownAuthority]
    today: date
    at: datetime
    batch: str
    buckets: int
    repeated: bool = False
    columns: bool = True

    @property
    def secret(self) -> bytes:
        """The platform's key for personal parts, as the row code uses it."""
        found: bytes = settings.PERSON_SECRET
        return found

    @property
    def record(self) -> Record:
        """The contract's clause on records."""
        found = self.contract.clauses.record
        assert found is not None
        return found

    @cached_property
    def layout(self) -> Layout:
        return layout_of(self.contract)

    @cached_property
    def builder(self) -> RecordBuilder:
        """The row code's maker of records."""
        return RecordBuilder(
            self.contract, authority=self.sender, today=self.today, authorities=self.authorities
        )

    @property
    def in_columns(self) -> bool:
        """Whether rows of this contract are to go through the columns."""
        return self.columns and can_be_plain(self.contract)


#: Few distinct texts in many rows.
REPEATED: Final = pa.dictionary(pa.int32(), pa.string())
#: What a row has become before it is compared with what is there. ``seq`` counts the rows of a run from 0.
PREPARED: Final = pa.schema(
    [
        ("seq", pa.int64()),
        ("row", pa.int64()),
        ("bucket", pa.int32()),
        ("entity", pa.string()),
        ("natural_key", pa.binary()),
        ("content_digest", pa.binary()),
        ("content", pa.string()),
        ("document_no", pa.string()),
        ("issuer", REPEATED),
        ("source", REPEATED),
        ("legal_basis", REPEATED),
        ("found_on", pa.date32()),
        ("measures", pa.list_(pa.string())),
        ("amount_yuan", pa.decimal128(20, 2)),
        ("pack", REPEATED),
        ("severity", REPEATED),
        ("published", pa.bool_()),
        ("publish_from", pa.date32()),
        ("restorable_from", pa.date32()),
        ("publish_until", pa.date32()),
        ("restorable", pa.bool_()),
    ]
)
#: A rejected row as it goes back to its sender; ``file`` counts the files of the run from 0.
REJECTED: Final = pa.schema(
    [
        ("file", pa.int32()),
        ("row", pa.int64()),
        ("values", pa.list_(pa.string())),
        ("reasons", pa.string()),
        ("quarantined", pa.bool_()),
    ]
)
#: A subject that is registered only because a row names it; ``public_id`` is the one that the rows carry.
SUBJECTS: Final = pa.schema(
    [
        ("entity", pa.string()),
        ("scheme", pa.string()),
        ("value", pa.string()),
        ("kind", pa.string()),
        ("name", pa.string()),
        ("name_key", pa.string()),
        ("address", pa.string()),
        ("known_by_name_only", pa.bool_()),
    ]
)


def same(text: str, count: int) -> Any:
    """The same text in so many rows."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), [text])
