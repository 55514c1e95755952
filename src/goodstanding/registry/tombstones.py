"""The tombstone firewall: a restored, withdrawn or redacted record does not come back, whoever sends it.

Every change that removes a record calls ``dig`` and ``bury`` in its transaction. ``check`` looks at rows before they
are taken in: a row that is a removed record is refused, a row that looks like one is quarantined until the operator
has decided; ``source_findings`` notes each attempt against its source. Of batches that are worked as whole tables, only
the rows that ``removed_near`` names go on to ``check``.

A tombstone holds keyed digests only. What it was made of cannot be read from it, and cannot be tried without the key.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, Protocol

from django.conf import settings
from django.db import connection, transaction

from .bulk import copy_rows
from .fingerprints import (
    Finding,
    Fingerprints,
    compare,
    days_around,
    fingerprints,
    name_mark,
    packed,
    sketch_bytes,
    sketch_of,
    squashed,
    telling_texts,
    unpacked,
)
from .models import Authority, Record, SourceFinding, Tombstone

#: States in which a record is gone for good.
REMOVED = (Record.State.RESTORED, Record.State.WITHDRAWN, Record.State.REDACTED)


class Reported(Protocol):
    """What the firewall looks at in a row: ``reported.ReportedRecord`` has it, and so may a bulk batch's rows."""

    @property
    def row(self) -> int: ...
    @property
    def entity_id(self) -> int: ...
    @property
    def authority_id(self) -> int: ...
    @property
    def source_id(self) -> int: ...
    @property
    def document_no(self) -> str: ...
    @property
    def natural_key(self) -> bytes: ...
    @property
    def content_digest(self) -> bytes: ...
    @property
    def content(self) -> dict[str, Any]: ...
    @property
    def legal_basis(self) -> str: ...
    @property
    def found_on(self) -> date: ...
    @property
    def amount_yuan(self) -> Decimal | None: ...


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a row is stopped: the record that it is or looks like (its id and state) and how sure that is.

    ``early`` has no record; of ``corrected`` the record stands, and the row says again what was put right in it.
    """

    kind: str
    record_id: int | None
    state: str

    @property
    def code(self) -> str:
        """The reason's code: ``tombstone.`` and the removed record's state, ``alike``, ``early`` or ``corrected``."""
        return f"tombstone.{self.state}" if self.kind == "same" else f"tombstone.{self.kind}"


@dataclass(frozen=True, slots=True)
class _Held:
    record_id: int
    state: str
    entity_id: int
    subject: uuid.UUID
    prints: Fingerprints


def _key() -> bytes:
    secret: bytes = settings.PERSON_SECRET
    return secret


#: A tombstone's values but for the position, in the order of ``_COLUMNS``.
Grave = tuple[Any, ...]
_COLUMNS = (
    "public_id, record_id, entity_id, removed_by_id, name_mark, day, document, variants, numbers, amount, sketch,"
    " position"
)


def dig(records: Sequence[Record], *, removed_by: int | None = None) -> list[Grave]:
    """Fingerprint records that are about to be removed, while their content is there.

    Args:
        records: with entity, authority and source loaded.
        removed_by: the source whose own change removes them, None where a case does.
    """
    bodies = _names_of_bodies() if records else frozenset()
    return [_grave(record, removed_by, bodies=bodies, key=_key()) for record in records]


def bury(graves: Sequence[Grave], positions: Sequence[int]) -> None:
    """Write the tombstones of removed records, after their events were appended, in the same transaction.

    A record that has its tombstone already (restored, and now annulled too) keeps it.
    """
    if not graves:
        return
    ids = [grave[1] for grave in graves]
    buried = set(Tombstone.objects.filter(record_id__in=ids).values_list("record_id", flat=True))
    both = zip(graves, positions, strict=True)
    rows = [(*grave, position) for grave, position in both if grave[1] not in buried]
    copy_rows("registry_tombstone", _COLUMNS, rows)


def lift(record_ids: Sequence[int]) -> None:
    """Take away the tombstones of records that the source itself had taken off its list and lists again."""
    Tombstone.objects.filter(record_id__in=record_ids).delete()


def finding_of(
    *,
    public: Mapping[str, object],
    besides: Iterable[str],
    bodies: frozenset[str],
    legal_basis: str,
    document_no: str,
    found_on: date,
    amount_yuan: Decimal | None,
) -> Finding:
    """What the firewall compares of a record.

    Args:
        public: the public part of its content.
        besides: names of the entity, which say nothing of the finding.
        bodies: names of authorities, squashed, which say nothing of it either.
        legal_basis, document_no, found_on, amount_yuan: as the record has them (amount in yuan).
    """
    texts = telling_texts(public, besides=(*besides, legal_basis, document_no), known=bodies)
    return Finding(found_on, document_no, texts, amount_yuan)


def _grave(record: Record, removed_by: int | None, *, bodies: frozenset[str], key: bytes) -> Grave:
    entity = record.entity
    finding = finding_of(
        public=record.content.get("public", {}),
        besides=(entity.name, *entity.former_names),
        bodies=bodies,
        legal_basis=record.legal_basis,
        document_no=record.document_no,
        found_on=record.found_on,
        amount_yuan=record.amount_yuan,
    )
    prints = fingerprints(finding, subject=entity.public_id, key=key)
    return (
        uuid.uuid4(),
        record.pk,
        record.entity_id,
        removed_by,
        name_mark(entity.name_key, key=key),
        prints.day,
        prints.document,
        packed(prints.variants),
        packed(prints.numbers),
        prints.amount,
        sketch_bytes(prints.sketch),
    )


_TOMBSTONES = """
    SELECT t.record_id, r.state, t.entity_id, e.public_id, e.known_by_name_only, t.name_mark, t.day, t.document,
        t.variants, t.numbers, t.amount, t.sketch
    FROM registry_tombstone t JOIN registry_record r ON r.id = t.record_id JOIN registry_entity e ON e.id = t.entity_id
    WHERE t.entity_id = ANY(%s) OR t.name_mark = ANY(%s)
"""


def check(rows: Sequence[Reported], *, sender_id: int | None = None) -> list[Suspicion | None]:
    """Compare rows with what was removed of their entities, and of entities of their name.

    Args:
        rows: rows that would change something if they were taken in.
        sender_id: the authority that sends them, where it is known.

    Returns:
        For each row why it is stopped, or None. A row that the operator has cleared is not stopped.
    """
    if not rows:
        return []
    early = _removed_early(rows, sender_id)
    corrected = _corrected(rows)
    held, names = _held_near({row.entity_id for row in rows})
    cleared = _cleared([row.natural_key for row in rows]) if held or early else frozenset()
    bodies = _names_of_bodies() if held else frozenset()
    found: list[Suspicion | None] = []
    for row in rows:
        if id(row) in corrected:
            found.append(corrected[id(row)])
            continue
        candidates = held.get(row.entity_id, ())
        besides = names.get(row.entity_id, ())
        suspicion = _suspicion(row, candidates, besides, bodies) if candidates else None
        if suspicion is None and row.natural_key in early:
            suspicion = Suspicion("early", None, "")
        if suspicion and (row.natural_key, row.content_digest, suspicion.record_id) in cleared:
            suspicion = None
        found.append(suspicion)
    return found


def _held_near(entities: set[int]) -> tuple[dict[int, list[_Held]], dict[int, tuple[str, ...]]]:
    """The tombstones that rows on these entities are compared with, and the names of those that have any."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM registry_tombstone)")
        if not cursor.fetchone()[0]:
            return {}, {}
        cursor.execute(
            "SELECT id, name_key, known_by_name_only, kind, name, former_names FROM registry_entity WHERE id = ANY(%s)",
            [list(entities)],
        )
        known = cursor.fetchall()
        key = _key()
        by_name: dict[bytes, list[tuple[int, bool]]] = {}
        for pk, name_key, by_name_only, kind, _, _ in known:
            if kind != "natural_person":  # one name, many persons
                by_name.setdefault(name_mark(name_key, key=key), []).append((pk, by_name_only))
        cursor.execute(_TOMBSTONES, [list(entities), list(by_name)])
        held: dict[int, list[_Held]] = {}
        for record_id, state, entity_id, subject, by_name_only, mark, *prints in cursor.fetchall():
            tombstone = _Held(record_id, state, entity_id, subject, _prints(prints))
            if entity_id in entities:
                held.setdefault(entity_id, []).append(tombstone)
            for pk, reported_by_name_only in by_name.get(bytes(mark), ()):
                # Two entities with codes and one name are two; a name without a code may be either.
                if pk != entity_id and (by_name_only or reported_by_name_only):
                    held.setdefault(pk, []).append(tombstone)
    return held, {pk: (name, *former) for pk, _, _, _, name, former in known if pk in held}


def _prints(values: Sequence[Any]) -> Fingerprints:
    day, document, variants, numbers, amount, sketch = values
    return Fingerprints(
        day=bytes(day),
        document=None if document is None else bytes(document),
        variants=unpacked(bytes(variants)),
        numbers=unpacked(bytes(numbers)),
        amount=None if amount is None else bytes(amount),
        sketch=sketch_of(bytes(sketch)),
    )


def _names_of_bodies() -> frozenset[str]:
    names = Authority.objects.values_list("name_zh", "name_en")
    return squashed(name for both in names for name in both if name)


def _suspicion(
    row: Reported, candidates: Sequence[_Held], besides: Iterable[str], bodies: frozenset[str]
) -> Suspicion | None:
    """The surest likeness of a row to one of the removed records."""
    finding = finding_of(
        public=row.content.get("public", {}),
        besides=besides,
        bodies=bodies,
        legal_basis=row.legal_basis,
        document_no=row.document_no,
        found_on=row.found_on,
        amount_yuan=row.amount_yuan,
    )
    key = _key()
    given: dict[uuid.UUID, Fingerprints] = {}
    alike: Suspicion | None = None
    for held in candidates:
        subject = held.subject
        if subject not in given:
            given[subject] = fingerprints(finding, subject=subject, key=key)
        near = partial(days_around, row.found_on, subject=subject, key=key)
        likeness = compare(given[subject], held.prints, near=near)
        if likeness == "same" and held.entity_id == row.entity_id:
            return Suspicion("same", held.record_id, held.state)
        if likeness is not None and alike is None:
            alike = Suspicion("alike", held.record_id, held.state)
    return alike


#: The wrong values of a column of a record, and its right one: that of the last correction.
_CORRECTIONS = """
    SELECT c.natural_key, r.id, r.state, c.field, array_agg(c.wrong),
        (array_agg(c.right ORDER BY c.position DESC))[1]
    FROM registry_correction c JOIN registry_record r ON r.id = c.record_id
    WHERE c.natural_key = ANY(%s) GROUP BY 1, 2, 3, 4
"""


def _corrected(rows: Sequence[Reported]) -> dict[int, Suspicion]:
    """By their identity, the rows that say again what a decision has put right."""
    with connection.cursor() as cursor:
        cursor.execute(_CORRECTIONS, [[row.natural_key for row in rows]])
        found: dict[bytes, list[tuple[Suspicion, str, set[str]]]] = {}
        for key, pk, state, column, wrong, right in cursor.fetchall():
            refused = Suspicion("corrected", pk, state), column, {*wrong} - {right}
            found.setdefault(bytes(key), []).append(refused)
    return {
        id(row): suspicion
        for row in rows
        for suspicion, column, wrong in found.get(row.natural_key, ())
        if row.content.get("public", {}).get(column) in wrong
    }


def _removed_early(rows: Sequence[Reported], sender_id: int | None) -> frozenset[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT natural_key, source_id FROM registry_earlyremoval WHERE natural_key = ANY(%s)",
            [[row.natural_key for row in rows]],
        )
        early = {(bytes(key), source_id) for key, source_id in cursor.fetchall()}
    if not early:
        return frozenset()
    return frozenset(
        row.natural_key
        for row in rows
        if any((row.natural_key, pk) in early for pk in (row.authority_id, row.source_id, sender_id))
    )


def _cleared(keys: Sequence[bytes]) -> frozenset[tuple[bytes, bytes, int | None]]:
    found = SourceFinding.objects.filter(natural_key__in=keys, decision=SourceFinding.Decision.CLEARED)
    return frozenset(
        (bytes(key), bytes(digest), record)
        for key, digest, record in found.values_list("natural_key", "content_digest", "record_id")
    )


def buried_since(position: int, *, entities: Iterable[int]) -> bool:
    """Whether a record of these entities was removed after a journal position.

    A writer that holds the journal's head asks this of the position that it saw before ``check``: a removal in
    between was committed before, and its rows must be decided again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM registry_tombstone WHERE position > %s AND entity_id = ANY(%s))",
            [position, list(entities)],
        )
        return bool(cursor.fetchone()[0])


@transaction.atomic
def bury_what_lies_open(*, limit: int = 10_000) -> int:
    """Write the tombstones of records that were removed before there were any. Returns how many."""
    bare = list(
        Record.objects.filter(state__in=REMOVED, tombstone__isnull=True)
        .select_related("entity", "authority", "source")
        .order_by("pk")[:limit]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT record_id, max(position) FROM registry_event WHERE record_id = ANY(%s)"
            " AND kind LIKE 'record.%%' GROUP BY record_id",
            [[record.pk for record in bare]],
        )
        positions = dict(cursor.fetchall())
    bury(dig(bare), [positions[record.pk] for record in bare])
    return len(bare)
