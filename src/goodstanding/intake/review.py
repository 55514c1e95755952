"""Rows whose subject no code tells: linked by name and place where that is safe, shown to a clerk where it may be.

``propose`` looks for the subjects of a batch's quarantined rows. What stands well above every other candidate
enters; what is less sure waits in a queue, with the best candidates and why, until a clerk says which entity it is
or that it is none of them. A row that enters goes through the same checks, law and tombstones as any other.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet

from goodstanding.registry import removals
from goodstanding.registry.models import Entity

from .build import RecordBuilder, Registered
from .checks import Checker, Chunk
from .contract import Contract, load_contract
from .errors import IntakeError
from .link import kinds_of
from .models import Batch, LinkReview, RejectedRow
from .readers import Inspected, Row, places_of

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

#: Why a row's subject is not known, where another way than its code may lead to it.
LINKABLE: Final = frozenset(
    {"link.no_identifier", "link.invalid_identifier", "link.name_lost_characters", "link.ambiguous"}
)
_ENTITIES: Final = """
    SELECT e.public_id::text, e.name, e.address, to_json(e.former_names)::text,
        max(i.value) FILTER (WHERE i.scheme = 'uscc'), max(i.value) FILTER (WHERE i.scheme = 'org_code'),
        max(i.value) FILTER (WHERE i.scheme = 'registration_no'), max(i.value) FILTER (WHERE i.scheme = 'lei')
    FROM registry_entity e LEFT JOIN registry_identifier i ON i.entity_id = e.id AND i.until IS NULL
    WHERE e.kind <> 'natural_person' AND e.head_id IS NULL GROUP BY e.id ORDER BY e.id
"""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What became of a batch's quarantined rows: linked by rule, waiting for a clerk, without any candidate."""

    linked: int
    waiting: int
    none: int


def propose(
    batch_id: int, *, today: date, at: datetime, progress: Callable[[int, int], None] | None = None
) -> Proposed:
    """Look for the subjects of a finished batch's quarantined rows. Rows that were looked at stay as they are.

    Where the setting LINKING says ``review`` no row enters without a clerk.

    Args:
        batch_id: the batch.
        today: the day on which rows enter.
        at: now.
        progress: called with the rows decided so far and all of them.

    Raises:
        LinkageError: the extra ``linkage`` is not installed.
    """
    from .linkage import Decision, explain, link

    batch = Batch.objects.select_related("authority").get(pk=batch_id)
    contract = load_contract(batch.contract, on=today)
    rows = _waiting_rows(batch, contract)
    counts = {"linked": 0, "waiting": 0, "none": 0}
    Batch.objects.filter(pk=batch_id).update(linked_at=at)
    if not rows:
        return Proposed(**counts)
    entities = _entities()
    found = link(_records(rows, batch, contract), entities).to_pylist()
    names = dict(zip(entities["key"].to_pylist(), entities["name"].to_pylist(), strict=True))
    for done, (row, decision) in enumerate(zip(rows, found, strict=True), start=1):
        said = explain(decision)
        candidates = (
            [
                {
                    "entity": decision["candidate"],
                    "name": names[decision["candidate"]],
                    "weight": round(decision["weight"], 1),
                    "explanation": {
                        "en": [said.verdict_en, *(part.en for part in said.parts)],
                        "zh": [said.verdict_zh, *(part.zh for part in said.parts)],
                    },
                }
            ]
            if decision["candidate"]
            else []
        )
        if decision["second"]:
            second = {"entity": decision["second"], "name": names[decision["second"]]}
            candidates.append(
                second | {"weight": round(decision["second_weight"], 1), "explanation": {"en": [], "zh": []}}
            )
        outcome = _decide_one(
            row,
            batch=batch,
            contract=contract,
            candidates=candidates,
            linked=decision["entity"] if settings.LINKING == "links" else None,
            to_clerk=decision["decision"] != Decision.NONE,
            today=today,
            at=at,
        )
        counts[outcome] += 1
        if progress is not None:
            progress(done, len(rows))
    return Proposed(**counts)


def unlinked() -> list[int]:
    """Finished batches whose quarantined rows nobody has looked at, the oldest first."""
    found = Batch.objects.filter(
        state=Batch.State.DONE, linked_at=None, rejected_rows__quarantined=True
    ).order_by("pk")
    return list(found.values_list("pk", flat=True).distinct())


def queue(*, state: str = LinkReview.State.WAITING) -> QuerySet[LinkReview]:
    """Reviews of a state, the oldest first."""
    found = LinkReview.objects.filter(state=state).select_related("batch__authority", "entity", "record")
    return found.order_by("made_at", "pk")


@transaction.atomic
def decide(
    *, public_id: uuid.UUID, entity: uuid.UUID | None, account_id: int, today: date, at: datetime
) -> LinkReview:
    """A clerk says whom a row is about, or that it is none of the candidates.

    Args:
        public_id: the review.
        entity: the entity's public id; it must be among the candidates. None: none of them.
        account_id: the clerk.
        today: the day on which the row enters.
        at: now.

    Raises:
        IntakeError: it was decided already, the entity is not a candidate, or the row cannot enter.
        LinkReview.DoesNotExist: there is no such review.
    """
    review = (
        LinkReview.objects.select_for_update().select_related("batch__authority").get(public_id=public_id)
    )
    if review.state != LinkReview.State.WAITING:
        raise IntakeError(code="review.decided", en="This row was decided on already.", zh="该行已作出认定。")
    if entity is not None and str(entity) not in {item["entity"] for item in review.candidates}:
        raise IntakeError(
            code="review.candidate",
            en="This entity is not one of the candidates.",
            zh="该主体不在候选范围内。",
        )
    review.by, review.account_id, review.decided_at = LinkReview.By.CLERK, account_id, at
    if entity is None:
        review.state = LinkReview.State.NONE
    else:
        contract = load_contract(review.batch.contract, on=today)
        _enter(review, Entity.objects.get(public_id=entity), contract=contract, today=today, at=at)
    review.save()
    return review


def _waiting_rows(batch: Batch, contract: Contract) -> list[RejectedRow]:
    """Quarantined rows that may be linked: on an organisation, not looked at before."""
    if contract.clauses.record is None or contract.clauses.subject.name is None:
        return []
    seen = set(batch.link_reviews.values_list("row", flat=True))
    rows = [
        row
        for row in batch.rejected_rows.filter(quarantined=True).order_by("row")
        if row.row not in seen and LINKABLE & {item["code"] for item in row.reasons}
    ]
    if not rows:
        return []
    kinds = kinds_of(_checked(rows, batch, contract, today=batch.received_at.date()), contract)
    return [row for row, kind in zip(rows, kinds, strict=True) if kind != "natural_person"]


def _checked(rows: list[RejectedRow], batch: Batch, contract: Contract, *, today: date) -> Chunk:
    """Kept rows through the contract's checks again."""
    header = tuple(batch.header)
    places = places_of(header, contract, batch.name)
    form = contract.clauses.formats[0]
    found = Inspected(Path(), batch.name, form, batch.encoding, header, places, len(rows), False)
    return Checker(contract, found, today=today).check([Row(row.row, list(row.values)) for row in rows])


def _records(rows: list[RejectedRow], batch: Batch, contract: Contract) -> pa.Table:
    """What linkage compares of each row: its name, and the codes that it has."""
    import pyarrow as pa

    chunk = _checked(rows, batch, contract, today=batch.received_at.date())
    subject = contract.clauses.subject
    assert subject.name is not None
    columns = {"key": [str(row.row) for row in rows], "name": chunk.texts[contract.places[subject.name]]}
    for code in subject.codes:
        columns.setdefault(code.scheme, chunk.texts[contract.places[code.column]])
    return pa.table(columns)


def _entities() -> pa.Table:
    """Every organisation of the registry as linkage takes it; of entities that are one, the head."""
    import duckdb

    names = ("key", "name", "address", "former", "uscc", "org_code", "registration_no", "lei")
    types = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        with connection.cursor() as cursor, cursor.copy(f"COPY ({_ENTITIES}) TO STDOUT (FORMAT csv)") as copy:
            for block in copy:
                file.write(block)
        file.flush()
        with duckdb.connect() as reader:
            return reader.execute(
                "SELECT * EXCLUDE former, from_json(former, '[\"VARCHAR\"]') AS former_names"
                f" FROM read_csv(?, header = false, auto_detect = false, delim = ',', quote = '\"',"
                f" escape = '\"', columns = {{{types}}})",
                [file.name],
            ).to_arrow_table()


@transaction.atomic
def _decide_one(
    row: RejectedRow,
    *,
    batch: Batch,
    contract: Contract,
    candidates: list[dict[str, Any]],
    linked: str | None,
    to_clerk: bool,
    today: date,
    at: datetime,
) -> str:
    """Keep what linkage says of one row: it enters, waits, or nobody was found."""
    review = LinkReview(batch=batch, row=row.row, values=row.values, candidates=candidates, made_at=at)
    if linked is not None:
        review.by, review.decided_at = LinkReview.By.RULE, at
        try:
            with transaction.atomic():
                _enter(review, Entity.objects.get(public_id=linked), contract=contract, today=today, at=at)
        except IntakeError:  # it cannot enter as it is; a clerk sees why when trying
            review.by, review.decided_at, review.state = "", None, LinkReview.State.WAITING
    elif not to_clerk:
        review.state, review.by, review.decided_at = LinkReview.State.NONE, LinkReview.By.RULE, at
    review.save()
    return review.state


def _enter(review: LinkReview, entity: Entity, *, contract: Contract, today: date, at: datetime) -> None:
    """Take the row in as one about an entity, and move it from the batch's rejected rows to its others."""
    batch = review.batch
    row = RejectedRow.objects.select_for_update().get(batch=batch, row=review.row)
    chunk = _checked([row], batch, contract, today=today)
    builder = RecordBuilder(contract, authority=batch.authority, today=today)
    windows, issuers, sources = builder.refuse_what_law_or_issuer_forbid(chunk)
    made = builder.records(
        chunk,
        subjects=[Registered(entity.pk, entity.public_id)],
        kinds=[entity.kind],
        windows=windows,
        issuers=issuers,
        sources=sources,
    )
    if not made:
        first = chunk.reasons[0][0]
        raise IntakeError(code=first.code, en=first.en, zh=first.zh)
    (outcome,) = removals.take_in_changes(
        made, batch=batch.pk, today=today, at=at, sender_id=batch.authority_id
    )
    if outcome.disposition == "refused":
        raise IntakeError(
            code=outcome.code,
            en="The row is a record that was removed, or looks like one; it does not enter.",
            zh="该行是已移除的信息，或者与其相似，不予接收。",
        )
    review.state, review.entity, review.record_id = LinkReview.State.LINKED, entity, outcome.record_id
    row.delete()
    Batch.objects.filter(pk=batch.pk).update(
        rejected=F("rejected") - 1, **{outcome.disposition: F(outcome.disposition) + 1}
    )
