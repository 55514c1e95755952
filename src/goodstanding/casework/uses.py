"""Undoing harm: decisions that used a record are looked at again when the record is removed or corrected.

Banks, institutions and authorities report that a decision used a record: which kind, on which day, nothing of what it
says. When the record goes or is corrected, each maker has a notice and owes an answer: redone, kept with reasons, or
not applicable. Who has not answered is reminded. An answer is an ``Outcome`` of the part ``decision``; the entity finds
it under "Did it help?".
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from django.conf import settings
from django.db import connection, transaction

from goodstanding.registry.actor import Actor
from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import Account, Authority, Outcome, Record, Use

from .errors import CaseworkError
from .notice_tables import NoticeFollower
from .outcomes import OFF, OPENING, opening_of, parts_open_to
from .requests import checked_text

#: Decisions listed on a page of what is to be looked at again, and reminded of at once.
PAGE: Final = 25
REMINDED: Final = 500
_REFERENCE: Final = 100

_AFFECTED: Final = """
    WITH affected AS (
        SELECT u.id, u.authority_id, u.account_id, u.kind, e.position, e.at, greatest(e.at, u.at) AS asked_at, (
            SELECT x.id FROM registry_outcome x WHERE x.use_id = u.id AND x.position > e.position
            ORDER BY x.position DESC LIMIT 1
        ) AS answer
        FROM registry_use u JOIN registry_record r ON r.id = u.record_id
        CROSS JOIN LATERAL (
            SELECT v.position, v.kind, v.at FROM registry_event v
            WHERE v.record_id = r.id AND v.kind = ANY(%(opening)s) ORDER BY v.position DESC LIMIT 1
        ) e
        WHERE (r.state = ANY(%(off)s) OR (r.state <> 'redacted' AND e.kind = 'record.corrected'))
            AND u.on <= (e.at AT TIME ZONE %(zone)s)::date
    )
"""
_PAGE: Final = f"""{_AFFECTED}
    SELECT id, at, answer FROM affected
    WHERE (%(everyone)s OR authority_id = %(authority)s OR account_id = %(account)s)
        AND (%(state)s = 'all' OR (answer IS NULL) = (%(state)s = 'open')) AND (%(kind)s = '' OR kind = %(kind)s)
    ORDER BY answer IS NOT NULL, at, id LIMIT %(limit)s OFFSET %(offset)s
"""
_TO_REMIND: Final = f"""{_AFFECTED}
    SELECT u.public_id, r.public_id, r.id, r.entity_id
    FROM affected a JOIN registry_use u ON u.id = a.id JOIN registry_record r ON r.id = u.record_id
    WHERE a.answer IS NULL AND a.asked_at <= %(before)s AND NOT EXISTS (
        SELECT 1 FROM registry_event v WHERE v.record_id = r.id AND v.kind = 'use.reminded' AND v.position > a.position
        AND v.content ->> 'use' = u.public_id::text AND v.at > %(before)s)
    ORDER BY a.asked_at, a.id LIMIT %(limit)s
"""
_MAKERS: Final = f"""{_AFFECTED}
    SELECT authority_id, CASE WHEN authority_id IS NULL THEN account_id END AS account, count(*),
        count(*) FILTER (WHERE answer IS NOT NULL), min(at) FILTER (WHERE answer IS NULL)
    FROM affected GROUP BY 1, 2
"""
#: Decisions whose records were removed or corrected between two positions, with the instant at which they were.
_CALLED_BACK: Final = """
    SELECT u.public_id, r.public_id, r.id, r.entity_id, max(e.at)
    FROM registry_event e JOIN registry_use u ON u.record_id = e.record_id JOIN registry_record r ON r.id = u.record_id
    WHERE e.position > %(after)s AND e.position <= %(until)s AND e.kind = ANY(%(opening)s) AND u.position < e.position
        AND u.on <= (e.at AT TIME ZONE %(zone)s)::date
    GROUP BY u.id, r.id ORDER BY u.id
"""


State = Literal["open", "answered", "all"]


@dataclass(frozen=True, slots=True)
class Affected:
    """A decision whose record was removed or corrected since, when it was, and what its maker has said of it."""

    use: Use
    since: datetime
    answer: Outcome | None


@dataclass(frozen=True, slots=True)
class Maker:
    """Who made decisions that are to be looked at again: an authority, or the account of another body; how many,
    of these answered, and since when the oldest is unanswered.
    """

    body: Authority | Account
    asked: int
    answered: int
    oldest: datetime | None

    @property
    def unanswered(self) -> int:
        """How many it has said nothing of."""
        return self.asked - self.answered


@transaction.atomic
def report_use(
    *,
    actor: Actor,
    record: uuid.UUID,
    kind: str,
    on: date,
    reference: str = "",
    key: uuid.UUID,
    at: datetime,
    today: date,
) -> Use:
    """Say that a decision of one's body used a record.

    Args:
        actor: of a bank, an institution or an authority that may know of the record.
        record: its public id. kind: a value of ``Use.Kind``. on: the day of the decision, no earlier than the finding.
        reference: one's own number of the decision, up to 100 characters; nobody else reads it.
        key: the same report again under it changes nothing. at: the instant. today: its day.

    Raises:
        CaseworkError: record.not_found, use.kind, outcome.day, outcome.key_reused, text.length, text.characters.
    """
    held = Record.objects.select_for_update(of=("self",)).select_related("entity", "authority")
    found = held.filter(public_id=record).first()
    if found is None or actor.account_id is None or not parts_open_to(actor, found):
        raise CaseworkError("record.not_found", "There is no such record.", "没有该记录。", place=str(record))
    if kind not in Use.Kind.values:
        raise CaseworkError(
            "use.kind", "Say which kind of decision it was.", "请选择决定类型。", place="kind"
        )
    if not found.found_on <= on <= today:
        raise CaseworkError(
            "outcome.day",
            f"Give the day of the decision, from {found.found_on} to today.",
            f"请填写作出决定的日期（{found.found_on} 至今天）。",
            place="on",
        )
    said = {"kind": kind, "on": on, "reference": checked_text(reference, 0, _REFERENCE, "reference")}
    known = Use.objects.filter(account_id=actor.account_id, key=key).first()
    if known is not None:
        if known.record_id == found.pk and all(getattr(known, name) == value for name, value in said.items()):
            return known
        raise CaseworkError(
            "outcome.key_reused",
            "Another report was sent under this key.",
            "该标识已用于另一份报告。",
            place="key",
        )
    use = Use(
        record=found, account_id=actor.account_id, authority_id=actor.authority_id, key=key, at=at, **said
    )
    told = {"use": str(use.public_id), "record": str(found.public_id)}
    event = NewEvent("use.reported", told, entity_id=found.entity_id, record_id=found.pk)
    (use.position,) = append([event], at=at)
    use.save()
    return use


def answer_of(use: Use) -> Outcome | None:
    """What its maker said when it looked at a decision again; None while it has said nothing since."""
    opening = opening_of(use.record)
    if opening is None:
        return None
    return use.answers.filter(position__gt=opening.position).order_by("-position").first()


def looks_again(use: Use) -> bool:
    """Whether a decision is to be looked at again: its record was removed or corrected on or after its day."""
    opening = opening_of(use.record)
    return opening is not None and use.on <= opening.on and answer_of(use) is None


def affected(actor: Actor, *, state: State = "open", kind: str = "", page: int = 1) -> list[Affected]:
    """The decisions whose records were removed or corrected since: of the actor's own body, to the operator all.

    Args:
        state: which of them. kind: a value of ``Use.Kind``, or empty for all. page: from 1.

    Returns:
        One page, the unanswered first and of them the oldest, with one more where there is a next page.
    """
    if actor.account_id is None:
        return []
    own = {"authority": None, "account": None} | {name[:-3]: value for name, value in _body(actor).items()}
    chosen = {"everyone": actor.is_operator, "state": state, "kind": kind}
    with connection.cursor() as cursor:
        cursor.execute(
            _PAGE, _values() | own | chosen | {"limit": PAGE + 1, "offset": PAGE * (max(1, page) - 1)}
        )
        rows = cursor.fetchall()
    uses = Use.objects.select_related("record", "authority", "account__user").in_bulk(
        [row[0] for row in rows]
    )
    answers = Outcome.objects.in_bulk([row[2] for row in rows if row[2]])
    return [Affected(uses[pk], at, answers.get(answer)) for pk, at, answer in rows]


@transaction.atomic
def remind_makers(*, after: timedelta, at: datetime) -> int:
    """Remind the makers of decisions that are unanswered for so long, of each again after as long.

    Each reminder is an event ``use.reminded``, of which the maker has a notice.

    Args:
        after: how long after the removal or correction, or after the report where that came later. at: the instant.

    Returns:
        Of how many decisions, up to 500.
    """
    NoticeFollower.objects.select_for_update().get()  # two workers remind once
    with connection.cursor() as cursor:
        cursor.execute(_TO_REMIND, _values() | {"before": at - after, "limit": REMINDED})
        rows = cursor.fetchall()
    events = [_called("use.reminded", *row) for row in rows]
    if events:
        append(events, at=at)
    return len(events)


def makers(actor: Actor) -> list[Maker]:
    """Everyone whose decisions are to be looked at again, most unanswered first; to others than the operator none."""
    if not actor.is_operator:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_MAKERS, _values())
        rows = cursor.fetchall()
    authorities = Authority.objects.in_bulk([row[0] for row in rows if row[0]])
    accounts = Account.objects.select_related("user").in_bulk([row[1] for row in rows if row[1]])
    found = [Maker(authorities.get(row[0]) or accounts[row[1]], *row[2:]) for row in rows]
    return sorted(found, key=lambda item: (-item.unanswered, str(item.oldest)))


def call_back(*, after: int, until: int) -> int:
    """Append the event ``use.affected`` of each decision whose record was removed or corrected between two positions.

    Its maker has a notice of it. Returns how many there were.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CALLED_BACK, _values() | {"after": after, "until": until})
        rows = cursor.fetchall()
    events = [_called("use.affected", *row[:4]) for row in rows]
    if events:
        append(events, at=max(row[4] for row in rows))
    return len(events)


def _called(kind: str, use: uuid.UUID, record: uuid.UUID, pk: int, entity: int) -> NewEvent:
    return NewEvent(kind, {"use": str(use), "record": str(record)}, entity_id=entity, record_id=pk)


def _body(actor: Actor) -> dict[str, Any]:
    if actor.authority_id is not None:
        return {"authority_id": actor.authority_id}
    return {"account_id": actor.account_id}


def _values() -> dict[str, Any]:
    return {"off": [str(state) for state in OFF], "opening": list(OPENING), "zone": settings.TIME_ZONE}
