"""Reported states for the tests of the lake, and the slow, obvious table that they are compared with."""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from goodstanding.intake.lake import SCHEMA, Lake, bucket_of, duckdb_relation, new_folder, plan, write_batch

Row = dict[str, Any]
START = datetime(2026, 1, 1, 8, tzinfo=UTC)


def batch_id(number: int) -> str:
    return str(uuid.UUID(int=number, version=4))


def entity_id(number: int) -> str:
    return str(uuid.UUID(bytes=hashlib.sha256(b"%d" % number).digest()[:16], version=4))


def row(
    *, entity: str, record: int, version: int, batch: str, at: int, change: str = "report", buckets: int = 16
) -> Row:
    """A reported state; its content tells record and version, so that it can be looked for."""
    key = hashlib.sha256(f"{entity}/{record}".encode()).digest()
    said = f"said-of-{key.hex()[:12]}-in-version-{version}"
    content = json.dumps(
        {"public": {"CF_NR": said}, "personal": {"name": "王小明"}, "law": {}}, ensure_ascii=False
    )
    return {
        "bucket": bucket_of(entity, buckets=buckets),
        "entity": entity,
        "item": "administrative-penalty",
        "kind": "penalty",
        "natural_key": key,
        "content_digest": hashlib.sha256(content.encode()).digest(),
        "content": content,
        "document_no": f"no-{key.hex()[:12]}",
        "issuer": "1198010098000011XM",
        "source": "1198010098000011XM",
        "contract": "double-publicity-penalties@1.0.0",
        "legal_basis": f"basis-{key.hex()[:12]}",
        "found_on": date(2025, 1, 1) + timedelta(days=record % 300),
        "measures": ["fine", "warning"][: record % 3],
        "amount_yuan": Decimal(record) / 4 if record % 2 else None,
        "pack": "cn-ndrc-36-2025",
        "severity": "general" if record % 5 else None,
        "published": change != "annul",
        "publish_from": date(2025, 6, 1),
        "restorable_from": None,
        "publish_until": date(2028, 6, 1),
        "restorable": True,
        "change": change,
        "version": version,
        "batch": batch,
        "row": at,
        "known_from": START + timedelta(hours=7 * int(batch[-12:], 16)),
    }


def table(rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def sorted_rows(rows: list[Row]) -> list[Row]:
    return sorted(
        rows, key=lambda row: (row["entity"], row["natural_key"], row["version"], row["batch"], row["row"])
    )


def written(lake: Lake, batch: str, rows: list[Row]) -> list[Path]:
    """The rows as files that DuckDB wrote for a batch."""
    with duckdb.connect() as connection:
        connection.register("arriving", table(rows))
        return write_batch(connection, table="arriving", folder=new_folder(lake, batch))


BLANK = {
    "content": '{"public":{},"personal":{},"law":{}}',
    "content_digest": bytes(32),
    "document_no": "",
    "legal_basis": "",
    "measures": [],
    "amount_yuan": None,
    "severity": None,
    "published": False,
    "restorable": False,
    "change": "redact",
}


@dataclass
class Oracle:
    """The table as a list of rows."""

    random: random.Random
    rows: list[Row] = field(default_factory=list)
    batches: int = 0
    buckets: int = 16

    def next_batch(self, size: int) -> tuple[str, list[Row]]:
        """New states of old and new records, not yet in the table."""
        self.batches += 1
        batch = batch_id(self.batches)
        versions: dict[tuple[str, int], int] = {}
        new = []
        for at in range(size):
            entity, record = entity_id(self.random.randrange(25)), self.random.randrange(6)
            key = hashlib.sha256(f"{entity}/{record}".encode()).digest()
            known = max((r["version"] for r in self.rows if r["natural_key"] == key), default=0)
            version = versions[entity, record] = max(known, versions.get((entity, record), 0)) + 1
            change = (
                self.random.choice(["report", "correct", "correct", "annul"]) if version > 1 else "report"
            )
            new.append(
                row(
                    entity=entity,
                    record=record,
                    version=version,
                    batch=batch,
                    at=at,
                    change=change,
                    buckets=self.buckets,
                )
            )
        return batch, new

    def redact(self, keys: set[bytes]) -> None:
        self.rows = [row | BLANK if row["natural_key"] in keys else row for row in self.rows]

    def history(self, entity: str, before: datetime | None = None) -> list[Row]:
        return sorted_rows(
            [r for r in self.rows if r["entity"] == entity and (before is None or r["known_from"] < before)]
        )

    def current(self, entity: str, before: datetime | None = None) -> list[Row]:
        newest: dict[bytes, Row] = {}
        for r in self.history(entity, before):
            newest[r["natural_key"]] = r
        return sorted_rows([r for r in newest.values() if r["change"] not in ("annul", "redact")])


def whole(lake: Lake, snapshot: int | None = None) -> list[Row]:
    """Every row of a state of the table, as DuckDB reads the planned files."""
    with duckdb.connect() as connection:
        found = duckdb_relation(connection, plan(lake, snapshot=snapshot)).to_arrow_table()
    return sorted_rows(found.select(SCHEMA.names).cast(SCHEMA).to_pylist())
