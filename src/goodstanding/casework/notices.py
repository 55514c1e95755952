"""Notices: whoever a change concerns learns of it from us, by following the journal.

A portion of positions is followed in one transaction that writes its notices and moves the follower, so a follower
that is killed at any point has done the portion wholly or not at all, and a replay makes no second notice. Two
followers do no harm: one of them finds the row locked and leaves the work to the other.

Who is told of a step of a case says its chart (``tells``); what happens to a negative record is told to its entity,
and what bodies report about it afterwards; a reminder of what they owe is told to the body; of the last days of a case
its parties are told (``escalation``). A recipient of the feed is told that it stays behind, and what follows from it;
it, the operator and the entity learn that a removed record is still shown. Whose copy came out the
operator alone learns. Whoever used a record for a decision is told when it goes (``uses``).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Final

from django.db import connection, transaction
from django.db.models import QuerySet

from goodstanding.registry import journal
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record

from .chart import KINDS, chart_of
from .eligibility import RESTORABLE_STATES
from .escalation import TELLS as LAST_DAYS_TELL
from .notice_tables import Notice, NoticeFollower, Party
from .uses import call_back

#: Events of the journal that bring a record before the public, or bring it back there.
LISTINGS: Final = ("record.committed", "record.relisted", "record.republished")
#: What an entity is told of its negative records.
RECORD_EVENTS: Final = (
    *LISTINGS,
    "record.superseded",
    "record.corrected",
    "record.restorable",
    "record.shielded",
    "record.unshielded",
    "record.ended",
    "record.withdrawn",
    "record.redacted",
    "outcome.reported",
    "removal.late",
    "probe.shown",
    "probe.gone",
    "removal.kept",
    "correction.late",
)
#: What is told of a recipient of the feed, and to whom.
RECIPIENTS_TELL: Final[dict[str, tuple[str, ...]]] = {
    "recipient.reminded": ("recipient",),
    "recipient.late": ("recipient", "operator"),
    "recipient.correction_reminded": ("recipient",),
    "recipient.correction_late": ("recipient", "operator"),
    "recipient.suspension_proposed": ("recipient", "operator"),
    "recipient.suspension_declined": ("recipient",),
    "recipient.suspended": ("recipient", "operator"),
    "recipient.resumed": ("recipient", "operator"),
    "probe.shown": ("recipient", "operator"),
    "probe.gone": ("recipient", "operator"),
    "canary.recognised": ("operator",),
    "recipient.stale": ("recipient", "operator"),
    "subscription.requested": ("operator",),
    "subscription.withdrawn": ("operator",),
    "subscription.drafted": ("recipient",),
    "subscription.refused": ("recipient",),
}
#: What the body that made a finding is told of it.
REMINDERS: Final = ("outcome.reminded",)
#: What the maker of a decision that used a record is told.
USES_TELL: Final = ("use.affected", "use.reminded")
#: Positions followed in one transaction.
PORTION: Final = 10_000

_COLUMNS: Final = "public_id, party, entity_id, authority_id, event, position, record_id, case_id, at"
_OF_RECORDS: Final = f"""
    INSERT INTO casework_notice ({_COLUMNS})
    SELECT gen_random_uuid(), 'entity', r.entity_id, NULL, e.kind, e.position, e.record_id, NULL, e.at
    FROM registry_event e JOIN registry_record r ON r.id = e.record_id
    WHERE e.position > %(after)s AND e.position <= %(until)s AND e.kind = ANY(%(events)s)
    AND r.kind = ANY(%(adverse)s)
    AND (e.position > %(began)s OR (e.kind = ANY(%(listings)s) AND r.state = ANY(%(standing)s)))
    ORDER BY e.position
    ON CONFLICT (position, party) DO NOTHING
"""
_OF_REMINDERS: Final = f"""
    INSERT INTO casework_notice ({_COLUMNS})
    SELECT gen_random_uuid(), 'authority', NULL, r.authority_id, e.kind, e.position, e.record_id, NULL, e.at
    FROM registry_event e JOIN registry_record r ON r.id = e.record_id
    WHERE e.position > greatest(%(after)s, %(began)s) AND e.position <= %(until)s AND e.kind = ANY(%(reminders)s)
    ORDER BY e.position
    ON CONFLICT (position, party) DO NOTHING
"""
_OF_CASES: Final = f"""
    INSERT INTO casework_notice ({_COLUMNS})
    SELECT gen_random_uuid(), t.party, CASE t.party WHEN 'entity' THEN c.entity_id END,
        CASE t.party WHEN 'authority' THEN c.authority_id END, e.kind, e.position, c.record_id, c.id, e.at
    FROM registry_event e
    JOIN casework_step s ON s.position = e.position
    JOIN casework_case c ON c.id = s.case_id
    JOIN unnest(%(kinds)s::text[], %(codes)s::text[], %(parties)s::text[]) AS t (kind, code, party)
        ON t.kind = c.kind AND t.code = s.event
    WHERE e.position > greatest(%(after)s, %(began)s) AND e.position <= %(until)s AND e.kind LIKE 'case.%%'
    ORDER BY e.position
    ON CONFLICT (position, party) DO NOTHING
"""
_OF_LAST_DAYS: Final = f"""
    INSERT INTO casework_notice ({_COLUMNS})
    SELECT gen_random_uuid(), t.party, CASE t.party WHEN 'entity' THEN c.entity_id END,
        CASE t.party WHEN 'authority' THEN c.authority_id END, e.kind, e.position, c.record_id, c.id, e.at
    FROM registry_event e
    JOIN casework_escalation s ON s.position = e.position
    JOIN casework_case c ON c.id = s.case_id
    JOIN unnest(%(kinds)s::text[], %(parties)s::text[]) AS t (kind, party) ON t.kind = e.kind
    WHERE e.position > greatest(%(after)s, %(began)s) AND e.position <= %(until)s AND e.kind = ANY(%(kinds)s)
    ORDER BY e.position
    ON CONFLICT (position, party) DO NOTHING
"""


_OF_USES: Final = f"""
    INSERT INTO casework_notice ({_COLUMNS}, account_id)
    SELECT gen_random_uuid(), CASE WHEN u.authority_id IS NULL THEN 'recipient' ELSE 'authority' END, NULL,
        u.authority_id, e.kind, e.position, e.record_id, NULL, e.at,
        CASE WHEN u.authority_id IS NULL THEN u.account_id END
    FROM registry_event e JOIN registry_use u ON u.public_id = (e.content ->> 'use')::uuid
    WHERE e.position > greatest(%(after)s, %(began)s) AND e.position <= %(until)s AND e.kind = ANY(%(uses)s)
    ORDER BY e.position
    ON CONFLICT (position, party) DO NOTHING
"""
_OF_RECIPIENTS: Final = f"""
    INSERT INTO casework_notice ({_COLUMNS}, account_id)
    SELECT gen_random_uuid(), t.party, NULL, NULL, e.kind, e.position, e.record_id, NULL, e.at,
        CASE t.party WHEN 'recipient' THEN a.account END
    FROM registry_event e
    JOIN unnest(%(kinds)s::text[], %(parties)s::text[]) AS t (kind, party) ON t.kind = e.kind
    LEFT JOIN unnest(%(recipients)s::text[], %(accounts)s::bigint[]) AS a (recipient, account)
        ON a.recipient = e.content->>'subscriber'
    WHERE e.position > greatest(%(after)s, %(began)s) AND e.position <= %(until)s AND e.kind = ANY(%(kinds)s)
    AND (t.party <> 'recipient' OR a.account IS NOT NULL)
    ORDER BY e.position
    ON CONFLICT (position, party) DO NOTHING
"""


@cache
def told_by_charts() -> tuple[tuple[str, str, str], ...]:
    """Every kind of case, event of it, and party that its chart tells."""
    return tuple(
        (kind, event.code, party)
        for kind in KINDS
        for event in chart_of(kind).events
        for party in event.tells
    )


@transaction.atomic
def follow(*, limit: int = PORTION, recipients: Mapping[str, int] = MappingProxyType({})) -> int:
    """Write the notices of up to ``limit`` further positions of the journal.

    Args:
        limit: the most positions.
        recipients: the accounts of those who follow the feed, by their public ids as the journal has them.

    Returns:
        How many positions were followed; 0 where nothing is new or another process follows.
    """
    follower = NoticeFollower.objects.select_for_update(skip_locked=True).first()
    if follower is None:
        return 0
    until = min(journal.head(), follower.position + limit)
    followed = until - follower.position
    if followed <= 0:
        return 0
    span = {"after": follower.position, "until": until, "began": follower.began}
    kinds, codes, parties = (list(column) for column in zip(*told_by_charts(), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            _OF_RECORDS,
            span
            | {
                "events": list(RECORD_EVENTS),
                "adverse": Record.ADVERSE,
                "listings": list(LISTINGS),
                "standing": [str(state) for state in RESTORABLE_STATES],
            },
        )
        cursor.execute(_OF_REMINDERS, span | {"reminders": list(REMINDERS)})
        cursor.execute(_OF_CASES, span | {"kinds": kinds, "codes": codes, "parties": parties})
        cursor.execute(_OF_LAST_DAYS, span | _columns(LAST_DAYS_TELL))
        accounts = {"recipients": [*recipients], "accounts": [*recipients.values()]}
        cursor.execute(_OF_RECIPIENTS, span | _columns(RECIPIENTS_TELL) | accounts)
        cursor.execute(_OF_USES, span | {"uses": list(USES_TELL)})
    NoticeFollower.objects.filter(pk=follower.pk).update(position=until)
    call_back(after=max(follower.position, follower.began), until=until)
    return followed


def _columns(tells: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Kinds of events and the parties that they tell, as two columns."""
    pairs = [(kind, party) for kind, them in tells.items() for party in them]
    return {"kinds": [kind for kind, _ in pairs], "parties": [party for _, party in pairs]}


def notices_visible_to(actor: Actor) -> QuerySet[Notice]:
    """The notices that an actor may read, newest first: an entity's or an authority's own, the operator's those to
    the operator, a bank's and a subscriber's those to its account; others none.
    """
    notices = Notice.objects.select_related("record__authority", "record__entity", "case").order_by("-id")
    if actor.is_operator:
        return notices.filter(party=Party.OPERATOR)
    if actor.role == "entity" and actor.entity_id is not None:
        return notices.filter(party=Party.ENTITY, entity_id=actor.entity_id)
    if actor.role == "authority" and actor.authority_id is not None:
        return notices.filter(party=Party.AUTHORITY, authority_id=actor.authority_id)
    if actor.role in ("bank", "subscriber") and actor.account_id is not None:
        return notices.filter(party=Party.RECIPIENT, account_id=actor.account_id)
    return notices.none()


def notice_for(actor: Actor, public_id: uuid.UUID) -> Notice:
    """One notice. Raises Notice.DoesNotExist where there is none or the actor may not know of it."""
    return notices_visible_to(actor).get(public_id=public_id)


def unread(actor: Actor, *, most: int = 100) -> int:
    """How many notices of an actor nobody has marked as read, counted up to ``most``."""
    found = notices_visible_to(actor).filter(read_at__isnull=True).order_by().select_related(None)
    return len(found.values_list("pk", flat=True)[:most])


def mark_read(
    actor: Actor, *, at: datetime, public_id: uuid.UUID | None = None, until: int | None = None
) -> int:
    """Mark notices of an actor as read, by the actor's account: one, or all up to the id ``until``.

    Returns:
        How many were unread before.
    """
    found = notices_visible_to(actor).filter(read_at__isnull=True).order_by().select_related(None)
    if public_id is not None:
        found = found.filter(public_id=public_id)
    if until is not None:
        found = found.filter(pk__lte=until)
    return found.update(read_at=at, read_by_id=actor.account_id)
