"""Whether each record is what its last event says: state, version, window, and its content by the digests."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from typing import Any, Final

import orjson
from django.conf import settings
from django.db import connection

from goodstanding.proof import Fault, ProofError
from goodstanding.registry.events import content_digest, public_digest, record_content
from goodstanding.registry.models import Record

_CHUNK: Final = 2_000
_RECORDS: Final = """
    SELECT r.id, r.public_id, r.kind, r.state, r.disputed, r.version, r.content_digest, r.content::text, r.publish_from,
        r.publish_until, r.beneath, r.statement ->> 'text', last.position, last.content::text
    FROM registry_record r LEFT JOIN LATERAL (
        SELECT e.position, e.content FROM registry_event e
        WHERE e.record_id = r.id AND e.kind LIKE 'record.%%' ORDER BY e.position DESC LIMIT 1
    ) last ON true
    WHERE r.id > %s ORDER BY r.id LIMIT %s
"""
#: What an event says, and the column that must agree with it.
_COLUMNS: Final = {
    "record": "public_id",
    "record_kind": "kind",
    "state": "state",
    "disputed": "disputed",
    "version": "version",
    "digest": "content_digest",
    "public_digest": "content",
    "publish_from": "publish_from",
    "publish_until": "publish_until",
    "beneath": "beneath",
    "statement": "statement",
}


def audit_records(*, distrusted: Collection[int]) -> Iterator[Fault]:
    """Compare every record with its last event.

    Args:
        distrusted: positions of events that are not what was committed to; they say nothing about their records.
    """
    after = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_RECORDS, [after, _CHUNK])
            rows = cursor.fetchall()
            for row in rows:
                if row[-2] is None:
                    yield Fault(f"registry_record, record {row[1]}: no event tells of it", "unknown")
                elif row[-2] not in distrusted:
                    yield from _compare(row)
            if len(rows) < _CHUNK:
                return
            after = rows[-1][0]


def _compare(row: tuple[Any, ...]) -> Iterator[Fault]:
    _, record, kind, state, disputed, version, digest, content, first, last, beneath, statement, _, told = row
    said = orjson.loads(told)
    held = orjson.loads(content)
    try:
        public = public_digest(held)
    except (KeyError, TypeError, ProofError):
        public = ""
    present = record_content(
        record=record,
        entity=uuid.UUID(said["entity"]),
        record_kind=kind,
        state=state,
        disputed=disputed,
        version=version,
        content_digest=bytes(digest),
        public_digest=public,
        publish_from=first,
        publish_until=last,
        beneath=beneath,
        statement=statement,
    )
    wrong = [column for name, column in _COLUMNS.items() if present.get(name) != said.get(name)]
    erased = state == Record.State.REDACTED  # the digest of what was erased stays
    if not wrong and not erased and content_digest(held, secret=settings.PERSON_SECRET) != bytes(digest):
        wrong = ["content"]
    for column in wrong:
        yield Fault(f"registry_record.{column}, record {record}", "changed")
