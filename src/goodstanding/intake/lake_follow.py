"""The lake follows the journal: every state that the registry was told of lies in the lake soon after.

A portion of positions is written down before it is taken and marked when it is in the lake, whose batch it is; so a
follower that is killed takes the same portion again, and the lake takes a batch once. Content that was erased is
erased in the lake too, and gone from the disk once ``lake expire`` has run.

Needs the extra ``bulk``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

import duckdb
import orjson
import pyarrow as pa  # type: ignore[import-untyped]
from django.db import connection, transaction

from goodstanding.registry import journal, locks
from goodstanding.registry.bulk import json_text

from . import lake
from .models import LakePortion

#: What each event says of its record in the lake. Others change nothing that was reported.
CHANGES: Final = {
    "record.committed": "report",
    "record.superseded": "report",
    "record.relisted": "report",
    "record.republished": "report",
    "record.corrected": "correct",
    "record.withdrawn": "annul",
    "record.redacted": "redact",
}
_STATES: Final = """
    SELECT e.position, e.kind, e.at, e.content::text, n.public_id::text AS entity, r.item_id AS item,
        r.kind AS record_kind, r.natural_key, coalesce(v.content, r.content)::text AS said, r.document_no,
        a.code AS issuer, s.code AS source,
        r.contract, r.legal_basis, r.found_on, r.measures, r.amount_yuan, r.pack, r.severity, r.restorable_from,
        r.restorable, r.state
    FROM registry_event e
    JOIN registry_record r ON r.id = e.record_id
    JOIN registry_entity n ON n.id = r.entity_id
    JOIN registry_authority a ON a.id = r.authority_id
    JOIN registry_authority s ON s.id = r.source_id
    LEFT JOIN registry_recordversion v ON v.record_id = r.id AND v.version = (e.content->>'version')::int
    WHERE e.position > %s AND e.position <= %s AND e.kind = ANY(%s) AND r.home = ''
      -- What a batch says anew of a promoted fact lies in the lake with that batch.
      AND NOT (e.kind = 'record.superseded' AND EXISTS (
          SELECT FROM registry_event p WHERE p.record_id = e.record_id AND p.kind = 'record.promoted'))
    ORDER BY e.position
"""


def follow(*, limit: int = 50_000) -> int:
    """Bring up to ``limit`` further positions of the journal into the lake.

    Returns:
        How many positions were followed; 0 where nothing is new or another process follows.

    Raises:
        LakeError: the lake does not answer; what was followed stays so.
    """
    with locks.alone(locks.LAKE_FOLLOWER, wait=False) as alone:
        portion = _portion(limit) if alone else None
        if portion is None:
            return 0
        _take(portion)
        portion.done = True
        portion.save(update_fields=["done"])
        LakePortion.objects.filter(done=True, first__lt=portion.first).delete()
        return portion.last - portion.first + 1


@transaction.atomic
def _portion(limit: int) -> LakePortion | None:
    """The portion that was begun and not marked, or the next one."""
    last = LakePortion.objects.order_by("-first").first()
    if last is not None and not last.done:
        return last
    first = last.last + 1 if last else 1
    until = min(journal.head(), first + limit - 1)
    return LakePortion.objects.create(first=first, last=until) if until >= first else None


def _take(portion: LakePortion) -> None:
    table = lake.open_lake()
    batch = f"journal-{portion.first}"
    with connection.cursor() as cursor:
        cursor.execute(_STATES, [portion.first - 1, portion.last, list(CHANGES)])
        names = [column.name for column in cursor.description]
        states = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    rows = [_row(state, batch=batch, buckets=table.buckets) for state in states]
    if rows and lake.appended(table, batch) is None:
        with duckdb.connect() as engine:
            engine.register("states", pa.Table.from_pylist(rows, schema=lake.SCHEMA))
            files = lake.write_batch(engine, table="states", folder=lake.new_folder(table, batch))
        lake.append(table, batch=batch, files=files)
    lake.redact(table, {bytes(s["natural_key"]) for s in states if s["kind"] == "record.redacted"})


def _row(state: dict[str, Any], *, batch: str, buckets: int) -> dict[str, Any]:
    """One reported state as the lake holds it. What an event does not say of its time is said as it is now."""
    told = orjson.loads(state["content"])
    at: datetime = state["at"]
    return {
        **{name: state[name] for name in _AS_THEY_ARE},
        "bucket": lake.bucket_of(state["entity"], buckets=buckets),
        "kind": state["record_kind"],
        "natural_key": bytes(state["natural_key"]),
        "content_digest": bytes.fromhex(told["digest"]),
        "content": json_text(orjson.loads(state["said"])),
        "published": "published" in (told["state"], told.get("beneath")),
        "publish_from": _day(told["publish_from"]),
        "publish_until": _day(told["publish_until"]),
        "change": "redact" if state["state"] == "redacted" else CHANGES[state["kind"]],
        "version": told["version"],
        "batch": batch,
        "row": state["position"],
        "known_from": at,
    }


_AS_THEY_ARE: Final = (
    "entity",
    "item",
    "document_no",
    "issuer",
    "source",
    "contract",
    "legal_basis",
    "found_on",
    "measures",
    "amount_yuan",
    "pack",
    "severity",
    "restorable_from",
    "restorable",
)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
