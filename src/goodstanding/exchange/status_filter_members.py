"""Everything that was ever published, read once from the database as the status filter wants it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import groupby
from typing import IO, Any, Final

import numpy as np
from django.db import connection, transaction

from goodstanding.proof.status_filter_make import BulkFilter, Chunk

_CHUNK: Final = 50_000
#: A member as it is kept: the halves of its id, and whether the answer for it is yes.
_MEMBER: Final = np.dtype([("high", ">u8"), ("low", ">u8"), ("marked", "?")])
#: Every record that was ever published, once in each cell, and whether it may no longer be held on a day.
_MEMBERS: Final = """
    SELECT DISTINCT {cell}, uuid_send(r.public_id) || CASE
        WHEN r.state = 'published' AND (r.publish_until IS NULL OR r.publish_until > %s) THEN '\\x00'::bytea
        ELSE '\\x01'::bytea END
    FROM registry_event e JOIN registry_record r ON r.id = e.record_id
    WHERE e.kind LIKE 'record.%%' AND e.content->>'state' = 'published' AND e.content->>'publish_from' IS NOT NULL
    ORDER BY 1
"""
_CELLS: Final = {"": "''::text", "item/year": "r.item_id || '/' || left(e.content->>'publish_from', 4)"}


class Members:
    """All members, in a temporary file; called, it gives them from the start. ``size`` is the journal's position."""

    def __init__(self, kept: IO[bytes], size: int, chunks: list[tuple[str, int]]) -> None:
        self.size = size
        self._kept, self._chunks = kept, chunks

    def __call__(self) -> Iterator[Chunk]:
        self._kept.seek(0)
        for cell, count in self._chunks:
            rows = np.frombuffer(self._kept.read(count * _MEMBER.itemsize), _MEMBER)
            yield Chunk(cell, _ids(rows), rows["marked"])


@contextmanager
def members(*, partition: str, on: date, held: BulkFilter | None) -> Iterator[Members]:
    """Read the members of one state of the database.

    Args:
        partition: how they are told apart into cells.
        on: the day on which they may or may not be held.
        held: the filter so far; then those are marked for which its answer is to be turned round.
    """
    with tempfile.TemporaryFile() as kept:
        chunks: list[tuple[str, int]] = []
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT position FROM registry_journalhead WHERE id = 1")
            size = int(cursor.fetchone()[0])
            for cell, rows in _read(partition=partition, on=on):
                if held is not None:
                    rows["marked"] ^= held.removed(cell, _ids(rows))
                kept.write(rows.tobytes())
                chunks.append((cell, len(rows)))
        yield Members(kept, size, chunks)


def _read(*, partition: str, on: date) -> Iterator[tuple[str, Any]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(_MEMBERS.format(cell=_CELLS[partition]), [on])
        while found := cursor.fetchmany(_CHUNK):
            for cell, rows in groupby(found, key=lambda row: row[0]):
                yield str(cell), np.frombuffer(b"".join(row[1] for row in rows), _MEMBER).copy()


def _ids(rows: Any) -> Any:
    return np.stack([rows["high"], rows["low"]], axis=1).astype(np.uint64)
