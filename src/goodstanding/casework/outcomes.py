"""What followed a removal (修复成效): each body that took a measure or drew a conclusion says what it did about it.

The law binds the bodies that received a record to lift their measures and to evaluate anew (Order 36, Art. 3). So each
measure of a record that was removed is asked of the body that took it, and a new evaluation with them; of a corrected
record the evaluation. Others (banks, rating institutions, tender platforms, other authorities) report of their own
accord. What they say is read by the entity and by the operator, and by nobody else but the body that said it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from goodstanding.law import deadline
from goodstanding.law.rows import HolderDuty
from goodstanding.registry.actor import Actor
from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import Account, Authority, Entity, Event, Outcome, Record, Use

from .clocks import known_calendar
from .eligibility import newest_pack, pack_of
from .errors import CaseworkError
from .requests import REASONS_MINIMUM, TEXT_LIMIT, checked_text

Part = Outcome.Part
#: Events after which bodies are asked what they did.
OPENING: Final = ("record.restored", "record.withdrawn", "record.shielded", "record.corrected")
#: States of a record that nobody may use.
OFF: Final = (Record.State.RESTORED, Record.State.WITHDRAWN, Record.State.SHIELDED)
#: Roles that report.
ROLES: Final = (Account.Role.AUTHORITY, Account.Role.BANK, Account.Role.SUBSCRIBER)
#: The codes of a pack's list of holders: of the bodies that received a record, and of institutions.
RECIPIENTS: Final = "recipients"
INSTITUTIONS: Final = "third_party_institutions"


@dataclass(frozen=True, slots=True)
class Opening:
    """Since when bodies are asked about a record: the event that removed or corrected it."""

    position: int
    kind: str
    on: date


@dataclass(frozen=True, slots=True)
class Law:
    """What the law asks of a kind of holder. ``due_on`` is None where the law gives no number of days (unset)."""

    text_en: str
    text_zh: str
    article_en: str
    article_zh: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Followed:
    """One part of what should follow, or did: whose it is, what it said last, and for how many days it has lagged.

    ``body`` is an authority, or the account of another body. ``asked``: it is a duty of the body that made the finding.
    ``answer`` is None while it has said nothing. ``days``: until it was done, or so far.
    """

    record: Record
    body: Authority | Account
    part: str
    measure: str
    name_en: str
    name_zh: str
    asked: bool
    answer: Outcome | None
    days: int
    law: Law | None

    @property
    def lags(self) -> bool:
        """Whether a body that was asked has said nothing."""
        return self.asked and self.answer is None


def opening_of(record: Record) -> Opening | None:
    """What bodies are asked about since; None where the record stands as it was, or was erased."""
    last = Event.objects.filter(record=record, kind__in=OPENING).order_by("-position").first()
    stands = record.state not in OFF
    if last is None or record.state == Record.State.REDACTED or (stands and last.kind != "record.corrected"):
        return None
    return Opening(last.position, last.kind, timezone.localdate(last.at))


def parts_asked(record: Record) -> list[tuple[str, str]]:
    """The parts, each with its measure, that the body that made a finding is asked. Nobody scores natural persons."""
    measures = [(Part.MEASURE.value, code) for code in record.measures] if record.state in OFF else []
    person = record.entity.kind == Entity.Kind.NATURAL_PERSON
    return measures + ([] if person else [(Part.EVALUATION.value, "")])


def parts_open_to(actor: Actor, record: Record) -> list[tuple[str, str]]:
    """The parts that an actor may report on about a record, each with its measure; none where it may not know of it."""
    if actor.role not in ROLES or actor.account_id is None:
        return []
    if actor.role == Account.Role.AUTHORITY and actor.authority_id == record.authority_id:
        asked = parts_asked(record)
        return [*asked, *(part for part in [("evaluation", ""), ("exclusion", "")] if part not in asked)]
    shown = Event.objects.filter(record=record, kind__startswith="record.", content__state="published")
    if record.entity.kind == Entity.Kind.NATURAL_PERSON or not record.adverse or not shown.exists():
        return []
    parts = [("evaluation", ""), ("exclusion", "")]
    return parts if actor.role == Account.Role.AUTHORITY else [*parts, ("credit", "")]


@transaction.atomic
def report(
    *,
    actor: Actor,
    record: uuid.UUID,
    part: str,
    measure: str = "",
    use: uuid.UUID | None = None,
    result: str,
    on: date | None = None,
    reasons: str = "",
    key: uuid.UUID,
    at: datetime,
    today: date,
) -> Outcome:
    """Say what one's body did about a record that was removed or corrected. A later report corrects an earlier one.

    Args:
        actor: of the body that made the finding; or of a bank, an institution or another authority, about a record
            that was public.
        record: its public id.
        part: a value of ``Outcome.Part``. measure: for ``measure``, the code of one of the record's measures.
        use: for ``decision``, which decision of one's body was looked at again (``uses``).
        result: a value of ``Outcome.Result``.
        on: the day on which it was done, no earlier than the finding; only where it was.
        reasons: at least 10 characters where it is refused, and of a decision where it was done: what came of it;
            the entity reads them.
        key: the same report again under it changes nothing.
        at: the instant. today: its day.

    Returns:
        The report; where the body's last one says the same, that one.

    Raises:
        CaseworkError: record.not_found, outcome.nothing, outcome.part, outcome.result, outcome.day,
            outcome.key_reused, text.length, text.characters.
    """
    held = Record.objects.select_for_update(of=("self",)).select_related("entity", "authority")
    found = held.filter(public_id=record).first()
    offered = parts_open_to(actor, found) if found else []
    decision = _own_use(actor, found, use) if found and part == Part.DECISION else None
    if decision is not None:
        offered = [(Part.DECISION.value, "")]
    if found is None or not offered or actor.account_id is None:
        raise CaseworkError("record.not_found", "There is no such record.", "没有该记录。", place=str(record))
    opening = opening_of(found)
    if opening is None:
        raise CaseworkError(
            "outcome.nothing",
            "This record was neither removed nor corrected; nothing has to follow.",
            "该记录未被移除或者更正，无须报告后续处理。",
            place=str(record),
        )
    if (part, measure) not in offered:
        raise CaseworkError(
            "outcome.part",
            "Your body cannot report on this about this record.",
            "贵单位不能就该记录报告此事项。",
            place="part",
        )
    reasons = _checked(found, part=part, result=result, on=on, reasons=reasons, today=today)
    said: dict[str, object] = {
        "part": part,
        "measure": measure,
        "result": result,
        "on": on,
        "reasons": reasons,
    }
    said["use_id"] = decision.pk if decision else None
    known = Outcome.objects.filter(account_id=actor.account_id, key=key).first()
    if known is not None and (known.record_id != found.pk or not _says(known, said)):
        raise CaseworkError(
            "outcome.key_reused",
            "Another report was sent under this key.",
            "该标识已用于另一份报告。",
            place="key",
        )
    last = known or _last(actor, found, part=part, measure=measure, use=decision, since=opening)
    if last is not None and _says(last, said):
        return last
    outcome = Outcome(
        record=found, account_id=actor.account_id, authority_id=actor.authority_id, key=key, at=at, **said
    )
    (outcome.position,) = append([_event(outcome, found)], at=at)
    outcome.save()
    return outcome


def _event(outcome: Outcome, record: Record) -> NewEvent:
    """The event of a report. The body that made the finding reads it too, so it says what others did to nobody."""
    content: dict[str, object] = {"outcome": str(outcome.public_id), "record": str(record.public_id)}
    if outcome.authority_id == record.authority_id and outcome.use_id is None:
        content |= {"part": str(outcome.part), "result": str(outcome.result)}
        content |= {"measure": outcome.measure} if outcome.measure else {}
    return NewEvent("outcome.reported", content, entity_id=record.entity_id, record_id=record.pk)


def _own_use(actor: Actor, record: Record, use: uuid.UUID | None) -> Use | None:
    """A decision of the actor's own body that used a record."""
    own = Use.objects.filter(record=record, public_id=use) if use else Use.objects.none()
    body = {"authority_id": actor.authority_id} if actor.authority_id else {"account_id": actor.account_id}
    return own.filter(**body).first()


def _checked(record: Record, *, part: str, result: str, on: date | None, reasons: str, today: date) -> str:
    """The reasons as they are kept. Raises CaseworkError."""
    if result not in Outcome.Result.values:
        raise CaseworkError("outcome.result", "Say whether it was done.", "请选择处理结果。", place="result")
    done = result == Outcome.Result.DONE
    if done != (on is not None) or (on is not None and not record.found_on <= on <= today):
        raise CaseworkError(
            "outcome.day",
            f"Give the day on which it was done, from {record.found_on} to today; none where it was not done.",
            f"已办理的，请填写办理日期（{record.found_on} 至今天）；未办理的不填。",
            place="on",
        )
    told = result == Outcome.Result.REFUSED or (done and part == Part.DECISION)
    least = REASONS_MINIMUM if told else 0
    return checked_text(reasons, least, TEXT_LIMIT, "reasons")


def _says(outcome: Outcome, said: dict[str, object]) -> bool:
    return all(getattr(outcome, name) == value for name, value in said.items())


def _last(
    actor: Actor, record: Record, *, part: str, measure: str, use: Use | None, since: Opening
) -> Outcome | None:
    said = Outcome.objects.filter(
        record=record, part=part, measure=measure, use=use, position__gt=since.position
    )
    body = {"authority_id": actor.authority_id} if actor.authority_id else {"account_id": actor.account_id}
    return said.filter(**body).order_by("-position").first()


def reports_of(record: Record, opening: Opening) -> list[Outcome]:
    """The last report of each body on each part since a record was removed or corrected, oldest first."""
    said = Outcome.objects.filter(record=record, position__gt=opening.position)
    last: dict[tuple[object, ...], Outcome] = {}
    for outcome in said.select_related("authority", "account").order_by("position"):
        body = (
            ("authority", outcome.authority_id) if outcome.authority_id else ("account", outcome.account_id)
        )
        last[*body, outcome.part, outcome.measure, outcome.use_id] = outcome
    return sorted(last.values(), key=lambda outcome: outcome.position)


def may_ask(actor: Actor, record: Record) -> bool:
    """Whether an actor may ask what followed: the record's entity, the body that made the finding, the operator."""
    if actor.role == Account.Role.AUTHORITY:
        return actor.authority_id == record.authority_id
    own = actor.role == Account.Role.ENTITY and actor.entity_id == record.entity_id
    return own or actor.is_operator


def followed(record: Record, *, actor: Actor, on: date) -> tuple[Followed, ...]:
    """What followed a removal or correction, and what did not, as far as the reader may know.

    Its entity and the operator see all of it, a body what it was asked and what it said, others nothing.

    Args:
        on: the day up to which what lags is counted.
    """
    opening = opening_of(record)
    if opening is None or not record.adverse:
        return ()
    party = may_ask(actor, record)
    said = reports_of(record, opening)
    if not party or actor.role == Account.Role.AUTHORITY:
        said = [item for item in said if _is_of(actor, item)]
    names = measure_names(record)
    rows: list[Followed] = []
    if party:
        law = law_of(record, RECIPIENTS, since=opening)
        own = {(item.part, item.measure): item for item in said if item.authority_id == record.authority_id}
        for part, measure in parts_asked(record):
            answer = own.pop((part, measure), None)
            name = names.get(measure, _part_names(part))
            days = _days(answer, since=opening, on=on)
            rows.append(Followed(record, record.authority, part, measure, *name, True, answer, days, law))
    rows += _decisions(record, said, opening, actor=actor, everyone=party, on=on)
    shown = {row.answer.pk for row in rows if row.answer}
    for item in said:
        if item.pk not in shown:
            name = names.get(item.measure, _part_names(item.part))
            body = item.authority or item.account
            days = _days(item, since=opening, on=on)
            rows.append(Followed(record, body, item.part, item.measure, *name, False, item, days, None))
    return tuple(rows)


def _decisions(
    record: Record, said: list[Outcome], since: Opening, *, actor: Actor, everyone: bool, on: date
) -> list[Followed]:
    """The decisions that used a record before it was removed or corrected, each with what its maker says of it now."""
    answers = {item.use_id: item for item in said if item.use_id is not None}
    rows = []
    for use in (
        record.uses.filter(on__lte=since.on).select_related("authority", "account").order_by("on", "pk")
    ):
        if _is_of(actor, use) or (everyone and actor.role != Account.Role.AUTHORITY):
            answer = answers.get(use.pk)
            name = tuple(f"{words} {use.on.isoformat()}" for words in _DECISIONS[use.kind])
            days = _days(answer, since=since, on=on)
            body = use.authority or use.account
            rows.append(Followed(record, body, "decision", "", *name, True, answer, days, None))
    return rows


def _is_of(actor: Actor, outcome: Outcome | Use) -> bool:
    """Whether a report is the reader's own body's."""
    if actor.role not in ROLES:
        return False
    if outcome.authority_id is not None:
        return outcome.authority_id == actor.authority_id
    return outcome.account_id == actor.account_id


def _days(answer: Outcome | None, *, since: Opening, on: date) -> int:
    until = on if answer is None else answer.on or timezone.localdate(answer.at)
    return max(0, (until - since.on).days)


def measure_names(record: Record) -> dict[str, tuple[str, str]]:
    """The names of a record's measures in English and Chinese, by code, as its pack has them."""
    names = {row.code: (row.name_en, row.name_zh) for row in pack_of(record).measures}
    return {code: names.get(code, (code, code)) for code in record.measures}


_NAMES: Final = {
    "measure": ("a measure", "惩戒措施"),
    "evaluation": ("credit evaluation", "信用评价"),
    "credit": ("credit", "信贷"),
    "exclusion": ("tenders and procurement", "招标投标和政府采购"),
}
#: Decisions that used a record, by their kind.
_DECISIONS: Final = {
    "credit": ("credit decision of", "信贷决定"),
    "tender": ("tender or procurement decision of", "招标投标或政府采购决定"),
    "licence": ("licence or approval decision of", "许可审批决定"),
    "other": ("decision of", "其他决定"),
}


def _part_names(part: str) -> tuple[str, str]:
    return _NAMES[part]


def law_of(record: Record, holder: str, *, since: Opening) -> Law | None:
    """What the law asks of a kind of holder once a record was removed, and by when.

    Args:
        holder: a code of the pack's list of holders (``RECIPIENTS``, ``INSTITUTIONS``).
        since: the day from which its days count.

    Returns:
        By the record's own pack, or by the newest one where that says nothing of them; None where neither does.
    """
    for pack in (pack_of(record), newest_pack()):
        row = _holder(pack.holders, holder)
        if row is None:
            continue
        due_on = None
        if row.deadline is not None:
            rule = pack.deadline(row.deadline)
            number = pack.number(rule.length)
            if number is not None:
                counted = deadline(since.on, number, calendar=known_calendar(), unit=rule.length.unit)
                due_on = counted.due_on or counted.latest_due_on
        return Law(
            row.text_en, row.text_zh, pack.cite(row.citation, "en"), pack.cite(row.citation, "zh"), due_on
        )
    return None


def _holder(rows: Sequence[HolderDuty], code: str) -> HolderDuty | None:
    return next((row for row in rows if row.code == code), None)
