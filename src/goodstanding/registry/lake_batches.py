"""Mass facts in the lake: a batch is announced by one event, a single record is promoted when someone acts on it.

A month of payments is not a hundred thousand changes that anyone follows one by one. Its rows go to the lake, and
the journal gets one event ``batch.committed`` with the Merkle root over their content digests. Nothing of it can be
changed unnoticed from then on: any row can be proved against the root (``inclusion``, ``proof.verify_inclusion``).
A row that is disputed or acted on becomes a record of the registry (``promote``), exactly once, and has its own
events from then on.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

import orjson
from django.db import transaction

from goodstanding import proof

from . import journal, locks, records, tombstones
from .commands import RegistryError, record_event
from .journal import NewEvent, append
from .models import Authority, Entity, LakeBatch, Record
from .reported import ReportedRecord


@transaction.atomic
def announce(
    *,
    batch: uuid.UUID,
    item: str,
    source: str,
    contract: str,
    tree: proof.RowTree,
    snapshot: int,
    at: datetime,
) -> LakeBatch:
    """Tell the journal of a batch that lies in the lake. Telling of the same batch again changes nothing.

    Args:
        batch: its public id.
        item: its item of the catalogue.
        source: the code of the authority that sent it.
        contract: id@version of its data contract.
        tree: the tree over its rows' content digests in row order (``proof.row_tree``); at least one row.
        snapshot: the lake's snapshot that holds the rows.
        at: the instant of the event.

    Returns:
        The announced batch; the one announced before, where it was.

    Raises:
        RegistryError: lake_batch.differs, the batch was announced with other rows.
        Authority.DoesNotExist: the source is not registered.
        django.db.IntegrityError: no rows, or an item that is not in the catalogue.
    """
    # Two that announce one batch go one after the other; the second finds what the first wrote.
    locks.until_committed(locks.ANNOUNCEMENT, str(batch))
    known = LakeBatch.objects.filter(public_id=batch).first()
    if known is not None:
        if (bytes(known.root), known.rows) != (tree.root, tree.rows):
            raise RegistryError(
                "lake_batch.differs",
                f"batch {batch} was announced with {known.rows} rows and another root; send it under a new id",
                f"批次 {batch} 已以 {known.rows} 行及另一默克尔根公布；请以新的批次号报送",
            )
        return known
    sender = Authority.objects.get(code=source)
    content = {
        "batch": str(batch),
        "item": item,
        "source": source,
        "contract": contract,
        "rows": tree.rows,
        "root": tree.root.hex(),
        "snapshot": str(snapshot),  # beyond 2^53, so text
    }
    (position,) = append([NewEvent("batch.committed", content)], at=at)
    return LakeBatch.objects.create(
        public_id=batch,
        item_id=item,
        source=sender,
        contract=contract,
        rows=tree.rows,
        root=tree.root,
        blocks=tree.to_bytes(),
        snapshot=snapshot,
        event_id=position,
        committed_at=at,
    )


def tree_of(batch: LakeBatch) -> proof.RowTree:
    """The tree over a batch's rows, to know which rows a proof needs (``block_of``)."""
    return proof.RowTree.from_bytes(bytes(batch.blocks), rows=batch.rows)


def inclusion(batch: LakeBatch, index: int, *, block: bytes) -> list[bytes]:
    """Prove that a row's content digest is in the announced root.

    Args:
        batch: the announced batch.
        index: the row's place among the batch's rows in row order, from 0 (its row number in the file, less the
            rejected rows before it and one).
        block: the content digests of the rows ``tree_of(batch).block_of(index)`` as the lake has them.

    Returns:
        Sibling hashes for ``proof.verify_inclusion(leaf_hash=proof.leaf_hash(content_digest), index=index,
        size=batch.rows, proof=..., root=batch.root)``.

    Raises:
        ProofError: tree_range, hash_length or root_mismatch; the lake does not hold what was announced.
    """
    return tree_of(batch).inclusion(index=index, block=block)


@dataclass(frozen=True, slots=True)
class LakeRow:
    """A row of the lake's record table, as far as the registry takes it. ``content`` is JSON text."""

    entity: str
    item: str
    kind: str
    natural_key: bytes
    content_digest: bytes
    content: str
    document_no: str
    issuer: str
    source: str
    contract: str
    legal_basis: str
    found_on: date
    measures: Sequence[str]
    amount_yuan: Decimal | None
    pack: str
    severity: str | None
    published: bool
    publish_from: date | None
    restorable_from: date | None
    publish_until: date | None
    restorable: bool
    version: int
    batch: str
    row: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> LakeRow:
        """From a mapping of the lake's columns; others are left out. Raises KeyError for a missing one."""
        return cls(**{field.name: row[field.name] for field in fields(cls)})


@transaction.atomic
def promote(row: LakeRow, *, index: int, hashes: Sequence[bytes], today: date, at: datetime) -> Record:
    """Make a lake row a record of the registry, with its event ``record.promoted``. A second time changes nothing.

    Args:
        row: the current row of its natural key in the lake.
        index: its place in its batch, from 0. hashes: the proof that ``inclusion`` gives.
        today: the day on which it is promoted; a publication that is over by then enters as ended.
        at: the instant of the event.

    Returns:
        The record; the one that has this natural key already, where there is one, whatever became of it since.

    Raises:
        RegistryError: lake_batch.unknown, the row's batch was not announced; lake_batch.removed, it is a removed record
            under another key or looks like one.
        ProofError: the row is not what was announced.
        Entity.DoesNotExist, Authority.DoesNotExist: the registry does not know its entity, issuer or source.
    """
    held = Record.objects.select_related("entity").filter(natural_key=row.natural_key).first()
    if held is not None:
        return held
    batch = LakeBatch.objects.filter(public_id=row.batch).first()
    if batch is None:
        raise RegistryError(
            "lake_batch.unknown",
            f"batch {row.batch} was never announced; announce it before one of its rows is acted on",
            f"批次 {row.batch} 未公布；须先公布批次，方可处理其中的记录",
        )
    proof.verify_inclusion(
        leaf_hash=proof.leaf_hash(row.content_digest),
        index=index,
        size=batch.rows,
        proof=hashes,
        root=bytes(batch.root),
    )
    made = _record_of(row, today=today)
    # Of two that promote one row at once, the second waits here for the first and then finds its record.
    Record.objects.bulk_create([made], ignore_conflicts=True)
    record = Record.objects.select_related("entity").get(natural_key=row.natural_key)
    if record.public_id == made.public_id:
        journal.hold()  # whatever was removed before is seen, and nothing is removed before this is told
        _require_not_removed(made)
        told = {
            "batch": str(batch.public_id),
            "row": row.row,
            "index": index,
            "root": bytes(batch.root).hex(),
        }
        append([record_event("record.promoted", record, **told)], at=at)
    return record


def _require_not_removed(made: Record) -> None:
    """Refuse what would bring a removed record back."""
    (suspicion,) = tombstones.check([cast(tombstones.Reported, made)])  # bytes, as it is new
    if suspicion is not None:
        raise RegistryError(
            "lake_batch.removed",
            "This is a removed record, or looks like one. It is not dealt with a second time.",
            "该信息即为或者疑似已移除的信息，不再重复处理。",
        )


def _record_of(row: LakeRow, *, today: date) -> Record:
    authorities = {found.code: found for found in Authority.objects.filter(code__in=[row.issuer, row.source])}
    for code in (row.issuer, row.source):
        if code not in authorities:
            raise Authority.DoesNotExist(f"no authority {code}")
    if not row.published:
        state = Record.State.UNPUBLISHED
    elif row.publish_until is not None and row.publish_until <= today:
        state = Record.State.ENDED
    else:
        state = Record.State.PUBLISHED
    return Record(
        entity=Entity.objects.get(public_id=row.entity),
        item_id=row.item,
        kind=row.kind,
        authority=authorities[row.issuer],
        source=authorities[row.source],
        contract=row.contract,
        document_no=row.document_no,
        natural_key=row.natural_key,
        content_digest=row.content_digest,
        content=orjson.loads(row.content),
        legal_basis=row.legal_basis,
        found_on=row.found_on,
        measures=list(row.measures),
        amount_yuan=row.amount_yuan,
        pack=row.pack,
        severity=row.severity,
        publish_from=row.publish_from,
        restorable_from=row.restorable_from,
        publish_until=row.publish_until,
        restorable=row.restorable,
        state=state,
        version=row.version,
        row=row.row,
    )


def supersede_promoted(rows: Sequence[LakeRow], *, sender_id: int, today: date, at: datetime) -> None:
    """Take new states of promoted records into the registry, with their events, inside the caller's transaction.

    Args:
        rows: lake rows whose natural keys the registry has, in row order.
        sender_id: the authority that sent them.
        today: the day of intake. at: the instant of the events.
    """
    entities = {
        str(e.public_id): e for e in Entity.objects.filter(public_id__in=[row.entity for row in rows])
    }
    codes = {code for row in rows for code in (row.issuer, row.source)}
    authorities = dict(Authority.objects.filter(code__in=codes).values_list("code", "pk"))
    reported = [
        ReportedRecord(
            **{name: getattr(row, name) for name in _SAME},
            entity_id=entities[row.entity].pk,
            entity_public_id=entities[row.entity].public_id,
            authority_id=authorities[row.issuer],
            source_id=authorities[row.source],
            content=orjson.loads(row.content),
            measures=tuple(row.measures),
        )
        for row in rows
    ]
    records.take_in(reported, batch=None, today=today, at=at, sender_id=sender_id)


_SAME = tuple(
    field.name
    for field in fields(ReportedRecord)
    if field.name in {given.name for given in fields(LakeRow)} - {"content", "measures"}
)
