"""Objecting to a record: decided here where it lives here, handed on to its home where it lives elsewhere.

What holds of every write of casework, and of its locks, is said in ``commands``.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record

from . import evidence as files
from .admission import (
    MATERIALS,
    applicant,
    check_grounds,
    check_home,
    check_record,
    lock_records,
    made_before,
)
from .evidence import CheckedEvidence, NewEvidence
from .forwarding import forward
from .models import Application, Case, Kind
from .requests import (
    REASONS_MINIMUM,
    TEXT_LIMIT,
    checked_claim,
    checked_text,
    public_ids,
    request_digest,
)
from .scanner import scanned
from .steps import open_cases


@scanned
@transaction.atomic
def object_to(
    *,
    actor: Actor,
    record: uuid.UUID | str,
    grounds: str,
    statement: str,
    claim: Mapping[str, str] | None = None,
    evidence: Sequence[NewEvidence] = (),
    key: uuid.UUID,
    at: datetime,
    today: date,
) -> Case:
    """Object to a record (异议申诉). From this transaction on every reader sees that it is disputed.

    Args:
        grounds: a code of the objection chart's grounds.
        claim: what public fields of the record should say, by field; the old values are kept beside them.
        statement: what is wrong, 10 to 4000 characters.
        evidence: files; their material is empty or ``proof_of_grounds``.
        The others as in ``apply``.

    Raises:
        CaseworkError: record.foreign (``object_elsewhere``), or what is refused and why.
    """
    made, held, checked = _objection(
        actor, record, grounds, statement, claim or {}, evidence, key, at, today, foreign=False
    )
    if checked is None:
        return made.cases.select_related("record", "entity", "authority").get()
    (case,) = open_cases(made, [held], checked, actor=actor, at=at, today=today)
    return case


@scanned
@transaction.atomic
def object_elsewhere(
    *,
    actor: Actor,
    record: uuid.UUID | str,
    grounds: str,
    statement: str,
    claim: Mapping[str, str] | None = None,
    evidence: Sequence[NewEvidence] = (),
    key: uuid.UUID,
    at: datetime,
    today: date,
) -> Application:
    """Object to a record that lives in another instance: the objection goes there. Its arguments: see ``object_to``.

    The mark that it is disputed comes from its home, with its feed.
    """
    made, held, checked = _objection(
        actor, record, grounds, statement, claim or {}, evidence, key, at, today, foreign=True
    )
    if checked is not None:
        forward(made, [held], checked, at=at)
    return made


def _objection(
    actor: Actor,
    record: uuid.UUID | str,
    grounds: str,
    statement: str,
    claim: Mapping[str, str],
    evidence: Sequence[NewEvidence],
    key: uuid.UUID,
    at: datetime,
    today: date,
    *,
    foreign: bool,
) -> tuple[Application, Record, list[CheckedEvidence] | None]:
    """An objection's application, its record, locked, and its files; no files where it was made before."""
    entity_id, account_id = applicant(actor, Kind.OBJECTION, on=today)
    wanted = public_ids([record])
    check_grounds(Kind.OBJECTION, grounds)
    statement = checked_text(statement, REASONS_MINIMUM, TEXT_LIMIT, "statement")
    digest = request_digest(Kind.OBJECTION, wanted, "", statement, grounds, None, evidence, claim=claim)
    (held,) = lock_records(entity_id, wanted, on=today)
    if not foreign:
        check_home(held)
    known = made_before(entity_id, key, digest)
    if known is not None:
        return known, held, None
    check_record(held, Kind.OBJECTION)
    checked = files.check(list(evidence), materials=MATERIALS)
    application = Application.objects.create(
        kind=Kind.OBJECTION,
        entity_id=entity_id,
        account_id=account_id,
        key=key,
        request_digest=digest,
        statement=statement,
        grounds=grounds,
        claim=checked_claim(held, claim),
        submitted_at=at,
        received_on=today,
    )
    return application, held, checked
