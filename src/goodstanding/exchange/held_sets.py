"""The sets that recipients must hold, kept up to date with the journal as cells that any scope can add up.

A published record of no natural person is one entry; its element stands for its last event. A cell is the sum of all
entries of an item in a part of the country; as the parts lie inside one another (whole, province, city, county), the
set of any agreement is the sum of a few cells. `advance` follows the journal, `rebuild` makes the same from nothing.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from goodstanding.proof.set_digest import (
    BUCKETS,
    SUM_BYTES,
    SetDigest,
    add_sums,
    bucket_of,
    pack_sums,
    set_element,
    sum_of,
    unpack_sums,
)
from goodstanding.registry import journal, locks
from goodstanding.registry.bulk import copy_rows

from .models import SetCell, SetCursor, SetEntry, SetSums

#: Buckets whose sums lie in one row.
PART = 256
#: Events that are followed in one transaction.
PORTION = 20_000
_FIELDS = "record, bucket, element, position, item, kind, division, begins"

_NEWS = """
    SELECT position, record_id, entity_id FROM registry_event
    WHERE position > %s AND position <= %s
    AND ((record_id IS NOT NULL AND kind LIKE 'record.%%') OR (record_id IS NULL AND kind = 'entity.changed'))
    ORDER BY position LIMIT %s
"""
#: What the journal up to a position said last of some records, where that is that they are published.
_PUBLISHED = """
    SELECT r.id, r.public_id, e.position, e.commitment, r.item_id, r.kind, n.division, e.publish_from
    FROM registry_record r JOIN registry_entity n ON n.id = r.entity_id AND n.kind <> 'natural_person'
    CROSS JOIN LATERAL (
        SELECT e.position, e.commitment, e.content ->> 'state' AS state,
               (e.content ->> 'publish_from')::date AS publish_from
        FROM registry_event e WHERE e.record_id = r.id AND e.kind LIKE 'record.%%' AND e.position <= %s
        ORDER BY e.position DESC LIMIT 1
    ) e
    WHERE r.id = ANY(%s) AND e.state = 'published'
"""
_REBUILD = f"""
    INSERT INTO exchange_setentry ({_FIELDS})
    SELECT e.record_id, get_byte(d.digest, 0) * 16 + get_byte(d.digest, 1) / 16,
        sha256('goodstanding/set-element/v1'::bytea || '\\x0a'::bytea || uuid_send(r.public_id)
               || int8send(e.position) || e.commitment),
        e.position, r.item_id, r.kind, n.division,
        CASE WHEN e.publish_from > %(on)s THEN e.publish_from END
    FROM (
        SELECT DISTINCT ON (record_id) record_id, position, commitment, content ->> 'state' AS state,
               (content ->> 'publish_from')::date AS publish_from
        FROM registry_event WHERE record_id IS NOT NULL AND kind LIKE 'record.%%' AND position <= %(until)s
        ORDER BY record_id, position DESC
    ) e
    JOIN registry_record r ON r.id = e.record_id
    JOIN registry_entity n ON n.id = r.entity_id AND n.kind <> 'natural_person'
    CROSS JOIN LATERAL (SELECT sha256(uuid_send(r.public_id)) AS digest) d
    WHERE e.state = 'published'
"""


@dataclass(frozen=True, slots=True)
class Held:
    """An entry: a record as an element of a set, and what an agreement is matched against."""

    record: int
    bucket: int
    element: bytes
    position: int
    item: str
    kind: str
    division: str
    begins: date | None = None


@dataclass(slots=True)
class _Sum:
    """Entries put in and taken out, added up."""

    count: int = 0
    digest: SetDigest = field(default_factory=SetDigest)
    buckets: dict[int, int] = field(default_factory=dict)

    def put(self, entry: Held, *, sign: int) -> None:
        self.count += sign
        (self.digest.add if sign > 0 else self.digest.remove)(entry.element)
        change = sum_of([entry.element] if sign > 0 else [], less=[] if sign > 0 else [entry.element])
        self.buckets[entry.bucket] = add_sums(self.buckets.get(entry.bucket, 0), change)

    def join(self, other: _Sum) -> None:
        self.count += other.count
        self.digest.join(other.digest)
        for bucket, change in other.buckets.items():
            self.buckets[bucket] = add_sums(self.buckets.get(bucket, 0), change)


Place = tuple[str, str, str]


@transaction.atomic
def advance(*, on: date | None = None, limit: int = PORTION) -> int:
    """Bring entries and cells up to the journal's head, or by `limit` events.

    Args:
        on: the day from which first days of publication lie ahead; today unless given.

    Returns:
        How many events were followed; 0 at the head.
    """
    on = on or timezone.localdate()
    lock(alone=True)
    cursor_row = SetCursor.objects.first()
    head = journal.head()
    if cursor_row is None:
        return rebuild(until=head, on=on)
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, [cursor_row.until, head, limit])
        news = cursor.fetchall()
        records = {record for _, record, _ in news if record is not None}
        entities = {entity for _, record, entity in news if record is None}
        if entities:
            cursor.execute("SELECT id FROM registry_record WHERE entity_id = ANY(%s)", [list(entities)])
            records |= {record for (record,) in cursor.fetchall()}
    reached = head if len(news) < limit else int(news[-1][0])
    if records:
        _change(entries(records), published(records, until=reached, on=on))
    SetCursor.objects.filter(pk=1).update(until=reached)
    return len(news)


def until() -> int:
    """Up to which position entries and cells are; 0 before they were ever made."""
    cursor_row = SetCursor.objects.first()
    return cursor_row.until if cursor_row else 0


def lock(*, alone: bool) -> None:
    """Keep entries and cells as they are until the transaction ends; ``alone`` to change them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock{'' if alone else '_shared'}(%s)", [locks.HELD_SETS])


def entries(records: Iterable[int]) -> dict[int, Held]:
    """The entries of records as they are, by record."""
    return _entries("record = ANY(%s)", [list(records)])


def entries_of_buckets(buckets: Iterable[int]) -> dict[int, Held]:
    """All entries of some buckets, by record."""
    return _entries("bucket = ANY(%s)", [list(buckets)])


def entries_that_begin_after(on: date) -> dict[int, Held]:
    """The entries whose first day of publication lies ahead, by record."""
    return _entries("begins > %s", [on])


def published(records: Iterable[int], *, until: int, on: date) -> dict[int, Held]:
    """The entries that records have after the events up to a position, by record."""
    with connection.cursor() as cursor:
        cursor.execute(_PUBLISHED, [until, list(records)])
        return {row[0]: _held(*row, on=on) for row in cursor.fetchall()}


def rebuild(*, until: int, on: date) -> int:
    """Make entries and cells anew from the journal up to a position. Returns how many entries there are."""
    lock(alone=True)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE exchange_setsums, exchange_setcell, exchange_setentry")
        cursor.execute(_REBUILD, {"until": until, "on": on})
        made = int(cursor.rowcount)
    rebuild_cells()
    SetCursor.objects.update_or_create(pk=1, defaults={"until": until})
    return made


def rebuild_cells() -> None:
    """Make the cells anew from the entries."""
    SetCell.objects.all().delete()
    with connection.chunked_cursor() as cursor:
        cursor.itersize = 50_000
        cursor.execute(f"SELECT {_FIELDS} FROM exchange_setentry ORDER BY item, kind, division")
        ordered = (Held(row[0], row[1], bytes(row[2]), *row[3:]) for row in cursor)
        for _, group in itertools.groupby(ordered, key=lambda entry: (entry.item, entry.kind)):
            _write(_added_up(group))


def _added_up(group: Iterable[Held]) -> Iterator[tuple[Place, _Sum]]:
    """The cells of entries of one item in the order of their divisions; each is let go once it is whole."""
    open_: dict[str, tuple[Place, _Sum]] = {}
    for division, members in itertools.groupby(group, key=lambda entry: entry.division):
        below, entry = _Sum(), None
        for entry in members:
            below.put(entry, sign=1)
        assert entry is not None
        wanted = _prefixes(division)
        for prefix in [known for known in open_ if known not in wanted]:
            yield open_.pop(prefix)
        for prefix in wanted:
            open_.setdefault(prefix, ((entry.item, entry.kind, prefix), _Sum()))[1].join(below)
    yield from open_.values()


def _change(before: dict[int, Held], after: dict[int, Held]) -> None:
    """Put entries in the place of others, and their difference into the cells."""
    gone = [entry for record, entry in before.items() if after.get(record) != entry]
    come = [entry for record, entry in after.items() if before.get(record) != entry]
    if not gone and not come:
        return
    SetEntry.objects.filter(record__in=[entry.record for entry in gone]).delete()
    copy_rows("exchange_setentry", _FIELDS, (_row(entry) for entry in come))
    changes: dict[Place, _Sum] = {}
    for entries_, sign in ((gone, -1), (come, 1)):
        for entry in entries_:
            place = (entry.item, entry.kind, entry.division)
            changes.setdefault(place, _Sum()).put(entry, sign=sign)
    cells: dict[Place, _Sum] = {}
    for (item, kind, division), change in changes.items():
        for prefix in _prefixes(division):
            cells.setdefault((item, kind, prefix), _Sum()).join(change)
    _write(cells.items())


def _write(changes: Iterable[tuple[Place, _Sum]]) -> None:
    """Add changes to the cells, some at a time so that not all of them are in memory."""
    waiting = iter(changes)
    while portion := dict(itertools.islice(waiting, 200)):
        cells = _cells_of(list(portion))
        for place, cell in cells.items():
            digest = SetDigest.from_bytes(bytes(cell.digest))
            digest.join(portion[place].digest)
            cell.count, cell.digest = cell.count + portion[place].count, digest.to_bytes()
        _update(
            "UPDATE exchange_setcell SET count = given.count, digest = given.digest"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[]) AS given (id, count, digest)"
            " WHERE exchange_setcell.id = given.id",
            [(cell.pk, cell.count, cell.digest) for cell in cells.values()],
        )
        _write_sums({cells[place].pk: change.buckets for place, change in portion.items()})


def _cells_of(places: list[Place]) -> dict[Place, SetCell]:
    """The cells of some places, made where there are none."""
    empty = SetDigest().to_bytes()
    SetCell.objects.bulk_create(
        [SetCell(item=i, kind=k, prefix=p, count=0, digest=empty) for i, k, p in sorted(places)],
        ignore_conflicts=True,
    )
    wanted = set(places)
    found = SetCell.objects.filter(item__in={item for item, _, _ in places})
    return {place: c for c in found if (place := (c.item, c.kind, c.prefix)) in wanted}


def _write_sums(changes: dict[int, dict[int, int]]) -> None:
    touched = {(cell, bucket // PART) for cell, buckets in changes.items() for bucket in buckets}
    known = {(row.cell_id, row.part): row for row in SetSums.objects.filter(cell__in=changes)}
    rows = [known.get(key) or SetSums(cell_id=key[0], part=key[1], sums=_EMPTY) for key in sorted(touched)]
    for row in rows:
        sums, first = unpack_sums(bytes(row.sums)), row.part * PART
        for bucket, change in changes[row.cell_id].items():
            if bucket // PART == row.part:
                sums[bucket - first] = add_sums(sums[bucket - first], change)
        row.sums = pack_sums(sums)
    _update(
        "UPDATE exchange_setsums SET sums = given.sums FROM unnest(%s::bigint[], %s::bytea[]) AS given (id, sums)"
        " WHERE exchange_setsums.id = given.id",
        [(row.pk, row.sums) for row in rows if row.pk],
    )
    SetSums.objects.bulk_create([row for row in rows if not row.pk])


def _update(statement: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])


_EMPTY = bytes(PART * SUM_BYTES)
assert BUCKETS % PART == 0


def _prefixes(division: str) -> list[str]:
    return sorted({division[:length] for length in (0, 2, 4, 6)})


def _entries(condition: str, values: list[Any]) -> dict[int, Held]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_FIELDS} FROM exchange_setentry WHERE {condition}", values)
        return {row[0]: Held(row[0], row[1], bytes(row[2]), *row[3:]) for row in cursor.fetchall()}


def _held(
    record: int,
    public_id: uuid.UUID,
    position: int,
    commitment: bytes,
    item: str,
    kind: str,
    division: str,
    publish_from: date | None,
    *,
    on: date,
) -> Held:
    element = set_element(record=public_id, position=position, commitment=bytes(commitment))
    begins = publish_from if publish_from is not None and publish_from > on else None
    return Held(record, bucket_of(public_id), element, position, item, kind, division, begins)


def _row(entry: Held) -> tuple[Any, ...]:
    return (
        entry.record,
        entry.bucket,
        entry.element,
        entry.position,
        entry.item,
        entry.kind,
        entry.division,
        entry.begins,
    )
