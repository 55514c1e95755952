"""Differences of reconciliation, record by record: what a round found, until a later one or a receipt settles it.

Each difference is noted in the request that listed it, so a round that a recipient does not finish hides nothing; a
round that was finished and explains its claim takes away what it did not find again. A removed record that is found
kept after its receipt awaits a receipt again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Exists, OuterRef

from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.journal import NewEvent, append

from . import awaiting
from .canary_tables import columns_of
from .models import AwaitedReceipt, Receipt, Reconciliation, SetDifference

KINDS: Final = frozenset(SetDifference.Kind.values)
_NOTE: Final = """
    INSERT INTO exchange_setdifference (subscriber_id, {column}, kind, reconciliation_id, since)
    SELECT DISTINCT ON (r.id) %(subscriber)s, r.id, f.kind, %(round)s, %(at)s
    FROM unnest(%(records)s::uuid[], %(kinds)s::text[]) f (record, kind)
    JOIN {known} ORDER BY r.id, f.kind
    ON CONFLICT {same} DO UPDATE SET kind = excluded.kind,
        reconciliation_id = excluded.reconciliation_id, since = CASE
        WHEN exchange_setdifference.kind = excluded.kind THEN exchange_setdifference.since ELSE excluded.since END
    RETURNING coalesce(record_id, -canary_id), kind
"""
#: Of records, and of the canaries of the one who compares.
_NOTES: Final = (
    _NOTE.format(
        column="record_id",
        known="registry_record r ON r.public_id = f.record",
        same="(record_id, subscriber_id)",
    ),
    _NOTE.format(
        column="canary_id",
        known="exchange_canary r ON r.record_id = f.record AND r.subscriber_id = %(subscriber)s",
        same="(canary_id) WHERE canary_id IS NOT NULL",
    ),
)


def note(found_by: Reconciliation, found: Iterable[tuple[str, str]], *, at: datetime) -> None:
    """Note what a round found, and await the receipts again of removed records that were kept in spite of them.

    The caller holds the subscriber's row.

    Args:
        found: public ids of records with the kind of the difference; other kinds than ``KINDS`` are left out.
    """
    named = [(record, kind) for record, kind in found if kind in KINDS]
    if not named:
        return
    values = {
        "subscriber": found_by.subscriber_id,
        "round": found_by.pk,
        "at": at,
        "records": [record for record, _ in named],
        "kinds": [kind for _, kind in named],
    }
    kept: list[int] = []
    with connection.cursor() as cursor:
        for statement in _NOTES:
            cursor.execute(statement, values)
            kept += [number for number, kind in cursor.fetchall() if kind == SetDifference.Kind.KEPT]
    again = awaiting.await_again(kept, found_by=found_by, at=at, calendar=known_calendar()) if kept else []
    if again:
        _tell(again, found_by, at=at)


def settle(finished: Reconciliation) -> None:
    """Take away what a finished round did not find again, and the receipts that were awaited again because of it.

    The caller holds the subscriber's row.
    """
    subscriber = finished.subscriber_id
    SetDifference.objects.filter(subscriber=subscriber).exclude(reconciliation=finished).delete()
    kept = SetDifference.objects.filter(subscriber=subscriber, kind=SetDifference.Kind.KEPT)
    of_record, of_canary = (Exists(kept.filter(**{each: OuterRef(each)})) for each in ("record", "canary"))
    again = AwaitedReceipt.objects.filter(subscriber=subscriber, found_kept_by__isnull=False)
    again.exclude(of_record | of_canary).delete()


def answered(receipt: Receipt) -> None:
    """Take away that a record was found kept, because a receipt says now that it is gone."""
    SetDifference.objects.filter(
        **columns_of(receipt.number), subscriber=receipt.subscriber_id, kind=SetDifference.Kind.KEPT
    ).delete()


def _tell(rows: Collection[AwaitedReceipt], found_by: Reconciliation, *, at: datetime) -> None:
    named = {
        "subscriber": str(found_by.subscriber.public_id),
        "reconciliation": str(found_by.public_id),
    }
    append(
        [
            NewEvent(
                "removal.kept",
                {"record": str(row.known_as), "removal": row.position, **named},
                entity_id=row.entity_id,
                record_id=row.record_id,
            )
            for row in rows
        ],
        at=at,
    )
