"""Putting a record right: an objection was upheld, and some of what was reported is replaced by what is true.

What the record said is kept as an earlier version, and each correction with its wrong value. A source that reports a
wrong value again is refused, and has a finding against it; anything else that it reports supersedes as always.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from .commands import STANDING, RegistryError, lock, record_event, tell
from .decisions import require_window, state_of_window
from .events import content_digest
from .models import Correction, Record
from .record_rows import keep_versions

#: The longest corrected value and document, in characters.
MAX_LENGTH = 20_000


@dataclass(frozen=True, slots=True)
class Judged:
    """What the law makes of the corrected facts, as the caller has found it.

    ``amount_yuan`` is in yuan. ``publish_from`` is None where the record is not published, ``publish_until`` the
    first day on which it no longer is.
    """

    found_on: date
    measures: tuple[str, ...]
    amount_yuan: Decimal | None
    pack: str
    severity: str
    publish_from: date | None
    restorable_from: date | None
    publish_until: date | None
    restorable: bool


@transaction.atomic
def correct(
    *,
    record_id: int,
    changes: Mapping[str, str],
    document: str,
    at: datetime,
    judged: Judged | None = None,
    legal_basis: str | None = None,
) -> Record:
    """Replace public values of a record by a decision, with the event ``record.corrected``.

    The law is not asked: where a changed value is the day of the finding, a measure or an amount, the caller gives
    what follows in ``judged``. A shielded record stays shielded.

    Args:
        record_id: a record that stands.
        changes: the new value of each column of its public content that was wrong. Give no name of a person.
        document: the source document that proves the new values, as it is cited.
        at: the instant of the event.
        judged: the record's facts, class and window from now on; None leaves them. Negative records only.
        legal_basis: the record's legal basis from now on, where a changed column is that; None leaves it.

    Raises:
        RegistryError: record.state; correction.field (the content has no such column), correction.value,
            correction.nothing (all values are what it says already), correction.document, correction.key (the document
            number says which finding it is: that is for its source to take back and report anew),
            record.not_adverse or record.window (of ``judged``).
    """
    record = lock(record_id, allowed=STANDING)
    said = dict(record.content["public"])
    wrong = _wrong(record, said, changes)
    _check_texts(*changes.values(), document)
    replaced = (record.pk, record.version, record.content, bytes(record.content_digest))
    record.content = record.content | {"public": said | {name: changes[name] for name in wrong}}
    record.content_digest = content_digest(record.content, secret=settings.PERSON_SECRET)
    record.version += 1
    changed = ["content", "content_digest", "version"]
    if legal_basis is not None:
        record.legal_basis = legal_basis
        changed.append("legal_basis")
    if judged is not None:
        changed += _judge(record, judged, on=timezone.localdate(at))
    event = record_event("record.corrected", record, fields=sorted(wrong))
    position = tell(record, event, changed=changed, at=at)
    keep_versions([(*replaced, position)])
    Correction.objects.bulk_create(
        Correction(
            record=record,
            natural_key=record.natural_key,
            field=name,
            wrong=value,
            right=changes[name],
            document=document.strip(),
            at=at,
            position=position,
        )
        for name, value in wrong.items()
    )
    return record


def _wrong(record: Record, said: Mapping[str, object], changes: Mapping[str, str]) -> dict[str, str]:
    """The columns that change, with what they say wrongly."""
    unknown = sorted(changes.keys() - said.keys())
    if unknown:
        raise RegistryError(
            "correction.field",
            f"the record says nothing publicly in {', '.join(unknown)}",
            f"该记录的公开内容中没有 {'、'.join(unknown)}",
        )
    wrong = {name: str(said[name]) for name in changes if said[name] != changes[name]}
    if not wrong:
        raise RegistryError("correction.nothing", "the record says all this already", "该记录的内容无须更正")
    if record.document_no and record.document_no in wrong.values():
        raise RegistryError(
            "correction.key",
            "the document number says which finding this is; its source takes the record back and reports it anew",
            "文书号是该认定的标识，不能更正；应由来源单位撤销后重新报送",
        )
    return wrong


def _check_texts(*texts: str) -> None:
    *values, document = texts
    for value in values:
        if not value.strip() or len(value) > MAX_LENGTH or "\x00" in value:
            raise RegistryError(
                "correction.value",
                f"a corrected value has 1 to {MAX_LENGTH} characters",
                f"更正后的内容应为1至{MAX_LENGTH}个字符",
            )
    if not document.strip() or len(document) > MAX_LENGTH or "\x00" in document:
        raise RegistryError(
            "correction.document", "name the source document that proves it", "请注明更正所依据的文件"
        )


def _judge(record: Record, judged: Judged, *, on: date) -> list[str]:
    """Set what the law makes of the corrected facts, and the state that follows. Returns the changed fields."""
    if not record.adverse:
        raise RegistryError(
            "record.not_adverse", "the law judges negative information only", "只有失信信息适用分类和公示期限"
        )
    require_window(judged.publish_from, judged.publish_until)
    names = [field.name for field in fields(judged)]
    for name in names:
        setattr(record, name, getattr(judged, name))
    record.measures = list(judged.measures)
    state = state_of_window(record, on=on)
    if record.state == Record.State.SHIELDED and state != Record.State.ENDED:
        record.beneath = state
    else:
        record.state, record.beneath = state, None
    return [*names, "state", "beneath"]
