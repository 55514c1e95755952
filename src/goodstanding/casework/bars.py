"""What a false commitment brings (虚假承诺): a record of its own, and a bar on applying again, as far as the law says.

Both lengths are numbers of the law pack. Where its text was not seen they are unset: then the record is entered and
not published, nobody is barred by the platform, and both are said to the officer, who decides (Order 36, ch. 5).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.conf import settings

from goodstanding.law import Facts, Pack, add_months, classify
from goodstanding.registry import records
from goodstanding.registry.actor import Actor
from goodstanding.registry.events import content_digest
from goodstanding.registry.models import Entity, Record
from goodstanding.registry.reported import ReportedRecord

from .eligibility import false_commitment_on, pack_of
from .errors import CaseworkError
from .models import Case, Kind

#: The item of the catalogue under which it is entered: other negative information of Order 36.
ITEM: Final = "other-dishonesty"
#: Stands where records of files name their data contract.
CONTRACT: Final = "casework:false-commitment"


@dataclass(frozen=True, slots=True)
class Bar:
    """That an entity's restoration was revoked, and until when it cannot apply. ``until`` is None while unset."""

    since: date
    until: date | None
    text_en: str
    text_zh: str
    article_en: str
    article_zh: str


def bar_on(record: Record, *, on: date) -> Bar | None:
    """The bar that an application for a record meets on a day; None without a false commitment, or once it is over.

    Args:
        record: whose pack governs.
        on: the day.
    """
    since = false_commitment_on(record.entity_id)
    pack = pack_of(record)
    if since is None or not pack.sanctions:
        return None
    months = [length for row in pack.sanctions if (length := pack.months(row.bar)) is not None]
    citation = pack.sanctions[0].citation
    until = add_months(since, max(months)) if months else None
    if until is not None and until <= on:
        return None
    said_en = f"A restoration was revoked on {since} for a false commitment or false materials. "
    said_zh = f"{since} 因虚假承诺或者虚假材料被撤销修复。"
    if until is None:
        said_en += (
            "For how long nobody may apply after that is unset: the number was not seen, so a person decides."
        )
        said_zh += "此后不得申请的期限未设定（条文数字未见），由经办人决定。"
    else:
        said_en += f"No application is possible before {until}."
        said_zh += f"{until} 前不得申请修复。"
    return Bar(since, until, said_en, said_zh, pack.cite(citation, "en"), pack.cite(citation, "zh"))


def may_reopen(actor: Actor, case: Case) -> bool:
    """Whether an officer may reopen a case: its own authority granted it, and the restoration still stands."""
    own = actor.role == "authority" and actor.authority_id is not None
    if not own or case.authority_id != actor.authority_id:
        return False
    if case.state != "granted" or case.record.state != Record.State.RESTORED:
        return False
    return not Case.objects.filter(record=case.record_id, kind=Kind.REOPENING, ended_at__isnull=True).exists()


def enter_false_commitment(
    case: Case, *, sanction: str, document: str, at: datetime, today: date
) -> Record | None:
    """Enter a false commitment as a record of its own, in the transaction of the step that revokes a restoration.

    It is a negative record with its basis, class and way back like any other: its entity sees it, may object to it, and
    may have it restored. It is published for the pack's number of months; while that is unset it is not published.

    Args:
        case: the reopening. sanction: a code of the pack's sanctions. document: the decision that found it.
        at: the instant. today: the day of the finding.

    Returns:
        The record; None for a natural person, on whom the catalogue takes in no such item.

    Raises:
        CaseworkError: sanction.refused, the registry did not take it in.
    """
    pack = pack_of(case.record)
    if case.entity.kind == Entity.Kind.NATURAL_PERSON:
        return None
    (outcome,) = records.take_in(
        [_reported(case, pack, sanction, document, today)], batch=None, today=today, at=at
    )
    if outcome.record_id is None:
        raise CaseworkError(
            "sanction.refused",
            f"The registry did not take the record of the false commitment in ({outcome.code}).",
            f"虚假承诺记录未能登记（{outcome.code}）。",
            place=str(case.public_id),
        )
    return Record.objects.get(pk=outcome.record_id)


def _reported(case: Case, pack: Pack, sanction: str, document: str, today: date) -> ReportedRecord:
    row = next(found for found in pack.sanctions if found.code == sanction)
    window = classify(Facts(kind="other", found_on=today), pack=pack)
    months = pack.months(row.published)
    content = {
        "public": {
            "失信情形": row.grounds_zh,
            "认定文书号": document,
            "认定日期": today.isoformat(),
            "被撤销修复的文书号": case.record.document_no,
        },
        "personal": {},
    }
    return ReportedRecord(
        row=1,
        kind=Record.Kind.OTHER.value,
        item=ITEM,
        entity_id=case.entity_id,
        entity_public_id=case.entity.public_id,
        authority_id=case.authority_id,
        source_id=case.authority_id,
        contract=CONTRACT,
        document_no=document,
        natural_key=_natural_key(case),
        content_digest=content_digest(content, secret=settings.PERSON_SECRET),
        content=content,
        legal_basis=pack.cite(row.citation, "zh"),
        found_on=today,
        measures=(),
        amount_yuan=None,
        pack=pack.id,
        severity=window.severity,
        published=months is not None,
        publish_from=today if months is not None else None,
        restorable_from=window.restorable_from,
        publish_until=add_months(today, months) if months is not None else None,
        restorable=True,
    )


def record_of_false_commitment(case: Case) -> Record | None:
    """The record that the revocation of a restoration entered; None for other cases and before it."""
    if case.kind != Kind.REOPENING or case.state != "revoked":
        return None
    return Record.objects.filter(natural_key=_natural_key(case)).first()


def _natural_key(case: Case) -> bytes:
    """One record for each reopening, whatever is called again."""
    return hashlib.sha256(f"false commitment {case.public_id}".encode()).digest()
