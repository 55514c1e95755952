"""The rows of records as they are taken in: locked in the order of their keys, written many at a time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from .bulk import array_text, copy_rows, json_text
from .reported import ReportedRecord


@dataclass(slots=True)
class Known:
    """What the registry holds under one natural key, brought up to date while a chunk is decided."""

    id: int
    public_id: uuid.UUID
    version: int
    digest: bytes
    state: str
    content: dict[str, Any] | None
    disputed: bool = False
    beneath: str | None = None
    statement: str | None = None
    owners: tuple[int, ...] = ()
    is_new: bool = False
    reported: ReportedRecord | None = None


_COLUMNS = (
    "id, public_id, kind, item_id, entity_id, authority_id, source_id, contract, document_no, natural_key,"
    " content_digest, content, legal_basis, found_on, measures, amount_yuan, pack, severity, publish_from,"
    " restorable_from, publish_until, restorable, state, disputed, version, batch, row, beneath"
)


def lock_known(keys: list[bytes]) -> dict[bytes, Known]:
    """What is held under these natural keys (32 bytes each, in their order), locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT natural_key, id, public_id, version, content_digest, state, content::text, disputed,"
            " beneath, statement ->> 'text', authority_id, source_id FROM registry_record WHERE natural_key = ANY(%s)"
            " ORDER BY natural_key FOR NO KEY UPDATE",
            [keys],
        )
        rows = cursor.fetchall()
    return {
        bytes(key): Known(
            pk,
            public_id,
            version,
            bytes(digest),
            state,
            orjson.loads(content),
            disputed,
            beneath,
            statement,
            tuple(owners),
        )
        for key, pk, public_id, version, digest, state, content, disputed, beneath, statement, *owners in rows
    }


def said_before(record_ids: list[int]) -> frozenset[tuple[int, bytes]]:
    """Every (record, digest) that an earlier version of these records had."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT record_id, content_digest FROM registry_recordversion WHERE record_id = ANY(%s)",
            [record_ids],
        )
        return frozenset((record_id, bytes(digest)) for record_id, digest in cursor.fetchall())


def _values(item: Known, batch: int | None) -> tuple[Any, ...]:
    row = item.reported
    assert row is not None
    return (
        item.id,
        item.public_id,
        row.kind,
        row.item,
        row.entity_id,
        row.authority_id,
        row.source_id,
        row.contract,
        row.document_no,
        row.natural_key,
        row.content_digest,
        row.content_text or json_text(row.content),
        row.legal_basis,
        row.found_on,
        array_text(row.measures),
        row.amount_yuan,
        row.pack,
        row.severity,
        row.publish_from,
        row.restorable_from,
        row.publish_until,
        row.restorable,
        str(item.state),
        False,
        item.version,
        batch,
        row.row,
        item.beneath,
    )


def insert(items: list[Known], *, batch: int | None) -> None:
    """Write the rows of new records."""
    if items:
        # In key order, so that two batches with the same new keys wait for each other and never deadlock.
        items = sorted(items, key=_natural_key)
        copy_rows("registry_record", _COLUMNS, (_values(item, batch) for item in items))


def _natural_key(item: Known) -> bytes:
    assert item.reported is not None
    return item.reported.natural_key


def update(items: list[Known], *, batch: int | None) -> None:
    """Write over the rows of records what was reported of them."""
    if not items:
        return
    keep = {"id", "public_id", "natural_key", "disputed"}
    names = [name.strip() for name in _COLUMNS.split(",")]
    changes = ", ".join(f"{name} = given.{name}" for name in names if name not in keep)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE given ON COMMIT DROP AS SELECT " + _COLUMNS + " FROM registry_record LIMIT 0"
        )
        copy_rows("given", _COLUMNS, (_values(item, batch) for item in items))
        cursor.execute(f"UPDATE registry_record SET {changes} FROM given WHERE registry_record.id = given.id")
        cursor.execute("DROP TABLE given")


def keep_versions(entries: Sequence[tuple[int, int, dict[str, Any], bytes, int]]) -> None:
    """Keep what records said until now: record, version, content, digest, and the position that replaces it."""
    if entries:
        copy_rows(
            "registry_recordversion",
            "record_id, version, content, content_digest, replaced_at_position",
            (
                (record_id, version, json_text(content), digest, position)
                for record_id, version, content, digest, position in entries
            ),
        )
