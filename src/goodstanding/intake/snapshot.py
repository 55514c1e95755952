"""Sources that send the full list of the day: what is missing from it has left the list.

The new list is compared with what the source's contract lists now. Rows that stand there are taken in like any others.
What is missing ends, or is withdrawn where the contract says that leaving the list sets a finding aside. A finding that
comes back begins a new spell of the same record; one that was restored here does not come back (``tombstones``).

A list that is much shorter than what is listed is held before its first row (``too_short``); one that has the rows but
not the findings waits when it is settled. A row that was rejected is on the list nevertheless, so whatever it may name
is spared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from goodstanding.registry import locks
from goodstanding.registry.commands import record_event
from goodstanding.registry.journal import append
from goodstanding.registry.models import Record
from goodstanding.registry.removals import withdraw_all
from goodstanding.registry.reported import Outcome

from .checks import Chunk
from .contract import Contract
from .models import Batch, Delisted, Snapshot, SnapshotRow
from .quality import Finding
from .standardise import document_key

_LISTED = (Record.State.PUBLISHED, Record.State.UNPUBLISHED, Record.State.SHIELDED)


def is_snapshot(contract: Contract) -> bool:
    """Whether the contract's files are full lists."""
    return contract.clauses.delivery.form == "snapshot"


def listed_now(batch: Batch) -> int:
    """How many records the sender of a batch has on its list under the batch's contract."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM registry_record r WHERE {_OF_THE_LIST}", _place(batch))
        return int(cursor.fetchone()[0])


_OF_THE_LIST = (
    "r.state IN ('published', 'unpublished', 'shielded') AND r.batch IN (SELECT b.id FROM intake_batch b"
    " WHERE b.contract = %(contract)s AND b.authority_id = %(authority)s)"
)
_MISSING = (
    f"SELECT r.id FROM registry_record r WHERE {_OF_THE_LIST} AND NOT EXISTS"
    " (SELECT 1 FROM intake_snapshotrow s WHERE s.batch_id = %(batch)s AND s.natural_key = r.natural_key)"
)


def _place(batch: Batch) -> dict[str, Any]:
    return {"contract": batch.contract, "authority": batch.authority_id, "batch": batch.pk}


def too_short(batch: Batch, *, rows: int, contract: Contract) -> list[Finding]:
    """Why a list is held before anything of it enters: it has too few rows beside what is listed now.

    Args:
        batch: the batch, at its first row.
        rows: how many rows its file has.
        contract: its contract, with the least share in percent.
    """
    if not is_snapshot(contract):
        return []
    listed, least = listed_now(batch), contract.clauses.delivery.at_least_percent
    if rows * 100 >= listed * least:
        return []
    return [
        Finding(
            "snapshot.too_short",
            f"This full list has {rows:,} rows; {listed:,} are listed now. The contract expects at least {least} %.",
            f"全量名单仅{rows:,}行，现有{listed:,}条，契约要求不少于{least}%。",
        )
    ]


def relisted(batch: Batch, keys: Iterable[bytes]) -> frozenset[bytes]:
    """Which of these findings the sender had taken off this list."""
    found = Delisted.objects.filter(
        natural_key__in=list(keys), contract=batch.contract, authority_id=batch.authority_id
    )
    return frozenset(bytes(key) for key in found.values_list("natural_key", flat=True))


def note(
    batch: Batch,
    chunk: Chunk,
    taken: Sequence[tuple[int, bytes, Outcome]],
    *,
    again: frozenset[bytes],
    contract: Contract,
) -> None:
    """Remember what a chunk of a list held, in the chunk's transaction.

    Args:
        batch: the list's batch.
        chunk: the chunk, with all its reasons.
        taken: row number, natural key and outcome of every row that names a finding.
        again: those keys that were off the list.
        contract: the contract.
    """
    Snapshot.objects.get_or_create(batch=batch)
    named = {row for row, _, _ in taken}
    places = [contract.places[name] for name in contract.key_columns]
    rows = [SnapshotRow(batch=batch, natural_key=key) for _, key, _ in taken]
    for at in chunk.reasons:
        if chunk.numbers[at] not in named:
            faulty = {why.column for why in chunk.reasons[at]}
            parts = [
                "" if contract.columns[place].name in faulty else document_key(chunk.texts[place][at])
                for place in places
            ]
            rows.append(SnapshotRow(batch=batch, parts=parts))
    SnapshotRow.objects.bulk_create(rows, batch_size=5_000)
    back = [key for _, key, outcome in taken if key in again and outcome.disposition == "superseding"]
    Delisted.objects.filter(natural_key__in=back).delete()


def waiting() -> list[Snapshot]:
    """Lists that wait for the operator, oldest first."""
    found = Snapshot.objects.filter(state=Snapshot.State.WAITING).select_related("batch__authority")
    return list(found.order_by("batch__received_at", "pk"))


def missing_from(batch: Batch, *, limit: int) -> list[Record]:
    """Some of the records that a list does not name, by their days; rejected rows may yet spare some of them.

    Args:
        batch: the batch of a list that is not settled.
        limit: the most to return.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_MISSING} ORDER BY r.found_on, r.id LIMIT %(limit)s", _place(batch) | {"limit": limit}
        )
        ids = [row[0] for row in cursor.fetchall()]
    return list(Record.objects.select_related("entity").filter(pk__in=ids).order_by("found_on", "pk"))


@transaction.atomic
def settle(
    batch: Batch,
    *,
    contract: Contract,
    today: date,
    at: datetime,
    account_id: int | None = None,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> Snapshot | None:
    """Take off the list what a list that was taken in to its end does not hold. Once, however often it is called.

    Args:
        batch: the list's batch.
        contract: its contract.
        today: the day on which what is missing ends.
        at: the instant of the events.
        account_id: the operator who settles a list that waits; then it ends whatever is missing.
        told: called with how many records have left by now, of how many.

    Returns:
        What came of it; None where the contract's files are no full lists.
    """
    if not is_snapshot(contract):
        return None
    locks.until_committed(locks.LIST, f"{batch.authority_id} {batch.contract}")
    snapshot, _ = Snapshot.objects.select_for_update().get_or_create(batch=batch)
    if snapshot.state not in (Snapshot.State.OPEN, Snapshot.State.WAITING):
        return snapshot
    if snapshot.state == Snapshot.State.WAITING and account_id is None:
        return snapshot
    snapshot.settled_at, snapshot.settled_by_id = at, account_id
    if _overtaken(batch):
        snapshot.state = Snapshot.State.OVERTAKEN
    else:
        gone, spared, listed = _missing(batch, contract)
        snapshot.missing, snapshot.spared, snapshot.listed_before = len(gone), spared, listed
        staying = 100 * (listed - len(gone))
        if account_id is None and staying < listed * contract.clauses.delivery.at_least_percent:
            snapshot.state, snapshot.settled_at = Snapshot.State.WAITING, None
            snapshot.save()
            return snapshot
        _take_off(gone, batch=batch, contract=contract, today=today, at=at, told=told)
        snapshot.state = Snapshot.State.SETTLED
    snapshot.save()
    SnapshotRow.objects.filter(batch=batch).delete()
    return snapshot


def _overtaken(batch: Batch) -> bool:
    later = Snapshot.objects.filter(
        batch__contract=batch.contract, batch__authority_id=batch.authority_id, batch_id__gt=batch.pk
    )
    return later.filter(state=Snapshot.State.SETTLED).exists()


def _missing(batch: Batch, contract: Contract) -> tuple[list[Record], int, int]:
    """The records that leave the list, locked; how many rejected rows spare; how many were listed before.

    Those that this batch itself brought were not listed before.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, _place(batch))
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            f"SELECT count(*) FROM registry_record r WHERE {_OF_THE_LIST}"
            " AND NOT (r.batch = %(batch)s AND r.version = 1)",
            _place(batch),
        )
        listed = int(cursor.fetchone()[0])
    held = list(
        Record.objects.select_for_update(of=("self",))
        .select_related("entity", "authority", "source")
        .filter(pk__in=ids, state__in=_LISTED)
        .order_by("natural_key")
    )
    rejected = [
        row.parts for row in SnapshotRow.objects.filter(batch=batch, natural_key__isnull=True) if row.parts
    ]
    gone = [record for record in held if not any(_may_be(parts, record, contract) for parts in rejected)]
    return gone, len(held) - len(gone), listed


def _may_be(parts: Sequence[str], record: Record, contract: Contract) -> bool:
    """Whether a rejected row may name a record: every key column that could be read is the record's."""
    said = record.content.get("public", {}) | record.content.get("personal", {})
    return all(
        not part or document_key(said.get(name, "")) == part
        for part, name in zip(parts, contract.key_columns, strict=True)
    )


def _take_off(
    gone: list[Record],
    *,
    batch: Batch,
    contract: Contract,
    today: date,
    at: datetime,
    told: Callable[[int, int], None],
) -> None:
    if contract.clauses.delivery.missing == "annulled":
        withdraw_all(gone, at=at, removed_by=batch.authority_id, why="not_listed")
    else:
        for record in gone:
            record.state, record.beneath, record.disputed = Record.State.ENDED, None, False
            if record.publish_from is not None:
                ends = min(record.publish_until or today, today)
                record.publish_until = max(record.publish_from, ends)
        for start in range(0, len(gone), 1_000):
            some = gone[start : start + 1_000]
            Record.objects.bulk_update(some, ["state", "beneath", "disputed", "publish_until"])
            told(start + len(some), len(gone))
        append([record_event("record.ended", record, why="not_listed") for record in gone], at=at)
    Delisted.objects.bulk_create(
        [
            Delisted(
                natural_key=bytes(record.natural_key),
                contract=batch.contract,
                authority_id=batch.authority_id,
                batch=batch,
                at=at,
            )
            for record in gone
        ],
        ignore_conflicts=True,
        batch_size=5_000,
    )
    told(len(gone), len(gone))
