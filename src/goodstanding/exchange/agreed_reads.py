"""Agreed reads: one entity or one record, as the agreements with the method ``api`` let a subscriber have it.

What is given, and how much of it, is decided by the code of the feed. Each state of a record that is given is noted
before the answer leaves, with the record locked against its removal, so that whoever may hold it is told of that.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from goodstanding.registry import journal
from goodstanding.registry.actor import actor_of

from . import corrections, feed
from .envelope import entry_document
from .errors import ExchangeError, ReadTooSoon
from .happened import last_events_of
from .models import AgreedRead, AgreementVersion, Subscriber
from .queries import scope_for
from .scope import Scope

#: Codes by which entities are asked for.
SCHEMES: Final = ("uscc", "lei", "org_code", "registration_no")
#: Entities with a code, and those that are one with them; never a person.
_ENTITIES: Final = """
    SELECT e.public_id, array_agg(DISTINCT member.id)
    FROM registry_identifier i JOIN registry_entity e ON e.id = i.entity_id AND e.kind <> 'natural_person'
    JOIN registry_entity member ON coalesce(member.head_id, member.id) = coalesce(e.head_id, e.id)
    WHERE i.scheme = %s AND i.value = %s GROUP BY e.public_id
"""
#: Published records that nobody removes until the transaction ends.
_HOLD_FAST: Final = "SELECT id FROM registry_record WHERE {} AND state = 'published' ORDER BY id FOR SHARE"
_PACE: Final = """
    INSERT INTO exchange_readpace (subscriber_id, about, at)
    SELECT %(subscriber)s, about, %(at)s FROM unnest(%(about)s::uuid[]) AS about ORDER BY about
    ON CONFLICT (subscriber_id, about) DO UPDATE SET at = excluded.at
    WHERE exchange_readpace.at <= excluded.at - %(every)s::interval RETURNING about
"""
_LAST: Final = "SELECT max(at) FROM exchange_readpace WHERE subscriber_id = %s AND about = ANY(%s)"
_NOTE: Final = """
    INSERT INTO exchange_agreedread (subscriber_id, record_id, position, version_id, at)
    SELECT %s, given.record, given.position, given.version, %s
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS given (record, position, version)
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Read:
    """What was read on a day: an entry of each record, as on the feed, and the versions that gave them."""

    on: date
    entries: tuple[feed.Entry, ...]
    versions: tuple[AgreementVersion, ...]


@transaction.atomic
def read_entity(*, subscriber: Subscriber, scheme: str, code: str, at: datetime) -> Read:
    """The records of the entity with a code, as far as agreements let them be read.

    Args:
        scheme: uscc, lei, org_code or registration_no. code: the value, current or older.

    Raises:
        ExchangeError: agreement.no_method; read.unknown, there is no such organisation; ReadTooSoon.
    """
    scope = _open(subscriber, at)
    with connection.cursor() as cursor:
        cursor.execute(_ENTITIES, [scheme, code])
        found = dict(cursor.fetchall()) if scheme in SCHEMES else {}
    if not found:
        raise ExchangeError("read.unknown", place=f"{scheme} {code}"[:80])
    _keep_pace(scope, found, at=at)
    members = sorted({member for members in found.values() for member in members})
    return _read(scope, "entity_id = ANY(%s)", members, at=at)


@transaction.atomic
def read_record(*, subscriber: Subscriber, public_id: uuid.UUID, at: datetime) -> Read:
    """One record, as agreements let it be read.

    Raises:
        ExchangeError: agreement.no_method; read.unknown, there is none that may be read; ReadTooSoon.
    """
    scope = _open(subscriber, at)
    _keep_pace(scope, [public_id], at=at)
    read = _read(scope, "public_id = ANY(%s)", [public_id], at=at)
    if not read.entries:
        raise ExchangeError("read.unknown", place=str(public_id))
    return read


def given_under(reference: str) -> QuerySet[AgreedRead]:
    """What was read under one agreement, whichever version, the newest first."""
    rows = AgreedRead.objects.filter(version__agreement__reference=reference)
    return rows.select_related("record", "version").order_by("-at", "-pk")


def read_document(read: Read, *, subscriber: Subscriber, origin: str) -> dict[str, Any]:
    """What was read as it is sent: ``records`` are entries as on the feed, ``agreements`` say for what purpose."""
    actor = actor_of(subscriber.account)
    return {
        "subscriber": str(subscriber.public_id),
        "origin": origin,
        "on": read.on.isoformat(),
        "agreements": [
            {
                "agreement": version.agreement.reference,
                "version": version.version,
                "purpose": version.document["description"]["purpose"],
            }
            for version in read.versions
        ],
        "records": [entry_document(entry, origin=origin, actor=actor) for entry in read.entries],
    }


def _open(subscriber: Subscriber, at: datetime) -> Scope:
    scope = scope_for(subscriber).through("api")
    if not scope.is_open(timezone.localdate(at)):
        raise ExchangeError("agreement.no_method", place="api")
    return scope


def _keep_pace(scope: Scope, about: Iterable[uuid.UUID], *, at: datetime) -> None:
    """Note that something is read, where it is not too soon: the quickest frequency of the open agreements counts."""
    on = timezone.localdate(at)
    paces = [term.every for term in scope.terms if term.holds(on) and term.opens("api")]
    every = min((pace or timedelta(0) for pace in paces), default=timedelta(0))
    if not every:
        return
    keys = list(about)
    with connection.cursor() as cursor:
        cursor.execute(_PACE, {"subscriber": scope.subscriber, "at": at, "about": keys, "every": every})
        if len(cursor.fetchall()) == len(keys):
            return
        cursor.execute(_LAST, [scope.subscriber, keys])
        (last,) = cursor.fetchone()
    raise ReadTooSoon(math.ceil((last + every - at).total_seconds()))


def _read(scope: Scope, condition: str, keys: Sequence[Any], *, at: datetime) -> Read:
    on = timezone.localdate(at)
    with connection.cursor() as cursor:
        cursor.execute(_HOLD_FAST.format(condition), [list(keys)])
        records = [pk for (pk,) in cursor.fetchall()]
    happened = last_events_of(records, until=journal.head())
    entries = [entry for entry in feed.classify(happened, scope=scope, on=on) if entry.reach == "content"]
    given = [
        (entry.record.pk, entry.happened.position, entry.view.terms[0].version)
        for entry in entries
        if entry.record is not None and entry.view is not None
    ]
    if given:
        with connection.cursor() as cursor:
            cursor.execute(
                _NOTE, [scope.subscriber, at, *(list(column) for column in zip(*given, strict=True))]
            )
        corrections.settle("api", subscribers=[scope.subscriber])
    versions = AgreementVersion.objects.select_related("agreement").order_by("pk")
    return Read(on, tuple(entries), tuple(versions.filter(pk__in={version for _, _, version in given})))
