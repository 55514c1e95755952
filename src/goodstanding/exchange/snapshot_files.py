"""The files that subscribers fetch: Parquet, each row provable by itself, each file named by its SHA-256. Needs
``pyarrow``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as arrow  # type: ignore[import-untyped]
from django.db import transaction
from django.db.models import Q
from pyarrow import compute, parquet

from goodstanding import proof
from goodstanding.proof.tiles import TILE_WIDTH
from goodstanding.registry import seal
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record
from goodstanding.registry.queries import public_on

from . import canary_feed, feed
from .content import agreed_document
from .happened import events_at, last_events_of
from .scope import Scope

#: Rows of a file, and records that are looked up at a time.
ROWS: Final = 50_000
LEAVES: Final = 500_000
_AT_ONCE: Final = 2_000

#: One row is one record: the event by which it is held, what its commitment needs, and the record as agreed.
RECORDS: Final = arrow.schema(
    [
        arrow.field("position", arrow.int64(), nullable=False),
        arrow.field("record", arrow.string(), nullable=False),
        arrow.field("version", arrow.int32(), nullable=False),
        arrow.field("kind", arrow.string(), nullable=False),
        arrow.field("publish_until", arrow.date32()),
        arrow.field("leaf_hash", arrow.binary(32), nullable=False),
        arrow.field("salt", arrow.binary(), nullable=False),
        arrow.field("event", arrow.string(), nullable=False),
        arrow.field("document", arrow.string(), nullable=False),
    ]
)
#: The same with the inclusion proof of each row's event, its hashes one after another: for files without the leaves.
PROVED: Final = RECORDS.append(arrow.field("inclusion", arrow.binary(), nullable=False))
_LEAF: Final = arrow.schema([arrow.field("leaf_hash", arrow.binary(32), nullable=False)])


def write_records(
    folder: Path, *, scope: Scope, actor: Actor, until: int, on: date, prover: proof.TileProver | None = None
) -> list[dict[str, Any]]:
    """Write what a scope lets be held at a position, oldest records first. What each file is.

    Args:
        scope: whose door decides what is let through. actor: the subscriber.
        prover: of the log at that position, where each row is to carry its inclusion proof.
    """
    schema = RECORDS if prover is None else PROVED
    files = []
    waiting: list[dict[str, Any]] = []
    for rows in _rows(scope, actor, until=until, on=on, prover=prover):
        waiting += rows
        if len(waiting) >= ROWS:
            files.append(_write(folder, arrow.Table.from_pylist(waiting, schema), "records"))
            waiting = []
    if waiting:
        files.append(_write(folder, arrow.Table.from_pylist(waiting, schema), "records"))
    return files


def write_leaves(folder: Path, *, size: int) -> list[dict[str, Any]]:
    """Write the leaf hashes of every position, in order: with them the rows lead to the checkpoint's root."""
    store = seal.DatabaseTiles()
    files = []
    for first in range(0, size, LEAVES):
        last = min(size, first + LEAVES)
        data = b"".join(
            store.read(0, tile, min(TILE_WIDTH, last - tile * TILE_WIDTH))
            for tile in range(first // TILE_WIDTH, -(-last // TILE_WIDTH))
        )[32 * (first % TILE_WIDTH) :]
        hashes = arrow.FixedSizeBinaryArray.from_buffers(
            arrow.binary(32), last - first, [None, arrow.py_buffer(data)]
        )
        file = _write(folder, arrow.Table.from_arrays([hashes], schema=_LEAF), "leaves")
        files.append(file | {"first": first + 1})
    return files


def without(folder: Path, file: dict[str, Any], *, gone: set[str], on: date) -> dict[str, Any] | None:
    """A file without the records in ``gone`` and those whose last day has passed: itself, another, or none."""
    if file["holds"] != "records":
        return file
    path = folder / file["sha256"]
    known = parquet.read_table(path, columns=["record", "publish_until"])
    over = compute.fill_null(compute.less_equal(known["publish_until"], arrow.scalar(on)), False)
    told = compute.is_in(known["record"], arrow.array(sorted(gone), arrow.string()))
    stays = compute.invert(compute.or_(over, told))
    if compute.all(stays).as_py() is not False:
        return file
    table = parquet.read_table(path).filter(stays)
    kept = _write(folder, table, "records") if len(table) else None
    transaction.on_commit(path.unlink)  # nobody is given it any more, but the old list may come back
    return kept


def _rows(
    scope: Scope, actor: Actor, *, until: int, on: date, prover: proof.TileProver | None
) -> Iterator[list[dict[str, Any]]]:
    holding = [term for term in scope.terms if term.holds(on) and term.opens(scope.door)]
    wanted = Q(kind__in={kind for term in holding for kind in term.kinds}) | Q(
        item_id__in={item for term in holding for item in term.items}
    )
    after, canaries = 0, _canaries(scope, until=until, on=on)
    while True:
        records = Record.objects.filter(public_on(on), wanted, pk__gt=after).order_by("pk")
        keys = list(records.values_list("pk", flat=True)[:_AT_ONCE])
        if not keys:
            break
        after = keys[-1]
        entries = feed.classify(last_events_of(keys, until=until), scope=scope, on=on)
        entries = [entry for entry in entries if entry.reach == "content"]
        # Canaries lie among the others where their positions are.
        last = entries[-1].happened.position if entries else 0
        entries += [entry for entry in canaries if entry.happened.position <= last]
        canaries = [entry for entry in canaries if entry.happened.position > last]
        yield _made(entries, actor, prover)
    if canaries:
        yield _made(canaries, actor, prover)


def _canaries(scope: Scope, *, until: int, on: date) -> list[feed.Entry]:
    allowed = any(term.canaries and term.holds(on) and term.opens(scope.door) for term in scope.terms)
    own = canary_feed.of(scope.subscriber) if allowed else []
    standing = [canary.planted_position for canary in own if canary.stands_at(until)]
    entries = feed.classify(events_at(standing), scope=scope, on=on) if standing else []
    return [entry for entry in entries if entry.reach == "content"]


def _made(entries: list[feed.Entry], actor: Actor, prover: proof.TileProver | None) -> list[dict[str, Any]]:
    made = [_row(entry, actor) for entry in sorted(entries, key=lambda entry: entry.happened.position)]
    for row in made if prover else ():
        row["inclusion"] = b"".join(prover.inclusion(row["position"] - 1))
    return made


def _row(entry: feed.Entry, actor: Actor) -> dict[str, Any]:
    happened, record = entry.happened, entry.record
    assert record is not None and entry.view is not None and happened.salt is not None
    document = agreed_document(record, actor, view=entry.view)
    return {
        "position": happened.position,
        "record": document["id"],
        "version": document["version"],
        "kind": document["kind"],
        "publish_until": record.publish_until,
        "leaf_hash": proof.leaf_hash(happened.commitment),
        "salt": happened.salt,
        "event": orjson.dumps(happened.content).decode(),
        "document": orjson.dumps(document).decode(),
    }


def _write(folder: Path, table: Any, holds: str) -> dict[str, Any]:
    fresh = folder / ".fresh"
    parquet.write_table(
        table, fresh, compression="zstd", use_dictionary=["kind"] if holds == "records" else False
    )
    fresh.chmod(0o600)
    with fresh.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    fresh.rename(folder / digest)
    return {
        "holds": holds,
        "sha256": digest,
        "rows": len(table),
        "bytes": (folder / digest).stat().st_size,
    }
