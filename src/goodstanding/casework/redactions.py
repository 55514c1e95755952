"""Handing in a redacted version of a file, for those who see its case and may not read the file whole.

The file itself stays as it was handed in, and goes so to the body that must answer.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import transaction

from goodstanding.registry.actor import Actor
from goodstanding.registry.journal import NewEvent, append

from . import evidence as files
from . import evidence_store, mandates
from .admission import lock_case
from .errors import CaseworkError
from .evidence import NewEvidence
from .evidence_reading import evidence_for, may_redact
from .models import Evidence
from .scanner import scan


def redact(
    *, actor: Actor, evidence: uuid.UUID | str, version: NewEvidence, at: datetime, today: date
) -> Evidence:
    """Hand in the version of a file that readers get who may not read it whole. The newest version counts.

    Args:
        actor: the entity, its agent with a mandate for the matter, or an officer of the authority that must answer.
        evidence: public id of the file.
        version: the redacted file; it is checked and scanned as every file. The same one again changes nothing.
        at: the instant of its event ``evidence.redacted``.
        today: the day, on which an agent's mandate has to live.

    Raises:
        CaseworkError: evidence.not_found, evidence.forbidden, evidence.unredacted, or what is wrong with the file.
    """
    scan([version])
    with transaction.atomic():
        mandates.hold(actor, on=today)
        whole = _file(actor, evidence, on=today)
        if whole.redacts_id is not None or not may_redact(actor, whole, on=today):
            raise CaseworkError(
                "evidence.forbidden",
                "How others read a file is for its entity and the authority that must answer.",
                "只有信用主体和作出答复的单位可以提交遮盖版本。",
                place=str(whole.public_id),
            )
        (checked,) = files.check([version], materials=frozenset())
        if checked.sha256 == bytes(whole.kept_id):
            raise CaseworkError(
                "evidence.unredacted",
                "This is the file itself; nothing in it is redacted.",
                "该文件与原件相同，没有遮盖任何内容。",
                place=checked.name,
            )
        case = lock_case((whole.case or whole.application.cases.order_by("pk")[0]).pk)
        newest = whole.redactions.order_by("-pk").first()
        if newest is not None and newest.kept_id is not None and bytes(newest.kept_id) == checked.sha256:
            return newest
        evidence_store.keep({checked.sha256: checked.content})
        made = Evidence.objects.create(
            application_id=whole.application_id,
            case_id=whole.case_id,
            material=whole.material,
            name=checked.name,
            media_type=checked.media_type,
            size=len(checked.content),
            kept_id=checked.sha256,
            by_id=actor.account_id,
            redacts=whole,
            added_at=at,
        )
        said = {"case": str(case.public_id), "evidence": str(whole.public_id)}
        append(
            [NewEvent("evidence.redacted", said, entity_id=case.entity_id, record_id=case.record_id)], at=at
        )
        return made


def _file(actor: Actor, public_id: uuid.UUID | str, *, on: date) -> Evidence:
    try:
        return evidence_for(actor, public_id, on=on)
    except Evidence.DoesNotExist as error:
        raise CaseworkError(
            "evidence.not_found", "There is no such file.", "没有该文件。", place=str(public_id)
        ) from error
