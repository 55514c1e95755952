"""What a source itself takes back: findings that were set aside (annul), content that must be gone (redact).

A removal names a finding by its natural key. Annulled, the record is withdrawn; redacted, its content and that of
every earlier version is erased too, and so are the statement attached to it, its corrections, the reasons for which
its body withdrew it, and what bodies reported about it afterwards. What stays of a redacted record is that it was
there: its kind, entity and bodies, its day, the digest of its content and every event. No event holds content, so all
salts stay and the history can be proved. Either way the record leaves a tombstone.

A removal of a finding that nobody reported is refused, and remembered when its source may report the finding: were the
report still to come (files overtake one another), it would otherwise enter as if nothing had been taken back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.db import connection
from django.db.models import QuerySet

from . import records, tombstones
from .commands import record_event
from .journal import NewEvent, append
from .models import EarlyRemoval, Record
from .reported import Outcome, ReportedRecord

Removing = Literal["annul", "redact"]
#: Tables whose rows of a redacted record go with its content: they say what it said, or why it was taken back.
_ERASED_WITH_IT = (
    "registry_recordversion",
    "registry_recordstatement",
    "registry_correction",
    "registry_withdrawal",
    "registry_outcome",
    "registry_use",
)
#: What stands as the legal basis of a redacted record.
ERASED = "〔已屏蔽 redacted〕"


@dataclass(frozen=True, slots=True)
class ReportedRemoval:
    """A row by which a source takes a finding back: the bodies and the entity as the row names them."""

    row: int
    change: Removing
    entity_id: int
    authority_id: int
    source_id: int
    natural_key: bytes


def take_in_changes(
    items: Sequence[ReportedRecord | ReportedRemoval],
    *,
    batch: int | None,
    today: date,
    at: datetime,
    first: Sequence[NewEvent] = (),
    repeated: bool = False,
    sender_id: int,
    relisted: Collection[bytes] = (),
) -> list[Outcome]:
    """Take in reports and removals of one chunk in their order, inside the caller's transaction.

    Order matters between rows on one entity only. So the rows are taken in waves: in each wave an entity has either
    reports or removals, and a report that follows a removal is compared with the tombstone that it left.

    Args:
        items: rows of one chunk, in file order.
        sender_id: the authority that sends them.
        The others as in ``records.take_in``.

    Returns:
        One outcome for each row, in order. A removal that removes is ``superseding``.
    """
    outcomes: dict[int, Outcome] = {}
    for places in _waves(items) or [[]]:
        removals = [(at_, item) for at_ in places if isinstance(item := items[at_], ReportedRemoval)]
        reports = [(at_, item) for at_ in places if isinstance(item := items[at_], ReportedRecord)]
        removed = remove([item for _, item in removals], batch=batch, at=at, sender_id=sender_id)
        outcomes |= zip((place for place, _ in removals), removed, strict=True)
        taken = records.take_in(
            [item for _, item in reports],
            batch=batch,
            today=today,
            at=at,
            first=first,
            repeated=repeated,
            sender_id=sender_id,
            relisted=relisted,
        )
        outcomes |= zip((place for place, _ in reports), taken, strict=True)
        first = ()
    return [outcomes[place] for place in range(len(items))]


def _waves(items: Sequence[ReportedRecord | ReportedRemoval]) -> list[list[int]]:
    """The places of the items in waves, each in file order."""
    waves: list[list[int]] = []
    last: dict[int, tuple[int, bool]] = {}
    for place, item in enumerate(items):
        removes = isinstance(item, ReportedRemoval)
        wave, removed = last.get(item.entity_id, (0, removes))
        wave += removed != removes
        last[item.entity_id] = wave, removes
        if wave == len(waves):
            waves.append([])
        waves[wave].append(place)
    return waves


def remove(
    removals: Sequence[ReportedRemoval], *, batch: int | None, at: datetime, sender_id: int
) -> list[Outcome]:
    """Remove records with their events and tombstones, inside the caller's transaction.

    Args:
        removals: rows that annul or redact.
        batch: the batch that they came in.
        at: the instant of their events.
        sender_id: who sends them: the authority or the source of the record, or the row is refused.

    Returns:
        One outcome for each row: superseding, unchanged (it is removed already) or refused (``change.unknown``,
        ``change.not_yours``).
    """
    if not removals:
        return []
    held = _lock({item.natural_key for item in removals})
    outcomes: list[Outcome] = []
    removed: dict[int, tuple[Record, Removing]] = {}
    for item in removals:
        record = held.get(item.natural_key)
        if record is None:
            outcomes.append(Outcome("refused", None, "change.unknown"))
            if sender_id in (item.authority_id, item.source_id):
                _remember(item, batch=batch, at=at, sender_id=sender_id)
        elif sender_id not in (record.authority_id, record.source_id):
            outcomes.append(Outcome("refused", record.pk, "change.not_yours"))
        else:
            done = {Record.State.REDACTED} | ({Record.State.WITHDRAWN} if item.change == "annul" else set())
            before = removed.get(record.pk)
            if record.state in done or (before and (before[1] == "redact" or item.change == "annul")):
                outcomes.append(Outcome("unchanged", record.pk))
            else:
                removed[record.pk] = record, item.change
                outcomes.append(Outcome("superseding", record.pk))
    withdraw_all(
        [record for record, change in removed.values() if change == "annul"], at=at, removed_by=sender_id
    )
    _redact(
        [record for record, change in removed.values() if change == "redact"], at=at, removed_by=sender_id
    )
    return outcomes


def _lock(keys: set[bytes]) -> dict[bytes, Record]:
    found = (
        Record.objects.select_for_update(of=("self",))
        .select_related("entity", "authority", "source")
        .filter(natural_key__in=keys)
        .order_by("natural_key")
    )
    return {bytes(record.natural_key): record for record in found}


def _remember(item: ReportedRemoval, *, batch: int | None, at: datetime, sender_id: int) -> None:
    EarlyRemoval.objects.get_or_create(
        natural_key=item.natural_key,
        source_id=sender_id,
        defaults={"change": item.change, "batch": batch, "row": item.row, "at": at},
    )


def early_removals() -> QuerySet[EarlyRemoval]:
    """Removals that came before any report of their finding, newest first, with their source."""
    return EarlyRemoval.objects.select_related("source").order_by("-at", "-pk")


def withdraw_all(held: Sequence[Record], *, at: datetime, removed_by: int | None, **more: object) -> None:
    """Withdraw locked records with their events and tombstones, inside the caller's transaction.

    Args:
        held: with entity, authority and source loaded.
        at: the instant.
        removed_by: the source that takes them back.
        more: what their events say besides, in JSON.
    """
    graves = tombstones.dig(held, removed_by=removed_by)
    for record in held:
        record.state, record.beneath, record.disputed = Record.State.WITHDRAWN, None, False
    Record.objects.bulk_update(held, ["state", "beneath", "disputed"], batch_size=1_000)
    tombstones.bury(
        graves, append([record_event("record.withdrawn", record, **more) for record in held], at=at)
    )


def _redact(held: Sequence[Record], *, at: datetime, removed_by: int) -> None:
    graves = tombstones.dig(held, removed_by=removed_by)
    for record in held:
        record.state, record.beneath, record.disputed = Record.State.REDACTED, None, False
        record.content = {"public": {}, "personal": {}, "law": {}}
        record.document_no, record.legal_basis = "", ERASED
        record.measures, record.amount_yuan, record.statement = [], None, None
    erased = [
        "state",
        "beneath",
        "disputed",
        "content",
        "document_no",
        "legal_basis",
        "measures",
        "amount_yuan",
        "statement",
    ]
    Record.objects.bulk_update(held, erased, batch_size=500)
    with connection.cursor() as cursor:
        for table in _ERASED_WITH_IT:
            cursor.execute(f"DELETE FROM {table} WHERE record_id = ANY(%s)", [[record.pk for record in held]])
    tombstones.bury(graves, append([record_event("record.redacted", record) for record in held], at=at))
